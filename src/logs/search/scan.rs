//! One window of a log at a time, and which of its lines match.
//!
//! Remembers no place: `search` and `tally` say where to go on. Knows the pattern only by its answers.

use std::io;
use std::sync::Arc;

use super::Hit;
use super::sieve::{SEAM_BYTES, Sieve};
use crate::logs::lines::StreamFilter;
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::walk::READ_FIRST;
use crate::logs::window::Window;

/// Bytes looked at together: as much as stays in the processor's cache while it is gone through several times.
const WINDOW_BYTES: u64 = 128 << 10;

/// What one window of a forward scan brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanned {
    /// Where to go on.
    pub(super) end: u64,
    /// Where the unfinished line at the end of the log begins, if that was reached.
    pub(super) open: Option<u64>,
}

/// A log and what is looked for in it.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) reader: LogReader,
    pub(super) inverted: bool,
    pattern: Arc<Pattern>,
    filter: StreamFilter,
    /// For the lines of one window without their colours.
    room: Vec<u8>,
}

impl Scan {
    pub(super) const fn new(reader: LogReader, pattern: Arc<Pattern>, filter: StreamFilter) -> Self {
        Self { reader, inverted: false, pattern, filter, room: Vec::new() }
    }

    fn sieve<'a>(&'a mut self, window: &'a Window, hits: &'a mut Vec<Hit>) -> Sieve<'a> {
        let room = &mut self.room;
        Sieve { window, pattern: &self.pattern, filter: self.filter, inverted: self.inverted, hits, room }
    }

    /// A long search leaves no large buffer behind.
    pub(super) fn give_back(&mut self) {
        self.room = Vec::new();
        self.reader.give_back();
    }

    /// The hits of one window from `at` on, in order; `None` when there is nothing left before `until`.
    pub(super) fn forward(&mut self, at: u64, until: u64, hits: &mut Vec<Hit>) -> io::Result<Option<Scanned>> {
        let filter = self.filter;
        let loaded = self.reader.retrying(|reader| {
            let Some(start) = reader.accepted_from(at, filter)?.filter(|start| *start < until) else { return Ok(None) };
            let mut window = reader.load(start, start, until.min(start + WINDOW_BYTES))?;
            if window.hi() == until {
                (window.hard_hi, window.at_end) = (true, true);
            }
            Ok(Some((start, window)))
        })?;
        let Some((start, window)) = loaded else { return Ok(None) };
        let mut sieve = self.sieve(&window, hits);
        let (mut at, mut last) = (start, start);
        if let Some(end) = window.last_line_end(start, window.hi()) {
            sieve.judge_all(start, end);
            (last, at) = (end, end);
        }
        while at < window.hi()
            && let Some(end) = window.end_of(at)
            && (window.hard_hi || end + SEAM_BYTES <= window.hi() || window.ends_line(end))
        {
            sieve.judge(at, end);
            (last, at) = (at, end);
        }
        let open = (at == until && !window.ends_line(at)).then_some(last);
        // A file that became shorter under us ends here.
        let end = if at == start { until } else { at };
        self.reader.window = window;
        Ok(Some(Scanned { end, open }))
    }

    /// The hits of one window that ends at `end`, the last one first, and where to go on; `None` when nothing is left.
    /// `scanned` bytes were in vain so far: the first windows are small, because what is looked for is often near.
    pub(super) fn backward(&mut self, end: u64, scanned: u64, hits: &mut Vec<Hit>) -> io::Result<Option<u64>> {
        let filter = self.filter;
        let size = scanned.clamp(READ_FIRST, WINDOW_BYTES);
        let loaded = self.reader.retrying(|reader| {
            let Some(accepted) = reader.accepted_before(end, filter)? else { return Ok(None) };
            let window = reader.load(accepted - 1, accepted.saturating_sub(size), accepted + SEAM_BYTES)?;
            Ok(Some((accepted, window)))
        })?;
        let Some((accepted, window)) = loaded else { return Ok(None) };
        let mut sieve = self.sieve(&window, hits);
        let mut at = accepted.min(window.hi());
        let whole = window.first_line_end(window.lo, at).zip(window.last_line_end(window.lo, at));
        if let Some((from, to)) = whole.filter(|(from, to)| from < to) {
            at = sieve.judge_back(at, to);
            if at == to {
                let before = sieve.hits.len();
                sieve.judge_all(from, to);
                sieve.hits[before..].reverse();
                at = from;
            }
        }
        at = sieve.judge_back(at, window.lo);
        self.reader.window = window;
        Ok(Some(at))
    }
}
