//! `pm logs` as scripts and people use it: plain where nobody asked for colour, searched, merged, counted, cleared.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;

use crate::support::{Project, Screen, isolated, procs};

const COLOURED: &str = r#"[process.pipe]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; printf "\033[31mred\033[0m\ttab\n 10%%\r 50%%\r100%%\n"; sleep 1000'
{stop}
[process.quiet]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; sleep 1000'
color = "never"
unbuffered = false
{stop}
[process.own]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; sleep 1000'
env = { NO_COLOR = "yes" }
{stop}
[process.tty]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; sleep 1000'
tty = true
{stop}
"#;

#[test]
fn programs_on_pipes_are_asked_for_colour_and_logs_into_a_file_are_plain() {
    isolated(|| {
        let project = Project::new(COLOURED);
        project.up();
        let log = project.wait_log("pipe", "100%");
        assert_eq!(log, "1//1\nred\ttab\n100%\n", "a bar is its last state, a tab is a tab");
        for (name, said) in [("quiet", "/1/\n"), ("own", "/yes/1\n"), ("tty", "//\n")] {
            assert_eq!(project.wait_log(name, "/"), said, "{name}");
        }
        let coloured = project.pm(&["logs", "pipe", "--color", "always"]).ok().stdout;
        assert!(coloured.contains("\u{1b}[0;31m"), "{coloured:?}");
        let json = project.pm(&["logs", "pipe", "--json", "-n", "1"]).ok().json();
        assert_eq!((json["process"].as_str(), json["run"].as_u64()), (Some("pipe"), Some(1)), "{json}");
        assert!(!json["text"].as_str().unwrap().contains('\u{1b}'), "{json}");
        project.down();
    });
}

#[test]
fn silence_is_told_apart_from_a_wrong_question() {
    isolated(|| {
        let project = Project::new(
            "[process.silent]\ncommand = \"sleep 1000\"\n{stop}\n\
             [process.loud]\nshell = \"echo hear me; exec sleep 1000\"\n{stop}\n",
        );
        project.pm(&["up", "-d", "--wait"]).ok();
        project.wait_log("loud", "hear me");
        let said = |arguments: &[&str]| {
            let answer = project.pm(arguments).ok();
            (answer.stdout, answer.stderr)
        };
        let (out, err) = said(&["logs", "silent"]);
        assert_eq!(
            (out.as_str(), err.as_str()),
            ("", "pm: silent printed nothing in the last run; `--all-runs` looks at earlier ones, too\n")
        );
        assert!(said(&["logs", "silent", "--run", "1"]).1.contains("silent printed nothing in run 1\n"));
        assert!(
            said(&["logs", "loud", "--stderr"])
                .1
                .contains("loud printed nothing of what was asked for in the last run")
        );
        assert_eq!(said(&["logs", "loud", "silent"]).1, "");
        // Who searches is answered by the exit code, as by grep.
        let searched = project.pm(&["logs", "loud", "--grep", "nowhere"]);
        assert_eq!((searched.code, searched.stderr.as_str()), (Some(1), ""));
        project.down();
    });
}

#[test]
fn errors_and_warnings_of_the_current_run_are_counted_by_status_and_in_the_table() {
    isolated(|| {
        let project = Project::new(
            r#"[process.grumbler]
            shell = 'echo "ERROR one"; echo "level=warn two" >&2; echo "warning: three"; echo fine; read x; echo "FATAL $x"; cat'
            {stop}"#,
        );
        project.up();
        project.wait_log("grumbler", "fine\n");
        let status = project.pm_json(&["status", "grumbler", "--json"]);
        assert_eq!((status["log_errors"].as_u64(), status["log_warnings"].as_u64()), (Some(1), Some(2)), "{status}");
        assert_eq!(status["log_counts_partial"], false);
        project.pm(&["status", "grumbler"]).ok().says("1 error, 2 warnings");
        let mut screen = Screen::open(&project, &[], 24, 100);
        screen.wait_line(&["grumbler", "1/2", "running"]);
        project.pm(&["send", "grumbler", "end"]).ok();
        screen.wait_line(&["grumbler", "2/2", "running"]);
        screen.wait_text("E2 W2");
        screen.keys("qs");
        assert!(screen.wait_exit().success());
        project.assert_nothing_left();
    });
}

#[test]
fn a_prompt_is_seen_while_following_and_completed_where_it_stands() {
    isolated(|| {
        let project = Project::new(
            r#"[process.asker]
            shell = 'echo begun; printf "name? "; read x; echo "hello $x"; printf " 10%%"; read y; printf "\\r100%%\n"; cat'
            {stop}"#,
        );
        project.up();
        project.wait_log("asker", "begun\n");
        let mut screen = Screen::open(&project, &["logs", "-f", "asker"], 24, 80);
        screen.wait_text("name?");
        project.pm(&["send", "asker", "Ada"]).ok();
        screen.wait_text("name? hello Ada");
        screen.wait_text(" 10%");
        project.pm(&["send", "asker", "go"]).ok();
        screen.wait_text("100%");
        let lines: Vec<String> = screen.contents().lines().take(4).map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(lines, ["begun", "name? hello Ada", "100%"], "nothing twice");
        let piped = project.pm(&["logs", "asker"]).ok().stdout;
        assert_eq!(piped, "begun\nname? hello Ada\n100%\n");
        screen.keys("\x03");
        screen.wait_exit();
        project.down();
    });
}

/// Three runs of `api`, of which each says which it is, and one of `web`. The last line of each run of `api` has a time of its own:
/// a run may be printed and read within one millisecond, and the streams of a moment in any order.
fn searched() -> Project {
    let project = Project::new(
        r#"[process.api]
        command = ["{bad}", "count", "{dir}/runs", "0", "lines", "3000", "prefix", "request", "eprint", "Timeout of peer",
                   "print", "warning: slow", "sleep", "50ms", "print", "a [red]x[/red] (y)", "sleep", "0"]
        {stop}
        [process.web]
        shell = 'sleep 0.1; echo "GET /1"; echo "timeout in web"; echo "GET /22"; sleep 1000'
        {stop}"#,
    );
    project.up();
    project.wait_log("web", "GET /22");
    for _ in 0..2 {
        project.wait_log("api", "(y)");
        project.pm(&["restart", "api", "--wait"]).ok();
    }
    project.wait_log("api", "(y)");
    project
}

#[test]
fn logs_are_searched_as_with_grep() {
    isolated(|| {
        let project = searched();
        let lines = |args: &[&str]| project.pm(&[&["logs"], args].concat()).ok().stdout;
        // A text, with smart case, and what it means to be one.
        assert_eq!(lines(&["api", "--grep", "timeout"]), "Timeout of peer\n");
        assert_eq!(lines(&["api", "-g", "[red]x[/red] (y)"]), "a [red]x[/red] (y)\n");
        assert_eq!(lines(&["api", "--grep", "TIMEOUT", "-i"]), "Timeout of peer\n");
        for absent in [&["--grep", "TIMEOUT"] as &[_], &["-g", "timeout", "-s"], &["-g", "timeout", "--stdout"]] {
            let out = project.pm(&[&["logs", "api"], absent].concat()).exits(1);
            assert_eq!(out.all(), "", "{absent:?}");
        }
        assert_eq!(lines(&["api", "-g", "timeout", "--stderr"]), "Timeout of peer\n");
        // Expressions, numbers of lines, context.
        assert_eq!(
            lines(&["api", "--regex", "--grep", "^request 2?99[79]$"]),
            "request 997\nrequest 999\nrequest 2997\nrequest 2999\n"
        );
        assert_eq!(lines(&["api", "--grep", "request", "-n", "2"]), "request 2999\nrequest 3000\n");
        assert_eq!(
            lines(&["api", "-E", "-g", "request (5|7|2000)$", "-C", "1", "--stdout"]),
            "request 4\nrequest 5\nrequest 6\nrequest 7\nrequest 8\n--\nrequest 1999\nrequest 2000\nrequest 2001\n"
        );
        assert_eq!(lines(&["api", "-E", "-g", "request 2000", "-B", "2", "-A", "1"]).lines().count(), 4);
        assert_eq!(
            lines(&["api", "-v", "-g", "request", "--stdout", "-n", "2"]),
            "warning: slow\na [red]x[/red] (y)\n"
        );
        assert_eq!(lines(&["api", "--level", "warn"]), "warning: slow\n");
        // Counting, over runs and processes.
        assert_eq!(lines(&["api", "-g", "request", "--count"]), "3000\n");
        assert_eq!(lines(&["api", "-g", "request 30", "--count", "--all-runs", "-n", "5"]), "5\n");
        assert_eq!(lines(&["api", "-v", "-g", "request", "-c", "--all-runs"]), "12\n");
        assert_eq!(lines(&["all", "-g", "timeout", "-c", "--all-runs"]), "api: 3\nweb: 1\n");
        assert_eq!(project.pm(&["logs", "all", "-g", "nowhere", "-c"]).exits(1).stdout, "api: 0\nweb: 0\n");
        // Machines.
        let json = lines(&["--all", "-g", "timeout", "--json", "--all-runs"]);
        let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let of = |row: &serde_json::Value| (row["name"].as_str().unwrap().to_owned(), row["run"].as_u64().unwrap());
        assert_eq!(rows.iter().filter(|row| of(row).0 == "api").map(of).map(|of| of.1).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(
            rows.iter().all(|row| row["match"] == true && row["time"].is_string() && row["stream"].is_string()),
            "{json}"
        );
        // What cannot be meant.
        let out = project.pm(&["logs", "api", "--regex", "--grep", "foo(bar"]).exits(2);
        assert!(out.stderr.contains("  foo(bar\n     ^\n"), "{out}");
        project.pm(&["logs", "api", "--since", "soon"]).exits(2).says("\"soon\" is no point in time");
        project.down();
    });
}

#[test]
fn logs_are_cut_out_by_time() {
    isolated(|| {
        let project = searched();
        let json = project.pm(&["logs", "api", "--run", "2", "--json", "-n", "1"]).ok().json();
        let time = json["time"].as_str().expect("a time").to_owned();
        let lines = |args: &[&str]| project.pm(&[&["logs"], args].concat()).ok().stdout;
        let all = lines(&["api", "--all-runs"]);
        let (before, after) = (lines(&["api", "--until", &time]), lines(&["api", "--since", &time]));
        assert_eq!(before.lines().count() + after.lines().count(), 3 * 3004 + 3 + 1, "marks: one twice\n{after}");
        assert!(all.starts_with("── run 1 ── 2") && all.contains("\n── run 3 ── 2"));
        assert!(after.contains("── run 3 ── 2") && after.contains("\nrun 3\n"), "{after}");
        assert_eq!(lines(&["api", "--since", "1h"]), all);
        assert_eq!(lines(&["--all", "--since", "0s"]), "");
        assert_eq!(lines(&["api", "--since", &time, "--run", "3", "-n", "1", "--stdout"]), "a [red]x[/red] (y)\n");
        let out = project.pm(&["logs", "api", "--since", "5m", "--until", "1h"]).exits(2);
        assert!(out.stderr.contains("--since is not before --until"), "{out}");
        project.down();
    });
}

#[test]
fn several_logs_are_one_in_the_order_of_time_also_while_they_grow() {
    isolated(|| {
        // They take turns, far enough apart for two keepers on a busy machine to read them in order.
        let tick = |name: &str, first: u32| {
            let take = "echo \"line $n\"; sleep 0.05; n=$((n + 1)); echo $n > next; mv next turn; n=$((n + 1))";
            let turns =
                format!("while [ $n -lt 40 ]; do if [ \"$(cat turn)\" = $n ]; then {take}; else sleep 0.005; fi; done");
            format!("[process.{name}]\nshell = \'\'\'n={first}; {turns}; sleep 1000\'\'\'\n{{stop}}\n")
        };
        let project = Project::new(&(tick("one", 0) + &tick("two", 1)));
        std::fs::write(project.path("turn"), "-").unwrap();
        project.up();
        let following = project.spawn(&["logs", "one", "two", "-f"]);
        let searching = project.spawn(&["logs", "one", "two", "-f", "--grep", "line 3"]);
        std::fs::write(project.path("turn"), "0").unwrap();
        let expected: Vec<_> =
            (0..40).map(|n| format!("{} | line {n}", if n % 2 == 0 { "one" } else { "two" })).collect();
        crate::support::wait_for("both were followed", || {
            let (all, some) = (following.stdout(), searching.stdout());
            let is_all = all.lines().count() == 40 && some.lines().count() == 11;
            if is_all { Ok(()) } else { Err(format!("{all}\n{some}")) }
        });
        let merged = project.pm(&["logs", "one", "two"]).ok().stdout;
        assert_eq!(following.stdout().lines().collect::<Vec<_>>(), expected, "as it is kept:\n{merged}");
        let three: Vec<_> = expected.iter().filter(|line| line.contains("line 3")).cloned().collect();
        assert_eq!(searching.stdout().lines().collect::<Vec<_>>(), three);
        assert_eq!(merged.lines().collect::<Vec<_>>(), expected);
        for mut running in [following, searching] {
            project.signal(running.pid(), rustix::process::Signal::INT);
            crate::support::wait_for("it ends at once", || if running.is_over() { Ok(()) } else { Err("runs".into()) });
        }
        project.down();
    });
}

#[test]
fn d11_a_word_is_found_200_000_lines_ago_in_less_than_a_second() {
    isolated(|| {
        let project = Project::new(
            r#"[process.api]
            shell = 'echo first; echo "the NEEDLE [x]"; seq -f "a line of some length, number %.0f" 200000; echo needle; sleep 1000'
            {stop}"#,
        );
        project.up();
        crate::support::wait_for("all is written", || {
            let last = project.pm(&["logs", "api", "-n", "1"]).ok().stdout;
            if last == "needle\n" { Ok(()) } else { Err(last) }
        });
        let found = |args: &[&str], expected: &str| {
            // Its own time, not that of whatever else this machine does.
            let before = procs::seconds_of_children();
            let out = project.pm(&[&["logs", "api"], args].concat()).ok();
            assert_eq!(out.stdout, expected, "{args:?}");
            let took = procs::seconds_of_children() - before;
            assert!(took < 1.0, "{took} s: {out}");
        };
        found(&["--grep", "NEEDLE"], "the NEEDLE [x]\n");
        found(&["--grep", "needle"], "the NEEDLE [x]\nneedle\n");
        found(&["--grep", "needle", "-s"], "needle\n");
        // Next and previous: from either end.
        found(&["--grep", "needle", "-n", "1"], "needle\n");
        found(
            &["--regex", "--grep", r"^the needle \[x\]$", "-A", "1"],
            "the NEEDLE [x]\na line of some length, number 1\n",
        );
        found(&["--regex", "--grep", "number 1?99999$", "--count"], "2\n");
        project.down();
    });
}

#[test]
fn d10_the_output_of_all_runs_is_marked_per_run() {
    isolated(|| {
        let project = searched();
        for args in [&["logs", "api", "--all-runs", "-n", "3005"] as &[_], &["logs", "api", "--all-runs"]] {
            let log = project.pm(args).ok().stdout;
            let marks: Vec<_> = log.lines().filter(|line| line.starts_with("── run ")).collect();
            let ends: Vec<_> = marks.iter().map(|mark| mark.contains("SIGTERM, by stop stage 1")).collect();
            let marks: Vec<_> = marks.iter().map(|mark| mark.split(" 20").next().expect("a first part")).collect();
            let first = if args.len() > 3 { 2 } else { 1 };
            let expected: Vec<_> = (first..=3).map(|no| format!("── run {no} ──")).collect();
            assert_eq!(marks, expected, "{args:?}");
            assert_eq!(ends.iter().filter(|end| **end).count(), marks.len() - 1, "{log}");
        }
        let screen = Screen::open(&project, &["logs", "api", "--all-runs", "-g", "timeout"], 24, 80);
        screen.wait_text("── run 1 ──");
        screen.wait_text("── run 3 ──");
        // The match is marked, in its own colours turned round.
        screen.wait("the match is marked", |screen| {
            (0..24).any(|row| screen.cell(row, 0).is_some_and(|cell| cell.contents() == "T" && cell.inverse()))
        });
        drop(screen);
        project.down();
    });
}

#[test]
fn d9_the_output_of_a_terminal_process_is_searched_too() {
    isolated(|| {
        let project = Project::new(
            r#"[process.tty]
            shell = 'printf "\033[2J\033[1mhello\033[0m wor\033[31mld\033[0m\r\n 10%%\r 20%%\n"; sleep 1000'
            tty = true
            {stop}"#,
        );
        project.up();
        project.wait_log("tty", "20%");
        assert_eq!(project.log("tty"), "hello world\n 20%\n");
        assert_eq!(project.pm(&["logs", "tty", "--grep", "hello world", "--stdout"]).ok().stdout, "hello world\n");
        project.pm(&["logs", "tty", "--grep", "10%"]).exits(1);
        project.down();
    });
}

#[test]
fn no_sequence_of_a_child_reaches_the_terminal_of_who_reads_its_log() {
    isolated(|| {
        let hostile: [&[u8]; 15] = [
            b"\x1b]0;title\x07",
            b"\x1b]52;c;c3RvbGVu\x07",
            b"\x1b[?1000h\x1b[?1006h",
            b"\x1b[?1049h",
            b"\x1b[2J\x1b[H",
            b"\x1bc",
            b"\x1bP$q\"p\x1b\\",
            b"\x1b_apc\x1b\\",
            b"\x1b[6n",
            b"\x1b[c",
            b"\xc2\x9b2J",
            b"\x1b(0",
            b"\x1b[20t",
            b"\x0e",
            b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
        ];
        let mut evil: Vec<u8> = hostile.iter().flat_map(|bytes| [b"before ", *bytes, b"after\n"].concat()).collect();
        evil.extend(b"\x1b]0;never ends ");
        evil.resize(evil.len() + 300_000, b'x');
        evil.extend(b"\nlast\n");
        let project = Project::new("[process.evil]\nshell = \"cat {dir}/evil; sleep 1000\"\n{stop}\n");
        std::fs::write(project.path("evil"), evil).unwrap();
        project.up();
        project.wait_log("evil", "last");
        for args in [&["--color", "always"] as &[_], &[], &["--color", "always", "--json"], &["-g", "e"]] {
            let log = project.pm(&[&["logs", "evil"], args].concat()).ok().stdout;
            let acts = |c: char| c.is_control() && c != '\n';
            assert!(!log.contains(acts), "{args:?}: {:?}", log.chars().take(2000).collect::<String>());
            assert_eq!(log.matches("before ").count(), hostile.len(), "{args:?}");
            assert_eq!(log.matches("after").count(), hostile.len(), "{args:?}");
        }
        let screen = Screen::open(&project, &["logs", "evil", "-n", "12", "-f"], 24, 80);
        screen.wait_text("last");
        assert!(!screen.is_alternate());
        drop(screen);
        project.down();
    });
}

#[test]
fn who_comes_up_later_is_followed_too_when_the_pattern_means_them() {
    isolated(|| {
        let project = Project::new(
            "[process.\"agent:one\"]\nshell = \"echo first; sleep 1000\"\n{stop}\n[process.web]\nshell = \"sleep 1000\"\n{stop}\n",
        );
        project.up();
        project.wait_log("agent:one", "first");
        let following = project.spawn(&["logs", "agent:*", "-f"]);
        crate::support::wait_for(
            "it follows",
            || if following.stdout().is_empty() { Err(String::new()) } else { Ok(()) },
        );
        project.pm(&["run", "--name", "agent:two", "--", "sh", "-c", "echo second; sleep 1000"]).ok();
        project.pm(&["run", "--name", "other", "--", "sh", "-c", "echo third; sleep 1000"]).ok();
        crate::support::wait_for("both agents are there", || {
            let all = following.stdout();
            let is_so = all == "agent:one | first\nagent:two | second\n";
            if is_so { Ok(()) } else { Err(all) }
        });
        project.signal(following.pid(), rustix::process::Signal::INT);
        project.down();
    });
}

/// Names and sizes of the files of output of the first run of `name`.
fn segments(project: &Project, name: &str) -> BTreeMap<String, u64> {
    let run = project.layout("state").join("runs").join(name).join("000001");
    let entries = std::fs::read_dir(run).expect("a run").map(|entry| entry.expect("an entry"));
    let sized = entries.map(|entry| (entry.file_name().into_string().expect("a name"), entry));
    let of_output = sized.filter(|(name, _)| name.starts_with("out."));
    of_output.map(|(name, entry)| (name, entry.metadata().map_or(0, |data| data.len()))).collect()
}

#[test]
fn what_is_not_written_any_more_is_compressed_and_read_as_before() {
    isolated(|| {
        let project = Project::new(
            r#"[process.api]
            command = "{bad} lines 30000 stdin-echo"
            log = { segment = "64KiB", segments = 100, compress = true }
            {stop}
            [process.plain]
            command = "{bad} lines 30000 stdin-echo"
            log = { segment = "64KiB", segments = 100 }
            {stop}"#,
        );
        project.up();
        let following = project.spawn(&["logs", "api", "-f"]);
        project.wait_log("api", "line 30000\n");
        let wait_packed = |what: &str, is_live: bool| {
            crate::support::wait_for(what, || {
                let files = segments(&project, "api");
                let plain: Vec<_> = files.iter().filter(|(name, _)| !name.ends_with("lz4")).collect();
                // The segment that is written stays as it is, and so does what takes no room.
                let done = plain.iter().all(|(name, size)| **size < 4096 || is_live && name.matches('.').count() == 1);
                let begun = files.keys().filter(|name| name.ends_with("lz4")).count() >= 4;
                if done && begun { Ok(()) } else { Err(format!("{files:?}")) }
            });
        };
        wait_packed("closed segments are packed", true);
        assert!(segments(&project, "plain").keys().all(|name| !name.ends_with("lz4")), "nobody asked for it");
        let logs = |args: &[&str]| project.pm(&[&["logs", "api"], args].concat()).ok().stdout;
        let numbered = (1..=30_000).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
        let check = |all: &str| {
            assert!(logs(&[]) == all, "each line is there once");
            assert_eq!(logs(&["--grep", "line", "--count"]), "30000\n");
            assert_eq!(logs(&["--grep", "line 2", "-n", "1"]), "line 29999\n");
            let around = logs(&["--regex", "--grep", "^line (7|12345)$", "-C", "1"]);
            assert_eq!(around, "line 6\nline 7\nline 8\n--\nline 12344\nline 12345\nline 12346\n");
            let first = logs(&["--json", "--grep", "line 1", "-n", "11112"]);
            let first: serde_json::Value = serde_json::from_str(first.lines().next().expect("a line")).expect("JSON");
            assert_eq!((first["text"].as_str(), first["time"].is_string()), (Some("line 1"), true), "{first}");
        };
        check(&numbered);
        project.pm(&["send", "api", "and on"]).ok();
        let all = format!("{numbered}got and on\n");
        project.wait_log("api", "got and on");
        check(&all);
        project.pm(&["stop", "api", "--wait"]).ok();
        wait_packed("all of a run that is over is packed", false);
        check(&all);
        assert!(following.stdout().starts_with(&all), "who followed saw each line once");
        let taken = |name: &str| segments(&project, name).values().sum::<u64>();
        assert!(taken("api") * 2 < taken("plain"), "{:?}", segments(&project, "api"));
        let status = project.pm_json(&["status", "api", "--json"]);
        assert!(status["log"].as_str().is_some_and(|path| path.ends_with("/out.log.lz4")), "{status}");
        let on_disk = status["log_disk_bytes"].as_u64().expect("bytes");
        assert!(on_disk >= taken("api") && on_disk < taken("api") + 10_000, "{status}");
        project.signal(following.pid(), rustix::process::Signal::INT);
        // It begins anew as ever, and what is packed is cleared as ever.
        project.pm(&["start", "api", "--wait"]).ok();
        project.wait_log("api", "line 30000\n");
        assert_eq!(logs(&["--all-runs", "--grep", "line 30000", "--count"]), "2\n");
        project.pm(&["logs", "api", "--clear"]).ok();
        assert!(!project.layout("state").join("runs/api/000001").exists());
        project.down();
    });
}

#[test]
fn a_reader_that_leaves_is_no_trouble() {
    isolated(|| {
        let project = Project::new("[process.api]\nshell = \"seq 200000; sleep 1000\"\n{stop}\n");
        project.up();
        project.wait_log("api", "\n200000\n");
        for args in [&["logs", "api"] as &[_], &["logs", "api", "--grep", "0"], &["logs", "api", "-f", "--json"]] {
            let mut child = project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("pm");
            let mut first = [0; 1];
            child.stdout.take().expect("its output").read_exact(&mut first).expect("a byte");
            let out = child.wait_with_output().expect("its end");
            assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""), "{args:?}");
        }
        project.down();
    });
}
