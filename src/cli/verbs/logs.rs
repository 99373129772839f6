//! `pm logs`: what processes printed, with or without a supervisor.

mod clear;
mod follow;
mod wanted;

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::cli::args::{Logs, Place};
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::{Out, note};
use crate::cli::print::prefix::Prefixes;
use crate::cli::project::Project;
use crate::cli::select::{is_open_ended, select};
use crate::cli::tails::history::{self, Marks, Printed, Source};
use crate::cli::tails::{Live, Printer, RunDir, Wanted, runs::on_disk};
use crate::domain::{ProcessName, RunNo};
use crate::logs::runs;
use crate::platform::launch::raise_open_files;
use crate::wire::json::Matches;
use follow::Follow;

/// Lines shown on a terminal unless told otherwise.
pub const LINES_ON_TERMINAL: usize = 100;

/// Prints logs.
///
/// # Errors
/// No such process or run; a pattern or a time that is none; the disk.
pub async fn logs(out: &mut Out, place: &Place, args: &Logs) -> Outcome {
    let wanted = Arc::new(wanted::of(args, out.is_terminal)?);
    let project = Project::locate(place)?;
    let patterns = if args.all { vec!["all".to_owned()] } else { args.names.clone() };
    let names = select(&known(&project), &patterns)?;
    if args.clear {
        return clear::clear(out, &project, &names, args.run.map(RunNo));
    }
    for name in &names {
        // Nothing to be read is not the same as nothing to be seen.
        let dir = project.layout.process(name);
        runs::kept(&dir)
            .map_err(|error| Trouble::with(error, format!("the runs of {name} in {} cannot be read", dir.display())))?;
    }
    let found: Vec<_> = names.iter().map(|name| chosen(&project, name, args)).filter(|runs| !runs.is_empty()).collect();
    match args.run.map(RunNo) {
        Some(no) if found.is_empty() => return Err(no_such_run(&project, &names, no)),
        None if found.is_empty() => note(&format!("{} has not run yet, so there is no output", list(&names))),
        Some(_) | None => {}
    }
    let has_run = !found.is_empty();
    // Each log takes two descriptors, and the usual limit is made for programs with a handful.
    raise_open_files();
    let mut sources = Vec::new();
    for runs in found {
        sources.extend(Source::open(runs, &wanted, args.follow)?);
    }
    if args.count {
        return count(out, sources, names.len() > 1);
    }
    let are_named = names.len() > 1 || args.follow && is_open_ended(&patterns);
    let mut printer = printer(out, are_named.then_some(&names), &wanted, args.timestamps);
    let is_searched = wanted.sought.is_some();
    let marks = Marks { runs: spans_runs(args) && (out.is_terminal || !is_searched), gaps: sources.len() == 1 };
    let Printed { all, matches } = history::print(&mut sources, marks, &mut printer, out)?;
    let verdict = move |matches: u64| if is_searched && matches == 0 { Code::NOTHING_FOUND } else { Code::Done };
    if !args.follow {
        printer.finish(out)?;
        if all == 0 && has_run && !is_searched {
            note(&nothing_printed(&names, args));
        }
        return Ok(verdict(matches));
    }
    out.flush()?;
    let mut live = Live::new(wanted.filter).seeking(wanted.sought.clone());
    for source in sources {
        live.go_on_after(source)?;
    }
    let follow = Follow { project, patterns, names, others: HashSet::new(), no: args.run.map(RunNo), live, printer };
    Ok(verdict(matches + follow.follow(out).await?))
}

/// Whether earlier runs than the last are looked at, too.
const fn spans_runs(args: &Logs) -> bool {
    args.run.is_none() && (args.all_runs || args.since.is_some() || args.until.is_some())
}

/// The runs of a process that are asked for, oldest first.
fn chosen(project: &Project, name: &ProcessName, args: &Logs) -> Vec<RunDir> {
    if spans_runs(args) {
        let numbers = runs::numbers(&project.layout.process(name)).into_iter();
        return numbers.filter_map(|no| on_disk(&project.layout, name, Some(no))).collect();
    }
    on_disk(&project.layout, name, args.run.map(RunNo)).into_iter().collect()
}

/// Processes that ran, and those that are defined: one that never ran may be followed until it does.
fn known(project: &Project) -> Vec<ProcessName> {
    let mut known: Vec<_> = project.names.clone();
    known.extend(runs::processes(&project.layout.runs()));
    let mut seen = HashSet::new();
    known.retain(|name| seen.insert(name.clone()));
    known
}

fn printer(out: &Out, named: Option<&Vec<ProcessName>>, wanted: &Wanted, timestamps: bool) -> Printer {
    if out.json {
        return Printer::json(out.form(), wanted.filter);
    }
    let prefixes = named.map(|names| Prefixes::new(out.paint, names.iter().cloned()));
    let mut printer = Printer::new((out.paint, out.form()), prefixes, wanted.filter);
    if let Some(sought) = wanted.sought.as_ref().filter(|sought| !sought.inverted) {
        let pattern = sought.pattern.clone();
        printer = printer.marking(Box::new(move |text| pattern.find(text)));
    }
    if timestamps { printer.with_timestamps(TimeZone::system()) } else { printer }
}

/// Prints how many lines match, per process where there are several.
fn count(out: &mut Out, sources: Vec<Source>, are_named: bool) -> Outcome {
    let mut total = 0;
    for source in sources {
        let name = source.name().clone();
        let count = source.count()?;
        total += count;
        match (out.json, are_named) {
            (true, _) => out.document(&Matches { name: name.as_str(), count })?,
            (false, true) => writeln!(out, "{name}: {count}")?,
            (false, false) => writeln!(out, "{count}")?,
        }
    }
    Ok(if total == 0 { Code::NOTHING_FOUND } else { Code::Done })
}

/// Silence, too, is an answer, but not one a person can tell from a wrong question.
fn nothing_printed(names: &[ProcessName], args: &Logs) -> String {
    let narrowed = args.stdout || args.stderr || args.since.is_some() || args.until.is_some() || args.lines == Some(0);
    let what = if narrowed { "nothing of what was asked for" } else { "nothing" };
    let (when, hint) = match args.run {
        Some(no) => (format!("in run {no}"), ""),
        None if spans_runs(args) => ("in the runs that are kept".to_owned(), ""),
        None => ("in the last run".to_owned(), "; `--all-runs` looks at earlier ones, too"),
    };
    format!("{} printed {what} {when}{hint}", list(names))
}

fn no_such_run(project: &Project, names: &[ProcessName], no: RunNo) -> Trouble {
    let kept: Vec<_> = names.iter().flat_map(|name| runs::numbers(&project.layout.process(name))).collect();
    let kept = if kept.is_empty() { "none".to_owned() } else { list(&kept) };
    Trouble::Denied(format!("{} has no run {no}; kept: {kept}", list(names)))
}

fn list(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
