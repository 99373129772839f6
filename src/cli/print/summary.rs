//! The totals of `pm summary`, and one line of them elsewhere.

use super::{Paint, Tone, clean, figures};
use crate::domain::Snapshot;

/// The totals of a project and of the machine.
pub fn page(paint: Paint, snapshot: &Snapshot, log_disk_bytes: u64) -> Vec<String> {
    let (info, machine) = (&snapshot.supervisor, &snapshot.machine);
    let since = figures::length(snapshot.at.since(info.started_at));
    let place = if info.headless { "in the background" } else { "with a screen" };
    let measured = if machine.cores == 0 {
        "not measured yet".to_owned()
    } else {
        format!(
            "{} % of {} cores, {} of {}",
            figures::percent(machine.cpu_percent),
            machine.cores,
            figures::size(machine.memory_used_bytes),
            figures::size(machine.memory_total_bytes)
        )
    };
    vec![
        format!("{}  {}", paint.text(Tone::Heading, clean(&snapshot.project.name)), counts(paint, snapshot)),
        format!(
            "  processes  {} % of a core, {}, {} of output on disk",
            figures::percent(snapshot.totals.cpu_percent),
            figures::size(snapshot.totals.memory_bytes),
            figures::size(log_disk_bytes)
        ),
        format!("  machine    {measured}"),
        format!("  supervisor pid {}, {place} for {since}, version {}", info.pid, info.version),
    ]
}

/// How many stand where; zeros are left out.
pub fn counts(paint: Paint, snapshot: &Snapshot) -> String {
    let totals = &snapshot.totals;
    let counted = [
        (totals.running, "running", Tone::Good),
        (totals.changing, "changing", Tone::Changing),
        (totals.failed, "failed", Tone::Bad),
        (totals.unknown, "unknown", Tone::Bad),
        (totals.completed, "completed", Tone::Quiet),
        (totals.stopped, "stopped", Tone::Quiet),
        (totals.zombies, if totals.zombies == 1 { "zombie" } else { "zombies" }, Tone::Bad),
    ];
    let shown = counted.into_iter().filter(|(count, ..)| *count > 0);
    let words: Vec<_> = shown.map(|(count, word, tone)| paint.text(tone, format!("{count} {word}"))).collect();
    format!(
        "{}: {}",
        figures::count(totals.total, "process"),
        if words.is_empty() { "none".to_owned() } else { words.join(", ") }
    )
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn totals() {
        insta::assert_snapshot!(page(Paint::new(false), &samples::snapshot(), 98_765_432).join("\n"));
    }

    #[test]
    fn a_name_is_shown_and_not_obeyed() {
        let mut snapshot = samples::snapshot();
        std::sync::Arc::make_mut(&mut snapshot.project).name = "\u{1b}[31mevil".into();
        assert!(page(Paint::new(false), &snapshot, 0)[0].starts_with("\\u{1b}[31mevil  "));
    }
}
