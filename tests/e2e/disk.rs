//! What output takes on disk: kept within limits, cleared on demand, and what happens when the disk is full or taken away.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Lacking, Project, isolated, left_out, wait_for};

/// What all files of the runs of `name` take.
fn on_disk(project: &Project, name: &str) -> u64 {
    let files = runs(project, name).into_iter().flat_map(|run| fs::read_dir(run).into_iter().flatten().flatten());
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

/// The directories of the runs of `name`, oldest first.
fn runs(project: &Project, name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.layout("state").join("runs").join(name)).expect("runs");
    let mut runs: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    runs.sort();
    runs
}

#[test]
fn output_is_kept_within_its_limits_and_the_last_run_stays_readable() {
    isolated(|| {
        let project = Project::new(
            r#"[process.sized]
            command = "{bad} lines 3000 sleep 150ms"
            log = { segment = "16KiB", segments = 9, runs = 50, total = "100KiB" }
            [process.aged]
            command = "{bad} print old sleep 150ms exit 3"
            log = { age = "1ms" }
            [process.alive]
            command = "{bad} lines 6000 sleep 0"
            log = { segment = "16KiB", total = "32KiB" }
            {stop}"#,
        );
        project.up();
        for round in 1..=5 {
            project.wait_row("sized", "over", |row| row.is("completed") && row.run() == round);
            if round < 5 {
                project.pm(&["start", "sized"]).ok();
            }
        }
        wait_for("old runs go by size", || {
            let bytes = on_disk(&project, "sized");
            if bytes <= 100 << 10 { Ok(()) } else { Err(format!("{bytes} bytes in {:?}", runs(&project, "sized"))) }
        });
        assert_eq!(project.log("sized").lines().count(), 3000, "the last run is whole");
        let status = project.pm_json(&["status", "sized", "--json"]);
        assert_eq!(status["log_runs"], runs(&project, "sized").len(), "{status}");
        assert_eq!(status["log_disk_bytes"], on_disk(&project, "sized"), "{status}");
        // What is old goes, and how it ended stays.
        wait_for("old output goes", || if project.log("aged").is_empty() { Ok(()) } else { Err("still there".into()) });
        assert_eq!(project.row("aged").exit_code(), Some(3));
        wait_for("it is told what went", || {
            let events = project.pm(&["events"]).ok().stdout;
            let is_told = events.contains("of old output were removed to stay within the limits: ");
            if is_told && events.contains("sized#1") && events.contains("aged#1") { Ok(()) } else { Err(events) }
        });
        // What is written is bounded by its keeper alone.
        project.wait_log("alive", "line 6000\n");
        assert!(on_disk(&project, "alive") < 200 << 10, "{}", on_disk(&project, "alive"));
        assert!(project.row("alive").is("running"));
        project.down();
    });
}

#[test]
fn the_whole_project_has_a_limit_too() {
    isolated(|| {
        let one = |name: &str| format!("[process.{name}]\ncommand = \"{{bad}} lines 3000 sleep 150ms\"\n");
        let head = "[project]\nname = \"case\"\nlog_total = \"100KiB\"\n";
        let project = Project::new(&(head.to_owned() + &one("a") + &one("b")));
        project.up();
        for round in 1..=3 {
            for name in ["a", "b"] {
                project.wait_row(name, "over", |row| row.is("completed") && row.run() == round);
            }
            if round < 3 {
                project.pm(&["start", "all"]).ok();
            }
        }
        wait_for("old runs go by size", || {
            let bytes = on_disk(&project, "a") + on_disk(&project, "b");
            if bytes <= 100 << 10 { Ok(()) } else { Err(format!("{bytes} bytes")) }
        });
        let summary = project.pm_json(&["summary", "--json"]);
        assert_eq!(summary["log_disk_bytes"], on_disk(&project, "a") + on_disk(&project, "b"));
        assert_eq!(project.log("a").lines().count(), 3000);
        project.down();
    });
}

#[test]
fn what_was_printed_is_cleared_on_demand_but_for_what_is_being_written() {
    isolated(|| {
        let project = Project::new(
            r#"[process.job]
            command = "{bad} lines 3000 sleep 150ms exit 2"
            [process.server]
            command = "{bad} lines 3000 stdin-echo"
            log = { segment = "8KiB", segments = 100 }
            {stop}"#,
        );
        project.up();
        project.wait_log("server", "line 3000\n");
        project.wait_phase("job", "failed");
        project.pm(&["start", "job"]).ok();
        project.wait_row("job", "over again", |row| row.is("failed") && row.run() == 2);
        // A run that is over goes as a whole; of the last one only how it ended stays.
        let out = project.pm(&["logs", "job", "--clear"]).ok();
        assert!(out.stdout.starts_with("job: ") && out.stdout.contains("1 earlier run removed"), "{out}");
        assert_eq!(project.log("job"), "");
        assert_eq!((runs(&project, "job").len(), project.row("job").exit_code()), (1, Some(2)));
        // A living run keeps the segment that is being written, and goes on.
        project.pm(&["logs", "server", "--clear", "--run", "1"]).exits(4).says("is being written");
        let cleared = project.pm_json(&["logs", "server", "--clear", "--json"]);
        assert!(
            cleared["bytes"].as_u64() > Some(10_000) && cleared["kept_bytes"].as_u64() < Some(9 << 10),
            "{cleared}"
        );
        assert!(project.log("server").ends_with("line 3000\n"));
        project.pm(&["send", "server", "and on"]).ok();
        project.wait_log("server", "got and on");
        project.pm(&["logs", "server", "--clear", "--run", "7"]).exits(4).says("has no run 7; kept: 1");
        project.pm(&["logs", "nobody", "--clear"]).exits(4);
        project.down();
    });
}

#[test]
fn d14_a_full_disk_costs_output_and_writing_goes_on_by_itself() {
    isolated(|| {
        let project = Project::new("[process.talker]\ncommand = \"{bad} lines 0 every 10ms\"\n{stop}");
        let state = project.base("state");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(&state).status();
        if !mounted.is_ok_and(|status| status.success()) {
            left_out(Lacking::Permission("no small disk can be mounted here"));
            return;
        }
        project.up();
        project.wait_log("talker", "line 20\n");
        let pid = project.row("talker").pid();
        fs::write(state.join("filler"), vec![0; 8 << 20]).unwrap_err();
        let lost = wait_for("the loss is counted", || {
            let status = project.pm_json(&["status", "talker", "--json"]);
            status["log_lost_bytes"].as_u64().filter(|lost| *lost > 0).ok_or_else(|| status.to_string())
        });
        project.pm(&["status", "talker"]).ok().says("could not be written");
        let end = project.log("talker");
        fs::remove_file(state.join("filler")).unwrap();
        let log = project.wait_log("talker", "bytes of output are missing here");
        project.wait_log("talker", &format!("line {}\n", end.lines().count() + 200));
        assert_eq!(project.row("talker").pid(), pid, "the child did not notice");
        let status = project.pm_json(&["status", "talker", "--json"]);
        let lost_in_the_end = status["log_lost_bytes"].as_u64().expect("bytes");
        assert!(lost_in_the_end >= lost, "{status}");
        // What is missing is told where it is missing, to the byte.
        let said = log.split("[pm] ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a note");
        assert_eq!(said.parse::<u64>().ok(), Some(lost_in_the_end), "{log}");
        project.down();
        Command::new("umount").arg("-l").arg(&state).status().unwrap();
    });
}

#[test]
fn what_cannot_be_compressed_on_a_full_disk_stays_as_it_is_and_is_compressed_later() {
    isolated(|| {
        let project = Project::new(
            "[process.talker]\ncommand = \"{bad} lines 90000 stdin-echo\"\nlog = { compress = true }\n{stop}",
        );
        let state = project.base("state");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"]).arg(&state).status();
        if !mounted.is_ok_and(|status| status.success()) {
            left_out(Lacking::Permission("no small disk can be mounted here"));
            return;
        }
        project.up();
        project.wait_log("talker", "line 90000\n");
        let whole = project.log("talker");
        // Full but for a little, so that events can be written.
        let filler = state.join("filler");
        fs::write(&filler, vec![0; 8 << 20]).unwrap_err();
        let full = fs::metadata(&filler).unwrap().len();
        fs::OpenOptions::new().write(true).open(&filler).unwrap().set_len(full - (16 << 10)).unwrap();
        project.pm(&["stop", "talker", "--wait"]).ok();
        wait_for("it is told", || {
            let events = project.pm(&["events"]).ok().stdout;
            let is_told = events.contains("output of talker could not be compressed: No space left on device");
            if is_told { Ok(()) } else { Err(events) }
        });
        let names = || {
            let run = runs(&project, "talker").remove(0);
            let names = fs::read_dir(run).expect("a run").map(|entry| entry.expect("an entry").file_name());
            names
                .filter_map(|name| name.into_string().ok())
                .filter(|name| name.starts_with("out.log"))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(), ["out.log"], "nothing half is left");
        assert!(project.log("talker") == whole);
        fs::remove_file(state.join("filler")).unwrap();
        project.pm(&["start", "talker", "--wait"]).ok();
        wait_for(
            "it is compressed",
            || if names() == ["out.log.lz4"] { Ok(()) } else { Err(format!("{:?}", names())) },
        );
        assert!(project.pm(&["logs", "talker", "--run", "1"]).ok().stdout == whole);
        project.down();
        Command::new("umount").arg("-l").arg(&state).status().unwrap();
    });
}

#[test]
fn d14_a_log_directory_that_was_removed_is_made_anew_and_the_child_does_not_notice() {
    isolated(|| {
        let project = Project::new("[process.talker]\ncommand = \"{bad} lines 0 every 10ms\"\n{stop}");
        project.up();
        project.wait_log("talker", "line 20\n");
        let pid = project.row("talker").pid();
        fs::remove_dir_all(project.layout("state").join("runs")).unwrap();
        let log = project.wait_log("talker", "the log was removed while it was written");
        project.wait_log("talker", &format!("line {}\n", 400));
        assert!(log.starts_with("[pm] "), "{log}");
        assert_eq!(project.row("talker").pid(), pid);
        let status = project.pm_json(&["status", "talker", "--json"]);
        assert!(status["log_lost_bytes"].as_u64() > Some(100), "{status}");
        project.pm(&["events"]).ok().says("could not be written");
        project.pm(&["stop", "talker", "--wait"]).ok();
        let row = project.wait_phase("talker", "stopped");
        assert_eq!(row.exit_by(), "stop stage 1", "how it ended is known all the same: {row}");
        project.pm(&["start", "talker", "--wait"]).ok();
        project.down();
    });
}

#[test]
fn what_is_wanted_is_written_as_soon_as_the_disk_takes_it() {
    isolated(|| {
        let project = Project::new("[process.a]\ncommand = \"{bad} sleep 0\"\nrestart = \"always\"\n{stop}");
        project.up();
        project.wait_phase("a", "running");
        let registry = project.layout("state").join("registry.json");
        let wants = |what: &str| match fs::read_to_string(&registry) {
            Ok(text) if text.contains(what) => Ok(()),
            other => Err(format!("{other:?}")),
        };
        wait_for("it is wanted up", || wants("\"up\""));
        // Nothing takes the place of a directory.
        fs::remove_file(&registry).unwrap();
        fs::create_dir(&registry).unwrap();
        project.pm(&["stop", "a", "--wait"]).ok();
        project.pm(&["events"]).ok().says("what is wanted of the processes cannot be written down");
        fs::remove_dir(&registry).unwrap();
        wait_for("it is wanted down", || wants("\"down\""));
        project.kill_supervisor();
        project.pm(&["up", "-d"]).ok();
        assert!(project.row("a").is("stopped"), "a stop by hand wins: {}", project.row("a"));
        project.down();
        project.assert_nothing_left();
    });
}
