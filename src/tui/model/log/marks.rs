//! Marks a person set between the lines of a log. They live as long as the dashboard.

use std::collections::BTreeMap;

use crate::domain::{ProcessName, Timestamp};
use crate::tui::page::Place;

/// Marks kept of one process; the oldest gives way.
const KEPT: usize = 200;

/// A mark before the line at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Before this.
    pub at: Place,
    /// When it was set.
    pub time: Timestamp,
    /// Counted from 1 for each process.
    pub number: u32,
}

/// What became of the mark at a place, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marking {
    /// It was set.
    Set(u32),
    /// It stood there and was taken away.
    Taken(u32),
}

/// The marks of all processes, and under no name those in the log of several.
#[derive(Debug, Default)]
pub struct Marks(BTreeMap<Option<ProcessName>, Vec<Mark>>);

impl Marks {
    /// Sets a mark; returns its number.
    pub fn set(&mut self, process: Option<&ProcessName>, at: Place, time: Timestamp) -> u32 {
        let marks = self.0.entry(process.cloned()).or_default();
        let number = marks.iter().map(|mark| mark.number).max().unwrap_or(0) + 1;
        if marks.len() == KEPT {
            marks.remove(0);
        }
        marks.push(Mark { at, time, number });
        number
    }

    /// Takes away the newest of those that stand at `at`.
    pub fn take(&mut self, process: Option<&ProcessName>, at: Place) -> Option<Mark> {
        let marks = self.0.get_mut(&process.cloned())?;
        let found = marks.iter().rposition(|mark| mark.at == at)?;
        Some(marks.remove(found))
    }

    /// Forgets those in the log of several processes: it may be others next time.
    pub fn forget_joined(&mut self) {
        self.0.remove(&None);
    }

    /// The marks of a process, in the order they were set.
    pub fn of(&self, process: Option<&ProcessName>) -> &[Mark] {
        self.0.get(&process.cloned()).map_or(&[], Vec::as_slice)
    }

    /// The mark of this number.
    pub fn get(&self, process: Option<&ProcessName>, number: u32) -> Option<Mark> {
        self.of(process).iter().find(|mark| mark.number == number).copied()
    }

    /// The nearest mark before `place`, else the last one in the log.
    pub fn before(&self, process: Option<&ProcessName>, place: Place) -> Option<Mark> {
        let marks = self.of(process);
        let nearest = marks.iter().filter(|mark| mark.at < place).max_by_key(|mark| (mark.at, mark.number));
        nearest.or_else(|| marks.iter().max_by_key(|mark| (mark.at, mark.number))).copied()
    }
}
