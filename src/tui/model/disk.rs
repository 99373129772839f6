//! What the kept runs of the process in the details take on disk, and when somebody is to look again.

use std::time::Duration;

use crate::domain::{ProcessName, Row, RunNo, Timestamp};
use crate::tui::page::{Job, Source};

/// Between two looks while the log grows.
const PAUSE: Duration = Duration::from_secs(3);

/// What was found, and what was asked for.
#[derive(Debug, Default)]
pub struct DiskUse {
    known: Option<(ProcessName, Taken)>,
    /// For whom somebody looked last, and how far its log had grown.
    asked: Option<(ProcessName, RunNo, u64)>,
    asked_at: Timestamp,
    is_asking: bool,
    /// When somebody is to look again.
    pub due: Option<Timestamp>,
}

/// What kept runs take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Bytes of all their files.
    pub bytes: u64,
    /// How many they are.
    pub runs: u32,
}

impl DiskUse {
    /// What the runs of this process took when somebody looked last.
    pub fn of(&self, row: &Row) -> Option<Taken> {
        self.known.as_ref().filter(|(name, _)| name == row.name()).map(|(_, taken)| *taken)
    }

    /// A look, where one is due; `row` is in the details, `None` while there are none.
    pub fn next(&mut self, now: Timestamp, row: Option<&Row>) -> Option<Job> {
        self.due = None;
        let Some((source, run)) = row.and_then(|row| Source::of(row).zip(row.run.as_ref())) else {
            // Whoever opens the details again wants to see what is true then.
            self.asked = None;
            return None;
        };
        let wanted = (source.name.clone(), run.no, run.log_end);
        if self.is_asking || self.asked.as_ref() == Some(&wanted) {
            return None;
        }
        let is_same = self.asked.as_ref().is_some_and(|(name, ..)| *name == wanted.0);
        if is_same && now < self.asked_at + PAUSE {
            self.due = Some(self.asked_at + PAUSE);
            return None;
        }
        (self.asked, self.asked_at, self.is_asking) = (Some(wanted), now, true);
        Some(Job::DiskUse(source))
    }

    /// What was found. True when that is new.
    pub fn take(&mut self, name: ProcessName, taken: Taken) -> bool {
        self.is_asking = false;
        let found = Some((name, taken));
        let differs = self.known != found;
        self.known = found;
        differs
    }
}
