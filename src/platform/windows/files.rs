//! Files and directories below the user's profile, which Windows keeps private by inheritance.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens for reading and writing, created when missing, content left alone.
pub fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Creates a file that must not exist yet, for writing.
pub fn create_new_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Opens for reading and appending, created when missing.
pub fn append_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// Makes one directory.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Nothing: here the name of an open file stays until it is closed.
pub fn hold_content(_path: &Path) -> Option<File> {
    None
}

/// Directories cannot be synced here; the file system does it.
#[allow(clippy::unnecessary_wraps, reason = "the other systems can fail")]
pub fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}
