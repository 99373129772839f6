//! What was printed so far, of one or of many processes, in the order of time.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::found::Found;
use super::printer::Role;
use super::slice::Slice;
use super::wanted::{Shown, Wanted};
use super::{Printer, RunDir};
use crate::cli::print::{clean, figures};
use crate::domain::{ProcessName, RunNo, Timestamp};
use crate::logs::lines::{LineEnd, StreamFilter};
use crate::logs::merge::{Head, Merge, Next, Sequence};
use crate::logs::reader::LogReader;
use crate::wire::layout::RECORD;
use crate::wire::record::{Record, RecordState};

/// Lines read at a time.
const PAGE: usize = 512;

/// The runs of one process that are being read towards the end they had.
#[derive(Debug)]
pub struct Source {
    wanted: Arc<Wanted>,
    /// Opened only when their turn comes: a process may have many.
    ahead: VecDeque<Ahead>,
    reading: Option<Reading>,
    waiting: VecDeque<Shown>,
    /// The run that is read.
    run: RunDir,
    is_followed: bool,
    /// The end of what was read of the last run.
    end: u64,
    /// The run's mark is still to be printed.
    is_new: bool,
    /// Some of the run was shown.
    has_shown: bool,
    /// The time of the last line with a time: one without stands beside it.
    time: Timestamp,
    /// The last line was a piece of one that goes on.
    is_cut: bool,
}

#[derive(Debug)]
enum Ahead {
    Run(RunDir),
    Slice(Slice),
}

#[derive(Debug)]
enum Reading {
    All { reader: LogReader, at: u64, until: u64 },
    Found(Box<Found>),
}

impl Source {
    /// What is wanted of these runs of one process, given oldest first. The last of them may be followed afterwards.
    ///
    /// # Errors
    /// What the system answers; a missing log is empty.
    pub fn open(runs: Vec<RunDir>, wanted: &Arc<Wanted>, is_followed: bool) -> io::Result<Option<Self>> {
        let Some(last) = runs.last().cloned() else { return Ok(None) };
        let mut source = Self {
            wanted: wanted.clone(),
            ahead: VecDeque::new(),
            reading: None,
            waiting: VecDeque::new(),
            run: last,
            is_followed,
            end: 0,
            is_new: false,
            has_shown: false,
            time: Timestamp(0),
            is_cut: false,
        };
        let Some(mut left) = wanted.last else {
            source.ahead = runs.into_iter().map(Ahead::Run).collect();
            return Ok(Some(source));
        };
        for (index, run) in runs.into_iter().rev().enumerate() {
            if left == 0 && index > 0 {
                break;
            }
            let mut slice = Slice::open(run, wanted, is_followed && index == 0)?;
            left -= slice.keep_last(left, wanted)?;
            source.ahead.push_front(Ahead::Slice(slice));
        }
        Ok(Some(source))
    }

    /// Whose runs they are.
    pub const fn name(&self) -> &ProcessName {
        &self.run.name
    }

    /// How many lines match.
    ///
    /// # Errors
    /// What the disk answers.
    pub fn count(mut self) -> io::Result<u64> {
        let mut count = 0;
        while self.begin_next()? {
            if let Some(Reading::Found(found)) = self.reading.take() {
                count += found.count()?;
            }
        }
        Ok(count)
    }

    /// The last run, where this source stopped in it, and whether any of it was shown.
    pub fn into_end(self) -> (RunDir, u64, bool) {
        (self.run, self.end, self.has_shown)
    }

    /// Opens the next run; false when there is none.
    fn begin_next(&mut self) -> io::Result<bool> {
        let slice = match self.ahead.pop_front() {
            None => return Ok(false),
            Some(Ahead::Run(run)) => Slice::open(run, &self.wanted, self.is_followed && self.ahead.is_empty())?,
            Some(Ahead::Slice(slice)) => slice,
        };
        (self.run, self.end, self.is_new) = (slice.run.clone(), slice.until, true);
        self.has_shown = false;
        self.reading = Some(match &self.wanted.sought {
            None => Reading::All { at: slice.from, until: slice.until, reader: slice.reader },
            Some(sought) => Reading::Found(Box::new(Found::new(slice, sought.clone(), self.wanted.filter)?)),
        });
        Ok(true)
    }

    fn fill(&mut self) -> io::Result<()> {
        while self.waiting.is_empty() {
            let Self { waiting, reading, wanted, .. } = self;
            match reading {
                None => {
                    if !self.begin_next()? {
                        return Ok(());
                    }
                }
                Some(Reading::All { reader, at, until }) if *at < *until => {
                    let page = reader.page_forward(*at, PAGE, wanted.filter)?;
                    // A page that ends where it began would never end: the log has become shorter under us.
                    *at = if page.end > *at { page.end } else { *until };
                    let wanted = page.lines.into_iter().filter(|line| line.offset < *until);
                    waiting.extend(wanted.map(|line| Shown::Line(line, Role::Line)));
                }
                Some(Reading::All { .. }) => *reading = None,
                Some(Reading::Found(found)) => {
                    if !found.next(|shown| waiting.push_back(shown))? {
                        *reading = None;
                    }
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, shown: Shown, marks: Marks, printer: &mut Printer, sink: &mut impl Write) -> io::Result<()> {
        self.has_shown = true;
        if std::mem::take(&mut self.is_new) && marks.runs {
            printer.note(sink, Some(&self.run.name), &format!("{}{}", run_mark(self.run.no), known_of(&self.run)))?;
        }
        match shown {
            Shown::Gap if marks.gaps => printer.note(sink, None, "--"),
            Shown::Gap => Ok(()),
            Shown::Line(line, role) => printer.line(sink, &self.run, &line, role),
        }
    }

    /// The time of what comes next, which is `first`.
    fn time_of(&self, first: &Shown) -> Timestamp {
        if self.is_cut {
            // The pieces of one line stay together.
            return self.time;
        }
        let next = std::iter::once(first).chain(self.waiting.iter().skip(1)).find_map(|shown| match shown {
            Shown::Line(line, _) => Some(line.time),
            Shown::Gap => None,
        });
        // A clock that was set back does not turn a process's own lines round.
        next.flatten().unwrap_or(self.time).max(self.time)
    }
}

impl Sequence for Source {
    type Key = Timestamp;
    type Item = Shown;
    type Fault = io::Error;

    fn head(&self) -> Head<Timestamp> {
        match self.waiting.front() {
            Some(first) => Head::Item(self.time_of(first)),
            None if self.reading.is_none() && self.ahead.is_empty() => Head::End,
            None => Head::Bound(self.time),
        }
    }

    fn take(&mut self) -> Option<Shown> {
        self.time = self.time_of(self.waiting.front()?);
        let taken = self.waiting.pop_front()?;
        self.is_cut = matches!(&taken, Shown::Line(line, Role::Line) if line.end == LineEnd::Cut);
        Some(taken)
    }

    fn look(&mut self) -> io::Result<()> {
        self.fill()
    }
}

/// What is printed besides the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// A line where another run begins.
    pub runs: bool,
    /// A line where lines were left out.
    pub gaps: bool,
}

/// What was printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Lines, and places where some were left out.
    pub all: u64,
    /// How many of them were looked for.
    pub matches: u64,
}

/// Prints all lines of all sources in the order of their times.
///
/// # Errors
/// What the disk or the sink answers.
pub fn print(
    sources: &mut [Source],
    marks: Marks,
    printer: &mut Printer,
    sink: &mut impl Write,
) -> io::Result<Printed> {
    let (mut merge, mut count) = (Merge::new(sources), Printed::default());
    while let Next::Item(at, shown) = merge.next(sources, &mut || true)? {
        count.all += 1;
        count.matches += u64::from(matches!(shown, Shown::Line(_, Role::Match)));
        sources[at].print(shown, marks, printer, sink)?;
    }
    Ok(count)
}

/// The line between the output of two runs.
pub fn run_mark(no: RunNo) -> String {
    format!("── run {no} ──")
}

/// When a run began and how it ended, as far as its record knows.
fn known_of(run: &RunDir) -> String {
    let bytes = std::fs::read(run.dir.join(RECORD)).unwrap_or_default();
    let Ok(record) = Record::read(&bytes) else { return String::new() };
    let began = figures::clock(Timestamp(record.started_at), Timestamp(0), &TimeZone::system());
    match record.state {
        RecordState::Exited(exit) | RecordState::Emptied { exit, .. } => {
            format!(" {began} ── {}, by {}", exit.status, exit.by)
        }
        RecordState::Failed(failure) => format!(" it could not be started: {}", clean(&failure.message)),
        RecordState::Running => format!(" {began}"),
        RecordState::Launching => String::new(),
    }
}

/// Everything that one stream of a run said, byte by byte.
///
/// # Errors
/// What the disk answers.
pub fn bytes(run: &RunDir, filter: StreamFilter) -> io::Result<Vec<u8>> {
    let mut reader = LogReader::open(&run.dir)?;
    let (mut at, end, mut bytes) = (reader.start(), reader.end(), Vec::new());
    while at < end {
        let page = reader.page_forward(at, PAGE, filter)?;
        for line in &page.lines {
            bytes.extend_from_slice(&line.bytes);
            if line.end == LineEnd::Newline {
                bytes.push(b'\n');
            }
        }
        at = page.end.max(at + 1);
    }
    Ok(bytes)
}
