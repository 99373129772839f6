//! Where something is: whose log, and which line of it.
//!
//! All kept runs of one process are one log to a reader, and so are the logs of several processes in the order of time. A place is
//! ordered as the lines are, in the one as in the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{ProcessName, Row, RunNo, Timestamp};
use crate::logs::runs::RunFacts;

/// The log of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The process.
    pub name: ProcessName,
    /// Its newest run; 0 when it has not run yet.
    pub newest: RunNo,
    /// Where that run's files are; the earlier runs lie beside it.
    pub dir: PathBuf,
}

impl Source {
    /// The log of this process, if it ever ran.
    pub fn of(row: &Row) -> Option<Self> {
        let run = row.run.as_ref()?;
        Some(Self { name: row.name().clone(), newest: run.no, dir: run.dir.clone() })
    }

    /// Where all its runs lie beside each other.
    pub fn process_dir(&self) -> &Path {
        self.dir.parent().unwrap_or(&self.dir)
    }

    /// There is a log.
    pub const fn has_run(&self) -> bool {
        self.newest.0 > 0
    }
}

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// That of one process.
    One(Source),
    /// Those of several processes, in the order of time.
    Several(Several),
}

/// The logs of several processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Several {
    /// Theirs. Each keeps its number for as long as they are read together; others may join behind them.
    pub logs: Arc<[Source]>,
    /// As far as each newest run is known to be written, in bytes: what has not grown is not looked at again.
    pub ends: Arc<[u64]>,
}

impl Subject {
    /// The process, if it is one.
    pub const fn one(&self) -> Option<&Source> {
        match self {
            Self::One(source) => Some(source),
            Self::Several(_) => None,
        }
    }

    /// The log of this number: the only one, where it is one.
    pub fn log(&self, number: u32) -> Option<&Source> {
        match self {
            Self::One(source) => Some(source),
            Self::Several(several) => several.logs.get(number as usize),
        }
    }
}

/// A place in the log of a process, or among the lines of several. Places are ordered as the lines are shown: by the time of a
/// line first, which is left out where it is the log of one, so that they are ordered as their bytes were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// When the line was written, as far as order is concerned; 0 in the log of one process.
    pub time: Timestamp,
    /// Whose line it is, by number; 0 in the log of one process.
    pub log: u32,
    /// Which run.
    pub run: RunNo,
    /// In bytes since the beginning of that run.
    pub offset: u64,
}

impl Place {
    /// Behind everything.
    pub const MAX: Self = Self { time: Timestamp(u64::MAX), log: u32::MAX, run: RunNo(u32::MAX), offset: u64::MAX };

    /// A place in the log of one process.
    pub const fn new(run: RunNo, offset: u64) -> Self {
        Self { time: Timestamp(0), log: 0, run, offset }
    }

    /// The same as a place in its own log.
    pub const fn alone(self) -> Self {
        Self::new(self.run, self.offset)
    }

    /// Before everything of this time.
    pub const fn at(time: Timestamp) -> Self {
        Self { time, log: 0, run: RunNo(0), offset: 0 }
    }
}

/// A kept run and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which run.
    pub no: RunNo,
    /// Its first byte that is still there.
    pub start: u64,
    /// After its last byte.
    pub end: u64,
    /// When it began and how it ended.
    pub facts: RunFacts,
}

/// How many bytes lie before `place`, and how many there are, over all runs.
pub fn position(runs: &[Span], place: Place) -> (u64, u64) {
    let kept = |span: &Span| span.end.saturating_sub(span.start);
    let total = runs.iter().map(kept).sum();
    let earlier: u64 = runs.iter().filter(|span| span.no < place.run).map(kept).sum();
    let within = runs.iter().find(|span| span.no == place.run);
    (earlier + within.map_or(0, |span| place.offset.saturating_sub(span.start).min(kept(span))), total)
}
