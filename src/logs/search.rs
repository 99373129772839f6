//! Searching a whole log, slice by slice, so that whoever searches can show progress and stop at any time.
//!
//! Every byte that is kept is searched, whatever the log's size, with memory for one slice. The unit is the line as
//! `reader` cuts it: one that is longer than `lines::CUT_BYTES` is searched piece by piece, so a line of a gigabyte is never
//! held. A text that lies across the edge of two pieces counts for the first; an expression matches within a piece only. Knows
//! no task and no widget; used by the dashboard and the command line.

mod plainness;
mod scan;
mod sheet;
mod sieve;
mod tally;

use std::io;
use std::sync::Arc;

use super::lines::StreamFilter;
use super::pattern::Pattern;
use super::reader::LogReader;
use scan::Scan;
pub use tally::Tally;

/// Bytes searched in one step at most, when nothing is found in them.
pub const SLICE_BYTES: u64 = 4 << 20;

/// Which way to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the end.
    Forward,
    /// Towards the beginning.
    Backward,
}

/// A line that matches, or a piece of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its first byte, in bytes since the start of the run.
    pub offset: u64,
    /// Bytes it takes in the log, its newline included.
    pub bytes: u64,
}

/// What one step brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Lines that match, in the order of the search.
    Hits(Vec<Hit>),
    /// Nothing so far; there is more to search.
    Nothing,
    /// The end of the log (or its beginning) is reached.
    Done,
}

/// How far a search is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Searched.
    pub scanned: u64,
    /// To search in all.
    pub total: u64,
}

/// A search that goes through a log once.
#[derive(Debug)]
pub struct Search {
    scan: Scan,
    direction: Direction,
    from: u64,
    at: u64,
    /// Where a forward search ends, as of now.
    until: u64,
    /// The last line was unfinished: where it begins, and whether it was reported.
    open: Option<(u64, bool)>,
    /// This line was reported when it was unfinished.
    reported: Option<u64>,
}

impl Search {
    /// Searches from `from` on, which is an edge of a line: forward to the end (as the reader knows it) or backward to the start.
    pub fn new(
        reader: LogReader,
        pattern: Arc<Pattern>,
        from: u64,
        direction: Direction,
        filter: StreamFilter,
    ) -> Self {
        let from = from.clamp(reader.start(), reader.end());
        let until = reader.end();
        let scan = Scan::new(reader, pattern, filter);
        Self { scan, direction, from, at: from, until, open: None, reported: None }
    }

    /// Finds the lines that do not match instead.
    pub fn inverted(mut self) -> Self {
        self.scan.inverted = !self.scan.inverted;
        self
    }

    /// Searches one slice. To be called until it answers [`Step::Done`].
    ///
    /// # Errors
    /// What the system answers.
    pub fn step(&mut self) -> io::Result<Step> {
        let mut hits = Vec::new();
        let mut scanned = 0;
        while hits.is_empty() && scanned < SLICE_BYTES {
            let before = self.at;
            let more = match self.direction {
                Direction::Forward => self.step_forward(&mut hits)?,
                Direction::Backward => match self.scan.backward(self.at, scanned, &mut hits)? {
                    Some(at) => {
                        self.at = at;
                        true
                    }
                    None => false,
                },
            };
            if !more {
                self.at = match self.direction {
                    Direction::Forward => self.until,
                    Direction::Backward => self.scan.reader.start(),
                };
                self.scan.give_back();
                return Ok(if hits.is_empty() { Step::Done } else { Step::Hits(hits) });
            }
            scanned += self.at.abs_diff(before);
        }
        Ok(if hits.is_empty() { Step::Nothing } else { Step::Hits(hits) })
    }

    fn step_forward(&mut self, hits: &mut Vec<Hit>) -> io::Result<bool> {
        let Some(scanned) = self.scan.forward(self.at, self.until, hits)? else { return Ok(false) };
        self.at = scanned.end;
        if let Some(open) = scanned.open {
            self.open = Some((open, hits.last().is_some_and(|hit| hit.offset == open)));
        }
        if let Some(first) = hits.first()
            && self.reported.take() == Some(first.offset)
        {
            hits.remove(0);
        }
        Ok(true)
    }

    /// Makes a forward search that is done go on with what was written since. A line that was unfinished is searched again, but
    /// not reported twice. True when there is something to search.
    ///
    /// # Errors
    /// What the system answers.
    pub fn extend(&mut self) -> io::Result<bool> {
        self.scan.reader.refresh()?;
        let end = self.scan.reader.end();
        if self.direction == Direction::Backward || end <= self.until {
            return Ok(false);
        }
        if let Some((open, reported)) = self.open.take() {
            self.at = open;
            self.reported = reported.then_some(open);
        }
        self.until = end;
        Ok(true)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let total = match self.direction {
            Direction::Forward => self.until.saturating_sub(self.from),
            Direction::Backward => self.from.saturating_sub(self.scan.reader.start()),
        };
        Progress { scanned: self.at.abs_diff(self.from).min(total), total }
    }

    /// The text of a line that the last step found, as the process wrote it.
    pub(super) fn text_of(&self, hit: &Hit) -> &[u8] {
        self.scan.reader.window.text(hit.offset, hit.offset + hit.bytes)
    }

    /// Where the unfinished line at the end begins, if there is one; known when a forward search is done.
    pub(super) fn unfinished(&self) -> Option<u64> {
        self.open.map(|(offset, _)| offset)
    }

    /// Up to where it has searched: another search for the same may go on there.
    pub const fn place(&self) -> u64 {
        self.at
    }
}

#[cfg(test)]
mod tests;
