//! Done when 3: supervisor, dashboard and keeper are killed while twenty processes print numbered lines.

use super::assert_every_number_once;
use crate::support::procs::{Process, listed};
use crate::support::{Project, Row, Screen, isolated, wait_for};

/// Twenty that print numbered lines. Five end by themselves with a code of their own, five take long to obey, two are at
/// terminals.
fn twenty() -> String {
    let slow = "stop = [{ signal = \"TERM\", wait = \"20s\" }, { signal = \"KILL\" }]";
    let one = |n: u32| match n {
        0..5 => format!("[process.p{n}]\ncommand = \"{{bad}} lines 60 every 20ms exit {}\"\n{{stop}}\n", n + 10),
        5..10 => format!("[process.p{n}]\ncommand = \"{{bad}} handler 1500ms exit {n} lines 0 every 20ms\"\n{slow}\n"),
        10 | 11 => format!("[process.p{n}]\ncommand = \"{{bad}} lines 0 every 20ms\"\ntty = true\n{{stop}}\n"),
        _ => format!("[process.p{n}]\ncommand = \"{{bad}} lines 0 every 20ms\"\n{{stop}}\n"),
    };
    (0..20).map(one).collect()
}

#[track_caller]
fn assert_twenty_unharmed(project: &Project, pids: &[Option<u32>], stopped: &[usize]) {
    for n in 0..5 {
        let row = project.wait_row(&format!("p{n}"), "ended", Row::has_exit);
        assert_eq!((row.exit_code(), row.exit_by()), (Some(n + 10), "itself"), "{row}");
    }
    for (n, pid) in pids.iter().enumerate().skip(5) {
        let name = format!("p{n}");
        if stopped.contains(&n) {
            let row = project.wait_phase(&name, "stopped");
            assert_eq!((row.exit_code(), row.exit_by()), (Some(n as i64), "stop stage 1"), "{row}");
        } else {
            let row = project.wait_phase(&name, "running");
            assert_eq!(row.pid(), *pid, "the same process: {row}");
        }
    }
    project.pm(&["stop", "all", "--wait"]).ok();
    for n in 0..20 {
        assert_every_number_once(project, &format!("p{n}"));
    }
}

fn twenty_running(project: &Project) -> Vec<Option<u32>> {
    (0..20)
        .map(|n| project.wait_row(&format!("p{n}"), "started", |row| row.pid().is_some() || row.has_exit()).pid())
        .collect()
}

#[test]
fn done_3_a_headless_supervisor_killed_while_twenty_print() {
    isolated(|| {
        let project = Project::new(&twenty());
        project.up();
        let pids = twenty_running(&project);
        project.kill_supervisor();
        wait_for("five have ended unwatched", || {
            let left: usize = (0..5).map(|n| project.tree(&format!("p{n}")).len()).sum();
            if left == 0 { Ok(()) } else { Err(format!("{left} left")) }
        });
        project.up();
        assert_twenty_unharmed(&project, &pids, &[]);
        project.down();
    });
}

#[test]
fn done_3_a_dashboard_killed_while_twenty_print() {
    isolated(|| {
        let project = Project::new(&twenty());
        let mut screen = Screen::open(&project, &[], 40, 120);
        screen.wait_text("processes 20");
        let pids = twenty_running(&project);
        project.kill9(screen.pid());
        screen.wait_exit();
        project.up();
        assert_twenty_unharmed(&project, &pids, &[]);
        project.down();
    });
}

/// Asks for `stop`, and waits until each of `names` handles the signal that it was sent.
#[track_caller]
fn bring_into_the_middle_of(stop: &[&str], names: &[&str], project: &Project) {
    for name in names {
        project.wait_log(name, "line 1\n");
    }
    project.spawn(stop).finish().ok();
    for name in names {
        project.wait_log(name, "handling TERM");
    }
    assert_in_the_middle(names, project);
}

#[track_caller]
fn assert_in_the_middle(names: &[&str], project: &Project) {
    let is_alive = |name: &&str| project.tree(name).len() == 1;
    assert!(names.iter().all(is_alive), "in the middle of their stop:\n{}", listed(&project.alive()));
}

/// Kills dashboard and supervisor while `names` handle the signal that a stop sent them. The dashboard first: one that lives would
/// start another supervisor.
fn kill_both_in_the_middle_of(stop: &[&str], names: &[&str], project: &Project) -> Vec<Option<u32>> {
    project.up();
    let pids = twenty_running(project);
    let mut screen = Screen::open(project, &[], 40, 120);
    screen.wait_text("processes 20");
    let supervisor = project.supervisor_pid();
    bring_into_the_middle_of(stop, names, project);
    project.kill9(screen.pid());
    screen.wait_exit();
    project.kill9(supervisor);
    project.pm(&["ps"]).exits(3);
    assert_in_the_middle(names, project);
    pids
}

#[test]
fn done_3_both_killed_in_the_middle_of_a_stop_and_followed_at_once() {
    isolated(|| {
        let project = Project::new(&twenty());
        let pids = kill_both_in_the_middle_of(&["stop", "p7", "p8", "p9"], &["p7", "p8", "p9"], &project);
        project.up();
        for name in ["p7", "p8", "p9"] {
            let row = project.row(name);
            assert!(row.is("stopping") || row.is("stopped"), "the stop goes on: {row}");
        }
        assert_twenty_unharmed(&project, &pids, &[7, 8, 9]);
        project.down();
    });
}

#[test]
fn done_3_both_killed_in_the_middle_of_a_stop_and_followed_after_its_end() {
    isolated(|| {
        let project = Project::new(&twenty());
        let pids = kill_both_in_the_middle_of(&["stop", "p7", "p8", "p9"], &["p7", "p8", "p9"], &project);
        for name in ["p7", "p8", "p9"] {
            project.assert_tree_gone(name);
        }
        project.up();
        assert_twenty_unharmed(&project, &pids, &[7, 8, 9]);
        project.down();
    });
}

#[test]
fn done_3_a_dashboard_that_is_the_supervisor_killed_in_the_middle_of_a_stop() {
    isolated(|| {
        let project = Project::new(&twenty());
        let mut screen = Screen::open(&project, &[], 40, 120);
        screen.wait_text("processes 20");
        let pids = twenty_running(&project);
        assert_eq!(project.supervisor_pid(), screen.pid(), "one process is both");
        let names = ["p7", "p8", "p9"];
        bring_into_the_middle_of(&["stop", "p7", "p8", "p9"], &names, &project);
        project.kill9(screen.pid());
        screen.wait_exit();
        project.pm(&["ps"]).exits(3);
        assert_in_the_middle(&names, &project);
        project.up();
        for name in names {
            let row = project.row(name);
            assert!(row.is("stopping") || row.is("stopped"), "the stop goes on: {row}");
        }
        assert_twenty_unharmed(&project, &pids, &[7, 8, 9]);
        project.down();
    });
}

#[test]
fn done_3_both_killed_in_the_middle_of_a_restart() {
    isolated(|| {
        let project = Project::new(&twenty());
        let before = kill_both_in_the_middle_of(&["restart", "p7"], &["p7"], &project);
        project.up();
        let row = project.wait_row("p7", "started again", |row| row.run() == 2 && row.is("running"));
        assert_ne!(row.pid(), before[7]);
        assert_eq!(project.tree("p7").len(), 1, "never doubled:\n{}", listed(&project.tree("p7")));
        project.down();
    });
}

#[test]
fn done_3_a_keeper_killed_is_shown_as_unknown_and_its_child_is_adopted() {
    isolated(|| {
        let project = Project::new(
            "[process.api]\ncommand = \"{bad} ignore HUP,PIPE print up sleep 0\"\norphans = \"adopt\"\n{stop}",
        );
        project.up();
        project.wait_log("api", "up");
        let before = project.wait_phase("api", "running");
        project.kill9(before.keeper_pid().unwrap());
        let row = project.wait_phase("api", "unknown");
        assert!(row.why().contains("keeper"), "what happened is said: {row}");
        assert_eq!(row.keeper_pid(), None, "it has none any more: {row}");
        assert_eq!(project.tree("api").len(), 1, "the child lives on:\n{}", listed(&project.tree("api")));
        // Another supervisor finds it again, by proof and not by number.
        project.kill_supervisor();
        project.up();
        wait_for("the child is found and shown", || {
            let row = project.row("api");
            let status = project.pm_json(&["status", "api", "--json"]);
            let is_seen = row.is("unknown") && row.tree_pids() == 1;
            let is_it = status["tree"][0]["pid"].as_u64() == before.pid().map(u64::from);
            if is_seen && is_it { Ok(()) } else { Err(format!("{row}\n{status}")) }
        });
        assert_eq!(project.tree("api").len(), 1, "never doubled:\n{}", listed(&project.tree("api")));
        project.pm(&["stop", "api", "--wait"]).ok();
        project.assert_tree_gone("api");
        let row = project.row("api");
        assert_ne!(row.exit_code(), Some(0), "an exit code that nobody saw is not guessed: {row}");
        project.down();
    });
}

#[test]
fn done_3_a_keeper_killed_and_its_child_stopped_where_that_is_asked_for() {
    isolated(|| {
        let project = Project::new(
            "[process.api]\ncommand = \"{bad} ignore HUP,PIPE print up sleep 0\"\norphans = \"stop\"\nrestart = \"on-failure\"\n{stop}",
        );
        project.up();
        project.wait_log("api", "up");
        let before = project.wait_phase("api", "running");
        project.kill9(before.keeper_pid().unwrap());
        let row = project.wait_row("api", "running again", |row| row.is("running") && row.run() == 2);
        assert_ne!(row.pid(), before.pid());
        assert_eq!(project.tree("api").len(), 1, "the old one is gone:\n{}", listed(&project.tree("api")));
        project.down();
    });
}

#[test]
fn done_3_a_keeper_killed_while_the_supervisor_is_dead() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} ignore HUP,PIPE print up sleep 0\"\n{stop}");
        project.up();
        project.wait_log("api", "up");
        let before = project.wait_phase("api", "running");
        project.kill_supervisor();
        project.kill9(before.keeper_pid().unwrap());
        project.up();
        project.wait_phase("api", "unknown");
        assert_eq!(project.tree("api").len(), 1);
        // A start leaves alone what runs; a restart replaces it, and what is left of it goes first.
        project.pm(&["start", "api"]).ok().says("runs on without a keeper and is left so; restart replaces it");
        assert_eq!(project.tree("api").len(), 1);
        project.pm(&["restart", "api", "--wait"]).ok();
        let row = project.wait_phase("api", "running");
        assert_ne!(row.pid(), before.pid());
        assert_eq!(project.tree("api").len(), 1, "never two:\n{}", listed(&project.tree("api")));
        project.down();
    });
}

#[test]
fn done_3_a_child_that_does_not_carry_its_run_in_its_environment_is_never_doubled() {
    isolated(|| {
        let project = Project::new(
            "[process.api]\ncommand = [\"env\", \"-i\", \"/bin/sleep\", \"987\"]\nrestart = \"always\"\norphans = \"adopt\"\n{stop}",
        );
        let copies = || Process::running(&["/bin/sleep", "987"]).len();
        project.up();
        let before = project.wait_row("api", "bare", |row| row.is("running") && copies() == 1);
        project.kill9(before.keeper_pid().unwrap());
        project.wait_phase("api", "unknown");
        assert_eq!(copies(), 1, "it lives, and there is no second one");
        // The next supervisor knows it just as well.
        project.kill_supervisor();
        project.up();
        project.wait_phase("api", "unknown");
        assert_eq!(copies(), 1);
        project.pm(&["restart", "api", "--wait"]).ok();
        let row = project.wait_phase("api", "running");
        assert_ne!(row.pid(), before.pid());
        assert_eq!(copies(), 1, "the old one went first");
        project.down();
        assert_eq!(copies(), 0);
    });
}

#[test]
fn done_3_a_supervisor_that_leaves_in_the_midst_of_starts_leaves_the_rest_to_the_next() {
    isolated(|| {
        let names: Vec<String> = (0..60).map(|number| format!("p{number}")).collect();
        let process = |name: &String| format!("[process.{name}]\ncommand = [\"sleep\", \"985\"]\n{{stop}}\n");
        let project = Project::new(&names.iter().map(process).collect::<String>());
        let copies = || Process::running(&["sleep", "985"]).len();
        project.up();
        project.pm(&["down", "--detach"]).ok();
        let begun = copies();
        project.up();
        for name in &names {
            let row = project.wait_phase(name, "running");
            // One whose keeper had not come so far as to its lock was given up, and begun anew.
            let first = project.layout("state").join("runs").join(name).join("000001");
            let is_second = row.run() == 2 && first.join("given-up").exists();
            assert!(row.run() == 1 || is_second, "none was refused: {row}");
        }
        assert_eq!(copies(), names.len(), "{begun} of them were begun by the first");
        project.down();
        assert_eq!(copies(), 0);
    });
}
