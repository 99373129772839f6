//! `pm events`: what happened, from the event log, and from the supervisor while it happens.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use super::logs::LINES_ON_TERMINAL;
use crate::cli::args::{Events, Place};
use crate::cli::attach::{attach, attach_next};
use crate::cli::code::{Code, Outcome};
use crate::cli::output::{Out, note};
use crate::cli::print::events;
use crate::cli::project::Project;
use crate::domain::{Event, Timestamp};
use crate::platform::clock;
use crate::supervisor::Handle;
use crate::wire::events::EventLine;

/// An event is in the file so soon after it happened.
const WRITTEN_WITHIN: Duration = Duration::from_millis(200);

/// Prints events.
///
/// # Errors
/// The disk; no supervisor to follow.
pub async fn events(out: &mut Out, place: &Place, args: &Events) -> Outcome {
    let project = Project::locate(place)?;
    // Subscribed before the file is read, so that nothing falls between; what is in both is told apart by its number.
    let followed = if args.follow { Some(attach(&project).await?) } else { None };
    let mut live = followed.map(|handle| (handle.events(), handle));
    let n = args.lines.or(out.is_terminal.then_some(LINES_ON_TERMINAL)).unwrap_or(usize::MAX);
    let mut printer = Printer { zone: TimeZone::system(), today: clock::now(), last: None };
    for line in tail(&project.layout.events(), n)? {
        printer.print_line(out, &line)?;
    }
    while let Some((events, handle)) = live {
        printer.follow(out, &handle, events).await?;
        live = attach_next(&project).await?.map(|next| (next.events(), next));
        if live.is_some() {
            // What happened while nobody was followed; the last of it may still be on its way to the file.
            sleep(WRITTEN_WITHIN).await;
            for line in tail(&project.layout.events(), usize::MAX)? {
                if Mark::of(&line).is_some_and(|mark| !printer.has_told(&mark)) {
                    printer.print_line(out, &line)?;
                }
            }
        } else {
            note("the supervisor has gone");
        }
    }
    Ok(Code::Done)
}

/// Where the file ended.
#[derive(Debug)]
struct Mark {
    time: String,
    seq: u64,
}

impl Mark {
    fn of(line: &str) -> Option<Self> {
        Some(Self::at(&serde_json::from_str(line).ok()?))
    }

    fn at(event: &EventLine<'_>) -> Self {
        Self { time: event.time.to_string(), seq: event.seq }
    }
}

/// The last `n` lines of the event log and of the one set aside before it.
fn tail(path: &Path, n: usize) -> io::Result<VecDeque<String>> {
    let mut lines = VecDeque::new();
    for path in [path.with_extension("jsonl.1"), path.to_owned()] {
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(io::Error::new(error.kind(), format!("{} cannot be read: {error}", path.display())));
            }
        };
        for line in BufReader::new(file).split(b'\n') {
            lines.push_back(String::from_utf8_lossy(&line?).into_owned());
            if lines.len() > n {
                lines.pop_front();
            }
        }
    }
    Ok(lines)
}

struct Printer {
    zone: TimeZone,
    today: Timestamp,
    /// How far was printed.
    last: Option<Mark>,
}

impl Printer {
    /// Prints what happens until the supervisor has gone.
    async fn follow(&mut self, out: &mut Out, handle: &Handle, mut live: Receiver<Arc<Event>>) -> io::Result<()> {
        out.flush()?;
        let mut watch = handle.watch();
        let gone = async move { while watch.changed().await.is_ok() {} };
        tokio::pin!(gone);
        loop {
            let event = tokio::select! {
                biased;
                event = live.recv() => event,
                () = &mut gone => return Ok(()),
            };
            match event {
                Ok(event) => {
                    let told_now = EventLine::new(&event);
                    let mark = Mark::at(&told_now);
                    if !self.has_told(&mark) {
                        self.print(out, &told_now)?;
                        out.flush()?;
                        self.last = Some(mark);
                    }
                }
                Err(RecvError::Lagged(missed)) => {
                    note(&format!("{missed} events came too fast; `pm events` shows them"));
                }
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Numbers begin anew with each supervisor, so a number alone proves nothing.
    fn has_told(&self, mark: &Mark) -> bool {
        self.last.as_ref().is_some_and(|last| mark.seq <= last.seq && mark.time <= last.time)
    }

    /// A line of the event log.
    fn print_line(&mut self, out: &mut Out, line: &str) -> io::Result<()> {
        match serde_json::from_str::<EventLine<'_>>(line) {
            Ok(event) => {
                if out.json {
                    writeln!(out, "{line}")?;
                } else {
                    self.print(out, &event)?;
                }
                self.last = Some(Mark::at(&event));
            }
            // The count of lost events is told to scripts alone; a torn line to nobody.
            Err(_) if out.json && serde_json::from_str::<serde_json::Value>(line).is_ok() => writeln!(out, "{line}")?,
            Err(_) => {}
        }
        Ok(())
    }

    fn print(&self, out: &mut Out, event: &EventLine<'_>) -> io::Result<()> {
        if out.json {
            return out.document(event);
        }
        let line = events::line(out.paint, event, self.today, &self.zone);
        writeln!(out, "{line}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_found_over_both_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        assert!(tail(&path, 5).unwrap().is_empty());
        std::fs::write(dir.path().join("events.jsonl.1"), "1\n2\n").unwrap();
        std::fs::write(&path, "3\n4\n").unwrap();
        assert_eq!(tail(&path, 3).unwrap(), ["2", "3", "4"]);
        assert_eq!(tail(&path, usize::MAX).unwrap().len(), 4);
        assert!(tail(&path, 0).unwrap().is_empty());
    }
}
