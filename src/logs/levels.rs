//! How many lines of a run say that something is wrong: counted once, and on as it prints more.
//!
//! A count is some numbers and a place: no file is open between two calls, so there may be one for each process. What is
//! counted is what a search for the level finds. Used by the table of the dashboard and by `pm status`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use super::level::Level;
use super::lines::StreamFilter;
use super::pattern::Pattern;
use super::reader::LogReader;
use super::search::{Direction, Hit, Search, Step};

/// What was printed before the last so many bytes is not counted: nobody waits for gigabytes to be read for two numbers.
pub const BYTES_MAX: u64 = 64 << 20;

static GRAVE: LazyLock<Arc<Pattern>> = LazyLock::new(|| Arc::new(Pattern::level(Level::Warn)));

/// How many lines say that something is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors and worse.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// There is output that was not counted, so these are the least.
    pub is_partial: bool,
}

/// A count that goes on.
#[derive(Clone, Debug)]
pub struct LevelCount {
    dir: PathBuf,
    /// All lines before this are counted; `None` before the first call.
    at: Option<u64>,
    settled: Counts,
    /// What the unfinished line at the end says so far.
    open: Counts,
}

impl LevelCount {
    /// Of the run in this directory.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf(), at: None, settled: Counts::default(), open: Counts::default() }
    }

    /// Whose.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Counts what was printed since, one slice at least and then until `is_over`. True when all is counted.
    ///
    /// # Errors
    /// What the system answers.
    pub fn go_on(&mut self, is_over: &dyn Fn() -> bool) -> io::Result<bool> {
        let mut reader = LogReader::open(&self.dir)?;
        let from = self.begin(&mut reader)?;
        let mut search = Search::new(reader, GRAVE.clone(), from, Direction::Forward, StreamFilter::All);
        self.open = Counts::default();
        loop {
            let step = search.step()?;
            let settled = search.unfinished().unwrap_or(search.place());
            if let Step::Hits(hits) = &step {
                for hit in hits {
                    let counts = if hit.offset < settled { &mut self.settled } else { &mut self.open };
                    counts.add(level(&search, hit));
                }
            }
            self.at = Some(settled);
            if step == Step::Done || is_over() {
                return Ok(step == Step::Done);
            }
        }
    }

    /// What was counted so far.
    pub const fn counts(&self) -> Counts {
        Counts {
            errors: self.settled.errors + self.open.errors,
            warnings: self.settled.warnings + self.open.warnings,
            is_partial: self.settled.is_partial,
        }
    }

    /// Where to go on. Output that was removed before it was counted is passed over; a log that was begun anew is counted
    /// from its beginning.
    fn begin(&mut self, reader: &mut LogReader) -> io::Result<u64> {
        let (start, end) = (reader.start(), reader.end());
        if let Some(at) = self.at.filter(|at| *at <= end) {
            self.settled.is_partial |= at < start;
            return Ok(at.max(start));
        }
        let from = match end.saturating_sub(BYTES_MAX) {
            before if before > start => reader.line_start(before)?,
            _all => start,
        };
        self.settled = Counts { is_partial: from > 0, ..Counts::default() };
        Ok(from)
    }
}

impl Counts {
    const fn add(&mut self, level: Level) {
        match level {
            Level::Error => self.errors += 1,
            Level::Warn | Level::Info | Level::Debug | Level::Trace => self.warnings += 1,
        }
    }
}

fn level(search: &Search, hit: &Hit) -> Level {
    Level::of(search.text_of(hit)).unwrap_or(Level::Warn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::lines::Stream;
    use crate::logs::segment::{Limits, Writer};

    const LIMITS: Limits = Limits { segment_bytes: 256 << 10, segments: 4 };

    fn log() -> (tempfile::TempDir, Writer) {
        let dir = tempfile::tempdir().unwrap();
        let writer = Writer::create(dir.path().join("out.log"), dir.path().join("out.idx"), LIMITS).unwrap();
        (dir, writer)
    }

    fn counts(errors: u64, warnings: u64, is_partial: bool) -> Counts {
        Counts { errors, warnings, is_partial }
    }

    #[track_caller]
    fn counted(count: &mut LevelCount) -> Counts {
        assert!(count.go_on(&|| false).unwrap());
        count.counts()
    }

    #[test]
    fn a_count_goes_on_and_judges_an_unfinished_line_anew() {
        let (dir, mut writer) = log();
        let mut count = LevelCount::new(dir.path());
        assert_eq!(counted(&mut count), counts(0, 0, false));
        writer.append(1, Stream::Stdout, b"ERROR one\nINFO ERROR\nWARN two\nERR");
        assert_eq!(counted(&mut count), counts(2, 1, false), "ERR is a level already");
        writer.append(2, Stream::Stdout, b"OR_CODE=0 is no error\n");
        assert_eq!(counted(&mut count), counts(1, 1, false));
        writer.append(3, Stream::Stderr, b"\x1b[31mERR\x1b[0mOR: x\nwarning: y");
        assert_eq!(counted(&mut count), counts(2, 2, false));
        assert_eq!(counted(&mut count), counts(2, 2, false), "nothing is counted twice");
    }

    #[test]
    fn one_slice_at_a_time_counts_the_same_as_all_at_once() {
        let (dir, mut writer) = log();
        let mut all = counts(0, 0, false);
        for i in 0..20_000_u64 {
            let line = ["WARN slow\n", "ERROR broke\n", "INFO fine and well\n", "a line without any of it\n"];
            writer.append(i, Stream::Stdout, line[(i * i % 7 % 4) as usize].as_bytes());
            all.warnings += u64::from(i * i % 7 % 4 == 0);
            all.errors += u64::from(i * i % 7 % 4 == 1);
        }
        let mut count = LevelCount::new(dir.path());
        let mut calls = 1;
        while !count.go_on(&|| true).unwrap() {
            calls += 1;
        }
        assert_eq!(count.counts(), all);
        assert!(calls > 2, "{calls}");
        assert_eq!(counted(&mut LevelCount::new(dir.path())), all);
    }

    #[test]
    fn what_was_removed_before_it_was_counted_is_missing_and_this_is_told() {
        let (dir, mut writer) = log();
        let mut count = LevelCount::new(dir.path());
        writer.append(1, Stream::Stdout, b"ERROR one\n");
        assert_eq!(counted(&mut count), counts(1, 0, false));
        let line = format!("WARN {}\n", "x".repeat(1018));
        for i in 0..1000 {
            writer.append(i, Stream::Stdout, line.as_bytes());
        }
        assert_eq!(counted(&mut count), counts(1, 1000, false), "three segments of four");
        for i in 0..4000 {
            writer.append(i, Stream::Stdout, line.as_bytes());
        }
        let late = counted(&mut count);
        assert!(late.is_partial && late.errors == 1 && (1500..5000).contains(&late.warnings), "{late:?}");
        assert!(counted(&mut LevelCount::new(dir.path())).is_partial);
    }
}
