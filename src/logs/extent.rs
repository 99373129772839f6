//! One segment as a reader sees it: its place in the run, its bytes, its chunks, its newlines.
//!
//! Survives an index that is missing, short or wrong: bytes the index does not describe count as standard output at the
//! time of the record before. Used by `listing`, which finds them, and `reader`.

use std::io;

use super::index::Entry;
use super::lines::{Stream, StreamFilter};
use super::records::Records;
use super::stored::Stored;
use crate::domain::Timestamp;

/// Bytes counted at a time where the index does not tell.
const COUNT_BYTES: u64 = 64 << 10;

/// A part of the log that came from one stream at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) stream: Stream,
    pub(super) time: Option<Timestamp>,
}

/// One segment.
#[derive(Debug)]
pub(super) struct Extent {
    pub(super) number: u64,
    /// Offset of its first byte since the start of the run.
    pub(super) base: u64,
    /// Bytes of it.
    pub(super) len: u64,
    pub(super) data: Stored,
    pub(super) records: Option<Records>,
    /// It was rotated away and will not grow.
    pub(super) sealed: bool,
    /// Counted already beyond the index: from where, to where, how many newlines.
    counted: (u64, u64, u64),
}

impl Extent {
    pub(super) const fn new(number: u64, base: u64, data: Stored, records: Option<Records>) -> Self {
        Self { number, base, len: 0, data, records, sealed: false, counted: (0, 0, 0) }
    }

    pub(super) const fn end(&self) -> u64 {
        self.base.saturating_add(self.len)
    }

    /// Sees what was appended. The index first: then whatever it describes is there.
    pub(super) fn refresh(&mut self) -> io::Result<()> {
        if let Some(records) = &mut self.records {
            records.refresh()?;
        }
        self.len = self.data.len()?;
        if self.base == u64::MAX && self.records.is_none() {
            self.base = self.data.base().unwrap_or(self.base);
        }
        Ok(())
    }

    /// It, or its index.
    pub(super) fn is_open(&self) -> bool {
        self.data.is_open() || self.records.as_ref().is_some_and(|records| records.file.is_open())
    }

    /// Whoever goes through many leaves nothing open behind.
    pub(super) fn pass(&mut self, is_long: bool) {
        if is_long && self.sealed {
            self.close();
        }
    }

    pub(super) fn close(&mut self) {
        self.data.close();
        if let Some(records) = &mut self.records {
            records.file.close();
        }
    }

    /// Fills `buf` with the bytes from `offset` (since the start of the run); fewer at the end.
    pub(super) fn read(&mut self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.data.read(buf, offset - self.base)
    }

    /// Where the part of it that the index describes ends.
    pub(super) fn indexed_end(&mut self) -> io::Result<u64> {
        let end = match &mut self.records {
            Some(records) => records.last()?.map_or(self.base, |record| record.end()),
            None => self.base,
        };
        Ok(end.clamp(self.base, self.end()))
    }

    /// Appends the chunks that make up `lo..hi` (since the start of the run), which was read, without holes. What was found
    /// damaged is a note of its own, whatever was there.
    pub(super) fn chunks(&mut self, lo: u64, hi: u64, out: &mut Vec<Chunk>) -> io::Result<()> {
        let mut at = lo;
        for lost in self.data.damaged(lo - self.base..hi - self.base) {
            let (start, end) = ((self.base + lost.start).max(lo), (self.base + lost.end).min(hi));
            self.described(at, start, out)?;
            // What it says does not depend on how much of it is looked at.
            let mut first = Vec::new();
            self.described(self.base + lost.start, self.base + lost.start + 1, &mut first)?;
            let time = first.first().and_then(|chunk| chunk.time);
            push(out, Chunk { start, end, stream: Stream::Note, time });
            at = end;
        }
        self.described(at, hi, out)
    }

    /// Appends the chunks of `lo..hi` as the index has them.
    fn described(&mut self, lo: u64, hi: u64, out: &mut Vec<Chunk>) -> io::Result<()> {
        let (mut at, mut time) = (lo, None);
        if let Some(records) = &mut self.records {
            let mut i = records.at(lo)?;
            while let Some(record) = records.get(i)?
                && record.offset < hi
                && at < hi
            {
                let (start, end) = (record.offset.max(at), record.end().min(hi));
                if start < end {
                    push(out, Chunk { start: at, end: start, stream: Stream::Stdout, time });
                    push(out, Chunk { start, end, stream: record.stream, time: Some(Timestamp(record.time_ms)) });
                    at = end;
                }
                time = Some(Timestamp(record.time_ms));
                i += 1;
            }
        }
        push(out, Chunk { start: at, end: hi, stream: Stream::Stdout, time });
        Ok(())
    }

    /// Where the last bytes before `before` that the filter accepts end.
    pub(super) fn accepted_before(&mut self, before: u64, filter: StreamFilter) -> io::Result<Option<u64>> {
        let mut at = before.min(self.end());
        if at <= self.base {
            return Ok(None);
        }
        let Some(records) = &mut self.records else {
            return Ok(filter.accepts(Stream::Stdout).then_some(at));
        };
        let mut next = (records.count > 0).then_some(records.at(at - 1)?);
        if filter == StreamFilter::Stderr {
            next = next.and_then(|i| records.skip_back(i));
        }
        while let Some(i) = next
            && at > self.base
            && let Some(record) = records.get(i)?
        {
            if record.end() < at && filter.accepts(Stream::Stdout) {
                return Ok(Some(at));
            }
            if record.offset < at && record.length > 0 && filter.accepts(record.stream) {
                return Ok(Some(at.min(record.end()).max(self.base + 1)));
            }
            at = at.min(record.offset);
            next = i.checked_sub(1);
            if filter == StreamFilter::Stderr {
                next = next.and_then(|i| records.skip_back(i));
            }
        }
        Ok((at > self.base && filter.accepts(Stream::Stdout)).then_some(at))
    }

    /// Where the first bytes from `from` on that the filter accepts begin.
    pub(super) fn accepted_from(&mut self, from: u64, filter: StreamFilter) -> io::Result<Option<u64>> {
        let mut at = from.max(self.base);
        let end = self.end();
        if at >= end {
            return Ok(None);
        }
        if let Some(records) = &mut self.records {
            let mut i = records.at(at)?;
            while at < end
                && let Some(record) = records.get(i)?
            {
                if record.offset > at && filter.accepts(Stream::Stdout) {
                    return Ok(Some(at));
                }
                if record.end() > at && filter.accepts(record.stream) {
                    return Ok(Some(at.max(record.offset)).filter(|at| *at < end));
                }
                at = at.max(record.end());
                i += 1;
                if filter == StreamFilter::Stderr {
                    i = records.skip_forward(i);
                }
            }
        }
        Ok((at < end && filter.accepts(Stream::Stdout)).then_some(at))
    }

    /// Newlines between its start and `offset`: from the index as far as it goes, the rest counted.
    pub(super) fn newlines_before(&mut self, offset: u64) -> io::Result<u64> {
        let offset = offset.clamp(self.base, self.end());
        let (mut known, mut from) = (0, self.base);
        if let Some(records) = &mut self.records {
            let whole = records.rank(|record| record.end() <= offset)?;
            known = records.newlines(whole)?;
            if let Some(i) = whole.checked_sub(1) {
                from = records.get(i)?.map_or(from, |record| record.end()).clamp(self.base, offset);
            }
        }
        Ok(known + self.count(from, offset)?)
    }

    fn count(&mut self, from: u64, to: u64) -> io::Result<u64> {
        let (mut at, mut newlines) = (from, 0);
        if self.counted.0 == from && self.counted.1 <= to {
            (at, newlines) = (self.counted.1, self.counted.2);
        }
        let mut buf = vec![0; to.saturating_sub(at).min(COUNT_BYTES) as usize];
        while at < to {
            let wanted = (to - at).min(COUNT_BYTES) as usize;
            let read = self.read(&mut buf[..wanted], at)?;
            if read == 0 {
                break;
            }
            newlines += memchr::memchr_iter(b'\n', &buf[..read]).count() as u64;
            at += read as u64;
        }
        self.counted = (from, at, newlines);
        Ok(newlines)
    }

    /// Where the first chunk that was read at `time` or later begins.
    pub(super) fn offset_at(&mut self, time: Timestamp) -> io::Result<Option<u64>> {
        let Some(records) = &mut self.records else { return Ok(None) };
        if records.last()?.is_none_or(|last: Entry| Timestamp(last.time_ms) < time) {
            return Ok(None);
        }
        let i = records.rank(|record| Timestamp(record.time_ms) < time)?;
        let (base, end) = (self.base, self.base.saturating_add(self.len));
        Ok(records.get(i)?.map(|record| record.offset.clamp(base, end)))
    }
}

fn push(out: &mut Vec<Chunk>, chunk: Chunk) {
    if chunk.start >= chunk.end {
        return;
    }
    match out.last_mut() {
        Some(last) if last.end == chunk.start && last.stream == chunk.stream && last.time == chunk.time => {
            last.end = chunk.end;
        }
        Some(_) | None => out.push(chunk),
    }
}
