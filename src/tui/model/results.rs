//! What was found in the logs of all processes: a list to jump from.

use crate::tui::page::{Find, Surveyed, Wanted};

/// The list.
#[derive(Clone, Debug, Default)]
pub struct Results {
    /// What was looked for.
    pub wanted: Wanted,
    /// What was found so far.
    pub found: Surveyed,
    /// The focused one.
    pub focused: usize,
    /// Every log is through.
    pub is_done: bool,
}

impl Results {
    /// The focused line.
    pub fn at_hand(&self) -> Option<&Find> {
        self.found.finds.get(self.focused)
    }

    /// Takes in what was found; the focus stays on its line once it was moved.
    pub fn take(&mut self, found: Surveyed) {
        let focused = self.at_hand().filter(|_| self.focused > 0).cloned();
        self.is_done = found.done.0 == found.done.1;
        self.found = found;
        if let Some(focused) = focused {
            self.focused = self.found.finds.iter().position(|find| *find == focused).unwrap_or(0);
        }
    }
}
