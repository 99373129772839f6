//! Selecting on a live terminal screen.

use crossterm::event::KeyCode;
use ratatui::layout::Position;
use ratatui::style::Modifier;

use crate::tui::fixture::{running, with_terminal};
use crate::tui::key::Key;
use crate::tui::message::{Mouse, Msg};
use crate::tui::script::{Script, buffer};

fn showing(printed: &str) -> Script {
    let mut script = Script::sized((100, 30), vec![with_terminal("shell", 10), running("web", 20)]);
    script.shows(printed);
    script
}

/// The cell of the screen on which this text begins.
fn place(script: &Script, text: &str) -> (u16, u16) {
    let screen = script.screen();
    let (y, line) = screen.lines().zip(0..).find_map(|(line, y)| line.contains(text).then_some((y, line))).unwrap();
    (line.split(text).next().unwrap().chars().count() as u16, y)
}

fn drag(script: &mut Script, from: (u16, u16), to: (u16, u16)) {
    script.msg(Msg::Mouse(Mouse::Press, from.0, from.1)).msg(Msg::Mouse(Mouse::Drag, to.0, to.1));
}

#[test]
fn a_drag_selects_running_text_and_letting_go_copies_it() {
    let mut script = showing("first line   \r\nsecond line\r\n$ ");
    let (from, to) = (place(&script, "line"), place(&script, "second"));
    drag(&mut script, from, (to.0 + 5, to.1));
    let cells = buffer(&script.model);
    let is_selected = |at: (u16, u16)| cells[Position::from(at)].modifier.contains(Modifier::REVERSED);
    assert!(
        is_selected(from) && is_selected(to) && !is_selected((from.0 - 1, from.1)) && !is_selected((to.0 + 6, to.1))
    );
    script.shows("something else entirely");
    assert!(script.screen().contains("first line"), "it is held meanwhile: {}", script.screen());
    script.msg(Msg::Mouse(Mouse::Release, to.0 + 5, to.1));
    assert_eq!(script.copied().as_deref(), Some("line\nsecond"));
    assert!(script.toast().starts_with("2 lines of the screen copied"), "{}", script.toast());
    assert!(script.screen().contains("something else"), "it goes on: {}", script.screen());
}

#[test]
fn a_click_copies_nothing_two_a_word_and_three_a_row() {
    let mut script = showing("see https://x.de/a?b=1, now\r\n");
    let (x, y) = place(&script, "x.de");
    let click = |script: &mut Script| {
        script.msg(Msg::Mouse(Mouse::Press, x, y)).msg(Msg::Mouse(Mouse::Release, x, y));
        script.copied()
    };
    assert_eq!(click(&mut script), None);
    assert_eq!(click(&mut script).as_deref(), Some("https://x.de/a?b=1"));
    assert_eq!(click(&mut script).as_deref(), Some("see https://x.de/a?b=1, now"));
    assert!(script.model.terminal.picked.is_none());
}

#[test]
fn v_selects_rows_and_a_block_with_keys() {
    let mut script = showing("one\r\ntwo\r\nthree\r\n$ x");
    script.keys("tab v k");
    assert!(script.screen().contains("held while you select"), "{}", script.screen());
    assert!(script.screen().contains("copy"), "the footer says how: {}", script.screen());
    script.keys("y");
    assert_eq!(script.copied().as_deref(), Some("three\n$ x"));
    script.keys("v g l l");
    script.keys("o");
    script.keys("y");
    assert_eq!(script.copied().as_deref(), Some("one\ntwo\nthr\n$ x"));
    script.keys("V k k h");
    script.keys("esc");
    assert!(script.copied().is_none() && script.model.terminal.picked.is_none());
    script.keys("v n");
    assert!(script.toast().contains("esc ends it"), "{}", script.toast());
}

#[test]
fn attached_a_drag_selects_and_a_key_is_the_programs_again() {
    let mut script = showing("before");
    script.keys("a").shows("prompt> some words");
    let (x, y) = place(&script, "some");
    drag(&mut script, (x, y), (x + 3, y));
    assert!(script.model.terminal.picked.is_some());
    script.msg(Msg::Key(Key::code(KeyCode::Enter)));
    assert!(script.model.terminal.picked.is_none(), "who types wants to see what it does");
    drag(&mut script, (x, y), (x + 3, y));
    script.msg(Msg::Mouse(Mouse::Release, 0, 0));
    assert_eq!(script.copied().as_deref(), Some("some"));
}

#[test]
fn a_selection_is_over_with_its_screen() {
    let mut script = showing("one\r\ntwo");
    script.keys("tab v");
    script.msg(Msg::Resize(90, 30));
    assert!(script.model.terminal.picked.is_none(), "another size");
    script.shows("one\r\ntwo").keys("v");
    assert!(script.model.terminal.picked.is_some());
    script.keys("2");
    assert!(script.model.terminal.picked.is_none(), "another process: {}", script.selected());
}
