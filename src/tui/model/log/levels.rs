//! How many errors came in the log in the pane while one reads elsewhere.

use crate::domain::RunNo;

use super::LogPane;

/// Errors of the newest run.
#[derive(Debug, Default)]
pub struct ErrorsInView {
    now: u64,
    /// When following ended, and of which run.
    at_pause: Option<(RunNo, u64)>,
}

impl LogPane {
    /// So many errors were counted so far.
    pub fn see_errors(&mut self, run: RunNo, errors: u64) {
        self.errors.now = errors;
        if self.follow || self.errors.at_pause.is_none_or(|(before, _)| before != run) {
            self.errors.at_pause = Some((run, errors));
        }
    }

    /// Errors that came since following ended.
    pub fn new_errors(&self) -> u64 {
        let before = self.errors.at_pause.filter(|_| !self.follow).map(|(_, before)| before);
        before.map_or(0, |before| self.errors.now.saturating_sub(before))
    }
}
