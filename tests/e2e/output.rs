//! What processes print: part D of the cases. Every byte is kept, whatever it is, and nobody waits for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Project, Screen, isolated, wait_for};

#[test]
fn d1_the_last_line_is_always_there() {
    isolated(|| {
        let one = |n: u32| format!("[process.p{n}]\nshell = \"echo 1; sleep .1; echo 2\"\n");
        let project = Project::new(&(0..50).map(one).collect::<String>());
        // A machine under load: more busy loops than cores.
        let mut busy: Vec<_> = (0..4)
            .map(|_| Command::new("sh").args(["-c", "while :; do :; done"]).stdin(Stdio::null()).spawn().expect("sh"))
            .collect();
        for round in 1..=2 {
            project.pm(&[if round == 1 { "up" } else { "start" }, if round == 1 { "-d" } else { "all" }]).ok();
            for n in 0..50 {
                let name = format!("p{n}");
                project.wait_row(&name, "completed", |row| row.is("completed") && row.run() == round);
                assert_eq!(project.log(&name), "1\n2\n", "{name}, round {round}");
            }
        }
        for child in &mut busy {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        project.down();
    });
}

#[test]
fn d2_an_exit_is_noticed_though_somebody_holds_the_pipe() {
    isolated(|| {
        let project = Project::new(
            r#"[process.held]
            command = "{bad} hold-pipe 1h print first sleep 300ms print last exit 4"
            {stop}
            [process.again]
            command = "{bad} hold-pipe 1h print up sleep 150ms exit 1"
            restart = { when = "on-failure", first_wait = "50ms", max_wait = "100ms", healthy_after = "5s", limit = 2 }
            {stop}"#,
        );
        project.up();
        let row = project.wait_row("held", "known to have ended", crate::support::Row::has_exit);
        // The last line was printed just before the end, and both have their time.
        let last = project.pm(&["logs", "held", "-n", "1", "--json"]).ok().json();
        let ended = project.events().into_iter().find(|event| event["process"] == "held" && event["to"] == "failed");
        let time = |value: &serde_json::Value| value["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        let noticed_after = time(&ended.expect("an event of the end")).duration_since(time(&last));
        assert!(noticed_after < jiff::SignedDuration::from_secs(1), "noticed only after {noticed_after:#}");
        assert_eq!((row.exit_code(), row.exit_by()), (Some(4), "itself"), "{row}");
        assert_eq!(project.log("held"), "first\nlast\n");
        // And it is restarted by its policy, as if nobody held anything.
        let row = project.wait_phase("again", "failed");
        assert_eq!((row.run(), row.restarts()), (3, 2), "{row}");
        project.pm(&["stop", "all", "--wait"]).ok();
        project.down();
    });
}

/// Resident memory of a process of ours, in KiB.
fn rss_kib(pid: u32) -> u64 {
    kib(pid, "VmRSS")
}

/// The most it ever held at once.
fn peak_kib(pid: u32) -> u64 {
    kib(pid, "VmHWM")
}

fn kib(pid: u32, key: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a live process");
    let line = status.lines().find(|line| line.starts_with(key)).expect("a line of that name");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

#[test]
fn d4_a_flood_costs_nobody_else_anything() {
    isolated(|| {
        let project = Project::new(
            r#"[process.calm]
            command = "{bad} lines 0 every 20ms"
            {stop}
            [process.yes]
            command = "{bad} print up flood 0 width 3"
            log = { segment = "4MiB", segments = 2, runs = 2 }
            {stop}"#,
        );
        project.up();
        project.wait_log("calm", "line 5\n");
        project.wait_phase("yes", "running");
        let supervisor = project.supervisor_pid();
        let screen = Screen::open(&project, &[], 30, 100);
        screen.wait_text("yes");
        screen.keys("G");
        screen.wait_selected("yes");
        // The flooding pane is in view: keys are answered, other rows go on, memory stays where it is.
        let before = rss_kib(supervisor) + rss_kib(screen.pid());
        let begin = Instant::now();
        let mut took = Vec::new();
        while begin.elapsed() < Duration::from_secs(3) {
            for (key, name) in [("k", "calm"), ("j", "yes")] {
                let pressed = Instant::now();
                screen.keys(key);
                screen.wait_selected(name);
                took.push(pressed.elapsed());
            }
        }
        took.sort();
        let (median, slowest) = (took[took.len() / 2], took[took.len() - 1]);
        // A machine that runs other tests too may keep anybody waiting once.
        assert!(median < Duration::from_millis(100), "half of the keys took longer than {median:?}");
        assert!(slowest < Duration::from_secs(1), "the slowest key took {slowest:?}");
        let after = rss_kib(supervisor) + rss_kib(screen.pid());
        assert!(after < before + 30_000, "memory grew from {before} to {after} KiB");
        let out = project.pm(&["ps"]).ok();
        assert!(out.took < Duration::from_secs(2), "{out}");
        let line = project.log("calm").lines().count();
        project.wait_log("calm", &format!("line {}\n", line + 10));
        drop(screen);
        project.pm(&["stop", "yes", "--wait"]).ok();
        let kept: u64 = log_files(&project, "yes").iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!(kept <= 9 << 20, "{kept} bytes are kept of two segments of 4 MiB");
        project.down();
    });
}

/// The files of output of the newest run.
fn log_files(project: &Project, name: &str) -> Vec<PathBuf> {
    let log = project.row(name).text("log").to_owned();
    let dir = Path::new(&log).parent().expect("a run directory").to_owned();
    let files = fs::read_dir(dir).expect("a run directory").map(|entry| entry.expect("an entry").path());
    files.filter(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("out.log"))).collect()
}

/// Neither the keeper of `name` nor the supervisor and the dashboard, who held `before`, needed more than 20 MiB for it.
#[track_caller]
fn assert_bounded(project: &Project, name: &str, both: [u32; 2], before: [u64; 2]) {
    let keeper = project.row(name).keeper_pid().unwrap();
    assert!(peak_kib(keeper) < 20 << 10, "the keeper held {} KiB at once", peak_kib(keeper));
    for ((pid, before), who) in both.iter().zip(before).zip(["the supervisor", "the dashboard"]) {
        let grown = peak_kib(*pid).saturating_sub(before);
        assert!(grown < 20 << 10, "{who} held {grown} KiB more at once than the {before} before");
    }
}

#[test]
fn d5_long_lines_and_odd_bytes_do_no_harm() {
    isolated(|| {
        let project = Project::new(
            r#"[process.odd]
            command = ["{bad}", "raw", "nul", "raw", "utf8", "raw", "cr", "long", "1MiB", "print", "after-a-megabyte",
                       "long", "64MiB", "print", "after-many", "no-newline", "unended", "sleep", "0"]
            log = { segment = "256MiB", segments = 2, runs = 2 }
            autostart = false
            {stop}"#,
        );
        project.up();
        let screen = Screen::open(&project, &[], 24, 80);
        screen.wait_text("odd");
        let both = [project.supervisor_pid(), screen.pid()];
        let before = both.map(peak_kib);
        project.pm(&["start", "odd", "--wait"]).ok();
        // To print a line of that length again and again would be the work of the machine, and not the case.
        project.wait_row("odd", "through with its long lines", |row| row.0["log_bytes"].as_u64().unwrap() > 65 << 20);
        wait_for("everything is in the log", || {
            let last = project.pm(&["logs", "odd", "-n", "1"]).ok().stdout;
            if last.contains("unended") { Ok(()) } else { Err(last.chars().take(80).collect()) }
        });
        let tail = project.pm(&["logs", "odd", "-n", "2"]).ok().stdout;
        assert!(tail.starts_with("after-many\n"), "{:?}", tail.chars().take(80).collect::<String>());
        let raw = fs::read(project.row("odd").text("log")).unwrap();
        for bytes in [&b"before\0after\n"[..], b"good \xff\xfe bad \xc3\x28 end\n", b" 10%\r 50%\r100%\n"] {
            assert!(
                raw.windows(bytes.len()).any(|window| window == bytes),
                "{bytes:?} is not on disk as it was written"
            );
        }
        let long = raw.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"xx")).map(<[u8]>::len);
        assert_eq!(long.collect::<Vec<_>>(), [1 << 20, 64 << 20], "no byte of the long lines is lost");
        screen.wait_text("after-many");
        screen.wait_text("unended");
        assert_bounded(&project, "odd", both, before);
        drop(screen);
        project.down();
    });
}

#[test]
fn d5_a_line_of_a_gigabyte_without_an_end_does_no_harm() {
    isolated(|| {
        let project = Project::new(
            r#"[process.giant]
            command = "{bad} print before long 1GiB print after-it sleep 0"
            autostart = false
            {stop}"#,
        );
        project.up();
        let screen = Screen::open(&project, &[], 24, 80);
        screen.wait_text("giant");
        let both = [project.supervisor_pid(), screen.pid()];
        let before = both.map(peak_kib);
        project.pm(&["start", "giant", "--wait"]).ok();
        project.wait_row("giant", "through with its line", |row| row.0["log_bytes"].as_u64().unwrap() > 1 << 30);
        screen.wait_text("after-it");
        assert_eq!(project.pm(&["logs", "giant", "-n", "1"]).ok().stdout, "after-it\n");
        project.pm(&["logs", "giant", "--grep", "after-it", "-n", "1"]).ok().says("after-it");
        // As much of it is kept as was asked for, which is four pieces of 64 MiB by default.
        let kept: u64 = log_files(&project, "giant").iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!((192 << 20..=(256 << 20) + (1 << 20)).contains(&kept), "{kept} bytes are kept");
        assert_bounded(&project, "giant", both, before);
        drop(screen);
        project.down();
    });
}

#[test]
fn d7_nothing_is_swallowed_or_executed() {
    isolated(|| {
        let project = Project::new(
            r#"[process.artist]
            command = ["{bad}", "raw", "bracket", "raw", "ansi", "raw", "wide", "print", "end", "sleep", "0"]
            {stop}"#,
        );
        project.up();
        project.wait_log("artist", "end");
        let log = project.log("artist");
        assert!(log.contains("[text] [\"a.b\"] [red]not a colour[/red]"), "{log}");
        assert!(log.contains("漢字") && log.contains("e\u{301}") && log.contains("👩\u{200d}💻"), "{log}");
        let screen = Screen::open(&project, &[], 24, 80);
        screen.wait_text("[text] [\"a.b\"] [red]not a colour[/red]");
        // Terminals disagree on what a joiner does to the width: both pictures have a place of their own.
        screen.wait_line(&["漢字 e\u{301} 👩💻 a", "b ende"]);
        screen.wait_line(&["red", "cleared", "link", "done"]);
        let red = screen.cell_of("red ").expect("the coloured word").fgcolor();
        assert_eq!(red, vt100::Color::Idx(1), "its colour is its own");
        // The clear-screen in the child's output has cleared nothing of ours.
        screen.wait_line(&["artist", "running"]);
        drop(screen);
        project.down();
    });
}

#[test]
fn d9_a_terminal_process_has_its_output_on_the_command_line() {
    isolated(|| {
        let project =
            Project::new("[process.tty]\ncommand = \"{bad} size print hello stdin-echo\"\ntty = true\n{stop}");
        project.up();
        let log = project.wait_log("tty", "hello");
        assert!(log.contains("(0)"), "it is a terminal and has a size: {log}");
        project.pm(&["send", "tty", "typed"]).ok();
        project.wait_log("tty", "got typed");
        project.down();
    });
}

#[test]
fn d10_every_run_keeps_its_own_output() {
    isolated(|| {
        let project = Project::new(
            "[process.api]\ncommand = [\"{bad}\", \"count\", \"{dir}/runs\", \"0\", \"print\", \"up\", \"sleep\", \"0\"]\n\
             log = { segment = \"64KiB\", segments = 4, runs = 4 }\n{stop}",
        );
        project.up();
        for run in 1..=4 {
            project.wait_log("api", "up");
            for earlier in 1..=run {
                let log = project.pm(&["logs", "api", "--run", &earlier.to_string()]).ok().stdout;
                assert_eq!(log, format!("run {earlier}\nup\n"), "during run {run}");
            }
            project.pm(&["restart", "api", "--wait"]).ok();
        }
        project.wait_log("api", "run 5");
        project.pm(&["logs", "api", "--run", "5"]).ok().says("run 5");
        project.pm(&["logs", "api", "--run", "2"]).ok().says("run 2");
        // Four are kept: the first is gone, and that is said.
        wait_for("the oldest run is cleaned up", || {
            let out = project.pm(&["logs", "api", "--run", "1"]);
            if out.code == Some(4) { Ok(()) } else { Err(out.to_string()) }
        });
        project.down();
    });
}

#[test]
fn d14_no_line_is_lost_or_doubled_in_a_rotation() {
    isolated(|| {
        let project = Project::new(
            r#"[process.burst]
            command = "{bad} lines 40000 sleep 150ms exit 0"
            log = { segment = "64KiB", segments = 100, runs = 2 }
            [process.bounded]
            command = "{bad} lines 40000 sleep 150ms exit 0"
            log = { segment = "64KiB", segments = 2, runs = 2 }"#,
        );
        project.up();
        project.wait_phase("burst", "completed");
        project.wait_phase("bounded", "completed");
        assert!(log_files(&project, "burst").len() > 5, "{:?}", log_files(&project, "burst"));
        let log = project.log("burst");
        let wrong = log.lines().zip(1..).find(|(line, n)| *line != format!("line {n}"));
        assert_eq!((wrong, log.lines().count()), (None, 40_000));
        // What is bounded keeps its end, without a gap.
        assert!(log_files(&project, "bounded").len() <= 2);
        let log = project.log("bounded");
        let count = log.lines().count();
        let whole: Vec<&str> = log.lines().skip(1).collect();
        let first = 40_000 - whole.len() + 1;
        assert!(count > 2_000, "{count} lines are left of 128 KiB");
        let wrong = whole.iter().zip(first..).find(|(line, n)| **line != format!("line {n}"));
        assert_eq!(wrong, None);
        project.down();
    });
}
