//! Files and directories that only their owner may touch, whatever the umask.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::OnceLock;

/// Opens for reading and writing, created with mode 0600, content left alone.
pub fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// Creates a file that must not exist yet, mode 0600, for writing.
pub fn create_new_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Opens for reading and appending, created with mode 0600.
pub fn append_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

/// Makes one directory of mode 0700. The mode is set again where our umask took bits the owner needs.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    if umask_spares_owner() { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(0o700)) }
}

fn umask_spares_owner() -> bool {
    static SPARES: OnceLock<bool> = OnceLock::new();
    *SPARES.get_or_init(|| super::launch::current_umask() & 0o700 == 0)
}

/// Keeps the content of a file beyond its name.
pub fn hold_content(path: &Path) -> Option<File> {
    File::open(path).ok()
}

/// Makes a rename in this directory survive a power cut.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
