//! The page of `pm status`: one process, line by line.

use std::path::Path;

use super::{Paint, Tone, clean, figures};
use crate::domain::snapshot::{RunView, TreeProcess, Usage};
use crate::domain::spec::Program;
use crate::domain::{Row, Timestamp};
use crate::wire::json::Kept;

/// Width of the labels.
const LABEL: usize = 10;

/// Everything about one row, as it stood at `now`, and what was found in its logs; `newest` is where its newest output lies.
pub fn page(paint: Paint, row: &Row, now: Timestamp, kept: &Kept, newest: Option<&Path>) -> Vec<String> {
    let mut lines = vec![headline(paint, row)];
    let mut add = |label: &str, text: String| {
        if !text.is_empty() {
            let label = paint.text(Tone::Quiet, format!("{label:LABEL$}"));
            lines.push(format!("  {label} {}", clean(&text)));
        }
    };
    add("about", row.spec.description.clone().unwrap_or_default());
    add("why", row.phase.why().unwrap_or_default());
    for (at, line) in row.phase.more_lines().iter().enumerate() {
        add(if at == 0 { "it printed" } else { "" }, line.clone());
    }
    add("command", command(&row.spec.program));
    add("running", row.run.as_ref().and_then(other_command).unwrap_or_default());
    add("cwd", row.spec.cwd.display().to_string());
    add("run", run(row, now));
    add("exit", row.exit().map(|exit| format!("{}, by {}", exit.status, exit.by)).unwrap_or_default());
    add("usage", usage(&row.usage));
    add("log", log(row, newest));
    add("levels", levels(row, kept));
    add("disk", disk(kept));
    add("restart", restart(row));
    add("limit", row.spec.time_limit.map(|limit| format!("each run {}", figures::length(limit))).unwrap_or_default());
    add("stop", row.spec.stop.to_string());
    add("env", row.spec.env.keys().cloned().collect::<Vec<_>>().join(" "));
    let defined = row.spec.source.as_deref().unwrap_or("by pm run");
    add("defined", format!("{defined}, known for {}", figures::length(now.since(row.created_at))));
    add("left over", leftovers(row));
    if !row.tree.is_empty() {
        add("tree", figures::count(row.tree.len() as u64, "process"));
    }
    lines.extend(row.tree.iter().map(|process| branch(paint, process)));
    lines
}

fn headline(paint: Paint, row: &Row) -> String {
    let word = row.phase.word();
    let pid = row.pid().map(|pid| format!("  pid {pid}")).unwrap_or_default();
    let name = paint.text(Tone::Heading, row.name());
    format!("{name}  {}  {}{pid}", paint.text(word.into(), word), paint.text(row.health.into(), row.health))
}

fn command(program: &Program) -> String {
    match program {
        Program::Command(argv) => shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_| argv.join(" ")),
        Program::Shell(line) => format!("{line}  (through the shell)"),
    }
}

/// What runs still while the config says something else.
fn other_command(run: &RunView) -> Option<String> {
    Some(format!("{}  (until it is started again)", run.runs_as.as_deref().filter(|_| !run.over)?))
}

fn run(row: &Row, now: Timestamp) -> String {
    let Some(run) = &row.run else { return "never".to_owned() };
    let mut parts = vec![format!("{} ({})", run.no, run.id)];
    let end = run.exit.map_or(now, |exit| exit.at);
    if let Some(started) = run.started_at {
        let word = if run.exit.is_some() { "lasted" } else { "up" };
        parts.push(format!("{word} {}", figures::length(end.since(started))));
    }
    if let Some(keeper) = run.keeper_pid.filter(|_| !run.over) {
        parts.push(format!("kept by {keeper}"));
    }
    match row.restarts {
        0 => {}
        1 => parts.push("restarted once".to_owned()),
        n => parts.push(format!("restarted {n} times")),
    }
    parts.join(", ")
}

/// What a tree takes; nothing for an empty one.
pub fn usage(usage: &Usage) -> String {
    if usage.pids == 0 {
        return String::new();
    }
    let (cpu, memory) = (figures::percent(usage.cpu_percent), figures::size(usage.memory_bytes));
    let (threads, pids) = (figures::count(usage.threads, "thread"), figures::count(usage.pids, "process"));
    let zombies = figures::count(usage.zombies, "zombie");
    format!("{cpu} % of a core, {memory}, {threads}, {pids}, {zombies}")
}

fn log(row: &Row, newest: Option<&Path>) -> String {
    let Some((run, newest)) = row.run.as_ref().zip(newest) else { return String::new() };
    let lost = if run.log_lost > 0 {
        format!(", {} could not be written", figures::size(run.log_lost))
    } else {
        String::new()
    };
    let lines = figures::count(run.log_lines, "line");
    format!("{} ({lines}, {}{lost})", newest.display(), figures::size(run.log_end))
}

fn levels(row: &Row, kept: &Kept) -> String {
    if row.run.is_none() {
        return String::new();
    }
    let partly = if kept.is_partial { ", counted in the end of a large log only" } else { "" };
    format!("{}, {}{partly}", figures::count(kept.errors, "error"), figures::count(kept.warnings, "warning"))
}

fn disk(kept: &Kept) -> String {
    if kept.runs == 0 {
        return String::new();
    }
    format!("{} in {}", figures::size(kept.disk_bytes), figures::count(kept.runs, "run"))
}

fn restart(row: &Row) -> String {
    use crate::domain::spec::RestartWhen::{Always, No, OnFailure};
    let restart = &row.spec.restart;
    let when = match restart.when {
        No => return "no".to_owned(),
        OnFailure => "on failure",
        Always => "always",
    };
    let (first, max) = (figures::length(restart.first_wait), figures::length(restart.max_wait));
    let limit = if restart.limit == 0 { String::new() } else { format!(", {} in a row", restart.limit) };
    format!("{when}, after {first} up to {max}{limit}")
}

fn leftovers(row: &Row) -> String {
    match row.leftovers() {
        0 => String::new(),
        1 => format!("1 process lives on after its end; `pm stop {}` ends it", row.name()),
        n => format!("{n} processes live on after its end; `pm stop {}` ends them", row.name()),
    }
}

/// One process of a tree.
pub fn branch(paint: Paint, process: &TreeProcess) -> String {
    let indent = " ".repeat(2 * usize::from(process.depth));
    let name = clean(&process.name);
    let status = if process.zombie {
        paint.text(Tone::Bad, format!("  zombie, not reaped by {}", process.parent_pid))
    } else {
        process.status.known().map(|word| format!("  {word}")).unwrap_or_default()
    };
    let (cpu, memory) = (figures::percent(process.cpu_percent), figures::size(process.memory_bytes));
    let threads = figures::count(process.threads, "thread");
    format!("    {indent}{} {name}  {cpu} %  {memory}  {threads}{status}", process.pid)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn pages() {
        let snapshot = samples::snapshot();
        let pages = snapshot.rows.iter().map(|row| {
            let newest = row.run.as_ref().map(|run| run.dir.join("out.log"));
            page(Paint::new(false), row, snapshot.at, &samples::KEPT, newest.as_deref()).join("\n")
        });
        insta::assert_snapshot!(samples::with_slashes(&pages.collect::<Vec<_>>().join("\n\n")));
    }
}
