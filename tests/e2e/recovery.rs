//! Any part may die at any moment: part C of the cases. What runs is adopted or stopped, never lost, never doubled.

mod clients;
mod crowd;
mod done_3;
mod ended;
mod half_written;
mod handover;
mod lost;
mod places;
mod readers;
mod removed;
mod renamed;
mod silent;
mod template;

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::procs::listed;
use crate::support::{Lacking, Process, Project, Row, Screen, isolated, left_out, pause, wait_for};
use rustix::process::Signal;

/// Six children, each hard to hold in its own way.
const SIX: &str = r#"
[process.plain]
command = "{bad} print up sleep 0"
{stop}
[process.hupproof]
command = "{bad} ignore HUP,INT print up sleep 0"
{stop}
[process.session]
command = ["{bad}", "setsid-fork", "ignore HUP sleep 0", "print", "up", "sleep", "0"]
{stop}
[process.double]
command = ["{bad}", "double-fork", "ignore HUP,TERM sleep 0", "print", "up", "sleep", "0"]
{stop}
[process.shell]
shell = "{bad} print up sleep 0 & wait"
{stop}
[process.pty]
command = "{bad} print up sleep 0"
tty = true
{stop}
"#;
const NAMES: [&str; 6] = ["plain", "hupproof", "session", "double", "shell", "pty"];

fn all_up(project: &Project) -> Vec<Row> {
    for name in NAMES {
        project.wait_log(name, "up");
        project.wait_phase(name, "running");
    }
    project.rows()
}

#[track_caller]
fn assert_same_runs(before: &[Row], after: &[Row]) {
    for (old, new) in before.iter().zip(after) {
        let key = |row: &Row| (row.name().to_owned(), row.pid(), row.keeper_pid(), row.run_id().to_owned());
        assert_eq!(key(old), key(new));
        assert_eq!(old.text("started_at"), new.text("started_at"), "{new}");
    }
}

#[test]
fn an_adopted_run_is_shown_as_what_it_is_until_it_is_started_again() {
    isolated(|| {
        let config = |word: &str| {
            format!(
                "[process.api]\ncommand = \"{{bad}} print {word} sleep 0\"\n{{stop}}\n[process.db]\ncommand = \"{{bad}} sleep 0\"\n{{stop}}"
            )
        };
        let project = Project::new(&config("old"));
        project.up();
        project.wait_log("api", "old");
        let before = project.wait_phase("api", "running").pid();
        project.pm(&["down", "--detach"]).ok();
        project.config(&config("new"));
        project.up();
        let status = |name: &str| project.pm_json(&["status", name, "--json"]);
        let api = status("api");
        assert_eq!((api["pid"].as_u64(), &api["command"][2]), (before.map(u64::from), &"new".into()));
        assert!(api["running_command"].as_str().is_some_and(|text| text.ends_with(" print old sleep 0")), "{api}");
        assert_eq!(status("db")["running_command"], serde_json::Value::Null);
        project.pm(&["status", "api"]).ok().says("print old sleep 0  (until it is started again)");
        project.pm(&["restart", "api", "--wait"]).ok();
        assert_eq!(status("api")["running_command"], serde_json::Value::Null);
        project.down();
    });
}

#[test]
fn c1_all_six_are_adopted_after_the_manager_was_killed() {
    isolated(|| {
        let project = Project::new(SIX);
        project.up();
        let before = all_up(&project);
        let alive = project.alive().len();
        project.kill_supervisor();
        assert_eq!(project.alive().len(), alive - 1, "only the supervisor is gone:\n{}", listed(&project.alive()));
        project.up();
        for name in NAMES {
            let row = project.wait_phase(name, "running");
            assert_eq!(row.restarts(), 0, "{row}");
        }
        let after = project.rows();
        assert_same_runs(&before, &after);
        for (old, new) in before.iter().zip(&after) {
            assert!(new.uptime_s() >= old.uptime_s(), "uptime goes on: {old} then {new}");
        }
        project.pm(&["restart", "pty", "--wait"]).ok();
        project.pm(&["stop", "all", "--wait"]).ok();
        assert!(NAMES.iter().all(|name| project.tree(name).is_empty()), "{}", listed(&project.alive()));
        project.down();
    });
}

#[test]
fn c1_detaching_and_adopting_is_the_same_path() {
    isolated(|| {
        let project = Project::new(SIX);
        project.up();
        let before = all_up(&project);
        for _ in 0..5 {
            project.kill_supervisor();
            project.up();
        }
        for name in NAMES {
            project.wait_phase(name, "running");
        }
        assert_same_runs(&before, &project.rows());
        project.down();
    });
}

/// The numbers printed as `prefix N`, in the order of the log.
fn numbers(log: &str, prefix: &str) -> Vec<u64> {
    let number = |line: &str| line.trim_end().strip_prefix(prefix)?.trim().parse().ok();
    log.lines().filter_map(number).collect()
}

#[track_caller]
fn assert_every_number_once(project: &Project, name: &str) {
    let numbers = numbers(&project.log(name), "line");
    let last = numbers.len() as u64;
    assert!(last > 0, "{name} printed nothing");
    let wrong = numbers.iter().zip(1..).find(|(seen, due)| **seen != *due);
    assert!(
        wrong.is_none(),
        "{name}: number {:?} where {:?} is due, of {last}",
        wrong.map(|w| w.0),
        wrong.map(|w| w.1)
    );
}

/// The same six, and each prints a number every 20 ms: two of them through a grandchild of another session.
const SIX_THAT_PRINT: &str = r#"
[process.plain]
command = "{bad} lines 0 every 20ms"
{stop}
[process.hupproof]
command = "{bad} ignore HUP,INT lines 0 every 20ms"
{stop}
[process.session]
command = ["{bad}", "setsid-fork", "ignore HUP lines 0 every 20ms", "sleep", "0"]
{stop}
[process.double]
command = ["{bad}", "double-fork", "ignore HUP,TERM lines 0 every 20ms", "sleep", "0"]
{stop}
[process.shell]
shell = "{bad} lines 0 every 20ms & wait"
{stop}
[process.pty]
command = "{bad} lines 0 every 20ms"
tty = true
{stop}
"#;

#[test]
fn c2_no_line_is_lost_while_the_manager_is_dead() {
    isolated(|| {
        let project = Project::new(SIX_THAT_PRINT);
        project.up();
        for name in NAMES {
            project.wait_phase(name, "running");
            project.wait_log(name, "line 10\n");
        }
        let before = project.rows();
        project.kill_supervisor();
        let sizes = || NAMES.map(|name| log_bytes(&project, name));
        let at_death = sizes();
        wait_for("all go on printing without a manager", || {
            let now = sizes();
            if now.iter().zip(at_death).all(|(now, then)| *now > then + 500) { Ok(()) } else { Err(format!("{now:?}")) }
        });
        project.up();
        for name in NAMES {
            project.wait_phase(name, "running");
        }
        assert_same_runs(&before, &project.rows());
        for name in NAMES {
            let lines = numbers(&project.log(name), "line").len();
            project.wait_log(name, &format!("line {}\n", lines + 10));
        }
        project.pm(&["stop", "all", "--wait"]).ok();
        for name in NAMES {
            assert_every_number_once(&project, name);
        }
        project.down();
    });
}

fn log_bytes(project: &Project, name: &str) -> u64 {
    let runs = project.layout("state").join("runs").join(name);
    newest_run(&runs).and_then(|run| fs::metadata(run.join("out.log")).ok()).map_or(0, |data| data.len())
}

fn newest_run(process: &Path) -> Option<PathBuf> {
    let mut runs: Vec<_> = fs::read_dir(process).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    runs.retain(|path| path.is_dir());
    runs.sort();
    runs.pop()
}

#[test]
fn c3_an_end_that_nobody_watched_is_known_afterwards() {
    isolated(|| {
        let restart =
            "{ when = \"on-failure\", first_wait = \"50ms\", max_wait = \"1s\", healthy_after = \"500ms\", limit = 5 }";
        let project = Project::new(&format!(
            r#"[process.once]
            command = "{{bad}} print up wait-key q exit 3"
            tty = true
            [process.again]
            command = ["sh", "-c", "if [ -e {{dir}}/second ]; then exec {{bad}} print second sleep 0; fi; touch {{dir}}/second; exec {{bad}} print first sleep 0"]
            restart = {restart}
            {{stop}}
            [process.signalled]
            command = "{{bad}} print up sleep 0""#
        ));
        project.up();
        project.wait_log("once", "up");
        project.wait_log("again", "first");
        project.wait_log("signalled", "up");
        let pid = |name: &str| project.wait_phase(name, "running").pid().unwrap();
        let (again, signalled) = (pid("again"), pid("signalled"));
        project.pm(&["send", "once", "x"]).ok();
        project.kill_supervisor();
        project.kill9(again);
        project.signal(signalled, Signal::ABORT);
        wait_for("it is gone", || Process::read(signalled).map_or(Ok(()), |process| Err(process.line())));
        project.up();
        let row = project.wait_phase("signalled", "failed");
        assert_eq!((row.exit_signal().as_deref(), row.exit_by()), (Some("ABRT"), "itself"), "{row}");
        project.wait_log("again", "second");
        let row = project.wait_phase("again", "running");
        assert_eq!((row.run(), project.tree("again").len()), (2, 1), "{row}");
        project.pm(&["send", "once", "q"]).ok();
        let row = project.wait_phase("once", "failed");
        assert_eq!(
            (row.exit_code(), row.exit_by()),
            (Some(3), "itself"),
            "an adopted keeper takes input and reports: {row}"
        );
        project.down();
    });
}

#[test]
fn c3_an_exit_code_is_known_though_keeper_and_child_ended_unwatched() {
    isolated(|| {
        let project = Project::new(
            r#"[process.late]
            command = "{bad} print up sleep 700ms print last exit 3"
            [process.retried]
            shell = "if [ -e {dir}/second ]; then exec {bad} print second sleep 0; fi; touch {dir}/second; exec {bad} print up sleep 700ms exit 3"
            restart = { when = "on-failure", first_wait = "50ms", max_wait = "1s", healthy_after = "5s", limit = 5 }
            {stop}"#,
        );
        project.up();
        let keepers = ["late", "retried"].map(|name| {
            project.wait_log(name, "up");
            project.wait_phase(name, "running").keeper_pid().unwrap()
        });
        project.kill_supervisor();
        for keeper in keepers {
            wait_for("the keeper has left", || Process::read(keeper).map_or(Ok(()), |process| Err(process.line())));
        }
        project.up();
        let row = project.wait_phase("late", "failed");
        assert_eq!((row.exit_code(), row.exit_by(), row.run()), (Some(3), "itself", 1), "{row}");
        assert!(project.log("late").contains("last"));
        // The other is begun anew, as its policy says, and what it ended with is known as well.
        project.wait_log("retried", "second");
        let row = project.wait_phase("retried", "running");
        assert_eq!((row.run(), row.restarts(), project.tree("retried").len()), (2, 1, 1), "{row}");
        let events = project.pm(&["events", "--json"]).ok().stdout;
        let waits = events.lines().find(|line| line.contains("\"retried\"") && line.contains("\"backoff\""));
        assert!(waits.is_some_and(|line| line.contains("exit 3")), "{events}");
        project.down();
    });
}

#[test]
fn c5_any_polite_signal_to_a_headless_manager_stops_everything() {
    isolated(|| {
        for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
            let project = Project::new(SIX);
            project.up();
            all_up(&project);
            project.signal(project.supervisor_pid(), signal);
            project.assert_nothing_left();
        }
    });
}

#[test]
fn c5_a_closed_window_leaves_nothing() {
    isolated(|| {
        let project = Project::new(SIX);
        let mut screen = Screen::open(&project, &[], 24, 100);
        screen.wait_text("hupproof");
        all_up(&project);
        screen.close_window();
        screen.wait_exit();
        project.assert_nothing_left();
    });
}

#[test]
fn c6_killed_at_any_moment_it_comes_back_whole() {
    isolated(|| {
        let project = Project::new(SIX);
        project.up();
        let before = all_up(&project);
        let verbs: [&[&str]; 4] =
            [&["restart", "plain"], &["stop", "shell"], &["start", "shell"], &["restart", "session"]];
        for round in 0..24_u64 {
            let pid = project.supervisor_pid();
            let command = project.spawn(verbs[round as usize % verbs.len()]);
            // Another moment each time: the passing of time is the case itself.
            pause(Duration::from_micros(round * 700));
            project.kill9(pid);
            command.finish();
            project.up();
            for name in NAMES {
                let tree = project.tree(name);
                let runs: HashSet<_> = tree.iter().filter_map(|process| process.var("PM_RUN_ID")).collect();
                assert!(runs.len() <= 1, "round {round}: {} copies of {name}\n{}", runs.len(), listed(&tree));
            }
        }
        project.pm(&["start", "all", "--wait"]).ok();
        let after = all_up(&project);
        for (old, new) in
            before.iter().zip(&after).filter(|(old, _)| !["plain", "shell", "session"].contains(&old.name()))
        {
            assert_eq!(old.pid(), new.pid(), "nobody touched it: {new}");
        }
        project.down();
    });
}

#[test]
fn c6_truncated_files_are_survived() {
    isolated(|| {
        let project = Project::new(SIX);
        project.up();
        let before = all_up(&project);
        let state = project.layout("state");
        for keep in [0, 1, 7, 40] {
            project.kill_supervisor();
            for file in [state.join("registry.json"), state.join("events.jsonl")] {
                if let Ok(file) = File::options().write(true).open(&file) {
                    file.set_len(keep).unwrap();
                }
            }
            project.up();
            for name in NAMES {
                project.wait_phase(name, "running");
            }
            assert_same_runs(&before, &project.rows());
        }
        project.down();
        // Records of what has ended, cut at every kind of place.
        let record = newest_run(&state.join("runs/plain")).unwrap().join("record");
        let whole = fs::read(&record).unwrap();
        for keep in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            fs::write(&record, &whole[..keep]).unwrap();
            project.up();
            project.pm(&["start", "all", "--wait"]).ok();
            project.wait_phase("plain", "running");
            project.down();
        }
    });
}

#[test]
fn c6_a_full_disk_loses_output_and_nothing_else() {
    isolated(|| {
        let project = Project::new(
            r#"[process.flood]
            command = "{bad} print begins flood 8MiB sleep 300ms exit 7"
            log = { segment = "64MiB", segments = 4, runs = 10 }
            [process.calm]
            command = "{bad} print up sleep 0"
            {stop}"#,
        );
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(project.base("state")).status();
        if !mounted.is_ok_and(|status| status.success()) {
            left_out(Lacking::Permission("no small disk can be mounted here"));
            return;
        }
        project.up();
        let row = project.wait_phase("flood", "failed");
        assert_eq!(
            (row.exit_code(), row.exit_by()),
            (Some(7), "itself"),
            "the child did not notice, and its end is known: {row}"
        );
        assert!(project.log("flood").contains("begins"));
        let events = project.pm(&["events", "--json"]).ok().stdout;
        assert!(events.contains("lost") || events.contains("could not be written"), "the loss is reported:\n{events}");
        assert!(project.row("calm").is("running"));
        let before = project.row("calm").pid();
        project.kill_supervisor();
        project.up();
        assert_eq!(project.wait_phase("calm", "running").pid(), before);
        project.down();
        Command::new("umount").arg("-l").arg(project.base("state")).status().unwrap();
    });
}
