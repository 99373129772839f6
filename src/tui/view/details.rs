//! Everything about the selected process, with its tree.

use ratatui::style::Style;

use crate::domain::spec::{Program, RestartWhen};
use crate::domain::time::Human;
use crate::domain::{ProcessSpec, Row, Timestamp};
use crate::tui::layout::Areas;
use crate::tui::model::Model;

use super::figures::{bytes, lines as log_lines, percent, size};
use super::log::clock;
use super::pen::Pen;
use super::table::zombie_reason;

/// One line: a label and its text, or a heading, or a process of the tree.
struct Line {
    label: &'static str,
    text: String,
    style: Style,
}

/// Stands in the place of the label where the line above goes on.
const CONTINUED: &str = " ";
/// Cells before the text.
const LABEL_WIDTH: u16 = 12;

/// Draws the details from the line scrolled to.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) {
    let theme = &model.look.theme;
    let (head, area) = (areas.reading_head, areas.reading);
    if head.is_empty() {
        return;
    }
    pen.rule(head, theme.rule);
    let Some(row) = model.selected() else {
        pen.put(area.x + 2, area.y, area.right(), "no process is selected", theme.text_dim);
        return;
    };
    let x = pen.put(head.x + 2, head.y, head.right(), &format!(" {} ", row.name()), theme.title_focus);
    let word = row.phase.word();
    let state = format!(" {} {word}  {} ", pen.glyphs.phase(word), row.health);
    pen.put_right(x + 1, head.y, head.right().saturating_sub(2), &state, theme.phase(word));
    let lines = lines(model, row);
    let first = model.reading_top.min(lines.len().saturating_sub(usize::from(area.height)));
    for (line, y) in lines.iter().skip(first).zip(area.y..area.bottom()) {
        let x = pen.put(area.x + 1, y, area.right(), line.label, theme.text_dim);
        let x = if line.label.is_empty() { area.x + 1 } else { x.max(area.x + LABEL_WIDTH) };
        pen.put_cut(x, y, area.right(), &line.text, line.style);
    }
}

/// How many lines there are.
pub fn length(model: &Model) -> usize {
    model.selected().map_or(0, |row| lines(model, row).len())
}

fn lines(model: &Model, row: &Row) -> Vec<Line> {
    let mut lines = Vec::new();
    about_now(model, row, &mut lines);
    about_other(model, row, &mut lines);
    about_spec(model, &row.spec, &mut lines);
    about_log(model, row, &mut lines);
    about_tree(model, row, &mut lines);
    lines
}

fn about_now(model: &Model, row: &Row, lines: &mut Vec<Line>) {
    let plain = model.look.theme.text;
    let mut say = |label, text: String| lines.push(Line { label, text, style: plain });
    let word = row.phase.word();
    say("state", row.phase.why().map_or_else(|| word.to_string(), |why| format!("{word}: {why}")));
    say_lines(&mut say, "it printed", row.phase.more_lines().iter().map(String::as_str));
    say("created", day_and_time(model, row.created_at));
    let usage = &row.usage;
    let tree = if usage.pids == 0 && row.phase.is_live() {
        "not measured yet".to_owned()
    } else {
        format!(
            "cpu {}%   mem {}   threads {}   processes {}   zombies {}",
            percent(usage.cpu_percent),
            bytes(usage.memory_bytes),
            usage.threads,
            usage.pids,
            usage.zombies
        )
    };
    say("tree", tree);
    if let Some(main) = row.tree.first() {
        let figures = format!("cpu {}%   mem {}", percent(main.cpu_percent), bytes(main.memory_bytes));
        let status = main.status.known().map(|word| format!(", {word}")).unwrap_or_default();
        say("main", format!("{figures}   threads {}   {} (pid {}){status}", main.threads, main.name, main.pid));
    }
    let Some(run) = &row.run else {
        say("run", "it has never run".to_owned());
        return;
    };
    let number = |pid: Option<u32>| pid.map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    say("pid", format!("{}   keeper {}   run {} ({})", number(run.pid), number(run.keeper_pid), run.no, run.id));
    if let Some(started) = run.started_at {
        say("started", format!("{}   {}", day_and_time(model, started), lasted(model, row, started)));
    }
    if let Some(exit) = run.exit {
        say("exit", format!("{}, by {}   {}", exit.status, exit.by, day_and_time(model, exit.at)));
    }
    say("restarts", format!("{} since it was last started by hand", row.restarts));
}

/// Says something of several lines, the first beside the label.
fn say_lines<'a>(
    say: &mut impl FnMut(&'static str, String),
    mut label: &'static str,
    lines: impl Iterator<Item = &'a str>,
) {
    for line in lines {
        say(label, line.to_owned());
        label = CONTINUED;
    }
}

fn lasted(model: &Model, row: &Row, started: Timestamp) -> String {
    match row.exit() {
        Some(exit) => format!("ran {}", Human(exit.at.since(started))),
        None => format!("up {}", Human(whole_seconds(model.supervisor_now().since(started)))),
    }
}

const fn whole_seconds(length: std::time::Duration) -> std::time::Duration {
    std::time::Duration::from_secs(length.as_secs())
}

/// What runs still while the config says something else.
fn about_other(model: &Model, row: &Row, lines: &mut Vec<Line>) {
    let other = row.run.as_ref().filter(|run| !run.over).and_then(|run| run.runs_as.as_deref());
    if let Some(other) = other {
        let text = format!("{other}   (until it is started again)");
        lines.push(Line { label: "running", text, style: model.look.theme.log_warn });
    }
}

fn about_spec(model: &Model, spec: &ProcessSpec, lines: &mut Vec<Line>) {
    let plain = model.look.theme.text;
    let mut say = |label, text: String| lines.push(Line { label, text, style: plain });
    let description = spec.description.as_deref().unwrap_or_default();
    say_lines(&mut say, "about", description.trim().lines());
    // A script is shown with the lines it was written in.
    let program = command_line(&spec.program);
    say_lines(&mut say, spec.program.kind(), program.trim_end().lines());
    say("folder", spec.cwd.display().to_string());
    say("from", spec.source.clone().unwrap_or_else(|| "pm run".to_owned()));
    let restart = &spec.restart;
    let limit = if restart.limit == 0 { "no limit".to_owned() } else { format!("at most {} in a row", restart.limit) };
    say(
        "restart",
        match restart.when {
            RestartWhen::No => "no".to_owned(),
            RestartWhen::OnFailure => {
                format!("on failure, after {} to {}, {limit}", Human(restart.first_wait), Human(restart.max_wait))
            }
            RestartWhen::Always => {
                format!("always, after {} to {}, {limit}", Human(restart.first_wait), Human(restart.max_wait))
            }
        },
    );
    if let Some(limit) = spec.time_limit {
        say("limit", format!("each run {}, then the stop below", Human(limit)));
    }
    say("stop", spec.stop.to_string());
    say("output", if spec.tty { "a terminal".to_owned() } else { "pipes".to_owned() });
    for file in &spec.env_files {
        say("env file", file.display().to_string());
    }
    for (key, value) in &spec.env {
        let secret = format!("{} (looks like a secret)", model.look.glyphs.glyphs().secret);
        say("env", format!("{key}={}", if is_secret(key) { &secret } else { value }));
    }
}

/// What one would type into a shell to run it.
pub fn command_line(program: &Program) -> String {
    match program {
        // Words with a NUL cannot be quoted, and cannot be started either.
        Program::Command(argv) => {
            shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_nul| argv.join(" "))
        }
        Program::Shell(script) => script.clone(),
    }
}

/// A variable whose value does not belong on a screen that others may see.
fn is_secret(key: &str) -> bool {
    const WORDS: [&str; 8] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "AUTH"];
    let key = key.to_uppercase();
    WORDS.iter().any(|word| key.contains(word))
}

fn about_log(model: &Model, row: &Row, lines: &mut Vec<Line>) {
    let Some(run) = &row.run else { return };
    let style = model.look.theme.text;
    let figures = format!("{}   {}", log_lines(run.log_lines), size(run.log_end));
    lines.push(Line { label: "log", text: format!("{figures}   in {}", run.dir.display()), style });
    let taken = model.disk.of(row).map_or_else(
        || model.look.glyphs.glyphs().pending.to_owned(),
        |taken| format!("{} in {} kept run{}", size(taken.bytes), taken.runs, if taken.runs == 1 { "" } else { "s" }),
    );
    lines.push(Line { label: "disk", text: taken, style });
    if run.log_lost > 0 {
        let text = format!("{} of output could not be written", size(run.log_lost));
        lines.push(Line { label: "lost", text, style: model.look.theme.state_failed });
    }
}

fn about_tree(model: &Model, row: &Row, lines: &mut Vec<Line>) {
    if row.tree.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let heading = match row.usage.zombies {
        0 => format!("process tree, {}", row.tree.len()),
        1 => format!("process tree, {}, 1 zombie", row.tree.len()),
        zombies => format!("process tree, {}, {zombies} zombies", row.tree.len()),
    };
    lines.push(Line { label: "", text: String::new(), style: theme.text });
    lines.push(Line { label: "", text: heading, style: theme.title });
    for process in row.tree.iter() {
        let indent = "  ".repeat(usize::from(process.depth).min(20));
        let name = format!("{indent}{} {}", process.pid, process.name);
        if process.zombie {
            let text = format!("Z {name}: {}", zombie_reason(row, process.parent_pid));
            lines.push(Line { label: "", text, style: theme.state_zombie });
        } else {
            let figures = format!(
                "{:>6}% {:>6} {:>4} thr",
                percent(process.cpu_percent),
                bytes(process.memory_bytes),
                process.threads
            );
            let text = format!("{} {name:<36} {figures}", process.status.letter());
            lines.push(Line { label: "", text, style: theme.text });
        }
    }
}

fn day_and_time(model: &Model, time: Timestamp) -> String {
    let Ok(instant) = jiff::Timestamp::from_millisecond(time.0 as i64) else { return String::new() };
    let day = instant.to_zoned(model.look.zone.clone()).date();
    format!("{day} {}", clock(model, time, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_so_that_a_shell_would_understand_it() {
        let words = ["sh", "-c", "echo a b", ""].map(str::to_owned).to_vec();
        assert_eq!(command_line(&Program::Command(words)), "sh -c 'echo a b' ''");
        assert_eq!(command_line(&Program::Shell("a | b".into())), "a | b");
    }

    #[test]
    fn values_that_look_secret_are_not_shown() {
        for key in ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "db_password", "OPENAI_API_KEY"] {
            assert!(is_secret(key), "{key}");
        }
        for key in ["PORT", "RUST_LOG", "HOME"] {
            assert!(!is_secret(key), "{key}");
        }
    }
}
