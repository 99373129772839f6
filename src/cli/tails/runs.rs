//! Where the output of a run lies: as a snapshot says, or as the directories say when no supervisor runs.

use std::path::PathBuf;

use crate::domain::{ProcessName, RunNo, Snapshot};
use crate::logs::runs;
use crate::platform::lock;
use crate::wire::layout::Layout;

/// One run and its directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    /// Of which process.
    pub name: ProcessName,
    /// Which run.
    pub no: RunNo,
    /// Where.
    pub dir: PathBuf,
    /// Nothing of it is left: its log will not grow.
    pub over: bool,
    /// The end of its log, in bytes; `None` where only the file knows.
    pub log_end: Option<u64>,
}

/// The current or last run of every process in `snapshot`.
pub fn of_snapshot(snapshot: &Snapshot) -> Vec<RunDir> {
    let runs = snapshot.rows.iter().filter_map(|row| Some((row.name(), row.run.as_ref()?)));
    let dir = |(name, run): (&ProcessName, &crate::domain::snapshot::RunView)| RunDir {
        name: name.clone(),
        no: run.no,
        dir: run.dir.clone(),
        over: run.over,
        log_end: Some(run.log_end),
    };
    runs.map(dir).collect()
}

/// Run `no` of a process, or its last one, as the directories say; `None` when there is no such run.
pub fn on_disk(layout: &Layout, name: &ProcessName, no: Option<RunNo>) -> Option<RunDir> {
    let numbers = runs::numbers(&layout.process(name));
    let last = *numbers.last()?;
    let no = no.unwrap_or(last);
    numbers.contains(&no).then(|| RunDir {
        name: name.clone(),
        no,
        dir: layout.run(name, no),
        over: no != last || lock::holder(&layout.process_lock(name)).is_none(),
        log_end: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directories_say_what_ran() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(&dir.path().join("state"), &dir.path().join("run"), "p");
        let name = ProcessName::new("agent:a").unwrap();
        assert_eq!(on_disk(&layout, &name, None), None);
        for no in [1, 2, 10] {
            std::fs::create_dir_all(layout.run(&name, RunNo(no))).unwrap();
        }
        std::fs::write(layout.process(&name).join("lock"), "").unwrap();
        std::fs::create_dir_all(layout.runs().join("not%a%name")).unwrap();
        assert_eq!(runs::processes(&layout.runs()), std::slice::from_ref(&name));
        assert_eq!(on_disk(&layout, &name, None).unwrap().no, RunNo(10));
        assert!(on_disk(&layout, &name, Some(RunNo(2))).unwrap().over);
        assert_eq!(on_disk(&layout, &name, Some(RunNo(3))), None);
        let held = lock::FileLock::acquire(&layout.process_lock(&name)).unwrap().unwrap();
        assert!(!on_disk(&layout, &name, None).unwrap().over);
        drop(held);
        assert!(on_disk(&layout, &name, None).unwrap().over);
    }
}
