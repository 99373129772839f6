//! How many errors and warnings the newest run of a process printed: counted once, and on as it prints more.

use std::io;
use std::sync::Arc;

use crate::domain::RunNo;
use crate::logs::level::Level;
use crate::logs::lines::StreamFilter;
use crate::logs::pattern::Pattern;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Search, Step};
use crate::tui::page::{Levels, Source};

/// What was printed before the last so many bytes is not counted: nobody waits for gigabytes to be read for two numbers.
const BYTES_MAX: u64 = 64 << 20;

/// A count that goes on.
pub(super) struct LevelCount {
    run: RunNo,
    source: Source,
    /// Errors, and errors and warnings together.
    counts: [(Search, u64); 2],
    is_partial: bool,
}

impl LevelCount {
    pub(super) fn new(source: &Source) -> io::Result<Self> {
        let mut reader = LogReader::open(&source.dir)?;
        let start = reader.end().saturating_sub(BYTES_MAX);
        let is_partial = start > reader.start();
        let from = if is_partial { reader.line_start(start)? } else { reader.start() };
        let search = |level| -> io::Result<(Search, u64)> {
            let (reader, pattern) = (LogReader::open(&source.dir)?, Arc::new(Pattern::level(level)));
            Ok((Search::new(reader, pattern, from, Direction::Forward, StreamFilter::All), 0))
        };
        let counts = [search(Level::Error)?, search(Level::Warn)?];
        Ok(Self { run: source.newest, source: source.clone(), counts, is_partial })
    }

    pub(super) fn is_of(&self, source: &Source) -> bool {
        self.source == *source
    }

    /// Counts what is there; `None` when it was called off.
    pub(super) fn run(&mut self, is_over: &dyn Fn() -> bool) -> io::Result<Option<Levels>> {
        for (search, count) in &mut self.counts {
            search.extend()?;
            loop {
                match search.step()? {
                    Step::Hits(hits) => *count += hits.len() as u64,
                    Step::Nothing => {}
                    Step::Done => break,
                }
                if is_over() {
                    return Ok(None);
                }
            }
        }
        let (errors, both) = (self.counts[0].1, self.counts[1].1);
        let warnings = both.saturating_sub(errors);
        Ok(Some(Levels { run: self.run, errors, warnings, is_partial: self.is_partial }))
    }
}
