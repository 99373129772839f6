//! The next line that matches, through all kept runs of one log or of several: a search that can be called off between two slices.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::logs::merge::{Head, Merge, Next, Sequence};
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Hit, Search, Step};
use crate::tui::page::{FindRequest, Found, Place, Source, Subject};

use super::filtered::filtered;
use super::history::{History, RunDir};
use super::merged::{Key, OPEN_MAX, among_all, cut_at};
use super::progress::{Reports, percent};

/// Hits looked at together, at least: which of several logs has the next one is known after a few.
const HITS: usize = 64;

/// A search on its way.
pub(super) struct Find<'a> {
    request: &'a FindRequest,
    pattern: Arc<Pattern>,
    /// Hits to be passed over still, and the last one that was.
    skip: u64,
    last: Option<Place>,
    reports: Reports,
}

impl<'a> Find<'a> {
    pub(super) fn new(request: &'a FindRequest, pattern: Arc<Pattern>) -> Self {
        Self { request, pattern, skip: request.skip, last: None, reports: Reports::start() }
    }

    /// Searches until something is found; `is_over` calls it off, `report` is told the hundredths that are done.
    pub(super) fn run(&mut self, is_over: &dyn Fn() -> bool, report: &mut dyn FnMut(u8)) -> io::Result<Found> {
        let from = self.request.from;
        let (far, end) = match self.request.direction {
            Direction::Forward => (Place::default(), Place::MAX),
            Direction::Backward => (Place::MAX, Place::default()),
        };
        // To the end, then from the other one to where it began.
        for (from, until, has_wrapped) in [(from, end, false), (far, from, true)] {
            if let Some(found) = self.search(from, until, has_wrapped, is_over, report)? {
                return Ok(found);
            }
        }
        // More was to be passed over than there is: the last one will do.
        Ok(self.last.map_or(Found::Nothing, |place| Found::At { place, has_wrapped: true }))
    }

    fn search(
        &mut self,
        from: Place,
        until: Place,
        has_wrapped: bool,
        is_over: &dyn Fn() -> bool,
        report: &mut dyn FnMut(u8),
    ) -> io::Result<Option<Found>> {
        let mut scouts = self.scouts(from, until);
        let mut merge = Merge::new(&scouts);
        loop {
            let place = match merge.next(&mut scouts, &mut || !is_over() && !self.reports.is_due())? {
                Next::Item(_, place) => place,
                Next::Bound(_) if is_over() => return Ok(Some(Found::Cancelled)),
                Next::Bound(_) => {
                    report(done(&scouts));
                    continue;
                }
                Next::End => return Ok(None),
            };
            self.last = Some(place);
            if self.skip == 0 {
                return Ok(Some(Found::At { place, has_wrapped }));
            }
            self.skip -= 1;
        }
    }

    fn scouts(&self, from: Place, until: Place) -> Vec<Scout<'a>> {
        let logs: &[Source] = match &self.request.subject {
            Subject::One(source) => std::slice::from_ref(source),
            Subject::Several(several) => &several.logs,
        };
        let scout = |(log, source)| Scout {
            find: self.request,
            pattern: Arc::clone(&self.pattern),
            source,
            log,
            until,
            is_one_of_few: logs.len() <= OPEN_MAX,
            at_once: HITS.max(self.skip as usize + 1),
            history: None,
            at: None,
            search: None,
            hits: VecDeque::new(),
            bound: Some(from),
            bytes: (0, 0),
        };
        (0..).zip(logs).filter(|(_, source)| source.has_run()).map(scout).collect()
    }
}

/// Hundredths of the bytes of all logs that were opened.
fn done(scouts: &[Scout]) -> u8 {
    let (scanned, total) = scouts.iter().fold((0, 0), |sum, scout| (sum.0 + scout.bytes.0, sum.1 + scout.bytes.1));
    percent(scanned, total)
}

/// What is found in one log, in the order of the search.
struct Scout<'a> {
    find: &'a FindRequest,
    pattern: Arc<Pattern>,
    source: &'a Source,
    log: u32,
    /// What lies beyond is of no interest.
    until: Place,
    /// What was opened may stay open.
    is_one_of_few: bool,
    /// Hits taken of a slice.
    at_once: usize,
    history: Option<History>,
    /// Where to search on: in which of the runs, and from which offset.
    at: Option<(usize, u64)>,
    search: Option<Search>,
    hits: VecDeque<Place>,
    /// What comes next is not nearer than this; `None` when nothing does.
    bound: Option<Place>,
    /// Searched, of all.
    bytes: (u64, u64),
}

impl Sequence for Scout<'_> {
    type Key = Key;
    type Item = Place;
    type Fault = io::Error;

    fn head(&self) -> Head<Key> {
        let key = |place| Key { place, direction: self.find.direction };
        match (self.hits.front(), self.bound) {
            (Some(place), _) => Head::Item(key(*place)),
            (None, Some(bound)) => Head::Bound(key(bound)),
            (None, None) => Head::End,
        }
    }

    fn take(&mut self) -> Option<Place> {
        self.hits.pop_front()
    }

    fn look(&mut self) -> io::Result<()> {
        let mut history = match self.history.take() {
            Some(history) => history,
            None => self.open()?,
        };
        let looked = self.look_in(&mut history);
        if !self.is_one_of_few {
            self.search = None;
            history.close();
        }
        self.history = Some(history);
        looked
    }
}

impl Scout<'_> {
    fn open(&mut self) -> io::Result<History> {
        let mut history = History::open(self.source)?;
        self.bytes.1 = match &self.find.subject {
            Subject::One(_) => history.spans()?.iter().map(|span| span.end.saturating_sub(span.start)).sum(),
            // To open all runs of all logs would take longer than most searches do.
            Subject::Several(_) => history.end()?.offset,
        };
        Ok(history)
    }

    /// Searches one slice.
    fn look_in(&mut self, history: &mut History) -> io::Result<()> {
        let (at, offset) = match (self.at, self.bound) {
            (Some(at), _) => at,
            (None, Some(from)) => {
                let from = self.own_place(history, from)?;
                history.locate(from)
            }
            (None, None) => return Ok(()),
        };
        let Some(run) = history.dirs().into_iter().nth(at) else {
            self.bound = None;
            return Ok(());
        };
        let direction = self.find.direction;
        let begin = || -> io::Result<Search> {
            let (reader, pattern) = (LogReader::open(&run.dir)?, Arc::clone(&self.pattern));
            Ok(Search::new(reader, pattern, offset, direction, self.find.look.streams))
        };
        let mut search = self.search.take().map_or_else(begin, Ok)?;
        let before = search.progress().scanned;
        let step = search.step()?;
        let searched = search.place();
        self.bytes.0 += search.progress().scanned - before;
        self.at = Some((at, searched));
        match step {
            Step::Hits(hits) => {
                let taken = self.take_hits(history, &run, &hits)?;
                match hits.get(taken) {
                    Some(next) => self.at = Some((at, self.edge(*next))),
                    None => self.search = Some(search),
                }
            }
            Step::Nothing => self.search = Some(search),
            Step::Done => {
                self.at = match direction {
                    Direction::Forward => Some((at + 1, 0)),
                    Direction::Backward => at.checked_sub(1).map(|at| (at, u64::MAX)),
                };
            }
        }
        let next = self.at.and_then(|(at, offset)| Some(Place::new(history.dirs().get(at)?.no, offset)));
        let bound = next.map(|next| self.place(history, next)).transpose()?;
        self.bound = bound.filter(|bound| !self.is_beyond(*bound));
        Ok(())
    }

    /// Takes some of the hits, those that are shown; answers how many of them were looked at.
    fn take_hits(&mut self, history: &mut History, run: &RunDir, hits: &[Hit]) -> io::Result<usize> {
        for (nth, hit) in hits.iter().enumerate() {
            if self.hits.len() >= self.at_once {
                return Ok(nth);
            }
            if self.is_shown(run, hit.offset)? {
                let place = self.place(history, Place::new(run.no, hit.offset))?;
                if self.is_beyond(place) {
                    return Ok(hits.len());
                }
                self.hits.push_back(place);
            }
        }
        Ok(hits.len())
    }

    /// From where a search comes to this hit next.
    const fn edge(&self, hit: Hit) -> u64 {
        match self.find.direction {
            Direction::Forward => hit.offset,
            Direction::Backward => hit.offset + hit.bytes,
        }
    }

    fn is_beyond(&self, place: Place) -> bool {
        match self.find.direction {
            Direction::Forward => place >= self.until,
            Direction::Backward => place < self.until,
        }
    }

    /// Where to begin in this log.
    fn own_place(&self, history: &mut History, from: Place) -> io::Result<Place> {
        match self.find.subject {
            Subject::One(_) => Ok(from),
            Subject::Several(_) => cut_at(history, self.log, from),
        }
    }

    /// The place among the lines of all logs that are searched.
    fn place(&self, history: &mut History, place: Place) -> io::Result<Place> {
        match self.find.subject {
            Subject::One(_) => Ok(place),
            Subject::Several(_) => among_all(history, self.log, place),
        }
    }

    /// The line is not hidden by a filter.
    fn is_shown(&self, run: &RunDir, offset: u64) -> io::Result<bool> {
        let Some(filtered) = filtered(&self.find.look, None) else { return Ok(true) };
        filtered.shows(&mut LogReader::open(&run.dir)?, offset)
    }
}
