//! Programs that people use, inside the pane, as at a bare terminal.

use std::path::Path;

use super::{SHELL, attached, detach};
use crate::support::{Lacking, Project, Row, Screen, isolated, left_out, wait_for};

/// Says so and gives true where a program is not installed.
fn is_missing(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let missing = !path.split(':').any(|dir| Path::new(dir).join(program).exists());
    if missing {
        left_out(Lacking::Program(program));
    }
    missing
}

fn typed(screen: &Screen, text: &str) {
    screen.keys(text);
    screen.keys("\r");
}

/// An empty prompt: the shell reads what is typed next.
fn wait_prompt(screen: &Screen) {
    screen.wait("an empty prompt", |screen| {
        let (row, col) = screen.cursor_position();
        col == 7 && screen.rows(0, 8).nth(row.into()).is_some_and(|line| line.trim_end() == "ready>")
    });
}

/// The program has drawn itself anew at another size.
fn wait_row(screen: &Screen, row: usize, text: &str) {
    screen.wait(&format!("{text:?} in row {row}"), |screen| {
        screen.rows(0, 200).nth(row).is_some_and(|line| line.contains(text))
    });
}

fn log_bytes(row: &Row) -> u64 {
    row.0["log_bytes"].as_u64().unwrap()
}

#[test]
fn a_shell_gets_keys_sizes_and_colours_and_its_end_is_told() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        let mut screen = attached(&project, "shell");
        screen.wait_text("ready>");
        typed(&screen, "echo $((6 * 7)) from $TERM");
        screen.wait_line(&["42 from xterm-256color"]);
        typed(&screen, "stty size");
        screen.wait_line(&["27 100"]);
        typed(&screen, "printf '\\e[1;35mpink\\e[0m\\n'");
        screen.wait("a bold magenta word", |screen| {
            let found = (0..30).flat_map(|row| (0..100).map(move |col| (row, col)));
            found
                .filter_map(|(row, col)| screen.cell(row, col))
                .any(|cell| cell.contents() == "p" && cell.bold() && cell.fgcolor() == vt100::Color::Idx(5))
        });
        // What is under way is interrupted by ctrl-c, which is the child's and not ours.
        typed(&screen, "sh -c 'echo under $((1 + 1)) way; exec sleep 100'");
        screen.wait_line(&["under 2 way"]);
        screen.keys("\x03");
        screen.wait_text("^C");
        wait_prompt(&screen);
        screen.resize(40, 120);
        // The footer stands where it belongs now.
        wait_row(&screen, 39, "every key");
        typed(&screen, "stty size");
        screen.wait_line(&["37 120"]);
        typed(&screen, "exit 3");
        screen.wait_text("shell has ended: exit 3; the keys are pm's again");
        screen.wait_line(&["shell", "exit 3"]);
        screen.keys("d");
        screen.wait_text("command");
        detach(&mut screen);
        project.down();
    });
}

#[test]
fn vim_edits_and_leaves_the_screen_as_it_was() {
    isolated(|| {
        if is_missing("vim") {
            return;
        }
        let project = Project::new(SHELL);
        project.up();
        let screen = attached(&project, "shell");
        screen.wait_text("ready>");
        typed(&screen, "echo before; vim -u NONE -N new.txt");
        screen.wait_text("[New]");
        screen.wait_no_text("before");
        screen.keys("iwörld 日本\x1b");
        screen.wait_text("wörld 日本");
        screen.keys("Ohello\x1b[D\x1b[D!\x1b");
        screen.wait_text("hel!lo");
        screen.resize(35, 90);
        wait_row(&screen, 32, "~");
        typed(&screen, ":wq");
        screen.wait_text("before");
        screen.wait_no_text("hel!lo");
        typed(&screen, "cat new.txt; echo end");
        screen.wait_text("wörld 日本");
        assert_eq!(std::fs::read_to_string(project.path("new.txt")).unwrap(), "hel!lo\nwörld 日本\n");
        drop(screen);
        project.down();
    });
}

#[test]
fn nano_edits() {
    isolated(|| {
        if is_missing("nano") {
            return;
        }
        let project = Project::new(SHELL);
        project.up();
        let screen = attached(&project, "shell");
        screen.wait_text("ready>");
        typed(&screen, "nano -I new.txt");
        screen.wait_text("GNU nano");
        screen.keys("one\rtwo\x1b[A\x1b[Hfirst ");
        screen.wait_text("first one");
        screen.keys("\x18");
        screen.wait_text("Save modified buffer");
        screen.keys("y\r");
        screen.wait_text("ready>");
        screen.wait_no_text("GNU nano");
        assert_eq!(std::fs::read_to_string(project.path("new.txt")).unwrap(), "first one\ntwo\n");
        drop(screen);
        project.down();
    });
}

#[test]
fn less_pages() {
    isolated(|| {
        if is_missing("less") {
            return;
        }
        let project = Project::new(SHELL);
        project.up();
        let screen = attached(&project, "shell");
        screen.wait_text("ready>");
        typed(&screen, "seq 1000 1 2000 | less");
        screen.wait_line(&["1025"]);
        screen.wait_no_text("ready>");
        screen.keys(" ");
        screen.wait_line(&["1040"]);
        typed(&screen, "/1777");
        screen.wait_line(&["1777"]);
        screen.keys("G");
        screen.wait_line(&["2000"]);
        screen.keys("q");
        screen.wait_text("ready>");
        screen.wait_no_text("1999");
        drop(screen);
        project.down();
    });
}

#[test]
fn htop_draws_takes_function_keys_and_ends() {
    isolated(|| {
        if is_missing("htop") {
            return;
        }
        let project = Project::new("[process.htop]\ncommand = \"htop\"\ntty = true\n{stop}\n");
        project.up();
        let screen = attached(&project, "htop");
        screen.wait_text("F10Quit");
        assert!(screen.is_coloured());
        screen.keys("\x1b[15~");
        screen.wait_text("F5List");
        screen.resize(24, 80);
        wait_row(&screen, 22, "F10Quit");
        screen.keys("\x1b[21~");
        screen.wait_text("htop has ended: exit 0");
        drop(screen);
        project.down();
    });
}

#[test]
fn python_is_talked_to() {
    isolated(|| {
        if is_missing("python3") {
            return;
        }
        let project = Project::new("[process.py]\ncommand = \"python3 -q\"\ntty = true\n{stop}\n");
        project.up();
        let screen = attached(&project, "py");
        screen.wait_text(">>>");
        typed(&screen, "6 * 7");
        screen.wait_line(&["42"]);
        // History by arrow keys.
        screen.keys("\x1b[A\x7f8\r");
        screen.wait_line(&["48"]);
        typed(&screen, "import os; os.get_terminal_size()");
        screen.wait_text("columns=100, lines=27");
        screen.keys("\x04");
        screen.wait_text("py has ended: exit 0");
        drop(screen);
        project.down();
    });
}

#[test]
fn what_was_printed_before_is_read_with_the_keys_of_the_log() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        let screen = attached(&project, "shell");
        screen.wait_text("ready>");
        typed(&screen, "seq -f 'row %g.' 300");
        screen.wait_line(&["row 300."]);
        // Attached: with shift, as in other terminals; a key goes back to the live screen.
        screen.keys("\x1b[5;2~");
        screen.wait_line(&["row 260."]);
        screen.keys("x");
        screen.wait_text("ready> x");
        screen.keys("\x1b[24~");
        screen.wait_no_text("attached to");
        screen.keys("KK");
        screen.wait_text("paused");
        screen.wait_no_text("ready> x");
        screen.keys("f");
        screen.wait_text("ready> x");
        // Half a screen, twice: a row that the end of the log does not show.
        screen.wait_no_text("row 265.");
        screen.keys("\x15\x15");
        screen.wait_text("row 265.");
        screen.keys("\tG");
        screen.wait_text("ready> x");
        drop(screen);
        project.down();
    });
}

#[test]
fn a_program_that_has_printed_much_is_asked_to_draw_anew() {
    isolated(|| {
        let script = r"
            draw() { printf '\e[2J\e[HDRAWN'; }
            trap draw WINCH
            printf '\e[?1049h'; draw
            while [ ! -e go ]; do sleep 0.05; done
            for i in $(seq 1 400); do printf '\e[5;5H%08192d' $i; done
            printf '\e[2J\e[20;1Hleft over'; : > gone
            while :; do sleep 0.1; done";
        let project = super::script(script);
        project.up();
        // Somebody has looked before, so the size is known and stays; only the beginning is no longer played.
        let mut screen = attached(&project, "it");
        screen.wait_text("DRAWN");
        std::fs::write(project.path("go"), "").unwrap();
        // Not on the screen: who cannot follow such a flood has had it drawn anew already.
        wait_for("all is printed", || if project.path("gone").exists() { Ok(()) } else { Err("not yet".to_owned()) });
        screen.keys("\x1b[24~");
        screen.wait_no_text("every key");
        detach(&mut screen);
        project.wait_row("it", "known to have printed much", |row| log_bytes(row) > 3 << 20);
        let screen = Screen::open(&project, &[], 30, 100);
        screen.wait_text("DRAWN");
        screen.wait_no_text("left over");
        drop(screen);
        project.down();
    });
}

#[test]
fn looking_alone_changes_no_size() {
    isolated(|| {
        // bash loses a signal that comes while its trap runs, so the trap does next to nothing.
        let script = r"
            trap changed=yes WINCH; echo here
            while :; do
                [ $changed ] && { changed=; echo changed to $(stty size); }
                sleep 0.05
            done";
        let project = super::script(script);
        project.up();
        let mut screen = attached(&project, "it");
        screen.wait_text("changed to 27 100");
        screen.keys("\x1b[24~");
        screen.wait_no_text("every key");
        detach(&mut screen);
        let screen = Screen::open(&project, &[], 50, 200);
        screen.wait_text("100x27");
        screen.wait_text("changed to 27 100");
        // A window that becomes smaller under the eyes of who looks is another matter.
        screen.resize(20, 80);
        screen.wait_text("changed to 11 80");
        let log = project.log("it");
        let told: Vec<&str> = log.lines().filter(|line| line.starts_with("changed")).collect();
        assert_eq!(told.last(), Some(&"changed to 11 80"), "{log}");
        assert!(!log.contains("changed to 47"), "{log}");
        drop(screen);
        project.down();
    });
}

#[test]
fn nobody_looks_and_the_child_is_never_blocked() {
    isolated(|| {
        let script = "stty raw -opost; head -c 50000000 /dev/zero | tr '\\0' x; echo; exit 0";
        let project = super::script(script);
        project.up();
        project.wait_phase("it", "completed");
        project.wait_row("it", "known to have all its bytes", |row| log_bytes(row) >= 50_000_000);
        project.down();
    });
}

#[test]
fn a_program_that_closes_its_side_of_the_terminal_lives_on_and_can_open_it_again() {
    isolated(|| {
        let script = "trap 'exit 9' HUP; exec </dev/null >/dev/null 2>&1; touch closed; while [ ! -e go ]; do sleep 0.05; done; \
                      echo once more >/dev/tty; exec sleep 1000";
        let project = Project::new(&format!("[process.shy]\ntty = true\nshell = \"\"\"{script}\"\"\"\n{{stop}}"));
        project.up();
        wait_for("it has closed its side", || {
            if project.path("closed").exists() { Ok(()) } else { Err(project.row("shy").to_string()) }
        });
        std::fs::write(project.path("go"), "").unwrap();
        project.wait_log("shy", "once more");
        project.wait_phase("shy", "running");
        project.pm(&["stop", "shy", "--wait"]).ok();
        assert_eq!(project.row("shy").exit_by(), "stop stage 1");
        project.down();
        project.assert_nothing_left();
    });
}
