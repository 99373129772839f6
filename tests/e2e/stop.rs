//! Stopping trees: part A of the cases. A stop ends, in time, with nothing left, and says what it took.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::procs::listed;
use crate::support::project::bad_child;
use crate::support::{Lacking, Process, Project, isolated, left_out, wait_for};
use rustix::process::Signal;

/// The bound of everything that has a ladder of 300 ms, on a machine that may be busy.
const SOON: Duration = Duration::from_secs(8);
/// What a stop may take beyond its stages, on the same machine.
const SMALL: Duration = Duration::from_secs(2);

#[test]
fn a1_a_child_that_ignores_term_is_ended_by_the_ladder() {
    isolated(|| {
        let project = Project::new(
            r#"[process.deaf]
            command = "{bad} ignore TERM print up sleep 0"
            stop = [ { signal = "TERM", wait = "700ms" }, { signal = "TERM", wait = "300ms" }, { signal = "KILL" } ]"#,
        );
        project.up();
        project.wait_log("deaf", "up");
        project.pm(&["stop", "deaf"]).ok();
        let row =
            project.wait_row("deaf", "in stage 1 of 3", |row| row.is("stopping") && row.why().contains("stage 1"));
        assert!(row.why().contains("of 3") && row.why().contains("TERM"), "the row names stage and signal: {row}");
        let out = project.pm(&["stop", "deaf", "--wait"]).ok();
        assert!(out.took < Duration::from_secs(1) + SMALL, "the stages are 1 s together: {out}");
        let row = project.row("deaf");
        assert_eq!(row.phase(), "stopped", "{row}");
        assert_eq!(row.exit_signal().as_deref(), Some("KILL"), "{row}");
        assert_eq!(row.exit_by(), "stop stage 3", "{row}");
        assert!(project.tree("deaf").is_empty(), "{}", listed(&project.tree("deaf")));
        project.down();
    });
}

#[test]
fn a2_a_stop_waits_for_the_child_that_outlives_its_leader() {
    isolated(|| {
        let project = Project::new(
            r#"[process.family]
            command = ["{bad}", "fork", "ignore TERM print child sleep 0", "sleep", "0"]
            {stop}"#,
        );
        project.up();
        project.wait_log("family", "child");
        let out = project.pm(&["stop", "family", "--wait"]).ok();
        let left = project.tree("family");
        assert!(left.is_empty(), "`stop --wait` returned before the child was gone:\n{}", listed(&left));
        assert!(out.took < SOON, "{out}");
        let row = project.row("family");
        assert_eq!((row.phase(), row.exit_signal().as_deref()), ("stopped", Some("TERM")), "{row}");
        assert_eq!(row.exit_by(), "stop stage 1", "the leader went at the first stage: {row}");
        assert!(row.why().contains("1 killed"), "the child had to be killed and is counted: {row}");
        project.down();
    });
}

#[test]
fn a3_a_grandchild_in_a_session_of_its_own_does_not_escape() {
    isolated(|| {
        let project = Project::new(
            r#"[process.escapee]
            command = ["{bad}", "double-fork", "ignore TERM,HUP,INT print grandchild sleep 0", "sleep", "0"]
            {stop}"#,
        );
        project.up();
        project.wait_log("escapee", "grandchild");
        let sessions: Vec<u32> = project.tree("escapee").iter().map(|process| process.session).collect();
        assert!(sessions.len() == 2 && sessions[0] != sessions[1], "the grandchild has left the session: {sessions:?}");
        project.pm(&["stop", "escapee", "--wait"]).ok();
        let left = project.tree("escapee");
        assert!(left.is_empty(), "{}", listed(&left));
        assert!(project.row("escapee").why().contains("killed"), "{}", project.row("escapee"));
        project.down();
    });
}

#[test]
fn a5_a_shell_list_leaves_no_worker_behind() {
    isolated(|| {
        let project = Project::new(
            r#"[process.list]
            shell = "{bad} print one sleep 0 & {bad} ignore HUP print two sleep 0 & wait"
            {stop}
            [process.gone]
            shell = "{bad} print worker sleep 0 & sleep 0.3; exit 3"
            {stop}"#,
        );
        project.up();
        project.wait_log("list", "one");
        project.wait_log("list", "two");
        project.pm(&["stop", "list", "--wait"]).ok();
        assert!(project.tree("list").is_empty(), "{}", listed(&project.tree("list")));
        assert_eq!(project.row("list").phase(), "stopped");
        // The wrapper went by itself; its worker is still found, and stopped.
        project.wait_log("gone", "worker");
        project.wait_row("gone", "known to have ended with 3", |row| row.exit_code() == Some(3));
        project.pm(&["stop", "gone", "--wait"]).ok();
        assert!(project.tree("gone").is_empty(), "{}", listed(&project.tree("gone")));
        project.down();
    });
}

#[test]
fn a5_the_same_holds_when_everything_is_stopped_at_once() {
    isolated(|| {
        let project = Project::new(
            r#"[process.list]
            shell = "{bad} print one sleep 0 & {bad} ignore TERM,HUP print two sleep 0 & wait"
            {stop}
            [process.gone]
            shell = "{bad} double-fork 'ignore TERM sleep 0' print made; exit 0"
            {stop}"#,
        );
        project.up();
        project.wait_log("list", "two");
        project.wait_log("gone", "made");
        project.down();
    });
}

#[test]
fn a6_one_stop_ends_a_fork_storm() {
    isolated(|| {
        let project = Project::new("[process.storm]\ncommand = \"{bad} storm 10ms\"\n{stop}");
        project.up();
        wait_for("the storm has made 40 processes", || match project.tree("storm").len() {
            40.. => Ok(()),
            few => Err(format!("{few} so far")),
        });
        project.pm(&["stop", "storm", "--wait"]).ok();
        let left = project.tree("storm");
        assert!(left.is_empty(), "{} survived one stop:\n{}", left.len(), listed(&left));
        assert!(project.row("storm").why().contains("killed"), "{}", project.row("storm"));
        project.down();
    });
}

#[test]
fn a8_a_forced_stop_goes_straight_to_the_end() {
    isolated(|| {
        let project =
            Project::new("[process.deaf]\ncommand = \"{bad} ignore TERM,INT print up wait-key q\"\ntty = true");
        project.up();
        project.wait_log("deaf", "up");
        let out = project.pm(&["stop", "deaf", "--force", "--wait"]).ok();
        assert!(out.took < SOON, "the ladder is 15 s by default, force skips it: {out}");
        let row = project.row("deaf");
        assert_eq!((row.phase(), row.exit_signal().as_deref()), ("stopped", Some("KILL")), "{row}");
        project.down();
    });
}

#[test]
fn a9_int_is_sent_where_int_is_asked_for_and_its_time_is_given() {
    isolated(|| {
        let project = Project::new(
            r#"[process.compose]
            command = "{bad} handler 8s print up sleep 0"
            stop = [ { signal = "INT", wait = "15s" }, { signal = "KILL" } ]"#,
        );
        project.up();
        project.wait_log("compose", "up");
        let out = project.pm(&["stop", "compose", "--wait"]).ok();
        assert!(out.took >= Duration::from_millis(7900), "it was not given its time: {out}");
        let row = project.row("compose");
        assert_eq!((row.exit_code(), row.exit_by()), (Some(0), "stop stage 1"), "{row}");
        let log = project.log("compose");
        assert!(log.contains("handling INT") && log.contains("handled"), "{log}");
        assert!(!log.contains("TERM"), "{log}");
        project.down();
    });
}

#[test]
fn a11_fifty_deaf_processes_are_stopped_side_by_side() {
    isolated(|| {
        let one = |n: u32| {
            format!(
                "[process.deaf{n}]\ncommand = \"{{bad}} ignore TERM print up sleep 0\"\n\
                 stop = [ {{ signal = \"TERM\", wait = \"5s\" }}, {{ signal = \"KILL\" }} ]\n"
            )
        };
        let project = Project::new(&(1..=50).map(one).collect::<String>());
        project.up();
        for n in 1..=50 {
            project.wait_log(&format!("deaf{n}"), "up");
        }
        let out = project.down();
        assert!(out.took < Duration::from_secs(5) + SMALL, "one after another would take 250 s: {out}");
        assert!(out.took > Duration::from_millis(4900), "the stage of 5 s was not waited for: {out}");
    });
}

const HANGS: &str = r#"[process.hangs]
    command = "{bad} ignore TERM print up sleep 0"
    stop = [ { signal = "TERM", wait = "50s" }, { signal = "KILL" } ]
    [process.goes]
    command = "{bad} print up sleep 0"
    {stop}"#;

#[test]
fn a12_a_second_request_to_leave_forces_it() {
    isolated(|| {
        let project = Project::new(HANGS);
        project.up();
        project.wait_log("hangs", "up");
        let first = project.spawn(&["down"]);
        let row = project.wait_row("hangs", "being stopped", |row| row.is("stopping") && row.why().contains("stage 1"));
        assert!(row.pid().is_some(), "who holds it up is shown: {row}");
        project.wait_row("goes", "gone", |row| row.is("stopped"));
        let second = project.pm(&["down"]).ok();
        let out = first.finish();
        assert!(out.took < Duration::from_secs(30), "{out}\nthe second: {second}");
        project.assert_nothing_left();
    });
}

#[test]
fn a12_a_second_sigterm_to_the_supervisor_forces_it() {
    isolated(|| {
        let project = Project::new(HANGS);
        project.up();
        project.wait_log("hangs", "up");
        let supervisor = project.supervisor_pid();
        project.signal(supervisor, Signal::TERM);
        project.wait_row("hangs", "being stopped", |row| row.is("stopping") && row.why().contains("stage 1"));
        project.wait_row("goes", "gone", |row| row.is("stopped"));
        project.signal(supervisor, Signal::TERM);
        project.assert_nothing_left();
    });
}

#[test]
fn a_stop_by_pid_keeps_its_time_limit_and_says_that_nobody_goes_on_with_it() {
    isolated(|| {
        let project = Project::empty();
        let mut deaf = Command::new(bad_child())
            .args(["ignore", "TERM,INT,HUP", "print", "up", "sleep", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Read::read_exact(&mut deaf.stdout.take().unwrap(), &mut [0; 3]).unwrap();
        let pid = deaf.id().to_string();
        let out = project.pm(&["stop", "--pid", &pid, "--timeout", "1s"]).exits(124).says("not done after 1s");
        assert!(out.took < Duration::from_secs(4), "{out}");
        assert!(out.stderr.contains(&format!("`pm stop --pid {pid} --force`")), "{out}");
        assert!(deaf.try_wait().unwrap().is_none(), "it was not killed");
        let force = project.spawn(&["stop", "--pid", &pid, "--force", "--timeout", "10s"]);
        deaf.wait().unwrap();
        force.finish().ok();
    });
}

#[test]
fn hold_waits_until_it_is_held_and_next_until_the_stop_is_over() {
    isolated(|| {
        let project = Project::new(
            r#"[process.deaf]
            command = "{bad} ignore TERM print up sleep 0"
            stop = [ { signal = "TERM", wait = "15s" }, { signal = "KILL" } ]"#,
        );
        project.up();
        project.wait_log("deaf", "up");
        project.pm(&["stop", "deaf"]).ok();
        project.wait_row("deaf", "in stage 1", |row| row.why().contains("stage 1"));
        let out = project.pm(&["hold", "deaf", "--wait"]).ok().says("held");
        assert!(out.took < SOON && project.row("deaf").why().contains("held"), "{out}");
        project.pm(&["hold", "deaf", "--timeout", "5s"]).ok().says("is held already");
        project.pm(&["next", "deaf", "--wait"]).ok().says("deaf: stopped");
        // The stop of a restart is over when it runs again.
        project.pm(&["start", "deaf", "--wait"]).ok();
        project.wait_log("deaf", "up");
        project.pm(&["restart", "deaf"]).ok();
        project.wait_row("deaf", "in stage 1", |row| row.why().contains("stage 1"));
        let out = project.pm(&["next", "deaf", "--timeout", "10s"]).ok();
        assert!(out.took < SOON, "{out}");
        assert_eq!(project.wait_phase("deaf", "running").run(), 3);
        project.pm(&["kill", "deaf", "--wait"]).ok();
        project.down();
    });
}

#[test]
fn what_a_run_that_is_over_left_behind_is_told_when_everything_is_stopped() {
    isolated(|| {
        let project = Project::new(
            r#"[process.parent]
            shell = "{bad} ignore TERM print hi sleep 0 & until [ -e {dir}/go ]; do sleep 0.02; done"
            {stop}
            [process.idle]
            command = "{bad} sleep 0"
            autostart = false"#,
        );
        project.up();
        project.wait_log("parent", "hi");
        fs::write(project.path("go"), "").unwrap();
        let is_left = || project.wait_phase("parent", "completed");
        is_left();
        project.pm(&["down", "--detach"]).ok().says("the supervisor has left, 1 process runs on");
        assert!(!project.tree("parent").is_empty());
        project.up();
        is_left();
        let out = project.pm(&["down"]).ok().says("1 process stopped, 1 process had to be killed");
        assert!(out.stdout.contains("parent: stopped"), "{out}");
        project.assert_nothing_left();
        project.up();
        project.wait_phase("parent", "completed");
        project.pm(&["kill", "parent", "--wait"]).ok();
        project.pm(&["down"]).ok().says("nothing was running");
    });
}

/// Starts a process that is none of `pm`'s business under exactly this pid. Only in a pid namespace can that be asked for.
fn stranger_with_pid(pid: u32) -> Option<std::process::Child> {
    for _ in 0..200 {
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).ok()?;
        let mut child =
            Command::new(bad_child()).args(["sleep", "0"]).stdout(Stdio::null()).spawn().expect("a stranger");
        if child.id() == pid {
            return Some(child);
        }
        child.kill().expect("a child to kill");
        child.wait().expect("a child to wait for");
    }
    None
}

#[test]
fn a14_who_inherited_the_pid_is_never_signalled() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        project.up();
        project.wait_log("api", "up");
        let row = project.wait_phase("api", "running");
        let (pid, keeper) = (row.pid().unwrap(), row.keeper_pid().unwrap());
        // Everybody dies at once, so that the record still says "running, pid N".
        project.kill_supervisor();
        project.kill9(keeper);
        project.kill9(pid);
        let gone = |pid| wait_for("the pid is free again", || Process::read(pid).map_or(Ok(()), |p| Err(p.line())));
        gone(pid);
        gone(keeper);
        let (Some(mut one), Some(mut two)) = (stranger_with_pid(pid), stranger_with_pid(keeper)) else {
            left_out(Lacking::Permission("this system does not let a test choose a pid"));
            return;
        };
        project.up();
        project.wait_row("api", "not thought alive", |row| row.pid().is_none());
        project.pm(&["stop", "api", "--wait"]);
        project.pm(&["kill", "api", "--wait"]);
        project.pm(&["restart", "api", "--wait"]).ok();
        assert_ne!(project.wait_phase("api", "running").pid(), Some(pid));
        project.pm(&["stop", "api", "--wait"]).ok();
        project.down();
        for stranger in [&mut one, &mut two] {
            assert_eq!(stranger.try_wait().unwrap(), None, "a stranger was signalled");
            stranger.kill().unwrap();
            stranger.wait().unwrap();
        }
    });
}
