//! How many errors and warnings each process printed in its newest run, and which counts are to go on.
//!
//! Cost follows what is on the screen: only rows that are asked for are counted, and only when their logs have grown, at most
//! once a second, all in one job.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::{ProcessName, Row, Timestamp};
use crate::tui::page::{Levels, Source};

/// Between the beginnings of two counts. A count takes at most a small part of it.
const PAUSE: Duration = Duration::from_secs(1);

/// The counts, and what was asked for.
#[derive(Debug, Default)]
pub struct LevelTable {
    known: BTreeMap<ProcessName, Known>,
    /// Counts on their way: how far each log was known to go when they were asked for.
    asked: Option<BTreeMap<ProcessName, u64>>,
    asked_at: Timestamp,
    /// When somebody is to ask again, because a log has grown too soon after the last count.
    pub due: Option<Timestamp>,
}

/// A count.
#[derive(Clone, Copy, Debug)]
struct Known {
    levels: Levels,
    /// How far the log was known to go when it was asked for.
    end: u64,
    /// When it was counted.
    at: Timestamp,
}

impl LevelTable {
    /// The count of the newest run of this process, as far as there is one.
    pub fn of(&self, row: &Row) -> Option<Levels> {
        let run = row.run.as_ref()?;
        self.known.get(row.name()).map(|known| known.levels).filter(|levels| levels.run == run.no)
    }

    /// For ordering: errors, then warnings.
    pub fn graveness(&self, row: &Row) -> (u64, u64) {
        let counts = self.of(row).and_then(|levels| levels.counts);
        counts.map_or((0, 0), |counts| (counts.errors, counts.warnings))
    }

    /// Nothing can be asked for until an answer is there.
    pub const fn is_counting(&self) -> bool {
        self.asked.is_some()
    }

    /// The logs among `rows` that are to be counted now: those that were never counted first, then those that waited longest.
    pub fn next<'a>(&mut self, now: Timestamp, rows: impl Iterator<Item = &'a Row>) -> Option<Vec<Source>> {
        self.due = None;
        let mut wanted: Vec<(Timestamp, Source, u64)> = rows.filter_map(|row| self.wanted(row)).collect();
        let is_new = wanted.iter().any(|(at, ..)| *at == Timestamp::default());
        let due = self.asked_at + PAUSE;
        if wanted.is_empty() || self.is_counting() {
            return None;
        }
        if now < due && !is_new {
            self.due = Some(due);
            return None;
        }
        wanted.sort_by_key(|(at, ..)| *at);
        self.asked_at = now;
        self.asked = Some(wanted.iter().map(|(_, source, end)| (source.name.clone(), *end)).collect());
        Some(wanted.into_iter().map(|(_, source, _)| source).collect())
    }

    fn wanted(&self, row: &Row) -> Option<(Timestamp, Source, u64)> {
        let source = Source::of(row)?;
        let end = row.run.as_ref()?.log_end;
        let known = self.known.get(row.name()).filter(|known| known.levels.run == source.newest);
        match known {
            Some(known) if known.end >= end && !known.levels.lags => None,
            Some(known) => Some((known.at, source, end)),
            None => (end > 0).then(|| (Timestamp::default(), source, end)),
        }
    }

    /// What was counted. True when something differs from before.
    pub fn take(&mut self, now: Timestamp, counted: Vec<(ProcessName, Option<Levels>)>) -> bool {
        let asked = self.asked.take().unwrap_or_default();
        let mut differs = false;
        for (name, levels) in counted {
            let Some(levels) = levels else {
                // It goes on when those before it have had their turn.
                if let Some(known) = self.known.get_mut(&name) {
                    differs |= !std::mem::replace(&mut known.levels.lags, true);
                }
                continue;
            };
            let known = Known { levels, end: asked.get(&name).copied().unwrap_or(0), at: now };
            let before = self.known.insert(name, known);
            differs |= before.is_none_or(|before| before.levels != levels);
        }
        differs
    }

    /// Forgets processes that are gone.
    pub fn retain(&mut self, is_there: impl Fn(&ProcessName) -> bool) {
        self.known.retain(|name, _| is_there(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RunNo;
    use crate::logs::levels::Counts;
    use crate::tui::fixture::running;

    fn grown(process: &str, log_end: u64) -> Row {
        let mut row = running(process, 10);
        if let Some(run) = &mut row.run {
            run.log_end = log_end;
        }
        row
    }

    fn names(sources: Option<Vec<Source>>) -> Vec<String> {
        sources.unwrap_or_default().iter().map(|source| source.name.to_string()).collect()
    }

    /// What somebody answers who has time for so many only.
    fn answers(sources: &[String], n: usize) -> Vec<(ProcessName, Option<Levels>)> {
        let counts = Some(Counts { errors: 1, ..Counts::default() });
        let levels = Levels { run: RunNo(1), counts, lags: true };
        let name = |name: &String| ProcessName::new(name).unwrap();
        sources.iter().zip(0..).map(|(source, i)| (name(source), (i < n).then_some(levels))).collect()
    }

    #[test]
    fn floods_that_leave_no_time_for_all_take_turns() {
        let rows = ["a", "b", "c"].map(|name| grown(name, 10));
        let mut table = LevelTable::default();
        let mut now = Timestamp(1_000_000);
        let mut turns = Vec::new();
        for _ in 0..6 {
            let asked = names(table.next(now, rows.iter()));
            assert_eq!(asked.len(), 3, "all of them lag");
            turns.push(asked[0].clone());
            table.take(now, answers(&asked, 1));
            now = now + PAUSE;
        }
        assert_eq!(turns, ["a", "b", "c", "a", "b", "c"]);
        assert!(rows.iter().all(|row| table.of(row).is_some_and(|levels| levels.lags)));
    }

    #[test]
    fn who_was_never_counted_does_not_wait_but_who_was_does() {
        let rows = [grown("a", 10), grown("b", 0)];
        let mut table = LevelTable::default();
        let now = Timestamp(1_000_000);
        let asked = names(table.next(now, rows.iter()));
        assert_eq!(asked, ["a"], "b has printed nothing");
        assert!(table.next(now, rows.iter()).is_none(), "one at a time");
        table.take(now, answers(&asked, 1));
        assert!(table.next(now, rows.iter()).is_none());
        assert_eq!(table.due, Some(now + PAUSE));
        let more = [grown("a", 10), grown("b", 1)];
        assert_eq!(names(table.next(now, more.iter())), ["b", "a"]);
    }
}
