//! The state directory is removed under living processes, and then the supervisor dies: nothing is doubled, nothing is lost
//! but what was in the directory.

use std::fs;

use crate::support::procs::listed;
use crate::support::{Project, isolated, wait_for};

const TWO: &str = r#"
[process.steady]
command = "{bad} print up sleep 0"
{stop}
[process.echo]
command = "cat"
{stop}
"#;

#[test]
fn processes_whose_state_was_removed_are_adopted_and_not_doubled() {
    isolated(|| removed_and_adopted(|project| fs::remove_dir_all(project.layout("state")).unwrap()));
}

#[test]
fn processes_whose_run_was_removed_are_adopted_and_not_doubled() {
    isolated(|| {
        removed_and_adopted(|project| {
            for name in ["steady", "echo"] {
                fs::remove_dir_all(project.layout("state").join("runs").join(name).join("000001")).unwrap();
            }
        });
    });
}

fn removed_and_adopted(remove: impl Fn(&Project)) {
    let project = Project::new(TWO);
    project.up();
    project.wait_log("steady", "up");
    let before = project.rows();
    project.kill_supervisor();
    remove(&project);
    project.up();
    for row in &before {
        let now = project.wait_phase(row.name(), "running");
        assert_eq!((now.pid(), now.run_id()), (row.pid(), row.run_id()), "{now}");
        assert_eq!(project.tree(row.name()).len(), 1, "never doubled:\n{}", listed(&project.tree(row.name())));
    }
    // What is printed from here on is kept again.
    project.pm(&["send", "echo", "found again"]).ok();
    project.wait_log("echo", "found again");
    // And a second supervisor finds everything in the usual way.
    project.kill_supervisor();
    project.up();
    project.pm(&["stop", "all", "--wait"]).ok();
    for row in &before {
        let stopped = project.row(row.name());
        assert_eq!((stopped.phase(), stopped.exit_by()), ("stopped", "stop stage 1"), "{stopped}");
    }
    project.down();
    wait_for("nothing is left", || {
        let left = project.alive();
        if left.is_empty() { Ok(()) } else { Err(listed(&left)) }
    });
}
