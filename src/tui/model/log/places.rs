//! Where one was reading in the logs of others: whoever looks at another process and comes back is where they were.

use std::collections::HashMap;

use crate::domain::{ProcessName, RunNo};
use crate::tui::page::{Place, Target};

use super::{Jump, LogPane};

/// Of every process whose log was left while it was not followed.
pub(super) type Places = HashMap<ProcessName, Left>;

/// Where a log was left.
#[derive(Clone, Debug)]
pub(super) struct Left {
    /// The first line in view.
    top: Place,
    /// Columns scrolled to the right.
    columns: usize,
    /// Lines that came since following ended, and the run and the lines of it that were counted.
    new_lines: u64,
    counted: (RunNo, u64),
}

impl LogPane {
    /// Remembers where one is reading, before another log is shown.
    pub(super) fn leave(&mut self) {
        let follows =
            self.follow || self.resumes || self.selection.as_ref().is_some_and(|selected| selected.was_following);
        if follows || self.joined.is_some() || self.lines.is_empty() && self.jump.is_none() {
            return;
        }
        let left =
            Left { top: self.place_read(), columns: self.left, new_lines: self.new_lines, counted: self.counted };
        if let Some(name) = self.one().map(|source| source.name.clone()) {
            self.places.insert(name, left);
        }
    }

    /// Goes on where this log was left, once that is shown.
    pub(super) fn come_back(&mut self) {
        let left = self.one().map(|source| source.name.clone()).and_then(|name| self.places.remove(&name));
        if let Some(Left { top, columns, new_lines, counted }) = left {
            self.follow = false;
            self.jump = Some(Jump { target: Target::Place(top), lead: 0 });
            (self.left, self.new_lines, self.counted) = (columns, new_lines, counted);
        }
    }
}
