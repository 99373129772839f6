//! Start, stop, kill, restart, signals: what is sent, what is asked, what is refused.

use std::sync::Arc;

use crate::domain::{Accepted, Command, ProcessSpec, Refusal, Row, Signal, Target};
use crate::tui::fixture::{backoff, failed, name, running, shop, snapshot, stopped, stopping};
use crate::tui::message::{Effect, Msg};
use crate::tui::model::Succession;
use crate::tui::script::Script;

fn one(process: &str) -> Target {
    Target::one(name(process))
}

fn names(processes: &[&str]) -> Target {
    Target::Names(processes.iter().map(|process| name(process)).collect())
}

#[test]
fn x_stops_without_a_question_and_again_goes_to_the_next_stage() {
    let mut script = Script::new(vec![running("web", 10)]);
    assert_eq!(script.keys("x").sent(), [Command::Stop(one("web"))]);
    script.rows(vec![stopping("web", 10)]);
    assert_eq!(script.keys("x").sent(), [Command::NextStage(one("web"))]);
    assert_eq!(script.keys("c").sent(), [Command::Hold(one("web"))]);
}

#[test]
fn what_is_not_running_is_not_stopped_and_says_so() {
    let mut script = Script::new(vec![stopped("web"), failed("api", 5)]);
    assert_eq!(script.keys("x").sent(), []);
    assert_eq!(script.toast(), "web is not running; s starts it");
    assert_eq!(script.keys("c").sent(), []);
    assert!(script.toast().starts_with("nothing to hold"));
    assert_eq!(script.keys("X").sent(), []);
    assert_eq!(script.toast(), "web is not running: there is nothing to kill");
    assert!(script.model.menu.is_none());
}

#[test]
fn s_starts_and_tells_when_it_runs_already() {
    let mut script = Script::new(vec![stopped("web"), running("api", 10)]);
    assert_eq!(script.keys("s").sent(), [Command::Start(one("web"))]);
    assert_eq!(script.keys("j s").sent(), []);
    assert_eq!(script.toast(), "api is running already; r restarts it");
    assert_eq!(script.keys("r").sent(), [Command::Restart(one("api"))]);
}

#[test]
fn what_n_started_is_removed_when_it_is_over_and_that_asks() {
    let ad_hoc =
        |row: Row| Row { spec: Arc::new(ProcessSpec { source: None, ..ProcessSpec::clone(&row.spec) }), ..row };
    let rows = vec![stopped("web"), ad_hoc(running("job", 10)), ad_hoc(stopped("done")), ad_hoc(stopped("old"))];
    let mut script = Script::new(rows);
    assert_eq!(script.keys("Del").sent(), []);
    assert!(script.toast().contains("web is defined at pm.toml:12"), "{}", script.toast());
    assert_eq!(script.keys("j Del").sent(), []);
    assert!(script.toast().contains("only what is over"), "{}", script.toast());
    assert_eq!(script.keys("j Del enter").sent(), [], "the focused answer is no");
    assert_eq!(script.keys("Del y").sent(), [Command::Remove(names(&["done"]))]);
    // Of those that are marked, those that can go.
    let sent = script.keys("g space space space space Del y").sent();
    assert_eq!(sent, [Command::Remove(names(&["done", "old"]))]);
}

#[test]
fn kill_asks_and_the_focused_answer_is_no() {
    let mut script = Script::new(vec![running("web", 10), running("api", 20)]);
    assert_eq!(script.keys("X enter").sent(), []);
    assert_eq!(script.keys("X n").sent(), []);
    assert_eq!(script.keys("X esc").sent(), []);
    assert_eq!(script.keys("X y").sent(), [Command::Kill(one("web"))]);
    assert_eq!(script.keys("X l enter").sent(), [Command::Kill(one("web"))]);
    assert_eq!(script.keys("X j j enter").sent(), [], "round the end, back to no");
    assert!(script.keys("X").screen().contains("web (pid 10)"));
}

#[test]
fn an_answer_means_the_process_that_was_asked_about() {
    let mut script = Script::new(vec![running("web", 10), running("api", 20)]);
    script.keys("X").rows(vec![running("api", 20), running("new", 30), running("web", 10)]);
    assert_eq!(script.keys("y").sent(), [Command::Kill(one("web"))]);
}

#[test]
fn more_than_one_process_is_always_asked_about() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20), running("c", 30)]);
    script.keys("space space");
    assert_eq!(script.keys("x").sent(), []);
    assert!(script.screen().contains("a (pid 10), b (pid 20)"), "{}", script.screen());
    assert_eq!(script.keys("enter").sent(), []);
    assert_eq!(script.keys("x y").sent(), [Command::Stop(names(&["a", "b"]))]);
    assert_eq!(script.keys("r y").sent(), [Command::Restart(names(&["a", "b"]))]);
    assert_eq!(script.keys("X y").sent(), [Command::Kill(names(&["a", "b"]))]);
}

#[test]
fn a_stop_is_about_those_that_are_not_stopped_yet() {
    let mut script = Script::new(vec![stopped("a"), running("b", 20), failed("c", 30), backoff("d", 40)]);
    let screen = script.keys("space space space space x").screen();
    assert!(screen.contains("stop 2 processes?") && screen.contains("b (pid 20), d"), "{screen}");
    assert_eq!(script.keys("y").sent(), [Command::Stop(names(&["b", "d"]))]);
    let mut script = Script::new(vec![stopped("a"), failed("c", 30)]);
    assert_eq!(script.keys("space space x").sent(), []);
    assert!(script.model.menu.is_none() && script.toast().starts_with("none of those that are marked is running"));
}

#[test]
fn the_restart_menu_knows_what_failed() {
    let mut script = Script::new(shop());
    assert_eq!(script.keys("R f").sent(), [Command::Restart(names(&["worker", "mailer"]))]);
    assert_eq!(script.keys("R a").sent(), [Command::Restart(Target::all())]);
    assert_eq!(script.keys("R r").sent(), [Command::Restart(one("claude:refactor"))]);
    assert_eq!(script.keys("R enter").sent(), [], "nothing is focused that touches many");
}

#[test]
fn signals_come_from_a_list() {
    let mut script = Script::new(vec![running("web", 10)]);
    assert_eq!(script.keys("ctrl-x h").sent(), [Command::Signal(one("web"), Signal::Hup)]);
    assert_eq!(script.keys("ctrl-x enter").sent(), []);
}

#[test]
fn a_row_shows_at_once_that_something_was_asked_for() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.keys("x");
    assert!(script.screen().contains("…stop"), "{}", script.screen());
    let accepted = Accepted { revision: 3, affected: vec![name("web")], unchanged: vec![] };
    script.msg(Msg::Reply(1, Ok(accepted)));
    assert!(script.rows(vec![running("web", 10)]).screen().contains("…stop"), "revision 2 does not show it yet");
    assert!(!script.rows(vec![stopping("web", 10)]).screen().contains("…stop"));
}

#[test]
fn a_refusal_is_told_with_its_reason_until_a_key() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.keys("x").msg(Msg::Reply(1, Err(Refusal::Busy)));
    assert_eq!(script.toast(), "stop refused: the supervisor is busy; try again in a moment");
    assert!(!script.screen().contains("…stop"));
    script.wait(60_000).msg(Msg::Tick);
    assert!(script.toast().starts_with("stop refused"), "an error does not fade");
    assert_eq!(script.keys("j").toast(), "");
    assert!(script.keys("L").screen().contains("stop refused: the supervisor is busy"), "but it is kept");
}

#[test]
fn what_was_left_alone_is_told_and_fades() {
    let mut script = Script::new(vec![running("web", 10)]);
    let unchanged = vec![(name("web"), "it is running already".to_owned())];
    script.keys("r").msg(Msg::Reply(1, Ok(Accepted { unchanged, ..Accepted::default() })));
    assert_eq!(script.toast(), "web: it is running already");
    assert!(script.model.next_wake().is_some());
    assert_eq!(script.wait(3000).msg(Msg::Tick).toast(), "");
}

#[test]
fn an_empty_project_refuses_kindly() {
    let mut script = Script::new(vec![]);
    for keys in ["s", "x", "X", "r", "i", "y", "ctrl-x", "c", "enter", "d"] {
        script.keys(keys);
        assert!(script.toast().contains("no process is selected"), "{keys}: {}", script.toast());
    }
    assert_eq!(script.sent(), []);
    assert!(script.screen().contains("pm run -- CMD"));
}

#[test]
fn without_a_supervisor_nothing_is_sent() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.msg(Msg::SupervisorGone).keys("x");
    assert_eq!(script.sent(), []);
    assert!(script.toast().contains("the supervisor is gone"));
    assert!(script.screen().contains("The supervisor is gone; this is its last picture"));
}

#[test]
fn whoever_watches_goes_on_with_the_next_supervisor() {
    let mut script = Script::new(vec![running("web", 10), running("api", 20)]);
    script.model.succession = Succession::Ready;
    script.keys("j").msg(Msg::SupervisorGone);
    assert_eq!(script.effects, [Effect::FindSuccessor]);
    assert!(script.screen().contains("Starting another one"), "{}", script.screen());
    assert_eq!(script.keys("x").sent(), []);
    script.msg(Msg::Successor(Ok(snapshot(vec![running("web", 10), running("api", 20)]))));
    assert!(script.toast().contains("took over"), "{}", script.toast());
    assert_eq!(script.selected(), "api");
    assert_eq!(script.keys("x").sent(), [Command::Stop(one("api"))]);
    // One that dies at once is not followed by another, and another.
    script.effects.clear();
    script.wait(1000).msg(Msg::SupervisorGone);
    assert_eq!(script.effects, []);
    assert!(script.screen().contains("there is no other"), "{}", script.screen());
}

#[test]
fn why_there_is_no_other_supervisor_is_said() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.model.succession = Succession::Ready;
    script.msg(Msg::SupervisorGone).msg(Msg::Successor(Err("the config has faults".into())));
    assert!(script.screen().contains("there is no other: the config has faults"), "{}", script.screen());
}

#[test]
fn copying_goes_to_the_clipboard_and_claims_no_more_than_it_knows() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.keys("y p");
    assert_eq!(script.effects, [Effect::Copy("10".into())]);
    assert_eq!(script.toast(), "pid copied with OSC 52 (the terminal must allow it)");
}

#[test]
fn a_mark_that_the_filter_hides_is_not_meant() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20), running("jobs", 30)]);
    script.keys("j space /").types("jobs").keys("enter");
    assert_eq!(script.selected(), "jobs");
    assert!(script.screen().contains("1 marked, 1 hidden"), "{}", script.screen());
    assert_eq!(script.keys("x").sent(), [Command::Stop(one("jobs"))]);
    assert_eq!(script.keys("ctrl-x h").sent(), [Command::Signal(one("jobs"), Signal::Hup)]);
    assert_eq!(script.keys("R r").sent(), [Command::Restart(one("jobs"))]);
    script.keys("esc");
    assert_eq!(script.keys("x").sent(), [Command::Stop(one("b"))], "in view again, it is meant again");
}

#[test]
fn in_details_and_in_the_log_orders_are_about_the_process_shown() {
    for keys in ["d", "tab", "enter"] {
        let mut script = Script::sized((200, 24), vec![running("a", 10), stopped("b")]);
        script.keys("j space g").keys(keys);
        assert_eq!(script.selected(), "a");
        let screen = script.screen();
        let footer = screen.lines().last().unwrap();
        assert!(footer.contains("x stop") && !footer.contains("s start"), "{keys}: {footer}");
        assert_eq!(script.keys("x").sent(), [Command::Stop(one("a"))], "{keys}");
        assert_eq!(script.keys("X y").sent(), [Command::Kill(one("a"))], "{keys}");
        script.keys(":").types("send signal").keys("enter");
        assert_eq!(script.keys("h").sent(), [Command::Signal(one("a"), Signal::Hup)], "{keys}");
    }
}
