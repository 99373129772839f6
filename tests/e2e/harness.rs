//! The harness tested on itself: a check that cannot fail proves nothing.

use std::process::{Command, Stdio};

use crate::support::left_out::{Lacking, REQUIRED, told};
use crate::support::procs::{MARK, signal_marked};
use crate::support::project::bad_child;
use crate::support::{Process, Project, Screen, isolated, survivors, wait_for};

#[test]
fn isolation_gives_a_pid_namespace_of_its_own() {
    isolated(|| {
        let all = Process::all();
        assert!(all.len() < 10, "a fresh namespace holds few processes, not {}", all.len());
        assert_eq!(all[0].pid, 1);
    });
}

#[test]
#[should_panic = "failed in its namespace"]
fn a_failure_inside_is_a_failure_outside() {
    isolated(|| panic!("it fails"));
}

#[test]
fn survivors_are_found_by_mark_wherever_they_fled() {
    isolated(|| {
        let project = Project::empty();
        let mut child = Command::new(bad_child())
            .args(["double-fork", "ignore TERM,HUP,INT sleep 0", "setsid-fork", "sleep 0", "sleep", "0"])
            .env(MARK, project.mark())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("three are alive", || {
            let alive = survivors(project.mark());
            if alive.len() == 3 { Ok(()) } else { Err(format!("{alive:?}")) }
        });
        assert!(survivors("another-mark").is_empty());
        assert!(
            !signal_marked(child.id(), "another-mark", rustix::process::Signal::KILL),
            "a stranger is not signalled"
        );
        for process in project.alive() {
            project.kill9(process.pid);
        }
        child.wait().unwrap();
        project.assert_nothing_left();
    });
}

#[test]
#[should_panic = "last seen:\nthree of four"]
fn waiting_in_vain_tells_what_it_saw() {
    crate::support::wait_within(std::time::Duration::from_millis(30), "it is there", || -> Result<(), String> {
        Err("three of four".into())
    });
}

fn shell_at_a_terminal(project: &Project, script: &str) -> Screen {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env(MARK, project.mark()).env("TERM", "xterm-256color");
    Screen::run(command, project.mark(), 10, 40)
}

#[test]
fn a_screen_shows_what_a_terminal_shows_and_notices_what_is_left_behind() {
    isolated(|| {
        let project = Project::empty();
        let script = r"trap 'stty size' WINCH
            stty raw -echo; printf '\033[?1049h\033[?25lplain \033[31mred\033[0m\r\n\033[7mselected row\033[0m\r\n'
            while key=$(dd bs=1 count=1 2>/dev/null) && [ $key != q ]; do printf 'key %s\r\n' $key; done
            stty sane; printf '\033[?1049l\033[?25h'; exit 7";
        let mut screen = shell_at_a_terminal(&project, script);
        screen.wait_line(&["plain", "red"]);
        screen.wait_selected("selected row");
        assert!(screen.is_alternate() && screen.is_raw() && screen.is_coloured());
        assert_eq!(screen.colours(0, 6).0, vt100::Color::Idx(1));
        assert_eq!(screen.line_with("selected").map(|(row, _)| row), Some(1));
        screen.keys("x");
        screen.wait_text("key x");
        screen.resize(20, 60);
        screen.keys("y");
        screen.wait_text("20 60");
        screen.keys("q");
        assert_eq!(screen.wait_exit().code(), Some(7));
        wait_for("the main screen is back", || if screen.is_alternate() { Err(screen.contents()) } else { Ok(()) });
    });
}

#[test]
fn a_terminal_left_raw_is_noticed() {
    isolated(|| {
        let project = Project::empty();
        let mut screen = shell_at_a_terminal(&project, r"stty raw -echo; printf '\033[?1049h\033[?1000hgone'");
        screen.wait_exit();
        let left = wait_for("everything has arrived", || {
            screen.restored().err().filter(|e| e.contains("mouse")).ok_or("-".into())
        });
        assert_eq!(left, "left behind: settings (stty), alternate screen, mouse");
    });
}

#[test]
fn a_closed_window_hangs_up() {
    isolated(|| {
        let project = Project::empty();
        let mut screen = shell_at_a_terminal(&project, "trap 'exit 9' HUP; printf up; while :; do sleep 0.05; done");
        screen.wait_text("up");
        screen.close_window();
        assert_eq!(screen.wait_exit().code(), Some(9));
    });
}

#[test]
fn what_is_left_out_is_told_and_a_failure_where_everything_is_required() {
    let (program, system) = (Lacking::Program("vim"), Lacking::Permission("no disk can be mounted"));
    assert_eq!(told(program, false), Ok("left out: vim is not installed here".to_owned()));
    assert_eq!(told(program, true), told(program, false), "nobody has to install a program");
    assert_eq!(told(system, false), Ok("left out: no disk can be mounted".to_owned()));
    let failure = told(system, true).unwrap_err();
    assert!(failure.contains("no disk can be mounted") && failure.contains(REQUIRED), "{failure}");
}
