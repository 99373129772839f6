//! The event log: what every line of it carries, and how it is followed.

use std::collections::HashMap;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Project, isolated, wait_for};

/// Ends badly as often as it is started, and waits longer each time.
const CRASHER: &str = r#"[process.crasher]
command = "{bad} sleep 150ms exit 3"
restart = { when = "always", first_wait = "20ms", max_wait = "1h", limit = 0 }
{stop}
[process.calm]
command = "{bad} print up sleep 0"
{stop}
"#;

fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_else(|| panic!("{key} is not a text in {event}"))
}

#[track_caller]
fn assert_is_time(text: &str) {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{text}");
}

#[test]
fn s3_3_7_every_change_tells_process_run_and_cause_and_follows_the_one_before() {
    isolated(|| {
        let project = Project::new(CRASHER);
        project.up();
        project.wait_log("calm", "up");
        let mut ids = HashMap::new();
        let waiting = wait_for("the crasher waits", || {
            let row = project.row("crasher");
            ids.insert((row.name().to_owned(), row.run()), row.run_id().to_owned());
            if row.is("backoff") && row.run() >= 4 { Ok(row) } else { Err(row.to_string()) }
        });
        project.pm(&["stop", "crasher", "--wait"]).ok();
        let stopped = project.wait_phase("crasher", "stopped");
        assert!(stopped.run() >= waiting.run(), "{stopped}");
        ids.insert(("crasher".into(), stopped.run()), stopped.run_id().to_owned());
        let calm = project.wait_phase("calm", "running");
        ids.insert(("calm".into(), calm.run()), calm.run_id().to_owned());
        project.down();
        let events = project.events();
        let mut before: HashMap<String, String> = HashMap::new();
        let mut changes: Vec<(String, String)> = Vec::new();
        for event in &events {
            assert_is_time(text(event, "time"));
            assert!(event["seq"].is_u64() && !text(event, "text").is_empty(), "{event}");
            let cause = text(event, "cause");
            assert!(["user", "policy", "adoption", "shutdown", "itself", "keeper"].contains(&cause), "{event}");
            if event["event"] != "changed" {
                continue;
            }
            let (name, from, to) = (text(event, "process"), text(event, "from"), text(event, "to"));
            let run = (name.to_owned(), event["run"].as_u64().unwrap());
            let id = ids.entry(run).or_insert_with(|| text(event, "run_id").to_owned());
            assert_eq!(text(event, "run_id"), id, "{event}");
            let was = before.insert(name.to_owned(), to.to_owned()).unwrap_or_else(|| "stopped".to_owned());
            assert_eq!(from, was, "it was {was} before: {event}");
            if name == "crasher" {
                changes.push((to.to_owned(), cause.to_owned()));
            }
        }
        let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
        assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "one supervisor counts by one: {seqs:?}");
        let caused =
            |to: &str| changes.iter().filter(|(word, _)| word == to).map(|(_, cause)| cause.as_str()).collect();
        let backoffs: Vec<&str> = caused("backoff");
        assert!(backoffs.len() >= 4 && backoffs.iter().all(|cause| *cause == "itself"), "{changes:?}");
        assert_eq!(changes.last(), Some(&("stopped".to_owned(), "user".to_owned())), "{changes:?}");
    });
}

#[test]
fn s3_3_7_the_event_log_is_followed_line_by_line_each_once_and_in_order() {
    isolated(|| {
        let project = Project::new(CRASHER);
        project.up();
        project.wait_log("calm", "up");
        project.wait_row("crasher", "crashing", |row| row.run() >= 2);
        let follower = project.spawn(&["events", "-f", "--json"]);
        let seen = |what: &str, is: &dyn Fn(&Value) -> bool| {
            wait_for(&format!("the follower tells of {what}"), || {
                let printed = follower.stdout();
                let whole = printed.rfind('\n').map_or("", |end| &printed[..end]);
                let told: Vec<Value> = whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                if told.iter().any(is) { Ok(told) } else { Err(printed) }
            })
        };
        seen("what was before it", &|event| event["event"] == "supervisor_started");
        // Each step is told while it happens, before the next one is asked for.
        project.pm(&["stop", "calm", "--wait"]).ok();
        seen("a stop", &|event| event["process"] == "calm" && event["to"] == "stopped");
        project.pm(&["start", "calm", "--wait"]).ok();
        seen("a start", &|event| event["process"] == "calm" && event["run"] == 2 && event["to"] == "running");
        for (what, run) in [("stage_entered", 1), ("launched", 2)] {
            let is = |event: &Value| event["process"] == "calm" && event["event"] == what && event["run"] == run;
            seen("whose doing it was", &|event| is(event) && event["cause"] == "user");
        }
        project.pm(&["stop", "crasher", "--wait"]).ok();
        let told = seen("another stop", &|event| event["process"] == "crasher" && event["to"] == "stopped");
        let key = |event: &Value| (text(event, "time").to_owned(), event["seq"].as_u64().unwrap());
        let keys: Vec<_> = told.iter().map(key).collect();
        assert!(keys.windows(2).all(|pair| pair[0].1 + 1 == pair[1].1), "each once and in order: {keys:?}");
        assert!(keys.windows(2).all(|pair| pair[0].0 <= pair[1].0), "time never goes back: {keys:?}");
        wait_for("they lie on the disk as they were told", || {
            let kept = project.events();
            if kept.starts_with(&told) { Ok(()) } else { Err(format!("{kept:#?}")) }
        });
        project.signal(follower.pid(), Signal::INT);
        let out = follower.finish();
        assert_eq!(out.stderr, "");
        assert_eq!(out.code, None, "ended by the signal itself, as a shell expects it: {out}");
        assert!(out.stdout.ends_with("}\n"), "its last line is whole: {out}");
        project.down();
    });
}
