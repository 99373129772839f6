//! Only the lines that match, with some lines around each: pages of them, read forward and backward.
//!
//! A page ends when it has its lines, or when its time is over; it says how far it came, so that the next one goes on there.
//! Memory is bounded by what is returned, however rare the lines are. Context does not reach across the edge of a run.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::logs::lines::{Line, StreamFilter};
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Hit, Search, Step};
use crate::tui::page::{LineFilter, Look, Place};

use super::history::{History, RunDir, Stretch};

/// A page is shown as it is after this.
pub(super) const PAGE_AT_MOST: Duration = Duration::from_millis(50);

/// Lines that match.
pub(super) struct Filtered {
    pattern: Arc<Pattern>,
    inverse: bool,
    context: usize,
    streams: StreamFilter,
    until: Option<Instant>,
}

/// The lines that this lets through; `None` where all are shown. A page takes no longer than `at_most`, where that is given.
pub(super) fn filtered(look: &Look, at_most: Option<Duration>) -> Option<Filtered> {
    look.filter.as_ref().and_then(|filter| Filtered::new(filter, look.streams, at_most))
}

/// How the reading of one run ended.
enum Came {
    /// There are lines enough, or there was time enough: this is where it came to.
    To(u64),
    /// To the end of the run (or its beginning).
    Through,
}

impl Filtered {
    /// Lines for `filter`; `None` where it is no pattern. A page takes no longer than `at_most`, where that is given.
    pub(super) fn new(filter: &LineFilter, streams: StreamFilter, at_most: Option<Duration>) -> Option<Self> {
        let pattern = Arc::new(filter.wanted.compile().ok()?);
        let until = at_most.map(|at_most| Instant::now() + at_most);
        Some(Self { pattern, inverse: filter.inverse, context: usize::from(filter.context), streams, until })
    }

    fn search(&self, run: &RunDir, from: u64, direction: Direction) -> io::Result<Search> {
        let reader = LogReader::open(&run.dir)?;
        let search = Search::new(reader, self.pattern.clone(), from, direction, self.streams);
        Ok(if self.inverse { search.inverted() } else { search })
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// This line is shown, be it as context.
    pub(super) fn shows(&self, reader: &mut LogReader, offset: u64) -> io::Result<bool> {
        let first = reader.seek_back(offset, self.context, self.streams)?;
        let mut around = reader.page_forward(first, self.context * 2 + 1, self.streams)?.lines;
        // Fewer lines before it than wanted: fewer are looked at behind it, too.
        let last = around.iter().position(|line| line.offset >= offset).map_or(0, |at| at + self.context);
        around.truncate(last + 1);
        Ok(around.iter().any(|line| self.pattern.is_match(&line.bytes) != self.inverse))
    }

    /// `n` lines or a few more from `from` on.
    pub(super) fn forward(&self, history: &mut History, from: Place, n: usize) -> io::Result<Stretch> {
        let runs = history.dirs();
        let mut stretch = Stretch { start: from, end: from, ..Stretch::default() };
        let (mut at, mut offset) = history.locate(from);
        while let Some(run) = runs.get(at) {
            let (end, undecided) = match history.reader_of(run.no)? {
                Some(reader) => (reader.end(), self.undecided(reader)?),
                None => (0, offset),
            };
            match self.forward_in(history, run, (offset, undecided), n, &mut stretch)? {
                Came::To(end) => {
                    stretch.end = Place::new(run.no, end);
                    stretch.settled = Some(stretch.end);
                    return Ok(stretch);
                }
                Came::Through => {
                    stretch.end = Place::new(run.no, end);
                    stretch.settled = Some(Place::new(run.no, undecided.max(offset.min(end))));
                }
            }
            at += 1;
            offset = 0;
        }
        stretch.is_through = true;
        Ok(stretch)
    }

    /// Behind `undecided` there are but a few lines: a page that comes so far goes through.
    fn forward_in(
        &self,
        history: &mut History,
        run: &RunDir,
        (from, undecided): (u64, u64),
        n: usize,
        stretch: &mut Stretch,
    ) -> io::Result<Came> {
        let Some(reader) = history.reader_of(run.no)? else { return Ok(Came::Through) };
        let from = from.clamp(reader.start(), reader.end());
        // A line before the page may have lines on the page around it.
        let first = reader.seek_back(from, self.context, self.streams)?;
        let mut search = self.search(run, first, Direction::Forward)?;
        let mut shown_to = from;
        loop {
            match search.step()? {
                Step::Hits(hits) => {
                    for hit in hits {
                        let (lines, end) = self.around(reader, hit, shown_to, u64::MAX)?;
                        stretch.lines.extend(lines.into_iter().map(|line| (Place::new(run.no, line.offset), line)));
                        shown_to = shown_to.max(end);
                        if stretch.lines.len() >= n && shown_to <= undecided {
                            return Ok(Came::To(shown_to));
                        }
                    }
                }
                Step::Nothing => {}
                Step::Done => return Ok(Came::Through),
            }
            if self.is_over() {
                let here = reader.line_start(first + search.progress().scanned)?;
                let came = shown_to.max(reader.seek_back(here, self.context, self.streams)?);
                // A page must lead on.
                if from < came && came <= undecided {
                    return Ok(Came::To(came));
                }
            }
        }
    }

    /// From where the newest run has to be read on: lines at its end may still become the context of a line to come.
    pub(super) fn settled_end(&self, history: &mut History) -> io::Result<Place> {
        let end = history.end()?;
        let Some(reader) = history.reader_of(end.run)? else { return Ok(end) };
        Ok(Place { offset: self.undecided(reader)?, ..end })
    }

    /// Where the lines begin of which it is not known yet whether they are shown: whether the unfinished one at the end
    /// matches may still change, and so may the one after it, and then those before are around it.
    fn undecided(&self, reader: &mut LogReader) -> io::Result<u64> {
        let finished = reader.open_line()?.unwrap_or(reader.end());
        reader.seek_back(finished, self.context, self.streams)
    }

    /// `n` lines or a few more that end before `from`.
    pub(super) fn back(&self, history: &mut History, from: Place, n: usize) -> io::Result<Stretch> {
        let runs = history.dirs();
        let mut stretch = Stretch { start: from, end: from, ..Stretch::default() };
        let (mut at, mut offset) = history.locate(from);
        while let Some(run) = runs.get(at) {
            match self.back_in(history, run, offset, n, &mut stretch)? {
                Came::To(start) => {
                    stretch.start = Place::new(run.no, start);
                    return Ok(stretch);
                }
                Came::Through => {
                    let start = history.reader_of(run.no)?.map_or(0, |reader| reader.start());
                    stretch.start = Place::new(run.no, start);
                }
            }
            let Some(before) = at.checked_sub(1) else { break };
            at = before;
            offset = u64::MAX;
        }
        stretch.is_through = true;
        Ok(stretch)
    }

    fn back_in(
        &self,
        history: &mut History,
        run: &RunDir,
        from: u64,
        n: usize,
        stretch: &mut Stretch,
    ) -> io::Result<Came> {
        let Some(reader) = history.reader_of(run.no)? else { return Ok(Came::Through) };
        let from = from.clamp(reader.start(), reader.end());
        let last = reader.page_forward(from, self.context, self.streams)?.end.max(from);
        let mut search = self.search(run, last, Direction::Backward)?;
        let mut shown_from = from;
        loop {
            match search.step()? {
                Step::Hits(hits) => {
                    for hit in hits {
                        let (lines, _) = self.around(reader, hit, 0, shown_from)?;
                        let start = reader.seek_back(hit.offset, self.context, self.streams)?;
                        shown_from = shown_from.min(start);
                        stretch
                            .lines
                            .splice(0..0, lines.into_iter().map(|line| (Place::new(run.no, line.offset), line)));
                        if stretch.lines.len() >= n {
                            return Ok(Came::To(shown_from));
                        }
                    }
                }
                Step::Nothing => {}
                Step::Done => return Ok(Came::Through),
            }
            if self.is_over() {
                let here = reader.line_start(last.saturating_sub(search.progress().scanned))?;
                let decided = reader.page_forward(here, self.context, self.streams)?.end.max(here);
                // A page must lead on.
                if shown_from.min(decided) < from {
                    return Ok(Came::To(shown_from.min(decided)));
                }
            }
        }
    }

    /// The lines around a hit between two offsets, and where they end.
    fn around(&self, reader: &mut LogReader, hit: Hit, from: u64, to: u64) -> io::Result<(Vec<Line>, u64)> {
        let start = reader.seek_back(hit.offset, self.context, self.streams)?;
        let behind = hit.offset + hit.bytes;
        let end = if self.context == 0 {
            behind
        } else {
            reader.page_forward(behind, self.context, self.streams)?.end.max(behind)
        };
        let start = start.max(from);
        if start >= end.min(to) {
            return Ok((Vec::new(), end));
        }
        let page = reader.page_forward(start, self.context * 2 + 1, self.streams)?;
        let lines = page.lines.into_iter().filter(|line| line.offset < end.min(to));
        Ok((lines.collect(), end))
    }
}

#[cfg(test)]
mod tests;
