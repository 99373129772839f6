//! The next line that matches, through all kept runs: a search that can be called off between two slices.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Hit, Search, Step};
use crate::tui::page::{FindRequest, Found, Place};

use super::filtered;
use super::history::{History, RunDir};
use super::progress::{Reports, percent};

/// A search on its way.
pub(super) struct Find<'a> {
    request: &'a FindRequest,
    pattern: Arc<Pattern>,
    runs: Vec<RunDir>,
    /// Bytes in runs that are searched, and those already done with.
    total: u64,
    done: u64,
    /// Hits to be passed over still, and the last one that was.
    skip: u64,
    last: Option<Place>,
    reports: Reports,
}

impl<'a> Find<'a> {
    pub(super) fn new(request: &'a FindRequest, pattern: Arc<Pattern>) -> io::Result<Self> {
        let history = History::open(&request.source)?;
        let runs = history.dirs();
        let total = history.spans().iter().map(|span| span.end.saturating_sub(span.start)).sum();
        Ok(Self { request, pattern, runs, total, done: 0, skip: request.skip, last: None, reports: Reports::start() })
    }

    /// Searches until something is found; `is_over` calls it off, `report` is told the hundredths that are done.
    pub(super) fn run(&mut self, is_over: &dyn Fn() -> bool, report: &mut dyn FnMut(u8)) -> io::Result<Found> {
        let from = self.request.from;
        let first = match self.request.direction {
            Direction::Forward => self.runs.iter().position(|run| run.no >= from.run),
            Direction::Backward => self.runs.iter().rposition(|run| run.no <= from.run),
        };
        let Some(first) = first else { return Ok(Found::Nothing) };
        let count = self.runs.len();
        // Once round: the run of the beginning comes twice, for the part before and the part after it.
        for turn in 0..=count {
            let at = match self.request.direction {
                Direction::Forward => (first + turn) % count,
                Direction::Backward => (first + count * 2 - turn) % count,
            };
            let has_wrapped = match self.request.direction {
                Direction::Forward => first + turn >= count,
                Direction::Backward => turn > first,
            };
            let start = (turn == 0 && self.runs[at].no == from.run).then_some(from.offset);
            match self.search_run(at, start, is_over, report)? {
                Searched::Hit(place) => return Ok(Found::At { place, has_wrapped }),
                Searched::Nothing => {}
                Searched::Cancelled => return Ok(Found::Cancelled),
            }
        }
        // More was to be passed over than there is: the last one will do.
        Ok(self.last.map_or(Found::Nothing, |place| Found::At { place, has_wrapped: true }))
    }

    fn search_run(
        &mut self,
        at: usize,
        start: Option<u64>,
        is_over: &dyn Fn() -> bool,
        report: &mut dyn FnMut(u8),
    ) -> io::Result<Searched> {
        let RunDir { no, dir } = self.runs[at].clone();
        let reader = LogReader::open(&dir)?;
        let direction = self.request.direction;
        let from = start.unwrap_or(match direction {
            Direction::Forward => 0,
            Direction::Backward => u64::MAX,
        });
        let mut search = Search::new(reader, self.pattern.clone(), from, direction, self.request.look.streams);
        loop {
            if is_over() {
                return Ok(Searched::Cancelled);
            }
            match search.step()? {
                Step::Hits(mut hits) => {
                    self.keep_shown(&dir, &mut hits)?;
                    if let Some(hit) = hits.get(self.skip as usize) {
                        return Ok(Searched::Hit(Place { run: no, offset: hit.offset }));
                    }
                    self.skip -= hits.len() as u64;
                    self.last = hits.last().map(|hit| Place { run: no, offset: hit.offset });
                }
                Step::Nothing => {}
                Step::Done => {
                    self.done += search.progress().total;
                    return Ok(Searched::Nothing);
                }
            }
            if self.reports.is_due() {
                report(percent(self.done + search.progress().scanned, self.total));
            }
        }
    }
}

impl Find<'_> {
    /// Drops the hits in lines that a filter hides.
    fn keep_shown(&self, dir: &Path, hits: &mut Vec<Hit>) -> io::Result<()> {
        let Some(filtered) = filtered(&self.request.look, None) else { return Ok(()) };
        let mut reader = LogReader::open(dir)?;
        let mut shown = Vec::new();
        for hit in hits.iter() {
            if filtered.shows(&mut reader, hit.offset)? {
                shown.push(*hit);
            }
            if shown.len() as u64 > self.skip {
                break;
            }
        }
        *hits = shown;
        Ok(())
    }
}

/// What became of the search in one run.
enum Searched {
    Hit(Place),
    Nothing,
    Cancelled,
}
