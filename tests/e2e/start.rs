//! Starting and restarting, and the races between: part B of the cases.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::procs::listed;
use crate::support::{Project, Screen, isolated, pause, wait_for};

/// The main processes of `name` that are alive: more than one is the fault these tests look for.
#[track_caller]
fn assert_one_copy(project: &Project, name: &str) {
    let tree = project.tree(name);
    assert!(tree.len() <= 1, "{} copies of {name} are alive at once:\n{}", tree.len(), listed(&tree));
}

#[test]
fn b1_twenty_restarts_at_once_leave_one_instance() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        project.up();
        let first = project.wait_phase("api", "running").pid();
        let restarts: Vec<_> = (0..20).map(|_| project.spawn(&["restart", "api", "--wait"])).collect();
        for restart in restarts {
            restart.finish().ok();
            assert_one_copy(&project, "api");
        }
        let row = project.wait_phase("api", "running");
        assert_ne!(row.pid(), first, "it was restarted: {row}");
        assert_eq!(project.tree("api").len(), 1, "{}", listed(&project.tree("api")));
        project.down();
    });
}

#[test]
fn b2_a_start_during_a_slow_stop_waits_for_its_end() {
    isolated(|| {
        let project = Project::new(
            r#"[process.slow]
            command = "{bad} handler 1500ms print up sleep 0"
            stop = [ { signal = "TERM", wait = "15s" }, { signal = "KILL" } ]"#,
        );
        project.up();
        project.wait_log("slow", "up");
        let old = project.wait_phase("slow", "running").pid().unwrap();
        project.pm(&["stop", "slow"]).ok();
        project.wait_phase("slow", "stopping");
        let mut start = project.spawn(&["start", "slow", "--wait"]);
        wait_for("the start is done", || {
            assert_one_copy(&project, "slow");
            if start.is_over() { Ok(()) } else { Err(project.row("slow").to_string()) }
        });
        start.finish().ok();
        let row = project.row("slow");
        assert_eq!(row.phase(), "running", "{row}");
        assert_ne!(row.pid(), Some(old), "{row}");
        assert_eq!(project.tree("slow").len(), 1);
        project.down();
    });
}

#[test]
fn b2_a_stop_during_a_restart_wins() {
    isolated(|| {
        let project = Project::new(
            r#"[process.slow]
            command = "{bad} handler 500ms print up sleep 0"
            restart = "always"
            stop = [ { signal = "TERM", wait = "15s" }, { signal = "KILL" } ]"#,
        );
        project.up();
        project.wait_log("slow", "up");
        project.pm(&["restart", "slow"]).ok();
        project.wait_phase("slow", "stopping");
        project.pm(&["stop", "slow", "--wait"]).ok();
        assert_eq!(project.row("slow").phase(), "stopped", "the later command wins: {}", project.row("slow"));
        pause(Duration::from_millis(300));
        assert_eq!(project.row("slow").phase(), "stopped");
        assert!(project.tree("slow").is_empty());
        project.down();
    });
}

#[test]
fn b4_a_stop_during_back_off_ends_the_waiting() {
    isolated(|| {
        let project = Project::new(
            r#"[process.crash]
            command = "{bad} count {dir}/runs 99"
            early_exit = "1ms"
            restart = { when = "on-failure", first_wait = "1s", max_wait = "1s", healthy_after = "500ms", limit = 50 }"#,
        );
        project.up();
        project.wait_phase("crash", "backoff");
        project.pm(&["stop", "crash", "--wait"]).ok();
        let runs = fs::read_to_string(project.path("runs")).unwrap().lines().count();
        let row = project.row("crash");
        assert_eq!(row.phase(), "stopped", "{row}");
        assert_eq!(row.exit_code(), Some(1), "how its last run ended is still known: {row}");
        // Longer than the wait that was under way.
        pause(Duration::from_millis(1500));
        assert_eq!(fs::read_to_string(project.path("runs")).unwrap().lines().count(), runs, "it was started again");
        assert_eq!(project.row("crash").phase(), "stopped");
        project.down();
    });
}

#[test]
fn b5_what_was_stopped_by_hand_stays_stopped() {
    isolated(|| {
        let restart =
            "{ when = \"always\", first_wait = \"20ms\", max_wait = \"20ms\", healthy_after = \"1s\", limit = 50 }";
        let project = Project::new(&format!(
            "[process.a]\ncommand = \"{{bad}} print up sleep 0\"\nrestart = {restart}\n{{stop}}\n\
             [process.b]\ncommand = \"{{bad}} print up sleep 0\"\nrestart = {restart}\n{{stop}}\n"
        ));
        project.up();
        project.wait_log("a", "up");
        project.wait_log("b", "up");
        project.pm(&["stop", "a", "--wait"]).ok();
        project.pm(&["kill", "b", "--wait"]).ok();
        pause(Duration::from_millis(500));
        for name in ["a", "b"] {
            let row = project.row(name);
            assert_eq!((row.phase(), row.run()), ("stopped", 1), "{row}");
        }
        let row = project.row("b");
        assert_eq!((row.exit_signal().as_deref(), row.exit_by()), (Some("KILL"), "kill"), "{row}");
        project.down();
    });
}

fn gaps_ms(project: &Project, file: &str) -> Vec<u64> {
    let text = fs::read_to_string(project.path(file)).expect("the file of times");
    let times: Vec<u64> = text.lines().map(|line| line.parse().expect("a time")).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[test]
fn b7_back_off_grows_is_seen_and_begins_anew_after_sustained_uptime() {
    isolated(|| {
        let project = Project::new(
            r#"[process.flaky]
            command = "{bad} count {dir}/runs 10 print working sleep 0"
            restart = { when = "on-failure", first_wait = "50ms", max_wait = "800ms", healthy_after = "700ms", limit = 10 }
            {stop}"#,
        );
        project.up();
        let row =
            project.wait_row("flaky", "seen in back-off", |row| row.is("backoff") && row.why().contains("restart"));
        assert!(row.why().contains("of 10") && row.health() == "failed", "{row}");
        project.wait_log("flaky", "working");
        let row = project.wait_phase("flaky", "running");
        assert_eq!((row.restarts(), row.run()), (10, 11), "{row}");
        let gaps = gaps_ms(&project, "runs");
        let least: [u64; 10] = [50, 100, 200, 400, 800, 800, 800, 800, 800, 800];
        for (gap, least) in gaps.iter().zip(least) {
            assert!(*gap >= least - 5, "waits in ms between the runs {gaps:?}, at least {least:?}");
        }
        assert!(gaps[0] < 800, "the first wait is short: {gaps:?}");
        // Healthy for long enough: the next crash is the first of a new row.
        project.wait_row("flaky", "up for a second", |row| row.uptime_s() > 1.0);
        project.kill9(row.pid().unwrap());
        project.wait_row("flaky", "running again", |row| row.is("running") && row.run() == 12);
        // It runs a moment before it has written when.
        wait_for("the twelfth run has written its time", || {
            let text = fs::read_to_string(project.path("runs")).unwrap_or_default();
            if text.matches('\n').count() == 12 { Ok(()) } else { Err(text) }
        });
        let pause_ms = *gaps_ms(&project, "runs").last().unwrap();
        assert!(pause_ms > 700, "{pause_ms}");
        let reasons = project.pm(&["events", "--json"]).ok().stdout;
        assert!(reasons.matches("restart 1 of 10").count() >= 2, "the count begins anew:\n{reasons}");
        project.down();
    });
}

#[test]
fn b7_giving_up_is_said_aloud() {
    isolated(|| {
        let project = Project::new(
            r#"[process.doomed]
            command = "{bad} count {dir}/runs 99"
            restart = { when = "on-failure", first_wait = "20ms", max_wait = "40ms", healthy_after = "5s", limit = 3 }"#,
        );
        project.up();
        let row = project.wait_phase("doomed", "failed");
        assert!(row.why().contains("gave up after 3 restarts"), "{row}");
        assert_eq!((row.run(), row.restarts(), row.exit_code()), (4, 3, Some(1)), "{row}");
        project.down();
    });
}

#[test]
fn b10_every_fault_of_a_config_is_shown_at_once_with_its_place() {
    let project = Project::new(
        r#"[process."a b"]
command = "true"
[process."a/b"]
command = "true"
[process."$x"]
command = "true"
[process.""]
command = "true"
[process.all]
command = "true"
[process.both]
command = "true"
shell = "true"
[process.neither]
cwd = "."
[process.typo]
comand = "true"
restart = "sometimes"
early_exit = "soon"
stop = [ { signal = "TREM", wait = "1s" } ]
"#,
    );
    let out = project.pm(&["check"]).exits(2);
    let text = out.all();
    for (line, word) in [
        (4, "a b"),
        (6, "a/b"),
        (8, "$x"),
        (12, "all"),
        (14, "both"),
        (17, "neither"),
        (20, "comand"),
        (21, "sometimes"),
        (22, "soon"),
        (23, "TREM"),
    ] {
        assert!(text.contains(word), "{word} is not mentioned:\n{text}");
        let near = (line - 1)..=(line + 2);
        let placed = near.clone().any(|line| text.contains(&format!("pm.toml:{line}:")));
        assert!(placed, "no place `pm.toml:LINE:COLUMN` for {word}, LINE in {near:?}:\n{text}");
    }
    assert!(text.contains("command") && text.contains("TERM"), "suggestions:\n{text}");
    project.pm(&["up", "-d"]).exits(2);
    assert!(project.alive().is_empty(), "a config with faults starts nothing");
}

#[test]
fn b10_duplicate_names_are_refused() {
    let project = Project::new("[process.a]\ncommand = \"true\"\n[process.a]\ncommand = \"false\"\n");
    project.pm(&["check"]).exits(2).says("pm.toml:6:");
}

#[test]
fn b10_odd_but_valid_names_work() {
    isolated(|| {
        let project = Project::new(
            "[process.\"ollama:main\"]\ncommand = \"{bad} print up sleep 0\"\n{stop}\n\
             [process.\"größe.v1@x+y\"]\ncommand = \"{bad} print up sleep 0\"\n{stop}\n",
        );
        project.pm(&["check"]).ok();
        project.up();
        for name in ["ollama:main", "größe.v1@x+y"] {
            project.wait_log(name, "up");
            project.pm(&["stop", name, "--wait"]).ok();
        }
        project.down();
    });
}

#[test]
fn b11_a_start_that_cannot_be_says_why_and_harms_nobody() {
    isolated(|| {
        let project = Project::empty();
        for name in ["vanishes", "unexecutable"] {
            fs::write(project.path(name), "#!/bin/sh\nexec sleep 100\n").unwrap();
            fs::set_permissions(project.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::create_dir(project.path("folder")).unwrap();
        project.config(
            r#"[process.missing]
            command = ["{dir}/vanishes"]
            autostart = false
            [process.forbidden]
            command = ["{dir}/unexecutable"]
            autostart = false
            [process.nowhere]
            command = "{bad} sleep 0"
            cwd = "folder"
            autostart = false
            [process.good]
            command = "{bad} print up sleep 0"
            {stop}"#,
        );
        project.up();
        fs::remove_file(project.path("vanishes")).unwrap();
        fs::set_permissions(project.path("unexecutable"), fs::Permissions::from_mode(0o644)).unwrap();
        fs::remove_dir(project.path("folder")).unwrap();
        for (name, named) in [("missing", "vanishes"), ("forbidden", "unexecutable"), ("nowhere", "folder")] {
            let out = project.pm(&["start", name, "--wait"]).exits(1);
            assert!(out.all().contains(named), "the message names {named}: {out}");
            let row = project.wait_phase(name, "failed");
            assert!(row.why().contains(named), "the row names {named}: {row}");
            assert!(!row.has_exit() && row.pid().is_none(), "it never ran, so there is no exit: {row}");
            project.pm(&["status", name]).says(named);
            let log = project.log(name);
            assert!(
                log.starts_with("[pm] it could not be started: ") && log.contains(named),
                "the log of {name}: {log}"
            );
        }
        assert_eq!(project.wait_phase("good", "running").restarts(), 0);
        let screen = Screen::open(&project, &[], 24, 120);
        for (name, named) in [("missing", "vanishes"), ("forbidden", "unexecutable"), ("nowhere", "folder")] {
            screen.wait_line(&[name, "failed"]);
            screen.wait_line(&["[pm] it could not be started: ", named]);
            screen.keys("j");
        }
        screen.wait_line(&["good", "running"]);
        drop(screen);
        project.down();
    });
}

#[test]
fn b12_an_exit_after_our_own_signal_is_no_failure() {
    isolated(|| {
        let project = Project::new(
            r#"[process.polite]
            command = "{bad} handler 1ms exit 143 print up sleep 0"
            restart = "on-failure"
            {stop}"#,
        );
        project.up();
        project.wait_log("polite", "up");
        project.pm(&["stop", "polite", "--wait"]).ok();
        let row = project.row("polite");
        assert_eq!((row.phase(), row.exit_code(), row.exit_by()), ("stopped", Some(143), "stop stage 1"), "{row}");
        assert_ne!(row.health(), "failed", "{row}");
        let screen = Screen::open(&project, &[], 24, 120);
        // How it ended can be read in its row, and that it was no failure in the header.
        screen.wait_line(&["polite", "completed", "stopped exit 143 by stop stage 1"]);
        screen.wait_line(&["0 running", "✗ 0 failed"]);
        drop(screen);
        project.down();
    });
}

#[test]
fn b13_headless_ends_with_the_right_code_when_all_have_ended() {
    isolated(|| {
        let well = "[process.a]\ncommand = \"{bad} sleep 300ms exit 0\"\n";
        let ill = "[process.b]\ncommand = \"{bad} sleep 300ms eprint broken exit 3\"\n";
        Project::new(well).pm(&["up"]).ok();
        let out = Project::new(&format!("{well}{ill}")).pm(&["up"]).exits(1);
        assert!(out.all().contains('b'), "who failed is said: {out}");
    });
}

#[test]
fn b13_a_supervisor_stays_when_everything_has_failed() {
    isolated(|| {
        let project = Project::new("[process.b]\ncommand = \"{bad} sleep 200ms eprint broken exit 3\"\n");
        project.up();
        let row = project.wait_phase("b", "failed");
        assert_eq!((row.exit_code(), row.exit_by(), row.health()), (Some(3), "itself", "failed"), "{row}");
        assert!(project.log("b").contains("broken"));
        project.down();
        let screen = Screen::open(&project, &[], 24, 80);
        screen.wait_line(&["b", "exit 3"]);
        screen.keys("q");
        screen.keys("s");
    });
}

#[test]
fn b14_a_restart_of_a_stopped_process_starts_it() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\nautostart = false\n{stop}");
        project.up();
        assert_eq!(project.row("api").phase(), "stopped");
        project.pm(&["restart", "api", "--wait"]).ok();
        assert_eq!(project.row("api").phase(), "running");
        project.pm(&["stop", "api", "--wait"]).ok();
        project.pm(&["restart", "api", "--wait"]).ok();
        let row = project.row("api");
        assert_eq!((row.phase(), row.run()), ("running", 2), "{row}");
        project.down();
    });
}

#[test]
fn what_is_refused_says_so_at_once_and_changes_nothing() {
    isolated(|| {
        let project = Project::new("[process.echo]\ncommand = \"cat\"\n{stop}");
        // A typo starts no supervisor.
        project.pm(&["up", "-d", "ecko"]).exits(4).says("did you mean \"echo\"?");
        project.pm(&["ps"]).exits(3);
        project.pm(&["up", "-d", "echo", "--wait"]).ok();
        let long = "x".repeat(70_000);
        project.pm(&["send", "echo", &long]).exits(4).says("70001 bytes of input are too many at once");
        let sent = project.pm(&["send", "echo", &long[..60_000]]).ok();
        assert!(sent.stdout.len() < 1_000, "it is not repeated in full: {} bytes", sent.stdout.len());
        project.pm(&["send", "all", "hi"]).exits(2).says("this takes the name of one process");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let out = project.command(["ps"]).stdout(full).output().unwrap();
        assert_eq!(out.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&out.stderr).contains("cannot write to standard output: No space left"));
        project.down();
        project.assert_nothing_left();
    });
}

#[test]
fn a_config_that_was_changed_under_a_supervisor_is_told_and_taken_in_without_a_stop() {
    isolated(|| {
        let one = |name: &str, arg: &str| format!("[process.{name}]\ncommand = \"{{bad}} sleep 0 {arg}\"\n{{stop}}\n");
        let project = Project::new(&(one("a", "") + &one("b", "")));
        project.up();
        let before = project.wait_phase("a", "running");
        assert!(!project.pm(&["start", "a"]).ok().all().contains("changed since"));
        project.config(&("# moved down\n".to_owned() + &one("a", "") + &one("c", "")));
        let told = "has changed since the supervisor read it: new: c; gone: b;";
        project.pm(&["start", "c"]).exits(4).says(told);
        project.pm(&["up", "-d"]).ok().says(told);
        project.config(&(one("a", "print other") + &one("b", "")));
        project.pm(&["restart", "b"]).ok().says("read it: changed: a;");
        project.config("[process.a]\nfoo = 1\n");
        project.pm(&["start", "a"]).ok().says("it has faults");
        // The dashboard shows what runs all the same.
        let screen = Screen::open(&project, &[], 24, 100);
        screen.wait_line(&["a", "running"]);
        drop(screen);
        project.config(&one("a", "print other"));
        project.pm(&["down", "--detach"]).ok();
        project.pm(&["up", "-d"]).ok();
        assert_eq!(project.wait_phase("a", "running").pid(), before.pid(), "nothing was stopped");
        assert!(!project.pm(&["start", "a"]).ok().all().contains("changed since"));
        project.down();
    });
}

#[test]
fn up_in_the_foreground_is_judged_by_what_was_started_since() {
    isolated(|| {
        let project = Project::new(
            r#"[process.fine]
            command = "{bad} print fine sleep 1s"
            [process.broken]
            command = "{bad} sleep 200ms exit 3"
            autostart = false"#,
        );
        project.pm(&["up", "broken"]).exits(1);
        assert!(project.pm(&["up", "fine"]).ok().stdout.contains("fine"));
        project.pm(&["up"]).ok();
        project.pm(&["up", "fine", "broken"]).exits(1);
        // What somebody else starts meanwhile counts as well, with a supervisor here or elsewhere.
        let up = project.spawn(&["up", "fine"]);
        wait_for("a supervisor", || project.pm(&["ps"]).code.filter(|code| *code == 0).ok_or_else(String::new));
        project.wait_phase("fine", "running");
        project.pm(&["start", "broken"]).ok();
        up.finish().exits(1);
        project.assert_nothing_left();
    });
}
