//! What a killed keeper leaves behind: whoever was seen to belong to the run still does, and is counted when it is stopped.

use crate::support::procs::Process;
use crate::support::{Project, isolated, wait_for};

/// A child that ignores TERM and carries nothing of the run in its environment, so that only its parent tells whose it is.
const BARE: &str = "[process.api]
shell = '''env -i sh -c 'trap \"\" TERM; exec sleep 987' & echo up; exec sleep 986'''
orphans = \"adopt\"
stop = [ { signal = \"TERM\", wait = \"300ms\" }, { signal = \"KILL\" } ]
";

fn sleeping(seconds: &str) -> Vec<u32> {
    Process::running(&["sleep", seconds])
}

/// Its keeper is killed, and then its main process: its child alone is left, and known.
fn lose(project: &Project) -> u32 {
    project.up();
    project.wait_log("api", "up");
    let row = project.wait_row("api", "with its child", |row| row.is("running") && sleeping("987").len() == 1);
    let child = sleeping("987")[0];
    project.kill9(row.keeper_pid().unwrap());
    project.wait_phase("api", "unknown");
    project.kill9(row.pid().unwrap());
    wait_for("the main process is gone", || if sleeping("986").is_empty() { Ok(()) } else { Err(row.to_string()) });
    child
}

#[test]
fn done_3_a_child_known_by_its_parent_alone_is_stopped_though_that_is_gone() {
    isolated(|| {
        let project = Project::new(BARE);
        let child = lose(&project);
        assert!(project.row("api").is("unknown"), "the child lives: {}", project.row("api"));
        project.pm(&["restart", "api", "--wait"]).ok();
        project.wait_row("api", "running again", |row| row.is("running") && row.run() == 2);
        let children = sleeping("987");
        assert!(children.len() == 1 && children[0] != child, "the old one went first: {child}, {children:?}");
        project.down();
        assert!(sleeping("987").is_empty());
    });
}

#[test]
fn done_4_who_is_killed_of_a_lost_run_is_counted() {
    isolated(|| {
        let project = Project::new(BARE);
        lose(&project);
        project.pm(&["stop", "api", "--wait"]).ok();
        assert!(sleeping("987").is_empty());
        let row = project.row("api");
        assert!(row.is("stopped") && row.why().contains("1 killed"), "{row}");
        project.down();
    });
}

#[test]
fn done_3_a_stop_of_a_lost_run_can_be_hurried() {
    isolated(|| {
        let project = Project::new(&BARE.replace("300ms", "1h"));
        lose(&project);
        project.pm(&["stop", "api"]).ok();
        project.wait_phase("api", "stopping");
        project.pm(&["kill", "api", "--wait", "--timeout", "10s"]).ok();
        assert!(sleeping("987").is_empty());
        assert!(project.row("api").is("stopped"), "{}", project.row("api"));
        project.down();
    });
}
