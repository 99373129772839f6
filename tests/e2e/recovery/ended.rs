//! What had ended stays what it was, whoever supervises.

use std::fs;

use serde_json::Value;

use crate::support::{Project, isolated};

const CAST: &str = r#"
[process.bad]
command = "{bad} sleep 300ms exit 9"
autostart = false
[process.done]
command = "{bad} sleep 300ms exit 0"
autostart = false
[process.early]
shell = "echo one; echo two >&2; echo three >&2; exit 7"
autostart = false
[process.nowhere]
command = "{bad} sleep 0"
cwd = "gone"
autostart = false
[process.given_up]
command = "{bad} eprint boom exit 5"
restart = { when = "on-failure", first_wait = "1ms", max_wait = "1ms", limit = 2 }
autostart = false
[process.waiting]
command = "{bad} sleep 300ms exit 3"
restart = { when = "on-failure", first_wait = "1h", max_wait = "1h" }
autostart = false
"#;

/// Each with the word and a part of the reason that it has for good.
const ENDS: [(&str, &str, &str); 6] = [
    ("bad", "failed", "exit 9"),
    ("done", "completed", "exit 0"),
    ("early", "failed", "failed start: exit 7 after"),
    ("nowhere", "failed", "cannot start: its directory"),
    ("given_up", "failed", "gave up after 2 restarts; last: failed start: exit 5 after"),
    ("waiting", "stopped", "stopped; exit 3"),
];

#[track_caller]
fn check(project: &Project, when: &str) {
    for (name, word, why) in ENDS {
        let row = project.row(name);
        assert!(row.phase() == word && row.why().contains(why), "{when}, {name} is to be {word}, {why}: {row}");
        project.pm(&["wait", name]).exits(i32::from(word == "failed"));
    }
    let status = project.pm_json(&["status", "early", "--json"]);
    assert_eq!(status["last_lines"], Value::from(vec!["one", "two", "three"]), "{when}: {status}");
    let page = project.pm(&["status", "early"]).ok().stdout;
    for line in ["it printed one", "two", "three"] {
        assert!(page.contains(line), "{when}: {page}");
    }
    assert_eq!(project.pm_json(&["summary", "--json"])["failed"], 4, "{when}");
}

#[test]
fn c3_what_had_ended_is_what_it_was_after_a_stop_and_any_death() {
    isolated(|| {
        let project = Project::new(CAST);
        fs::create_dir(project.root().join("gone")).unwrap();
        project.up();
        fs::remove_dir(project.root().join("gone")).unwrap();
        project.pm(&["start", "all"]);
        for (name, word, _) in ENDS {
            project.wait_phase(name, if name == "waiting" { "backoff" } else { word });
        }
        // What is over is not stopped by this, and what waits is.
        project.pm(&["stop", "all", "--wait"]).ok();
        check(&project, "in the same supervisor");
        project.kill_supervisor();
        project.up();
        check(&project, "after kill -9 of the supervisor");
        project.pm(&["down", "--detach"]).ok();
        project.up();
        check(&project, "after a hand-over");
        project.down();
        project.up();
        check(&project, "after an orderly end");
        project.down();
    });
}

#[test]
fn done_3_when_a_keeper_was_killed_is_told_as_it_was() {
    isolated(|| {
        let project = Project::new(
            "[process.before]\ncommand = \"{bad} print up sleep 0\"\n{stop}\n[process.after]\ncommand = \"{bad} print up sleep 0\"\n{stop}",
        );
        project.up();
        let keeper = |name: &str| project.wait_phase(name, "running").keeper_pid().unwrap();
        let (before, after) = (keeper("before"), keeper("after"));
        project.kill_supervisor();
        project.kill9(before);
        project.up();
        let why = project.wait_phase("before", "unknown").why().to_owned();
        assert!(why.starts_with("its keeper was killed while no supervisor ran"), "{why}");
        project.kill9(after);
        let why = project.wait_phase("after", "unknown").why().to_owned();
        assert!(why.starts_with("its keeper was killed") && !why.contains("no supervisor"), "{why}");
        project.down();
    });
}
