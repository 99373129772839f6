//! A keeper that is suspended: nobody hangs, it is said what is going on, and nothing is lost or doubled.

use std::fs;

use rustix::process::Signal;

use crate::support::procs::listed;
use crate::support::{Project, Row, isolated, wait_for};

const ONE: &str = "[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}";

fn one_running(project: &Project) -> Row {
    project.up();
    project.wait_log("api", "up");
    project.wait_phase("api", "running")
}

#[track_caller]
fn wait_said(project: &Project, keeper: u32) {
    let said = format!("its keeper, pid {keeper}, lives but does not answer");
    wait_for("it is said that the keeper does not answer", || {
        let events = project.pm(&["events"]).ok().stdout;
        if events.contains(&said) { Ok(()) } else { Err(events) }
    });
}

#[test]
fn a_stop_of_a_suspended_keeper_waits_for_it_and_says_so() {
    isolated(|| {
        let project = Project::new(ONE);
        let keeper = one_running(&project).keeper_pid().unwrap();
        project.signal(keeper, Signal::STOP);
        project.pm(&["stop", "api"]).ok();
        wait_said(&project, keeper);
        assert!(project.row("api").is("stopping"));
        // The order outlives the supervisor that gave it.
        project.kill_supervisor();
        project.up();
        assert!(project.row("api").is("stopping"), "{}", project.row("api"));
        project.signal(keeper, Signal::CONT);
        let row = project.wait_phase("api", "stopped");
        assert_eq!((row.exit_signal().as_deref(), row.exit_by()), (Some("TERM"), "stop stage 1"), "{row}");
        project.down();
    });
}

#[test]
fn a_suspended_keeper_without_a_socket_is_not_taken_for_dead() {
    isolated(|| {
        let project = Project::new(ONE);
        let before = one_running(&project);
        let keeper = before.keeper_pid().unwrap();
        let supervisor = project.supervisor_pid();
        project.signal(keeper, Signal::STOP);
        fs::remove_dir_all(project.layout("run")).unwrap();
        project.kill9(supervisor);
        project.up();
        wait_said(&project, keeper);
        assert_eq!(project.row("api").phase(), "running");
        assert_eq!(project.tree("api").len(), 1, "never doubled:\n{}", listed(&project.tree("api")));
        project.signal(keeper, Signal::CONT);
        project.pm(&["stop", "api", "--wait"]).ok();
        let row = project.row("api");
        assert_eq!((row.pid(), row.exit_by()), (None, "stop stage 1"), "its keeper has told the end: {row}");
        project.down();
    });
}
