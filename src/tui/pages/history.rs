//! All kept runs of one process, read as one log.
//!
//! Knows where one run ends and the next begins, and nothing of what is shown of the lines. Used by the other files here.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{RunNo, Timestamp};
use crate::logs::lines::{Line, LineEnd, StreamFilter};
use crate::logs::reader::LogReader;
use crate::logs::runs::{self, RunFacts};
use crate::tui::page::{Place, Source, Span, Target, position};

/// The readers of all kept runs of a process.
pub(super) struct History {
    process_dir: PathBuf,
    runs: Vec<Run>,
}

/// One run and its reader.
pub(super) struct Run {
    no: RunNo,
    dir: PathBuf,
    pub(super) reader: LogReader,
    facts: RunFacts,
}

/// Where a run lies.
#[derive(Clone, Debug)]
pub(super) struct RunDir {
    pub(super) no: RunNo,
    pub(super) dir: PathBuf,
}

/// Lines that follow each other, each with its run.
#[derive(Default)]
pub(super) struct Stretch {
    pub(super) lines: Vec<(RunNo, Line)>,
    /// Where the stretch begins.
    pub(super) start: Place,
    /// Where it ends.
    pub(super) end: Place,
    /// From where it has to be read on, where that is known better than by its last line.
    pub(super) settled: Option<Place>,
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
        self.runs = found.iter().map(|(no, dir)| Run::open(*no, dir)).collect::<io::Result<_>>()?;
        Ok(())
    }

    /// Sees what was written since.
    pub(super) fn refresh(&mut self, source: &Source) -> io::Result<()> {
        match self.runs.last_mut() {
            Some(newest) if newest.no == source.newest => newest.reader.refresh().map(drop),
            Some(_) | None => self.list(source),
        }
    }

    /// The runs and their bytes.
    pub(super) fn spans(&self) -> Arc<[Span]> {
        self.runs.iter().map(Run::span).collect()
    }

    /// The first place kept.
    pub(super) fn start(&self) -> Place {
        self.runs.first().map_or_else(Place::default, |run| Place { run: run.no, offset: run.reader.start() })
    }

    /// The place after the last byte.
    pub(super) fn end(&self) -> Place {
        self.runs.last().map_or_else(Place::default, |run| Place { run: run.no, offset: run.reader.end() })
    }

    /// The run of this number.
    pub(super) fn run(&mut self, no: RunNo) -> Option<&mut Run> {
        self.runs.iter_mut().find(|run| run.no == no)
    }

    /// The directories of all runs, oldest first.
    pub(super) fn dirs(&self) -> Vec<RunDir> {
        self.runs.iter().map(|run| RunDir { no: run.no, dir: run.dir.clone() }).collect()
    }

    /// The place in question, or the nearest one that is kept: which run, and which offset in it.
    pub(super) fn locate(&self, place: Place) -> (usize, u64) {
        match self.runs.iter().position(|run| run.no >= place.run) {
            Some(at) if self.runs[at].no == place.run => (at, place.offset),
            Some(at) => (at, self.runs[at].reader.start()),
            None => (self.runs.len().saturating_sub(1), u64::MAX),
        }
    }

    /// The `n` lines that end before `from`, and the rest of the run before where this one does not have as many.
    pub(super) fn back(&mut self, from: Place, n: usize, streams: StreamFilter) -> io::Result<Stretch> {
        let mut stretch = Stretch { start: from, end: from, ..Stretch::default() };
        let (mut at, mut offset) = self.locate(from);
        while let Some(run) = self.runs.get_mut(at) {
            let page = run.reader.page_back(offset, n - stretch.lines.len(), streams)?;
            stretch.start = Place { run: run.no, offset: page.start };
            let lines = page.lines.into_iter().map(|line| (run.no, line));
            stretch.lines.splice(0..0, lines);
            let is_whole = page.start <= run.reader.start();
            if stretch.lines.len() >= n || !is_whole || at == 0 {
                break;
            }
            at -= 1;
            offset = u64::MAX;
        }
        Ok(stretch)
    }

    /// The `n` lines from `from` on, and those of the next run where this one does not have as many.
    pub(super) fn forward(&mut self, from: Place, n: usize, streams: StreamFilter) -> io::Result<Stretch> {
        let mut stretch = Stretch { start: from, end: from, ..Stretch::default() };
        let (mut at, mut offset) = self.locate(from);
        while let Some(run) = self.runs.get_mut(at) {
            let page = run.reader.page_forward(offset, n - stretch.lines.len(), streams)?;
            stretch.end = Place { run: run.no, offset: page.end };
            stretch.lines.extend(page.lines.into_iter().map(|line| (run.no, line)));
            at += 1;
            if stretch.lines.len() >= n || page.end < run.reader.end() || at == self.runs.len() {
                break;
            }
            offset = 0;
        }
        Ok(stretch)
    }

    /// From where a reader has to read again: `end`, or the line that is still being written there.
    pub(super) fn settled(&self, stretch: &Stretch) -> Place {
        if let Some(settled) = stretch.settled {
            return settled;
        }
        let open = stretch.lines.last().filter(|(_, line)| line.end == LineEnd::Open);
        let open = open.filter(|(run, _)| self.runs.last().is_some_and(|newest| newest.no == *run));
        open.map_or(stretch.end, |(run, line)| Place { run: *run, offset: line.offset })
    }

    /// Where something lies: the beginning of a line, or the end.
    pub(super) fn resolve(&mut self, target: Target) -> io::Result<Place> {
        match target {
            Target::Start => Ok(self.start()),
            Target::Place(place) => Ok(place.clamp(self.start(), self.end())),
            Target::Percent(percent) => self.at_percent(percent),
            Target::Line(no, number) => self.at_line(no, number),
            Target::Time(time) => self.at_time(time),
        }
    }

    fn at_percent(&mut self, percent: f64) -> io::Result<Place> {
        let (_, total) = position(&self.spans(), self.end());
        let mut left = (total as f64 * percent.clamp(0.0, 100.0) / 100.0) as u64;
        for run in &mut self.runs {
            let span = run.span();
            let bytes = span.end.saturating_sub(span.start);
            if left < bytes {
                return run.place(|reader| reader.line_start(span.start + left));
            }
            left -= bytes;
        }
        Ok(self.end())
    }

    fn at_line(&mut self, no: RunNo, number: u64) -> io::Result<Place> {
        let end = self.end();
        let Some(run) = self.run(no) else { return Ok(end) };
        run.place(|reader| {
            let (mut low, mut high) = (reader.start(), reader.end());
            while low < high {
                let middle = low + (high - low) / 2;
                if reader.lines_before(middle)? >= number.saturating_sub(1) { high = middle } else { low = middle + 1 }
            }
            Ok(low)
        })
    }

    fn at_time(&mut self, time: Timestamp) -> io::Result<Place> {
        for run in &mut self.runs {
            let place = run.place(|reader| reader.offset_at(time))?;
            if place.offset < run.reader.end() {
                return Ok(place);
            }
        }
        Ok(self.end())
    }
}

impl Run {
    fn open(no: RunNo, dir: &Path) -> io::Result<Self> {
        Ok(Self { no, dir: dir.to_path_buf(), reader: LogReader::open(dir)?, facts: runs::facts(dir) })
    }

    fn span(&self) -> Span {
        Span { no: self.no, start: self.reader.start(), end: self.reader.end(), facts: self.facts }
    }

    fn place(&mut self, find: impl FnOnce(&mut LogReader) -> io::Result<u64>) -> io::Result<Place> {
        Ok(Place { run: self.no, offset: find(&mut self.reader)? })
    }
}
