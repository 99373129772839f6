//! Locks on files: held by a living process, gone with it, whatever kills it. Never a pid file.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

#[cfg(unix)]
use super::unix::files::open_private;
#[cfg(windows)]
use super::windows::files::open_private;

/// How often to look again when others merely look, too. Each look takes microseconds, and a looker may be descheduled
/// for milliseconds while it holds its shared lock.
const LOOKS: u32 = 20_000;

/// No pid has more digits.
const PID_BYTES: u64 = 10;

/// An exclusive lock on a file, released on drop and by the end of the process.
#[derive(Debug)]
pub struct FileLock {
    file: File,
}

impl FileLock {
    /// Takes the lock at `path` (created with mode 0600) and writes the own pid into it; `None` when another holds it.
    ///
    /// # Errors
    /// What opening, locking or writing the file answers.
    pub fn acquire(path: &Path) -> io::Result<Option<Self>> {
        let mut file = open_private(path)?;
        if !lock(&file)? {
            return Ok(None);
        }
        // Over what the last holder wrote, blanks behind it: to free its block and take one again costs half a millisecond.
        let before = file.metadata()?.len();
        if before > PID_BYTES {
            file.set_len(0)?;
        }
        let width = before.min(PID_BYTES) as usize;
        file.write_all(format!("{:<width$}", std::process::id()).as_bytes())?;
        Ok(Some(Self { file }))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is just being spawned has a copy of the descriptor until its exec.
        let _ = self.file.unlock();
    }
}

/// Tries for the exclusive lock. Somebody who asks for the [`holder`] has a shared lock for a moment, which is told apart
/// from a real holder by getting a shared lock as well.
fn lock(file: &File) -> io::Result<bool> {
    for _ in 0..LOOKS {
        if taken(file.try_lock())? {
            return Ok(true);
        }
        if !taken(file.try_lock_shared())? {
            return Ok(false);
        }
        // On Windows `std` unlocks twice to be sure, and Wine calls the second time an error. One that is real shows above.
        let _ = file.unlock();
        std::thread::yield_now();
    }
    Ok(false)
}

/// Who holds the lock at `path`: `None` when nobody does or there is no such file. 0 stands for a holder
/// whose file cannot be read while it is locked (Windows). For the moment between taking the lock and writing it is the pid of the
/// holder before: who signals proves first.
pub fn holder(path: &Path) -> Option<u32> {
    let mut file = File::open(path).ok()?;
    if taken(file.try_lock_shared()).ok()? {
        // Closing is not enough, see the drop above.
        let _ = file.unlock();
        return None;
    }
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    Some(read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0))
}

fn taken(answer: Result<(), TryLockError>) -> io::Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it_and_the_next_gets_it_after_the_drop() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        assert_eq!(holder(&path), None);
        let first = FileLock::acquire(&path).unwrap().unwrap();
        assert!(FileLock::acquire(&path).unwrap().is_none());
        assert!(matches!(holder(&path), Some(pid) if pid == std::process::id() || cfg!(windows)));
        drop(first);
        assert_eq!(holder(&path), None);
        assert!(FileLock::acquire(&path).unwrap().is_some());
    }

    #[test]
    fn what_was_in_the_file_leaves_no_digit_behind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        for before in ["", "1", "4294967295", "no pid, and longer than any"] {
            std::fs::write(&path, before).unwrap();
            let lock = FileLock::acquire(&path).unwrap().unwrap();
            assert!(matches!(holder(&path), Some(pid) if pid == std::process::id() || cfg!(windows)), "{before:?}");
            drop(lock);
        }
    }

    #[test]
    fn asking_for_the_holder_takes_the_lock_from_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        drop(FileLock::acquire(&path).unwrap());
        std::thread::scope(|scope| {
            scope.spawn(|| (0..2_000).for_each(|_| _ = holder(&path)));
            scope.spawn(|| (0..500).for_each(|_| drop(FileLock::acquire(&path).unwrap().expect("nobody holds it"))));
        });
    }
}
