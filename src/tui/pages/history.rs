//! All kept runs of one process, read as one log.
//!
//! Knows where one run ends and the next begins, and nothing of what is shown of the lines. Used by the other files here.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{RunNo, Timestamp};
use crate::logs::lines::{Line, LineEnd, StreamFilter};
use crate::logs::reader::LogReader;
use crate::logs::runs::{self, RunFacts};
use crate::tui::page::{Look, Place, Source, Span, Target, position};

use super::filtered::filtered;

/// The readers of all kept runs of a process.
pub(super) struct History {
    process_dir: PathBuf,
    runs: Vec<Run>,
}

/// One run, and its reader once it was looked into.
struct Run {
    no: RunNo,
    dir: PathBuf,
    reader: Option<LogReader>,
    facts: Option<RunFacts>,
    /// The order of its first line, once it is known for good.
    first: Option<Timestamp>,
}

/// Where a run lies.
#[derive(Clone, Debug)]
pub(super) struct RunDir {
    pub(super) no: RunNo,
    pub(super) dir: PathBuf,
}

/// Lines that follow each other, each with its place.
#[derive(Default)]
pub(super) struct Stretch {
    pub(super) lines: Vec<(Place, Line)>,
    /// Where the stretch begins.
    pub(super) start: Place,
    /// Where it ends.
    pub(super) end: Place,
    /// From where it has to be read on, where that is known better than by its last line.
    pub(super) settled: Option<Place>,
    /// There is nothing beyond it on the side to which it was read.
    pub(super) is_through: bool,
}

impl History {
    /// The log of this process.
    pub(super) fn open(source: &Source) -> io::Result<Self> {
        let process_dir = source.dir.parent().unwrap_or(&source.dir).to_path_buf();
        let mut history = Self { process_dir, runs: Vec::new() };
        history.list(source)?;
        Ok(history)
    }

    /// It is that of `source`, be it of an earlier run.
    pub(super) fn is_of(&self, source: &Source) -> bool {
        source.dir.parent() == Some(self.process_dir.as_path())
    }

    fn list(&mut self, source: &Source) -> io::Result<()> {
        let mut found = runs::kept(&self.process_dir)?;
        // A number that is reused after everything was deleted names another run; one newer than told is not known yet.
        found.retain(|(no, _)| *no < source.newest);
        found.push((source.newest, source.dir.clone()));
        let mut known = std::mem::take(&mut self.runs);
        // What was the newest run may have grown, and its record was not written yet.
        for run in &mut known {
            (run.reader, run.facts, run.first) = (None, None, None);
        }
        for (no, dir) in found {
            let run = known.iter().position(|run| run.no == no).map(|at| known.swap_remove(at));
            self.runs.push(run.unwrap_or(Run { no, dir, reader: None, facts: None, first: None }));
        }
        Ok(())
    }

    /// Sees what was written since.
    pub(super) fn refresh(&mut self, source: &Source) -> io::Result<()> {
        match self.runs.last_mut() {
            Some(newest) if newest.no == source.newest => match &mut newest.reader {
                Some(reader) => reader.refresh().map(drop),
                None => Ok(()),
            },
            Some(_) | None => self.list(source),
        }
    }

    /// Closes all files; what is read later opens them again.
    pub(super) fn close(&mut self) {
        self.runs.iter_mut().for_each(|run| run.reader = None);
    }

    /// Files of it are open.
    pub(super) fn is_open(&self) -> bool {
        self.runs.iter().any(|run| run.reader.is_some())
    }

    /// The runs and their bytes.
    pub(super) fn spans(&mut self) -> io::Result<Arc<[Span]>> {
        self.runs.iter_mut().map(Run::span).collect()
    }

    /// The first place kept.
    pub(super) fn start(&mut self) -> io::Result<Place> {
        self.runs.first_mut().map_or(Ok(Place::default()), |run| run.place(|reader| Ok(reader.start())))
    }

    /// The place after the last byte.
    pub(super) fn end(&mut self) -> io::Result<Place> {
        self.runs.last_mut().map_or(Ok(Place::default()), |run| run.place(|reader| Ok(reader.end())))
    }

    /// The reader of this run; `None` where it is not kept.
    pub(super) fn reader_of(&mut self, no: RunNo) -> io::Result<Option<&mut LogReader>> {
        self.runs.iter_mut().find(|run| run.no == no).map(Run::reader).transpose()
    }

    /// The directories of all runs, oldest first.
    pub(super) fn dirs(&self) -> Vec<RunDir> {
        self.runs.iter().map(|run| RunDir { no: run.no, dir: run.dir.clone() }).collect()
    }

    /// The place in question, or the nearest one that is kept: which run, and which offset in it.
    pub(super) fn locate(&self, place: Place) -> (usize, u64) {
        match self.runs.iter().position(|run| run.no >= place.run) {
            Some(at) if self.runs[at].no == place.run => (at, place.offset),
            Some(at) => (at, 0),
            None => (self.runs.len().saturating_sub(1), u64::MAX),
        }
    }

    /// The lines shown that end before a place: `n` of them, or fewer where looking for them takes too long.
    pub(super) fn back(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
    ) -> io::Result<Stretch> {
        match filtered(look, at_most) {
            Some(filtered) => filtered.back(self, from, n),
            None => self.all_back(from, n, look.streams),
        }
    }

    /// The lines shown from a place on, likewise.
    pub(super) fn forward(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
    ) -> io::Result<Stretch> {
        match filtered(look, at_most) {
            Some(filtered) => filtered.forward(self, from, n),
            None => self.all_forward(from, n, look.streams),
        }
    }

    /// The `n` lines that end before `from`, and the rest of the run before where this one does not have as many.
    pub(super) fn all_back(&mut self, from: Place, n: usize, streams: StreamFilter) -> io::Result<Stretch> {
        let mut stretch = Stretch { start: from, end: from, is_through: self.runs.is_empty(), ..Stretch::default() };
        let (mut at, mut offset) = self.locate(from);
        while let Some(run) = self.runs.get_mut(at) {
            let (no, reader) = (run.no, run.reader()?);
            let page = reader.page_back(offset, n - stretch.lines.len(), streams)?;
            let is_whole = page.start <= reader.start();
            stretch.start = Place::new(no, page.start);
            let lines = page.lines.into_iter().map(|line| (Place::new(no, line.offset), line));
            stretch.lines.splice(0..0, lines);
            stretch.is_through = is_whole && at == 0;
            if stretch.lines.len() >= n || !is_whole || at == 0 {
                break;
            }
            at -= 1;
            offset = u64::MAX;
        }
        Ok(stretch)
    }

    /// The `n` lines from `from` on, and those of the next run where this one does not have as many.
    pub(super) fn all_forward(&mut self, from: Place, n: usize, streams: StreamFilter) -> io::Result<Stretch> {
        let mut stretch = Stretch { start: from, end: from, is_through: self.runs.is_empty(), ..Stretch::default() };
        let (mut at, mut offset) = self.locate(from);
        let newest = self.runs.len().saturating_sub(1);
        while let Some(run) = self.runs.get_mut(at) {
            let (no, reader) = (run.no, run.reader()?);
            let page = reader.page_forward(offset, n - stretch.lines.len(), streams)?;
            let is_whole = page.end >= reader.end();
            stretch.end = Place::new(no, page.end);
            stretch.lines.extend(page.lines.into_iter().map(|line| (Place::new(no, line.offset), line)));
            stretch.is_through = is_whole && at == newest;
            at += 1;
            if stretch.lines.len() >= n || !is_whole {
                break;
            }
            offset = 0;
        }
        Ok(stretch)
    }

    /// From where a reader has to read again: `end`, or the line that is still being written there, or the first one of which
    /// the index does not tell yet what wrote it.
    pub(super) fn settled(&mut self, stretch: &Stretch) -> io::Result<Place> {
        let settled = stretch.settled.unwrap_or_else(|| self.open_line(stretch).unwrap_or(stretch.end));
        let Some(newest) = self.runs.last_mut().filter(|newest| newest.no == settled.run) else { return Ok(settled) };
        let (no, reader) = (newest.no, newest.reader()?);
        let described = reader.indexed_end()?;
        if described >= settled.offset {
            return Ok(settled);
        }
        // Where there is no index there is nothing to wait for, and a page must lead on.
        let described = Place::new(no, reader.line_start(described)?);
        Ok(if described > stretch.start { settled.min(described) } else { settled })
    }

    /// Where the line begins that is still being written, if the stretch ends in one.
    pub(super) fn open_line(&self, stretch: &Stretch) -> Option<Place> {
        let (at, line) = stretch.lines.last()?;
        let is_open = line.end == LineEnd::Open && self.runs.last().is_some_and(|newest| newest.no == at.run);
        is_open.then_some(*at)
    }

    /// Where the line begins that is still being written at the end, shown or not.
    pub(super) fn open_at_end(&mut self) -> io::Result<Option<Place>> {
        let end = self.end()?;
        let Some(reader) = self.reader_of(end.run)? else { return Ok(None) };
        Ok(reader.open_line()?.map(|offset| Place::new(end.run, offset)))
    }

    /// Where something lies: the beginning of a line, or the end.
    pub(super) fn resolve(&mut self, target: Target) -> io::Result<Place> {
        match target {
            Target::Start => self.start(),
            Target::Place(place) => Ok(place.clamp(self.start()?, self.end()?)),
            Target::Percent(percent) => self.at_percent(percent),
            Target::Line(no, number) => self.at_line(no, number),
            Target::Time(time) => self.at_time(time),
        }
    }

    fn at_percent(&mut self, percent: f64) -> io::Result<Place> {
        let (_, total) = position(&self.spans()?, Place::MAX);
        let mut left = (total as f64 * percent.clamp(0.0, 100.0) / 100.0) as u64;
        for run in &mut self.runs {
            let span = run.span()?;
            let bytes = span.end.saturating_sub(span.start);
            if left < bytes {
                return run.place(|reader| reader.line_start(span.start + left));
            }
            left -= bytes;
        }
        self.end()
    }

    fn at_line(&mut self, no: RunNo, number: u64) -> io::Result<Place> {
        let end = self.end()?;
        let Some(reader) = self.reader_of(no)? else { return Ok(end) };
        let (mut low, mut high) = (reader.start(), reader.end());
        while low < high {
            let middle = low + (high - low) / 2;
            if reader.lines_before(middle)? >= number.saturating_sub(1) { high = middle } else { low = middle + 1 }
        }
        Ok(Place::new(no, low))
    }

    fn at_time(&mut self, time: Timestamp) -> io::Result<Place> {
        for run in &mut self.runs {
            let place = run.place(|reader| reader.offset_at(time))?;
            if place.offset < run.reader()?.end() {
                return Ok(place);
            }
        }
        self.end()
    }

    /// The time of the line at a place, as far as its place among the lines of other logs is concerned: no later line has an
    /// earlier one.
    pub(super) fn order(&mut self, place: Place) -> io::Result<Timestamp> {
        let (at, offset) = self.locate(place);
        let behind = self.first_behind(at)?;
        let Some(run) = self.runs.get_mut(at) else { return Ok(Timestamp::default()) };
        let own = run.reader()?.order_at(offset)?;
        let own = own.unwrap_or_else(|| run.facts().started_at.unwrap_or_default());
        Ok(behind.map_or(own, |behind| own.min(behind)))
    }

    /// The order of what was written last.
    pub(super) fn newest(&mut self) -> io::Result<Timestamp> {
        let end = self.end()?;
        self.order(end)
    }

    /// The first line of which the order is `time` or later; the end where there is none.
    pub(super) fn first_ordered(&mut self, time: Timestamp) -> io::Result<Place> {
        let (mut found, mut low) = (self.end()?, Timestamp(u64::MAX));
        for at in (0..self.runs.len()).rev() {
            let Some(first) = self.first_of(at)? else { continue };
            let run = &mut self.runs[at];
            low = low.min(first);
            if low >= time {
                found = Place::new(run.no, 0);
                continue;
            }
            let (no, reader) = (run.no, run.reader()?);
            let mut from = reader.first_ordered(time)?;
            let begins = reader.line_start(from)?;
            if begins < from {
                from = reader.page_forward(begins, 1, StreamFilter::All)?.end;
            }
            return Ok(if from < reader.end() { Place::new(no, from) } else { found });
        }
        Ok(found)
    }

    /// The order of the first line of the run of this number; `None` where it has printed nothing.
    fn first_of(&mut self, at: usize) -> io::Result<Option<Timestamp>> {
        let is_newest = at + 1 == self.runs.len();
        let Some(run) = self.runs.get_mut(at) else { return Ok(None) };
        if run.first.is_some() {
            return Ok(run.first);
        }
        let reader = run.reader()?;
        if reader.start() >= reader.end() {
            return Ok(None);
        }
        let first = match reader.first_order()? {
            Some(first) => first,
            None => run.facts().started_at.unwrap_or_default(),
        };
        run.first = (!is_newest).then_some(first);
        Ok(Some(first))
    }

    /// The lowest order with which a run behind that of this number begins.
    fn first_behind(&mut self, at: usize) -> io::Result<Option<Timestamp>> {
        let mut low: Option<Timestamp> = None;
        for behind in at + 1..self.runs.len() {
            low = low.into_iter().chain(self.first_of(behind)?).min();
        }
        Ok(low)
    }
}

impl Run {
    fn reader(&mut self) -> io::Result<&mut LogReader> {
        let reader = match self.reader.take() {
            Some(reader) => reader,
            None => LogReader::open(&self.dir)?,
        };
        Ok(self.reader.insert(reader))
    }

    fn facts(&mut self) -> RunFacts {
        *self.facts.get_or_insert_with(|| runs::facts(&self.dir))
    }

    fn span(&mut self) -> io::Result<Span> {
        let facts = self.facts();
        let (no, reader) = (self.no, self.reader()?);
        Ok(Span { no, start: reader.start(), end: reader.end(), facts })
    }

    fn place(&mut self, find: impl FnOnce(&mut LogReader) -> io::Result<u64>) -> io::Result<Place> {
        Ok(Place::new(self.no, find(self.reader()?)?))
    }
}
