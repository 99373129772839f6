//! The logs of several processes as one, in the order of time: pages from any place, backward and forward.
//!
//! Of each log it is remembered where it was left off, so that for the next page only those are read that have lines on it, and
//! while output flows only those that have grown. Of many logs only some are kept open. Lines of one moment stand in the order of
//! their processes, those of one process in the order they were written, whatever the clock did.

mod cursor;

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::Timestamp;
use crate::logs::merge::{Merge, Next};
use crate::logs::search::Direction;
use crate::tui::page::{Look, Place, Several, Source, Target};

use super::history::{History, Stretch};
use cursor::{Cursor, Way};

pub(super) use cursor::Key;

/// Logs that stay open: each takes a few descriptors and some room.
pub(super) const OPEN_MAX: usize = 48;
/// A line may be so late that one written after it in another log was seen before: what is younger is looked at again.
const LATE: Duration = Duration::from_millis(250);
/// The same where lines around others are shown: so long a line may turn out to stand before one.
const LATE_CONTEXT: Duration = Duration::from_secs(2);

/// Several logs.
pub(super) struct Merged {
    logs: Arc<[Source]>,
    members: Vec<Member>,
    /// What is known of gaps holds for what was looked for last.
    look: Look,
    /// Counts what was read, to know what was used last.
    turn: u64,
}

/// One of them.
#[derive(Default)]
pub(super) struct Member {
    history: Option<History>,
    /// Its newest run is known to be written so far, in bytes.
    end: u64,
    /// It has grown since it was read.
    has_news: bool,
    /// Where reading backward and forward was left off.
    gaps: [Option<Gap>; 2],
    /// Where a line begins that is still being written.
    open: Option<Place>,
    /// The order of what was written last.
    newest: Timestamp,
    used: u64,
}

/// Between two lines of a log: all before it come before `from`, and all behind it not before `to`.
#[derive(Clone, Copy, Debug)]
struct Gap {
    /// In its own log.
    cut: Place,
    from: Place,
    to: Place,
    /// What is written next may lie within it.
    is_at_end: bool,
}

impl Merged {
    pub(super) fn new() -> Self {
        Self { logs: Arc::new([]), members: Vec::new(), look: Look::default(), turn: 0 }
    }

    /// These are the same logs, and perhaps some more.
    pub(super) fn is_of(&self, several: &Several) -> bool {
        let is_same = |(old, new): (&Source, &Source)| old.name == new.name;
        Arc::ptr_eq(&self.logs, &several.logs)
            || self.logs.len() <= several.logs.len() && self.logs.iter().zip(several.logs.iter()).all(is_same)
    }

    /// Learns which runs are the newest, and how far they are written.
    pub(super) fn refresh(&mut self, several: &Several) {
        self.members.resize_with(several.logs.len(), Member::default);
        let are_same = Arc::ptr_eq(&self.logs, &several.logs);
        for (at, member) in self.members.iter_mut().enumerate() {
            let end = several.ends.get(at).copied().unwrap_or(0);
            if member.end == end && (are_same || self.logs.get(at) == several.logs.get(at)) {
                continue;
            }
            (member.end, member.has_news) = (end, true);
            for gap in &mut member.gaps {
                gap.take_if(|gap| gap.is_at_end);
            }
        }
        self.logs = Arc::clone(&several.logs);
    }

    /// The lines shown that end before a place: `n` of them, or fewer where looking for them takes too long.
    pub(super) fn back(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
    ) -> io::Result<Stretch> {
        let (mut lines, stop) = self.read(from, n, look, at_most, Direction::Backward)?;
        lines.reverse();
        let is_through = stop == Stop::Through;
        let start = match stop {
            Stop::Enough => lines.first().map_or(from, |(at, _)| *at),
            Stop::Time(place) => place,
            Stop::Through => Place::default(),
        };
        let last = lines.last().map_or(start, |(at, line)| Place { offset: at.offset + line.len, ..*at });
        let end = if from == Place::MAX { last.max(self.settled_to()) } else { from };
        Ok(Stretch { lines, start, end, settled: None, is_through })
    }

    /// The lines shown from a place on, likewise.
    pub(super) fn forward(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
    ) -> io::Result<Stretch> {
        let (lines, stop) = self.read(from, n, look, at_most, Direction::Forward)?;
        let last = lines.last().map_or(from, |(at, line)| Place { offset: at.offset + line.len, ..*at });
        let end = match stop {
            Stop::Enough => last,
            Stop::Time(place) => place,
            Stop::Through => last.max(self.settled_to()),
        };
        Ok(Stretch { lines, start: from, end, settled: None, is_through: stop == Stop::Through })
    }

    fn read(
        &mut self,
        from: Place,
        n: usize,
        look: &Look,
        at_most: Option<Duration>,
        direction: Direction,
    ) -> io::Result<(Vec<Line>, Stop)> {
        self.prepare(look);
        let deadline = at_most.filter(|_| look.filter.is_some()).map(|at_most| Instant::now() + at_most);
        let open = Cell::new(self.members.iter().filter(|member| member.is_open()).count());
        let way = Way { from, direction, look, deadline, open };
        let members = self.members.iter_mut().zip(self.logs.iter()).zip(0..);
        let mut cursors: Vec<Cursor> = members
            .filter(|((_, source), _)| source.has_run())
            .map(|((member, source), log)| Cursor::new(member, source, log, &way))
            .collect();
        let is_early = || deadline.is_none_or(|deadline| Instant::now() < deadline);
        let (mut merge, mut lines, mut is_first) = (Merge::new(&cursors), Vec::new(), false);
        let stop = loop {
            if lines.len() >= n {
                break Stop::Enough;
            }
            match merge.next(&mut cursors, &mut || std::mem::take(&mut is_first) || is_early())? {
                Next::Item(_, line) => lines.push(line),
                // A page must lead on, so each log is looked at once, however little time there is.
                Next::Bound(key) if key.place == from => is_first = true,
                Next::Bound(key) => break Stop::Time(key.place),
                Next::End => break Stop::Through,
            }
        };
        let turn = self.turn;
        for cursor in cursors {
            cursor.leave_off(turn);
        }
        Ok((lines, stop))
    }

    /// Forgets what was known of other lines, and closes what was not used for long.
    fn prepare(&mut self, look: &Look) {
        self.turn += 1;
        if (self.look.streams, &self.look.filter) != (look.streams, &look.filter) {
            self.look = look.clone();
            self.members.iter_mut().for_each(|member| member.gaps = [None, None]);
        }
        let mut used: Vec<u64> =
            self.members.iter().filter(|member| member.is_open()).map(|member| member.used).collect();
        if used.len() < OPEN_MAX {
            return;
        }
        used.sort_unstable();
        let oldest_kept = used[used.len() - OPEN_MAX / 2];
        let unused = self.members.iter_mut().filter(|member| member.used < oldest_kept);
        unused.filter_map(|member| member.history.as_mut()).for_each(History::close);
    }

    /// Before this no line will come any more, but the rest of such as are being written.
    fn settled_to(&self) -> Place {
        let has_context = self.look.filter.as_ref().is_some_and(|filter| filter.context > 0);
        let late = if has_context { LATE_CONTEXT } else { LATE };
        let newest = self.members.iter().map(|member| member.newest.0).max().unwrap_or(0);
        Place::at(Timestamp(newest.saturating_sub(late.as_millis() as u64)))
    }

    /// From where a reader has to read again: lines of the last moments may still be joined by others, and what is being
    /// written by its rest. A page must lead on, however quickly lines come.
    pub(super) fn settled(&self, stretch: &Stretch) -> Place {
        let open = self.members.iter().filter_map(|member| member.open);
        let limits = open.chain([self.settled_to()]);
        let limit = if stretch.is_through {
            limits.map(|limit| limit.max(stretch.start)).min()
        } else {
            limits.filter(|limit| *limit > stretch.start).min()
        };
        limit.map_or(stretch.end, |limit| limit.min(stretch.end))
    }

    /// Where something lies. Hundredths are those of the time between the first line and the last.
    pub(super) fn resolve(&mut self, target: Target) -> io::Result<Place> {
        let look = Look::default();
        let end = |merged: &mut Self| -> io::Result<Place> {
            let last = merged.back(Place::MAX, 1, &look, None)?;
            Ok(last.lines.last().map_or(Place::default(), |(at, line)| Place { offset: at.offset + line.len, ..*at }))
        };
        match target {
            // Lines are counted within a run of one process, so who is asked for one does not come here.
            Target::Start | Target::Line(..) => Ok(Place::default()),
            Target::Place(place) => Ok(place),
            Target::Time(time) => Ok(Place::at(time).min(end(self)?)),
            Target::Percent(percent) => {
                let end = end(self)?;
                if percent >= 100.0 {
                    return Ok(end);
                }
                let first = self.forward(Place::default(), 1, &look, None)?;
                let start = first.lines.first().map_or(end.time, |(at, _)| at.time);
                let span = end.time.0.saturating_sub(start.0) as f64;
                Ok(Place::at(Timestamp(start.0 + (span * percent.max(0.0) / 100.0) as u64)))
            }
        }
    }

    /// The log of this number.
    pub(super) fn log(&mut self, number: u32) -> io::Result<&mut History> {
        let at = number as usize;
        match (self.members.get_mut(at), self.logs.get(at)) {
            (Some(member), Some(source)) if source.has_run() => member.history(source),
            (_, _) => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// A line and its place.
type Line = (Place, crate::logs::lines::Line);

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// There are lines enough.
    Enough,
    /// There was time enough; so far it came.
    Time(Place),
    /// There are no more lines.
    Through,
}

impl Member {
    fn is_open(&self) -> bool {
        self.history.as_ref().is_some_and(History::is_open)
    }

    fn history(&mut self, source: &Source) -> io::Result<&mut History> {
        let mut history = match self.history.take() {
            Some(history) => history,
            None => History::open(source)?,
        };
        if std::mem::take(&mut self.has_news) {
            history.refresh(source)?;
        }
        Ok(self.history.insert(history))
    }
}

/// The place of a line of this log among those of all.
pub(super) fn among_all(history: &mut History, log: u32, place: Place) -> io::Result<Place> {
    Ok(Place { time: history.order(place)?, log, ..place })
}

/// The place in its own log of the first line that does not come before `from`.
pub(super) fn cut_at(history: &mut History, log: u32, from: Place) -> io::Result<Place> {
    if from == Place::MAX {
        return history.end();
    }
    if from == Place::default() {
        return Ok(from);
    }
    if from.log == log && from.run.0 > 0 {
        return Ok(from.alone());
    }
    // Of lines of one moment those of earlier logs come first.
    history.first_ordered(Timestamp(from.time.0.saturating_add(u64::from(log < from.log))))
}

#[cfg(test)]
mod tests;
