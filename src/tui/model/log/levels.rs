//! How many errors and warnings the log in the pane has, and how many came while one reads elsewhere.

use crate::tui::page::{Job, Levels, Place, Source};

use super::LogPane;

/// The counts, and what was asked for.
#[derive(Debug, Default)]
pub struct LevelsInView {
    /// As last counted.
    pub now: Option<Levels>,
    /// Errors when following ended.
    at_pause: Option<u64>,
    is_counting: bool,
    asked: Option<Place>,
}

impl LogPane {
    /// A count, where the log has grown since the last one.
    pub(super) fn next_levels(&mut self) -> Option<Job> {
        let source = self.one()?.clone();
        if self.levels.is_counting || self.size.1 == 0 || self.levels.asked == Some(self.known_end) {
            return None;
        }
        (self.levels.is_counting, self.levels.asked) = (true, Some(self.known_end));
        Some(Job::Levels(source))
    }

    /// What was counted. True when that is shown.
    pub fn take_levels(&mut self, source: &Source, levels: Option<Levels>) -> bool {
        self.levels.is_counting = false;
        if self.one() != Some(source) {
            self.levels.asked = None;
            return false;
        }
        let errors = levels.map(|levels| levels.errors);
        let is_other_run = self.levels.now.map(|levels| levels.run) != levels.map(|levels| levels.run);
        if self.follow || is_other_run {
            self.levels.at_pause = errors;
        }
        levels.is_some() && std::mem::replace(&mut self.levels.now, levels) != levels
    }

    /// Errors that came since following ended.
    pub fn new_errors(&self) -> u64 {
        let now = self.levels.now.filter(|_| !self.follow).map(|levels| levels.errors);
        now.zip(self.levels.at_pause).map_or(0, |(now, before)| now.saturating_sub(before))
    }
}
