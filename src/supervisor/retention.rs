//! Old runs: kept by count, the oldest go first. Never the one that begins, never one that might be alive.

use std::path::Path;

use crate::domain::RunNo;
use crate::wire::layout;

/// Removes run directories of a process until `keep` are left, the one numbered `current` included.
///
/// Only directories below `current` are touched: a keeper is alive at most in the newest, and it holds the lock that let
/// `current` begin. What cannot be removed stays, and is tried again with the next run.
pub fn prune(process: &Path, current: RunNo, keep: u32) {
    // Numbers are given in order, so most of the time the only candidate can be named without listing the directory.
    let Some(newest_to_go) = current.0.checked_sub(keep.max(1)) else { return };
    let mut old: Vec<RunNo> = list(process).into_iter().filter(|no| no.0 <= newest_to_go).collect();
    old.sort_unstable();
    for no in old {
        drop(std::fs::remove_dir_all(process.join(format!("{:06}", no.0))));
    }
}

/// The numbers of all runs of a process that are on disk, in no order.
pub fn list(process: &Path) -> Vec<RunNo> {
    let Ok(entries) = std::fs::read_dir(process) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| layout::run_no(&name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stay() {
        let dir = tempfile::tempdir().unwrap();
        for no in [1, 2, 3, 4, 5] {
            std::fs::create_dir(dir.path().join(format!("{no:06}"))).unwrap();
        }
        std::fs::write(dir.path().join("lock"), "").unwrap();
        prune(dir.path(), RunNo(5), 3);
        let mut left = list(dir.path());
        left.sort_unstable();
        assert_eq!(left, [RunNo(3), RunNo(4), RunNo(5)]);
        prune(dir.path(), RunNo(5), 0);
        assert_eq!(list(dir.path()), [RunNo(5)]);
        assert!(dir.path().join("lock").exists());
    }
}
