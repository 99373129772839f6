//! Pages of a log, read and made drawable away from the screen's task.
//!
//! The readers of one process are kept open for the log in view. Called by the loop on a thread where waiting for a disk is
//! allowed.

mod book;
mod count;
mod drawable;
mod excerpt;
mod filtered;
mod find;
mod history;
mod json;
mod levels;
mod merged;
mod progress;
mod survey;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::logs::level::Level;
use crate::logs::lines::{Line, LineEnd, StreamFilter};
use crate::logs::pattern::Pattern;
use crate::logs::search::Direction;
use crate::logs::{clear, disk};

use super::message::Msg;
use super::model::disk::Taken;
use super::page::{
    Aim, Anchor, CountRequest, Counted, Excerpt, FindRequest, Found, Job, LineKind, LogLine, Look, Page, PageRequest,
    Place, Span, Subject,
};
use book::Book;
use count::Count;
use filtered::PAGE_AT_MOST;
use find::Find;
use history::{History, Stretch};
use levels::LevelCounts;
use survey::Survey;

/// So long counting errors and warnings takes at a time. It is asked for once a second, so this is its share of a core,
/// however much is printed.
const LEVELS_AT_MOST: Duration = Duration::from_millis(60);

/// Reads, finds and counts. Cheap to clone.
#[derive(Clone, Default)]
pub struct Pages {
    open: Arc<Mutex<Option<Book>>>,
    count: Arc<Mutex<Option<Count>>>,
    /// The find that is still wanted, and the search whose count is. Written when a job is announced, read between slices.
    wanted_find: Arc<AtomicU64>,
    wanted_count: Arc<AtomicU64>,
    wanted_survey: Arc<AtomicU64>,
    levels: Arc<Mutex<LevelCounts>>,
    /// Nobody waits for anything any more.
    is_stopped: Arc<AtomicBool>,
}

impl Pages {
    /// A job is about to be performed on another thread: whatever it replaces is called off at once.
    pub fn announce(&self, job: &Job) {
        match job {
            Job::Page(_)
            | Job::Copy(_)
            | Job::CopyError(_)
            | Job::Save(_)
            | Job::Print(_)
            | Job::Levels(_)
            | Job::DiskUse(_)
            | Job::Clear(_) => {}
            Job::Survey(request) => self.wanted_survey.store(request.ticket, Ordering::SeqCst),
            Job::StopSurvey => self.wanted_survey.store(0, Ordering::SeqCst),
            Job::Find(request) => self.wanted_find.store(request.ticket, Ordering::SeqCst),
            Job::StopFind => self.wanted_find.store(0, Ordering::SeqCst),
            Job::Count(request) => self.wanted_count.store(request.id, Ordering::SeqCst),
            Job::StopCount => self.wanted_count.store(0, Ordering::SeqCst),
        }
    }

    /// Calls everything off: nobody waits for it any more.
    pub fn stop(&self) {
        self.announce(&Job::StopFind);
        self.announce(&Job::StopCount);
        self.announce(&Job::StopSurvey);
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    /// Does a job that was announced, and sends what comes of it.
    pub fn perform(&self, job: Job, send: &mut dyn FnMut(Msg)) {
        match job {
            Job::Page(request) => {
                let page = self.read(&request);
                send(Msg::Page(request, page));
            }
            Job::Find(request) => {
                let ticket = request.ticket;
                let found = self.find(&request, &mut |percent| send(Msg::Finding(ticket, percent)));
                send(Msg::Found(ticket, found));
            }
            Job::Count(request) => match self.count(&request, &mut |so_far| send(Msg::Counted(Ok(so_far)))) {
                Ok(counted) => counted.into_iter().for_each(|counted| send(Msg::Counted(Ok(counted)))),
                Err(error) => send(Msg::Counted(Err((request.id, error)))),
            },
            Job::StopFind | Job::StopSurvey => {}
            Job::Levels(sources) => {
                let is_over = || self.is_stopped.load(Ordering::SeqCst);
                let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
                send(Msg::Levels(levels.go_on(&sources, LEVELS_AT_MOST, &is_over)));
            }
            Job::Clear(source) => {
                let cleared = clear::clear(source.process_dir(), None);
                // Files that are open could be read although they are gone.
                *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
                send(Msg::Cleared(source.name, cleared));
            }
            Job::DiskUse(source) => {
                let (bytes, runs) = disk::usage_of_runs(source.process_dir());
                send(Msg::DiskUse(source.name, Taken { bytes, runs }));
            }
            Job::Print(request) => {
                let printed = self.with(&request.subject, |book| excerpt::print(book, &request));
                send(Msg::Printed(request.viewer, printed));
            }
            Job::CopyError(subject) => {
                let excerpt = self.last_error(&subject);
                send(Msg::Excerpt(excerpt));
            }
            Job::Save(request) => {
                let saved = self.with(&request.what.subject, |book| excerpt::save(book, &request));
                send(Msg::Saved(request, saved));
            }
            Job::Survey(request) => {
                let Ok(pattern) = request.wanted.compile() else { return };
                let is_over = || self.wanted_survey.load(Ordering::SeqCst) != request.ticket;
                let survey = Survey::new(&request, pattern);
                let found = survey.run(&is_over, &mut |so_far| send(Msg::Surveyed(so_far)));
                if let Some(found) = found {
                    send(Msg::Surveyed(found));
                }
            }
            Job::Copy(request) => {
                let excerpt = self.with(&request.subject, |book| excerpt::excerpt(book, &request));
                send(Msg::Excerpt(excerpt));
            }
            Job::StopCount => {
                let mut kept = self.count.lock().unwrap_or_else(PoisonError::into_inner);
                // Unless another search has begun meanwhile.
                kept.take_if(|_| self.wanted_count.load(Ordering::SeqCst) == 0);
            }
        }
    }

    fn find(&self, request: &FindRequest, report: &mut dyn FnMut(u8)) -> io::Result<Found> {
        let pattern = match &request.aim {
            Aim::Match(wanted) => wanted.compile().map_err(|fault| io::Error::other(fault.to_string()))?,
            Aim::Level(level) => Pattern::level(*level),
        };
        let is_over = || self.wanted_find.load(Ordering::SeqCst) != request.ticket;
        Find::new(request, Arc::new(pattern)).run(&is_over, report)
    }

    /// The newest error of all runs, with what belongs to it; empty when there is none.
    fn last_error(&self, subject: &Subject) -> io::Result<Excerpt> {
        let from = self.with(subject, |book| Ok(book.last(1, &Look::default(), None)?.end))?;
        let (aim, direction) = (Aim::Level(Level::Error), Direction::Backward);
        let look = Look::default();
        let request = FindRequest { ticket: 0, subject: subject.clone(), aim, look, from, direction, skip: 0 };
        let found = Find::new(&request, Arc::new(Pattern::level(Level::Error))).run(&|| false, &mut |_| {})?;
        match found {
            Found::At { place, .. } => {
                self.with(subject, |book| excerpt::error_at(book.log(place.log)?, place.alone()))
            }
            Found::Nothing | Found::Cancelled => Ok(Excerpt::default()),
        }
    }

    fn count(&self, request: &CountRequest, report: &mut dyn FnMut(Counted)) -> io::Result<Option<Counted>> {
        let is_over = || self.wanted_count.load(Ordering::SeqCst) != request.id;
        let mut kept = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if is_over() {
            return Ok(None);
        }
        if kept.as_ref().is_none_or(|count| !count.is_of(request)) {
            *kept = Count::new(request);
        }
        kept.as_mut().map_or(Ok(None), |count| count.run(request, &is_over, report))
    }

    /// Reads one page.
    ///
    /// # Errors
    /// What the system says; a log that is not there yet is empty.
    pub fn read(&self, request: &PageRequest) -> io::Result<Page> {
        self.with(&request.subject, |book| page(book, request))
    }

    fn with<T>(&self, subject: &Subject, work: impl FnOnce(&mut Book) -> io::Result<T>) -> io::Result<T> {
        // Readers left behind by a panic are replaced below where they do not fit, and refreshed anyway.
        let mut kept = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut book = match kept.take() {
            Some(book) if book.is_of(subject) => book,
            Some(_) | None => Book::open(subject)?,
        };
        book.refresh(subject)?;
        let answer = work(&mut book);
        *kept = Some(book);
        answer
    }
}

fn page(book: &mut Book, request: &PageRequest) -> io::Result<Page> {
    let (rows, look, anchor, at_most) = (request.rows, &request.look, request.anchor, Some(PAGE_AT_MOST));
    let mut target = None;
    let stretch = match anchor {
        Anchor::End => book.last(rows, look, at_most)?,
        Anchor::Before(place) => book.back(place, rows, look, at_most)?,
        Anchor::From(place) => book.forward(place, rows, look, at_most)?,
        Anchor::Around(wanted) => {
            let place = book.resolve(wanted)?;
            let before = book.back(place, rows, look, at_most)?;
            let after = book.forward(place, rows * 2, look, at_most)?;
            target = Some(place);
            Stretch { lines: [before.lines, after.lines].concat(), start: before.start, ..after }
        }
    };
    let mut lines = drawable::drawable(&stretch.lines, look.json);
    let end = match anchor {
        Anchor::Before(_) => stretch.end,
        Anchor::End | Anchor::From(_) | Anchor::Around(_) => book.settled(&stretch)?,
    };
    let extent = book.extent(anchor, &stretch)?;
    let runs = book.spans()?;
    match book {
        Book::One(history) => {
            if look.numbers {
                number(history, &stretch.lines, &mut lines, look)?;
            }
            bound(&mut lines, &runs, anchor, &stretch);
        }
        Book::Several(_) => bound_beginnings(&mut lines),
    }
    Ok(Page { lines, start: stretch.start, end, seen: stretch.end, target, extent, runs })
}

/// A line of our own before the first one of each run.
fn bound(lines: &mut Vec<LogLine>, runs: &[Span], anchor: Anchor, stretch: &Stretch) {
    let newest = runs.last().map(|span| span.no);
    for span in runs.iter().skip(1) {
        let at = Place::new(span.no, span.start);
        let is_last = at == stretch.end && Some(span.no) == newest && !matches!(anchor, Anchor::Before(_));
        if at >= stretch.start && (at < stretch.end || is_last) {
            let before = lines.partition_point(|line| line.at < at);
            lines.insert(before, LogLine::inserted(at, LineKind::Boundary));
        }
    }
}

/// The same among the lines of several logs: before the first line of a run that is not the first of its process.
fn bound_beginnings(lines: &mut Vec<LogLine>) {
    let begins = |line: &LogLine| line.at.offset == 0 && line.at.run.0 > 1;
    let beginnings: Vec<Place> = lines.iter().filter(|line| begins(line)).map(|line| line.at).collect();
    for at in beginnings {
        let before = lines.partition_point(|line| line.at < at);
        lines.insert(before, LogLine::inserted(at, LineKind::Boundary));
    }
}

/// Gives each line its number in its run.
fn number(history: &mut History, read: &[(Place, Line)], lines: &mut [LogLine], look: &Look) -> io::Result<()> {
    let mut next: Option<(Place, u64)> = None;
    for ((at, line), drawn) in read.iter().zip(lines) {
        let known = next.filter(|(place, _)| place == at && look.streams == StreamFilter::All);
        let number = match known {
            Some((_, number)) => number,
            None => history.reader_of(at.run)?.map_or(Ok(0), |reader| reader.lines_before(line.offset))? + 1,
        };
        drawn.number = Some(number);
        next = Some((drawn.end(), number + u64::from(line.end == LineEnd::Newline)));
    }
    Ok(())
}
