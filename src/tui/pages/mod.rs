//! Pages of a log, read and made drawable away from the screen's task.
//!
//! The readers of one process are kept open for the log in view. Called by the loop on a thread where waiting for a disk is
//! allowed.

mod drawable;
mod history;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::RunNo;
use crate::logs::lines::{Line, LineEnd, StreamFilter};

use super::page::{Anchor, LineKind, LogLine, Page, PageRequest, Place, Source};
use history::{History, Stretch};

/// Reads pages. Cheap to clone.
#[derive(Clone, Default)]
pub struct Pages(Arc<Mutex<Option<History>>>);

impl Pages {
    /// Reads one page.
    ///
    /// # Errors
    /// What the system says; a log that is not there yet is empty.
    pub fn read(&self, request: &PageRequest) -> io::Result<Page> {
        self.with(&request.source, |history| page(history, request))
    }

    fn with<T>(&self, source: &Source, work: impl FnOnce(&mut History) -> io::Result<T>) -> io::Result<T> {
        // Readers left behind by a panic are replaced below where they do not fit, and refreshed anyway.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut history = match kept.take() {
            Some(history) if history.is_of(source) => history,
            Some(_) | None => History::open(source)?,
        };
        history.refresh(source)?;
        let answer = work(&mut history);
        *kept = Some(history);
        answer
    }
}

fn page(history: &mut History, request: &PageRequest) -> io::Result<Page> {
    let (rows, streams) = (request.rows, request.look.streams);
    let mut target = None;
    let stretch = match request.anchor {
        Anchor::End => history.back(history.end(), rows, streams)?,
        Anchor::Before(place) => history.back(place, rows, streams)?,
        Anchor::From(place) => history.forward(place, rows, streams)?,
        Anchor::Around(wanted) => {
            let place = history.resolve(wanted)?;
            let before = history.back(place, rows, streams)?;
            let after = history.forward(place, rows * 2, streams)?;
            target = Some(place);
            Stretch { lines: [before.lines, after.lines].concat(), start: before.start, end: after.end }
        }
    };
    let mut lines = drawable::drawable(&stretch.lines);
    if request.look.numbers {
        number(history, &stretch.lines, &mut lines, streams)?;
    }
    let settled = match request.anchor {
        Anchor::Before(_) => stretch.end,
        Anchor::End | Anchor::From(_) | Anchor::Around(_) => history.settled(&stretch),
    };
    let runs = history.spans();
    let newest = runs.last().map(|span| span.no);
    for span in runs.iter().skip(1) {
        let at = Place { run: span.no, offset: span.start };
        let is_last = at == stretch.end && Some(span.no) == newest && !matches!(request.anchor, Anchor::Before(_));
        if at >= stretch.start && (at < stretch.end || is_last) {
            let before = lines.partition_point(|line| line.at < at);
            lines.insert(before, LogLine::inserted(at, LineKind::Boundary));
        }
    }
    Ok(Page { lines, start: stretch.start, end: settled, seen: stretch.end, target, runs })
}

/// Gives each line its number in its run.
fn number(
    history: &mut History,
    read: &[(RunNo, Line)],
    lines: &mut [LogLine],
    streams: StreamFilter,
) -> io::Result<()> {
    let mut next: Option<(Place, u64)> = None;
    for ((run, line), drawn) in read.iter().zip(lines) {
        let known = next.filter(|(place, _)| *place == drawn.at && streams == StreamFilter::All);
        let number = match known {
            Some((_, number)) => number,
            None => history.run(*run).map_or(Ok(0), |run| run.reader.lines_before(line.offset))? + 1,
        };
        drawn.number = Some(number);
        next = Some((drawn.end(), number + u64::from(line.end == LineEnd::Newline)));
    }
    Ok(())
}
