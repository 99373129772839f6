//! `pm attach` and `pm send`: one process full-screen, several at once, the way out, and what is refused.

use std::collections::HashMap;
use std::time::Duration;

use rustix::process::Signal;

use super::{SHELL, attached, says, script};
use crate::support::{Project, Screen, isolated, pause, wait_for};

fn alone(project: &Project, name: &str) -> Screen {
    let screen = Screen::open(project, &["attach", name], 24, 80);
    screen.wait_text(&format!("attached to {name}"));
    screen
}

#[test]
fn it_is_shown_alone_and_left_by_two_keys() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        let mut screen = alone(&project, "shell");
        assert!(screen.is_alternate() && screen.is_raw());
        screen.wait_text("ready>");
        screen.keys("stty size\r");
        screen.wait_line(&["23 80"]);
        screen.resize(30, 90);
        screen.keys("stty size\r");
        screen.wait_line(&["29 90"]);
        // Twice is for the program. The shell itself must not read it: there it means "go to the next such character".
        screen.keys("echo sta''rted; cat -v\r");
        screen.wait_text("started");
        screen.keys("\x1d\x1d\r");
        screen.wait_line(&["^]"]);
        screen.keys("\x03");
        screen.keys("\x1d");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        says(&screen, "shell runs on; `pm attach shell` shows it again");
        let mut again = alone(&project, "shell");
        again.wait_line(&["29 90"]);
        again.keys("\x1b[24~");
        assert!(again.wait_exit().success());
        again.wait_restored();
        project.down();
    });
}

#[test]
fn the_cursor_has_the_shape_the_program_asks_for_until_one_leaves() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        let mut screen = alone(&project, "shell");
        screen.wait_text("ready>");
        let count = |screen: &Screen, what: &str| String::from_utf8_lossy(&screen.raw()).matches(what).count();
        screen.keys(r"printf '\033[5 q\033]12;red\007'; echo sha''ped");
        screen.keys("\r");
        screen.wait_text("shaped");
        wait_for("a blinking beam", || if count(&screen, "\x1b[5 q") > 0 { Ok(()) } else { Err(screen.contents()) });
        assert_eq!((count(&screen, "\x1b[5 q"), count(&screen, "\x1b[0 q"), count(&screen, "\x1b]12;")), (1, 0, 0));
        screen.keys("\x1b[24~");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        assert!(count(&screen, "\x1b[0 q") > 0, "it is given back as it was");
        project.down();
    });
}

#[test]
fn its_end_is_told_and_becomes_the_exit_code() {
    isolated(|| {
        let project =
            Project::new(&format!("{SHELL}[process.other]\ncommand = \"bash --norc -i\"\ntty = true\n{{stop}}"));
        project.up();
        let mut screen = alone(&project, "shell");
        screen.keys("exit 7\r");
        assert_eq!(screen.wait_exit().code(), Some(1));
        screen.wait_restored();
        says(&screen, "shell has ended: exit 7");
        let mut screen = alone(&project, "other");
        screen.keys("exit\r");
        assert!(screen.wait_exit().success());
        says(&screen, "other has ended: exit 0");
        project.down();
    });
}

#[test]
fn a_signal_restores_the_terminal() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        let mut screen = alone(&project, "shell");
        screen.signal(Signal::TERM);
        screen.wait_exit();
        screen.wait_restored();
        project.wait_phase("shell", "running");
        project.down();
    });
}

#[test]
fn the_supervisor_may_go_and_the_next_one_is_typed_through() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        let mut screen = alone(&project, "shell");
        screen.wait_text("ready>");
        project.kill_supervisor();
        screen.wait_text("took over");
        screen.keys("echo $((40 + 2))\r");
        screen.wait_line(&["42"]);
        screen.keys("\x1b[24~");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        project.down();
    });
}

#[test]
fn refusals_say_what_to_do() {
    isolated(|| {
        let project = Project::new(&format!(
            "{SHELL}[process.plain]\ncommand = \"{{bad}} sleep 0\"\n{{stop}}\n\
             [process.off]\ncommand = \"bash\"\ntty = true\nautostart = false\n"
        ));
        project.pm(&["attach", "shell"]).exits(3).says("pm up -d");
        project.up();
        project.wait_phase("shell", "running");
        project.wait_phase("plain", "running");
        project.pm(&["attach", "shell"]).exits(2).says("needs a terminal").says("pm logs shell -f");
        project.pm(&["attach", "plain"]).exits(4).says("tty = true");
        project.pm(&["attach", "off"]).exits(4).says("stopped").says("pm start off");
        project.pm(&["attach", "shall"]).exits(4).says("did you mean \"shell\"?");
        let id = project.layout("state").file_name().unwrap().to_str().unwrap().to_owned();
        let inside = HashMap::from([("PM_PROCESS", "shell"), ("PM_PROJECT", id.as_str())]);
        let mut screen = Screen::open_with(&project, &["attach", "shell"], 24, 80, &inside);
        assert_eq!(screen.wait_exit().code(), Some(4));
        says(&screen, "cannot show itself");
        let mut dashboard = Screen::open(&project, &[], 30, 100);
        dashboard.wait_line(&["plain", "running"]);
        dashboard.keys("ja");
        dashboard.wait_text("tty = true");
        super::detach(&mut dashboard);
        project.down();
    });
}

#[test]
fn several_look_at_once_and_type_and_a_question_is_answered_once() {
    isolated(|| {
        // Prints how many answers came to one question within a second.
        let project = script(
            "stty raw -echo; printf 'here\\r\\n'; while read -r -n 1 key; do case $key in \
             a) printf '\\e[c'; sleep 1; got=; while read -r -t 0.2 -n 1 c; do got+=$c; done; \
                printf 'ANSWERS %s\\r\\n' \"${got//[^c]/}\";; \
             *) printf 'key %s\\r\\n' \"$key\";; esac; done",
        );
        project.up();
        let one = alone(&project, "it");
        let two = alone(&project, "it");
        let dashboard = attached(&project, "it");
        for screen in [&one, &two, &dashboard] {
            screen.wait_text("here");
        }
        for (screen, key) in [(&one, "1"), (&two, "2"), (&dashboard, "3")] {
            screen.keys(key);
            for screen in [&one, &two, &dashboard] {
                screen.wait_text(&format!("key {key}"));
            }
        }
        two.keys("a");
        for screen in [&one, &two, &dashboard] {
            screen.wait("one answer", |screen| screen.contents().lines().any(|line| line.trim_end() == "ANSWERS c"));
        }
        drop((one, two, dashboard));
        project.down();
    });
}

#[test]
fn pastes_and_clicks_reach_a_child_that_asked_for_them() {
    isolated(|| {
        let project = script("stty -icanon -echo; printf '\\e[?2004h\\e[?1002h\\e[?1006h'; printf ready; cat -v");
        project.up();
        let screen = attached(&project, "it");
        screen.wait_text("ready");
        screen.keys("\x1b[200~two\nlines\x1b[201~");
        screen.wait_text("^[[200~two");
        screen.wait_text("lines^[[201~");
        // The pane begins in the third row.
        screen.keys("\x1b[<0;5;8M\x1b[<32;6;8M\x1b[<0;6;8m\x1b[<64;6;8M");
        screen.wait_text("^[[<0;5;6M^[[<32;6;6M^[[<0;6;6m^[[<64;6;6M");
        // Outside of the pane nothing is the child's.
        screen.keys("\x1b[<0;5;1Mz");
        screen.wait_text("6Mz");
        drop(screen);
        project.down();
    });
}

#[test]
fn keys_and_texts_are_sent_by_name() {
    isolated(|| {
        let project = Project::new(SHELL);
        project.up();
        project.wait_log("shell", "ready>");
        project.pm(&["send", "shell", "echo $((6 * 7))"]).ok().says("shell: sent \"echo $((6 * 7))\" and a newline");
        project.wait_log("shell", "42");
        project.pm(&["send", "shell", "echo sta''rted; cat -v"]).ok();
        project.wait_log("shell", "started\n");
        project.pm(&["send", "shell", "-n", "left"]).ok().says("shell: sent \"left\"");
        project.pm(&["send", "shell", "--key", "up", "--key", "f5", "--key", "enter"]).ok().says("up, f5, enter");
        project.wait_log("shell", "left^[[A^[[15~");
        project.pm(&["send", "shell", "--key", "ctrl-c"]).ok().says("shell: sent ctrl-c");
        project.wait_log("shell", "^C");
        project.pm(&["send", "shell", "exit 5", "--key", "enter"]).ok();
        project.wait_row("shell", "ended", |row| row.exit_code() == Some(5));
        project.pm(&["send", "shell", "--key", "hyper-x"]).exits(2).says("is no key");
        project.down();
    });
}

#[test]
fn any_size_will_do() {
    isolated(|| {
        let project = script(
            "printf 'hello \\e[?1049h there 日本'; trap 'printf \"\\e[HX\"' WINCH; while :; do sleep 0.05; done",
        );
        project.up();
        let screen = attached(&project, "it");
        let mut alone = alone(&project, "it");
        for (rows, cols) in [(1, 1), (2, 2), (3, 40), (40, 3), (6, 30), (5, 29), (60, 200), (24, 80)] {
            for screen in [&screen, &alone] {
                screen.resize(rows, cols);
            }
            pause(Duration::from_millis(100));
        }
        screen.wait_text("attached to it");
        alone.wait_text("attached to it");
        alone.keys("\x1b[24~");
        assert!(alone.wait_exit().success());
        screen.keys("\x1b[24~");
        screen.wait_line(&["it", "running"]);
        drop(screen);
        project.down();
    });
}
