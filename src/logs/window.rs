//! A stretch of the log in memory, and the rule by which it falls into lines.
//!
//! A line ends after a newline, where the stream switches, and, when it is longer than `CUT_BYTES`, at multiples of that
//! offset (or up to three bytes before, so that no character is torn). The rule looks at most twice `CUT_BYTES` around, so it needs no memory of what was read before and gives the
//! same lines in both directions. Knows no file; filled and asked by `reader`.

use super::extent::Chunk;
use super::lines::{CUT_BYTES, Line, LineEnd, Stream, StreamFilter};

/// Bytes from `lo` on with the chunks that describe them, without holes.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) lo: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) chunks: Vec<Chunk>,
    /// Offsets at which another stream begins, ascending.
    pub(super) switches: Vec<u64>,
    /// Nothing comes before `lo`: it is the beginning of a line.
    pub(super) hard_lo: bool,
    /// Nothing comes after the last byte.
    pub(super) hard_hi: bool,
    /// And that is because the log ends there.
    pub(super) at_end: bool,
}

impl Window {
    pub(super) const fn hi(&self) -> u64 {
        self.lo + self.bytes.len() as u64
    }

    /// Finds the switches among the chunks, once they are complete.
    pub(super) fn index_switches(&mut self) {
        self.switches.clear();
        let pairs = self.chunks.windows(2).filter(|pair| pair[0].stream != pair[1].stream);
        self.switches.extend(pairs.map(|pair| pair[1].start));
    }

    /// Where the line that ends at `end` begins; `None` when that cannot be told from these bytes.
    pub(super) fn start_of(&self, end: u64) -> Option<u64> {
        let cut = (end - 1) / CUT_BYTES * CUT_BYTES;
        let first_that_matters = cut.saturating_sub(CUT_BYTES - 1);
        let from = first_that_matters.saturating_sub(1).max(self.lo);
        let newline = memchr::memrchr(b'\n', self.slice(from, end - 1)).map(|at| from + at as u64 + 1);
        let switch = self.switches.partition_point(|at| *at < end).checked_sub(1).map(|i| self.switches[i]);
        let found = newline.max(switch.filter(|at| *at >= first_that_matters));
        if found.is_some() {
            return found;
        }
        if first_that_matters > self.lo {
            return Some(self.between_characters(cut));
        }
        self.hard_lo.then_some(self.lo)
    }

    /// Where the line that begins at `start` ends; `None` when that cannot be told from these bytes.
    pub(super) fn end_of(&self, start: u64) -> Option<u64> {
        let cut = (start + CUT_BYTES).next_multiple_of(CUT_BYTES);
        let stop = cut.min(self.hi());
        let newline = memchr::memchr(b'\n', self.slice(start, stop)).map(|at| start + at as u64 + 1);
        let next = self.switches.partition_point(|at| *at <= start);
        let switch = self.switches.get(next).copied().filter(|at| *at <= stop);
        let found = match (newline, switch) {
            (Some(newline), Some(switch)) => Some(newline.min(switch)),
            (newline, switch) => newline.or(switch),
        };
        let end = found.or_else(|| (stop == cut || self.hard_hi).then(|| self.between_characters(stop)))?;
        // Whether an unfinished line is cut or interrupted shows in the byte after it.
        (newline == Some(end) || end < self.hi() || self.hard_hi).then_some(end)
    }

    /// The beginning of the UTF-8 character that a cut at `cut` would tear, else `cut`.
    fn between_characters(&self, cut: u64) -> u64 {
        let torn = self.slice(cut, cut + 1).first().is_some_and(|byte| continues(*byte));
        let before = self.slice(cut.saturating_sub(3).max(self.lo), cut);
        let Some(back) = before.iter().rev().position(|byte| !continues(*byte)).filter(|_| torn) else { return cut };
        let wanted = before[before.len() - 1 - back].leading_ones() as usize;
        if wanted > back + 1 { cut - back as u64 - 1 } else { cut }
    }

    /// The chunk that holds the byte at `offset`.
    pub(super) fn chunk_at(&self, offset: u64) -> Option<&Chunk> {
        self.chunks.get(self.chunks.partition_point(|chunk| chunk.end <= offset))
    }

    /// Does the filter let the line at `start` through?
    pub(super) fn accepts(&self, start: u64, filter: StreamFilter) -> bool {
        match filter {
            StreamFilter::All => true,
            StreamFilter::Stdout | StreamFilter::Stderr => {
                self.chunk_at(start).is_some_and(|chunk| filter.accepts(chunk.stream))
            }
        }
    }

    /// The line from `start` to `end`, both as answered above.
    pub(super) fn line(&self, start: u64, end: u64) -> Line {
        let chunk = self.chunk_at(start);
        let bytes = self.text(start, end);
        Line {
            offset: start,
            len: end - start,
            bytes: bytes.to_vec(),
            stream: chunk.map_or(Stream::Stdout, |chunk| chunk.stream),
            time: chunk.and_then(|chunk| chunk.time),
            continued: self.is_continued(start),
            end: self.end_kind(end, (bytes.len() as u64) < end - start),
        }
    }

    /// What begins at `start` is the middle of a line.
    pub(super) fn is_continued(&self, start: u64) -> bool {
        start > self.lo && !self.breaks_at(start)
    }

    /// The bytes from `start` to `end` without the newline.
    pub(super) fn text(&self, start: u64, end: u64) -> &[u8] {
        let whole = self.slice(start, end);
        whole.strip_suffix(b"\n").unwrap_or(whole)
    }

    /// Behind the first newline between `from` and `to`.
    pub(super) fn first_line_end(&self, from: u64, to: u64) -> Option<u64> {
        memchr::memchr(b'\n', self.slice(from, to)).map(|at| from + at as u64 + 1)
    }

    /// Behind the last newline between `from` and `to`.
    pub(super) fn last_line_end(&self, from: u64, to: u64) -> Option<u64> {
        memchr::memrchr(b'\n', self.slice(from, to)).map(|at| from + at as u64 + 1)
    }

    /// Up to `max` bytes of the same line behind `end`, if that is the edge between two pieces of it.
    pub(super) fn after_cut(&self, end: u64, max: u64) -> Option<&[u8]> {
        if self.breaks_at(end) {
            return None;
        }
        let next = self.switches.partition_point(|at| *at <= end);
        let stop = self.switches.get(next).map_or(end + max, |switch| end + max.min(switch - end));
        let rest = self.slice(end, stop.min(self.hi()));
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        Some(line).filter(|line| !line.is_empty())
    }

    /// Is there a newline before `offset`?
    pub(super) fn ends_line(&self, offset: u64) -> bool {
        self.slice(offset.saturating_sub(1), offset) == b"\n"
    }

    fn breaks_at(&self, offset: u64) -> bool {
        self.ends_line(offset) || self.switches.binary_search(&offset).is_ok()
    }

    fn end_kind(&self, end: u64, newline: bool) -> LineEnd {
        if newline {
            LineEnd::Newline
        } else if end < self.hi() {
            if self.switches.binary_search(&end).is_ok() { LineEnd::Switched } else { LineEnd::Cut }
        } else if self.at_end {
            LineEnd::Open
        } else {
            LineEnd::Switched
        }
    }

    pub(super) fn slice(&self, from: u64, to: u64) -> &[u8] {
        let (from, to) = (from.saturating_sub(self.lo) as usize, to.saturating_sub(self.lo) as usize);
        self.bytes.get(from..to).unwrap_or_default()
    }
}

/// A byte in the middle of a UTF-8 character.
const fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}
