//! S2, an agent spawner: failed starts, figures, health words, three stages, zombies, the summary.

use std::fs;
use std::path::Path;

use pm::domain::{ExitBy, ExitStatus};
use pm::wire::record::{Record, RecordState};
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
        let record = Record::read(&fs::read(dir.join("record")).unwrap()).unwrap();
        let (RecordState::Exited(exit) | RecordState::Emptied { exit, .. }) = &record.state else {
            panic!("the record on disk tells of no end: {record:?}")
        };
        assert_eq!((exit.status, exit.by), (ExitStatus::Code(7), ExitBy::Itself), "{record:?}");
        project.down();
    });
}

/// A figure of `/proc/PID/status`: in KiB, or a count.
fn proc_figure(pid: u64, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn s2_2_2_figures_are_those_of_the_tree_and_of_each_process() {
    isolated(|| {
        // Two that are busy, and one that has to remember 64 MiB, because it is shown no end of a line.
        let project = Project::new(
            r#"[process.busy]
            shell = "(head -c 64M /dev/zero; exec {bad} sleep 0) | tail & {bad} fork 'sleep 0' sleep 0 & sh -c 'while :; do :; done' & sh -c 'while :; do :; done' & wait"
            {stop}"#,
        );
        project.up();
        let number = |value: &Value, key: &str| value[key].as_u64().unwrap_or_else(|| panic!("no {key} in {value}"));
        let status = wait_for("measured, each and all of them", || {
            let status = project.pm_json(&["status", "busy", "--json"]);
            let tree = status["tree"].as_array().unwrap();
            let busy = tree.iter().filter(|one| one["cpu_percent"].as_f64().unwrap() > 2.0).count();
            // What `head` had used is in the sum for two passes after its end, and in nobody's figures.
            let used: f64 = tree.iter().map(|one| one["cpu_percent"].as_f64().unwrap()).sum();
            let agrees = (status["cpu_percent"].as_f64().unwrap() - used).abs() <= 1.0;
            let big = tree.iter().filter(|one| number(one, "memory_bytes") > 64 << 20).count();
            let mut pids: Vec<u64> = tree.iter().map(|one| number(one, "pid")).collect();
            let mut alive: Vec<u64> = project.tree("busy").iter().map(|process| process.pid.into()).collect();
            pids.sort_unstable();
            alive.sort_unstable();
            if agrees && busy >= 2 && big == 1 && pids == alive {
                Ok(status)
            } else {
                Err(format!("{alive:?} alive, {status}"))
            }
        });
        let tree = status["tree"].as_array().unwrap();
        assert!(tree.iter().all(|one| one["started_at"].as_str().is_some_and(|at| at.starts_with("20"))), "{status}");
        assert!(tree.iter().any(|one| one["command"] == Value::from(vec!["tail"])), "{status}");
        assert_eq!(number(&status, "tree_pids"), tree.len() as u64, "{status}");
        assert_eq!(number(&status, "zombies"), 0, "{status}");
        for key in ["memory_bytes", "threads"] {
            let sum: u64 = tree.iter().map(|one| number(one, key)).sum();
            assert!(number(&status, key).abs_diff(sum) <= sum / 50, "{key} is not that of its tree, {sum}: {status}");
        }
        // And as the kernel tells them; by now nothing grows any more.
        let told = |key: &str| tree.iter().map(|one| proc_figure(number(one, "pid"), key)).sum::<u64>();
        let (memory, threads) = (told("VmRSS") << 10, told("Threads"));
        assert!(number(&status, "memory_bytes").abs_diff(memory) <= memory / 10, "{memory} bytes: {status}");
        assert_eq!(number(&status, "threads"), threads, "{status}");
        project.down();
    });
}

#[test]
fn s2_2_2_the_status_is_the_one_of_the_system() {
    isolated(|| {
        let project = Project::new(
            r#"[process.idle]
            command = "{bad} fork 'sleep 0' sleep 0"
            {stop}
            [process.busy]
            shell = "while :; do :; done"
            {stop}"#,
        );
        project.up();
        let statuses = |name: &str| -> Vec<Value> {
            let status = project.pm_json(&["status", name, "--json"]);
            let tree = status["tree"].as_array().unwrap().iter().map(|one| one["status"].clone());
            std::iter::once(status["os_status"].clone()).chain(tree).collect()
        };
        let wait_statuses = |name: &str, expected: &[&str]| {
            wait_for(&format!("{name} to be {expected:?}"), || {
                let found = statuses(name);
                if found == expected { Ok(()) } else { Err(format!("{found:?}")) }
            });
        };
        wait_statuses("busy", &["running"; 2]);
        wait_statuses("idle", &["sleeping"; 3]);
        project.pm(&["signal", "idle", "STOP"]).ok();
        wait_statuses("idle", &["stopped"; 3]);
        let page = project.pm(&["status", "idle"]).ok().stdout;
        assert_eq!(page.matches("  stopped").count(), 2, "{page}");
        project.pm(&["signal", "idle", "CONT"]).ok();
        wait_statuses("idle", &["sleeping"; 3]);
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
        let parent = row.pid().unwrap();
        let status = project.pm_json(&["status", "careless", "--json"]);
        let zombies = status["tree"].as_array().unwrap().iter().filter(|one| one["zombie"] == true);
        let parents: Vec<_> = zombies.map(|one| one["parent_pid"].as_u64()).collect();
        assert_eq!(parents, [Some(parent.into()); 3], "who does not reap is named: {status}");
        let shown = project.pm(&["status", "careless"]).ok().stdout;
        let names_it = |line: &str| line.split(|c: char| !c.is_ascii_digit()).any(|word| word == parent.to_string());
        assert!(shown.lines().any(names_it) && shown.contains("zombie"), "{shown}");
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
        let events = project.events();
        let failures: Vec<_> =
            events.iter().filter(|event| event["process"] == "half" && event["to"] == "failed").collect();
        assert_eq!(failures.len(), 1, "{events:#?}");
        let text = failures[0]["text"].as_str().unwrap();
        assert!(text.contains("failed start: exit 5") && text.contains("giving up"), "{text}");
        project.down();
    });
}
