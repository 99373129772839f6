//! Following the output of many processes, over their restarts, in the order of time.
//!
//! Told which runs there are by whoever knows (snapshots or directories); remembers how far each was printed.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::history::{Source, run_mark};
use super::printer::Role;
use super::wanted::{Shown, Sieve, Sought};
use super::{Printer, RunDir};
use crate::domain::{ProcessName, RunNo, Timestamp};
use crate::logs::follow::Follower;
use crate::logs::lines::{Line, LineEnd, StreamFilter};
use crate::logs::merge::{Head, Merge, Next, Sequence};
use crate::logs::reader::LogReader;
use crate::logs::runs::{facts, kept};
use crate::platform::clock;

/// Lines of one process before the next gets its turn.
const TURN: usize = 512;
/// How soon to look again at bytes that could not be told yet.
const SOON: Duration = Duration::from_millis(50);
/// At most so often while told of growth.
const REST: Duration = Duration::from_millis(20);
/// So long a line is held back where several processes are followed: an older one may be on its way into another log.
const HOLD: Duration = Duration::from_millis(20);
/// So many runs are all looked at when one has grown: the news of the others may still be on its way, and their lines earlier.
const LOOKED_AT: usize = 16;

/// What is followed, and how far it was printed.
pub struct Live {
    filter: StreamFilter,
    sought: Option<Sought>,
    entries: HashMap<ProcessName, Entry>,
    /// When following began.
    since: Timestamp,
    found: u64,
}

struct Entry {
    run: Arc<RunDir>,
    follower: Follower,
    flushed: bool,
    sieve: Option<Sieve>,
    /// Read, and not printed because another process may have something earlier.
    waiting: VecDeque<(Timestamp, Arc<RunDir>, Item)>,
    /// The time of the last line that was read.
    last: Timestamp,
    /// There may be more to read at once.
    more: bool,
}

/// Something to print.
enum Item {
    Note(String),
    Shown(Shown),
}

/// Whether there is more to do at once: of several logs, what the most urgent one says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// All was printed: come back when something happens.
    Idle,
    /// Bytes are there that cannot be told yet: come back soon, even if nobody calls.
    Soon,
    /// A turn was used up: come back at once.
    More,
}

impl Live {
    /// Follows nothing so far.
    pub fn new(filter: StreamFilter) -> Self {
        Self { filter, sought: None, entries: HashMap::new(), since: clock::now(), found: 0 }
    }

    /// Shows only what is looked for.
    pub fn seeking(mut self, sought: Option<Sought>) -> Self {
        self.sought = sought;
        self
    }

    /// Goes on where `source` ended.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn go_on_after(&mut self, source: Source) -> io::Result<()> {
        let (run, end, has_shown) = source.into_end();
        let mut reader = LogReader::open(&run.dir)?;
        let sieve = match self.sought.clone() {
            Some(sought) => {
                // What stands around a match may lie on both sides of this moment, and one line more tells whether some were left out.
                let seen = reader.page_back(end, sought.before + sought.after + 1, self.filter)?.lines;
                Some(Sieve::after(sought, seen, has_shown))
            }
            None => None,
        };
        self.follow(run, Follower::new(reader, end, self.filter), sieve);
        Ok(())
    }

    /// Follows a run from its end on, not from its beginning.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn skip(&mut self, run: &RunDir) -> io::Result<()> {
        let reader = LogReader::open(&run.dir)?;
        let end = reader.end();
        self.follow(run.clone(), Follower::new(reader, end, self.filter), self.sieve());
        Ok(())
    }

    /// Lines printed that were looked for.
    pub const fn found(&self) -> u64 {
        self.found
    }

    /// Prints what is new in these runs. A run not seen before is printed from its beginning.
    ///
    /// # Errors
    /// What the disk or the sink answers.
    pub fn print(&mut self, runs: &[RunDir], printer: &mut Printer, sink: &mut impl Write) -> io::Result<Pace> {
        // Each log is read after this: what was young now may have been overtaken while others were read.
        let begun = clock::now();
        let mut pace = Pace::Idle;
        for run in runs {
            pace = pace.max(self.read(run, runs.len() <= LOOKED_AT)?);
        }
        let unread = self.entries.values().filter(|entry| entry.more).map(|entry| entry.last).min();
        let young = if self.entries.len() > 1 { young_from(begun) } else { None };
        self.print_until(unread.into_iter().chain(young).min(), printer, sink)?;
        let is_held = self.entries.values().any(|entry| !entry.waiting.is_empty());
        Ok(if is_held { pace.max(Pace::Soon) } else { pace })
    }

    /// Prints what is held back for the sake of order: nothing else will come.
    ///
    /// # Errors
    /// What the sink answers.
    pub fn print_rest(&mut self, printer: &mut Printer, sink: &mut impl Write) -> io::Result<()> {
        self.print_until(None, printer, sink)
    }

    /// Shows an unfinished line, such as a prompt, where one process alone is followed and nothing is looked for.
    ///
    /// # Errors
    /// What the disk or the sink answers.
    pub fn glimpse(&mut self, printer: &mut Printer, sink: &mut impl Write) -> io::Result<()> {
        let mut entries = self.entries.values_mut();
        let (Some(entry), None, None) = (entries.next(), entries.next(), &self.sought) else { return Ok(()) };
        if entry.flushed || !entry.waiting.is_empty() {
            return Ok(());
        }
        match entry.follower.unfinished()? {
            Some(line) => printer.glimpse(sink, &entry.run, &line),
            None => Ok(()),
        }
    }

    fn sieve(&self) -> Option<Sieve> {
        self.sought.clone().map(Sieve::new)
    }

    fn follow(&mut self, run: RunDir, follower: Follower, sieve: Option<Sieve>) {
        let name = run.name.clone();
        let entry = Entry {
            run: Arc::new(run),
            follower,
            flushed: false,
            sieve,
            waiting: VecDeque::new(),
            last: Timestamp(0),
            more: false,
        };
        self.entries.insert(name, entry);
    }

    /// The first run of a process that came up while others were followed.
    fn first(&self, newest: &RunDir) -> RunDir {
        let is_new = |run: &RunDir| facts(&run.dir).started_at.is_some_and(|at| self.since <= at);
        kept_between(RunNo(0), newest).find(is_new).unwrap_or_else(|| newest.clone())
    }

    /// Reads what is new in one run, or what is left of those before it.
    fn read(&mut self, run: &RunDir, at_all: bool) -> io::Result<Pace> {
        if !self.entries.contains_key(&run.name) {
            let first = self.first(run);
            let reader = LogReader::open(&first.dir)?;
            let start = reader.start();
            self.follow(first, Follower::new(reader, start, self.filter), self.sieve());
        }
        let Some(entry) = self.entries.get_mut(&run.name) else { return Ok(Pace::Idle) };
        entry.more = false;
        while entry.run.no < run.no {
            // New runs began: the last words of the one before come first.
            if entry.flush()? {
                return Ok(Pace::More);
            }
            entry.begin_next(run, self.filter)?;
        }
        if entry.flushed || entry.run.no != run.no {
            return Ok(Pace::Idle);
        }
        if run.over {
            return Ok(if entry.flush()? { Pace::More } else { Pace::Idle });
        }
        if !at_all && run.log_end.is_some_and(|end| end <= entry.follower.offset()) {
            return Ok(Pace::Idle);
        }
        entry.turn()
    }

    /// Prints what was read in the order of time, up to where something earlier may still have to be read.
    fn print_until(
        &mut self,
        until: Option<Timestamp>,
        printer: &mut Printer,
        sink: &mut impl Write,
    ) -> io::Result<()> {
        let is_single = self.entries.len() == 1;
        let mut due: Vec<Due> = self.entries.values_mut().map(|entry| Due { entry, until }).collect();
        due.sort_unstable_by(|one, other| one.entry.run.name.cmp(&other.entry.run.name));
        let mut merge = Merge::new(&due);
        while let Ok(Next::Item(_, (_, run, item))) = merge.next(&mut due, &mut || true) {
            match item {
                Item::Note(text) => printer.note(sink, Some(&run.name), &text)?,
                Item::Shown(Shown::Gap) if is_single => printer.note(sink, None, "--")?,
                Item::Shown(Shown::Gap) => {}
                Item::Shown(Shown::Line(line, role)) => {
                    self.found += u64::from(role == Role::Match);
                    printer.line(sink, &run, &line, role)?;
                }
            }
        }
        Ok(())
    }
}

/// What of an entry may be printed.
struct Due<'a> {
    entry: &'a mut Entry,
    /// Not what is younger.
    until: Option<Timestamp>,
}

impl Sequence for Due<'_> {
    type Key = Timestamp;
    type Item = (Timestamp, Arc<RunDir>, Item);
    type Fault = Infallible;

    fn head(&self) -> Head<Timestamp> {
        let due = self.entry.waiting.front().filter(|(time, ..)| self.until.is_none_or(|until| *time <= until));
        due.map_or(Head::End, |(time, ..)| Head::Item(*time))
    }

    fn take(&mut self) -> Option<Self::Item> {
        self.entry.waiting.pop_front()
    }

    /// Everything that was read is here.
    fn look(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Entry {
    /// Reads a turn of complete lines.
    fn turn(&mut self) -> io::Result<Pace> {
        if self.waiting.len() >= TURN {
            self.more = true;
            return Ok(Pace::More);
        }
        let lines = self.follower.next_lines(TURN)?;
        self.more = lines.len() == TURN;
        self.take(lines);
        let undescribed = self.follower.reader().indexed_end()? < self.follower.reader().end();
        Ok(match self.more {
            true => Pace::More,
            false if undescribed => Pace::Soon,
            false => Pace::Idle,
        })
    }

    /// The run is over: reads a turn of what is left of it, an unfinished line too. False when nothing is left.
    fn flush(&mut self) -> io::Result<bool> {
        if !self.flushed && self.waiting.len() < TURN {
            let mut lines = self.follower.flush(TURN)?;
            self.flushed = lines.is_empty();
            if let Some(last) = lines.last_mut().filter(|last| last.end == LineEnd::Open) {
                // Nothing will complete it any more.
                last.end = LineEnd::Newline;
            }
            self.take(lines);
        }
        self.more = !self.flushed;
        Ok(self.more)
    }

    /// Goes on with the next run that is kept, up to the newest. What nobody can read any more is told.
    fn begin_next(&mut self, newest: &RunDir, filter: StreamFilter) -> io::Result<()> {
        if !self.run.dir.exists() {
            self.note(format!("── run {} was removed; its end may be missing here ──", self.run.no));
        }
        let next = kept_between(self.run.no, newest).next().unwrap_or_else(|| newest.clone());
        match next.no.0 - self.run.no.0 {
            0 | 1 => {}
            2 => self.note(format!("── run {} was removed unread ──", self.run.no.0 + 1)),
            _ => self.note(format!("── runs {} to {} were removed unread ──", self.run.no.0 + 1, next.no.0 - 1)),
        }
        let reader = LogReader::open(&next.dir)?;
        let start = reader.start();
        self.note(run_mark(next.no));
        (self.run, self.follower, self.flushed) = (Arc::new(next), Follower::new(reader, start, filter), false);
        self.sieve = self.sieve.take().map(Sieve::anew);
        Ok(())
    }

    fn take(&mut self, lines: Vec<Line>) {
        match self.follower.take_skipped() {
            0 => {}
            bytes => self.note(format!("── {bytes} bytes were rotated away unread ──")),
        }
        let now = clock::now();
        let mut is_cut = false;
        for line in lines {
            // The pieces of one line stay together; a clock that was set back turns nothing round and holds nothing up.
            self.last = line.time.filter(|_| !is_cut).unwrap_or(self.last).min(now).max(self.last);
            is_cut = line.end == LineEnd::Cut;
            let Self { sieve, waiting, run, last, .. } = self;
            let mut push = |shown| waiting.push_back((*last, run.clone(), Item::Shown(shown)));
            match sieve {
                Some(sieve) => sieve.pass(line, push),
                None => push(Shown::Line(line, Role::Line)),
            }
        }
    }

    fn note(&mut self, text: String) {
        self.waiting.push_back((self.last, self.run.clone(), Item::Note(text)));
    }
}

/// The runs after this one and before the newest that can still be read, oldest first.
fn kept_between(no: RunNo, newest: &RunDir) -> impl Iterator<Item = RunDir> + use<'_> {
    let process = newest.dir.parent().filter(|_| newest.no.0 > no.0 + 1);
    let kept = process.and_then(|dir| kept(dir).ok()).unwrap_or_default();
    let between = kept.into_iter().filter(move |(kept, _)| no < *kept && *kept < newest.no);
    between.map(|(no, dir)| RunDir { name: newest.name.clone(), no, dir, over: true, log_end: None })
}

/// Lines that are younger than this are held back.
fn young_from(now: Timestamp) -> Option<Timestamp> {
    now.millis().checked_sub(HOLD.as_millis() as u64).map(Timestamp)
}

/// Waits until there may be something new to print; false when the supervisor has gone. The others of the thread get their turn
/// in any case: time limits pass, and news of the supervisor come in, while a process floods.
pub async fn grown<T>(watch: &mut watch::Receiver<T>, pace: Pace) -> bool {
    match pace {
        Pace::More => {
            yield_now().await;
            true
        }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::tails::legible::Form;
    use crate::logs::lines::Stream;
    use crate::logs::segment::{Limits, Writer};
    use crate::wire::layout::{INDEX, LOG, run_dir};

    /// A run that has printed this.
    fn run(process: &Path, no: u32, text: &str) -> RunDir {
        let dir = process.join(run_dir(RunNo(no)));
        std::fs::create_dir_all(&dir).unwrap();
        let limits = Limits { segment_bytes: 1 << 20, segments: 4 };
        Writer::create(dir.join(LOG), dir.join(INDEX), limits).unwrap().append(1, Stream::Stdout, text.as_bytes());
        RunDir { name: ProcessName::new("a").unwrap(), no: RunNo(no), dir, over: false, log_end: None }
    }

    fn printed(live: &mut Live, newest: &RunDir) -> Vec<String> {
        let mut printer = Printer::new((crate::cli::print::Paint::new(false), Form::File), None, StreamFilter::All);
        let mut text = Vec::new();
        while live.print(std::slice::from_ref(newest), &mut printer, &mut text).unwrap() == Pace::More {}
        String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_kept_run_between_two_looks_is_printed_and_those_removed_are_told() {
        let process = tempfile::tempdir().unwrap();
        let mut live = Live::new(StreamFilter::All);
        let first = run(process.path(), 1, "one\n");
        assert_eq!(printed(&mut live, &first), ["one"]);
        for no in [2, 5] {
            run(process.path(), no, &format!("of {no}\nno newline"));
        }
        let newest = run(process.path(), 8, "newest\n");
        let expected = [
            "── run 2 ──",
            "of 2",
            "no newline",
            "── runs 3 to 4 were removed unread ──",
            "── run 5 ──",
            "of 5",
            "no newline",
            "── runs 6 to 7 were removed unread ──",
            "── run 8 ──",
            "newest",
        ];
        assert_eq!(printed(&mut live, &newest), expected);
    }

    #[test]
    // Elsewhere nobody removes what is being read.
    #[cfg(unix)]
    fn a_run_that_is_removed_while_it_is_printed_is_told() {
        let process = tempfile::tempdir().unwrap();
        let mut live = Live::new(StreamFilter::All);
        let first = run(process.path(), 8, "first\n");
        assert_eq!(printed(&mut live, &first), ["first"]);
        std::fs::remove_dir_all(&first.dir).unwrap();
        let after = run(process.path(), 10, "after\n");
        let expected = [
            "── run 8 was removed; its end may be missing here ──",
            "── run 9 was removed unread ──",
            "── run 10 ──",
            "after",
        ];
        assert_eq!(printed(&mut live, &after), expected);
    }

    #[test]
    fn the_unfinished_last_line_of_a_run_that_is_over_is_printed_as_a_line() {
        let process = tempfile::tempdir().unwrap();
        let mut live = Live::new(StreamFilter::Stdout);
        let first = run(process.path(), 1, "abc");
        assert_eq!(printed(&mut live, &first), [""; 0], "it may go on");
        assert_eq!(printed(&mut live, &RunDir { over: true, ..first }), ["abc"]);
    }
}
