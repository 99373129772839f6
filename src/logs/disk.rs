//! What a run takes on disk, and removing its output from there.
//!
//! Knows names and sizes of files, not what is in them. Used by retention, by `pm logs --clear` and by who shows how much
//! there is. Whether a run is still being written is for the caller to know.

use std::io;
use std::path::{Path, PathBuf};

use super::stored::packed_path;
use crate::wire::layout::{INDEX, LOG, run_no};

/// Bytes of all files in this directory, those of a closed file that shrank on disk as well; 0 when it is not there.
pub fn usage(dir: &Path) -> u64 {
    files(dir).iter().map(|(_, bytes)| bytes).sum()
}

/// Where the newest segment of this run lies, packed or not.
pub fn newest(dir: &Path) -> PathBuf {
    let plain = dir.join(LOG);
    let packed = packed_path(&plain);
    if !plain.exists() && packed.exists() { packed } else { plain }
}

/// What the runs of a process take, in bytes, and how many they are.
pub fn usage_of_runs(process: &Path) -> (u64, u32) {
    let Ok(entries) = std::fs::read_dir(process) else { return (0, 0) };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let runs = names.filter(|name| run_no(name).is_some()).map(|name| usage(&process.join(name)));
    runs.fold((0, 0), |(bytes, n), run| (bytes + run, n + 1))
}

/// Bytes of output in this run directory, without its index and its record.
pub fn output(dir: &Path) -> u64 {
    files(dir).iter().filter(|(path, _)| is_of(path, LOG)).map(|(_, bytes)| bytes).sum()
}

/// Removes the closed segments of this run and their indexes: what its keeper might do itself at any time.
///
/// # Errors
/// What the system answers; a file that went by itself is none.
pub fn remove_closed(dir: &Path) -> io::Result<()> {
    remove(dir, |path| is_segment(path) && !path.ends_with(LOG) && !path.ends_with(INDEX))
}

/// Removes all output of this run, which nobody writes any more, and its indexes.
///
/// # Errors
/// As [`remove_closed`].
pub fn remove_output(dir: &Path) -> io::Result<()> {
    remove(dir, is_segment)
}

/// Removes the oldest closed segments of this run until `bytes` are freed or none is left; answers what was freed.
///
/// # Errors
/// As [`remove_closed`].
pub fn remove_oldest(dir: &Path, bytes: u64) -> io::Result<u64> {
    let mut closed: Vec<_> =
        files(dir).into_iter().filter_map(|(path, size)| Some((number_of(&path)?, path, size))).collect();
    closed.sort();
    let mut freed = 0;
    // A segment and its index have one number and go together.
    for group in closed.chunk_by(|one, other| one.0 == other.0) {
        if freed >= bytes {
            break;
        }
        for (_, path, size) in group {
            remove_both(path)?;
            freed += size;
        }
    }
    Ok(freed)
}

fn remove(dir: &Path, which: impl Fn(&Path) -> bool) -> io::Result<()> {
    let mut chosen: Vec<_> = files(dir).into_iter().map(|(path, _)| path).filter(|path| which(path)).collect();
    // Oldest first, so that a reader in between sees a log that begins later and not one with a hole.
    chosen.sort_by_key(|path| number_of(path).unwrap_or(u64::MAX));
    chosen.iter().try_for_each(|path| remove_both(path))
}

/// Removes a file and the packed one that has taken its place since it was listed: in this order, because who packs makes the
/// packed one first.
fn remove_both(path: &Path) -> io::Result<()> {
    gone(std::fs::remove_file(path)).and_then(|()| gone(std::fs::remove_file(packed_path(path))))
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// All files in this directory and their sizes in bytes.
pub(super) fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let files = entries.flatten().filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
    files.filter(|(_, data)| data.is_file()).map(|(path, data)| (path, data.len())).collect()
}

fn is_segment(path: &Path) -> bool {
    is_of(path, LOG) || is_of(path, INDEX)
}

/// `out.log`, `out.log.3` and what else may be made of a segment are of `out.log`.
fn is_of(path: &Path, stem: &str) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The number of a closed segment or of its index.
fn number_of(path: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let rest = name.strip_prefix(LOG).or_else(|| name.strip_prefix(INDEX))?.strip_prefix('.')?;
    rest.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[(&str, usize)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in names {
            std::fs::write(dir.path().join(name), vec![0; *bytes]).unwrap();
        }
        dir
    }

    fn left(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            files(dir).iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    const RUN: [(&str, usize); 8] = [
        ("record", 7),
        ("out.log", 10),
        ("out.idx", 1),
        ("out.log.2", 20),
        ("out.idx.2", 2),
        ("out.log.10", 30),
        ("out.idx.10", 3),
        ("output", 5),
    ];

    #[test]
    fn only_output_goes_and_the_oldest_first() {
        let dir = made(&RUN);
        assert_eq!((usage(dir.path()), output(dir.path())), (78, 60));
        assert_eq!(remove_oldest(dir.path(), 5).unwrap(), 22);
        assert_eq!(left(dir.path()), ["out.idx", "out.idx.10", "out.log", "out.log.10", "output", "record"]);
        remove_closed(dir.path()).unwrap();
        assert_eq!(left(dir.path()), ["out.idx", "out.log", "output", "record"]);
        assert_eq!(remove_oldest(dir.path(), 5).unwrap(), 0);
        remove_output(dir.path()).unwrap();
        assert_eq!(left(dir.path()), ["output", "record"]);
        let runs = tempfile::tempdir().unwrap();
        for (run, bytes) in [("000001", 3), ("000012", 4), ("spec", 9)] {
            std::fs::create_dir(runs.path().join(run)).unwrap();
            std::fs::write(runs.path().join(run).join("out.log"), vec![0; bytes]).unwrap();
        }
        assert_eq!(usage_of_runs(runs.path()), (7, 2));
        remove_output(&dir.path().join("missing")).unwrap();
        assert_eq!(usage(&dir.path().join("missing")), 0);
    }

    #[test]
    fn a_segment_that_was_packed_since_it_was_listed_goes_all_the_same() {
        let dir = made(&[("out.log.2.lz4", 5)]);
        remove_both(&dir.path().join("out.log.2")).unwrap();
        assert!(left(dir.path()).is_empty());
    }
}
