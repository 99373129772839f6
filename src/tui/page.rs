//! What the dashboard and the thread that reads logs say to each other: places, pages, lines.
//!
//! Plain values; the model asks with them, `pages` answers with them.

use std::path::PathBuf;
use std::sync::Arc;

use ratatui::style::Style;

use crate::domain::{ProcessName, RunNo, Timestamp};
use crate::logs::level::Level;
use crate::logs::levels::Counts;
use crate::logs::lines::{Stream, StreamFilter};
use crate::logs::pattern::{Case, Pattern, PatternError};
use crate::logs::search::Direction;

use super::viewer::Viewer;

mod place;

pub use place::{Place, Several, Source, Span, Subject, position};

/// What is shown of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Which streams.
    pub streams: StreamFilter,
    /// Lines are numbered.
    pub numbers: bool,
    /// How lines that are an object of JSON are shown.
    pub json: Json,
    /// Only lines for which this holds.
    pub filter: Option<LineFilter>,
}

/// How a line that is an object of JSON is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Json {
    /// As any other.
    #[default]
    AsPrinted,
    /// Level, time, message and the rest, in one row.
    Folded,
    /// The same with a row for each value.
    Pretty,
}

/// Which lines are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFilter {
    /// Those with this.
    pub wanted: Wanted,
    /// Those without it instead.
    pub inverse: bool,
    /// Lines shown around each, before and after.
    pub context: u8,
}

/// Something to be done away from the screen's task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Read a page.
    Page(PageRequest),
    /// Find the next line that matches.
    Find(FindRequest),
    /// Call the finding off.
    StopFind,
    /// Count the lines that match.
    Count(CountRequest),
    /// Call the counting off, and forget what was counted.
    StopCount,
    /// Fetch text for the clipboard.
    Copy(CopyRequest),
    /// Fetch the last error with what belongs to it.
    CopyError(Subject),
    /// Write text to a file.
    Save(SaveRequest),
    /// Write what is around a place to a file that a viewer can show.
    Print(PrintRequest),
    /// Go on counting errors and warnings in these.
    Levels(Vec<Source>),
    /// Remove what this process printed, as far as it is not being written.
    Clear(Source),
    /// See what all kept runs of this process take on disk.
    DiskUse(Source),
    /// Look for something in the logs of several processes.
    Survey(SurveyRequest),
    /// Call that off.
    StopSurvey,
}

/// What a person looks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// As typed.
    pub text: String,
    /// It is a regular expression.
    pub regex: bool,
    /// Upper and lower case.
    pub case: Case,
}

impl Wanted {
    /// The pattern for it.
    ///
    /// # Errors
    /// What is wrong with a regular expression, and where.
    pub fn compile(&self) -> Result<Pattern, PatternError> {
        if self.regex { Pattern::regex(&self.text, self.case) } else { Ok(Pattern::literal(&self.text, self.case)) }
    }
}

/// What a find looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// Lines with this.
    Match(Wanted),
    /// Lines of this level or a graver one.
    Level(Level),
}

/// Finds the next line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindRequest {
    /// Of this find; a later one calls it off.
    pub ticket: u64,
    /// Whose log.
    pub subject: Subject,
    /// What.
    pub aim: Aim,
    /// Among the lines shown.
    pub look: Look,
    /// From here, the edge of a line.
    pub from: Place,
    /// Which way; at the end it goes on from the other end.
    pub direction: Direction,
    /// Lines that match and are passed over.
    pub skip: u64,
}

/// What a find found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The line at this place.
    At {
        /// Where it begins.
        place: Place,
        /// It lies behind the end where the find went on from the other one.
        has_wrapped: bool,
    },
    /// No line matches.
    Nothing,
    /// It was called off.
    Cancelled,
}

/// Counts the lines that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountRequest {
    /// Of the search; counting goes on where it was for the same one.
    pub id: u64,
    /// Whose log.
    pub source: Source,
    /// What.
    pub wanted: Wanted,
    /// In which streams.
    pub streams: StreamFilter,
    /// The line of which the number among the matches is wanted.
    pub current: Option<Place>,
}

/// Fetches text as the process printed it, without escape sequences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyRequest {
    /// Whose log.
    pub subject: Subject,
    /// Which of the lines are shown.
    pub look: Look,
    /// The first line.
    pub from: Place,
    /// The last line.
    pub to: Place,
    /// What of them.
    pub cut: Cut,
}

/// Writes text to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveRequest {
    /// Which text.
    pub what: CopyRequest,
    /// To where; `~/` is the person's home.
    pub path: PathBuf,
    /// Instead of what is there.
    pub overwrite: bool,
}

/// Writes what is around a place to a file of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintRequest {
    /// Whose log.
    pub subject: Subject,
    /// Which of the lines are shown.
    pub look: Look,
    /// Around this.
    pub at: Place,
    /// What shall show it.
    pub viewer: Viewer,
}

/// How many lines of the newest run say that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// Which run.
    pub run: RunNo,
    /// As far as they were counted; `None` where the log could not be read.
    pub counts: Option<Counts>,
    /// There is more to count in what was printed so far.
    pub lags: bool,
}

impl Levels {
    /// The counts, if anything is wrong, and whether there may be more.
    pub fn worth_telling(self) -> Option<(Counts, bool)> {
        let grave = self.counts.filter(|counts| counts.errors + counts.warnings > 0);
        grave.map(|counts| (counts, counts.is_partial || self.lags))
    }
}

/// Looks for something in the logs of several processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyRequest {
    /// Of this survey; a later one calls it off.
    pub ticket: u64,
    /// Whose logs.
    pub sources: Vec<Source>,
    /// What.
    pub wanted: Wanted,
}

/// What a survey brought so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surveyed {
    /// Of this survey.
    pub ticket: u64,
    /// The newest lines that match, newest first.
    pub finds: Vec<Find>,
    /// Logs that are through, of how many.
    pub done: (usize, usize),
    /// There are more in some logs.
    pub has_more: bool,
}

/// A line that a survey found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// In whose log.
    pub name: ProcessName,
    /// Where.
    pub at: Place,
    /// When it was written.
    pub time: Option<Timestamp>,
    /// The beginning of its text.
    pub text: String,
}

/// What of some lines is meant, in cells from the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// All of them.
    Lines,
    /// These columns of each.
    Block {
        /// The first column.
        from: usize,
        /// The column after the last one.
        to: usize,
    },
    /// From a column of the first line to a column of the last one.
    Text {
        /// The first column in the first line.
        from: usize,
        /// The column after the last one in the last line.
        to: usize,
    },
}

/// Text that was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The text.
    pub text: String,
    /// Lines it has.
    pub lines: usize,
    /// There is more than may be fetched.
    pub is_cut_short: bool,
}

/// Parts of a log of which is told whether a match lies in them.
pub const BUCKETS: usize = 256;

/// What was counted so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Of the search.
    pub id: u64,
    /// Lines that match.
    pub matches: u64,
    /// Hundredths of the log that were searched.
    pub percent: u8,
    /// In which parts of the log matches lie.
    pub buckets: Vec<bool>,
    /// The number of the wanted line among the matches, from 1.
    pub ordinal: Option<(Place, u64)>,
    /// The line that was wanted.
    pub current: Option<Place>,
}

/// Which page of which log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Whose log.
    pub subject: Subject,
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
    /// Where everything begins and ends, as far as is known; beyond the ends of the page there may be nothing.
    pub extent: (Place, Place),
    /// All runs kept of a single process, oldest first.
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

impl LogSpan {
    /// What follows is drawn in a new row, though it is one line of the log.
    pub fn row_break() -> Self {
        Self { text: "\n".to_owned(), style: Style::new() }
    }
}

impl LogLine {
    /// It is drawn in rows of its own making.
    pub fn has_rows(&self) -> bool {
        self.spans.iter().any(|span| span.text == "\n")
    }

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
        Place { offset: self.at.offset + self.len, ..self.at }
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
