//! What the dashboard and the thread that reads logs say to each other: places, pages, lines.
//!
//! All kept runs of one process are one log to a reader, so a place is a run and an offset in it. Plain values; the model
//! asks with them, `pages` answers with them.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::style::Style;

use crate::domain::{ProcessName, RunNo, Timestamp};
use crate::logs::lines::{Stream, StreamFilter};
use crate::logs::runs::RunFacts;

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The process.
    pub name: ProcessName,
    /// Its newest run.
    pub newest: RunNo,
    /// Where that run's files are; the earlier runs lie beside it.
    pub dir: PathBuf,
}

/// A place in the log of a process. Places are ordered as their bytes were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Which run.
    pub run: RunNo,
    /// In bytes since the beginning of that run.
    pub offset: u64,
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

/// What is shown of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Which streams.
    pub streams: StreamFilter,
    /// Lines are numbered.
    pub numbers: bool,
}

/// Which page of which log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Whose log.
    pub source: Source,
    /// What is shown of it.
    pub look: Look,
    /// From where.
    pub anchor: Anchor,
    /// How many lines.
    pub rows: usize,
    /// A person waits for it, so it is drawn at once.
    pub asked: bool,
}

/// Where a page lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    /// The last lines.
    End,
    /// The lines that end at this place.
    Before(Place),
    /// The lines that begin at this place.
    From(Place),
    /// The lines around this.
    Around(Target),
}

/// All numbers in an anchor are finite.
impl Eq for Anchor {}

/// Something to go to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// The first line kept.
    Start,
    /// The line at this place.
    Place(Place),
    /// The line that has so many hundredths of all bytes before it, 0 to 100.
    Percent(f64),
    /// The line of this number in that run, counted from 1.
    Line(RunNo, u64),
    /// The first line of this time or later.
    Time(Timestamp),
}

/// A page of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Where it begins: read before this for what comes before.
    pub start: Place,
    /// Read from here for what comes after. Lines after it may be on the page; they can still change.
    pub end: Place,
    /// How far the log was seen.
    pub seen: Place,
    /// Where the wanted target was found.
    pub target: Option<Place>,
    /// All runs kept, oldest first.
    pub runs: Arc<[Span]>,
}

/// One line of a log, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Where it begins.
    pub at: Place,
    /// Bytes it takes in the log.
    pub len: u64,
    /// When it was written, where that is known.
    pub time: Option<Timestamp>,
    /// What it is.
    pub kind: LineKind,
    /// It is the continuation of a line too long to be kept in one piece.
    pub continued: bool,
    /// Its number in its run, counted from 1, where numbers are wanted.
    pub number: Option<u64>,
    /// Its text without control characters, in pieces of one style.
    pub spans: Vec<LogSpan>,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Output of the process (or a note of its keeper).
    Output(Stream),
    /// The boundary before the first line of its run; how the earlier one ended stands in the page's runs.
    Boundary,
    /// The mark of this number.
    Mark(u32),
}

/// A piece of a line in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSpan {
    /// The text.
    pub text: String,
    /// How the child wants it shown.
    pub style: Style,
}

impl LogLine {
    /// A line of our own among the output.
    pub const fn inserted(at: Place, kind: LineKind) -> Self {
        Self { at, len: 0, time: None, kind, continued: false, number: None, spans: Vec::new() }
    }

    /// It is in the log.
    pub const fn is_output(&self) -> bool {
        match self.kind {
            LineKind::Output(_) => true,
            LineKind::Boundary | LineKind::Mark(_) => false,
        }
    }

    /// The place after it.
    pub const fn end(&self) -> Place {
        Place { run: self.at.run, offset: self.at.offset + self.len }
    }

    /// Its text in one piece.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// Order among lines at one place: what stands before the line itself comes first.
    pub const fn order(&self) -> (Place, u8) {
        let rank = match self.kind {
            LineKind::Boundary => 0,
            LineKind::Mark(_) => 1,
            LineKind::Output(_) => 2,
        };
        (self.at, rank)
    }
}

/// How many bytes lie before `place`, and how many there are, over all runs.
pub fn position(runs: &[Span], place: Place) -> (u64, u64) {
    let kept = |span: &Span| span.end.saturating_sub(span.start);
    let total = runs.iter().map(kept).sum();
    let earlier: u64 = runs.iter().filter(|span| span.no < place.run).map(kept).sum();
    let within = runs.iter().find(|span| span.no == place.run);
    (earlier + within.map_or(0, |span| place.offset.saturating_sub(span.start).min(kept(span))), total)
}
