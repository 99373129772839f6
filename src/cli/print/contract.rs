//! `--json` is a contract: these snapshots change only by additions.

use super::samples;
use crate::wire::json::{Done, Listing, Status, Summary};

fn pretty(value: &impl serde::Serialize) -> String {
    samples::with_slashes(&serde_json::to_string_pretty(value).unwrap())
}

#[test]
fn ps() {
    let snapshot = samples::snapshot();
    insta::assert_snapshot!(pretty(
        &Listing::of(&snapshot, |row| ["api", "early", "off"].contains(&row.name().as_str()))
    ));
}

#[test]
fn ps_has_exactly_the_promised_fields() {
    let listing = serde_json::to_value(Listing::of(&samples::snapshot(), |_| true)).unwrap();
    let mut promised = vec![
        "name",
        "kind",
        "description",
        "created_at",
        "phase",
        "health",
        "why",
        "pid",
        "os_status",
        "keeper_pid",
        "run_id",
        "run",
        "restarts",
        "exit",
        "started_at",
        "uptime_s",
        "cpu_percent",
        "memory_bytes",
        "threads",
        "tree_pids",
        "zombies",
        "command",
        "cwd",
        "running_command",
        "log",
        "log_bytes",
        "log_lines",
        "log_lost_bytes",
        "last_updated",
    ];
    promised.sort_unstable();
    for process in listing["processes"].as_array().unwrap() {
        let mut fields: Vec<_> = process.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, promised);
    }
    assert_eq!(listing["revision"], 42);
    assert_eq!(listing["supervisor"]["pid"], 100);
}

#[test]
fn status() {
    let snapshot = samples::snapshot();
    insta::assert_snapshot!(pretty(&Status::of(&snapshot.rows[0], snapshot.at, &samples::KEPT)));
}

#[test]
fn summary() {
    insta::assert_snapshot!(pretty(&Summary::of(&samples::snapshot(), 98_765_432)));
}

#[test]
fn a_command_that_was_waited_for() {
    let snapshot = samples::snapshot();
    let accepted = crate::domain::Accepted {
        revision: 41,
        affected: vec![snapshot.rows[5].name().clone()],
        unchanged: vec![(snapshot.rows[0].name().clone(), "already running".into())],
    };
    insta::assert_snapshot!(pretty(&Done::of(&accepted, Some(&snapshot))));
    assert!(!pretty(&Done::of(&accepted, None)).contains("processes"));
}
