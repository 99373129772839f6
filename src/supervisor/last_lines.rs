//! What a process that failed printed last, which is the reason for people.

use std::path::Path;

use crate::domain::{Exit, ProcessSpec, Timestamp};
use crate::logs::ansi;
use crate::logs::lines::{Line, Stream, StreamFilter};
use crate::logs::reader;

/// So many lines of a failed start.
const LAST_LINES: usize = 5;
/// Among so many lines at the end of a log the last one on standard error is looked for.
const LOOKED_THROUGH: usize = 50;

/// No line is longer, in characters: it is a reason, and the log has the whole.
const LONGEST: usize = 1000;

fn plain(line: &Line) -> String {
    let text = ansi::plain(&line.bytes);
    let text = text.trim_end();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// What tells most about an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// Of a failed start all that it printed last.
    All,
    /// Of what failed later its last line on standard error.
    Error,
}

impl Telling {
    /// Of an end like this; `None` where nobody asks for a reason.
    pub fn of(spec: &ProcessSpec, started_at: Timestamp, exit: &Exit) -> Option<Self> {
        let kind = if spec.is_failed_start(started_at, exit) { Self::All } else { Self::Error };
        exit.has_failed().then_some(kind)
    }

    /// Those lines of the run in this directory, without colours and without those that are empty; none where it cannot be read.
    pub fn read(self, dir: &Path) -> Vec<String> {
        let most = if self == Self::All { LAST_LINES } else { LOOKED_THROUGH };
        let lines = reader::last_lines(dir, most, StreamFilter::All).unwrap_or_default();
        match self {
            Self::All => lines.iter().map(plain).filter(|line| !line.is_empty()).collect(),
            Self::Error => {
                // Of a line that is in pieces the first says most.
                let errors = lines.iter().rev().filter(|line| line.stream == Stream::Stderr && !line.continued);
                errors.map(plain).find(|line| !line.is_empty()).into_iter().collect()
            }
        }
    }
}
