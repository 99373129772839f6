//! S2, an agent spawner: failed starts, figures, health words, three stages, zombies, the summary.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::find;
use crate::support::procs::{listed, zombies_below};
use crate::support::{Project, isolated, wait_for};

#[test]
fn s2_2_1_an_immediate_crash_is_a_failed_start_with_its_reason() {
    isolated(|| {
        let project = Project::new(
            "[process.crash]\ncommand = [\"{bad}\", \"eprint\", \"no such table: users\", \"exit\", \"7\"]\nautostart = false",
        );
        project.up();
        let out = project.pm(&["start", "crash", "--wait"]).exits(1);
        assert!(out.all().contains("no such table: users"), "the last line is the reason: {out}");
        let row = project.row("crash");
        assert_eq!((row.phase(), row.health(), row.exit_code()), ("failed", "failed", Some(7)), "{row}");
        assert!(row.why().contains("failed start") && row.why().contains("no such table: users"), "{row}");
        let dir = Path::new(row.text("log")).parent().unwrap().to_owned();
        let record = fs::read_to_string(dir.join("record")).unwrap();
        assert!(record.contains('7'), "the record on disk:\n{record}");
        project.down();
    });
}

#[test]
fn s2_2_2_figures_are_those_of_the_tree_and_of_each_process() {
    isolated(|| {
        let project = Project::new(
            r#"[process.busy]
            shell = "{bad} fork 'print child sleep 0' print up sleep 0 & while :; do :; done"
            {stop}"#,
        );
        project.up();
        let row = project.wait_row("busy", "measured", |row| row.tree_pids() >= 3 && row.cpu_percent() > 5.0);
        assert!(row.memory_bytes() > 100_000 && row.threads() >= 3, "{row}");
        assert_eq!(row.zombies(), 0, "{row}");
        let status = project.pm_json(&["status", "busy", "--json"]).to_string();
        for process in project.tree("busy") {
            assert!(status.contains(&process.pid.to_string()), "{} is not in {status}", process.line());
        }
        project.down();
    });
}

#[test]
fn s2_2_3_the_health_word_is_one_of_five() {
    isolated(|| {
        let project = Project::new(
            r#"[process.well]
            command = "{bad} sleep 0"
            {stop}
            [process.undead]
            command = "{bad} zombie 1 sleep 0"
            {stop}
            [process.done]
            command = "{bad} sleep 150ms exit 0"
            [process.broken]
            command = "{bad} sleep 150ms exit 1"
            [process.never]
            command = "{bad} sleep 0"
            autostart = false"#,
        );
        project.up();
        for (name, word) in [
            ("well", "healthy"),
            ("undead", "zombie"),
            ("done", "completed"),
            ("broken", "failed"),
            ("never", "unknown"),
        ] {
            project.wait_row(name, word, |row| row.health() == word);
        }
        project.down();
    });
}

#[test]
fn s2_2_4_the_default_stop_has_three_stages_and_takes_the_children_too() {
    isolated(|| {
        let project = Project::new(
            "[process.deaf]\ncommand = [\"{bad}\", \"fork\", \"ignore TERM sleep 0\", \"ignore\", \"TERM\", \"print\", \"up\", \"sleep\", \"0\"]",
        );
        project.up();
        project.wait_log("deaf", "up");
        project.pm(&["stop", "deaf", "--timeout", "300ms", "--wait"]).exits(124);
        let row = project.row("deaf");
        assert!(row.is("stopping") && row.why().contains("stage 1 of 3: TERM"), "{row}");
        project.pm(&["stop", "deaf", "--force", "--wait"]).ok();
        let row = project.row("deaf");
        assert_eq!((row.phase(), row.exit_signal().as_deref()), ("stopped", Some("KILL")), "{row}");
        assert!(project.tree("deaf").is_empty(), "{}", listed(&project.tree("deaf")));
        project.down();
    });
}

#[test]
fn s2_2_5_zombies_are_reaped_where_possible_and_shown_where_not() {
    isolated(|| {
        let project = Project::new(
            r#"[process.orphans]
            command = ["{bad}", "double-fork", "exit 0", "double-fork", "exit 0", "double-fork", "exit 0", "print", "up", "sleep", "0"]
            {stop}
            [process.careless]
            command = "{bad} zombie 3 print up sleep 0"
            {stop}"#,
        );
        project.up();
        project.wait_log("orphans", "up");
        let row =
            project.wait_row("careless", "seen with three zombies", |row| row.is("running") && row.zombies() == 3);
        assert_eq!(row.health(), "zombie", "{row}");
        wait_for("nothing that pm parents is a zombie", || {
            let left = zombies_below(project.mark());
            if left.is_empty() { Ok(()) } else { Err(listed(&left)) }
        });
        project.wait_row("orphans", "without zombies", |row| row.zombies() == 0 && row.tree_pids() == 1);
        let status = project.pm(&["status", "careless"]).ok().stdout;
        let parent = row.pid().unwrap().to_string();
        assert!(status.contains("zombie") && status.contains(&parent), "who does not reap is named:\n{status}");
        project.pm(&["stop", "careless", "--wait"]).ok();
        assert_eq!(project.row("careless").zombies(), 0);
        project.down();
    });
}

#[test]
fn s2_2_6_the_summary_adds_up() {
    isolated(|| {
        let project = Project::new(
            r#"[process.a]
            command = "{bad} sleep 0"
            {stop}
            [process.b]
            command = "{bad} zombie 2 sleep 0"
            {stop}
            [process.c]
            command = "{bad} sleep 150ms exit 0"
            [process.d]
            command = "{bad} sleep 150ms exit 4""#,
        );
        project.up();
        let summary = wait_for("the summary shows them all", || {
            let summary = project.pm_json(&["summary", "--json"]);
            let count = |key: &str| find(&summary, key).and_then(Value::as_u64);
            let counts = ["total", "running", "zombies", "completed", "failed"].map(count);
            let memory = find(&summary, "memory_bytes").and_then(Value::as_u64).unwrap_or(0);
            let is_so = counts == [Some(4), Some(2), Some(2), Some(1), Some(1)] && memory > 0;
            if is_so { Ok(summary) } else { Err(format!("{counts:?} in {summary}")) }
        });
        assert!(find(&summary, "cpu_percent").is_some_and(Value::is_number), "{summary}");
        project.down();
    });
}

#[test]
fn s2_2_8_a_failed_start_leaves_nothing_half_started() {
    isolated(|| {
        let project = Project::new(
            r#"[process.half]
            command = ["{bad}", "setsid-fork", "ignore TERM,HUP sleep 0", "eprint", "giving up", "exit", "5"]
            autostart = false
            {stop}"#,
        );
        project.up();
        project.pm(&["start", "half", "--wait"]).exits(1).says("giving up");
        project.wait_phase("half", "failed");
        project.assert_tree_gone("half");
        let events = project.pm(&["events", "--json"]).ok().stdout;
        assert!(events.contains("failed") && events.contains("half"), "{events}");
        project.down();
    });
}
