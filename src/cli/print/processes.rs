//! The table of `pm ps`.

use super::table::{Align, Cell, lines};
use super::{Paint, Tone, clean, figures};
use crate::domain::phase::Phase;
use crate::domain::{Row, Snapshot, Timestamp};

const HEAD: [(&str, Align); 10] = [
    ("NAME", Align::Left),
    ("STATE", Align::Left),
    ("HEALTH", Align::Left),
    ("PID", Align::Right),
    ("CPU%", Align::Right),
    ("MEM", Align::Right),
    ("THR", Align::Right),
    ("UPTIME", Align::Right),
    ("RESTARTS", Align::Right),
    ("WHY", Align::Left),
];

/// The rows that `show` picks, under a head.
pub fn table(paint: Paint, snapshot: &Snapshot, mut show: impl FnMut(&Row) -> bool) -> Vec<String> {
    let rows: Vec<_> = snapshot.rows.iter().filter(|row| show(row)).map(|row| cells(row, snapshot.at)).collect();
    lines(paint, &HEAD, &rows)
}

fn cells(row: &Row, now: Timestamp) -> Vec<Cell> {
    let word = row.phase.word();
    let alive = row.usage.pids > 0;
    let plain = |text: String| Cell::new(Tone::Plain, text);
    let figure = |text: String| plain(if alive { text } else { String::new() });
    vec![
        plain(row.name().to_string()),
        Cell::new(word.into(), word.as_str()),
        Cell::new(row.health.into(), row.health.as_str()),
        plain(row.pid().map(|pid| pid.to_string()).unwrap_or_default()),
        figure(figures::percent(row.usage.cpu_percent)),
        figure(figures::size(row.usage.memory_bytes)),
        figure(row.usage.threads.to_string()),
        plain(uptime(row, now)),
        plain(if row.restarts == 0 { String::new() } else { row.restarts.to_string() }),
        Cell::new(Tone::Quiet, clean(&why(row, now))),
    ]
}

fn uptime(row: &Row, now: Timestamp) -> String {
    row.alive_since().map(|started| figures::length(now.since(started))).unwrap_or_default()
}

/// The reason of the phase, with what passes: the wait of a back-off, the countdown of a stop, zombies, leftovers.
fn why(row: &Row, now: Timestamp) -> String {
    let mut parts: Vec<String> = row.phase.why().into_iter().collect();
    match &row.phase {
        Phase::Backoff { until, .. } => parts.push(format!("in {}", figures::length(until.since(now)))),
        Phase::Stopping(stopping) => {
            let next = stopping.stage.filter(|stage| stage.until > stage.since && !stopping.held);
            parts.extend(next.map(|stage| format!("next stage in {}", figures::length(stage.until.since(now)))));
        }
        Phase::Stopped { .. }
        | Phase::Starting { .. }
        | Phase::Running { .. }
        | Phase::Completed { .. }
        | Phase::Failed { .. }
        | Phase::Unknown { .. } => {}
    }
    match row.usage.zombies {
        0 => {}
        1 => parts.push("1 zombie".to_owned()),
        n => parts.push(format!("{n} zombies")),
    }
    match row.leftovers() {
        0 => {}
        n => parts.push(format!("{n} left over; `pm stop {}` ends them", row.name())),
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_project_in_every_phase() {
        let shown = table(Paint::new(false), &samples::snapshot(), |_| true).join("\n");
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn only_what_is_asked_for() {
        let shown = table(Paint::new(false), &samples::snapshot(), |row| row.name().as_str() == "api");
        assert_eq!(shown.len(), 2);
    }
    #[test]
    fn the_threads_of_a_tree_stand_below_their_head_at_the_right() {
        let shown = table(Paint::new(false), &samples::snapshot(), |_| true);
        let end = shown[0].find("  THR  ").expect("a column") + "  THR".len();
        let threads = |name: &str| {
            let row = shown.iter().find(|line| line.starts_with(name)).unwrap();
            row.chars().take(end).skip(end - "THR".len()).collect::<String>()
        };
        assert_eq!(["api", "agent:", "db"].map(threads), ["  6", "  8", "  2"]);
        assert_eq!(
            ["idle", "off"].map(|name| threads(name).trim().to_owned()),
            ["", ""],
            "what does not live has none"
        );
    }
}
