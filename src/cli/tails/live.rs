//! Following the output of many processes, over their restarts.
//!
//! Told which runs there are by whoever knows (snapshots or directories); remembers how far each was printed.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::history::Source;
use super::{Printer, RunDir};
use crate::domain::{ProcessName, Snapshot};
use crate::logs::follow::Follower;
use crate::logs::lines::StreamFilter;
use crate::logs::reader::LogReader;

/// Lines of one process before the next gets its turn.
const TURN: usize = 512;
/// How soon to look again at bytes that could not be told yet.
const SOON: Duration = Duration::from_millis(50);
/// At most so often while told of growth.
const REST: Duration = Duration::from_millis(20);

/// What is followed, and how far it was printed.
pub struct Live {
    filter: StreamFilter,
    entries: HashMap<ProcessName, Entry>,
}

struct Entry {
    run: RunDir,
    follower: Follower,
    flushed: bool,
}

/// Whether there is more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// A turn was used up: come back at once.
    More,
    /// Bytes are there that cannot be told yet: come back soon, even if nobody calls.
    Soon,
    /// All was printed: come back when something happens.
    Idle,
}

impl Live {
    /// Follows nothing so far.
    pub fn new(filter: StreamFilter) -> Self {
        Self { filter, entries: HashMap::new() }
    }

    /// Goes on where `sources` ended.
    pub fn after(filter: StreamFilter, sources: Vec<Source>) -> Self {
        let mut live = Self::new(filter);
        for source in sources {
            let (run, follower) = source.follow(filter);
            live.entries.insert(run.name.clone(), Entry { run, follower, flushed: false });
        }
        live
    }

    /// Follows a run from its end on, not from its beginning.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn skip(&mut self, run: &RunDir) -> io::Result<()> {
        let reader = LogReader::open(&run.dir)?;
        let end = reader.end();
        let follower = Follower::new(reader, end, self.filter);
        self.entries.insert(run.name.clone(), Entry { run: run.clone(), follower, flushed: false });
        Ok(())
    }

    /// Prints what is new in these runs. A run not seen before is printed from its beginning.
    ///
    /// # Errors
    /// What the disk or the sink answers.
    pub fn print(&mut self, runs: &[RunDir], printer: &mut Printer, sink: &mut impl Write) -> io::Result<Pace> {
        let mut pace = Pace::Idle;
        for run in runs {
            let one = self.print_run(run, printer, sink)?;
            pace = match (pace, one) {
                (Pace::More, _) | (_, Pace::More) => Pace::More,
                (Pace::Soon, _) | (_, Pace::Soon) => Pace::Soon,
                (Pace::Idle, Pace::Idle) => Pace::Idle,
            };
        }
        Ok(pace)
    }

    fn print_run(&mut self, run: &RunDir, printer: &mut Printer, sink: &mut impl Write) -> io::Result<Pace> {
        let filter = self.filter;
        if let Some(old) = self.entries.get_mut(&run.name).filter(|entry| entry.run.no < run.no) {
            // A new run began: the last words of the one before come first.
            old.flush(printer, sink)?;
            printer.note(sink, Some(&run.name), &format!("── run {} ──", run.no))?;
            self.entries.remove(&run.name);
        }
        let entry = match self.entries.entry(run.name.clone()) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let reader = LogReader::open(&run.dir)?;
                let start = reader.start();
                let follower = Follower::new(reader, start, filter);
                place.insert(Entry { run: run.clone(), follower, flushed: false })
            }
        };
        if entry.flushed || entry.run.no != run.no {
            return Ok(Pace::Idle);
        }
        if run.over {
            entry.flush(printer, sink)?;
            return Ok(Pace::Idle);
        }
        if run.log_end.is_some_and(|end| end <= entry.follower.offset()) {
            return Ok(Pace::Idle);
        }
        entry.turn(printer, sink)
    }
}

impl Entry {
    fn turn(&mut self, printer: &mut Printer, sink: &mut impl Write) -> io::Result<Pace> {
        let lines = self.follower.next_lines(TURN)?;
        self.mention_skipped(printer, sink)?;
        for line in &lines {
            printer.line(sink, &self.run, line)?;
        }
        let undescribed = self.follower.reader().indexed_end()? < self.follower.reader().end();
        Ok(match lines.len() {
            TURN => Pace::More,
            _ if undescribed => Pace::Soon,
            _ => Pace::Idle,
        })
    }

    /// The run is over: what is left of it, an unfinished line too.
    fn flush(&mut self, printer: &mut Printer, sink: &mut impl Write) -> io::Result<()> {
        while !self.flushed {
            let lines = self.follower.flush(TURN)?;
            self.mention_skipped(printer, sink)?;
            for line in &lines {
                printer.line(sink, &self.run, line)?;
            }
            self.flushed = lines.is_empty();
        }
        Ok(())
    }

    fn mention_skipped(&mut self, printer: &mut Printer, sink: &mut impl Write) -> io::Result<()> {
        match self.follower.take_skipped() {
            0 => Ok(()),
            bytes => printer.note(sink, Some(&self.run.name), &format!("── {bytes} bytes were rotated away unread ──")),
        }
    }
}

/// Waits until there may be something new to print; false when the supervisor has gone.
pub async fn grown(watch: &mut watch::Receiver<Arc<Snapshot>>, pace: Pace) -> bool {
    match pace {
        Pace::More => true,
        Pace::Soon => timeout(SOON, watch.changed()).await.map_or(true, |changed| changed.is_ok()),
        Pace::Idle => {
            let alive = watch.changed().await.is_ok();
            if alive {
                sleep(REST).await;
            }
            alive
        }
    }
}
