//! The rows of the mission that the spine carries, each from the command line on real processes; the name says which row.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::procs::{listed, zombies_below};
use support::project::{Running, bad_child};
use support::{Project, Row, isolated, wait_for};

const SLEEPER: &str = "[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}\n";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

#[test]
fn s1_1_1_directories_are_the_users_own_and_where_the_system_wants_them() {
    isolated(|| {
        let project = Project::new(SLEEPER);
        project.up();
        project.wait_log("api", "up");
        let (state, run) = (project.layout("state"), project.layout("run"));
        let log = project.row("api").text("log").to_owned();
        assert!(Path::new(&log).starts_with(&state), "{log} is not below {}", state.display());
        assert!(run.join("control.sock").exists(), "the control socket is in the runtime directory");
        assert_eq!((mode(&state), mode(&run)), (0o700, 0o700), "nobody else may look");
        assert_eq!(mode(Path::new(&log)), 0o600, "{log}");
        let home: Vec<_> = fs::read_dir(project.base("home")).unwrap().collect();
        assert!(home.is_empty(), "something was left in the home directory: {home:?}");
        let work: Vec<_> = fs::read_dir(project.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(work, ["pm.toml"], "the project directory is the user's");
        project.down();
    });
}

#[test]
fn s1_1_2_a_child_gets_its_directory_its_environment_and_clean_hands() {
    isolated(|| {
        let project = Project::new(
            r#"[process.api]
            command = ["{bad}", "cwd", "env", "PORT", "env", "FROM_FILE", "env", "LITERAL", "env", "PM_PROCESS", "env", "PM_PROJECT",
                       "umask", "fds", "print", "$PORT *", "eprint", "to stderr", "print", "up", "sleep", "0"]
            cwd = "web"
            env = { PORT = "8000", LITERAL = "$HOME" }
            env_file = [".env"]
            {stop}"#,
        );
        fs::create_dir(project.path("web")).unwrap();
        fs::write(project.path(".env"), "FROM_FILE=yes\nPORT=1\n").unwrap();
        project.up();
        let log = project.wait_log("api", "up");
        let web = project.path("web").canonicalize().unwrap();
        for line in [
            &format!("cwd {}", web.display()),
            "PORT=8000",
            "FROM_FILE=yes",
            "LITERAL=$HOME",
            "PM_PROCESS=api",
            "PM_PROJECT=case",
            "umask 022",
            "fds 0,1,2",
            "$PORT *",
            "to stderr",
        ] {
            assert!(log.lines().any(|seen| seen == line), "no line {line:?} in:\n{log}");
        }
        project.down();
    });
}

/// A process that `pm` has nothing to do with, reaped by the test.
fn bare(args: &[&str]) -> Child {
    Command::new(bad_child()).args(args).stdout(Stdio::null()).spawn().expect("the bad child")
}

#[track_caller]
fn finish_while_reaping(mut command: Running, child: &mut Child) -> support::Out {
    wait_for("the command is done", || {
        _ = child.try_wait();
        if command.is_over() { Ok(()) } else { Err(command.stdout()) }
    });
    command.finish()
}

#[test]
fn s1_1_3_a_bare_pid_can_be_asked_and_stopped_without_any_config() {
    isolated(|| {
        let project = Project::empty();
        let mut child = bare(&["sleep", "0"]);
        let pid = child.id().to_string();
        let out = project.pm(&["status", "--pid", &pid]).ok();
        assert!(out.stdout.contains(&pid) && out.stdout.contains("badchild"), "{out}");
        finish_while_reaping(project.spawn(&["stop", "--pid", &pid]), &mut child).ok();
        assert!(child.try_wait().unwrap().is_some(), "it was stopped");
        let out = project.pm(&["status", "--pid", &pid]);
        assert!(out.code != Some(0), "it is gone: {out}");
        // One that ignores what is polite goes by force.
        let mut deaf = bare(&["ignore", "TERM,INT,HUP", "sleep", "0"]);
        let pid = deaf.id().to_string();
        let out = finish_while_reaping(project.spawn(&["stop", "--pid", &pid, "--force"]), &mut deaf).ok();
        assert!(out.took < Duration::from_secs(8), "{out}");
        assert!(deaf.try_wait().unwrap().is_some(), "it was killed");
    });
}

#[test]
fn s1_1_3_run_needs_no_config() {
    isolated(|| {
        let project = Project::empty();
        project.pm(&["run", "--name", "job", "--", "{bad}", "print", "up", "sleep", "0"]).ok();
        project.wait_log("job", "up");
        let row = project.wait_phase("job", "running");
        assert_eq!(row.text("kind"), "command", "{row}");
        project.pm(&["stop", "job", "--wait"]).ok();
        project.down();
    });
}

#[test]
fn s1_1_4_the_key_is_stable_whatever_the_pid() {
    isolated(|| {
        let toml = ["ollama:main", "ollama:small", "web"]
            .map(|name| format!("[process.\"{name}\"]\ncommand = \"{{bad}} print up sleep 0\"\n{{stop}}\n"))
            .concat();
        let project = Project::new(&toml);
        project.up();
        let before = project.wait_phase("ollama:main", "running");
        let web = project.wait_phase("web", "running").pid();
        project.wait_phase("ollama:small", "running");
        project.pm(&["restart", "ollama:*", "--wait"]).ok();
        let after = project.row("ollama:main");
        assert_eq!((after.run(), before.run()), (2, 1), "{after}");
        assert_ne!(after.pid(), before.pid(), "{after}");
        assert_eq!(project.row("ollama:small").run(), 2);
        assert_eq!(project.row("web").pid(), web, "the glob did not match it");
        project.pm(&["stop", "all", "--wait"]).ok();
        assert!(project.rows().iter().all(|row| row.is("stopped")), "{:?}", project.rows());
        project.down();
    });
}

#[test]
fn s1_1_5_the_record_outlives_the_manager() {
    isolated(|| {
        let project = Project::new(SLEEPER);
        project.up();
        project.wait_log("api", "up");
        let before = project.wait_phase("api", "running");
        let old = project.kill_supervisor();
        project.pm(&["ps"]).exits(3);
        project.up();
        assert_ne!(project.supervisor_pid(), old);
        let after = project.wait_phase("api", "running");
        assert_eq!(
            (after.pid(), after.keeper_pid(), after.run_id()),
            (before.pid(), before.keeper_pid(), before.run_id())
        );
        assert_eq!(after.text("started_at"), before.text("started_at"));
        assert!(project.pm(&["events", "--json"]).ok().stdout.contains("adoption"), "the event log says how it came");
        project.down();
    });
}

#[test]
fn s1_1_8_the_two_streams_are_kept_apart() {
    isolated(|| {
        let project = Project::new(
            "[process.talker]\ncommand = \"{bad} lines 500 prefix out lines 500 prefix err on stderr print end sleep 0\"\n{stop}",
        );
        project.up();
        project.wait_log("talker", "end");
        let out = project.pm(&["logs", "talker", "--stdout", "-n", "10000"]).ok().stdout;
        let err = project.pm(&["logs", "talker", "--stderr", "-n", "10000"]).ok().stdout;
        assert!(!out.contains("err ") && out.lines().count() == 501, "{}", out.lines().count());
        assert!(!err.contains("out ") && err.lines().count() == 500, "{}", err.lines().count());
        let last = project.pm(&["logs", "talker", "--stderr", "-n", "100"]).ok().stdout;
        let lines: Vec<&str> = last.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[99]), (100, "err 401", "err 500"));
        project.down();
    });
}

#[test]
fn s1_1_9_everything_known_about_a_process_is_told() {
    isolated(|| {
        let project = Project::new(
            "[process.done]\ncommand = \"{bad} sleep 200ms exit 0\"\n[process.api]\ncommand = \"{bad} sleep 0\"\n{stop}",
        );
        project.up();
        let done = project.wait_phase("done", "completed");
        assert_eq!((done.exit_code(), done.exit_by(), done.pid()), (Some(0), "itself", None), "{done}");
        let row = project.wait_row("api", "up for a while", |row| row.is("running") && row.uptime_s() > 0.2);
        assert!(!row.has_exit() && row.pid() != row.keeper_pid(), "{row}");
        let command: Vec<&str> = row.0["command"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
        assert_eq!(command[1..], ["sleep", "0"], "{row}");
        assert_eq!(Path::new(row.text("cwd")).canonicalize().unwrap(), project.root().canonicalize().unwrap());
        assert!(row.text("started_at").starts_with("20") && row.text("last_updated").starts_with("20"), "{row}");
        let ps = project.ps();
        assert_eq!(ps["project"], "case");
        assert!(ps["revision"].is_u64() && ps["supervisor"]["version"].is_string(), "{ps}");
        assert!(ps["supervisor"]["started_at"].is_string(), "{ps}");
        let status = project.pm_json(&["status", "api", "--json"]);
        assert!(status.to_string().contains(row.run_id()), "{status}");
        let table = project.pm(&["ps"]).ok().stdout;
        assert!(table.contains("api") && table.contains("running") && table.contains("completed"), "{table}");
        project.down();
    });
}

#[test]
fn s1_1_10_a_refusal_says_why_and_what_to_do() {
    isolated(|| {
        let project = Project::new(SLEEPER);
        project.pm(&["ps"]).exits(3).says("pm up");
        project.pm(&["stop", "api"]).exits(3);
        project.up();
        project.wait_phase("api", "running");
        project.pm(&["start", "apj"]).exits(4).says("api");
        project.pm(&["logs", "nobody"]).exits(4).says("nobody");
        project.pm(&["start", "--nonsense"]).exits(2);
        project.pm(&["start"]).exits(2);
        project.pm(&["run", "--name", "api", "--", "true"]).exits(4).says("api");
        project.pm(&["start", "api"]).ok().says("running");
        project.down();
    });
}

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
        let row = project.wait_row("careless", "seen with three zombies", |row| row.zombies() == 3);
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

/// The first value under `key`, at any depth.
fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(key).or_else(|| fields.values().find_map(|inner| find(inner, key))),
        Value::Array(items) => items.iter().find_map(|inner| find(inner, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
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

#[test]
fn s3_3_2_the_handle_carries_its_metadata() {
    isolated(|| {
        let project =
            Project::new("[process.api]\nshell = \"exec {bad} sleep 0\"\nenv = { COLOUR = \"blue\" }\n{stop}");
        project.up();
        project.wait_phase("api", "running");
        let status = project.pm_json(&["status", "api", "--json"]);
        for key in ["name", "kind", "run_id", "pid", "log", "cwd", "env", "phase", "exit", "started_at", "last_updated"]
        {
            assert!(find(&status, key).is_some(), "no {key:?} in {status}");
        }
        assert_eq!(find(&status, "kind").unwrap(), "shell");
        assert!(find(&status, "env").unwrap().to_string().contains("blue"), "{status}");
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
        // What ran out of time is stopped, not left behind.
        wait_for("nothing supervised is alive", || {
            let left: Vec<_> = project.alive().into_iter().filter(support::Process::is_supervised).collect();
            if left.is_empty() { Ok(()) } else { Err(listed(&left)) }
        });
        project.pm(&["down"]);
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
        assert!(project.pm(&["status", "job:1"]).ok().stdout.contains("running"));
        project.pm(&["wait", "job:1", "--timeout", "200ms"]).exits(124);
        let names = |args: &[&str]| -> Vec<String> {
            let ps = project.pm_json(args);
            ps["processes"].as_array().unwrap().iter().cloned().map(|row| Row(row).name().to_owned()).collect()
        };
        project.wait_phase("job:1", "running");
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
        let old = project.row("old");
        assert!(old.pid().is_none() && old.exit_code() != Some(0), "what is not known is not guessed: {old}");
        assert!(!project.rows().iter().any(|row| row.name().starts_with("stray")), "dead entries are no processes");
        project.down();
    });
}
