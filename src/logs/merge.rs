//! The lines of several logs (runs of one process, or several processes) as one, in the order of time.
//!
//! A line's time is that of the chunk in which it begins, as the keeper read it. Lines of one log never change places, also when
//! a clock was set back; of lines with the same time those of the log that was added first come first. Memory is bounded by a
//! page for each log. Knows no names and no clock: who asks says what time it is. Used by `pm logs` of several processes.

mod source;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::lines::{Line, StreamFilter};
use super::pattern::Pattern;
use super::reader::LogReader;
use crate::domain::Timestamp;
use source::Source;

/// So long a new line of a log that is followed is held back, because an older one may just be on its way into another log.
pub const HOLD: Duration = Duration::from_millis(20);

/// Which lines to give.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of these streams.
    pub filter: StreamFilter,
    /// In which this matches.
    pub pattern: Option<Arc<Pattern>>,
    /// In which it does not match, rather.
    pub inverted: bool,
    /// Not older.
    pub since: Option<Timestamp>,
    /// Not younger.
    pub until: Option<Timestamp>,
}

impl Wanted {
    fn accepts(&self, line: &Line) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&line.bytes) != self.inverted)
    }
}

/// Whether to wait for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What is in the logs when they are added, to the last byte.
    Once,
    /// That, and what is written later, as soon as lines are complete.
    Follow,
}

/// A line and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The number [`Merge::add`] gave to its log.
    pub source: usize,
    /// The line. Its offset is one in its own log.
    pub line: Line,
}

/// Several logs as one.
#[derive(Debug)]
pub struct Merge {
    wanted: Wanted,
    mode: Mode,
    sources: Vec<Source>,
}

impl Merge {
    /// Of no logs yet.
    pub const fn new(wanted: Wanted, mode: Mode) -> Self {
        Self { wanted, mode, sources: Vec::new() }
    }

    /// Adds a log, from `wanted.since` or its beginning on. Logs are numbered from 0 in the order in which they are added.
    ///
    /// # Errors
    /// What the system answers.
    pub fn add(&mut self, mut reader: LogReader) -> io::Result<usize> {
        let start = match self.wanted.since {
            Some(since) => reader.offset_at(since)?,
            None => reader.start(),
        };
        self.sources.push(Source::new(reader, start, &self.wanted));
        Ok(self.sources.len() - 1)
    }

    /// Skips all but the last `n` lines of those that are in the logs now. To be called before lines are taken.
    ///
    /// # Errors
    /// What the system answers.
    pub fn keep_last(&mut self, n: usize) -> io::Result<()> {
        let mut places = Vec::new();
        for (i, source) in self.sources.iter_mut().enumerate() {
            places.extend(source.last_places(n, &self.wanted)?.into_iter().map(|(key, offset)| (key, i, offset)));
        }
        places.sort_unstable();
        let kept = &places[places.len().saturating_sub(n)..];
        for (i, source) in self.sources.iter_mut().enumerate() {
            let first = kept.iter().find(|(_, of, _)| *of == i).map(|(_, _, offset)| *offset);
            source.begin_at(first, &self.wanted);
        }
        Ok(())
    }

    /// Up to `max` lines that were not given before, in order. None means: nothing (more) at the moment; in [`Mode::Once`] the end.
    /// A pattern that is rare may make it go through all that is there.
    ///
    /// # Errors
    /// What the system answers.
    pub fn next_lines(&mut self, now: Timestamp, max: usize) -> io::Result<Vec<Merged>> {
        let newest = match self.mode {
            Mode::Once => Timestamp(u64::MAX),
            Mode::Follow => Timestamp(now.millis().saturating_sub(HOLD.as_millis() as u64)),
        };
        self.sources.iter_mut().for_each(Source::look);
        let mut merged = Vec::new();
        while merged.len() < max {
            let mut first: Option<(Timestamp, usize)> = None;
            for (i, source) in self.sources.iter_mut().enumerate() {
                if let Some(key) = source.next_key(&self.wanted, self.mode)?
                    && first.is_none_or(|(least, _)| key < least)
                {
                    first = Some((key, i));
                }
            }
            let Some((key, i)) = first else { break };
            if key > newest && !self.sources.iter().all(Source::is_finished) {
                break;
            }
            merged.extend(self.sources[i].take().map(|line| Merged { source: i, line }));
        }
        Ok(merged)
    }

    /// Lines are there that are held back: ask again after [`HOLD`], even if nothing was written.
    pub fn holds_back(&self) -> bool {
        self.sources.iter().any(Source::has_line)
    }

    /// The run of this log is over: a last line without an end comes too.
    pub fn finish(&mut self, source: usize) {
        if let Some(source) = self.sources.get_mut(source) {
            source.finish();
        }
    }

    /// Bytes of a log that were deleted before they could be given, since this was asked last.
    pub fn take_skipped(&mut self, source: usize) -> u64 {
        self.sources.get_mut(source).map_or(0, Source::take_skipped)
    }
}

#[cfg(test)]
mod tests;
