//! Leaving the dashboard: by the menu, by keys and signals.

use super::{THREE, open, quit};
use crate::support::{Project, isolated, wait_for};
use rustix::process::Signal;

#[test]
fn q_asks_and_esc_stays() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        screen.keys("q");
        screen.wait_text("detach");
        screen.keys("\x1b");
        screen.wait_no_text("detach");
        screen.keys("j");
        screen.wait_selected("beta");
        quit(&mut screen);
        project.assert_nothing_left();
    });
}

#[test]
fn detaching_leaves_everything_running() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        let before = project.wait_phase("alpha", "running");
        screen.keys("q");
        screen.wait_text("detach");
        screen.keys("d");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        let after = wait_for("a headless supervisor has adopted", || {
            let out = project.pm(&["ps", "--json"]);
            if out.code == Some(0) { Ok(project.row("alpha")) } else { Err(out.to_string()) }
        });
        assert_eq!((after.phase(), after.pid(), after.run_id()), ("running", before.pid(), before.run_id()));
        let mut second = open(&project);
        quit(&mut second);
        project.assert_nothing_left();
    });
}

#[test]
fn control_c_twice_stops_everything_and_leaves() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        screen.keys("\x03");
        screen.wait_text("detach");
        screen.keys("\x03");
        screen.wait_exit();
        screen.wait_restored();
        project.assert_nothing_left();
    });
}

#[test]
fn sigterm_restores_the_terminal_and_stops_everything() {
    isolated(|| {
        for signal in [Signal::TERM, Signal::HUP] {
            let project = Project::new(THREE);
            let mut screen = open(&project);
            screen.signal(signal);
            screen.wait_exit();
            screen.wait_restored();
            project.assert_nothing_left();
        }
    });
}
