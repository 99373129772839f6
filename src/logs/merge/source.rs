//! One log of several: what of it was read ahead, and where the rest comes from.
//!
//! What is there when it is added is searched many lines at once; what comes later is looked at line by line.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use super::{Mode, Wanted};
use crate::domain::Timestamp;
use crate::logs::follow::Follower;
use crate::logs::lines::{Line, LineEnd};
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Hit, Search, Step};

/// Lines read ahead at most.
const PAGE_LINES: usize = 256;

/// One log.
#[derive(Debug)]
pub(super) struct Source {
    feed: Feed,
    ahead: VecDeque<Line>,
    /// The time of the line given last, as far as order is concerned.
    key: Timestamp,
    /// The feed gave nothing since the last look.
    dry: bool,
    /// A line younger than wanted was met.
    past_end: bool,
    finished: bool,
    skipped: u64,
}

#[derive(Debug)]
enum Feed {
    /// What was there at the beginning: all lines of it.
    Pages {
        reader: LogReader,
        at: u64,
        until: u64,
    },
    /// What was there at the beginning: the lines that match.
    Hits {
        search: Box<Search>,
        hits: VecDeque<Hit>,
    },
    /// What comes after.
    Follow(Follower),
    Nothing,
}

impl Feed {
    fn past(reader: LogReader, at: u64, wanted: &Wanted) -> Self {
        match &wanted.pattern {
            Some(pattern) => {
                let search = Search::new(reader, Arc::clone(pattern), at, Direction::Forward, wanted.filter);
                let search = Box::new(if wanted.inverted { search.inverted() } else { search });
                Self::Hits { search, hits: VecDeque::new() }
            }
            None => Self::Pages { at, until: reader.end(), reader },
        }
    }
}

impl Source {
    pub(super) fn new(reader: LogReader, start: u64, wanted: &Wanted) -> Self {
        Self {
            feed: Feed::past(reader, start, wanted),
            ahead: VecDeque::new(),
            key: Timestamp(0),
            dry: false,
            past_end: false,
            finished: false,
            skipped: 0,
        }
    }

    /// Begins anew at `offset`, or at the end of what is there.
    pub(super) fn begin_at(&mut self, offset: Option<u64>, wanted: &Wanted) {
        let feed = std::mem::replace(&mut self.feed, Feed::Nothing);
        self.feed = match feed {
            Feed::Pages { reader, until, .. } => Feed::past(reader, offset.unwrap_or(until), wanted),
            Feed::Hits { search, .. } => {
                let reader = search.into_reader();
                let end = reader.end();
                Feed::past(reader, offset.unwrap_or(end), wanted)
            }
            Feed::Follow(_) | Feed::Nothing => feed,
        };
    }

    /// The time, as far as order is concerned, and the place of the last `n` lines that are wanted, the oldest first.
    pub(super) fn last_places(&mut self, n: usize, wanted: &Wanted) -> io::Result<Vec<(Timestamp, u64)>> {
        let mut last = Last { n, places: Vec::new(), wanted };
        let mut feed = std::mem::replace(&mut self.feed, Feed::Nothing);
        if let Feed::Pages { reader, until, .. } = &mut feed {
            last.take_pages(reader, *until)?;
        }
        self.feed = match feed {
            Feed::Hits { search, .. } => {
                let mut back = search.into_reversed();
                last.take_hits(&mut back)?;
                Feed::Hits { search: Box::new(back.into_reversed()), hits: VecDeque::new() }
            }
            Feed::Pages { .. } | Feed::Follow(_) | Feed::Nothing => feed,
        };
        last.places.reverse();
        let mut key = Timestamp(0);
        Ok(last
            .places
            .into_iter()
            .map(|(time, offset)| {
                key = key.max(time.unwrap_or(key));
                (key, offset)
            })
            .collect())
    }

    /// Sees what was written since the last look.
    pub(super) const fn look(&mut self) {
        self.dry = false;
    }

    /// The time of the next line, as far as order is concerned. Reads ahead when there is none.
    pub(super) fn next_key(&mut self, wanted: &Wanted, mode: Mode) -> io::Result<Option<Timestamp>> {
        while self.ahead.is_empty() && !self.dry && !self.past_end {
            let lines = self.read(wanted, mode)?;
            for line in lines {
                if line.time.zip(wanted.until).is_some_and(|(time, until)| time > until) {
                    self.past_end = true;
                    break;
                }
                if line.time.zip(wanted.since).is_none_or(|(time, since)| time >= since) {
                    self.ahead.push_back(line);
                }
            }
        }
        Ok(self.ahead.front().map(|line| self.key.max(line.time.unwrap_or(self.key))))
    }

    pub(super) fn take(&mut self) -> Option<Line> {
        let line = self.ahead.pop_front()?;
        self.key = self.key.max(line.time.unwrap_or(self.key));
        Some(line)
    }

    fn read(&mut self, wanted: &Wanted, mode: Mode) -> io::Result<Vec<Line>> {
        let (mut lines, next) = match &mut self.feed {
            Feed::Pages { reader, at, until } => {
                let page = reader.page_until(*at, *until, PAGE_LINES, wanted.filter)?;
                self.skipped += page.start.saturating_sub(*at);
                *at = page.end.max(*at);
                let open = page.lines.last().filter(|line| line.end == LineEnd::Open).map(|line| line.offset);
                (page.lines, (*at >= *until).then(|| open.unwrap_or(*until)))
            }
            Feed::Hits { search, hits } => {
                if hits.is_empty() {
                    let next = search_on(search, hits)?;
                    (Vec::new(), next)
                } else {
                    (lines_of(search, hits)?, None)
                }
            }
            Feed::Follow(follower) => {
                let lines =
                    if self.finished { follower.flush(PAGE_LINES)? } else { follower.next_lines(PAGE_LINES)? };
                self.skipped += follower.take_skipped();
                self.dry = lines.is_empty();
                return Ok(lines.into_iter().filter(|line| wanted.accepts(line)).collect());
            }
            Feed::Nothing => {
                self.dry = true;
                return Ok(Vec::new());
            }
        };
        if let Some(at) = next {
            self.pass_on(at, wanted, mode);
        }
        if mode == Mode::Follow {
            // What is unfinished is left to the follower, which gives it when it is whole.
            lines.pop_if(|line| line.end == LineEnd::Open);
        }
        Ok(lines)
    }

    /// The past is over; from `at` on the log is followed, if it is.
    fn pass_on(&mut self, at: u64, wanted: &Wanted, mode: Mode) {
        let reader = match std::mem::replace(&mut self.feed, Feed::Nothing) {
            Feed::Pages { reader, .. } => reader,
            Feed::Hits { search, .. } => search.into_reader(),
            Feed::Follow(_) | Feed::Nothing => return,
        };
        if mode == Mode::Follow {
            self.feed = Feed::Follow(Follower::new(reader, at, wanted.filter));
        }
    }

    pub(super) fn has_line(&self) -> bool {
        !self.ahead.is_empty()
    }

    pub(super) const fn finish(&mut self) {
        self.finished = true;
    }

    pub(super) const fn is_finished(&self) -> bool {
        self.finished
    }

    pub(super) const fn take_skipped(&mut self) -> u64 {
        std::mem::replace(&mut self.skipped, 0)
    }
}

/// Searches one slice; answers where the rest begins when all is searched.
fn search_on(search: &mut Search, hits: &mut VecDeque<Hit>) -> io::Result<Option<u64>> {
    match search.step()? {
        Step::Hits(found) => hits.extend(found),
        Step::Nothing => {}
        Step::Done => return Ok(Some(search.unfinished().unwrap_or_else(|| search.reader().end()))),
    }
    Ok(None)
}

fn lines_of(search: &mut Search, hits: &mut VecDeque<Hit>) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for hit in hits.drain(..hits.len().min(PAGE_LINES)) {
        lines.extend(search.reader().line_at(hit.offset, hit.bytes)?);
    }
    Ok(lines)
}

/// The last lines of a log in the making, the last one first.
struct Last<'a> {
    n: usize,
    places: Vec<(Option<Timestamp>, u64)>,
    wanted: &'a Wanted,
}

impl Last<'_> {
    /// False when no more are needed.
    fn keep(&mut self, line: &Line) -> bool {
        let older = line.time.zip(self.wanted.since).is_some_and(|(time, since)| time < since);
        let younger = line.time.zip(self.wanted.until).is_some_and(|(time, until)| time > until);
        if !older && !younger && self.places.len() < self.n {
            self.places.push((line.time, line.offset));
        }
        !older && self.places.len() < self.n
    }

    fn take_pages(&mut self, reader: &mut LogReader, end: u64) -> io::Result<()> {
        let mut at = end;
        while self.n > 0 {
            let page = reader.page_back(at, PAGE_LINES, self.wanted.filter)?;
            if page.lines.is_empty() || page.lines.iter().rev().any(|line| !self.keep(line)) {
                break;
            }
            at = page.start;
        }
        Ok(())
    }

    fn take_hits(&mut self, back: &mut Search) -> io::Result<()> {
        while self.n > 0 {
            match back.step()? {
                Step::Hits(hits) => {
                    for hit in hits {
                        let line = back.reader().line_at(hit.offset, hit.bytes)?;
                        if line.is_some_and(|line| !self.keep(&line)) {
                            return Ok(());
                        }
                    }
                }
                Step::Nothing => {}
                Step::Done => break,
            }
        }
        Ok(())
    }
}
