//! What the kept runs of the process whose details are shown take on disk; asked again with every picture, while they are.

use crate::domain::{ProcessName, Row, Timestamp};
use crate::tui::page::{Job, Source};

/// The figures, and what was asked for.
#[derive(Debug, Default)]
pub struct KeptOnDisk {
    now: Option<(ProcessName, u64, u32)>,
    asked: Option<(ProcessName, Timestamp)>,
    is_asking: bool,
}

impl KeptOnDisk {
    /// A look at the disk, where there was none for this row in the picture of this time.
    pub fn next(&mut self, row: &Row, at: Timestamp) -> Option<Job> {
        let run = row.run.as_ref()?;
        let wanted = Some((row.name().clone(), at));
        if self.is_asking || self.asked == wanted {
            return None;
        }
        (self.asked, self.is_asking) = (wanted, true);
        Some(Job::Weigh(Source { name: row.name().clone(), newest: run.no, dir: run.dir.clone() }))
    }

    /// What was found: bytes, and in how many runs. True when that is news.
    pub fn take(&mut self, name: ProcessName, (bytes, runs): (u64, u32)) -> bool {
        self.is_asking = false;
        let found = Some((name, bytes, runs));
        std::mem::replace(&mut self.now, found.clone()) != found
    }

    /// Bytes, and in how many runs; `None` where it is not known, or nothing is kept.
    pub fn of(&self, name: &ProcessName) -> Option<(u64, u32)> {
        self.now.as_ref().filter(|(of, _, runs)| of == name && *runs > 0).map(|(_, bytes, runs)| (*bytes, *runs))
    }
}
