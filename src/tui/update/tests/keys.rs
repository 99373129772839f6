//! Keys that mean nothing, and keys that a terminal cannot tell apart.

use crate::domain::ProcessName;
use crate::tui::fixture::{running, stopped, with_terminal};
use crate::tui::layout::{Pane, Screen};
use crate::tui::message::Msg;
use crate::tui::script::Script;

#[test]
fn a_key_without_a_meaning_is_answered() {
    let mut script = Script::new(vec![running("a", 10)]);
    for key in ["F8", "ö", "§", "'", "ctrl-q"] {
        script.keys(key);
        assert_eq!(script.toast(), format!("{key} has no meaning here; ? shows the keys"));
        assert_eq!(script.sent(), []);
    }
}

#[test]
fn esc_and_a_key_that_come_together_are_both_taken() {
    let mut script = Script::new(vec![running("a", 10)]);
    // What a terminal sends for esc and q in one moment is what it sends for alt and q.
    script.keys("alt-q");
    assert!(script.model.menu.is_some());
    script.keys("alt-?");
    assert!(script.model.menu.is_none(), "esc closed the question");
    assert!(script.model.finder.is_some(), "and the help is open");
}

#[test]
fn alt_belongs_to_the_line_that_is_typed() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.keys("i").types("make it so").keys("alt-b").types("be ");
    assert_eq!(script.model.entry.as_ref().unwrap().input.value(), "make it be so");
}

#[test]
fn the_footer_shows_what_can_be_done_where_one_is() {
    let mut script = Script::sized((120, 24), vec![stopped("a"), running("b", 10)]);
    let footer = |script: &Script| script.screen().lines().last().unwrap().to_owned();
    assert!(!footer(&script).contains("esc back"));
    for keys in ["tab", "d"] {
        script.keys(keys);
        assert!(footer(&script).contains("s start"), "{keys}: {}", footer(&script));
    }
    assert!(footer(&script).contains("esc back"));
    // Events are about everybody, so nobody is meant.
    script.keys("esc esc g L");
    assert!(!footer(&script).contains("stop") && footer(&script).contains("esc back"), "{}", footer(&script));
    assert_eq!(script.keys("x s r X").sent(), []);
    assert!(script.screen().contains("esc goes back to choose one"), "{}", script.screen());
}

#[test]
fn a_chord_with_alt_gives_no_order() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20)]);
    script.keys("space");
    for chord in ["alt-x", "alt-X", "alt-R", "alt-Q", "alt-s", "alt-e", "alt-n", "alt-i", "alt-ö"] {
        assert_eq!(script.keys(chord).sent(), []);
        assert_eq!(script.toast(), format!("{chord} has no meaning here; ? shows the keys"));
        assert!(script.model.menu.is_none() && script.model.entry.is_none(), "{chord}");
    }
    assert_eq!(script.model.table.marks.len(), 1, "nor was any of them esc");
    assert!(script.keys("X alt-x").model.menu.is_some());
    // Where leaving asks nothing, it is not done in passing either.
    script.keys("esc").msg(Msg::SupervisorGone).keys("alt-q");
    assert_eq!(script.left(), None);
}

#[test]
fn details_lead_to_the_log_to_the_input_and_to_the_terminal() {
    let mut script = Script::sized((120, 24), vec![running("a", 10), with_terminal("t", 20)]);
    let footer = script.keys("d").screen().lines().last().unwrap().to_owned();
    assert!(footer.contains("enter log") && footer.contains("i input"), "{footer}");
    script.keys("enter");
    assert_eq!((script.model.screen, script.model.pane, script.model.zoom), (Screen::Main, Pane::Log, true));
    script.keys("esc d i").types("yes");
    assert!(script.screen().contains("to a> yes"), "{}", script.screen());
    for keys in ["a", "enter"] {
        script.keys("esc esc g j d").keys(keys);
        assert_eq!(script.model.terminal.attached_to().map(ProcessName::as_str), Some("t"), "{keys}");
        script.keys("F12");
    }
    // Events are about everybody.
    for keys in ["a", "enter", "i"] {
        script.keys("esc esc g j L").keys(keys);
        assert_eq!(script.model.screen, Screen::Events, "{keys}");
        assert!(script.toast().contains("esc goes back to choose one"), "{keys}: {}", script.toast());
    }
}
