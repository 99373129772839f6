//! The same rows from the keyboard: what the command line tells stands on the screen, in so many words and figures.

use std::collections::HashMap;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use super::find;
use crate::support::{Project, Row, Screen, isolated, wait_for};

/// One of each kind. The tree is busy with what others leave it.
const CAST: &str = r#"
[process.tree]
shell = "nice -n 19 sh -c 'while :; do :; done' & nice -n 19 sh -c 'while :; do :; done' & wait"
{stop}
[process.undead]
command = "{bad} zombie 1 print up sleep 0"
{stop}
[process.crash]
command = ["{bad}", "eprint", "no such table: users", "exit", "7"]
[process.done]
command = "{bad} sleep 300ms exit 0"
[process.ill]
command = "{bad} sleep 300ms exit 4"
[process.shell]
shell = "exec {bad} lines 3 prefix out lines 3 prefix err on stderr sleep 0"
env = { COLOUR = "blue" }
description = "prints on both streams"
{stop}
[process.never]
command = "{bad} sleep 0"
autostart = false
{stop}
"#;
/// In the order of the table.
const NAMES: [&str; 7] = ["tree", "undead", "crash", "done", "ill", "shell", "never"];
/// All figures of the table have room: on a usual screen and on a small one, on wide ones beside the log, and on one where the
/// table has it alone.
const SIZES: [(u16, u16, &str); 5] = [(36, 120, ""), (24, 80, ""), (40, 160, ""), (40, 200, ""), (40, 160, "z")];

/// The dashboard on all of them, when those that end have ended.
fn open(project: &Project, rows: u16, cols: u16) -> Screen {
    let screen = Screen::open_with(project, &[], rows, cols, &HashMap::from([("TZ", "UTC")]));
    for (name, word) in NAMES.into_iter().zip(["running", "running", "failed", "completed", "failed", "running"]) {
        screen.wait_line(&[name, word]);
    }
    screen.wait_line(&["never", "stopped"]);
    screen
}

/// Goes to a process by its number.
fn select(screen: &Screen, name: &str) {
    let number = NAMES.into_iter().position(|known| known == name).expect("one of the cast") + 1;
    screen.keys(&number.to_string());
    screen.wait_selected(name);
}

/// Leaves by the menu; nothing is left.
fn quit(project: &Project, screen: &mut Screen) {
    screen.quit();
    project.assert_nothing_left();
}

/// The row of a process in the table: its name stands behind bar and glyph.
fn row_of<'a>(shown: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = shown.lines().skip_while(|line| !is_head(line));
    lines.find(|line| line.split_whitespace().take(2).any(|word| word == name))
}

fn is_head(line: &str) -> bool {
    line.contains("NAME ") && line.contains(" STATE")
}

/// What stands below a heading of the table, `None` where the column is missing or the cell is empty.
fn cell(shown: &str, name: &str, heading: &str) -> Option<String> {
    let head = shown.lines().find(|line| is_head(line))?;
    let start = head[..=head.find(&format!(" {heading}"))?].chars().count();
    let row: Vec<char> = row_of(shown, name)?.chars().collect();
    let text: String = if ["HEALTH", "STATE"].contains(&heading) {
        row.get(start..)?.iter().collect()
    } else {
        let upto: String = row.get(..start + heading.chars().count())?.iter().collect();
        upto.rsplit(' ').next()?.to_owned()
    };
    let text = if heading == "HEALTH" { text.split(' ').next()? } else { text.trim() };
    (!text.is_empty()).then(|| text.to_owned())
}

/// `310M` in bytes.
fn bytes(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => 1.0,
        "K" => 1024.0,
        "M" => 1024.0 * 1024.0,
        "G" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

fn percent(text: &str) -> Option<f64> {
    text.trim_end_matches('%').parse().ok()
}

/// The word behind `label` in a line.
fn after<'a>(line: &'a str, label: &str) -> Option<&'a str> {
    let mut words = line.split_whitespace().skip_while(|word| *word != label);
    words.nth(1)
}

/// The number in front of one of these words in a line.
fn before(line: &str, labels: &[&str]) -> Option<u64> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| labels.contains(word))?;
    words.get(at.checked_sub(1)?)?.parse().ok()
}

/// Of one order of magnitude, and busy.
fn is_like_cpu(shown: Option<f64>, told: f64) -> bool {
    shown.is_some_and(|shown| shown > 1.0 && told > 1.0 && (0.1..=10.0).contains(&(shown / told)))
}

/// The same but for a fifth.
fn is_like_memory(shown: Option<f64>, told: f64) -> bool {
    shown.is_some_and(|shown| told > 0.0 && (0.8..=1.2).contains(&(shown / told)))
}

fn agrees(cpu: Option<&str>, memory: Option<&str>, threads: Option<&str>, row: &Row) -> bool {
    row.tree_pids() == 3
        && is_like_cpu(cpu.and_then(percent), row.cpu_percent())
        && is_like_memory(memory.and_then(bytes), row.memory_bytes() as f64)
        && threads.and_then(|text| text.parse().ok()) == Some(row.threads())
}

/// Waits until what is shown is what the command line tells; both change all the time.
fn wait_agreement<T>(screen: &Screen, what: &str, look: impl Fn(&str) -> (bool, T))
where
    T: std::fmt::Display,
{
    wait_for(what, || {
        let shown = screen.contents();
        let (is_so, told) = look(&shown);
        if is_so { Ok(()) } else { Err(format!("{shown}\n{told}")) }
    });
}

#[test]
fn s1_1_8_keys_the_log_shows_either_stream_alone() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        select(&screen, "shell");
        screen.wait_text("err 3");
        screen.keys("\r");
        screen.wait_no_text("processes 7");
        screen.wait("both streams", |screen| has_streams(&screen.contents(), (true, true)));
        for (title, streams) in
            [("only stdout", (true, false)), ("only stderr", (false, true)), ("following", (true, true))]
        {
            screen.keys("t");
            screen.wait(title, |screen| {
                let shown = screen.contents();
                shown.contains(title) && has_streams(&shown, streams)
            });
        }
        screen.wait_no_text("only std");
        quit(&project, &mut screen);
    });
}

/// All lines of these streams are shown, and none of the others.
fn has_streams(shown: &str, (out, err): (bool, bool)) -> bool {
    let count =
        |prefix: &str| shown.lines().filter(|line| line.trim_start_matches([' ', '▎']).starts_with(prefix)).count();
    count("out ") == if out { 3 } else { 0 } && count("err ") == if err { 3 } else { 0 }
}

#[test]
fn s2_2_1_keys_a_failed_start_shows_its_reason() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        screen.wait_line(&["crash", "failed exit 7 after"]);
        select(&screen, "crash");
        screen.keys("d");
        screen.wait_line(&["state", "failed: failed start: exit 7 after", "no such table: users"]);
        screen.wait_line(&["exit", "exit 7, by itself"]);
        screen.keys("d");
        // Started by hand it fails once more, and that is said as well.
        screen.keys("s");
        screen.wait_line(&["log", "crash", "run 2"]);
        screen.wait_line(&["crash", "failed exit 7 after"]);
        // Where the table has a wide screen alone the whole reason stands in the row.
        screen.resize(40, 160);
        screen.keys("z");
        screen.wait_line(&["crash", "failed exit 7 after", "no such table: users"]);
        quit(&project, &mut screen);
    });
}

#[test]
fn s2_2_2_keys_the_figures_of_a_tree_are_those_of_the_command_line() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        for (rows, cols, zoom) in SIZES {
            screen.resize(rows, cols);
            screen.keys(zoom);
            wait_agreement(&screen, "the row tells what `pm ps` tells", |shown| {
                let row = project.row("tree");
                let [cpu, memory, threads] = ["CPU%", "MEM", "THR"].map(|heading| cell(shown, "tree", heading));
                (agrees(cpu.as_deref(), memory.as_deref(), threads.as_deref(), &row), row)
            });
        }
        select(&screen, "tree");
        screen.keys("d");
        wait_agreement(&screen, "the details tell what `pm ps` tells", |shown| {
            let row = project.row("tree");
            let line = shown.lines().find(|line| line.trim_start().starts_with("tree ")).unwrap_or_default();
            let is_so = agrees(after(line, "cpu"), after(line, "mem"), after(line, "threads"), &row);
            (is_so && after(line, "processes") == Some("3") && after(line, "zombies") == Some("0"), row)
        });
        for process in project.tree("tree") {
            screen.wait_line(&[&process.pid.to_string(), "%", " 1 thr"]);
        }
        // The shell waits, and its children are on a core or ready for one.
        let main = project.row("tree").pid().unwrap();
        screen.wait_line(&["main", &format!("(pid {main}), sleeping")]);
        screen.wait_line(&["S ", &main.to_string(), " 1 thr"]);
        screen.wait_line(&["R   ", " 1 thr"]);
        quit(&project, &mut screen);
    });
}

#[test]
fn s2_2_3_keys_the_health_word_stands_in_the_row_and_in_the_details() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        let words = ["healthy", "zombie", "failed", "completed", "failed", "healthy", "unknown"];
        for (rows, cols, zoom) in SIZES {
            screen.resize(rows, cols);
            screen.keys(zoom);
            for (name, word) in NAMES.into_iter().zip(words) {
                screen.wait(&format!("{name} as {word}"), |screen| {
                    cell(&screen.contents(), name, "HEALTH").as_deref() == Some(word)
                });
                assert_eq!(project.row(name).health(), word, "{name}");
            }
        }
        for (name, word) in NAMES.into_iter().zip(words) {
            select(&screen, name);
            screen.keys("d");
            screen.wait_line(&[&format!("── {name} "), word]);
            screen.keys("d");
        }
        quit(&project, &mut screen);
    });
}

#[test]
fn s2_2_5_keys_a_zombie_is_shown_with_the_one_that_has_not_reaped_it() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        select(&screen, "undead");
        let row = project.wait_row("undead", "seen with its zombie", |row| row.zombies() == 1);
        let reason = format!("zombie: parent badchild ({}) has not reaped it", row.pid().unwrap());
        screen.wait_line(&["Z 1 zombie"]);
        screen.wait_line(&["undead", "running", "Z1"]);
        screen.keys("d");
        screen.wait_text("process tree, 2, 1 zombie");
        screen.wait_line(&["Z ", "badchild: ", &reason]);
        screen.keys("d");
        // And in the tree, where the table has a wide screen alone.
        screen.resize(40, 160);
        screen.keys("zt");
        screen.wait_line(&["Z ", "badchild", &reason]);
        // Its parent gone, it is reaped.
        screen.keys("x");
        screen.wait_line(&["undead", "stopped"]);
        screen.wait_line(&["Z 0 zombies"]);
        screen.wait_no_text("has not reaped it");
        quit(&project, &mut screen);
    });
}

#[test]
fn s2_2_6_keys_the_header_tells_the_totals() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        // Of a small screen the header has the figures, and no room for their words.
        for (rows, cols, zoom) in SIZES.into_iter().filter(|(_, cols, _)| *cols > 80) {
            screen.resize(rows, cols);
            screen.keys(zoom);
            wait_agreement(&screen, "the header tells what `pm summary` tells", |shown| {
                let summary = project.pm_json(&["summary", "--json"]);
                let number = |key: &str| find(&summary, key).and_then(Value::as_u64);
                let figure = |key: &str| find(&summary, key).and_then(Value::as_f64).unwrap_or_default();
                let head = shown.lines().next().unwrap_or_default();
                let counts = [&["running"][..], &["failed"], &["zombie", "zombies"]].map(|word| before(head, word));
                let is_so = counts == ["running", "failed", "zombies"].map(number)
                    && counts == [Some(3), Some(2), Some(1)]
                    && is_like_cpu(after(head, "cpu").and_then(percent), figure("cpu_percent"))
                    && is_like_memory(after(head, "mem").and_then(bytes), figure("memory_bytes"));
                (is_so, summary)
            });
        }
        let summary = project.pm_json(&["summary", "--json"]);
        assert_eq!(["total", "completed"].map(|key| find(&summary, key).and_then(Value::as_u64)), [Some(7), Some(1)]);
        screen.wait_text("processes 7 ");
        screen.keys("/state:completed\r");
        screen.wait_text("processes 1 of 7");
        quit(&project, &mut screen);
    });
}

#[test]
fn s2_2_8_keys_a_failed_start_leaves_nothing_half_started() {
    isolated(|| {
        let project = Project::new(
            r#"[process.half]
            command = ["{bad}", "setsid-fork", "ignore TERM,HUP sleep 0", "eprint", "giving up", "exit", "5"]
            autostart = false
            {stop}"#,
        );
        let mut screen = Screen::open(&project, &[], 36, 120);
        screen.wait_line(&["half", "stopped"]);
        screen.keys("s");
        screen.wait_line(&["half", "failed exit 5 after", "giving up"]);
        project.assert_tree_gone("half");
        screen.keys("d");
        screen.wait_line(&["state", "failed: failed start: exit 5 after", "giving up"]);
        screen.wait_line(&["tree", "processes 0"]);
        screen.keys("dL");
        screen.wait_line(&["half", "failed start", "giving up"]);
        quit(&project, &mut screen);
    });
}

#[test]
fn s3_3_2_keys_the_details_carry_the_metadata() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        for name in ["tree", "shell", "undead", "ill"] {
            select(&screen, name);
            screen.keys("d");
            let row = project.row(name);
            screen.wait_line(&[&format!("── {name} "), row.phase()]);
            let command = row.0["command"].as_array().unwrap().last().and_then(Value::as_str).unwrap().to_owned();
            screen.wait_line(&[row.text("kind"), &command]);
            screen.wait_line(&["folder", row.text("cwd")]);
            screen.wait_line(&["from", "pm.toml:"]);
            screen.wait_line(&["pid", "keeper", &format!("run 1 ({})", row.run_id())]);
            let dir = std::path::Path::new(row.text("log")).parent().unwrap().display().to_string();
            screen.wait_line(&["log", " in ", &dir]);
            let (day, time) = row.text("created_at").split_once('T').unwrap();
            screen.wait_line(&["created", day, &time[..8]]);
            let (day, time) = row.text("started_at").split_once('T').unwrap();
            let times = if row.has_exit() { "ran " } else { "up " };
            screen.wait_line(&["started", day, &time[..8], times]);
            if let Some(pid) = row.pid() {
                screen.wait_line(&["pid", &format!(" {pid} "), &format!("keeper {}", row.keeper_pid().unwrap())]);
            } else {
                screen.wait_line(&["exit", "exit 4, by itself", day]);
            }
            if name == "shell" {
                screen.wait_line(&["env", "COLOUR=blue"]);
                screen.wait_line(&["about", "prints on both streams"]);
            }
            screen.keys("d");
        }
        select(&screen, "never");
        screen.keys("d");
        screen.wait_line(&["run", "it has never run"]);
        quit(&project, &mut screen);
    });
}

#[test]
fn s3_3_3_keys_every_state_has_its_word() {
    isolated(|| {
        let project = Project::new(
            r#"[process.slow]
            command = "{bad} ignore TERM print up sleep 0"
            autostart = false
            early_exit = "4s"
            stop = [ { signal = "TERM", wait = "60s" }, { signal = "KILL" } ]
            [process.ill]
            command = "{bad} sleep 300ms exit 1"
            [process.lost]
            command = "{bad} print up sleep 0"
            {stop}"#,
        );
        let mut screen = Screen::open(&project, &[], 36, 120);
        let wait_word = |name: &str, word: &str| {
            screen.wait(&format!("{name} as {word}"), |screen| {
                cell(&screen.contents(), name, "STATE").is_some_and(|state| state.split(' ').next() == Some(word))
            });
            assert_eq!(project.row(name).phase(), word, "{name}");
        };
        wait_word("slow", "stopped");
        screen.keys("s");
        wait_word("slow", "starting");
        wait_word("slow", "running");
        screen.keys("x");
        wait_word("slow", "stopping");
        screen.keys("x");
        wait_word("slow", "stopped");
        wait_word("ill", "failed");
        project.signal(project.wait_phase("lost", "running").keeper_pid().unwrap(), Signal::KILL);
        wait_word("lost", "unknown");
        screen.wait_line(&["1 failed", "1 unknown"]);
        quit(&project, &mut screen);
    });
}

#[test]
fn s3_3_5_keys_a_filter_shows_those_of_one_state_and_no_others() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        let cases: [(&str, &[&str]); 7] = [
            ("state:failed", &["crash", "ill"]),
            ("state:completed", &["done"]),
            ("state:stopped", &["never"]),
            ("state:running", &["tree", "undead", "shell"]),
            ("health:zombie", &["undead"]),
            ("!state:running", &["crash", "done", "ill", "never"]),
            ("zombies>0 undead", &["undead"]),
        ];
        for (filter, wanted) in cases {
            screen.keys(&format!("/{filter}\r"));
            screen.wait(&format!("only {wanted:?}"), |screen| {
                let shown = screen.contents();
                let names: Vec<_> = NAMES.into_iter().filter(|name| row_of(&shown, name).is_some()).collect();
                names == wanted && shown.contains(&format!("processes {} of 7", wanted.len())) && shown.contains(filter)
            });
            screen.keys("\x1b");
            screen.wait_text("processes 7 ");
        }
        quit(&project, &mut screen);
    });
}

#[test]
fn s3_3_4_keys_a_command_run_ad_hoc_is_stopped_when_its_time_is_up() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        screen.keys("n-t soon sleep 600\r");
        screen.wait_text("write -t 30s");
        screen.keys("\x15-t 1s job=exec sleep 600\r");
        screen.wait_line(&["job", "failed", "over its time limit of 1s"]);
        let row = project.row("job");
        assert_eq!((row.phase(), row.0["exit"]["by"].as_str()), ("failed", Some("limit")), "{row}");
        project.pm(&["events"]).ok().says("by limit");
        quit(&project, &mut screen);
    });
}

#[test]
fn s1_1_3_keys_a_bare_pid_is_looked_at_and_stopped() {
    isolated(|| {
        let project = Project::new(CAST);
        let mut screen = open(&project, 36, 120);
        for (answer, told) in
            [("s", "stopped; 2 ended, 0 had to be killed"), ("k", "stopped; 0 ended, 2 had to be killed")]
        {
            // Nothing that pm has to do with, with a child of its own.
            let mut bare =
                Command::new("sh").args(["-c", "sleep 600 & echo; wait"]).stdout(Stdio::piped()).spawn().unwrap();
            std::io::Read::read_exact(bare.stdout.as_mut().unwrap(), &mut [0]).unwrap();
            screen.keys(&format!("p{}\r", bare.id()));
            screen.wait_line(&[&format!("pid {}: sh", bare.id())]);
            screen.wait_text("with 1 below it");
            screen.keys(answer);
            wait_for("it has ended", || bare.try_wait().unwrap().map(drop).ok_or_else(|| screen.contents()));
            screen.wait_text(&format!("{}: {told}", bare.id()));
            screen.keys(&format!("p{}\r", bare.id()));
            screen.wait_text(&format!("there is no process {}", bare.id()));
        }
        quit(&project, &mut screen);
    });
}
