//! Following a log as it grows: each line once, when it is complete.
//!
//! Pulled by whoever was told that the log grew; knows nothing of how. Used by `pm logs -f` and the plain mode.

use std::io;
use std::time::{Duration, Instant};

use super::lines::{Line, LineEnd, Page, StreamFilter};
use super::reader::LogReader;

/// Bytes stay without a description between two system calls of a live keeper; after this long none will come.
const UNDESCRIBED: Duration = Duration::from_millis(250);

/// A place in a log that moves forward.
#[derive(Debug)]
pub struct Follower {
    reader: LogReader,
    offset: u64,
    filter: StreamFilter,
    skipped: u64,
    /// Since when the index has ended there without describing what follows.
    waiting: Option<(u64, Instant)>,
}

impl Follower {
    /// Follows from `offset` on, which is `reader.end()`, `reader.start()` or the edge of a page.
    pub const fn new(reader: LogReader, offset: u64, filter: StreamFilter) -> Self {
        Self { reader, offset, filter, skipped: 0, waiting: None }
    }

    /// Up to `max` complete lines that were not returned before; none when nothing is complete yet.
    ///
    /// # Errors
    /// What the system answers.
    pub fn next_lines(&mut self, max: usize) -> io::Result<Vec<Line>> {
        self.look()?;
        let until = self.trusted_end()?;
        let mut page = self.reader.page_until(self.offset, until, max, self.filter)?;
        self.advance(&page);
        if let Some(open) = page.lines.pop_if(|line| line.end == LineEnd::Open) {
            self.offset = open.offset;
        }
        Ok(page.lines)
    }

    /// What is left, an unfinished last line too: for the end of the run. To be called until it returns nothing.
    ///
    /// # Errors
    /// What the system answers.
    pub fn flush(&mut self, max: usize) -> io::Result<Vec<Line>> {
        self.look()?;
        let page = self.reader.page_forward(self.offset, max, self.filter)?;
        self.advance(&page);
        Ok(page.lines)
    }

    /// The unfinished line at the end, if there is one. It is returned again when it is complete.
    ///
    /// # Errors
    /// What the system answers.
    pub fn unfinished(&mut self) -> io::Result<Option<Line>> {
        let mut page = self.reader.page_forward(self.offset, 1, self.filter)?;
        Ok(page.lines.pop().filter(|line| line.end == LineEnd::Open))
    }

    /// Where the next line begins, in bytes since the start of the run.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The reader, for looking around without moving.
    pub const fn reader(&mut self) -> &mut LogReader {
        &mut self.reader
    }

    /// Bytes that were deleted before they could be returned, since this was asked last.
    pub const fn take_skipped(&mut self) -> u64 {
        std::mem::replace(&mut self.skipped, 0)
    }

    fn look(&mut self) -> io::Result<()> {
        self.reader.refresh()?;
        let start = self.reader.start();
        if self.offset < start {
            self.skipped += start - self.offset;
            self.offset = start;
        }
        Ok(())
    }

    /// A page that begins later than asked for lost its beginning to retention while it was read.
    const fn advance(&mut self, page: &Page) {
        self.skipped += page.start.saturating_sub(self.offset);
        if page.end > self.offset {
            self.offset = page.end;
        }
    }

    /// Up to where the stream of each byte is certain, or will never be more so.
    fn trusted_end(&mut self) -> io::Result<u64> {
        let (indexed, end) = (self.reader.indexed_end()?, self.reader.end());
        if indexed == end {
            self.waiting = None;
            return Ok(end);
        }
        match self.waiting {
            Some((at, since)) if at == indexed => Ok(if since.elapsed() < UNDESCRIBED { indexed } else { end }),
            Some(_) | None => {
                self.waiting = Some((indexed, Instant::now()));
                Ok(indexed)
            }
        }
    }
}
