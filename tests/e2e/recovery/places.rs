//! The directory of sockets goes, or is another one for whoever comes next: a logout, a cron job, `su`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::{Out, Project, isolated, wait_for};

const TWO: &str = "[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}\n[process.db]\ncommand = \"{bad} print up sleep 0\"\n{stop}";

fn running() -> (Project, [Option<u32>; 2]) {
    let project = Project::new(TWO);
    project.up();
    let pids = ["api", "db"].map(|name| {
        project.wait_log(name, "up");
        project.wait_phase(name, "running").pid()
    });
    (project, pids)
}

fn pids(project: &Project) -> [Option<u32>; 2] {
    ["api", "db"].map(|name| project.wait_phase(name, "running").pid())
}

/// `pm`, where the environment names another directory for sockets.
#[track_caller]
fn from(runtime: &Path, project: &Project, args: &[&str]) -> Out {
    let mut command = project.command(args);
    command.env("XDG_RUNTIME_DIR", runtime);
    Out::of(command)
}

#[test]
fn a_living_supervisor_whose_directory_was_removed_makes_it_again() {
    isolated(|| {
        let (project, before) = running();
        let supervisor = project.supervisor_pid();
        for _ in 0..2 {
            fs::remove_dir_all(project.base("run")).unwrap();
            let out = project.pm(&["ps"]).ok();
            assert!(out.took < Duration::from_secs(5), "{out}");
        }
        assert_eq!((project.supervisor_pid(), pids(&project)), (supervisor, before));
        // What is started now has its socket in the new one.
        project.pm(&["restart", "db", "--wait"]).ok();
        project.kill_supervisor();
        project.up();
        assert_eq!(project.wait_phase("api", "running").pid(), before[0]);
        project.down();
        assert!(!project.base("run").join("pm").read_dir().unwrap().any(|_| true), "sockets leave no directory behind");
    });
}

#[test]
fn who_comes_with_another_environment_finds_the_same_supervisor() {
    isolated(|| {
        let (project, before) = running();
        let other = project.base("elsewhere");
        from(&other, &project, &["ps"]).ok();
        from(&other, &project, &["up", "-d"]).ok();
        assert_eq!(pids(&project), before);
        project.kill_supervisor();
        // The next one, too, stays where the keepers are.
        from(&other, &project, &["up", "-d"]).ok();
        assert_eq!(pids(&project), before);
        from(&other, &project, &["down"]).ok();
        project.assert_nothing_left();
        // With nothing left, the environment decides again.
        from(&other, &project, &["up", "-d"]).ok();
        assert!(other.join("pm").read_dir().unwrap().any(|_| true));
        project.down();
    });
}

#[test]
fn keepers_follow_to_where_the_next_supervisor_is() {
    isolated(|| {
        let (project, before) = running();
        let supervisor = project.supervisor_pid();
        let other = project.base("elsewhere");
        fs::remove_dir_all(project.base("run")).unwrap();
        project.kill9(supervisor);
        from(&other, &project, &["up", "-d"]).ok();
        assert_eq!(pids(&project), before);
        // In touch means that it can be told to stop.
        project.pm(&["restart", "db", "--wait"]).ok();
        assert_ne!(project.row("db").pid(), before[1]);
        wait_for("both sockets are there", || {
            let dir = fs::read_dir(other.join("pm")).unwrap().flatten().next().ok_or("no project")?.path();
            let sockets = fs::read_dir(dir.join("k")).unwrap().count();
            if sockets == 2 { Ok(()) } else { Err(format!("{sockets} sockets")) }
        });
        from(&other, &project, &["down"]).ok();
        project.assert_nothing_left();
    });
}

#[test]
fn nobody_but_the_supervisor_itself_is_asked_for_a_socket() {
    isolated(|| {
        let (project, before) = running();
        let supervisor = project.supervisor_pid();
        // The file tells of one that is gone, whose pid is a stranger's now: `sleep` dies of the signal.
        let mut stranger = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        let file = project.layout("state").join("sockets");
        let mut lines: Vec<_> = fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
        lines[1] = stranger.id().to_string();
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        fs::remove_dir_all(project.base("run")).unwrap();
        let out = project.pm(&["ps"]).exits(4);
        assert!(out.stderr.contains("does not answer at"), "{out}");
        assert_eq!(stranger.try_wait().unwrap(), None, "a stranger got a signal");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        project.kill9(supervisor);
        project.up();
        assert_eq!(pids(&project), before);
        project.down();
    });
}
