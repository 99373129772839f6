//! What is typed, asked, said and read on a screen that has room for little.

use crate::domain::{Command, Refusal, Target};
use crate::tui::fixture::{name, running, shop, stopped};
use crate::tui::message::Msg;
use crate::tui::script::{Script, shown};

/// A name that no small screen has room for.
const LONG: &str = "claude:refactor-the-parser";

fn words(script: &Script) -> String {
    script.screen().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_line_that_is_typed_is_seen() {
    for (keys, prompt) in [("/", "/"), ("n", "run>"), ("i", "to "), ("ctrl-f", "in all")] {
        let mut script = Script::sized((20, 5), shop());
        script.keys(keys).types("ab");
        let screen = script.screen();
        let last = screen.lines().last().unwrap();
        assert!(last.contains(prompt) && last.ends_with("ab"), "{keys}: {screen}");
        assert_eq!(shown(&script.model, (20, 5)).get_cursor_position().unwrap().y, 4, "{keys}");
        assert!(!script.keys("esc").screen().lines().last().unwrap().contains(prompt), "{keys}");
    }
}

#[test]
fn what_is_wrong_with_it_is_seen_below_it() {
    let mut script = Script::sized((20, 5), shop());
    script.keys("tab ctrl-g").types("nowhere").keys("enter");
    let fault = script.model.entry.as_ref().unwrap().fault.clone().unwrap();
    let seen = words(&script);
    assert!(seen.contains("go to> nowhere") && seen.contains(&fault[..12]), "{fault}: {}", script.screen());
}

#[test]
fn a_refusal_is_read_and_goes_again() {
    let mut script = Script::sized((20, 5), vec![stopped("web"), running("api", 10), running("db", 20)]);
    script.keys("x");
    assert!(words(&script).ends_with("web is not running; s starts it"), "{}", script.screen());
    assert!(words(&script).contains("web stopped"), "whom keys act on is in view: {}", script.screen());
    script.wait(3000).msg(Msg::Tick);
    assert!(words(&script).contains("db"), "{}", script.screen());
    for size in [(20, 2), (20, 1), (7, 3)] {
        let mut script = Script::sized(size, vec![stopped("web")]);
        assert!(words(script.keys("x")).contains("web is"), "{size:?}: {}", script.screen());
    }
}

#[test]
fn what_is_wrong_with_a_filter_is_seen_on_a_narrow_screen() {
    for size in [(20, 5), (40, 7), (40, 20), (60, 16)] {
        let mut script = Script::sized(size, shop());
        let typed = words(script.keys("/").types("state:foo"));
        assert!(typed.contains("state: is"), "{size:?}: {}", script.screen());
        let kept = words(script.keys("enter"));
        assert!(kept.contains("state: is one of stopped"), "{size:?}: {}", script.screen());
    }
}

#[test]
fn a_message_longer_than_the_last_line_is_read_whole() {
    for size in [(40, 7), (60, 16), (60, 24)] {
        let mut script = Script::sized(size, vec![running("web", 10)]);
        script.keys("x").msg(Msg::Reply(1, Err(Refusal::Busy)));
        assert!(words(&script).ends_with("busy; try again in a moment"), "{size:?}: {}", script.screen());
        let screen = script.keys("k").screen();
        assert!(!screen.contains("busy") && screen.lines().last().unwrap().contains("stop"), "{size:?}: {screen}");
    }
}

#[test]
fn the_log_that_has_the_keys_is_shown() {
    for size in [(20, 5), (29, 3), (20, 2)] {
        let mut script = Script::sized(size, vec![running("web", 10)]);
        script.log("web", 100);
        let screen = script.keys("enter").screen();
        assert!(screen.contains("web") && screen.contains("line00099"), "{size:?}: {screen}");
        let screen = script.keys("k").screen();
        assert!(screen.contains("line00098") && !screen.contains("line00099"), "it scrolls: {screen}");
        assert!(!script.keys("esc").screen().contains("line0"), "{}", script.screen());
    }
}

#[test]
fn details_and_events_have_the_whole_screen() {
    let mut script = Script::sized((20, 5), shop());
    let screen = script.keys("d").screen();
    assert!(screen.lines().next().unwrap().contains("claude:refactor"), "{screen}");
    assert!(screen.contains("state") && screen.lines().count() == 5, "{screen}");
    let screen = script.keys("j").screen();
    assert!(!screen.contains("state") && screen.contains("created"), "it scrolls: {screen}");
    let screen = script.keys("L").screen();
    assert!(screen.contains("events") && screen.contains("nothing has"), "{screen}");
}

#[test]
fn a_question_names_whom_it_is_about() {
    for size in [(20, 5), (20, 4), (20, 3), (29, 4), (14, 3), (20, 1)] {
        let mut script = Script::sized(size, vec![running(LONG, 41207), stopped("web")]);
        let screen = script.keys("X").screen();
        assert!(screen.contains("claude:re") && screen.contains('…'), "{size:?}: {screen}");
        assert!(size.1 < 3 || screen.contains("kill it"), "{size:?}: {screen}");
        assert_eq!(script.keys("y").sent(), [Command::Kill(Target::one(name(LONG)))]);
    }
}
