//! What the keys order in the table: start, restart, stop through its stages, hold, kill.

use std::time::Duration;

use super::{THREE, open, wait_stage};
use crate::support::{Project, isolated, pause};

#[test]
fn s_starts_r_restarts_and_a_refusal_is_shown() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        screen.keys("G");
        screen.wait_selected("gamma");
        screen.keys("s");
        screen.wait_line(&["gamma", "running"]);
        screen.wait_text("gamma-line");
        let before = project.wait_phase("gamma", "running").pid();
        screen.keys("r");
        project.wait_row("gamma", "restarted", |row| row.is("running") && row.pid() != before);
        screen.keys("s");
        screen.wait_text("already");
        screen.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn b14_r_on_a_stopped_row_starts_it() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        // One that has never run, and one that was stopped.
        screen.keys("G");
        screen.wait_selected("gamma");
        for run in 1..=2 {
            screen.wait_line(&["gamma", "stopped"]);
            screen.keys("r");
            screen.wait_line(&["gamma", "running"]);
            screen.wait_line(&["log", "gamma", &format!("run {run} ")]);
            screen.wait("what it prints", |screen| screen.contents().lines().any(|line| line.trim() == "gamma-line"));
            let row = project.row("gamma");
            assert_eq!((row.phase(), row.run(), row.restarts()), ("running", run, 0), "{row}");
            screen.keys("x");
        }
        // The same from its log.
        screen.wait_line(&["gamma", "stopped"]);
        screen.keys("\r");
        screen.wait_no_text("processes 3");
        screen.keys("r");
        screen.wait_line(&["log", "gamma", "run 3 "]);
        project.wait_row("gamma", "running as run 3", |row| row.is("running") && row.run() == 3);
        screen.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn x_walks_the_stages_in_the_row_with_a_countdown() {
    isolated(|| {
        let project = Project::new(
            r#"[process.alpha]
            command = "{bad} sleep 0"
            {stop}
            [process.beta]
            command = "{bad} ignore TERM,INT print beta-line sleep 0"
            stop = [ { signal = "TERM", wait = "9s" }, { signal = "INT", wait = "9s" }, { signal = "KILL" } ]"#,
        );
        let mut screen = open(&project);
        screen.keys("j");
        screen.wait_selected("beta");
        screen.wait_text("beta-line");
        screen.keys("x");
        // The time that is left falls.
        let first = wait_stage(&screen, "beta", "TERM", 9.1);
        wait_stage(&screen, "beta", "TERM", first - 0.5);
        // Again: the next stage, now. And once more: the end.
        screen.keys("x");
        let first = wait_stage(&screen, "beta", "INT", 9.1);
        wait_stage(&screen, "beta", "INT", first - 0.5);
        assert!(project.row("beta").why().contains("stage 2 of 3: INT"), "{}", project.row("beta"));
        screen.keys("x");
        screen.wait_line(&["beta", "stopped"]);
        assert_eq!(project.row("beta").exit_signal().as_deref(), Some("KILL"));
        screen.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn c_holds_a_stop() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        screen.keys("j");
        screen.wait_selected("beta");
        screen.keys("x");
        screen.wait_line(&["beta", "TERM"]);
        screen.keys("c");
        project.wait_row("beta", "held", |row| row.why().contains("held"));
        // Longer than the stage would have lasted.
        pause(Duration::from_millis(3500));
        assert!(project.row("beta").why().contains("stage 1"), "{}", project.row("beta"));
        screen.keys("x");
        screen.keys("x");
        screen.wait_line(&["beta", "stopped"]);
        screen.quit();
    });
}

#[test]
fn capital_x_asks_and_the_harmless_answer_is_the_default() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        let pid = project.wait_phase("alpha", "running").pid().unwrap();
        screen.keys("X");
        screen.wait_text(&pid.to_string());
        screen.wait_text("ill");
        screen.keys("\r");
        pause(Duration::from_millis(300));
        assert_eq!(project.row("alpha").pid(), Some(pid), "enter takes the harmless answer");
        screen.keys("X");
        screen.wait_text("ill");
        screen.keys("y");
        screen.wait_line(&["alpha", "stopped"]);
        assert_eq!(project.row("alpha").exit_signal().as_deref(), Some("KILL"));
        screen.quit();
    });
}
