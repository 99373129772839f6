//! Leaving the dashboard: by the menu, by keys and signals, while somebody hangs, and when everything has failed.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{THREE, open};
use crate::support::procs::listed;
use crate::support::{Project, Screen, isolated, wait_for};
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
        screen.quit();
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
        second.quit();
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

/// One that takes its time, and one that does not.
const HANGS: &str = r#"[process.hangs]
    command = "{bad} ignore TERM,INT print up sleep 0"
    stop = [ { signal = "TERM", wait = "50s" }, { signal = "INT", wait = "50s" }, { signal = "KILL" } ]
    [process.goes]
    command = "{bad} print up sleep 0"
    {stop}"#;

/// Everything is being stopped, and one process holds it up.
fn stopping_all(project: &Project) -> Screen {
    let screen = Screen::open(project, &[], 30, 110);
    for name in ["hangs", "goes"] {
        screen.wait_line(&[name, "running"]);
        project.wait_log(name, "up");
    }
    assert_eq!(project.supervisor_pid(), screen.pid(), "it hosts the supervisor");
    screen.keys("q");
    screen.wait_text("stop all and quit");
    screen.keys("s");
    screen.wait_line(&["Stopping all (ctrl-c hurries).", " 1 left: hangs (TERM "]);
    screen.wait_line(&["hangs", "stopping", "TERM"]);
    screen.wait_line(&["goes", "stopped"]);
    screen
}

/// What it says on the way out; that may be on its way still when it has ended.
fn says(screen: &Screen, text: &str) {
    wait_for(&format!("it says {text:?}"), || {
        let shown = screen.contents();
        if shown.contains(text) { Ok(()) } else { Err(shown) }
    });
}

#[test]
fn a12_who_holds_up_the_end_is_named_and_hurried() {
    isolated(|| {
        let project = Project::new(HANGS);
        let mut screen = stopping_all(&project);
        screen.keys("\x03");
        screen.wait_line(&["Stopping all (ctrl-c leaves at once).", " 1 left: hangs (INT "]);
        assert!(project.row("hangs").why().contains("stage 2 of 3: INT"), "{}", project.row("hangs"));
        screen.keys("q");
        screen.wait_text("next stage for everybody");
        screen.wait_text("leave now; keepers finish the stop alone");
        screen.keys("x");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        says(&screen, "everything is stopped; had to be killed: hangs (1)");
        project.assert_nothing_left();
    });
}

#[test]
fn a12_the_third_ctrl_c_leaves_at_once_and_the_keepers_go_on() {
    isolated(|| {
        let project = Project::new(HANGS);
        let mut screen = stopping_all(&project);
        let before = project.row("hangs");
        screen.keys("\x03");
        screen.wait_line(&["Stopping all (ctrl-c leaves at once).", " 1 left: hangs (INT "]);
        screen.keys("\x03");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        says(&screen, "left with 1 alive; their keepers finish alone, `pm up -d` shows how it went");
        let alive = project.alive();
        let is_alive = |pid: Option<u32>| alive.iter().any(|process| Some(process.pid) == pid);
        assert!(is_alive(before.pid()) && is_alive(before.keeper_pid()), "{}", listed(&alive));
        assert_eq!(project.tree("goes").len(), 0);
        project.up();
        let row = project.row("hangs");
        assert!(row.is("stopping") && row.why().contains("stage 2 of 3: INT"), "{row}");
        assert_eq!((row.pid(), row.run_id()), (before.pid(), before.run_id()), "{row}");
        project.pm(&["stop", "hangs", "--force", "--wait"]).ok();
        let row = project.row("hangs");
        assert_eq!((row.phase(), row.exit_signal().as_deref()), ("stopped", Some("KILL")), "{row}");
        project.down();
    });
}

#[test]
fn b13_the_dashboard_stays_when_everything_has_ended_and_quits_in_order() {
    isolated(|| {
        let project = Project::empty();
        fs::write(project.path("vanishes"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(project.path("vanishes"), fs::Permissions::from_mode(0o755)).unwrap();
        let config = r#"[process.done]
            command = "{bad} sleep 300ms exit 0"
            [process.ill]
            command = "{bad} sleep 300ms eprint out-of-luck exit 3"
            [process.crash]
            command = ["{bad}", "eprint", "no such table: users", "exit", "7"]
            [process.missing]
            command = ["{dir}/vanishes"]
            autostart = false"#;
        project.config(config);
        let mut screen = Screen::open(&project, &[], 36, 120);
        screen.wait_line(&["missing", "stopped"]);
        fs::remove_file(project.path("vanishes")).unwrap();
        screen.keys("G");
        screen.wait_selected("missing");
        screen.keys("s");
        screen.wait_line(&["missing", "failed cannot start"]);
        screen.wait_line(&["crash", "failed exit 7 after"]);
        screen.wait_line(&["ill", "failed exit 3"]);
        screen.wait_line(&["done", "completed exit 0"]);
        screen.wait_line(&["0 running", "3 failed"]);
        // It stays, and each can be read, now and with a config that has become a broken one.
        for text in [None, Some("[process.ill\ncommand = 7")] {
            if let Some(text) = text {
                fs::write(project.path("pm.toml"), text).unwrap();
            }
            screen.keys("4");
            screen.wait_selected("missing");
            screen.keys("d");
            screen.wait_line(&["state", "failed: cannot start: ", "/vanishes\""]);
            screen.keys("d");
            for (number, name, said) in
                [("1", "done", "nothing"), ("2", "ill", "out-of-luck"), ("3", "crash", "no such table")]
            {
                screen.keys(number);
                screen.wait_selected(name);
                screen.wait_text(said);
            }
        }
        screen.keys("q");
        screen.wait_text("Nothing is running.");
        screen.keys("\x1b");
        screen.wait_no_text("Nothing is running.");
        assert!(!screen.is_over());
        screen.quit();
        says(&screen, "everything is stopped");
        project.assert_nothing_left();
    });
}
