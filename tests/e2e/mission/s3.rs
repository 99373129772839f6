//! S3, a unified process manager: handles, states, runs to completion, the background, a registry that survives damage.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use super::{SLEEPER, find};
use crate::support::procs::listed;
use crate::support::{Process, Project, Row, isolated, wait_for};

#[test]
fn s3_3_2_the_handle_carries_its_metadata() {
    isolated(|| {
        let project = Project::new(
            "[process.api]\ndescription = \"the API\"\nshell = \"exec {bad} sleep 0\"\nenv = { COLOUR = \"blue\" }\n{stop}",
        );
        project.up();
        project.wait_phase("api", "running");
        let status = project.pm_json(&["status", "api", "--json"]);
        for key in [
            "name",
            "kind",
            "description",
            "run_id",
            "pid",
            "log",
            "cwd",
            "env",
            "phase",
            "os_status",
            "exit",
            "created_at",
            "started_at",
            "last_updated",
        ] {
            assert!(find(&status, key).is_some(), "no {key:?} in {status}");
        }
        assert_eq!(find(&status, "kind").unwrap(), "shell");
        assert_eq!(find(&status, "description").unwrap(), "the API");
        assert!(find(&status, "env").unwrap().to_string().contains("blue"), "{status}");
        project.down();
    });
}

#[test]
fn s3_3_2_what_it_is_for_and_since_when_survive_every_supervisor() {
    isolated(|| {
        let project = Project::new("[process.api]\ndescription = \"the API\"\ncommand = \"{bad} sleep 0\"\n{stop}");
        project.up();
        project.wait_phase("api", "running");
        let run = ["run", "--name", "job", "--description", "what was tried", "--", "{bad}", "sleep", "0"];
        project.pm(&run).ok();
        let handle = |name: &str| {
            let row = project.row(name);
            (row.text("description").to_owned(), row.text("created_at").to_owned())
        };
        let (api, job) = (handle("api"), handle("job"));
        assert_eq!((api.0.as_str(), job.0.as_str()), ("the API", "what was tried"));
        assert!(api.1 <= job.1 && job.1.as_str() <= project.row("job").text("started_at"), "{api:?} {job:?}");
        project.kill_supervisor();
        project.up();
        assert_eq!((handle("api"), handle("job")), (api.clone(), job.clone()), "after the next supervisor has come");
        project.pm(&["restart", "api", "job", "--wait"]).ok();
        project.down();
        project.up();
        assert_eq!((handle("api"), handle("job")), (api, job), "after all had been stopped");
        project.down();
    });
}

#[test]
fn s3_3_3_the_states_have_these_words() {
    isolated(|| {
        let project = Project::new(
            r#"[process.a]
            command = "{bad} handler 400ms print up sleep 0"
            early_exit = "600ms"
            stop = [ { signal = "TERM", wait = "10s" }, { signal = "KILL" } ]
            [process.b]
            command = "{bad} exit 1"
            [process.c]
            command = "{bad} print up sleep 0"
            {stop}"#,
        );
        project.up();
        project.wait_phase("a", "starting");
        project.wait_phase("a", "running");
        project.pm(&["stop", "a"]).ok();
        project.wait_phase("a", "stopping");
        project.wait_phase("a", "stopped");
        project.wait_phase("b", "failed");
        let keeper = project.wait_phase("c", "running").keeper_pid().unwrap();
        project.kill9(keeper);
        project.wait_phase("c", "unknown");
        project.down();
    });
}

#[test]
fn s3_3_4_run_to_completion_with_a_timeout() {
    isolated(|| {
        let project = Project::empty();
        let args = ["run", "--wait", "--timeout", "20s", "--json", "--"];
        let call = |steps: &[&str]| {
            let all: Vec<&str> = args.iter().copied().chain(["{bad}"]).chain(steps.iter().copied()).collect();
            project.pm(&all)
        };
        let good = call(&["print", "to stdout", "eprint", "to stderr", "sleep", "150ms", "exit", "0"]).ok().json();
        assert_eq!(find(&good, "success"), Some(&Value::Bool(true)), "{good}");
        assert!(find(&good, "stdout").unwrap().as_str().unwrap().contains("to stdout"), "{good}");
        assert!(find(&good, "stderr").unwrap().as_str().unwrap().contains("to stderr"), "{good}");
        assert!(find(&good, "duration_s").unwrap().as_f64().unwrap() >= 0.1, "{good}");
        let bad = call(&["sleep", "150ms", "exit", "7"]).exits(1).json();
        assert_eq!(find(&bad, "success"), Some(&Value::Bool(false)), "{bad}");
        assert_eq!(find(&bad, "code").and_then(Value::as_i64), Some(7), "{bad}");
        let out = project.pm(&["run", "--wait", "--timeout", "400ms", "--", "{bad}", "sleep", "0"]).exits(124);
        assert!(out.took < Duration::from_secs(10), "{out}");
        let args = ["run", "--name", "late", "--timeout", "400ms", "--json", "--", "{bad}", "sleep", "0"];
        let late = project.pm(&args).exits(124).json();
        assert_eq!((&late["timed_out"], &late["exit"]["by"]), (&Value::Bool(true), &"limit".into()), "{late}");
        let row = project.row("late");
        assert_eq!((row.phase(), row.exit_by()), ("failed", "limit"), "{row}");
        assert!(row.why().contains("over its time limit of 400ms"), "{row}");
        // Also while it prints more than can be passed on.
        let long_line = "y".repeat(4000);
        let flood = ["run", "--timeout", "150ms", "--name", "flood", "--", "yes", &long_line];
        let status = project.command(flood).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(124));
        // What ran out of time is stopped, not left behind.
        wait_for("nothing supervised is alive", || {
            let left: Vec<_> = project.alive().into_iter().filter(Process::is_supervised).collect();
            if left.is_empty() { Ok(()) } else { Err(listed(&left)) }
        });
        project.pm(&["down"]);
        project.assert_nothing_left();
    });
}

#[test]
fn s3_3_4_only_its_own_output_and_only_its_own_end() {
    isolated(|| {
        let project = Project::empty();
        for word in ["first", "second", "third"] {
            let out = project.pm(&["run", "--wait", "--name", "job", "--", "{bad}", "print", word]).ok();
            assert_eq!((out.stdout.as_str(), out.stderr.as_str()), (&*format!("{word}\n"), ""));
        }
        // It does not wait for what the command leaves behind, and says so.
        let out = project.pm(&["run", "-w", "--name", "job", "--", "sh", "-c", "sleep 1000 & printf end; exit 3"]);
        let out = out.exits(1);
        assert_eq!(out.stdout, "end\n");
        assert!(out.stderr.contains("something that job started runs on; `pm stop job` ends it"), "{out}");
        assert!(out.stderr.contains("exit 3"), "{out}");
        project.pm(&["stop", "job", "--wait"]);
        // Whoever goes is told that the command does not.
        let mut waits = project.spawn(&["run", "-w", "--name", "long", "--", "sleep", "1000"]);
        let runs = |row: &Row| row.name() == "long" && row.is("running");
        wait_for("long runs", || if project.rows().iter().any(runs) { Ok(()) } else { Err(String::new()) });
        project.signal(waits.pid(), Signal::INT);
        wait_for("pm has gone", || if waits.is_over() { Ok(()) } else { Err(String::new()) });
        let out = waits.finish().exits(1);
        assert!(out.stderr.contains("long runs on; `pm logs long -f` follows it, `pm stop long` ends it"), "{out}");
        assert!(project.row("long").is("running"));
        project.down();
        project.assert_nothing_left();
    });
}

#[test]
fn s3_3_5_in_the_background_under_a_chosen_id() {
    isolated(|| {
        let project = Project::new("[process.conf]\nshell = \"exec {bad} sleep 0\"\n{stop}");
        project.up();
        project.pm(&["run", "--name", "job:1", "--", "{bad}", "print", "up", "handler", "10ms", "sleep", "0"]).ok();
        project.wait_log("job:1", "up");
        project.wait_phase("job:1", "running");
        assert!(project.pm(&["status", "job:1"]).ok().stdout.contains("running"));
        project.pm(&["wait", "job:1", "--timeout", "200ms"]).exits(124);
        let names = |args: &[&str]| -> Vec<String> {
            let ps = project.pm_json(args);
            ps["processes"].as_array().unwrap().iter().cloned().map(|row| Row(row).name().to_owned()).collect()
        };
        assert_eq!(names(&["ps", "--json", "--kind", "shell"]), ["conf"]);
        assert_eq!(names(&["ps", "--json", "--kind", "command"]), ["job:1"]);
        project.pm(&["stop", "job:1", "--wait"]).ok();
        assert_eq!(names(&["ps", "--json", "--status", "stopped"]), ["job:1"]);
        assert_eq!(names(&["ps", "--json", "--status", "running"]), ["conf"]);
        project.pm(&["wait", "job:1", "--timeout", "10s"]).ok();
        // Its spec was not in any config, and is known all the same after the supervisor was killed.
        project.kill_supervisor();
        project.up();
        project.pm(&["start", "job:1", "--wait"]).ok();
        project.wait_phase("job:1", "running");
        project.down();
    });
}

#[test]
fn s3_3_5_a_command_has_the_environment_it_was_run_with() {
    isolated(|| {
        let project = Project::new("[process.conf]\nshell = \"exec {bad} sleep 0\"\n{stop}");
        project.up();
        let line = "echo ran as $WHO; exec sleep 1000";
        let mut run = project.command(["run", "--name", "job", "--", "sh", "-c", line]);
        let out = run.envs([("WHO", "caller"), ("TOKEN", "hidden-7f3")]).output().unwrap();
        assert!(out.status.success(), "{out:?}");
        let ran = |times: usize| {
            wait_for("it ran as its caller", || {
                let log = project.pm(&["logs", "job", "--all-runs"]).ok().stdout;
                if log.matches("ran as caller").count() == times { Ok(()) } else { Err(log) }
            });
        };
        ran(1);
        // However it is started later, and by whomever.
        project.pm(&["restart", "job", "--wait"]).ok();
        ran(2);
        project.pm(&["stop", "job", "--wait"]).ok();
        project.kill_supervisor();
        project.up();
        project.pm(&["start", "job", "--wait"]).ok();
        ran(3);
        // Nobody is shown it, and nobody else can read it.
        for args in [["status", "job", "--json"], ["ps", "--json", "--status=running"]] {
            assert!(!project.pm(&args).ok().stdout.contains("hidden-7f3"), "{args:?}");
        }
        let holds_it = Command::new("grep").args(["-rl", "hidden-7f3"]).arg(project.base("state")).output().unwrap();
        let files = String::from_utf8(holds_it.stdout).unwrap();
        assert_eq!(files.lines().count(), 1, "{files}");
        assert_eq!(fs::metadata(files.trim_end()).unwrap().mode() & 0o777, 0o600, "{files}");
        project.down();
    });
}

#[test]
fn s3_3_5_a_command_that_cannot_be_started_says_so() {
    isolated(|| {
        let project = Project::empty();
        project.pm(&["run", "--", "no-such-program"]).exits(1).says("was not found");
        project.pm(&["run", "--name", "short", "--", "false"]).exits(1).says("failed start");
        project.pm(&["run", "--name", "again", "--restart", "always", "--", "false"]).ok().says("backoff");
        project.pm(&["run", "--name", "fine", "--", "{bad}", "sleep", "0"]).ok().says("fine: running, pid");
        project.pm(&["down"]).ok();
        project.pm(&["down"]).ok().says("nothing");
        project.pm(&["ps"]).exits(3).says("there is no pm.toml");
        project.assert_nothing_left();
    });
}

#[test]
fn s3_3_5_wait_answers_with_the_end_of_the_process() {
    isolated(|| {
        let project = Project::new(
            "[process.good]\ncommand = \"{bad} sleep 300ms exit 0\"\n[process.ill]\ncommand = \"{bad} sleep 300ms exit 9\"",
        );
        project.up();
        project.pm(&["wait", "good", "--timeout", "20s"]).ok();
        project.pm(&["wait", "ill", "--timeout", "20s"]).exits(1);
        project.down();
    });
}

#[test]
fn s3_3_6_a_damaged_registry_stops_nobody() {
    isolated(|| {
        let project = Project::new(&format!("{SLEEPER}[process.old]\ncommand = \"{{bad}} sleep 150ms exit 6\"\n"));
        project.up();
        let before = project.wait_phase("api", "running");
        let old = project.wait_phase("old", "failed");
        assert_eq!(old.exit_code(), Some(6));
        project.kill_supervisor();
        let state = project.layout("state");
        for file in ["registry.json", "events.jsonl", "lock"] {
            fs::write(state.join(file), b"\0\xff{{{ not json").unwrap();
        }
        let record = Path::new(old.text("log")).parent().unwrap().join("record");
        fs::write(&record, b"\xff\xfe garbage").unwrap();
        fs::create_dir_all(state.join("runs/stray")).unwrap();
        fs::write(state.join("runs/stray-file"), "x").unwrap();
        project.up();
        let after = project.wait_phase("api", "running");
        assert_eq!(after.pid(), before.pid(), "the live one is adopted: {after}");
        let old = project.wait_row("old", "not alive", |row| row.pid().is_none());
        assert!(old.exit_code() != Some(0), "what is not known is not guessed: {old}");
        assert!(!project.rows().iter().any(|row| row.name().starts_with("stray")), "dead entries are no processes");
        project.down();
    });
}

#[test]
fn s3_3_6_what_left_the_config_and_is_over_is_removed_by_its_name() {
    isolated(|| {
        let over = |name: &str| format!("[process.{name}]\ncommand = \"{{bad}} print said exit 0\"\n");
        let gone = ["old", "job-1", "job-2"].map(over).concat();
        let live = "[process.live]\ncommand = \"{bad} sleep 0\"\n{stop}\n";
        let project = Project::new(&format!("{SLEEPER}\n{gone}{live}"));
        project.up();
        for name in ["old", "job-1", "job-2"] {
            project.wait_phase(name, "completed");
        }
        let before = ["api", "live"].map(|name| project.wait_phase(name, "running").pid());
        project.kill_supervisor();
        project.config(SLEEPER);
        project.up();
        let kept = || {
            let runs = fs::read_dir(project.layout("state").join("runs")).unwrap();
            let mut names: Vec<_> = runs.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(kept(), ["api", "job-1", "job-2", "live", "old"]);
        project.pm(&["remove", "live"]).exits(4).says("only what is over can be removed");
        project.pm(&["remove", "old", "nobody"]).exits(4).says("no process matches \"nobody\"");
        project.pm(&["remove", "ol"]).exits(4).says("did you mean \"old\"?");
        assert_eq!(kept(), ["api", "job-1", "job-2", "live", "old"], "what is refused removes nothing");
        assert_eq!(project.pm(&["remove", "job-*"]).ok().stdout, "job-1: removed\njob-2: removed\n");
        assert_eq!(kept(), ["api", "live", "old"]);
        // What the file defines again has a history, though the supervisor has not read it yet.
        project.config(&format!("{SLEEPER}\n{}", over("old")));
        project.pm(&["remove", "o*"]).exits(4).says("old is in the config again");
        project.config(SLEEPER);
        // One that stays where it is hinders no other.
        let out = project.pm(&["remove", "api", "old"]).ok();
        assert!(out.stdout.contains("old: removed\n") && out.stdout.contains("it is defined at pm.toml:"), "{out}");
        assert_eq!(kept(), ["api", "live"]);
        project.pm(&["logs", "old"]).exits(4);
        let told: Vec<_> = project.events().into_iter().filter(|event| event["event"] == "removed").collect();
        let told: Vec<_> = told.iter().map(|event| event["process"].as_str().unwrap()).collect();
        assert_eq!(told, ["job-1", "job-2", "old"]);
        assert_eq!(["api", "live"].map(|name| project.row(name).pid()), before, "the others run on");
        project.down();
    });
}

#[test]
fn s3_3_6_what_a_keeper_holds_is_not_removed_though_no_config_and_no_row_has_it() {
    isolated(|| {
        let project = Project::new(&format!("{SLEEPER}\n[process.old]\ncommand = \"{{bad}} print said exit 0\"\n"));
        project.up();
        project.wait_phase("old", "completed");
        project.kill_supervisor();
        project.config(SLEEPER);
        project.up();
        let dir = project.layout("state").join("runs/old");
        let lock = fs::File::open(dir.join("lock")).unwrap();
        wait_for("its keeper has gone", || lock.try_lock().map_err(|error| error.to_string()));
        for names in [&["old"][..], &["o*", "old"]] {
            let args = [&["remove"], names].concat();
            project.pm(&args).exits(4).says("something of it is alive under its keeper");
        }
        assert!(dir.exists());
        drop(lock);
        project.pm(&["remove", "all"]).ok().says("old: removed");
        assert!(!dir.exists());
        project.down();
    });
}
