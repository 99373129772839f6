//! How many lines match, and where they lie, over all kept runs: counted slice by slice, and on when the log grows.

use std::io;
use std::sync::Arc;

use crate::domain::RunNo;
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Search, Step, Tally};
use crate::tui::page::{BUCKETS, CountRequest, Counted, Place, Source};

use super::history::{History, RunDir};
use super::progress::{Reports, percent};

/// A count that is kept for as long as its search is.
pub(super) struct Count {
    id: u64,
    pattern: Arc<Pattern>,
    /// Newest first: that is where people look.
    runs: Vec<RunCount>,
}

/// The count in one run.
struct RunCount {
    run: RunDir,
    tally: Tally,
    /// How many lines matched before some offsets, ascending.
    checkpoints: Vec<(u64, u64)>,
    start: u64,
    is_done: bool,
}

impl Count {
    /// Nothing is counted for what is no pattern.
    pub(super) fn new(request: &CountRequest) -> Option<Self> {
        let pattern = request.wanted.compile().ok()?;
        Some(Self { id: request.id, pattern: Arc::new(pattern), runs: Vec::new() })
    }

    pub(super) const fn is_of(&self, request: &CountRequest) -> bool {
        self.id == request.id
    }

    /// Counts to the end of what is there now. `None` when it was called off.
    pub(super) fn run(
        &mut self,
        request: &CountRequest,
        is_over: &dyn Fn() -> bool,
        report: &mut dyn FnMut(Counted),
    ) -> io::Result<Option<Counted>> {
        self.see_runs(request)?;
        let mut reports = Reports::start();
        for at in 0..self.runs.len() {
            while !self.runs[at].is_done {
                if is_over() {
                    return Ok(None);
                }
                self.runs[at].step()?;
                if reports.is_due() {
                    report(self.so_far(request, None));
                }
            }
        }
        let ordinal = match request.current {
            Some(place) => self.ordinal(place, request)?.map(|ordinal| (place, ordinal)),
            None => None,
        };
        Ok(Some(self.so_far(request, ordinal)))
    }

    fn see_runs(&mut self, request: &CountRequest) -> io::Result<()> {
        let newest = self.runs.first().map(|count| count.run.no);
        if newest != Some(request.source.newest) {
            self.add_runs(&request.source, newest, request)?;
        }
        self.runs.retain(|count| count.run.dir.exists());
        // A run that was the newest a moment ago may have grown before the next one began.
        for count in self.runs.iter_mut().take(2) {
            if count.is_done && count.tally.extend()? {
                count.is_done = false;
            }
            if count.tally.is_outdated() {
                *count = RunCount::begin(count.run.clone(), &self.pattern, request)?;
            }
        }
        Ok(())
    }

    fn add_runs(&mut self, source: &Source, known: Option<RunNo>, request: &CountRequest) -> io::Result<()> {
        for run in History::open(source)?.dirs() {
            if known.is_none_or(|known| run.no > known) {
                self.runs.insert(0, RunCount::begin(run, &self.pattern, request)?);
            }
        }
        Ok(())
    }

    fn so_far(&self, request: &CountRequest, ordinal: Option<(Place, u64)>) -> Counted {
        let scanned = self.runs.iter().map(|count| count.tally.progress().scanned).sum::<u64>();
        let total = self.runs.iter().map(|count| count.tally.progress().total).sum::<u64>();
        let is_done = self.runs.iter().all(|count| count.is_done);
        let percent = if is_done { 100 } else { percent(scanned, total) };
        let matches = self.runs.iter().map(|count| count.tally.count()).sum();
        Counted { id: request.id, matches, percent, buckets: self.buckets(total), ordinal, current: request.current }
    }

    /// Where the matches lie among all bytes of all runs.
    fn buckets(&self, total: u64) -> Vec<bool> {
        let mut buckets = vec![false; BUCKETS];
        let total = total.max(1) as f64;
        let mut before = 0;
        for count in self.runs.iter().rev() {
            let bytes = count.tally.progress().total;
            let wanted = (bytes as f64 / total * BUCKETS as f64).ceil() as usize;
            for (i, matches) in count.tally.histogram(wanted).into_iter().enumerate() {
                let at = before as f64 + bytes as f64 * (i as f64 + 0.5) / wanted as f64;
                let bucket = (at / total * BUCKETS as f64) as usize;
                buckets[bucket.min(BUCKETS - 1)] |= matches > 0;
            }
            before += bytes;
        }
        buckets
    }

    /// The how-manieth match the line at `place` is, counted from 1 at the oldest line.
    fn ordinal(&self, place: Place, request: &CountRequest) -> io::Result<Option<u64>> {
        let Some(count) = self.runs.iter().find(|count| count.run.no == place.run) else { return Ok(None) };
        let older: u64 =
            self.runs.iter().filter(|count| count.run.no < place.run).map(|count| count.tally.count()).sum();
        let known = count.checkpoints.partition_point(|(offset, _)| *offset <= place.offset);
        let (from, before) = known.checked_sub(1).map_or((count.start, 0), |i| count.checkpoints[i]);
        let reader = LogReader::open(&count.run.dir)?;
        let mut search = Search::new(reader, self.pattern.clone(), from, Direction::Forward, request.streams);
        let mut within = 0;
        loop {
            match search.step()? {
                Step::Hits(hits) => {
                    within += hits.iter().filter(|hit| hit.offset < place.offset).count() as u64;
                    if let Some(last) = hits.iter().find(|hit| hit.offset >= place.offset) {
                        let is_match = last.offset == place.offset;
                        return Ok(is_match.then_some(older + before + within + 1));
                    }
                }
                Step::Nothing => {}
                Step::Done => return Ok(None),
            }
        }
    }
}

impl RunCount {
    fn begin(run: RunDir, pattern: &Arc<Pattern>, request: &CountRequest) -> io::Result<Self> {
        let reader = LogReader::open(&run.dir)?;
        let start = reader.start();
        let tally = Tally::new(reader, Arc::clone(pattern), request.streams);
        Ok(Self { run, tally, checkpoints: Vec::new(), start, is_done: false })
    }

    fn step(&mut self) -> io::Result<()> {
        self.is_done = !self.tally.step()?;
        let at = self.start + self.tally.progress().scanned;
        if !self.is_done && self.checkpoints.last().is_none_or(|(last, _)| *last < at) {
            self.checkpoints.push((at, self.tally.count()));
        }
        Ok(())
    }
}
