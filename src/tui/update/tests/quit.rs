//! Leaving: the menu, stopping all, and the ladder of ctrl-c.

use crate::domain::{Command, Shutdown, Target};
use crate::tui::fixture::{backoff, running, stopped, stopping, with_terminal};
use crate::tui::message::{Effect, Mouse, Msg};
use crate::tui::model::Succession;
use crate::tui::options::Leave;
use crate::tui::script::Script;

const STOP_ALL: Command = Command::Shutdown(Shutdown::Stop);

fn two() -> Script {
    Script::new(vec![running("web", 10), running("api", 20)])
}

#[test]
fn q_asks_and_d_leaves_everything_running() {
    let mut script = two();
    assert_eq!(script.keys("q").left(), None);
    assert!(script.screen().contains("2 processes are running."));
    assert_eq!(script.keys("esc").left(), None);
    assert_eq!(script.keys("q d").left(), Some(Leave::Detach));
    assert_eq!(script.sent(), []);
}

#[test]
fn whoever_stops_all_is_told_who_waits_for_a_restart() {
    let mut script = Script::new(vec![running("web", 10), backoff("worker", 3)]);
    for (keys, running) in [("q", "1 process is running."), ("esc Q", "web (pid 10)")] {
        let screen = script.keys(keys).screen();
        assert!(screen.contains(running) && screen.contains("To be restarted: worker."), "{screen}");
    }
}

#[test]
fn where_nothing_may_run_on_that_is_not_offered() {
    let mut script = two();
    script.model.can_run_on = false;
    let screen = script.keys("q").screen();
    assert!(screen.contains("s  stop all and quit") && !screen.contains("leave running"), "{screen}");
    assert_eq!(script.keys("d").left(), None);
    assert_eq!(script.keys("s").sent(), [STOP_ALL]);
}

#[test]
fn where_nothing_is_alive_nothing_can_be_left_running() {
    let mut script = Script::new(vec![stopped("web")]);
    let screen = script.keys("q").screen();
    assert!(screen.contains("s  quit") && !screen.contains("leave running"), "{screen}");
    assert_eq!(script.keys("d").left(), None);
    assert_eq!(script.keys("s").sent(), [STOP_ALL]);
    let mut script = Script::new(vec![backoff("web", 2)]);
    assert_eq!(script.keys("q d").left(), Some(Leave::Detach), "it is to come back");
    // Whose supervisor is elsewhere only looks on.
    let mut script = Script::new(vec![stopped("web")]);
    script.model.succession = Succession::Ready;
    let screen = script.keys("q").screen();
    assert!(
        screen.contains("leave the supervisor to itself (detach)") && !screen.contains("leave running"),
        "{screen}"
    );
    assert_eq!(script.keys("d").left(), Some(Leave::Detach));
}

#[test]
fn a_question_is_answered_by_a_click_on_the_answer_and_on_nothing_else() {
    let mut script = two();
    let screen = script.keys("q").screen();
    let at = |text: &str| {
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).unwrap();
        let column = line.chars().collect::<String>().split(text).next().unwrap().chars().count();
        (column as u16, row as u16)
    };
    let (column, row) = at("stop all and quit");
    for beside in [(column, row - 3), (1, row), (column, row + 2)] {
        script.msg(Msg::Mouse(Mouse::Press, beside.0, beside.1));
        assert!(script.model.menu.is_some() && script.sent().is_empty(), "{beside:?}");
    }
    script.msg(Msg::Mouse(Mouse::WheelDown, 1, 1));
    assert_eq!(script.model.menu.as_ref().map(|menu| menu.focused), Some(1));
    script.msg(Msg::Mouse(Mouse::Press, column, row));
    assert_eq!(script.sent(), [STOP_ALL]);
    assert!(script.model.menu.is_none());
}

#[test]
fn a_question_above_a_terminal_has_the_mouse() {
    let mut script = Script::sized((100, 30), vec![with_terminal("shell", 10)]);
    script.shows("$ ");
    let screen = script.keys("q").screen();
    let row = screen.lines().position(|line| line.contains("stop all and quit")).unwrap() as u16;
    script.msg(Msg::Mouse(Mouse::Press, 45, row));
    assert_eq!(script.sent(), [STOP_ALL]);
}

#[test]
fn stop_all_stays_on_screen_until_the_supervisor_has_left() {
    let mut script = two();
    assert_eq!(script.keys("q s").sent(), [STOP_ALL]);
    assert_eq!(script.left(), None);
    script.rows(vec![stopping("web", 10), running("api", 20)]);
    let screen = script.screen();
    assert!(screen.contains("2 left: web (TERM 1/3 5.1s), api (running)"), "{screen}");
    script.rows(vec![stopped("web"), stopped("api")]);
    assert_eq!(script.msg(Msg::SupervisorGone).left(), Some(Leave::Stopped));
    // One that dies in the middle of it has not stopped everything.
    let mut script = two();
    script.keys("Q y").msg(Msg::SupervisorGone);
    assert_eq!(script.left(), Some(Leave::SupervisorGone));
}

#[test]
fn capital_q_asks_once_with_no_in_focus() {
    let mut script = two();
    assert_eq!(script.keys("Q enter").sent(), []);
    assert_eq!(script.keys("Q y").sent(), [STOP_ALL]);
}

#[test]
fn both_ways_to_quit_call_it_the_same() {
    for (rows, label) in [(vec![stopped("web")], "quit"), (vec![running("web", 10)], "stop all and quit")] {
        let mut script = Script::new(rows);
        let (q, capital) = (script.keys("q").screen(), script.keys("esc Q").screen());
        assert!(q.contains(&format!("s  {label}")) && capital.contains(&format!("y  {label}")), "{q}\n{capital}");
        assert_eq!(capital.contains("stop all"), label != "quit", "{capital}");
    }
}

#[test]
fn ctrl_c_asks_then_stops_all_then_leaves_at_once() {
    let mut script = two();
    assert_eq!(script.keys("ctrl-c").sent(), []);
    assert!(script.model.menu.is_some());
    assert_eq!(script.wait(500).keys("ctrl-c").sent(), [STOP_ALL]);
    assert_eq!(script.left(), None);
    assert_eq!(script.wait(500).keys("ctrl-c").left(), Some(Leave::Emergency));
}

#[test]
fn a_slow_second_ctrl_c_only_asks_again() {
    let mut script = two();
    script.keys("ctrl-c").wait(2001).keys("ctrl-c");
    assert_eq!(script.sent(), []);
    assert!(script.model.menu.is_some());
}

#[test]
fn while_stopping_the_second_wish_hurries_and_the_third_leaves() {
    let mut script = two();
    script.keys("q s").sent();
    assert_eq!(script.wait(5000).keys("ctrl-c").sent(), [Command::NextStage(Target::all())]);
    assert_eq!(script.left(), None);
    assert_eq!(script.wait(5000).keys("ctrl-c").left(), Some(Leave::Emergency));
}

#[test]
fn q_while_stopping_offers_to_hurry_and_to_leave() {
    let mut script = two();
    script.keys("q s").sent();
    assert_eq!(script.keys("q enter").sent(), [], "waiting is focused");
    assert_eq!(script.keys("q x").sent(), [Command::NextStage(Target::all())]);
    assert_eq!(script.keys("q l").left(), Some(Leave::Emergency));
}

#[test]
fn ctrl_c_works_from_within_a_line_being_typed_and_the_help() {
    for keys in ["/ a", "n a", "?", ": a"] {
        let mut script = two();
        script.keys(keys).keys("ctrl-c");
        assert!(script.model.menu.is_some(), "{keys}");
        assert_eq!(script.keys("ctrl-c").sent(), [STOP_ALL], "{keys}");
    }
}

#[test]
fn a_supervisor_that_went_leaves_a_banner_and_a_way_out() {
    let mut script = two();
    script.msg(Msg::SupervisorGone);
    assert_eq!(script.left(), None, "never leaves by itself");
    assert!(script.screen().contains("q leaves"), "{}", script.screen());
    for key in ["q", "Q", "ctrl-c"] {
        let mut script = two();
        script.msg(Msg::SupervisorGone).keys(key);
        assert_eq!(script.left(), Some(Leave::SupervisorGone), "{key}");
    }
    let mut script = two();
    script.keys("ctrl-c").msg(Msg::SupervisorGone).keys("ctrl-c");
    assert_eq!(script.left(), Some(Leave::SupervisorGone), "the second of two in succession");
}

#[test]
fn esc_never_quits() {
    let mut script = two();
    script.keys("esc esc esc esc esc");
    assert_eq!(script.effects, []);
}

#[test]
fn suspend_redraw_and_mouse_are_effects() {
    let mut script = two();
    script.keys("ctrl-z ctrl-l F2");
    assert_eq!(script.effects, [Effect::Suspend, Effect::Redraw, Effect::CaptureMouse(false)]);
}
