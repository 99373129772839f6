//! How many errors and warnings processes printed: counted a little at a time, so that a flood in all of them costs no more
//! than a share of one core.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use crate::domain::ProcessName;
use crate::logs::levels::LevelCount;
use crate::tui::page::{Levels, Source};

/// The counts that go on, one for each process that was in view.
#[derive(Default)]
pub(super) struct LevelCounts {
    of: HashMap<ProcessName, LevelCount>,
}

impl LevelCounts {
    /// Goes on for each of `sources`, for `at_most` in all; whoever is not through then goes on next time. `None` for those
    /// whose turn did not come.
    pub(super) fn go_on(
        &mut self,
        sources: &[Source],
        at_most: Duration,
        is_over: &dyn Fn() -> bool,
    ) -> Vec<(ProcessName, Option<Levels>)> {
        let until = Instant::now() + at_most;
        let mut counted = Vec::with_capacity(sources.len());
        for (at, source) in sources.iter().enumerate() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() && at > 0 {
                counted.push((source.name.clone(), None));
                continue;
            }
            // What one row leaves of its share is for the rows after it.
            let share = left / (sources.len() - at) as u32;
            let until = Instant::now() + share;
            let levels = self.count(source, &|| Instant::now() >= until || is_over());
            // A log that cannot be read is looked at again when it has grown.
            let unknown = Levels { run: source.newest, counts: None, lags: false };
            counted.push((source.name.clone(), Some(levels.unwrap_or(unknown))));
        }
        counted
    }

    fn count(&mut self, source: &Source, is_over: &dyn Fn() -> bool) -> io::Result<Levels> {
        let count = self.of.entry(source.name.clone()).or_insert_with(|| LevelCount::new(&source.dir));
        if count.dir() != source.dir {
            *count = LevelCount::new(&source.dir);
        }
        let lags = !count.go_on(is_over)?;
        Ok(Levels { run: source.newest, counts: Some(count.counts()), lags })
    }
}
