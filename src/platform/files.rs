//! Writing so that nobody else can read it and nobody ever sees half of it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(unix)]
pub use super::unix::files::append_private;
#[cfg(windows)]
pub use super::windows::files::append_private;

#[cfg(unix)]
use super::unix::files::{create_new_private, hold_content, make_private_dir, sync_dir};
#[cfg(windows)]
use super::windows::files::{create_new_private, hold_content, make_private_dir, sync_dir};

/// Makes `path` and what is missing above it, each new directory with mode 0700 whatever the umask. Existing ones stay
/// as they are.
pub fn create_private(path: &Path) -> io::Result<()> {
    match make_private_dir(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match path.parent() {
            Some(parent) if parent != path => {
                create_private(parent)?;
                unless_there(make_private_dir(path), path)
            }
            Some(_) | None => Err(error),
        },
        Err(error) => unless_there(Err(error), path),
    }
}

/// Somebody else may have made it meanwhile.
fn unless_there(made: io::Result<()>, path: &Path) -> io::Result<()> {
    made.or_else(|error| if path.is_dir() { Ok(()) } else { Err(error) })
}

/// Replaces the file at `path` by one of mode 0600 with this content. Readers see the old or the new one, never a part;
/// after a power cut it may be either.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace(path, |file| file.write_all(bytes))
}

/// As [`write_atomic`], and on disk when it returns.
pub fn write_durable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_durable_with(path, |file| file.write_all(bytes))
}

/// As [`write_durable`], with the content that `write` gives it, however much that is. Where the process ends before that is
/// done, what was written so far stays beside it under a name that begins with that of the file and ends in `.new`.
///
/// # Errors
/// What the system or `write` answers; then nothing has changed.
pub fn write_durable_with(path: &Path, write: impl FnOnce(&mut fs::File) -> io::Result<()>) -> io::Result<()> {
    replace(path, |file| write(file).and_then(|()| file.sync_all()))?;
    path.parent().map_or(Ok(()), sync_dir)
}

/// Below this size, in bytes, a file is removed quicker than a thread is made.
const LARGE: u64 = 1 << 20;

/// Removes a file. Its name is gone when this returns; to free what a large one holds takes milliseconds, and a thread of its
/// own does that meanwhile.
///
/// # Errors
/// What the removal answers.
pub fn remove_large(path: &Path) -> io::Result<()> {
    let held = hold_content(path).filter(|file| file.metadata().is_ok_and(|meta| meta.len() >= LARGE));
    fs::remove_file(path)?;
    if let Some(file) = held {
        // Without a thread the closure is dropped here, and the file with it.
        drop(std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || drop(file)));
    }
    Ok(())
}

/// Enough to close a file.
const STACK_BYTES: usize = 64 << 10;

fn replace(path: &Path, write: impl FnOnce(&mut fs::File) -> io::Result<()>) -> io::Result<()> {
    let temp = temp_beside(path)?;
    let written =
        create_new_private(&temp).and_then(|mut file| write(&mut file)).and_then(|()| fs::rename(&temp, path));
    if written.is_err() {
        // The first error is the one to tell; the file may not even exist.
        let _ = fs::remove_file(&temp);
    }
    written
}

fn temp_beside(path: &Path) -> io::Result<PathBuf> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let name = path.file_name().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{} names no file to write", path.display()))
    })?;
    let mut temp = name.to_owned();
    temp.push(format!(".{}.{}.new", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
    Ok(path.with_file_name(temp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_gone_by_name_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.log.1");
        for size in [0, LARGE] {
            fs::File::create(&path).unwrap().set_len(size).unwrap();
            remove_large(&path).unwrap();
            assert!(!path.exists());
        }
        assert_eq!(remove_large(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn directories_are_made_all_the_way_and_twice() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("a/b/c");
        create_private(&deep).unwrap();
        create_private(&deep).unwrap();
        assert!(deep.is_dir());
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(create_private(&dir.path().join("file")).is_err());
        assert!(create_private(&dir.path().join("file/below")).is_err());
    }

    #[test]
    fn a_file_is_replaced_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        write_atomic(&path, b"one").unwrap();
        write_durable(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(write_atomic(&dir.path().join("no/such/dir"), b"").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn all_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (sub, file, log) = (dir.path().join("sub"), dir.path().join("sub/file"), dir.path().join("sub/log"));
        create_private(&sub).unwrap();
        write_atomic(&file, b"secret").unwrap();
        append_private(&log).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&sub), mode(&file), mode(&log)), (0o700, 0o600, 0o600));
    }
}
