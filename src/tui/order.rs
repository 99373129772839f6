//! The order of the rows. "As defined" is the default because then rows do not move.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::domain::{Row, Timestamp};

use super::model::levels::LevelTable;

/// By what the rows are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// As the config lists them.
    #[default]
    Defined,
    /// Alphabetically.
    Name,
    /// Lowest pid first, rows without one last.
    Pid,
    /// Busiest first.
    Cpu,
    /// Largest first.
    Memory,
    /// Longest alive first.
    Time,
    /// Most restarts first.
    Restarts,
    /// Most errors first, then most warnings.
    Levels,
    /// Failed first, then what changes, then what runs, then what does not.
    State,
}

impl SortBy {
    /// In the order of the columns, for `<` and `>`.
    const COLUMNS: [Self; 9] = [
        Self::Defined,
        Self::Name,
        Self::Pid,
        Self::Cpu,
        Self::Memory,
        Self::Time,
        Self::Restarts,
        Self::Levels,
        Self::State,
    ];

    /// In words, for the title of the table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Defined => "as defined",
            Self::Name => "by name",
            Self::Pid => "by pid",
            Self::Cpu => "by cpu",
            Self::Memory => "by memory",
            Self::Time => "by time",
            Self::Restarts => "by restarts",
            Self::Levels => "by errors",
            Self::State => "by state",
        }
    }

    /// The column to the right, and after the last one the first.
    pub fn right(self) -> Self {
        self.moved(1)
    }

    /// The column to the left.
    pub fn left(self) -> Self {
        self.moved(Self::COLUMNS.len() - 1)
    }

    fn moved(self, by: usize) -> Self {
        let at = Self::COLUMNS.iter().position(|column| *column == self).unwrap_or(0);
        Self::COLUMNS[(at + by) % Self::COLUMNS.len()]
    }

    /// The largest, the latest or the gravest comes first: the one meaning of the arrow in the title.
    pub const fn is_falling(self, inverted: bool) -> bool {
        let is_falling = match self {
            Self::Cpu | Self::Memory | Self::Time | Self::Restarts | Self::Levels | Self::State => true,
            Self::Defined | Self::Name | Self::Pid => false,
        };
        is_falling != inverted
    }

    /// Puts the indices of `rows` in order; equal ones stay as defined.
    pub fn sort(self, rows: &[Arc<Row>], indices: &mut [usize], inverted: bool, levels: &LevelTable) {
        if self != Self::Defined {
            indices.sort_by(|a, b| {
                let (a, b) = (&rows[*a], &rows[*b]);
                let order = self.compare(a, b, levels);
                let order = if inverted { order.reverse() } else { order };
                // Who has nothing to be ordered by is last, whichever way round.
                self.is_lacking(a).cmp(&self.is_lacking(b)).then(order)
            });
        } else if inverted {
            indices.reverse();
        }
    }

    /// There is nothing of what rows are ordered by.
    fn is_lacking(self, row: &Row) -> bool {
        match self {
            Self::Pid => row.pid().is_none(),
            Self::Cpu | Self::Memory => row.usage.pids == 0,
            Self::Time => started(row) == Timestamp(u64::MAX),
            Self::Defined | Self::Name | Self::Restarts | Self::Levels | Self::State => false,
        }
    }

    fn compare(self, a: &Row, b: &Row, levels: &LevelTable) -> Ordering {
        match self {
            Self::Defined => Ordering::Equal,
            Self::Name => a.name().cmp(b.name()),
            Self::Pid => a.pid().unwrap_or(u32::MAX).cmp(&b.pid().unwrap_or(u32::MAX)),
            Self::Cpu => b.usage.cpu_percent.total_cmp(&a.usage.cpu_percent),
            Self::Memory => b.usage.memory_bytes.cmp(&a.usage.memory_bytes),
            Self::Time => started(a).cmp(&started(b)),
            Self::Restarts => b.restarts.cmp(&a.restarts),
            Self::Levels => levels.graveness(b).cmp(&levels.graveness(a)),
            Self::State => urgency(a).cmp(&urgency(b)),
        }
    }
}

fn started(row: &Row) -> Timestamp {
    let alive = row.run.as_ref().filter(|run| run.exit.is_none());
    alive.and_then(|run| run.started_at).unwrap_or(Timestamp(u64::MAX))
}

fn urgency(row: &Row) -> u8 {
    use crate::domain::PhaseWord as W;
    match row.phase.word() {
        W::Failed => 0,
        W::Unknown => 1,
        W::Backoff => 2,
        W::Stopping => 3,
        W::Starting => 4,
        W::Running => 5,
        W::Completed => 6,
        W::Stopped => 7,
    }
}
