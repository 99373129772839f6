//! What a reader of logs gets: lines with their place, stream and time, and pages of them.
//!
//! Plain values; knows no file. Made by `reader` and `follow`, used by every face.

pub use super::index::Stream;
use crate::domain::Timestamp;

/// Lines up to this many bytes are never cut. A longer one is cut where the offset is a multiple of it (at the character before, if it
/// falls into one), so that a piece is
/// always shorter than twice this, and the same pieces come out whether a log is read forward or backward.
pub const CUT_BYTES: u64 = 16 << 10;

/// Which streams to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamFilter {
    /// Everything, the keeper's notes too.
    #[default]
    All,
    /// Standard output; also what a terminal showed.
    Stdout,
    /// Standard error.
    Stderr,
}

impl StreamFilter {
    /// Does it let this stream through?
    pub const fn accepts(self, stream: Stream) -> bool {
        match (self, stream) {
            (Self::All, _) | (Self::Stdout, Stream::Stdout | Stream::Terminal) | (Self::Stderr, Stream::Stderr) => true,
            (Self::Stdout, Stream::Stderr | Stream::Note)
            | (Self::Stderr, Stream::Stdout | Stream::Terminal | Stream::Note) => false,
        }
    }
}

/// Why a line ends where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// By a newline, which is counted in `len` but is not in `bytes`.
    Newline,
    /// Another stream (or a hole in the log) came in between.
    Switched,
    /// It is longer than `CUT_BYTES`: the next piece goes on.
    Cut,
    /// The log ends here, so far: it may still grow.
    Open,
}

/// One line, or a piece of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its first byte, in bytes since the start of the run.
    pub offset: u64,
    /// Bytes it takes in the log, its newline included.
    pub len: u64,
    /// As the process wrote it, without the newline.
    pub bytes: Vec<u8>,
    /// Where it came from.
    pub stream: Stream,
    /// When its first byte was read by the keeper; `None` when the index does not say.
    pub time: Option<Timestamp>,
    /// It begins in the middle of a line.
    pub continued: bool,
    /// Why it ends.
    pub end: LineEnd,
}

/// Some lines in the order they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Line>,
    /// Read backward from here for what comes before.
    pub start: u64,
    /// Read forward from here for what comes after.
    pub end: u64,
}
