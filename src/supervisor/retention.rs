//! Old output: kept by count, by age and by size, per process and in total; the oldest goes first. Never what is being written,
//! and never the record of the last run.
//!
//! Looks when the supervisor starts, a moment after a run has ended, and every few minutes where there is a limit that can be
//! reached in between. `plan` decides, `survey` knows what there is.

use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::plan::{Act, Limits};
use super::inbox::{Inbox, Note};
use crate::domain::spec::{Keep, LogLimits};
use crate::domain::{ProcessName, RunNo};
use crate::logs::{disk, runs};
use crate::wire::layout::Layout;

mod plan;
pub(super) mod survey;

/// How long ends of runs are gathered before anybody looks.
const GATHER: Duration = Duration::from_secs(1);
/// How often to look while a run grows or output grows old. Limits of this kind are meant in gigabytes and days.
const EVERY: Duration = Duration::from_mins(5);

/// Runs that are named when they were removed; the others are counted.
const NAMED_MAX: usize = 5;

/// Looks after the disk.
#[derive(Debug)]
pub struct Retention {
    layout: Layout,
    keep: Keep,
    due: Option<Instant>,
    /// Any process, or the project, has a limit that is reached without a run beginning.
    is_limited: bool,
    looking: Option<JoinHandle<()>>,
}

impl Retention {
    /// Looks for the first time in a moment.
    pub fn new(layout: Layout, keep: Keep) -> Self {
        Self { layout, keep, due: Some(Instant::now() + GATHER), is_limited: true, looking: None }
    }

    /// When to look next.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// A run has ended.
    pub fn note_end(&mut self) {
        if self.is_limited {
            let soon = Instant::now() + GATHER;
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        }
    }

    /// Looks, and removes what is beyond the limits, without anybody waiting for it.
    pub fn look(&mut self, processes: Vec<(ProcessName, LogLimits)>, inbox: Inbox) {
        self.is_limited = self.keep.is_limited() || processes.iter().any(|(_, limits)| limits.keep.is_limited());
        self.due = self.is_limited.then(|| Instant::now() + EVERY);
        if self.looking.as_ref().is_some_and(|looking| !looking.is_finished()) {
            return;
        }
        let (layout, limits) = (self.layout.clone(), Limits { processes, keep: self.keep });
        let in_detail = self.is_limited;
        self.looking = Some(tokio::task::spawn_blocking(move || {
            if let Some(text) = clean(&layout, &limits, in_detail) {
                // Without a supervisor there is nobody to be told.
                drop(inbox.blocking_send(Note::Told(text)));
            }
        }));
    }
}

/// Removes what is beyond the limits, and says what it was. What cannot be removed stays, and is tried again with the next look.
fn clean(layout: &Layout, limits: &Limits, in_detail: bool) -> Option<String> {
    let kept = survey::take(layout, in_detail);
    let (mut removed, mut freed) = (Vec::new(), 0);
    for (run, act) in plan::plan(&kept, limits, SystemTime::now()) {
        let done = match act {
            Act::Remove => std::fs::remove_dir_all(&run.dir),
            Act::Empty => disk::remove_output(&run.dir),
            Act::Trim { bytes } => disk::remove_oldest(&run.dir, bytes).map(drop),
        };
        let bytes = run.bytes.saturating_sub(disk::usage(&run.dir));
        if done.is_ok() && bytes > 0 {
            removed.push(format!("{}#{}", run.name, run.no));
            freed += bytes;
        }
    }
    removed.sort();
    let more = removed.len().saturating_sub(NAMED_MAX);
    removed.truncate(NAMED_MAX);
    let names = removed.join(", ");
    let others = if more > 0 { format!(" and {more} more") } else { String::new() };
    (freed > 0).then(|| format!("{freed} bytes of old output were removed to stay within the limits: {names}{others}"))
}

/// Removes run directories of a process until `keep` are left, the one numbered `current` included.
///
/// Only directories below `current` are touched: a keeper is alive at most in the newest. So this is for when `current` has begun,
/// because a start may be refused, and then it is an older one that lives. What cannot be removed stays, and is tried again with the next run.
pub fn prune(process: &Path, current: RunNo, keep: u32) {
    let Some(newest_to_go) = current.0.checked_sub(keep.max(1)) else { return };
    for (_, dir) in runs::kept(process).unwrap_or_default().into_iter().filter(|(no, _)| no.0 <= newest_to_go) {
        drop(std::fs::remove_dir_all(dir));
    }
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
        assert_eq!(runs::numbers(dir.path()), [RunNo(3), RunNo(4), RunNo(5)]);
        prune(dir.path(), RunNo(5), 0);
        assert_eq!(runs::numbers(dir.path()), [RunNo(5)]);
        assert!(dir.path().join("lock").exists());
    }
}
