//! The processes and their kept runs, found beside each other on disk, and how each run ended.
//!
//! Reads names and records; knows no supervisor. Used by whoever goes through what is kept.

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::{Exit, ProcessName, RunNo, Timestamp};
use crate::platform::lock;
use crate::wire::layout::{PROCESS_LOCK, RECORD, run_dir, run_no};
use crate::wire::record::{Record, RecordState};

/// What the record of a run says about its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// When its main process was started.
    pub started_at: Option<Timestamp>,
    /// How its main process ended, if it did.
    pub exit: Option<Exit>,
}

/// The names of all processes that ever ran, in the directory of all runs, in the order of the alphabet; none where it cannot
/// be read.
pub fn processes(runs_dir: &Path) -> Vec<ProcessName> {
    let entries = std::fs::read_dir(runs_dir).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| ProcessName::from_dir_name(entry.file_name().to_str()?)).collect();
    names.sort_unstable();
    names
}

/// The numbers of the runs in the directory of a process, oldest first; none where it cannot be read.
pub fn numbers(process_dir: &Path) -> Vec<RunNo> {
    kept(process_dir).unwrap_or_default().into_iter().map(|(no, _)| no).collect()
}

/// The runs in the directory of a process, oldest first.
///
/// # Errors
/// What the system answers; a directory that is not there has no runs.
pub fn kept(process_dir: &Path) -> io::Result<Vec<(RunNo, PathBuf)>> {
    let entries = match std::fs::read_dir(process_dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut runs = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Some(no) = entry.file_name().to_str().and_then(run_no) {
            runs.push((no, entry.path()));
        }
    }
    runs.sort();
    Ok(runs)
}

/// Whether a keeper writes this run, which it does at most in the newest of its process. One without a record may just be
/// beginning: its lock is taken before its record is made, so the lock is asked for last. A record without a lock is one that
/// was left.
pub fn is_written(process_dir: &Path, no: RunNo) -> bool {
    let is_newest = numbers(process_dir).last() == Some(&no);
    let has_record = || process_dir.join(run_dir(no)).join(RECORD).exists();
    is_newest && (!has_record() || lock::holder(&process_dir.join(PROCESS_LOCK)).is_some())
}

/// What is known of the run in this directory; nothing where its record is missing or damaged.
pub fn facts(run_dir: &Path) -> RunFacts {
    let bytes = std::fs::read(run_dir.join(RECORD)).unwrap_or_default();
    let Ok(record) = Record::read(&bytes) else { return RunFacts::default() };
    let started_at = (record.started_at > 0).then_some(Timestamp(record.started_at));
    let exit = match record.state {
        RecordState::Launching | RecordState::Running | RecordState::Failed(_) => None,
        RecordState::Exited(exit) | RecordState::Emptied { exit, .. } => Some(exit.into()),
    };
    RunFacts { started_at, exit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_listed_in_the_order_they_ran() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["000010", "000002", "lock", "7", "not-a-run"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        let found: Vec<u32> = kept(dir.path()).unwrap().into_iter().map(|(no, _)| no.0).collect();
        assert_eq!(found, [2, 10]);
        assert_eq!(kept(&dir.path().join("missing")).unwrap(), []);
        assert_eq!(facts(dir.path()), RunFacts::default());
    }
}
