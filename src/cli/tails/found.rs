//! The lines of a stretch of log that match, with the lines around them.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use super::printer::Role;
use super::slice::Slice;
use super::wanted::{Shown, Sought};
use crate::logs::lines::{Line, StreamFilter};
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Hit, Search, Step};

/// Lines read at a time while matches lie far apart, and while they follow each other.
const FEW: usize = 8;
const MANY: usize = 512;

/// Goes through a slice from match to match.
#[derive(Debug)]
pub struct Found {
    sought: Sought,
    search: Option<Search>,
    hits: VecDeque<Hit>,
    pager: Pager,
    from: u64,
    until: u64,
    /// Up to where everything was shown, once something was.
    shown: Option<u64>,
}

impl Found {
    /// The matches of `slice`.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn new(mut slice: Slice, sought: Sought, filter: StreamFilter) -> io::Result<Self> {
        let search = match slice.hits {
            Some(_) => None,
            None => Some(slice.search(&sought, filter, Direction::Forward)?),
        };
        let hits = slice.hits.take().unwrap_or_default().into();
        let (from, until) = (slice.from, slice.until);
        let pager = Pager { reader: slice.reader, filter, page: VecDeque::new(), covers: 0..0, size: FEW };
        Ok(Self { sought, search, hits, pager, from, until, shown: None })
    }

    /// How many matches there are from here on; shows none of them.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn count(mut self) -> io::Result<u64> {
        let mut count = 0;
        while self.next_hit()?.is_some() {
            count += 1 + self.hits.iter().filter(|hit| hit.offset < self.until).count() as u64;
            self.hits.clear();
        }
        Ok(count)
    }

    /// The next match and what belongs to it; false when there is none, and then the last lines after the one before.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn next(&mut self, mut show: impl FnMut(Shown)) -> io::Result<bool> {
        let hit = self.next_hit()?;
        let stop = hit.map_or(self.until, |hit| hit.offset);
        if let Some(mut at) = self.shown {
            for _ in 0..self.sought.after {
                let Some(line) = self.pager.line(at, stop)? else { break };
                at = line.offset + line.len;
                show(Shown::Line(line, Role::Context));
            }
            self.shown = Some(at);
        }
        let Some(hit) = hit else { return Ok(false) };
        let mut at = hit.offset;
        if self.sought.before > 0 {
            at = self.pager.reader.seek_back(hit.offset, self.sought.before, self.pager.filter)?;
            at = at.max(self.shown.unwrap_or(self.from));
        }
        if self.sought.has_context()
            && let Some(shown) = self.shown
            && self.pager.is_line_between(shown, at)?
        {
            show(Shown::Gap);
        }
        while let Some(line) = self.pager.line(at, hit.offset)? {
            at = line.offset + line.len;
            show(Shown::Line(line, Role::Context));
        }
        if let Some(line) = self.pager.line(hit.offset, hit.offset + hit.bytes)? {
            show(Shown::Line(line, Role::Match));
        }
        self.shown = Some(hit.offset + hit.bytes);
        Ok(true)
    }

    fn next_hit(&mut self) -> io::Result<Option<Hit>> {
        loop {
            if let Some(hit) = self.hits.pop_front() {
                return Ok(Some(hit).filter(|hit| hit.offset < self.until));
            }
            let Some(search) = &mut self.search else { return Ok(None) };
            match search.step()? {
                Step::Hits(hits) => self.hits.extend(hits),
                Step::Nothing if self.from + search.progress().scanned < self.until => {}
                Step::Nothing | Step::Done => self.search = None,
            }
        }
    }
}

/// Gives lines by their place, and reads as many ahead as pays.
#[derive(Debug)]
struct Pager {
    reader: LogReader,
    filter: StreamFilter,
    page: VecDeque<Line>,
    /// What the lines in `page` are the lines of.
    covers: Range<u64>,
    size: usize,
}

impl Pager {
    /// The first line at `from` or later that begins before `stop`.
    fn line(&mut self, from: u64, stop: u64) -> io::Result<Option<Line>> {
        if from >= stop {
            return Ok(None);
        }
        self.look(from)?;
        let line = self.page.pop_front_if(|line| line.offset < stop);
        if let Some(line) = &line {
            self.covers.start = line.offset + line.len;
        }
        Ok(line)
    }

    fn is_line_between(&mut self, from: u64, stop: u64) -> io::Result<bool> {
        if from >= stop {
            return Ok(false);
        }
        self.look(from)?;
        Ok(self.page.front().is_some_and(|line| line.offset < stop))
    }

    /// Puts the first line at `from` or later in front.
    fn look(&mut self, from: u64) -> io::Result<()> {
        if self.covers.contains(&from) {
            while self.page.pop_front_if(|line| line.offset < from).is_some() {}
            self.covers.start = from;
            if !self.page.is_empty() {
                return Ok(());
            }
        }
        let is_next = from >= self.covers.start && from <= self.covers.end && self.covers.end > 0;
        self.size = if is_next { (2 * self.size).min(MANY) } else { FEW };
        let page = self.reader.page_forward(from, self.size, self.filter)?;
        self.covers = from..page.end;
        self.page = page.lines.into();
        Ok(())
    }
}
