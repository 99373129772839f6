//! Counting the lines that match, and where in the log they lie: for a scroll bar and for `--count`.
//!
//! Goes on from where it was when the log grew. Memory is a fixed number of buckets, which grow wider with the log.

use std::io;
use std::sync::Arc;

use super::scan::Scan;
use super::{Hit, Progress, SLICE_BYTES};
use crate::logs::lines::StreamFilter;
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;

/// Finest resolution that is kept: more than any scroll bar has cells.
const BUCKETS: usize = 4096;

/// The number of matching lines in a log, as far as it was searched.
#[derive(Debug)]
pub struct Tally {
    scan: Scan,
    filter: StreamFilter,
    from: u64,
    at: u64,
    until: u64,
    /// Behind this it was not known yet of which stream what is: it is counted anew when that may be known.
    sure: u64,
    /// The lines counted there.
    unsure: Vec<u64>,
    count: u64,
    /// Matching lines that begin in each stretch of `width` bytes, from the start of the run.
    buckets: Vec<u64>,
    width: u64,
    /// The unfinished line at the end, if it was counted: it is counted anew when it has grown.
    open: Option<(u64, bool)>,
    hits: Vec<Hit>,
}

impl Tally {
    /// Begins to count at the start of what is kept.
    pub fn new(mut reader: LogReader, pattern: Arc<Pattern>, filter: StreamFilter) -> Self {
        let (from, until) = (reader.start(), reader.end());
        let sure = reader.told_end(filter).unwrap_or(until);
        Self {
            scan: Scan::new(reader, pattern, filter),
            filter,
            from,
            at: from,
            until,
            sure,
            unsure: Vec::new(),
            count: 0,
            buckets: vec![0; BUCKETS],
            width: 1,
            open: None,
            hits: Vec::new(),
        }
    }

    /// Counts the lines that do not match instead.
    pub fn inverted(mut self) -> Self {
        self.scan.inverted = !self.scan.inverted;
        self
    }

    /// Counts in one slice. True while there is more.
    ///
    /// # Errors
    /// What the system answers.
    pub fn step(&mut self) -> io::Result<bool> {
        let before = self.at;
        while self.at - before < SLICE_BYTES {
            self.hits.clear();
            let Some(scanned) = self.scan.forward(self.at, self.until, &mut self.hits)? else {
                self.at = self.until;
                self.hits = Vec::new();
                self.scan.give_back();
                return Ok(false);
            };
            self.at = scanned.end;
            if let Some(open) = scanned.open {
                self.open = Some((open, self.hits.last().is_some_and(|hit| hit.offset == open)));
            }
            self.count += self.hits.len() as u64;
            for i in 0..self.hits.len() {
                *self.bucket_of(self.hits[i].offset) += 1;
            }
            let sure = self.sure;
            self.unsure.extend(self.hits.iter().map(|hit| hit.offset).filter(|offset| *offset >= sure));
        }
        Ok(true)
    }

    /// Sees what was written since, to be counted by further steps. True when there is something to count.
    ///
    /// # Errors
    /// What the system answers.
    pub fn extend(&mut self) -> io::Result<bool> {
        self.scan.reader.refresh()?;
        let end = self.scan.reader.end();
        let sure = self.scan.reader.told_end(self.filter)?;
        if end <= self.until && sure <= self.sure {
            return Ok(self.at < self.until);
        }
        if self.sure < self.until {
            for offset in std::mem::take(&mut self.unsure) {
                self.uncount(offset);
            }
            self.open = None;
            self.at = self.at.min(self.sure);
        } else if let Some((open, counted)) = self.open.take() {
            if counted {
                self.uncount(open);
            }
            self.at = open;
        }
        self.unsure.clear();
        self.sure = sure;
        self.until = end;
        Ok(true)
    }

    fn uncount(&mut self, offset: u64) {
        self.count -= 1;
        *self.bucket_of(offset) -= 1;
    }

    /// Some of what was counted is kept no longer, as of the last look: only who counts anew knows how many there are.
    pub fn is_outdated(&self) -> bool {
        self.scan.reader.start() > self.from || self.scan.reader.end() < self.until
    }

    /// Matching lines so far.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// How far it is.
    pub const fn progress(&self) -> Progress {
        Progress { scanned: self.at.saturating_sub(self.from), total: self.until.saturating_sub(self.from) }
    }

    /// How many matching lines begin in each of `n` equal parts of what is kept. In a log of fewer than some thousand parts'
    /// worth of bytes it is exact, else a line at the edge of two parts may count for the other.
    pub fn histogram(&self, n: usize) -> Vec<u64> {
        let (start, end) = (self.scan.reader.start(), self.until);
        let mut parts = vec![0; n];
        let total = u128::from(end.saturating_sub(start).max(1));
        for (i, count) in self.buckets.iter().enumerate().filter(|(_, count)| **count > 0) {
            let middle = i as u64 * self.width + self.width / 2;
            let at = u128::from(middle.saturating_sub(start)) * n as u128 / total;
            if let Some(part) = parts.get_mut((at as usize).min(n.saturating_sub(1))) {
                *part += count;
            }
        }
        parts
    }

    fn bucket_of(&mut self, offset: u64) -> &mut u64 {
        while offset / self.width >= BUCKETS as u64 {
            for i in 0..BUCKETS / 2 {
                self.buckets[i] = self.buckets[2 * i] + self.buckets[2 * i + 1];
            }
            self.buckets[BUCKETS / 2..].fill(0);
            self.width *= 2;
        }
        &mut self.buckets[(offset / self.width) as usize]
    }
}
