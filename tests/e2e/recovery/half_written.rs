//! C6: what a death in the middle of a write leaves on the disk, step by step, and that whoever comes next lives with it.
//!
//! A file is written beside its place under a name of its own and renamed; a record gets its next version behind the last one.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{NAMES, SIX, all_up, assert_same_runs, newest_run};
use crate::support::procs::listed;
use crate::support::{Project, isolated};

/// A temporary file of a process that died, with what had been written of it.
fn leave_beside(path: &Path, content: &[u8]) {
    let mut name = path.file_name().unwrap().to_owned();
    name.push(".4711.0.new");
    fs::write(path.with_file_name(name), content).unwrap();
}

fn half(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len() / 2]
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// What was being done, and what leaves the disk as a death in the middle of it does.
type Step = (&'static str, Box<dyn Fn()>);

/// What the writing of a state directory may be interrupted at, while everything lives. `old` is the registry before the last
/// command.
fn steps(state: &Path, old: &[u8]) -> Vec<Step> {
    let (registry, sockets) = (state.join("registry.json"), state.join("sockets"));
    let runs = state.join("runs");
    let record = |name: &str| newest_run(&runs.join(name)).unwrap().join("record");
    let (plain, shell) = (record("plain"), record("shell"));
    let job = runs.join("job").join("spec.json");
    let old = old.to_owned();
    let first = {
        let whole = fs::read(&plain).unwrap();
        let end = String::from_utf8_lossy(&whole).find("\nsum=").unwrap();
        whole[..end].to_owned()
    };
    let with = |path: &PathBuf, act: fn(&Path)| {
        let path = path.clone();
        Box::new(move || act(&path)) as Box<dyn Fn()>
    };
    vec![
        ("no byte of the new registry", with(&registry, |path| leave_beside(path, b""))),
        ("half of the new registry", with(&registry, |path| leave_beside(path, half(&fs::read(path).unwrap())))),
        ("the new registry, not renamed", {
            let (registry, old) = (registry.clone(), old);
            Box::new(move || {
                leave_beside(&registry, &fs::read(&registry).unwrap());
                fs::write(&registry, &old).unwrap();
            })
        }),
        (
            "the first registry, not renamed",
            with(&registry, |path| {
                leave_beside(path, &fs::read(path).unwrap());
                fs::remove_file(path).unwrap();
            }),
        ),
        (
            "half a sockets file",
            with(&sockets, |path| {
                let whole = fs::read(path).unwrap();
                leave_beside(path, half(&whole));
                fs::write(path, half(&whole)).unwrap();
            }),
        ),
        ("what was about to be, left beside the record", {
            let plain = plain.clone();
            Box::new(move || fs::write(plain.with_extension("next"), &first).unwrap())
        }),
        ("half the next version of a record", with(&shell, |path| append(path, b"version=1\nproject=case\nna"))),
        ("a version without its checksum", with(&plain, |path| append(path, b"version=1\nstate=emptied\nsum=00"))),
        (
            "half a spec of a command",
            with(&job, |path| {
                let whole = fs::read(path).unwrap();
                leave_beside(path, half(&whole));
                fs::write(path, half(&whole)).unwrap();
            }),
        ),
    ]
}

#[test]
fn c6_every_step_of_a_write_is_followed_while_everything_lives() {
    isolated(|| {
        let project = Project::new(SIX);
        project.up();
        project.pm(&["run", "--name", "job", "--", "{bad}", "print", "up", "sleep", "0"]).ok();
        project.wait_log("job", "up");
        let state = project.layout("state");
        let old = fs::read(state.join("registry.json")).unwrap();
        let before = all_up(&project);
        for (what, leave) in steps(&state, &old) {
            project.kill_supervisor();
            leave();
            project.up();
            let rows = project.rows();
            assert_eq!(rows.len(), before.len(), "after {what}: {rows:?}");
            println!("after {what}");
            assert_same_runs(&before, &rows);
            for name in NAMES.iter().chain(&["job"]) {
                project.wait_phase(name, "running");
                let tree = project.tree(name);
                let id = before.iter().find(|row| row.name() == *name).unwrap().run_id();
                let is_its_own = |run: Option<&str>| run == Some(id);
                assert!(tree.iter().all(|p| is_its_own(p.var("PM_RUN_ID"))), "after {what}:\n{}", listed(&tree));
            }
        }
        // All of it at once, and everything still obeys.
        project.pm(&["restart", "all", "--wait"]).ok();
        assert!(project.rows().iter().all(|row| row.run() == 2), "{:?}", project.rows());
        project.down();
    });
}

#[test]
fn c6_every_step_of_a_start_and_of_an_end_is_followed_when_nothing_lives() {
    isolated(|| {
        let project = Project::new(
            r#"[process.done]
            command = "{bad} print up sleep 150ms exit 0"
            [process.api]
            command = "{bad} print up sleep 0"
            {stop}"#,
        );
        project.up();
        project.wait_phase("done", "completed");
        project.wait_phase("api", "running");
        project.pm(&["run", "--name", "job", "--wait", "--", "{bad}", "print", "old", "exit", "0"]).ok();
        project.down();
        let state = project.layout("state");
        let runs = state.join("runs");
        let next = |name: &str| runs.join(name).join(format!("{:06}", newest_number(&runs.join(name)) + 1));
        let steps: [(&str, &dyn Fn()); 6] = [
            ("a run directory and nothing in it", &|| fs::create_dir(next("api")).unwrap()),
            ("a run that is about to be, of a keeper that died", &|| {
                let whole = fs::read(newest_run(&runs.join("api")).unwrap().join("record")).unwrap();
                let dir = next("api");
                fs::create_dir(&dir).unwrap();
                fs::write(dir.join("record.next"), half(&whole)).unwrap();
            }),
            ("a log and no record", &|| {
                let dir = next("api");
                fs::create_dir(&dir).unwrap();
                fs::write(dir.join("out.log"), "half a li").unwrap();
            }),
            ("a record of an end, cut in the last version", &|| {
                let record = newest_run(&runs.join("done")).unwrap().join("record");
                let whole = fs::read(&record).unwrap();
                let text = String::from_utf8_lossy(&whole);
                let last = text.rfind("\nstate=").unwrap();
                fs::write(&record, &whole[..last + 9]).unwrap();
            }),
            ("half a spec of a command that is over", &|| {
                let spec = runs.join("job").join("spec.json");
                let whole = fs::read(&spec).unwrap();
                fs::write(&spec, half(&whole)).unwrap();
            }),
            ("a registry of which nothing was written", &|| fs::write(state.join("registry.json"), "").unwrap()),
        ];
        for (what, leave) in steps {
            leave();
            let number = newest_number(&runs.join("api"));
            project.up();
            println!("after {what}");
            project.pm(&["start", "api", "--wait"]).ok();
            let row = project.wait_phase("api", "running");
            assert_eq!(row.run(), number + 1, "no number is given twice: {row}");
            assert_eq!(project.tree("api").len(), 1, "{}", listed(&project.tree("api")));
            project.wait_row("done", "over", |row| row.is("completed"));
            project.pm(&["run", "--name", "job", "--wait", "--", "{bad}", "print", "new", "exit", "0"]).ok();
            assert_eq!(project.pm(&["logs", "job"]).ok().stdout, "new\n");
            project.down();
        }
    });
}

fn newest_number(process: &Path) -> u64 {
    newest_run(process).unwrap().file_name().unwrap().to_str().unwrap().parse().unwrap()
}
