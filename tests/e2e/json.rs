//! `--json`, wherever something is printed: what a script gets from each verb, what the verb has done, and how it fails.

use serde_json::Value;

use crate::support::{Out, Project, isolated, wait_for};

const CONFIG: &str = r#"[process.api]
command = "{bad} print up sleep 0"
{stop}
[process.echo]
command = "{bad} print up stdin-echo"
{stop}
[process.usr]
shell = "trap 'echo got it' USR1; echo up; while :; do sleep 1000 & wait; done"
{stop}
[process.deaf]
command = "{bad} ignore TERM,INT print up sleep 0"
stop = [ { signal = "TERM", wait = "1h" }, { signal = "INT", wait = "1h" }, { signal = "KILL" } ]
"#;

const DONE: &[&str] = &["revision", "affected", "unchanged"];
const WAITED: &[&str] = &["revision", "affected", "unchanged", "processes"];
const TREE: &[&str] = &["pid", "cpu_percent", "memory_bytes", "threads", "tree_pids", "zombies", "tree"];
const FINISHED: &[&str] = &["name", "stdout", "stderr", "exit", "success", "duration_s", "timed_out", "why"];
const TOTALS: &[&str] = &[
    "total",
    "running",
    "zombies",
    "completed",
    "failed",
    "stopped",
    "unknown",
    "memory_bytes",
    "cpu_percent",
    "machine",
];

#[track_caller]
fn assert_keys(value: &Value, keys: &[&str], of: &Out) {
    for key in keys {
        assert!(value.get(key).is_some(), "no {key:?} in {value}, printed by {of}");
    }
}

/// Runs a verb with `--json`: it succeeds, has nothing to say to a person, and each line it prints is an object with these keys.
#[track_caller]
fn lines(project: &Project, args: &[&str], keys: &[&str]) -> Vec<Value> {
    let (verb, rest) = args.split_first().unwrap();
    let out = project.pm(&[&[*verb, "--json"], rest].concat()).ok();
    assert_eq!(out.stderr, "", "{out}");
    let lines: Vec<Value> =
        out.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {out}"))).collect();
    assert!(!lines.is_empty(), "{out}");
    for line in &lines {
        assert_keys(line, keys, &out);
    }
    lines
}

/// The same of a verb that prints one document.
#[track_caller]
fn document(project: &Project, args: &[&str], keys: &[&str]) -> Value {
    let mut lines = lines(project, args, keys);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[track_caller]
fn phase_of(done: &Value, name: &str) -> String {
    let rows = done["processes"].as_array().unwrap();
    let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {done}"));
    row["phase"].as_str().unwrap().to_owned()
}

#[test]
fn s3_3_5_verbs_that_change_something_say_so_in_json() {
    isolated(|| {
        let project = Project::new(CONFIG);
        let up = document(&project, &["up", "-d"], DONE);
        assert_eq!(up["affected"], serde_json::json!(["api", "echo", "usr", "deaf"]), "{up}");
        let up = document(&project, &["up", "-d", "--wait"], WAITED);
        assert!(up["affected"].is_array() && up["unchanged"].is_array(), "{up}");
        let start = document(&project, &["start", "api"], DONE);
        assert_eq!((&start["unchanged"][0]["name"], start["unchanged"][0]["why"].is_string()), (&"api".into(), true));
        for (verb, phase) in [
            ("stop", "stopped"),
            ("start", "running"),
            ("restart", "running"),
            ("kill", "stopped"),
            ("start", "running"),
        ] {
            let done = document(&project, &[verb, "api", "--wait"], WAITED);
            assert_eq!((phase_of(&done, "api"), &done["affected"][0]), (phase.to_owned(), &"api".into()), "{verb}");
            assert_eq!(project.row("api").phase(), phase, "{verb}");
        }
        assert_eq!(project.row("api").run(), 4, "started, restarted and started again");
        project.wait_log("echo", "up");
        document(&project, &["send", "echo", "hello there"], DONE);
        project.wait_log("echo", "hello there");
        let run = document(&project, &["run", "--name", "job", "--", "true"], WAITED);
        assert_eq!(run["affected"][0], "job", "{run}");
        project.wait_phase("job", "completed");
        let waited = document(&project, &["wait", "job", "--timeout", "20s"], WAITED);
        assert_eq!(phase_of(&waited, "job"), "completed");
        let removed = document(&project, &["remove", "job"], DONE);
        assert_eq!(removed["affected"][0], "job", "{removed}");
        assert!(project.rows().iter().all(|row| row.name() != "job"), "{:?}", project.rows());
        project.pm(&["kill", "deaf", "--wait"]).ok();
        let down = document(&project, &["down"], &["stopped", "left_running", "killed", "supervisor_pid"]);
        assert_eq!(down["stopped"].as_array().unwrap().len(), 3, "{down}");
        project.assert_nothing_left();
    });
}

#[test]
fn s2_2_4_a_stop_is_held_and_hurried_and_a_signal_is_only_a_signal() {
    isolated(|| {
        let project = Project::new(CONFIG);
        project.up();
        project.wait_log("deaf", "up");
        project.wait_log("usr", "up");
        let pid = project.wait_phase("usr", "running").pid();
        let sent = document(&project, &["signal", "usr", "USR1"], DONE);
        assert_eq!(sent["affected"][0], "usr", "{sent}");
        project.wait_log("usr", "got it");
        let row = project.row("usr");
        assert_eq!((row.phase(), row.pid()), ("running", pid), "nothing more than a signal: {row}");
        project.pm(&["hold", "deaf"]).exits(4).says("only a stop in progress can be held");
        project.pm(&["next", "deaf"]).exits(4).says("only a stop in progress has a next stage");
        document(&project, &["stop", "deaf"], DONE);
        let at = |stage: &str| project.wait_row("deaf", stage, |row| row.is("stopping") && row.why().contains(stage));
        at("stage 1 of 3: TERM");
        document(&project, &["hold", "deaf"], DONE);
        at("stage 1 of 3: TERM, held");
        document(&project, &["next", "deaf"], DONE);
        let row = at("stage 2 of 3: INT");
        assert!(!row.why().contains("held"), "{row}");
        let done = document(&project, &["next", "deaf", "--wait"], WAITED);
        assert_eq!(phase_of(&done, "deaf"), "stopped");
        let row = project.row("deaf");
        assert_eq!((row.exit_signal().as_deref(), row.exit_by()), (Some("KILL"), "stop stage 3"), "{row}");
        project.down();
    });
}

#[test]
fn s1_1_9_verbs_that_show_something_show_it_in_json() {
    isolated(|| {
        let project = Project::new(CONFIG);
        project.up();
        project.wait_log("api", "up");
        project.wait_log("usr", "up");
        let pid = project.wait_phase("api", "running").pid().unwrap();
        let text = pid.to_string();
        let ps = document(&project, &["ps"], &["project", "revision", "supervisor", "processes"]);
        assert_eq!(ps["processes"].as_array().unwrap().len(), 4);
        let status = document(
            &project,
            &["status", "api"],
            &["name", "phase", "health", "log_errors", "log_warnings", "log_counts_partial"],
        );
        assert_eq!((&status["name"], &status["pid"]), (&"api".into(), &pid.into()));
        let bare = document(&project, &["status", "--pid", &text], TREE);
        assert_eq!(bare["pid"], pid);
        let summary = document(&project, &["summary"], TOTALS);
        assert_eq!(summary["total"], 4);
        let logs =
            lines(&project, &["logs", "api", "usr"], &["time", "name", "process", "run", "stream", "text", "partial"]);
        let said: Vec<_> =
            logs.iter().map(|line| (line["process"].as_str().unwrap(), line["text"].as_str().unwrap())).collect();
        assert!(said.contains(&("api", "up")) && said.contains(&("usr", "up")), "{logs:?}");
        let found = lines(&project, &["logs", "api", "--grep", "up"], &["match"]);
        assert_eq!((found.len(), &found[0]["match"]), (1, &true.into()));
        let counted = document(&project, &["logs", "api", "--grep", "up", "--count"], &["name", "count"]);
        assert_eq!((&counted["name"], &counted["count"]), (&"api".into(), &1.into()));
        let events = lines(&project, &["events"], &["time", "seq", "cause", "event", "text"]);
        assert!(events.iter().any(|event| event["process"] == "api" && event["to"] == "running"), "{events:?}");
        let check = document(&project, &["check"], &["file", "ok", "processes", "findings"]);
        assert_eq!((&check["ok"], &check["processes"]), (&true.into(), &4.into()));
        // Each line with its time in front, for a person.
        let stamped = project.pm(&["logs", "api", "--timestamps"]).ok().stdout;
        let (time, rest) = stamped.trim_end().rsplit_once(' ').unwrap();
        let shape: String = time.trim_end().chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert!(rest == "up" && shape.contains("00:00:00"), "{stamped:?}");
        project.pm(&["kill", "deaf", "--wait"]).ok();
        project.down();
    });
}

#[test]
fn s3_3_4_run_takes_a_terminal_an_environment_and_a_directory() {
    isolated(|| {
        let project = Project::empty();
        std::fs::create_dir(project.path("sub")).unwrap();
        let steps = ["env", "WHO", "cwd", "eprint", "to stderr", "exit", "0"];
        let given = ["run", "--wait", "--env", "WHO=me", "--cwd", "sub", "--", "{bad}"];
        let finished = document(&project, &[&given[..], &steps].concat(), FINISHED);
        let sub = project.path("sub").canonicalize().unwrap();
        assert_eq!(finished["stdout"], format!("WHO=me\ncwd {}\n", sub.display()), "{finished}");
        assert_eq!((&finished["stderr"], &finished["success"]), (&"to stderr\n".into(), &true.into()));
        let line = "test -t 0 && test -t 1 && test -t 2 && echo at a terminal; exec sleep 1000";
        document(&project, &["run", "--name", "term", "--tty", "--", "sh", "-c", line], WAITED);
        project.wait_log("term", "at a terminal");
        let printed = lines(&project, &["logs", "term"], &["stream"]);
        assert!(printed.iter().all(|line| line["stream"] == "terminal"), "{printed:?}");
        assert_eq!(document(&project, &["status", "term"], &["tty"])["tty"], true);
        project.down();
    });
}

#[test]
fn s1_1_10_an_error_is_an_object_with_its_kind_and_goes_with_its_code() {
    isolated(|| {
        let project = Project::new(CONFIG);
        let fails = |args: &[&str], code: i32, kind: &str| {
            let out = project.pm(args).exits(code);
            let error = &out.json()["error"];
            assert_eq!(error["kind"], kind, "{out}");
            assert!(!error["message"].as_str().unwrap().is_empty(), "{out}");
            assert!(!out.stderr.is_empty(), "a person is told as well: {out}");
        };
        fails(&["ps", "--json"], 3, "no_supervisor");
        fails(&["start", "api", "--json"], 3, "no_supervisor");
        fails(&["start", "--json"], 2, "usage");
        project.up();
        project.wait_log("deaf", "up");
        fails(&["start", "nobody", "--json"], 4, "refused");
        fails(&["logs", "nobody", "--json"], 4, "refused");
        fails(&["stop", "deaf", "--timeout", "50ms", "--json"], 124, "timeout");
        fails(&["wait", "api", "--timeout", "50ms", "--json"], 124, "timeout");
        fails(&["down", "--timeout", "50ms", "--json"], 124, "timeout");
        // It goes on all the same, and can be hurried.
        project.wait_row("deaf", "being stopped", |row| row.is("stopping"));
        project.pm(&["kill", "deaf"]).ok();
        wait_for("the supervisor is down", || {
            let out = project.pm(&["ps"]);
            if out.code == Some(3) { Ok(()) } else { Err(out.to_string()) }
        });
        project.assert_nothing_left();
        project.config("[process.api]\ncommand = 3\n");
        fails(&["up", "-d", "--json"], 2, "config");
    });
}

#[test]
fn totals_right_after_a_start_are_measured() {
    isolated(|| {
        let project = Project::new(CONFIG);
        project.up();
        let summary = project.pm_json(&["summary", "--json"]);
        let machine = &summary["machine"];
        assert!(machine["cores"].as_u64() > Some(0) && machine["memory_total_bytes"].as_u64() > Some(0), "{summary}");
        project.pm(&["kill", "deaf", "--wait"]).ok();
        project.down();
    });
}

#[test]
fn s1_1_3_a_bare_pid_is_stopped_in_json() {
    isolated(|| {
        let project = Project::new(CONFIG);
        project.up();
        project.wait_log("api", "up");
        let pid = project.wait_phase("api", "running").pid().unwrap();
        let swept = project.pm(&["stop", "--pid", &pid.to_string(), "--force", "--json"]).ok().json();
        assert_eq!(swept, serde_json::json!({ "pid": pid, "ended": 0, "killed": 1, "left": [] }));
        project.wait_row("api", "over", |row| row.exit_signal().as_deref() == Some("KILL"));
        project.pm(&["kill", "deaf", "--wait"]).ok();
        project.down();
    });
}
