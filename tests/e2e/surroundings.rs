//! What a caller leaves us with: limits, signals, descriptors, a directory, a binary that is replaced, a supervisor that stands still.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::support::procs::listed;
use crate::support::project::Running;
use crate::support::{Out, Project, isolated, wait_for};

const ONE: &str = "[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}";

/// A line of the shell in which `pm` is `$PM`, run to its end.
#[track_caller]
fn shell(project: &Project, line: &str) -> Out {
    let pm = env!("CARGO_BIN_EXE_pm");
    let mut command = Command::new("sh");
    command.args(["-c", line]).env_clear().envs(project.env()).env("PM", pm).current_dir(project.root());
    Out::of(command)
}

#[test]
fn a_limit_of_file_sizes_costs_output_and_no_process() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} lines 4000 print end sleep 0\"\n{stop}");
        // In blocks of 512 bytes: 16 KiB.
        shell(&project, "ulimit -f 32; $PM up -d").ok();
        wait_for("output is lost", || {
            let status = project.pm_json(&["status", "api", "--json"]);
            status["log_lost_bytes"].as_u64().filter(|lost| *lost > 0).ok_or_else(|| status.to_string())
        });
        project.wait_phase("api", "running");
        project.down();
    });
}

#[test]
fn a_supervisor_holds_nothing_of_its_caller() {
    isolated(|| {
        let project = Project::new(ONE);
        let dir = project.path("busy");
        fs::create_dir(&dir).unwrap();
        let line = "( flock -n 9 && cd busy && $PM -f ../pm.toml up -d ) 9>held && flock -n held true && (exec 7>&1; $PM ps >/dev/null) | cat";
        shell(&project, line).ok();
        let proc = PathBuf::from(format!("/proc/{}", project.supervisor_pid()));
        assert_eq!(fs::read_link(proc.join("cwd")).unwrap(), PathBuf::from("/"));
        project.down();
    });
}

#[test]
fn a_binary_that_was_replaced_goes_on_with_itself() {
    isolated(|| {
        let project = Project::new(ONE);
        let exe = project.path("pm");
        fs::copy(env!("CARGO_BIN_EXE_pm"), &exe).unwrap();
        let run = |args: &[&str]| {
            let mut command = Command::new(&exe);
            command.args(args).env_clear().envs(project.env()).current_dir(project.root());
            let out = command.output().unwrap();
            assert!(out.status.success(), "{args:?}: {out:?}");
        };
        run(&["up", "-d"]);
        project.wait_log("api", "up");
        let own = project.alive().into_iter().filter(|process| !process.is_supervised());
        let template =
            own.filter(|process| process.args.iter().any(|arg| arg == "__zygote")).map(|process| process.pid);
        let template: Vec<u32> = template.collect();
        fs::remove_file(&exe).unwrap();
        for pid in template {
            project.signal(pid, Signal::KILL);
        }
        project.pm(&["restart", "api", "--wait"]).ok();
        assert_eq!(project.row("api").run(), 2);
        project.down();
    });
}

#[test]
fn blocked_signals_of_the_caller_are_not_inherited_and_nohup_is_meant() {
    isolated(|| {
        let project = Project::new(ONE);
        let gone = || if project.alive().is_empty() { Ok(()) } else { Err(listed(&project.alive())) };
        shell(&project, "env --block-signal=TERM --ignore-signal=CHLD \"$PM\" up -d").ok();
        project.wait_log("api", "up");
        project.signal(project.supervisor_pid(), Signal::TERM);
        wait_for("everything is gone", gone);
        // In the foreground, without a terminal that could hang up.
        shell(&project, "nohup \"$PM\" up >front.out 2>&1 & echo $! >front.pid").ok();
        wait_for("its supervisor answers", || {
            let out = project.pm(&["ps"]);
            if out.code == Some(0) { Ok(()) } else { Err(out.stderr) }
        });
        assert_eq!(project.wait_phase("api", "running").run(), 2);
        let front: u32 = fs::read_to_string(project.path("front.pid")).unwrap().trim().parse().unwrap();
        project.signal(front, Signal::HUP);
        project.pm(&["restart", "api", "--wait"]).ok();
        assert_eq!(project.supervisor_pid(), front, "{}", fs::read_to_string(project.path("front.out")).unwrap());
        project.signal(front, Signal::TERM);
        wait_for("everything is gone", gone);
    });
}

#[test]
fn a_time_limit_is_kept_though_the_supervisor_stands_still() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} ignore TERM print up sleep 0\"\n");
        project.up();
        project.wait_log("api", "up");
        let supervisor = project.supervisor_pid();
        let waiting = [
            project.spawn(&["stop", "api", "--timeout", "4s"]),
            project.spawn(&["wait", "api", "--timeout", "4s"]),
            project.spawn(&[
                "run",
                "--name",
                "job",
                "--wait",
                "--timeout",
                "1s",
                "--",
                "{bad}",
                "print",
                "up",
                "sleep",
                "0",
            ]),
        ];
        project.wait_phase("api", "stopping");
        project.wait_log("job", "up");
        project.signal(supervisor, Signal::STOP);
        for verb in waiting {
            let out = verb.finish().exits(124);
            assert!(out.took < Duration::from_secs(15), "{out}");
        }
        // Its keeper has stopped the job, and needs nobody for it.
        project.assert_tree_gone("job");
        project.signal(supervisor, Signal::CONT);
        project.wait_row("job", "stopped by its limit", |row| row.exit_by() == "limit");
        project.pm(&["kill", "all", "--wait"]).ok();
        project.down();
    });
}

#[test]
fn no_escape_sequence_of_a_config_or_of_its_path_is_obeyed() {
    isolated(|| {
        let project = Project::empty();
        let evil = project.path("\u{1b}[31mevil");
        fs::create_dir(&evil).unwrap();
        let pm = |args: &[&str]| project.pm_in(&evil, args);
        let harmless = |out: Out| {
            assert!(!out.all().contains(|c: char| c.is_control() && c != '\n'), "{:?}", out.all());
            out
        };
        let config = |text: &str| fs::write(evil.join("pm.toml"), text).unwrap();
        let wrong = "[process.a]\nshell = \"sleep 100\"\ncwd = \"\\u001b]0;PWNED\\u0007\\u001b[31mred\"\n";
        config(&format!("{wrong}[\"\\u001b[2Jx\"]\nshell = \"x\"\n"));
        harmless(pm(&["check"])).exits(2).says("did you mean [process.");
        harmless(pm(&["up", "-d"])).exits(2).says("did you mean [process.");
        config(&format!("{wrong}[process.b]\nshell = \"sleep 100\"\n"));
        harmless(pm(&["check"])).exits(2).says("create it: mkdir -p");
        harmless(pm(&["up", "-d"])).says("PWNED");
        harmless(pm(&["start", "a", "--wait"])).exits(1).says("PWNED");
        harmless(pm(&["ps"])).ok().says("PWNED");
        harmless(pm(&["summary"])).ok().says("[31mevil");
        pm(&["down"]).ok();
    });
}

#[test]
fn a_pm_toml_that_is_no_file_is_told_and_not_passed_over() {
    isolated(|| {
        let project = Project::new(ONE);
        let below = project.path("below");
        fs::create_dir_all(below.join("pm.toml")).unwrap();
        let refused = |expected: &str| {
            for verb in [&["check"][..], &["ps"], &["up", "-d"]] {
                let mut command = Command::new("timeout");
                command.args(["20", env!("CARGO_BIN_EXE_pm")]).args(verb);
                command.env_clear().envs(project.env()).current_dir(&below);
                Out::of(command).exits(2).says(expected).says("below/pm.toml");
            }
        };
        refused("is a directory");
        fs::remove_dir(below.join("pm.toml")).unwrap();
        shell(&project, "mkfifo below/pm.toml").ok();
        refused("is a fifo");
    });
}

#[test]
fn b5_where_a_supervisor_runs_a_look_without_a_terminal_changes_nothing() {
    isolated(|| {
        let project = Project::new(
            "[process.api]\nshell = \"while :; do echo tick; sleep 0.05; done\"\n[process.off]\ncommand = \"{bad} print came sleep 0\"\n",
        );
        project.up();
        project.wait_log("off", "came");
        project.pm(&["stop", "off", "--wait"]).ok();
        let mut look = project.spawn(&[]);
        let says = |look: &Running, text: &str| {
            wait_for(&format!("it says {text:?}"), || {
                let said = look.stdout();
                if said.contains(text) { Ok(()) } else { Err(said) }
            });
        };
        says(&look, "tick");
        let off = project.row("off");
        assert_eq!((off.phase(), off.run()), ("stopped", 1), "what was stopped by hand stays so: {off}");
        // It goes on when nothing runs any more, and tells what others do.
        project.pm(&["stop", "api", "--wait"]).ok();
        project.pm(&["start", "off", "--wait"]).ok();
        says(&look, "came");
        assert!(!look.is_over());
        project.signal(look.pid(), Signal::INT);
        look.finish().ok();
        assert_eq!((project.row("off").phase(), project.row("api").phase()), ("running", "stopped"));
        let look = project.spawn(&["--json"]);
        project.pm(&["restart", "off", "--wait"]).ok();
        project.down();
        look.finish().exits(3).says("the supervisor has gone");
    });
}
