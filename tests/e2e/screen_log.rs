//! The log pane at a real terminal: searching while output flows, going places, and getting text out of it.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::process::Signal;

use crate::support::{Project, Screen, isolated, wait_for};

/// Three thousand numbered lines at once, then one every 20 ms.
const TALKER: &str = "[process.talker]\ncommand = \"{bad} lines 3000 lines 0 every 20ms prefix more\"\n{stop}";
/// The log pane has the keys, and all 3,000 lines are there.
fn reading(screen: &Screen) {
    screen.wait_text("more 20");
    screen.keys("\r");
    screen.wait_no_text("processes 1");
}

fn leave(screen: &mut Screen) {
    screen.keys("q");
    screen.wait_text("quit");
    screen.keys("s");
    assert!(screen.wait_exit().success());
    screen.wait_restored();
}

#[test]
fn a_search_finds_while_typing_and_esc_goes_back_to_following() {
    isolated(|| {
        let project = Project::new(TALKER);
        let mut screen = Screen::open(&project, &[], 30, 100);
        reading(&screen);
        screen.keys("/line 15.7");
        screen.wait_text("no match");
        screen.keys("\x12");
        screen.wait_text("match 10 of 10");
        screen.wait_line(&["line 1597"]);
        screen.keys("(");
        screen.wait_text("unclosed group at column 10");
        screen.keys("\x7f\r");
        screen.keys("NN");
        screen.wait_line(&["match 8 of 10"]);
        screen.wait_line(&["line 1577"]);
        screen.keys("\x1b");
        screen.wait_no_text("match 8");
        screen.keys("G");
        screen.wait_text("following");
        screen.keys("/line 2000");
        screen.wait_line(&["match 1 of 1"]);
        screen.keys("\x1b");
        screen.wait_text("following");
        leave(&mut screen);
        project.assert_nothing_left();
    });
}

#[test]
fn a_place_is_gone_to_and_kept_while_output_flows() {
    isolated(|| {
        let project = Project::new(TALKER);
        let mut screen = Screen::open(&project, &[], 30, 100);
        reading(&screen);
        screen.keys("\x071500\r");
        screen.wait("line 1500 at the top", |screen| {
            screen.contents().lines().nth(2).is_some_and(|line| line.trim_end().ends_with("line 1500"))
        });
        screen.keys("#T");
        screen.wait_line(&["1500 ", ":", "line 1500"]);
        let printed = project.log("talker").lines().count();
        project.wait_log("talker", &format!("more {}\n", printed - 3000 + 20));
        assert_eq!(screen.line_with("line 1500").map(|(row, _)| row), Some(2), "{}", screen.contents());
        screen.wait_text("new below");
        screen.keys("m");
        screen.wait_text("mark 1");
        screen.keys("G");
        screen.wait_text("following");
        leave(&mut screen);
    });
}

/// A program for the clipboard that writes what it gets to a file.
fn fake_xclip(dir: &Path) -> String {
    let program = dir.join("xclip");
    let file = dir.join("clipboard");
    std::fs::write(&program, format!("#!/bin/sh\ncat > {0}.part && mv {0}.part {0}\n", file.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", dir.display(), std::env::var("PATH").unwrap())
}

fn wait_clipboard(dir: &Path, text: &str) {
    wait_for("the clipboard program has the text", || {
        let found = std::fs::read_to_string(dir.join("clipboard")).unwrap_or_default();
        if found == text { Ok(()) } else { Err(format!("it has {found:?}")) }
    });
}

#[test]
fn done_4_what_is_copied_is_the_log_without_escapes() {
    isolated(|| {
        let project = Project::new(
            "[process.talker]\nshell = \"printf '\\\\033[31mred\\\\033[0m\\\\tand tab\\\\n\\u65e5\\u672c long long long long \
             long long long long long long long end\\\\nlast\\\\n'; sleep 60\"\n{stop}",
        );
        let dir = tempfile::tempdir().unwrap();
        let path = fake_xclip(dir.path());
        let env = HashMap::from([("PATH", path.as_str()), ("DISPLAY", ":99"), ("WAYLAND_DISPLAY", ""), ("TMUX", "")]);
        let mut screen = Screen::open_with(&project, &[], 24, 50, &env);
        screen.wait_line(&["talker", "running"]);
        screen.keys("\r");
        screen.wait_text("last");
        screen.keys("w");
        // "end" alone stands in the footer, too.
        screen.wait_text("long end");
        screen.keys("vkky");
        let text = "red\tand tab\n\u{65e5}\u{672c} long long long long long long long long long long long end\nlast";
        wait_clipboard(dir.path(), text);
        screen.wait_text("3 lines copied with OSC 52 and xclip");
        // A drag by the mouse: press, move, release at 1-based cells; the last line is in row 6 (two are wrapped into three).
        screen.keys("\x1b[<0;2;3M\x1b[<32;4;3M\x1b[<0;4;3m");
        wait_clipboard(dir.path(), "red");
        screen.keys("\x1b");
        screen.wait_text("following");
        leave(&mut screen);
    });
}

#[test]
fn d12_copying_while_output_flows_moves_nothing_and_following_goes_on_after_it() {
    isolated(|| {
        let project = Project::new(TALKER);
        let dir = tempfile::tempdir().unwrap();
        let path = fake_xclip(dir.path());
        let env = HashMap::from([("PATH", path.as_str()), ("DISPLAY", ":99"), ("WAYLAND_DISPLAY", ""), ("TMUX", "")]);
        let mut screen = Screen::open_with(&project, &[], 30, 100, &env);
        reading(&screen);
        screen.keys("\x1b[5~\x1b[5~");
        screen.wait_text("new below");
        let shown = |screen: &Screen| -> Vec<String> {
            let contents = screen.contents();
            contents.lines().skip(2).take(27).map(|line| line.trim().trim_start_matches('▌').to_owned()).collect()
        };
        let before = shown(&screen);
        let printed = project.log("talker").lines().count();
        screen.keys("vkky");
        screen.wait_text("3 lines copied");
        project.wait_log("talker", &format!("more {}\n", printed - 3000 + 20));
        assert_eq!(shown(&screen), before, "the view has moved");
        let copied = wait_for("the clipboard program has three lines", || {
            let found = std::fs::read_to_string(dir.path().join("clipboard")).unwrap_or_default();
            if found.lines().count() == 3 { Ok(found) } else { Err(format!("it has {found:?}")) }
        });
        assert!(project.log("talker").contains(&format!("\n{copied}\n")), "{copied:?} is not what was printed");
        let lines: Vec<&str> = copied.lines().collect();
        assert!(before.windows(3).any(|three| three == lines), "{copied:?} was not in view: {before:?}");
        screen.keys("G");
        screen.wait_text("following");
        let now = project.log("talker").lines().count();
        screen.wait_text(&format!("more {}", now - 3000 + 10));
        leave(&mut screen);
        project.assert_nothing_left();
    });
}

#[test]
fn a_pager_has_the_terminal_and_its_ctrl_c_to_itself() {
    isolated(|| {
        let project = Project::new(TALKER);
        let dir = tempfile::tempdir().unwrap();
        let pager = dir.path().join("pager");
        let script = "#!/bin/sh\ntrap 'echo interrupted' INT\nfor last; do :; done\necho \"shown: $1 $(wc -l < $last)\"\n\
                      while ! read -r key || [ -z \"$key\" ]; do :; done\necho \"typed: $key\"\nread -r key\n";
        std::fs::write(&pager, script).unwrap();
        std::fs::set_permissions(&pager, std::fs::Permissions::from_mode(0o755)).unwrap();
        let (pager, tmp) = (pager.display().to_string(), dir.path().display().to_string());
        let env = HashMap::from([("PAGER", pager.as_str()), ("TMPDIR", tmp.as_str())]);
        let mut screen = Screen::open_with(&project, &[], 30, 100, &env);
        reading(&screen);
        screen.keys("\x071500\r");
        screen.wait_line(&["line 1500"]);
        screen.keys("|");
        screen.wait_text("shown: ");
        assert!(!screen.is_alternate() && !screen.is_raw(), "the terminal is the pager's");
        screen.keys("\x03");
        screen.wait_text("interrupted");
        screen.keys("abc\r");
        screen.wait_text("typed: abc");
        screen.keys("\r");
        screen.wait_line(&["line 1500"]);
        assert!(screen.is_alternate() && screen.is_raw());
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["pager"], "the file of the pager is gone");
        leave(&mut screen);
        project.assert_nothing_left();
    });
}

#[test]
fn a_pager_holds_up_nobody_who_is_told_to_end() {
    isolated(|| {
        let project = Project::new(TALKER);
        let env = HashMap::from([("PAGER", "sh -c 'echo reading; read -r key'")]);
        let mut screen = Screen::open_with(&project, &[], 30, 100, &env);
        reading(&screen);
        screen.keys("|");
        screen.wait_text("reading");
        screen.signal(Signal::TERM);
        screen.wait_exit();
        project.assert_nothing_left();
    });
}

#[test]
fn all_logs_are_searched_and_jumped_to() {
    isolated(|| {
        let project = Project::new(
            "[process.one]\nshell = \"echo first; echo the needle is here; sleep 60\"\n{stop}\n\
             [process.two]\nshell = \"echo second; sleep 60\"\n{stop}",
        );
        let mut screen = Screen::open(&project, &[], 30, 110);
        screen.wait_line(&["two", "running"]);
        screen.wait_text("needle");
        screen.keys("j");
        screen.wait_text("second");
        screen.keys("\x06needle\r");
        screen.wait_line(&["one", "the needle is here"]);
        screen.keys("\r");
        screen.wait_line(&["log", "one"]);
        screen.wait_line(&["match 1 of 1"]);
        leave(&mut screen);
    });
}

/// Three processes count together, each a third of the numbers, far enough apart for three keepers on a busy machine to read them
/// in order; then the first one goes on alone.
fn counting_together() -> String {
    let count = |name: &str, first: u32, then: &str| {
        let take = "echo \"line $n.\"; sleep 0.05; n=$((n + 1)); echo $n > next; mv next turn; n=$((n + 2))";
        let turns =
            format!("while [ $n -lt 36 ]; do if [ \"$(cat turn)\" = $n ]; then {take}; else sleep 0.005; fi; done");
        format!("[process.{name}]\nshell = '''\nn={first}; {turns}; {then}'''\n{{stop}}\n")
    };
    let flow = "while true; do echo more; sleep 0.02; done";
    count("one", 0, flow) + &count("two", 1, "sleep 1000") + &count("third", 2, "sleep 1000")
}

#[test]
fn several_logs_are_read_as_one_in_the_order_of_time() {
    isolated(|| {
        let project = Project::new(&counting_together());
        std::fs::write(project.path("turn"), "0").unwrap();
        let mut screen = Screen::open(&project, &[], 46, 100);
        screen.wait_line(&[" more"]);
        screen.keys("Az");
        screen.wait_text("log  one two third  following");
        screen.wait_line(&[" one   more"]);
        screen.keys("g");
        let expected: Vec<String> =
            (0..36).map(|n| format!("{} line {n}.", ["one  ", "two  ", "third"][n % 3])).collect();
        screen.wait("all lines in order at the top", |screen| {
            let shown = screen.contents();
            let lines: Vec<&str> = shown.lines().map(str::trim).filter(|line| line.contains(" line ")).collect();
            lines == expected
        });
        let place = screen.line_with("one   line 0.").map(|(row, _)| row);
        project.wait_log("one", &"more\n".repeat(100));
        screen.wait_text("new below");
        assert_eq!(screen.line_with("one   line 0.").map(|(row, _)| row), place, "{}", screen.contents());
        screen.keys("&line 2\r");
        screen.wait("only lines with it", |screen| {
            let shown = screen.contents();
            let lines: Vec<&str> = shown.lines().map(str::trim).filter(|line| line.contains(" line ")).collect();
            let wanted = expected.iter().filter(|line| line.contains("line 2"));
            lines == wanted.collect::<Vec<_>>() && !shown.contains("more")
        });
        screen.keys("\x1b");
        screen.wait_line(&["one   line 3."]);
        screen.keys("/line 14");
        screen.wait_line(&["▌third line 14."]);
        screen.keys("\r");
        screen.keys("\x1b");
        screen.wait_no_text("/line 14");
        screen.keys("\x1b");
        screen.wait_text("log  one  following");
        screen.wait_no_text("third line");
        leave(&mut screen);
        project.assert_nothing_left();
    });
}

#[test]
fn a_run_whose_program_is_not_there_is_said_not_to_have_been_started() {
    isolated(|| {
        let project = Project::new("[process.gone]\ncommand = [\"/nonexistent/prog\"]\n");
        project.up();
        project.wait_phase("gone", "failed");
        project.pm(&["start", "gone", "--wait"]).exits(1);
        let mut screen = Screen::open(&project, &[], 30, 100);
        screen.wait_text("run 1 could not be started   run 2 could not be started");
        screen.keys("q");
        screen.wait_text("leave the supervisor to itself (detach)");
        screen.keys("s");
        assert!(screen.wait_exit().success());
        project.assert_nothing_left();
    });
}
