//! The dashboard at a real terminal: what the keys do, what is seen, and that the terminal is given back as it was.

mod demo;
mod leaving;
mod orders;

use std::cell::Cell;
use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use crate::support::{Project, Screen, isolated, pause, wait_for};
use rustix::process::Signal;

const THREE: &str = r#"
[process.alpha]
command = "{bad} print alpha-line sleep 0"
{stop}
[process.beta]
command = "{bad} ignore TERM print beta-line sleep 0"
stop = [ { signal = "TERM", wait = "3s" }, { signal = "TERM", wait = "1s" }, { signal = "KILL" } ]
[process.gamma]
command = "{bad} print gamma-line sleep 0"
autostart = false
{stop}
"#;

fn open(project: &Project) -> Screen {
    let screen = Screen::open(project, &[], 30, 110);
    screen.wait_line(&["alpha", "running"]);
    screen.wait_line(&["beta", "running"]);
    screen
}

/// The stage that a row of the table is in, and the seconds that are left of it: `TERM ✓ INT ━━╌╌ 2.7s KILL`.
fn stage_of(screen: &vt100::Screen, name: &str) -> Option<(String, f32)> {
    let shown = screen.contents();
    let line = shown.lines().find(|line| line.contains(name) && line.contains("stopping"))?;
    let mut stage = None;
    for word in line.split_whitespace() {
        let left = word.strip_suffix('s').filter(|left| left.len() == 3 && left.as_bytes()[1] == b'.');
        if let Some(left) = left.and_then(|left| left.parse().ok()) {
            return Some((stage?, left));
        }
        if word.len() >= 3 && word.chars().all(|letter| letter.is_ascii_uppercase()) {
            stage = Some(word.to_owned());
        }
    }
    None
}

/// Waits until a row is in this stage with less than so many seconds left; how many they are.
#[track_caller]
fn wait_stage(screen: &Screen, name: &str, stage: &str, below: f32) -> f32 {
    let found = Cell::new(0.0);
    screen.wait(&format!("{name} in {stage} with less than {below} s left"), |screen| {
        let now = stage_of(screen, name).filter(|(now, left)| now == stage && *left < below);
        now.is_some_and(|(_, left)| {
            found.set(left);
            true
        })
    });
    found.get()
}

#[test]
fn it_opens_on_the_table_and_the_log_of_the_selected_process() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        assert!(screen.is_alternate() && screen.is_raw());
        screen.wait_line(&["gamma", "stopped"]);
        screen.wait_text("case");
        screen.wait_selected("alpha");
        screen.wait_text("alpha-line");
        screen.keys("j");
        screen.wait_selected("beta");
        screen.wait_text("beta-line");
        screen.keys("k");
        screen.wait_selected("alpha");
        screen.keys("G");
        screen.wait_selected("gamma");
        screen.keys("g");
        screen.wait_selected("alpha");
        assert!(screen.is_coloured());
        screen.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn a_command_typed_after_n_runs_in_the_environment_of_the_dashboard() {
    isolated(|| {
        let project = Project::new(THREE);
        project.pm(&["up", "-d"]).ok();
        let mut screen = Screen::open_with(&project, &[], 30, 110, &HashMap::from([("WHOSE", "mine")]));
        screen.wait_line(&["alpha", "running"]);
        screen.keys("nmore=echo it is $WHOSE; exec sleep 1000\r");
        screen.wait_line(&["more", "running"]);
        screen.wait_text("it is mine");
        screen.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn every_key_is_answered_though_nothing_else_happens() {
    isolated(|| {
        let project = Project::new(THREE);
        project.pm(&["up", "-d"]).ok();
        let screen = open(&project);
        // Nobody sends a snapshot any more, so nothing but the key itself can wake the dashboard.
        let supervisor = rustix::process::Pid::from_raw(project.supervisor_pid() as i32).unwrap();
        rustix::process::kill_process(supervisor, Signal::STOP).unwrap();
        for _ in 0..20 {
            screen.keys("j");
            screen.wait_selected("beta");
            screen.keys("k");
            screen.wait_selected("alpha");
        }
        rustix::process::kill_process(supervisor, Signal::CONT).unwrap();
        drop(screen);
        project.down();
    });
}

#[test]
fn who_watches_goes_on_when_the_first_one_leaves() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut first = open(&project);
        let mut second = open(&project);
        let before = project.wait_phase("alpha", "running");
        second.keys("j");
        second.wait_selected("beta");
        first.keys("q");
        first.wait_text("detach");
        first.keys("d");
        assert!(first.wait_exit().success());
        second.wait_text("took over");
        second.wait_selected("beta");
        second.keys("x");
        second.wait_line(&["beta", "TERM"]);
        assert_eq!(project.row("alpha").pid(), before.pid());
        second.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn a_killed_supervisor_is_replaced_under_the_eyes_of_who_watches() {
    isolated(|| {
        let project = Project::new(THREE);
        project.pm(&["up", "-d"]).ok();
        let before = project.wait_phase("alpha", "running");
        let mut screen = open(&project);
        project.kill9(project.supervisor_pid());
        screen.wait_text("took over");
        screen.wait_line(&["alpha", "running"]);
        let after = project.wait_phase("alpha", "running");
        assert_eq!((after.pid(), after.run_id()), (before.pid(), before.run_id()));
        screen.quit();
        wait_for("the last word", || {
            let shown = screen.contents();
            if shown.contains("everything is stopped") { Ok(()) } else { Err(shown) }
        });
        project.assert_nothing_left();
    });
}

#[test]
fn the_log_pane_follows_scrolls_back_and_keeps_its_place() {
    isolated(|| {
        let project =
            Project::new("[process.talker]\ncommand = \"{bad} lines 3000 lines 0 every 20ms prefix more\"\n{stop}");
        let mut screen = Screen::open(&project, &[], 30, 100);
        screen.wait_text("more 20");
        screen.keys("\r");
        screen.keys("g");
        screen.wait_line(&["line 1"]);
        screen.wait(" the first lines", |screen| {
            screen.contents().lines().any(|line| line.trim_end().ends_with("line 1"))
        });
        let place = |screen: &Screen| screen.line_with("line 3").map(|(row, _)| row);
        let before = place(&screen);
        let printed = project.log("talker").lines().count();
        project.wait_log("talker", &format!("more {}\n", printed - 3000 + 30));
        assert_eq!(place(&screen), before, "the view moved while it was scrolled back:\n{}", screen.contents());
        screen.keys("G");
        let printed = project.log("talker").lines().count() - 3000;
        screen.wait("the newest lines again", |screen| {
            let shown = screen.contents();
            let last = shown.lines().filter_map(|line| line.trim().rsplit_once("more ")?.1.trim().parse().ok());
            last.max().is_some_and(|last: usize| last >= printed)
        });
        screen.keys("\x1b");
        screen.wait_text("processes 1");
        screen.quit();
    });
}

#[test]
fn help_and_filter_open_and_close() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        screen.keys("?");
        screen.wait_text("type to find");
        screen.wait_text("restart");
        screen.keys("\x1b");
        screen.wait_no_text("type to find");
        screen.keys("/");
        screen.keys("bet");
        screen.wait_no_text("gamma");
        screen.wait_line(&["beta", "running"]);
        screen.keys("\r");
        screen.keys("\x1b");
        screen.wait_line(&["gamma", "stopped"]);
        screen.quit();
    });
}

#[test]
fn any_size_will_do_down_to_one_cell() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        for (rows, cols) in [(60, 200), (24, 80), (7, 40), (6, 30), (3, 10), (1, 200), (60, 1), (1, 1), (2, 2), (1, 1)]
        {
            screen.resize(rows, cols);
            pause(Duration::from_millis(30));
            screen.keys("j");
            assert!(!screen.is_over(), "it left at {rows} × {cols}");
        }
        // A storm of sizes while output flows and keys are pressed.
        for n in 0..200_u16 {
            screen.resize(1 + n * 7 % 60, 1 + n * 13 % 200);
            screen.keys(["j", "k", "?", "\x1b", "\t"][usize::from(n) % 5]);
            pause(Duration::from_millis(2));
        }
        // An escape that is read together with the next byte is Alt and that key, at every terminal; so the help may be open still,
        // with the keys of the storm typed into it. One escape clears that, the next closes it.
        for _ in 0..3 {
            pause(Duration::from_millis(50));
            screen.keys("\x1b");
        }
        screen.resize(30, 110);
        screen.wait_line(&["alpha", "running"]);
        screen.wait_line(&["beta", "running"]);
        assert!(!screen.is_over());
        screen.keys("\x1b");
        pause(Duration::from_millis(200));
        screen.quit();
        project.assert_nothing_left();
    });
}

#[test]
fn a_size_that_comes_together_with_a_key_is_not_lost() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        for (key, rows, cols) in [("j", 4, 20), ("k", 30, 110)].repeat(10) {
            // Both wait for it when it goes on.
            screen.signal(Signal::STOP);
            wait_for("it is stopped", || if screen.state() == 'T' { Ok(()) } else { Err(screen.state().to_string()) });
            screen.keys(key);
            screen.resize(rows, cols);
            screen.signal(Signal::CONT);
            // A terminal cuts off what has no room; only the dashboard itself leaves out the title of the table.
            screen.wait("the new size", |screen| {
                let shown = screen.contents();
                let is_small = shown.contains("pm case") && shown.contains("beta") && !shown.contains("──");
                if rows < 10 { is_small } else { shown.contains("processes 3") }
            });
        }
        screen.quit();
    });
}

#[test]
fn a_key_that_comes_together_with_a_size_is_not_kept_for_the_next_key() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        for (key, selected, cols) in [("j", "beta", 100), ("k", "alpha", 110)].repeat(100) {
            screen.resize(30, cols);
            screen.keys(key);
            screen.wait_selected(selected);
        }
        screen.quit();
    });
}

#[test]
fn the_picture_goes_on_after_half_a_key() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        // The beginning of an arrow key, as a slow line delivers it, and as Alt and the bracket type it.
        screen.keys("\x1b[");
        project.pm(&["start", "gamma"]).ok();
        screen.wait_line(&["gamma", "running"]);
        screen.keys("B");
        screen.wait_selected("beta");
        screen.quit();
    });
}

#[test]
fn it_opens_in_one_cell_too() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = Screen::open(&project, &[], 1, 1);
        wait_for("it supervises", || {
            let out = project.pm(&["ps", "--json"]);
            if out.code == Some(0) { Ok(()) } else { Err(out.to_string()) }
        });
        project.wait_phase("alpha", "running");
        screen.resize(24, 80);
        screen.wait_line(&["alpha", "running"]);
        screen.quit();
    });
}

#[test]
fn no_color_means_no_colour_and_still_a_selection() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = Screen::open_with(&project, &[], 30, 110, &HashMap::from([("NO_COLOR", "1")]));
        screen.wait_line(&["alpha", "running"]);
        screen.wait_selected("alpha");
        assert!(!screen.is_coloured(), "{}", screen.contents());
        screen.keys("j");
        screen.wait_selected("beta");
        assert!(!screen.is_coloured());
        screen.quit();
    });
}

#[test]
fn a_locale_without_utf_8_gets_ascii_and_a_theme_that_is_none_is_told() {
    isolated(|| {
        let project = Project::new(THREE);
        let env = HashMap::from([("LC_ALL", "C"), ("PM_THEME", "high-contrast")]);
        let mut screen = Screen::open_with(&project, &[], 30, 110, &env);
        screen.wait_line(&["* alpha", "running"]);
        assert!(screen.contents().is_ascii() && !screen.is_coloured(), "{}", screen.contents());
        screen.quit();
        let mut screen = Screen::open_with(&project, &[], 30, 110, &HashMap::from([("PM_THEME", "pink")]));
        screen.wait_text("terminal, mono or high-contrast");
        assert_eq!(screen.wait_exit().code(), Some(2));
    });
}

#[test]
fn control_z_gives_the_terminal_back_and_takes_it_again() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        let pid = project.wait_phase("alpha", "running").pid();
        for supervisor in ["this one", "another"] {
            let was_here = project.supervisor_pid() == screen.pid();
            assert_eq!(was_here, supervisor == "this one");
            screen.keys("\x1a");
            wait_for("the dashboard is suspended", || match screen.state() {
                'T' => Ok(()),
                other => Err(format!("state {other}")),
            });
            screen.wait_restored();
            // Supervising goes on meanwhile.
            assert_ne!(project.supervisor_pid(), screen.pid());
            let run = project.row("beta").run();
            project.pm(&["restart", "beta", "--wait"]).ok();
            assert_eq!(project.row("beta").run(), run + 1);
            screen.signal(Signal::CONT);
            screen.wait("the dashboard again", vt100::Screen::alternate_screen);
            screen.wait_line(&["alpha", "running"]);
            assert!(screen.is_raw());
            if was_here {
                screen.wait_text("took over in the background, because pm was suspended");
            }
        }
        assert_eq!(project.row("alpha").pid(), pid, "what it supervises ran on");
        screen.keys("j");
        screen.wait_selected("beta");
        screen.quit();
    });
}

#[test]
fn control_z_stays_where_nobody_could_go_on_supervising() {
    isolated(|| {
        let project = Project::new(THREE);
        let mut screen = open(&project);
        project.wait_phase("alpha", "running");
        project.config("[process.alpha]\ncommand = = 3\n");
        screen.keys("\x1a");
        screen.wait_text("could not be suspended: the config has faults now");
        assert_eq!(project.supervisor_pid(), screen.pid());
        screen.keys("j");
        screen.wait_selected("beta");
        project.config(THREE);
        screen.keys("Qy\x1a");
        assert!(screen.wait_exit().success(), "what stops everything is not suspended in the midst of it");
        screen.wait_restored();
    });
}

/// Names the control socket for the dashboard with a bug, which is this test executed once more at a terminal of its own.
const SOCKET: &str = "PM_TEST_DASHBOARD_WITH_A_BUG";

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the harness would report a failure of its own; nothing is left to clean up"
)]
fn a_panic_restores_the_terminal_says_so_and_exits_with_70() {
    if let Some(socket) = std::env::var_os(SOCKET) {
        #[allow(
            clippy::disallowed_methods,
            reason = "this process stands in for the binary: its code is what is tested"
        )]
        std::process::exit(dashboard_with_a_bug(socket.as_ref()) as i32);
    }
    isolated(|| {
        let project = Project::new(THREE);
        project.pm(&["up", "-d"]).ok();
        let before = project.wait_phase("alpha", "running");
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["a_panic_restores_the_terminal", "--nocapture", "--test-threads=1"]);
        command.env_clear().envs(project.env()).env(SOCKET, control_socket(&project)).env("RUST_BACKTRACE", "0");
        let mut screen = Screen::run(command, project.mark(), 30, 110);
        screen.wait_line(&["alpha", "running"]);
        assert!(screen.is_alternate() && screen.is_raw());
        screen.signal(Signal::USR1);
        assert_eq!(screen.wait_exit().code(), Some(70));
        screen.wait_restored();
        wait_for("the message has arrived", || {
            let shown = screen.contents();
            if shown.contains("this is a bug in pm") && shown.contains("a bug, for a test") {
                Ok(())
            } else {
                Err(shown)
            }
        });
        assert_eq!(project.row("alpha").pid(), before.pid(), "what it showed runs on");
        project.pm(&["down"]).ok();
        project.assert_nothing_left();
    });
}

fn control_socket(project: &Project) -> std::path::PathBuf {
    let sockets = crate::support::project::sockets_below(&project.base("run"));
    sockets.into_iter().find(|path| path.ends_with("control.sock")).expect("a supervisor's socket")
}

/// The real dashboard under the guard of the real `main`; what it is given by its caller panics at a USR1 signal.
fn dashboard_with_a_bug(socket: &std::path::Path) -> pm::cli::code::Code {
    pm::cli::bug::guarded(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let handle = pm::control::connect(socket).await.expect("a supervisor");
            let mut usr1 = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::user_defined1())
                .expect("a signal to wait for");
            let terminate = Box::pin(async move {
                usr1.recv().await;
                panic!("a bug, for a test");
            });
            let options = pm::tui::Options { terminate: Some(terminate), ..pm::tui::Options::default() };
            pm::tui::run(handle, options).await.expect("a terminal");
        });
        pm::cli::code::Code::Done
    })
}

#[test]
fn nothing_is_drawn_when_nothing_changes() {
    isolated(|| {
        let project = Project::new("[process.idle]\ncommand = \"{bad} sleep 0\"\nautostart = false\n");
        let mut screen = Screen::open(&project, &[], 30, 110);
        screen.wait_line(&["idle", "stopped"]);
        pause(Duration::from_millis(1500));
        let before = screen.written();
        pause(Duration::from_secs(3));
        let drawn = screen.written() - before;
        // The machine's own figures in the header may change once a second, and nothing else.
        assert!(drawn < 1_500, "{drawn} bytes were drawn in 3 s of nothing");
        screen.quit();
    });
}
