//! One side index as a reader sees it: records by number and by offset, and sums of newlines, read in blocks.
//!
//! It may be torn, damaged or growing: whatever cannot be trusted is treated as absent. Knows nothing of the bytes it
//! describes. Used by `extent` only.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use super::index::{Entry, Header, RECORD_BYTES, Stream};
use super::packed::Content;
use super::stored::Stored;

/// Records read, kept and summed together.
pub(super) const BLOCK: u64 = 1024;
/// No honest run writes as much; keeps sums of damaged numbers from overflowing.
const OFFSET_MAX: u64 = 1 << 62;

/// The header of the index in this file; `None` when it is missing, short or damaged.
pub(super) fn header_of(file: &mut Stored) -> Option<Header> {
    let mut raw = [0; RECORD_BYTES];
    let read = file.read(&mut raw, 0).ok()?;
    Header::from_bytes(&raw).filter(|header| read == raw.len() && header.base < OFFSET_MAX)
}

/// Where record number `i` begins in the file: after the header and those before it.
const fn place_of(i: u64) -> u64 {
    (i + 1) * RECORD_BYTES as u64
}

/// The records of one index.
#[derive(Debug)]
pub(super) struct Records {
    pub(super) file: Stored,
    pub(super) header: Header,
    /// Whole records in it; a torn last one is not counted.
    pub(super) count: u64,
    block: Vec<Entry>,
    block_first: u64,
    /// Newlines in the first `i * BLOCK` records.
    sums: Vec<u64>,
    /// The first record of each block, where it was read.
    firsts: Vec<Option<Entry>>,
    /// Blocks that were read whole and hold nothing of standard error: a search for it need not read them again.
    silent: BTreeSet<u64>,
}

impl Records {
    /// The index in this file; `None` when its header is no good.
    pub(super) fn open(path: PathBuf) -> Option<Self> {
        let mut file = Stored::later(path, Content::Index);
        let header = header_of(&mut file)?;
        let mut records = Self {
            file,
            header,
            count: 0,
            block: Vec::new(),
            block_first: 0,
            sums: vec![0],
            firsts: Vec::new(),
            silent: BTreeSet::new(),
        };
        records.refresh().ok()?;
        Some(records)
    }

    /// Sees what was appended since.
    pub(super) fn refresh(&mut self) -> io::Result<()> {
        let count = (self.file.len()? / RECORD_BYTES as u64).saturating_sub(1);
        if count < self.count {
            self.block.clear();
            self.silent.clear();
            self.firsts.clear();
            self.sums.truncate((count / BLOCK) as usize + 1);
        }
        self.count = count;
        Ok(())
    }

    /// Record number `i`; `None` past the end.
    pub(super) fn get(&mut self, i: u64) -> io::Result<Option<Entry>> {
        if i >= self.count {
            return Ok(None);
        }
        if !self.holds(i) {
            self.load(i / BLOCK * BLOCK)?;
        }
        Ok(if self.holds(i) { self.block.get((i - self.block_first) as usize).copied() } else { None })
    }

    const fn holds(&self, i: u64) -> bool {
        i >= self.block_first && i < self.block_first + self.block.len() as u64
    }

    fn load(&mut self, first: u64) -> io::Result<()> {
        let n = self.count.saturating_sub(first).min(BLOCK);
        let mut raw = vec![0; n as usize * RECORD_BYTES];
        let read = self.file.read(&mut raw, place_of(first))?;
        self.block.clear();
        self.block.extend(raw[..read].as_chunks().0.iter().map(Entry::from_bytes));
        self.block_first = first;
        if self.block.len() as u64 == BLOCK && self.block.iter().all(|record| record.stream != Stream::Stderr) {
            self.silent.insert(first);
        }
        Ok(())
    }

    /// The record to look at next when looking for standard error backward from `i`, as far as is known.
    pub(super) fn skip_back(&self, mut i: u64) -> Option<u64> {
        while self.silent.contains(&(i / BLOCK * BLOCK)) {
            i = (i / BLOCK * BLOCK).checked_sub(1)?;
        }
        Some(i)
    }

    /// The same forward.
    pub(super) fn skip_forward(&self, mut i: u64) -> u64 {
        while self.silent.contains(&(i / BLOCK * BLOCK)) {
            i = (i / BLOCK + 1) * BLOCK;
        }
        i
    }

    /// How many records satisfy `before`, given that those which do come first.
    pub(super) fn rank(&mut self, mut before: impl FnMut(&Entry) -> bool) -> io::Result<u64> {
        if let (Some(first), Some(last)) = (self.block.first(), self.block.last()) {
            let block_end = self.block_first + self.block.len() as u64;
            if before(first) && (!before(last) || block_end == self.count) {
                return Ok(self.block_first + self.block.partition_point(before) as u64);
            }
        }
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let mut raw = [0; RECORD_BYTES];
            let read = self.file.read(&mut raw, place_of(middle))?;
            if read == raw.len() && before(&Entry::from_bytes(&raw)) { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// How many blocks there are, the last one perhaps not full.
    pub(super) const fn blocks(&self) -> u64 {
        self.count.div_ceil(BLOCK)
    }

    /// The first record of a block. What was read once is not read again.
    pub(super) fn first_of(&mut self, block: u64) -> io::Result<Option<Entry>> {
        let at = block as usize;
        if let Some(Some(known)) = self.firsts.get(at) {
            return Ok(Some(*known));
        }
        let first = if self.holds(block * BLOCK) {
            self.get(block * BLOCK)?
        } else {
            let mut raw = [0; RECORD_BYTES];
            let read = self.file.read(&mut raw, place_of(block * BLOCK))?;
            (read == raw.len()).then(|| Entry::from_bytes(&raw))
        };
        if self.firsts.len() <= at {
            self.firsts.resize(at + 1, None);
        }
        self.firsts[at] = first;
        Ok(first)
    }

    /// The highest time in the block of record `i`, up to that record.
    pub(super) fn highest(&mut self, i: u64) -> io::Result<u64> {
        self.get(i)?;
        let within = i.saturating_sub(self.block_first) as usize;
        Ok(self.block.iter().take(within + 1).map(|record| record.time_ms).max().unwrap_or(0))
    }

    /// Where the first record of a block begins that has this time or a later one.
    pub(super) fn first_highest(&mut self, block: u64, time_ms: u64) -> io::Result<Option<u64>> {
        // The last one of it: then all before it are there as well.
        self.get(self.count.min((block + 1) * BLOCK).saturating_sub(1))?;
        Ok(self.block.iter().find(|record| record.time_ms >= time_ms).map(|record| record.offset))
    }

    /// The number of the last record that begins at or before `offset`; `None` when all begin behind it.
    pub(super) fn begun_at(&mut self, offset: u64) -> io::Result<Option<u64>> {
        Ok(self.rank(|record| record.offset <= offset)?.checked_sub(1))
    }

    /// The number of the last record that begins at or before `offset`, or 0.
    pub(super) fn at(&mut self, offset: u64) -> io::Result<u64> {
        Ok(self.begun_at(offset)?.unwrap_or(0))
    }

    /// The last record.
    pub(super) fn last(&mut self) -> io::Result<Option<Entry>> {
        match self.count.checked_sub(1) {
            Some(i) => self.get(i),
            None => Ok(None),
        }
    }

    /// Newlines in the first `n` records. What was summed once is not read again.
    pub(super) fn newlines(&mut self, n: u64) -> io::Result<u64> {
        let n = n.min(self.count);
        while (self.sums.len() as u64) <= n / BLOCK {
            let first = (self.sums.len() as u64 - 1) * BLOCK;
            let sum = self.sums.last().copied().unwrap_or(0) + self.sum(first, first + BLOCK)?;
            self.sums.push(sum);
        }
        let known = self.sums.get((n / BLOCK) as usize).copied().unwrap_or(0);
        Ok(known + self.sum(n / BLOCK * BLOCK, n)?)
    }

    fn sum(&mut self, first: u64, end: u64) -> io::Result<u64> {
        if first >= end {
            return Ok(0);
        }
        self.get(end - 1)?;
        let from = first.saturating_sub(self.block_first) as usize;
        let wanted = (end - first) as usize;
        Ok(self.block.iter().skip(from).take(wanted).map(|record| u64::from(record.lines)).sum())
    }
}
