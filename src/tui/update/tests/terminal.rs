//! The terminal pane: what is watched, who gets the keys, the way out, and the kept log in its place.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::style::{Color, Modifier};

use crate::domain::Row;
use crate::emulator::Size;
use crate::emulator::picture::Pointing;
use crate::emulator::pointer::{Act, Button, Pointer};
use crate::tui::feed::{News, Order};
use crate::tui::fixture::{self, exit, running, stopped, with_terminal};
use crate::tui::key::Key;
use crate::tui::layout::Pane;
use crate::tui::message::{Effect, Mouse, Msg};
use crate::tui::options::Leave;
use crate::tui::script::{Script, shown};

fn ended(name: &str, pid: u32) -> Row {
    let mut row = with_terminal(name, pid);
    if let Some(run) = &mut row.run {
        (run.exit, run.over) = (Some(exit(3)), true);
    }
    Row { phase: stopped(name).phase, ..row }
}

/// What has been done since this was asked last, as far as it concerns terminals.
fn done(script: &mut Script) -> Vec<Effect> {
    let is_ours = |effect: &Effect| {
        matches!(effect, Effect::Feed(_) | Effect::Type(..) | Effect::GiveSize(..) | Effect::TrackPointer(_))
    };
    let (ours, others) = std::mem::take(&mut script.effects).into_iter().partition(is_ours);
    script.effects = others;
    ours
}

fn typed(script: &mut Script) -> String {
    let bytes = done(script).into_iter().filter_map(|effect| {
        let Effect::Type(_, bytes) = effect else { return None };
        Some(bytes)
    });
    String::from_utf8(bytes.flatten().collect()).unwrap()
}

fn attached(rows: Vec<Row>) -> Script {
    let mut script = Script::sized((100, 30), rows);
    script.keys("a");
    let number = script.model.terminal.number;
    script.msg(Msg::Terminal(number, News::Seated(true)));
    done(&mut script);
    script
}

#[test]
fn the_selected_terminal_is_watched_and_its_growth_is_told() {
    let mut script = Script::sized((100, 30), vec![with_terminal("shell", 10), running("web", 20)]);
    let pane = script.model.areas().log;
    let first = done(&mut script);
    let [Effect::Feed(Order::Watch(Some(watched)))] = first.as_slice() else { panic!("{first:?}") };
    assert!(watched.is_live && watched.dir.ends_with("shell/000001"), "{watched:?}");
    assert_eq!(watched.pane, Size { rows: pane.height, cols: pane.width });
    script.log("shell", 5);
    assert_eq!(done(&mut script), [Effect::Feed(Order::Grown)]);
    script.keys("j");
    assert_eq!(done(&mut script), [Effect::Feed(Order::Watch(None))]);
    script.log("shell", 6);
    assert_eq!(done(&mut script), []);
    script.keys("k d");
    assert_eq!(done(&mut script).len(), 2, "on, and off again while details are shown");
}

#[test]
fn late_news_of_another_terminal_change_nothing() {
    let mut script = Script::sized((100, 30), vec![with_terminal("one", 10), with_terminal("two", 20)]);
    script.shows("of one");
    assert!(script.screen().contains("of one"));
    let old = script.model.terminal.number;
    script.keys("j");
    assert!(!script.screen().contains("of one"));
    script.msg(Msg::Terminal(old, News::Answer(b"late".to_vec())));
    assert_eq!(typed(&mut script), "");
}

#[test]
fn attached_every_key_is_the_childs_and_f12_is_the_way_out() {
    let mut script = attached(vec![with_terminal("shell", 10), running("web", 20)]);
    assert!(script.model.zoom && script.model.pane == Pane::Log);
    script.types("qx/:").msg(Msg::Key(Key::ctrl('c'))).msg(Msg::Key(Key::code(KeyCode::Esc)));
    assert_eq!(typed(&mut script), "qx/:\x03\x1b");
    assert!(script.model.menu.is_none() && script.model.entry.is_none());
    assert!(script.screen().contains("attached to shell   ctrl-] or F12 leaves"), "{}", script.screen());
    script.msg(Msg::Key(Key::function(12)));
    assert_eq!(done(&mut script).last(), Some(&Effect::Feed(Order::Keyboard(false))));
    assert!(!script.model.zoom && script.model.pane == Pane::Table);
    script.keys("j");
    assert_eq!(script.selected(), "web");
}

#[test]
fn the_way_out_twice_is_for_the_child() {
    let mut script = attached(vec![with_terminal("shell", 10), running("web", 20)]);
    let way_out = || Msg::Key(Key::ctrl('5'));
    script.msg(way_out());
    assert!(script.model.next_wake().is_some() && script.screen().contains("again sends it"));
    script.msg(way_out());
    assert_eq!(typed(&mut script), "\x1d");
    script.wait(400).msg(Msg::Tick);
    assert!(script.model.terminal.attached.is_some());
    script.msg(way_out()).wait(299).msg(Msg::Tick);
    assert!(script.model.terminal.attached.is_some());
    script.wait(1).msg(Msg::Tick);
    assert!(script.model.terminal.attached.is_none());
    // Whoever goes on at once has left as well.
    script.keys("a").msg(way_out()).keys("j");
    assert_eq!(script.selected(), "web");
}

#[test]
fn what_is_typed_waits_until_the_terminal_has_its_size() {
    let mut script = Script::sized((100, 30), vec![with_terminal("shell", 10)]);
    done(&mut script);
    script.keys("a").types("ls");
    let number = script.model.terminal.number;
    let told = done(&mut script);
    let (fit, keyboard) = (
        told.iter().position(|effect| matches!(effect, Effect::Feed(Order::Fit(_)))),
        told.iter().position(|effect| *effect == Effect::Feed(Order::Keyboard(true))),
    );
    assert!(fit.is_some() && fit < keyboard, "{told:?}");
    assert!(!told.iter().any(|effect| matches!(effect, Effect::Type(..))), "{told:?}");
    let size = Size { rows: 27, cols: 100 };
    script.msg(Msg::Terminal(number, News::Resize(size))).msg(Msg::Terminal(number, News::Seated(true)));
    let told = done(&mut script);
    assert!(
        matches!(&told[..2], [Effect::GiveSize(_, given), Effect::Type(_, bytes)] if *given == size && bytes == b"ls")
    );
}

#[test]
fn the_end_of_the_process_gives_the_keys_back() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    script.rows(vec![ended("shell", 10)]);
    assert!(script.model.terminal.attached.is_none());
    assert!(script.toast().contains("shell has ended: exit 3"), "{}", script.toast());
    assert_eq!(script.model.next_wake(), Some(script.now + Duration::from_millis(400)));
    script.wait(400).msg(Msg::Tick);
    assert_eq!(script.toast(), "shell has ended: exit 3; the keys are pm's again");
    script.keys("a");
    assert!(script.toast().contains("s starts it"), "{}", script.toast());
}

#[test]
fn what_was_typed_for_a_program_that_just_ended_stops_nothing_else() {
    let mut script = attached(vec![with_terminal("shell", 10), running("web", 20)]);
    script.rows(vec![ended("shell", 10), running("web", 20)]);
    // In the middle of a line, with pauses as people make them: `s`, `r`, `x` and ctrl-c twice would all do something.
    for key in "js rxd".chars() {
        script.wait(300).msg(Msg::Key(Key::char(key)));
    }
    script.msg(Msg::Key(Key::ctrl('c'))).msg(Msg::Key(Key::ctrl('c'))).msg(Msg::Paste("x".into()));
    assert_eq!((script.sent(), script.selected()), (vec![], "shell"));
    assert!(script.model.menu.is_none() && script.model.leaving.is_none() && script.left().is_none());
    assert!(script.toast().contains("what is still typed is not taken"), "{}", script.toast());
    // A pause, and whoever presses a key has seen it.
    script.wait(400).keys("j");
    assert_eq!(script.selected(), "web");
}

#[test]
fn who_hammers_on_a_key_after_the_end_is_heard_in_the_end() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    script.rows(vec![ended("shell", 10)]);
    for _ in 0..21 {
        script.wait(100).msg(Msg::Key(Key::ctrl('c')));
    }
    assert!(script.model.menu.is_some() || script.model.leaving.is_some());
}

#[test]
fn alone_the_way_out_is_the_end() {
    let mut script = Script::sized((80, 24), vec![running("web", 20), with_terminal("shell", 10)]);
    let solo = fixture::name("shell");
    script.model.table.wanted = Some(solo.clone());
    script.model.solo = Some(solo);
    let snapshot = Arc::clone(&script.model.snapshot);
    script.model.table.rebuild(&snapshot);
    script.msg(Msg::Attach);
    script.shows("$ ");
    assert_eq!(script.model.areas().log.height, 23);
    assert!(script.screen().starts_with('$') && script.screen().contains("attached to shell"), "{}", script.screen());
    script.msg(Msg::Key(Key::function(12)));
    assert_eq!(script.left(), Some(Leave::Detach));
}

#[test]
fn only_who_has_a_terminal_is_attached_to() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.keys("a");
    assert!(script.toast().contains("tty = true"), "{}", script.toast());
    script.keys("enter");
    assert!(script.model.zoom && script.model.terminal.attached.is_none(), "enter opens its log");
}

#[test]
fn up_reads_the_kept_log_and_f_returns() {
    let mut script = Script::sized((100, 30), vec![with_terminal("shell", 10)]);
    script.log("shell", 500);
    script.shows("live screen");
    assert_eq!(script.pages_read, 0, "the log is not read while the screen is shown");
    script.keys("K");
    assert!(script.screen().contains("line00498") && !script.screen().contains("live screen"), "{}", script.screen());
    assert!(!script.model.log.follow);
    script.keys("f");
    assert!(script.screen().contains("live screen"));
    script.keys("tab PgUp");
    assert!(!script.screen().contains("live screen") && !script.screen().contains("line00499"), "{}", script.screen());
    script.keys("PgDn PgDn");
    assert!(script.screen().contains("live screen"), "reaching the end is the way back: {}", script.screen());
    script.keys("g");
    assert!(script.screen().contains("line00000"), "{}", script.screen());
    script.keys("G");
    assert!(script.screen().contains("live screen"));
}

#[test]
fn the_way_out_is_told_at_every_size_that_has_room_for_it() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    for (width, height) in [(120, 36), (80, 24), (49, 20), (40, 7), (30, 6), (24, 5)] {
        script.msg(Msg::Resize(width, height));
        assert!(script.screen().contains("ctrl-] or F12 leaves"), "{width}x{height}: {}", script.screen());
    }
}

#[test]
fn who_scrolled_back_while_attached_is_told_how_to_return() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    script.log("shell", 500);
    script.msg(Msg::Key(Key::shift(KeyCode::PageUp)));
    let screen = script.screen();
    assert!(screen.contains("attached, any key returns"), "{screen}");
    assert!(screen.contains("any key returns to shell") && screen.contains("F12 leaves"), "{screen}");
    script.types("x");
    assert!(!script.screen().contains("any key returns"), "{}", script.screen());
}

#[test]
fn pastes_are_marked_for_those_who_want_it() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    script.msg(Msg::Paste("a\nb".into()));
    assert_eq!(typed(&mut script), "a\rb");
    script.shows("\x1b[?2004h\x1b[?1h");
    script.msg(Msg::Paste("a\nb".into())).msg(Msg::Key(Key::code(KeyCode::Up)));
    assert_eq!(typed(&mut script), "\x1b[200~a\rb\x1b[201~\x1bOA");
}

#[test]
fn the_mouse_is_the_childs_inside_the_pane_if_it_asked() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    script.shows("\x1b[?1003h\x1b[?1006h");
    assert_eq!(done(&mut script), [Effect::TrackPointer(Pointing::Motion)]);
    let pointer = |row| Pointer { what: Act::Press(Button::Left), column: 4, row, held: (false, false, false) };
    let top = script.model.areas().log.y;
    script.msg(Msg::Pointer(pointer(top + 1))).msg(Msg::Pointer(pointer(top - 1)));
    assert_eq!(typed(&mut script), "\x1b[<0;5;2M");
    script.shows("\x1b[?1049h");
    assert_eq!(done(&mut script), [Effect::TrackPointer(Pointing::Nothing)]);
    script.msg(Msg::Mouse(Mouse::WheelUp, 4, top));
    assert_eq!(typed(&mut script), "\x1b[A\x1b[A\x1b[A", "a program that draws on the whole screen gets arrows");
}

#[test]
fn colours_and_the_cursor_are_drawn_and_every_size_will_do() {
    let mut script = attached(vec![with_terminal("shell", 10)]);
    script.shows("\x1b[1;31mred\x1b[0m 日本\x1b[7m!\x1b[0m");
    let mut terminal = shown(&script.model, (100, 30));
    let area = script.model.areas().log;
    let cell = &terminal.backend().buffer()[(0, area.y)];
    assert_eq!((cell.fg, cell.modifier), (Color::Indexed(1), Modifier::BOLD));
    assert!(terminal.backend().buffer()[(8, area.y)].modifier.contains(Modifier::REVERSED));
    assert_eq!(terminal.get_cursor_position().unwrap(), (9, area.y).into());
    for (width, height) in (0..40).flat_map(|width| (0..12).map(move |height| (width * 3, height * 3))) {
        script.msg(Msg::Resize(width, height));
        if width > 0 && height > 0 {
            script.screen();
        }
        script.msg(Msg::Key(Key::char('x')));
    }
}
