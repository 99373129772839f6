//! What was printed so far, of one or of many processes, in the order of time.

use std::collections::VecDeque;
use std::io::{self, Write};

use super::{Printer, RunDir};
use crate::domain::{ProcessName, Timestamp};
use crate::logs::follow::Follower;
use crate::logs::lines::{Line, LineEnd, StreamFilter};
use crate::logs::reader::LogReader;

/// Lines read at a time.
const PAGE: usize = 512;

/// One log that is being read towards the end it had when it was opened.
pub struct Source {
    /// Whose.
    pub run: RunDir,
    reader: LogReader,
    at: u64,
    end: u64,
    waiting: VecDeque<Line>,
    /// The time of the last line with a time: one without stands beside it.
    time: Timestamp,
}

impl Source {
    /// The last `n` lines of a run, or all.
    ///
    /// # Errors
    /// What the system answers; a missing log is empty.
    pub fn open(run: RunDir, n: Option<usize>, filter: StreamFilter) -> io::Result<Self> {
        let mut reader = LogReader::open(&run.dir)?;
        let end = reader.end();
        let at = match n {
            Some(n) => reader.seek_back(end, n, filter)?,
            None => reader.start(),
        };
        Ok(Self { run, reader, at, end, waiting: VecDeque::new(), time: Timestamp(0) })
    }

    /// The place where this source stopped, to be followed from there.
    pub fn follow(self, filter: StreamFilter) -> (RunDir, Follower) {
        (self.run, Follower::new(self.reader, self.at, filter))
    }

    fn fill(&mut self, filter: StreamFilter, leave_open: bool) -> io::Result<()> {
        if !self.waiting.is_empty() || self.at >= self.end {
            return Ok(());
        }
        let page = self.reader.page_forward(self.at, PAGE, filter)?;
        self.at = page.end;
        self.waiting = page.lines.into();
        if leave_open && let Some(open) = self.waiting.pop_back_if(|line| line.end == LineEnd::Open) {
            (self.at, self.end) = (open.offset, open.offset);
        }
        Ok(())
    }

    fn time(&self) -> Option<Timestamp> {
        self.waiting.front().map(|line| line.time.unwrap_or(self.time))
    }
}

/// Prints all lines of all sources in the order of their times; with `leave_open` an unfinished last line is left to whoever
/// follows.
///
/// # Errors
/// What the disk or the sink answers.
pub fn print(
    sources: &mut [Source],
    filter: StreamFilter,
    leave_open: bool,
    printer: &mut Printer,
    sink: &mut impl Write,
) -> io::Result<()> {
    let mut unfinished: Option<usize> = None;
    loop {
        for source in &mut *sources {
            source.fill(filter, leave_open)?;
        }
        // The pieces of one line stay together.
        let same = unfinished.filter(|index| !sources[*index].waiting.is_empty());
        let next = same.or_else(|| {
            let timed = sources.iter().enumerate().filter_map(|(index, source)| Some((source.time()?, index)));
            timed.min().map(|(_, index)| index)
        });
        let Some(index) = next else { return Ok(()) };
        let source = &mut sources[index];
        source.time = source.time().unwrap_or(source.time);
        let Some(line) = source.waiting.pop_front() else { return Ok(()) };
        unfinished = (line.end == LineEnd::Cut).then_some(index);
        printer.line(sink, &source.run, &line)?;
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

/// The names of these runs.
pub fn names(sources: &[Source]) -> impl Iterator<Item = ProcessName> + '_ {
    sources.iter().map(|source| source.run.name.clone())
}
