//! S1, a provider manager: directories, bare pids, stable keys, records, streams, figures, refusals.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::SLEEPER;
use crate::support::project::{Running, bad_child};
use crate::support::{Out, Project, isolated, wait_for};

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

/// Everything in this directory, and the directory itself.
fn below(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        found.extend(entries.flat_map(|entry| below(&entry.unwrap().path())));
    }
    found
}

/// What of it is not 0700 (directories) or 0600 (all else). What has gone meanwhile is nobody's to read.
fn not_private(paths: &[PathBuf]) -> Vec<String> {
    let there = paths.iter().filter_map(|path| Some((path, fs::symlink_metadata(path).ok()?)));
    let wrong = there.filter_map(|(path, meta)| {
        let (mode, meant) = (meta.permissions().mode() & 0o777, if meta.is_dir() { 0o700 } else { 0o600 });
        (mode != meant).then(|| format!("{mode:o} {}", path.display()))
    });
    wrong.collect()
}

/// Runs `pm` where whatever is made is everybody's, unless who makes it says otherwise.
fn pm_at_umask_0(project: &Project, args: &str) {
    let pm = project.command(args.split(' '));
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 000; exec \"$@\"", "sh"]).arg(pm.get_program()).args(pm.get_args());
    shell.current_dir(project.root()).env_clear().envs(project.env()).stdin(Stdio::null());
    Out::of(shell).ok();
}

/// What is to be found below state and runtime before it is looked at.
const KEPT: &str = "events.jsonl supervisor.log registry.json sockets lock spec.json record out.log out.idx out.log.1.lz4 \
                    packing.lock control.sock";

#[test]
fn s1_1_1_everything_is_private_whatever_the_umask() {
    isolated(|| {
        let talker = "[process.talker]\ncommand = \"{bad} lines 2000 exit 0\"";
        let packed = "log = { segment = \"4KiB\", segments = 9, compress = true }";
        let project = Project::new(&format!("{SLEEPER}\n{talker}\n{packed}\n"));
        pm_at_umask_0(&project, "up -d");
        project.wait_log("api", "up");
        pm_at_umask_0(&project, &format!("run --name job --wait -- {} print up exit 0", bad_child().display()));
        let (state, run) = (project.base("state").join("pm"), project.base("run").join("pm"));
        let found = wait_for("everything that is kept is there", || {
            let found = [below(&state), below(&run)].concat();
            let is_there = |name: &str| found.iter().any(|path| path.ends_with(name));
            let missing: Vec<_> = KEPT.split_whitespace().filter(|name| !is_there(name)).collect();
            if missing.is_empty() { Ok(found) } else { Err(format!("{missing:?} among {found:#?}")) }
        });
        assert_eq!(not_private(&found), [""; 0]);
        project.down();
        assert_eq!(not_private(&below(&state)), [""; 0], "and so it is left");
    });
}

#[test]
fn s1_1_2_a_child_gets_its_directory_its_environment_and_clean_hands() {
    isolated(|| {
        let project = Project::new(
            r#"[process.api]
            command = ["{bad}", "cwd", "env", "PORT", "env", "FROM_FILE", "env", "LITERAL", "env", "PM_PROCESS", "env", "PM_PROJECT",
                       "env", "PM_RUN_ID", "umask", "fds", "print", "$PORT *", "eprint", "to stderr", "print", "up", "sleep", "0"]
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
            "umask 022",
            "fds 0,1,2",
            "$PORT *",
            "to stderr",
        ] {
            assert!(log.lines().any(|seen| seen == line), "no line {line:?} in:\n{log}");
        }
        assert!(log.contains("\nPM_PROJECT=case"), "{log}");
        let run = format!("PM_RUN_ID={}", project.wait_phase("api", "running").text("run_id"));
        assert!(log.lines().any(|seen| seen == run), "no line {run:?} in:\n{log}");
        project.down();
    });
}

/// What a service manager says to the process it started, and to nobody else.
const OF_A_SERVICE_MANAGER: [&str; 5] = ["NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC", "INVOCATION_ID"];

#[test]
fn s1_1_2_a_child_does_not_speak_in_our_name_to_a_service_manager() {
    isolated(|| {
        let asked = OF_A_SERVICE_MANAGER.map(|name| format!("env {name} ")).concat();
        let project = Project::new(&format!(
            "[process.api]\ncommand = \"{{bad}} {asked} env HANDED_ON print up sleep 0\"\n{{stop}}"
        ));
        let mut up = project.command(["up", "-d"]);
        up.envs(OF_A_SERVICE_MANAGER.map(|name| (name, "1"))).env("HANDED_ON", "1");
        Out::of(up).ok();
        let log = project.wait_log("api", "up");
        assert!(log.lines().any(|line| line == "HANDED_ON=1"), "what is set for `pm up -d` arrives:\n{log}");
        for name in OF_A_SERVICE_MANAGER {
            assert!(log.lines().any(|line| line == format!("{name}=(unset)")), "{name} reached the child:\n{log}");
        }
        project.down();
    });
}

/// A process that `pm` has nothing to do with, reaped by the test.
fn bare(args: &[&str]) -> Child {
    Command::new(bad_child()).args(args).stdout(Stdio::null()).spawn().expect("the bad child")
}

#[track_caller]
fn finish_while_reaping(mut command: Running, child: &mut Child) -> Out {
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
        let status = project.pm_json(&["status", "--pid", &pid, "--json"]);
        let program = status["command"][0].as_str().unwrap();
        assert_eq!((&status["pid"], Path::new(program)), (&child.id().into(), &*bad_child()), "{status}");
        project.pm(&["status", "--pid", &pid]).ok().says("badchild");
        finish_while_reaping(project.spawn(&["stop", "--pid", &pid]), &mut child).ok();
        assert!(child.try_wait().unwrap().is_some(), "it was stopped");
        project.pm(&["status", "--pid", &pid]).exits(4).says(&format!("there is no process {pid}"));
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
fn s1_1_3_what_run_started_is_removed_with_all_it_printed() {
    isolated(|| {
        let project = Project::new(SLEEPER);
        project.up();
        for name in ["job-1", "job-2"] {
            project.pm(&["run", "--name", name, "--wait", "--", "{bad}", "print", "old", "exit", "0"]).ok();
        }
        project.pm(&["run", "--name", "job-3", "--", "{bad}", "print", "up", "sleep", "0"]).ok();
        project.wait_log("job-3", "up");
        let runs = project.layout("state").join("runs");
        project.pm(&["remove", "api"]).exits(4).says("it is defined at pm.toml:");
        project.pm(&["remove", "job-3"]).exits(4).says("only what is over can be removed");
        let out = project.pm(&["remove", "all"]).ok();
        assert!(out.stdout.contains("job-1: removed") && out.stdout.contains("job-2: removed"), "{out}");
        let names: Vec<_> = project.rows().iter().map(|row| row.name().to_owned()).collect();
        assert_eq!(names, ["api", "job-3"]);
        assert!(!runs.join("job-1").exists() && !runs.join("job-2").exists() && runs.join("job-3").exists());
        project.pm(&["logs", "job-1"]).exits(4);
        // The name is free, and what runs under it has nothing of the old.
        project.pm(&["run", "--name", "job-1", "--wait", "--", "{bad}", "print", "new", "exit", "0"]).ok();
        assert_eq!(project.pm(&["logs", "job-1", "-n", "9"]).ok().stdout, "new\n");
        project.kill_supervisor();
        project.up();
        let names: Vec<_> = project.rows().iter().map(|row| row.name().to_owned()).collect();
        assert_eq!(names, ["api", "job-1", "job-3"], "what was removed is not found again");
        let removed = project.layout("state").join("removed");
        wait_for("the disk is free of it", || match fs::read_dir(&removed).unwrap().count() {
            0 => Ok(()),
            left => Err(format!("{left} left")),
        });
        project.down();
    });
}

#[test]
fn s1_1_3_a_name_that_was_in_the_config_goes_on_with_its_next_run() {
    isolated(|| {
        let web = "[process.web]\ncommand = \"{bad} print old exit 0\"\n";
        let project = Project::new(&format!("{SLEEPER}\n{web}"));
        project.up();
        for run in 1..=3 {
            project.wait_row("web", "over", |row| row.is("completed") && row.run() == run);
            project.pm(&["start", "web"]).ok();
        }
        project.wait_row("web", "over", |row| row.is("completed") && row.run() == 4);
        project.down();
        project.config(SLEEPER);
        project.up();
        project.pm(&["run", "--name", "web", "--", "{bad}", "print", "new", "sleep", "0"]).ok();
        project.wait_log("web", "new");
        assert_eq!(project.wait_phase("web", "running").run(), 5);
        assert_eq!(project.pm(&["logs", "web", "--run", "1"]).ok().stdout, "old\n", "nothing was written over");
        project.kill_supervisor();
        project.up();
        assert_eq!(project.wait_phase("web", "running").run(), 5);
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
        project.pm(&["start", "api"]).ok().says("already");
        project.down();
    });
}
