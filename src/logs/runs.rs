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
    /// Its program could not be started.
    pub could_not_start: bool,
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

/// Whether a keeper writes this run, or is just about to.
pub fn is_written(process_dir: &Path, no: RunNo) -> bool {
    written(process_dir, &numbers(process_dir)).contains(&no)
}

/// Those of these runs, which are all there are of the process, that a keeper writes or is just about to: the one whose keeper holds
/// the lock, be it that later starts were refused, and the newest as long as it has no record. The lock is taken before the record
/// is made, so it is asked for last. A record without a lock is one that was left.
pub fn written(process_dir: &Path, numbers: &[RunNo]) -> Vec<RunNo> {
    let path = |no: RunNo| process_dir.join(run_dir(no)).join(RECORD);
    let newest = numbers.last().copied();
    let mut written: Vec<_> = newest.filter(|no| !path(*no).exists()).into_iter().collect();
    let Some(holder) = lock::holder(&process_dir.join(PROCESS_LOCK)) else { return written };
    let keeper = |no: RunNo| Some(Record::read(&std::fs::read(path(no)).ok()?).ok()?.keeper_pid);
    match numbers.iter().rfind(|no| keeper(**no) == Some(holder)) {
        Some(no) => written.push(*no),
        // No record says whose the lock is: it may be anybody's whose record cannot be read.
        None => written.extend(numbers.iter().filter(|no| keeper(**no).is_none() || Some(**no) == newest)),
    }
    written
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
    RunFacts { started_at, exit, could_not_start: matches!(record.state, RecordState::Failed(_)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use crate::domain::RunId;
    #[cfg(unix)]
    use crate::domain::run::{SpawnFailure, SpawnStep};
    #[cfg(unix)]
    use crate::wire::record::VERSION;

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

    #[cfg(unix)]
    #[test]
    fn written_is_what_the_holder_of_the_lock_began_and_what_may_be_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let me = std::process::id();
        let record = |no: u32, keeper_pid: u32| {
            let dir = dir.path().join(run_dir(RunNo(no)));
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join(RECORD), a_record(keeper_pid).render()).unwrap();
        };
        let written = || written(dir.path(), &numbers(dir.path())).into_iter().map(|no| no.0).collect::<Vec<_>>();
        record(1, me);
        record(2, me);
        assert_eq!(written(), [0; 0], "nobody holds the lock");
        let lock = lock::FileLock::acquire(&dir.path().join(PROCESS_LOCK)).unwrap().unwrap();
        assert_eq!(written(), [2]);
        record(3, me + 1);
        assert_eq!(written(), [2], "the start of 3 was refused");
        std::fs::create_dir(dir.path().join("000004")).unwrap();
        assert_eq!(written(), [4, 2], "4 is just beginning");
        record(4, me + 1);
        record(1, me + 1);
        std::fs::write(dir.path().join(run_dir(RunNo(2))).join(RECORD), "damaged").unwrap();
        assert_eq!(written(), [2, 4], "no record says whose the lock is");
        drop(lock);
        std::fs::create_dir(dir.path().join("000005")).unwrap();
        assert_eq!(written(), [5]);
        assert!(is_written(dir.path(), RunNo(5)) && !is_written(dir.path(), RunNo(4)));
    }

    #[cfg(unix)]
    #[test]
    fn a_run_that_could_not_be_started_is_known_to_be_one() {
        let dir = tempfile::tempdir().unwrap();
        let known = |state: RecordState| {
            std::fs::write(dir.path().join(RECORD), Record { state, ..a_record(1) }.render()).unwrap();
            facts(dir.path())
        };
        let failure = SpawnFailure { step: SpawnStep::Program, errno: 2, message: "there is no such program".into() };
        assert!(known(RecordState::Failed(failure)).could_not_start);
        assert_eq!(known(RecordState::Running), RunFacts::default());
    }

    #[cfg(unix)]
    fn a_record(keeper_pid: u32) -> Record {
        Record {
            version: VERSION,
            project: "shop".into(),
            name: "api".into(),
            no: RunNo(1),
            id: RunId::derive(1, 1),
            keeper_pid,
            keeper_start: 0,
            boot_id: String::new(),
            pid: 0,
            pid_start: 0,
            started_at: 0,
            command: "true".into(),
            cwd: "/".into(),
            state: RecordState::Running,
        }
    }
}
