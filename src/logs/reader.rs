//! Reads one run's log by offset: pages backward and forward, counts, places in time.
//!
//! Everything is `pread` in blocks into a buffer that is used again, so memory is bounded by what is returned. Does not know
//! who looks, nor when to look again. Used by the dashboard, the command line and `follow`.

use std::io;
use std::path::{Path, PathBuf};

use super::extent::Extent;
use super::lines::{Line, LineEnd, Page, StreamFilter};
use super::listing::{active_header, closed_path, gather};
use super::stored::is_there;
use super::window::Window;
use crate::domain::Timestamp;
use crate::wire::layout::LOG;

/// More is never written before its record is.
const CHUNK_BYTES_MAX: u64 = 1 << 20;
/// Segments with open files at most.
const OPEN_MAX: usize = 16;

/// The log of one run, as far as it is kept and written.
#[derive(Debug)]
pub struct LogReader {
    dir: PathBuf,
    pub(super) extents: Vec<Extent>,
    /// Kept for its memory.
    pub(super) window: Window,
}

/// The last `n` lines of the run in this directory: what an early crash is explained with.
///
/// # Errors
/// What the system answers; a missing log is empty.
pub fn last_lines(dir: &Path, n: usize, filter: StreamFilter) -> io::Result<Vec<Line>> {
    let mut reader = LogReader::open(dir)?;
    let end = reader.end();
    Ok(reader.page_back(end, n, filter)?.lines)
}

impl LogReader {
    /// The log in this run directory. Files that are missing make it empty: the run may just be starting.
    ///
    /// # Errors
    /// What the system answers, but not that something is missing.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let mut reader = Self { dir: dir.to_path_buf(), extents: Vec::new(), window: Window::default() };
        reader.extents = gather(dir, Vec::new())?;
        Ok(reader)
    }

    /// Sees what was written, rotated and deleted since; a handful of system calls. True when `start` or `end` moved.
    ///
    /// # Errors
    /// What the system answers, but not that something is missing.
    pub fn refresh(&mut self) -> io::Result<bool> {
        let before = (self.start(), self.end());
        if self.is_stale() {
            self.extents = gather(&self.dir, std::mem::take(&mut self.extents))?;
        } else if let Some(active) = self.extents.last_mut() {
            active.refresh()?;
        }
        Ok(before != (self.start(), self.end()))
    }

    /// Names changed their meaning since the directory was listed.
    fn is_stale(&self) -> bool {
        let Some(active) = self.extents.last().filter(|last| !last.sealed) else { return true };
        let rotated = match active_header(&self.dir) {
            Some(header) => header.number() != active.number,
            None => active.records.is_some() || is_there(&closed_path(&self.dir, LOG, active.number)),
        };
        let older = &self.extents[..self.extents.len() - 1];
        rotated
            || older.iter().any(|extent| !extent.sealed)
            || active.records.is_none()
            || self.extents.first().is_some_and(|first| first.sealed && !is_there(&first.data.path))
    }

    /// The first offset that is kept, in bytes since the start of the run.
    pub fn start(&self) -> u64 {
        self.extents.first().map_or(0, |extent| extent.base)
    }

    /// The offset after the last byte, as of the last `refresh`.
    pub fn end(&self) -> u64 {
        self.extents.last().map_or(0, Extent::end)
    }

    /// The offset up to which the index names the stream. A live keeper writes bytes first and describes them right after.
    ///
    /// # Errors
    /// What the system answers.
    pub fn indexed_end(&mut self) -> io::Result<u64> {
        self.retrying(|reader| reader.extents.last_mut().map_or(Ok(0), Extent::indexed_end))
    }

    /// Where the first line begins of which a filter is not sure yet whether it lets it through. `end()` where that is known of
    /// all, or the index is so far behind that nobody is about to write the rest of it.
    ///
    /// # Errors
    /// What the system answers.
    pub fn told_end(&mut self, filter: StreamFilter) -> io::Result<u64> {
        if filter == StreamFilter::All {
            return Ok(self.end());
        }
        let (end, indexed) = (self.end(), self.indexed_end()?);
        if end - indexed > CHUNK_BYTES_MAX { Ok(end) } else { self.line_start(indexed) }
    }

    /// Where the unfinished line at the end begins, if there is one.
    ///
    /// # Errors
    /// What the system answers.
    pub fn open_line(&mut self) -> io::Result<Option<u64>> {
        let last = self.page_back(self.end(), 1, StreamFilter::All)?.lines.pop();
        Ok(last.filter(|line| line.end == LineEnd::Open).map(|line| line.offset))
    }

    /// The `n` lines that end before `from`; `end()` gives the tail. Fewer when the log begins, or the filter leaves no more.
    ///
    /// `from` is `end()` or an edge of another page, else the last line is only the part before it.
    ///
    /// # Errors
    /// What the system answers.
    pub fn page_back(&mut self, from: u64, n: usize, filter: StreamFilter) -> io::Result<Page> {
        self.retrying(|reader| {
            let from = from.clamp(reader.start(), reader.end());
            let mut lines = Vec::new();
            let start = reader.walk_back(from, n, filter, |window, start, end| {
                lines.push(window.line(start, end));
                true
            })?;
            lines.reverse();
            Ok(Page { start, end: from, lines })
        })
    }

    /// The `n` lines from `from` on. An unfinished last one is among them, marked `LineEnd::Open`.
    ///
    /// `from` is `start()` or an edge of another page, else the first line is only the part after it.
    ///
    /// # Errors
    /// What the system answers.
    pub fn page_forward(&mut self, from: u64, n: usize, filter: StreamFilter) -> io::Result<Page> {
        let end = self.end();
        self.page_until(from, end, n, filter)
    }

    /// Like `page_forward`, as if the log ended at `until`.
    pub(super) fn page_until(&mut self, from: u64, until: u64, n: usize, filter: StreamFilter) -> io::Result<Page> {
        self.retrying(|reader| {
            let until = until.min(reader.end());
            let from = from.max(reader.start()).min(until);
            let mut lines = Vec::new();
            let end = reader.walk_forward(from, until, n, filter, |window, start, end| {
                lines.push(window.line(start, end));
            })?;
            Ok(Page { start: from, end, lines })
        })
    }

    /// The line of so many bytes at `offset`, both as a search answered them; `None` when it was deleted since.
    ///
    /// # Errors
    /// What the system answers.
    pub fn line_at(&mut self, offset: u64, bytes: u64) -> io::Result<Option<Line>> {
        self.retrying(|reader| {
            if bytes == 0 || offset < reader.start() {
                return Ok(None);
            }
            let end = offset.saturating_add(bytes);
            // One byte more at each side shows how it begins and ends.
            let window = reader.load(offset, offset.saturating_sub(1), end.saturating_add(1))?;
            let line = (window.hi() >= end).then(|| window.line(offset, end));
            reader.window = window;
            Ok(line)
        })
    }

    /// Where the `n` lines that end before `from` begin: like `page_back`, without the lines.
    ///
    /// # Errors
    /// What the system answers.
    pub fn seek_back(&mut self, from: u64, n: usize, filter: StreamFilter) -> io::Result<u64> {
        self.retrying(|reader| {
            let from = from.clamp(reader.start(), reader.end());
            reader.walk_back(from, n, filter, |_, _, _| true)
        })
    }

    /// The same for whole lines: of one that is too long for one piece all pieces are one. Answers how many of them begin at
    /// `least` or behind it, too.
    ///
    /// # Errors
    /// What the system answers.
    pub fn seek_back_whole(
        &mut self,
        from: u64,
        n: usize,
        least: u64,
        filter: StreamFilter,
    ) -> io::Result<(u64, usize)> {
        self.retrying(|reader| {
            let from = from.clamp(reader.start(), reader.end());
            let mut whole = 0;
            let at = reader.walk_back(from, n, filter, |window, start, _| {
                let is_whole = !window.is_continued(start);
                whole += usize::from(is_whole && start >= least);
                is_whole
            })?;
            Ok((at, whole))
        })
    }

    /// Where the line that holds the byte at `offset` begins.
    ///
    /// # Errors
    /// What the system answers.
    pub fn line_start(&mut self, offset: u64) -> io::Result<u64> {
        if offset >= self.end() {
            return Ok(self.end());
        }
        self.seek_back(offset.saturating_add(1), 1, StreamFilter::All)
    }

    /// Newlines in all that is kept. From the index; what it does not describe is counted once.
    ///
    /// # Errors
    /// What the system answers.
    pub fn line_count(&mut self) -> io::Result<u64> {
        let end = self.end();
        self.lines_before(end)
    }

    /// Newlines between `start()` and `offset`.
    ///
    /// # Errors
    /// What the system answers.
    pub fn lines_before(&mut self, offset: u64) -> io::Result<u64> {
        self.retrying(|reader| {
            let is_long = reader.is_long();
            let before = reader.extents.iter_mut().take_while(|extent| extent.base < offset);
            before
                .map(|extent| {
                    let newlines = extent.newlines_before(offset);
                    extent.pass(is_long);
                    newlines
                })
                .sum()
        })
    }

    /// The beginning of the line that was being written at `time`, or of the first one after; `end()` when there is none.
    ///
    /// # Errors
    /// What the system answers.
    pub fn offset_at(&mut self, time: Timestamp) -> io::Result<u64> {
        let offset = self.retrying(|reader| {
            let is_long = reader.is_long();
            for extent in &mut reader.extents {
                if let Some(offset) = extent.offset_at(time)? {
                    return Ok(offset);
                }
                extent.pass(is_long);
            }
            Ok(reader.end())
        })?;
        self.line_start(offset)
    }

    /// Runs `work` again without the segments that were deleted under it.
    pub(super) fn retrying<T>(&mut self, mut work: impl FnMut(&mut Self) -> io::Result<T>) -> io::Result<T> {
        loop {
            match work(self) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.forget_deleted() => {}
                answer @ (Ok(_) | Err(_)) => {
                    self.close_some();
                    return answer;
                }
            }
        }
    }

    fn forget_deleted(&mut self) -> bool {
        let before = self.extents.len();
        self.extents.retain(|extent| !extent.sealed || is_there(&extent.data.path));
        let mut forgot = self.extents.len() < before;
        for extent in self.extents.iter_mut().filter(|extent| extent.sealed) {
            // The index may be deleted a moment before its segment.
            forgot |= extent.records.take_if(|records| !is_there(&records.file.path)).is_some();
        }
        forgot
    }

    /// There are more segments than may be open.
    pub(super) const fn is_long(&self) -> bool {
        self.extents.len() > OPEN_MAX
    }

    fn close_some(&mut self) {
        // Who goes through a long log needs the last one again; to open it anew for every page costs more than the page.
        if self.is_long() && self.extents.iter().filter(|extent| extent.is_open()).count() > OPEN_MAX {
            self.extents.iter_mut().filter(|extent| extent.sealed).for_each(Extent::close);
        }
    }
}
