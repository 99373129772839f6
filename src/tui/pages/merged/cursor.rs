//! One log of several, read in one direction from where it was left off.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use crate::logs::merge::{Head, Sequence};
use crate::logs::search::Direction;
use crate::tui::page::{Look, Place, Source};

use super::{Gap, Line, Member, OPEN_MAX, among_all, cut_at};

/// So long one log is looked through before it is another's turn, where few lines are shown: what is shown may be near in that one.
const TURN: Duration = Duration::from_millis(3);
/// Lines read at first, and at once: most logs have few lines on a page.
const FEW: usize = 4;
const MANY: usize = 512;

/// A place on a way that goes forward or backward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tui::pages) struct Key {
    pub(in crate::tui::pages) place: Place,
    pub(in crate::tui::pages) direction: Direction,
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match self.direction {
            Direction::Forward => self.place.cmp(&other.place),
            Direction::Backward => other.place.cmp(&self.place),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a page is read.
pub(super) struct Way<'a> {
    pub(super) from: Place,
    pub(super) direction: Direction,
    pub(super) look: &'a Look,
    pub(super) deadline: Option<Instant>,
    /// Logs that are open.
    pub(super) open: Cell<usize>,
}

/// The lines of one log on their way.
pub(super) struct Cursor<'a> {
    member: &'a mut Member,
    source: &'a Source,
    log: u32,
    way: &'a Way<'a>,
    /// What was known before.
    known: Option<Gap>,
    /// The lines read and not taken, in the order they will be.
    lines: VecDeque<Line>,
    /// Where to read on in its own log, once that was found.
    cut: Option<Place>,
    /// What comes next is not nearer than this; `None` when nothing does.
    bound: Option<Place>,
    /// The line taken last.
    taken: Option<Place>,
    is_at_end: bool,
    /// Lines to be read next.
    n: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(member: &'a mut Member, source: &'a Source, log: u32, way: &'a Way<'a>) -> Self {
        let known = member.gaps[side(way.direction)].filter(|gap| gap.from <= way.from && way.from <= gap.to);
        let bound = match (known, way.direction) {
            (None, _) => Some(way.from),
            (Some(gap), Direction::Backward) => Some(gap.from).filter(|from| *from > Place::default()),
            (Some(gap), Direction::Forward) => Some(gap.to).filter(|to| *to < Place::MAX),
        };
        let (cut, is_at_end) = (known.map(|gap| gap.cut), known.is_some_and(|gap| gap.is_at_end));
        Self { member, source, log, way, known, lines: VecDeque::new(), cut, bound, taken: None, is_at_end, n: FEW }
    }

    const fn key(&self, place: Place) -> Key {
        Key { place, direction: self.way.direction }
    }

    /// Remembers where it was left off.
    pub(super) fn leave_off(self, turn: u64) {
        if self.n > FEW {
            self.member.used = turn;
        }
        let next = self.lines.front();
        let cut = match (next, self.way.direction) {
            (None, _) => self.cut,
            (Some((at, line)), Direction::Backward) => Some(Place::new(at.run, at.offset + line.len)),
            (Some((at, _)), Direction::Forward) => Some(at.alone()),
        };
        let Some(cut) = cut else { return };
        let (from, to) = match self.way.direction {
            Direction::Backward => {
                let from = next.map(|(at, _)| behind(*at)).or(self.bound).unwrap_or_default();
                (from, self.taken.or(self.known.map(|gap| gap.to)).unwrap_or(self.way.from))
            }
            Direction::Forward => {
                let to = next.map(|(at, _)| *at).or(self.bound).unwrap_or(Place::MAX);
                (self.taken.map(behind).or(self.known.map(|gap| gap.from)).unwrap_or(self.way.from), to)
            }
        };
        let is_at_end = match self.way.direction {
            // Once a line was taken, what is written next lies behind it.
            Direction::Backward => self.is_at_end && self.taken.is_none(),
            Direction::Forward => to == Place::MAX,
        };
        self.member.gaps[side(self.way.direction)] = Some(Gap { cut, from, to, is_at_end });
    }
}

impl Sequence for Cursor<'_> {
    type Key = Key;
    type Item = Line;
    type Fault = io::Error;

    fn head(&self) -> Head<Key> {
        match (self.lines.front(), self.bound) {
            (Some((at, _)), _) => Head::Item(self.key(*at)),
            (None, Some(bound)) => Head::Bound(self.key(bound)),
            (None, None) => Head::End,
        }
    }

    fn take(&mut self) -> Option<Line> {
        let line = self.lines.pop_front()?;
        self.taken = Some(line.0);
        Some(line)
    }

    fn look(&mut self) -> io::Result<()> {
        let (was_open, log) = (self.member.is_open(), self.log);
        let history = self.member.history(self.source)?;
        let cut = match self.cut {
            Some(cut) => cut,
            None => cut_at(history, log, self.way.from)?,
        };
        let at_most = self.way.deadline.map(|_| TURN);
        let (stretch, next, sees_end) = match self.way.direction {
            Direction::Backward => {
                let stretch = history.back(cut, self.n, self.way.look, at_most)?;
                let sees_end = cut >= history.end()?;
                self.is_at_end |= sees_end;
                let next = stretch.start;
                (stretch, next, sees_end)
            }
            Direction::Forward => {
                let stretch = history.forward(cut, self.n, self.way.look, at_most)?;
                let (next, sees_end) = (stretch.end, stretch.is_through);
                (stretch, next, sees_end)
            }
        };
        self.n = (self.n * 2).min(MANY);
        let open_line = if sees_end { history.open_at_end()? } else { None };
        let open_line = open_line.map(|at| among_all(history, log, at)).transpose()?;
        let newest = if sees_end { Some(history.newest()?) } else { None };
        // A log that gives nothing and leads nowhere has become shorter under us.
        let is_stuck = stretch.lines.is_empty() && next == cut;
        let is_over = stretch.is_through || is_stuck;
        let bound = if is_over { None } else { Some(among_all(history, log, next)?) };
        let mut lines = Vec::with_capacity(stretch.lines.len());
        for (at, line) in stretch.lines {
            lines.push((among_all(history, log, at)?, line));
        }
        if !was_open {
            if self.way.open.get() < OPEN_MAX { self.way.open.set(self.way.open.get() + 1) } else { history.close() }
        }
        match self.way.direction {
            Direction::Backward => self.lines.extend(lines.into_iter().rev()),
            Direction::Forward => self.lines.extend(lines),
        }
        (self.cut, self.bound) = (Some(next), bound);
        if let Some(newest) = newest {
            (self.member.open, self.member.newest) = (open_line, newest);
        }
        Ok(())
    }
}

/// The place right behind where a line begins: nothing else can begin before it.
const fn behind(at: Place) -> Place {
    Place { offset: at.offset.saturating_add(1), ..at }
}

const fn side(direction: Direction) -> usize {
    match direction {
        Direction::Backward => 0,
        Direction::Forward => 1,
    }
}
