//! Whose logs are read as one.

use std::collections::BTreeSet;

use crate::domain::ProcessName;
use crate::tui::layout::Pane;

/// A choice of processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// These; `None` means all there are, and all that will be.
    pub chosen: Option<BTreeSet<ProcessName>>,
    /// Which pane had the keys before, and whether it was zoomed.
    pub before: (Pane, bool),
}

impl Together {
    /// This process is among them.
    pub fn holds(&self, name: &ProcessName) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen.contains(name))
    }
}
