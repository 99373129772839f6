//! `pm logs`: what processes printed, with or without a supervisor.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::cli::args::{Logs, Place};
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::{Out, note};
use crate::cli::print::prefix::Prefixes;
use crate::cli::project::Project;
use crate::cli::select::select;
use crate::cli::tails::live::{Pace, grown};
use crate::cli::tails::{Live, Printer, RunDir, history, runs};
use crate::control;
use crate::domain::{ProcessName, RunNo, Snapshot};
use crate::logs::lines::StreamFilter;

/// Lines shown on a terminal unless told otherwise.
pub const LINES_ON_TERMINAL: usize = 100;
/// How often to look at the files when nobody tells of growth.
const LOOK: Duration = Duration::from_millis(200);

/// Prints logs.
///
/// # Errors
/// No such process or run; the disk.
pub async fn logs(out: &mut Out, place: &Place, args: &Logs) -> Outcome {
    let project = Project::locate(place)?;
    let filter = match (args.stdout, args.stderr) {
        (true, _) => StreamFilter::Stdout,
        (false, true) => StreamFilter::Stderr,
        (false, false) => StreamFilter::All,
    };
    let names = select(&known(&project), &args.names)?;
    let no = args.run.map(RunNo);
    let found: Vec<_> = names.iter().filter_map(|name| runs::on_disk(&project.layout, name, no)).collect();
    match no {
        Some(no) if found.is_empty() => return Err(no_such_run(&project, &names, no)),
        None if found.is_empty() => note(&format!("{} has not run yet, so there is no output", list(&names))),
        Some(_) | None => {}
    }
    let lines = args.lines.or(out.is_terminal.then_some(LINES_ON_TERMINAL));
    let mut printer = printer(out, &names, filter, args.timestamps);
    let mut sources = Vec::new();
    for run in found {
        sources.push(history::Source::open(run, lines, filter)?);
    }
    history::print(&mut sources, filter, args.follow, &mut printer, out)?;
    if !args.follow {
        printer.finish(out)?;
        return Ok(Code::Done);
    }
    out.flush()?;
    let live = Live::after(filter, sources);
    Follow { project, names, no, live, printer }.follow(out).await
}

/// Processes that ran, and those that are defined: one that never ran may be followed until it does.
fn known(project: &Project) -> Vec<ProcessName> {
    let mut known: Vec<_> = project.names.clone();
    known.extend(runs::known(&project.layout));
    let mut seen = std::collections::HashSet::new();
    known.retain(|name| seen.insert(name.clone()));
    known
}

fn printer(out: &Out, names: &[ProcessName], filter: StreamFilter, timestamps: bool) -> Printer {
    if out.json {
        return Printer::json(out.form(), filter);
    }
    let prefixes = (names.len() > 1).then(|| Prefixes::new(out.paint, names.iter().cloned()));
    let printer = Printer::new((out.paint, out.form()), prefixes, filter);
    if timestamps { printer.with_timestamps(TimeZone::system()) } else { printer }
}

fn no_such_run(project: &Project, names: &[ProcessName], no: RunNo) -> Trouble {
    let kept: Vec<_> = names.iter().flat_map(|name| runs::numbers(&project.layout, name)).collect();
    let kept = if kept.is_empty() { "none".to_owned() } else { list(&kept) };
    Trouble::Denied(format!("{} has no run {no}; kept: {kept}", list(names)))
}

fn list(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Following some processes until told to end.
struct Follow {
    project: Project,
    names: Vec<ProcessName>,
    no: Option<RunNo>,
    live: Live,
    printer: Printer,
}

impl Follow {
    async fn follow(mut self, out: &mut Out) -> Outcome {
        let handle = control::connect(&self.project.layout.control_socket()).await.ok();
        let mut watch = handle.as_ref().map(crate::supervisor::Handle::watch);
        if watch.is_none() {
            note("no supervisor runs; looking at the files");
        }
        loop {
            let found = self.runs(watch.as_mut());
            let pace = self.live.print(&found, &mut self.printer, out)?;
            if self.no.is_some() && found.iter().all(|run| run.over) {
                self.printer.finish(out)?;
                return Ok(Code::Done);
            }
            if pace == Pace::More {
                continue;
            }
            out.flush()?;
            let alive = if let Some(watch) = &mut watch {
                grown(watch, pace).await
            } else {
                tokio::time::sleep(LOOK).await;
                true
            };
            if !alive {
                note("the supervisor has gone; looking at the files");
                watch = None;
            }
        }
    }

    fn runs(&self, watch: Option<&mut watch::Receiver<Arc<Snapshot>>>) -> Vec<RunDir> {
        match watch {
            Some(watch) if self.no.is_none() => {
                let snapshot = watch.borrow_and_update().clone();
                runs::of_snapshot(&snapshot).into_iter().filter(|run| self.names.contains(&run.name)).collect()
            }
            Some(_) | None => {
                self.names.iter().filter_map(|name| runs::on_disk(&self.project.layout, name, self.no)).collect()
            }
        }
    }
}
