//! The writer of a run's log: appends chunks to the current segment and its index, rotates by size, survives a full disk.
//!
//! One law holds at every moment: each byte in a segment is covered by a record of its index, and offsets never jump. What cannot be
//! written is counted as lost and leaves no trace in either file. Called by the keeper alone; allocates only when it rotates.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::platform::files;
use crate::wire::layout::PACKED;

use super::index::{Entry, Header, MAX_LINES, RECORD_BYTES, Stream};

/// Beyond its size a segment waits so long for a line to end, in bytes, before it is closed in the middle of one.
const LINE_SLACK_BYTES: u64 = 1 << 20;
/// After a write failed the disk is left alone for so long, in milliseconds.
const RETRY_MS: u64 = 1000;
/// How often to see whether the log is still where it was made, in milliseconds, while something is written.
const LOOK_MS: u64 = 1000;
/// No segment is smaller, in bytes, whatever was asked for: a log of a thousand tiny files helps nobody.
const MIN_SEGMENT_BYTES: u64 = 512;

/// When segments are closed and how many stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Close a segment at this size, in bytes; 0 means never.
    pub segment_bytes: u64,
    /// Segments kept, the current one included; at least 1.
    pub segments: u32,
}

/// What is in the log and what is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// End of the log, in bytes since the start of the run.
    pub end: u64,
    /// Line feeds so far.
    pub lines: u64,
    /// Bytes that could not be written.
    pub lost: u64,
}

/// The log of one run, open for appending.
#[derive(Debug)]
pub struct Writer {
    log_path: PathBuf,
    index_path: PathBuf,
    pair: Pair,
    limits: Limits,
    extent: Extent,
    trouble: Option<Trouble>,
    /// When the log was last seen in its place.
    seen_at_ms: Option<u64>,
}

/// A segment and its index, with the lengths they must have.
#[derive(Debug)]
struct Pair {
    log: File,
    /// Made with the first entry: a run that prints nothing needs none.
    index: Option<File>,
    index_path: PathBuf,
    header: Header,
    index_bytes: u64,
}

/// The disk does not take what it is given.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    errno: i32,
    lost: u64,
    retry_at_ms: u64,
}

impl Writer {
    /// Creates the first segment at `log_path` and its index at `index_path`.
    pub fn create(log_path: PathBuf, index_path: PathBuf, limits: Limits) -> io::Result<Self> {
        let pair = Pair::create(&log_path, &index_path, Header { base: 0, segment: 0 })?;
        let segments = limits.segments.max(1);
        let segment_bytes = match limits.segment_bytes {
            0 => u64::MAX,
            bytes => bytes.max(MIN_SEGMENT_BYTES),
        };
        let limits = Limits { segment_bytes, segments };
        Ok(Self { log_path, index_path, pair, limits, extent: Extent::default(), trouble: None, seen_at_ms: None })
    }

    /// What was written so far.
    pub const fn extent(&self) -> Extent {
        self.extent
    }

    /// When to call [`Self::retry`], in milliseconds of the clock passed to [`Self::append`]; `None` while all is well.
    pub fn retry_at_ms(&self) -> Option<u64> {
        self.trouble.map(|trouble| trouble.retry_at_ms)
    }

    /// Appends one chunk. Never fails: what the disk does not take is counted as lost.
    pub fn append(&mut self, now_ms: u64, stream: Stream, chunk: &[u8]) {
        if self.trouble.is_some() && !self.retry(now_ms) {
            self.lose(now_ms, chunk.len(), None);
            return;
        }
        if now_ms.abs_diff(*self.seen_at_ms.get_or_insert(now_ms)) >= LOOK_MS {
            self.seen_at_ms = Some(now_ms);
            self.look(now_ms);
        }
        let mut rest = chunk;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(self.until_rotation(rest));
            match self.put(now_ms, stream, now) {
                Ok(lines) => self.extent.lines += u64::from(lines),
                Err(error) => return self.lose(now_ms, rest.len(), Some(&error)),
            }
            self.extent.end += now.len() as u64;
            rest = later;
            if self.is_full(now.last() == Some(&b'\n')) {
                self.rotate(now_ms);
            }
        }
    }

    /// Goes on in a new segment when the current one was removed: the open files would still take bytes, but nobody would ever
    /// find them. What was in it is counted as lost.
    pub fn look(&mut self, now_ms: u64) {
        if self.log_path.exists() {
            return;
        }
        let gone = self.segment_len();
        self.start_over(self.next_header(), now_ms);
        if gone == 0 {
            return;
        }
        self.extent.lost += gone;
        let note = format!("[pm] {gone} bytes of output are missing here: the log was removed while it was written\n");
        match self.pair.append(self.extent.end, now_ms, Stream::Note, note.as_bytes()) {
            Ok(lines) => {
                self.extent.end += note.len() as u64;
                self.extent.lines += u64::from(lines);
            }
            Err(error) => self.lose(now_ms, 0, Some(&error)),
        }
    }

    /// Appends to the current segment; where its directory went before it had an index, to a new one in its place.
    fn put(&mut self, now_ms: u64, stream: Stream, bytes: &[u8]) -> io::Result<u32> {
        let offset = self.extent.end;
        match self.pair.append(offset, now_ms, stream, bytes) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let header = Header { base: offset, segment: self.pair.header.segment };
                self.start_over(header, now_ms);
                self.pair.append(offset, now_ms, stream, bytes)
            }
            done => done,
        }
    }

    /// After a failure, once a second: tries to write a note about what was lost. True when the disk takes bytes again.
    pub fn retry(&mut self, now_ms: u64) -> bool {
        let Some(trouble) = self.trouble else { return true };
        // A clock that was set back must not make the rest longer.
        if now_ms < trouble.retry_at_ms && trouble.retry_at_ms - now_ms <= RETRY_MS {
            return false;
        }
        if trouble.lost > 0 {
            let why = io::Error::from_raw_os_error(trouble.errno);
            let note = format!("\n[pm] {} bytes of output are missing here: {why}\n", trouble.lost);
            if let Err(error) = self.pair.append(self.extent.end, now_ms, Stream::Note, note.as_bytes()) {
                self.lose(now_ms, 0, Some(&error));
                return false;
            }
            self.extent.end += note.len() as u64;
            self.extent.lines += 2;
        }
        self.trouble = None;
        true
    }

    /// Nothing will follow: what was lost is written down now if ever.
    pub fn finish(&mut self, now_ms: u64) {
        if let Some(trouble) = &mut self.trouble {
            trouble.retry_at_ms = now_ms;
            self.retry(now_ms);
        }
    }

    fn lose(&mut self, now_ms: u64, bytes: usize, error: Option<&io::Error>) {
        let bytes = bytes as u64;
        self.extent.lost += bytes;
        let mut trouble = self.trouble.unwrap_or(Trouble { errno: 0, lost: 0, retry_at_ms: 0 });
        trouble.lost += bytes;
        if let Some(error) = error {
            trouble.errno = error.raw_os_error().unwrap_or(trouble.errno);
            trouble.retry_at_ms = now_ms + RETRY_MS;
        }
        self.trouble = Some(trouble);
    }

    /// Of the segment after the current one.
    const fn next_header(&self) -> Header {
        Header { base: self.extent.end, segment: self.pair.header.segment + 1 }
    }

    const fn segment_len(&self) -> u64 {
        self.extent.end - self.pair.header.base
    }

    /// How much of `chunk` belongs into the current segment: up to the first line feed at or beyond its size.
    fn until_rotation(&self, chunk: &[u8]) -> usize {
        let room = self.limits.segment_bytes.saturating_sub(self.segment_len()).saturating_sub(1);
        let Ok(room) = usize::try_from(room) else { return chunk.len() };
        if room >= chunk.len() {
            return chunk.len();
        }
        memchr::memchr(b'\n', &chunk[room..]).map_or(chunk.len(), |at| room + at + 1)
    }

    const fn is_full(&self, at_line_end: bool) -> bool {
        let len = self.segment_len();
        len >= self.limits.segment_bytes && (at_line_end || len - self.limits.segment_bytes >= LINE_SLACK_BYTES)
    }

    /// Closes the segment and begins the next. Should that fail, the current one simply grows on and it is tried again.
    fn rotate(&mut self, now_ms: u64) {
        let header = self.next_header();
        match self.try_rotate(header) {
            Ok(pair) => self.pair = pair,
            // Nothing was lost, so no note will be written; the disk is only left alone for a while.
            Err(_) if self.log_path.exists() => {}
            Err(_) => self.start_over(header, now_ms),
        }
    }

    fn try_rotate(&self, header: Header) -> io::Result<Pair> {
        let (next_log, next_index) = (with_suffix(&self.log_path, "new"), with_suffix(&self.index_path, "new"));
        let pair = Pair::create_both(&next_log, &next_index, header)?;
        // A reader that looks in between finds the base offset in the index and knows which file it holds.
        std::fs::rename(&self.log_path, with_suffix(&self.log_path, header.segment))?;
        std::fs::rename(&self.index_path, with_suffix(&self.index_path, header.segment))?;
        std::fs::rename(&next_log, &self.log_path)?;
        std::fs::rename(&next_index, &self.index_path)?;
        if let Some(oldest) = (header.segment + 1).checked_sub(u64::from(self.limits.segments)).filter(|n| *n > 0) {
            // Usually there is one too many; more when the directory was tampered with or a removal failed before.
            for number in (1..=oldest).rev() {
                if !remove(&with_suffix(&self.log_path, number)) {
                    break;
                }
                remove(&with_suffix(&self.index_path, number));
            }
        }
        Ok(pair)
    }

    /// The directory was removed under us: the open files still take bytes, but nobody will ever find them. Begin anew in its place.
    fn start_over(&mut self, header: Header, now_ms: u64) {
        let made = self.log_path.parent().map_or(Ok(()), std::fs::create_dir_all);
        match made.and_then(|()| Pair::create_both(&self.log_path, &self.index_path, header)) {
            Ok(pair) => self.pair = pair,
            Err(error) => self.lose(now_ms, 0, Some(&error)),
        }
    }
}

impl Pair {
    fn create(log_path: &Path, index_path: &Path, header: Header) -> io::Result<Self> {
        let log = open_empty(log_path)?;
        Ok(Self { log, index: None, index_path: index_path.to_owned(), header, index_bytes: 0 })
    }

    /// With its index, so that a reader who finds the segment knows its place.
    fn create_both(log_path: &Path, index_path: &Path, header: Header) -> io::Result<Self> {
        let mut pair = Self::create(log_path, index_path, header)?;
        pair.open_index()?;
        Ok(pair)
    }

    fn open_index(&mut self) -> io::Result<()> {
        let mut index = open_empty(&self.index_path)?;
        index.write_all(&self.header.to_bytes())?;
        (self.index, self.index_bytes) = (Some(index), RECORD_BYTES as u64);
        Ok(())
    }

    /// Appends data, then its record; both or neither. Gives the number of line feeds.
    fn append(&mut self, offset: u64, time_ms: u64, stream: Stream, data: &[u8]) -> io::Result<u32> {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let lines = count_lines(data);
        let entry = Entry { time_ms, offset, length, stream, lines };
        if self.index.is_none() {
            self.open_index()?;
        }
        let Some(index) = &mut self.index else { return Ok(0) };
        let written = self.log.write_all(data).and_then(|()| index.write_all(&entry.to_bytes()));
        if written.is_ok() {
            self.index_bytes += RECORD_BYTES as u64;
        } else {
            // Making a file shorter needs no space, so this works on the fullest disk.
            let _ = self.log.set_len(offset - self.header.base);
            let _ = index.set_len(self.index_bytes);
        }
        written.map(|()| lines)
    }
}

fn open_empty(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    // To set a length that is right already costs as much as to change it.
    if file.metadata()?.len() > 0 {
        file.set_len(0)?;
    }
    Ok(file)
}

/// Line feeds in `chunk`.
fn count_lines(chunk: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', chunk).count()).unwrap_or(u32::MAX).min(MAX_LINES)
}

/// Removes a closed file, and the packed one that took its place or is about to: in this order, because who packs makes the packed
/// one first and takes it back when the plain one has gone. True when there was one.
fn remove(path: &Path) -> bool {
    let plain = files::remove_large(path).is_ok();
    files::remove_large(&with_suffix(path, PACKED)).is_ok() || plain
}

/// `out.log` and `3` give `out.log.3`.
fn with_suffix(path: &Path, suffix: impl std::fmt::Display) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}"));
    name.into()
}

#[cfg(test)]
mod tests;
