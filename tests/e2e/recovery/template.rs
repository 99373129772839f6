//! The process that keepers are copied from may die or hang like any other: starts go on, and it outlives nobody.

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Process, Project, isolated, wait_for};

const TWO: &str = r#"
[process.first]
command = "{bad} print up sleep 0"
{stop}
[process.second]
command = "{bad} print up sleep 0"
autostart = false
{stop}
"#;

fn templates() -> Vec<u32> {
    Process::all().into_iter().filter(Process::is_template).map(|process| process.pid).collect()
}

fn only_template() -> u32 {
    let found = templates();
    assert_eq!(found.len(), 1, "one per supervisor: {found:?}");
    found[0]
}

#[track_caller]
fn wait_gone(template: u32) {
    wait_for("the template is gone", || {
        let left = templates();
        if left.contains(&template) { Err(format!("{left:?}")) } else { Ok(()) }
    });
}

/// In a pid namespace of our own, so the number is nobody else's.
fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid as i32).expect("a pid");
    kill_process(pid, signal).expect("it is ours");
}

fn start_second(project: &Project) {
    project.pm(&["start", "second", "--wait"]).ok();
    let row = project.wait_phase("second", "running");
    let keeper = row.keeper_pid().and_then(Process::read).expect("its keeper lives");
    assert!(keeper.args[2].ends_with("/second"), "it says whose keeper it is: {:?}", keeper.args);
    assert_eq!(keeper.parent_pid, project.supervisor_pid(), "the supervisor reaps it");
    assert_eq!(project.row("first").phase(), "running");
}

#[test]
fn a_killed_template_of_keepers_costs_no_start() {
    isolated(|| {
        let project = Project::new(TWO);
        project.up();
        project.wait_log("first", "up");
        let template = only_template();
        let held = std::fs::read_dir(format!("/proc/{template}/fd")).unwrap().count();
        assert_eq!(held, 3, "it holds its socket and nothing of whoever started the supervisor");
        signal(template, Signal::KILL);
        start_second(&project);
        project.down();
    });
}

#[test]
fn a_suspended_template_of_keepers_costs_no_start() {
    isolated(|| {
        let project = Project::new(TWO);
        project.up();
        project.wait_log("first", "up");
        let template = only_template();
        signal(template, Signal::STOP);
        start_second(&project);
        wait_gone(template);
        project.down();
    });
}

#[test]
fn the_template_of_keepers_ends_with_its_supervisor() {
    isolated(|| {
        let project = Project::new(TWO);
        project.up();
        project.wait_log("first", "up");
        let template = only_template();
        project.kill_supervisor();
        wait_gone(template);
        assert_eq!(project.tree("first").len(), 1, "what it made lives on");
        project.up();
        project.wait_phase("first", "running");
        project.down();
        wait_for("no template is left", || if templates().is_empty() { Ok(()) } else { Err("one is".into()) });
    });
}

#[test]
fn e1_a_keeper_is_one_thread_and_not_more() {
    isolated(|| {
        let project = Project::new(&format!(
            "{TWO}[process.terminal]\ncommand = \"{{bad}} print up sleep 0\"\ntty = true\n{{stop}}\n"
        ));
        project.up();
        project.pm(&["start", "second", "--wait"]).ok();
        for name in ["first", "second", "terminal"] {
            project.wait_log(name, "up");
            let keeper = project.wait_phase(name, "running").keeper_pid().unwrap();
            let status = std::fs::read_to_string(format!("/proc/{keeper}/status")).unwrap();
            assert!(status.lines().any(|line| line == "Threads:\t1"), "the keeper of {name}:\n{status}");
        }
        project.down();
    });
}
