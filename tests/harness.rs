//! The harness tested on itself: a check that cannot fail proves nothing.
#![cfg(target_os = "linux")]

mod support;

use std::process::{Command, Stdio};

use support::procs::{MARK, signal_marked};
use support::project::bad_child;
use support::{Process, Project, isolated, survivors, wait_for};

#[test]
fn isolation_gives_a_pid_namespace_of_its_own() {
    isolated(|| {
        let all = Process::all();
        assert!(all.len() < 10, "a fresh namespace holds few processes, not {}", all.len());
        assert_eq!(all[0].pid, 1);
    });
}

#[test]
#[should_panic = "failed in its namespace"]
fn a_failure_inside_is_a_failure_outside() {
    isolated(|| panic!("it fails"));
}

#[test]
fn survivors_are_found_by_mark_wherever_they_fled() {
    isolated(|| {
        let project = Project::empty();
        let mut child = Command::new(bad_child())
            .args(["double-fork", "ignore TERM,HUP,INT sleep 0", "setsid-fork", "sleep 0", "sleep", "0"])
            .env(MARK, project.mark())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("three are alive", || {
            let alive = survivors(project.mark());
            if alive.len() == 3 { Ok(()) } else { Err(format!("{alive:?}")) }
        });
        assert!(survivors("another-mark").is_empty());
        assert!(
            !signal_marked(child.id(), "another-mark", rustix::process::Signal::KILL),
            "a stranger is not signalled"
        );
        for process in project.alive() {
            project.kill9(process.pid);
        }
        child.wait().unwrap();
        project.assert_nothing_left();
    });
}

#[test]
#[should_panic = "last seen:\nthree of four"]
fn waiting_in_vain_tells_what_it_saw() {
    support::wait_within(std::time::Duration::from_millis(30), "it is there", || -> Result<(), String> {
        Err("three of four".into())
    });
}
