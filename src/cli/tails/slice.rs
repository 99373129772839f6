//! The stretch of one run's log that is wanted, found by time and by counting back from its end.

use std::io;

use super::RunDir;
use super::wanted::{Sought, Wanted};
use crate::logs::lines::StreamFilter;
use crate::logs::reader::LogReader;
use crate::logs::search::{Direction, Hit, Search, Step};

/// A stretch of one run.
#[derive(Debug)]
pub struct Slice {
    /// Which run.
    pub run: RunDir,
    /// Its log.
    pub reader: LogReader,
    /// The first byte, where a line begins.
    pub from: u64,
    /// The byte after the last.
    pub until: u64,
    /// What was looked for, where it was found already: the last matches, in the order of the log.
    pub hits: Option<Vec<Hit>>,
}

impl Slice {
    /// What is wanted of `run`, of which nobody has asked for a number of lines. An unfinished last line is left to the one who
    /// follows, if somebody does.
    ///
    /// # Errors
    /// What the disk answers; a missing log is empty.
    pub fn open(run: RunDir, wanted: &Wanted, is_followed: bool) -> io::Result<Self> {
        let mut reader = LogReader::open(&run.dir)?;
        let mut until = reader.end();
        if is_followed && !run.over {
            // Not what nobody knows yet of which stream it is.
            until = reader.told_end(wanted.filter)?;
        }
        if is_followed && until == reader.end() {
            until = reader.open_line()?.unwrap_or(until);
        }
        if let Some(time) = wanted.until {
            until = reader.offset_at(time)?.min(until);
        }
        let from = match wanted.since {
            Some(time) => reader.offset_at(time)?,
            None => reader.start(),
        };
        Ok(Self { run, reader, from: from.min(until), until, hits: None })
    }

    /// Keeps the last `n` of its lines; answers how many there are, `n` at most.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn keep_last(&mut self, n: usize, wanted: &Wanted) -> io::Result<usize> {
        if let Some(sought) = &wanted.sought {
            return self.find_last(n, sought, wanted.filter);
        }
        let (at, lines) = self.reader.seek_back_whole(self.until, n, self.from, wanted.filter)?;
        self.from = self.from.max(at);
        Ok(lines)
    }

    fn find_last(&mut self, n: usize, sought: &Sought, filter: StreamFilter) -> io::Result<usize> {
        let mut search = self.search(sought, filter, Direction::Backward)?;
        let mut hits = Vec::new();
        'search: loop {
            let found = match search.step()? {
                Step::Hits(found) => found,
                Step::Nothing if self.until.saturating_sub(search.progress().scanned) > self.from => continue,
                Step::Nothing | Step::Done => break,
            };
            for hit in found {
                if hit.offset < self.from || hits.len() == n {
                    break 'search;
                }
                hits.push(hit);
            }
            // Not one more is looked for: it may be a gigabyte away.
            if hits.len() >= n {
                break;
            }
        }
        hits.reverse();
        let n = hits.len();
        self.hits = Some(hits);
        Ok(n)
    }

    /// A search through it, with a reader of its own.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn search(&self, sought: &Sought, filter: StreamFilter, direction: Direction) -> io::Result<Search> {
        let reader = LogReader::open(&self.run.dir)?;
        let from = match direction {
            Direction::Forward => self.from,
            Direction::Backward => self.until,
        };
        let search = Search::new(reader, sought.pattern.clone(), from, direction, filter);
        Ok(if sought.inverted { search.inverted() } else { search })
    }
}
