//! Selecting and copying: what is copied is what the process printed, whatever the screen looks like.

use proptest::prelude::*;
use ratatui::style::Modifier;

use crate::logs::lines::Stream;
use crate::tui::fixture::{run, running};
use crate::tui::message::{Mouse, Msg};
use crate::tui::script::{Script, buffer};

fn with_lines(count: u64) -> Script {
    let mut script = Script::new(vec![running("web", 10), running("api", 20)]);
    script.log("web", count).keys("tab");
    script
}

fn copied(script: &mut Script) -> Option<String> {
    script.copied()
}

fn lines(numbers: impl Iterator<Item = u64>) -> String {
    numbers.map(|number| format!("line{number:05}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn v_selects_lines_and_y_copies_them_and_follows_again() {
    let mut script = with_lines(1000);
    script.keys("v k k y");
    assert_eq!(copied(&mut script), Some(lines(997..1000)));
    assert!(script.toast().starts_with("3 lines copied with OSC 52"), "{}", script.toast());
    assert!(script.model.log.follow && script.model.log.selection.is_none());
    script.keys("v y");
    assert_eq!(copied(&mut script), Some("line00999".to_owned()), "no newline that would run it in a shell");
}

#[test]
fn a_selection_stays_on_its_text_while_output_flows() {
    let mut script = with_lines(1000);
    script.keys("v k");
    let texts = script.texts_in_view();
    script.log("web", 5000).log("web", 9000);
    assert_eq!(script.texts_in_view(), texts);
    script.keys("k y");
    assert_eq!(copied(&mut script), Some(lines(997..1000)));
    assert_eq!(script.log_in_view().1, 8999, "and then the end is shown");
}

#[test]
fn a_selection_reaches_far_beyond_the_window() {
    let mut script = with_lines(20_000);
    script.keys("v PgUp PgUp PgUp PgUp PgUp PgUp PgUp PgUp ctrl-u");
    let (height, at) = (u64::from(script.model.log.size.1), script.log_in_view().0);
    assert_eq!(at, 20_000 - 1 - 8 * (height - 1) - height / 2, "every page was walked in full");
    script.keys("y");
    assert_eq!(copied(&mut script), Some(lines(at..20_000)));
    script.keys("v g y");
    assert_eq!(copied(&mut script), Some(lines(0..20_000)));
    script.keys("g v G y");
    assert_eq!(copied(&mut script), Some(lines(0..20_000)), "from the oldest line, which was gone to, to the end");
    script.keys("g j v o G y");
    assert_eq!(copied(&mut script), Some(lines(height..20_000)), "from the last line in view to the end");
}

#[test]
fn n_takes_the_end_of_the_selection_to_the_next_match() {
    let mut script = with_lines(1000);
    script.keys("/").types("00500").keys("enter v /");
    assert!(script.model.entry.is_none(), "a search is begun before a selection");
    script.keys("esc /").types("line00").keys("enter");
    script.keys("g / up enter").keys("esc").keys("g /").types("line0050").keys("enter v n n y");
    assert_eq!(copied(&mut script), Some(lines(500..503)));
}

#[test]
fn a_block_is_cut_out_of_every_line() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, "abcdef\nx\n日本語\nghijkl\n".as_bytes());
    script.keys("tab v V k k k l l l");
    script.keys("y");
    assert_eq!(copied(&mut script), Some("abcd\nx\n日本\nghij".to_owned()));
    script.keys("V k l l l o l y");
    assert_eq!(copied(&mut script), Some("日本\nhij".to_owned()), "half of a character is all of it");
}

#[test]
fn a_drag_selects_running_text_and_copies_it_at_once() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, b"first line here\nsecond\nthird one\n");
    let log = script.model.areas().log;
    let at = |script: &mut Script, what, x: u16, y: u16| {
        script.msg(Msg::Mouse(what, log.x + x, log.y + y));
    };
    at(&mut script, Mouse::Press, 7, 0);
    at(&mut script, Mouse::Drag, 9, 0);
    at(&mut script, Mouse::Drag, 5, 2);
    script.write("web", Stream::Stdout, b"more\n");
    at(&mut script, Mouse::Release, 5, 2);
    assert_eq!(copied(&mut script), Some("line here\nsecond\nthird".to_owned()));
    assert!(script.model.log.selection.is_some(), "it stays to be seen");
    let cells = buffer(&script.model);
    let reversed = |x: u16, y: u16| cells[(log.x + x, log.y + y)].modifier.contains(Modifier::REVERSED);
    assert!(
        !reversed(6, 0) && reversed(7, 0) && reversed(15, 0) && reversed(1, 1) && reversed(5, 2) && !reversed(6, 2)
    );
    at(&mut script, Mouse::Press, 1, 1);
    at(&mut script, Mouse::Release, 1, 1);
    assert!(script.model.log.selection.is_none() && script.model.log.follow, "a click takes it away");
    assert_eq!(copied(&mut script), None);
}

#[test]
fn two_clicks_select_a_word_and_three_a_line() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, b"GET http://localhost:80/x?a=1 (200)\n");
    let log = script.model.areas().log;
    let click = |script: &mut Script| {
        script.msg(Msg::Mouse(Mouse::Press, log.x + 10, log.y)).msg(Msg::Mouse(Mouse::Release, log.x + 10, log.y));
        copied(script)
    };
    assert_eq!(click(&mut script), None);
    assert_eq!(click(&mut script), Some("http://localhost:80/x?a=1".to_owned()));
    assert_eq!(click(&mut script), Some("GET http://localhost:80/x?a=1 (200)".to_owned()));
    script.wait(2000);
    assert_eq!(click(&mut script), None);
}

#[test]
fn a_drag_over_json_copies_what_is_seen() {
    let mut script = Script::new(vec![running("web", 10)]);
    let line = r#"{"level":"error","msg":"no route","path":"/x"}"#;
    script.write("web", Stream::Stdout, format!("{line}\n").as_bytes()).keys("tab J");
    let log = script.model.areas().log;
    let drag = |script: &mut Script, from: (u16, u16), to: (u16, u16)| {
        script.msg(Msg::Mouse(Mouse::Press, log.x + from.0, log.y + from.1));
        script.msg(Msg::Mouse(Mouse::Drag, log.x + to.0, log.y + to.1));
        script.msg(Msg::Mouse(Mouse::Release, log.x + to.0, log.y + to.1));
        copied(script)
    };
    assert_eq!(drag(&mut script, (7, 0), (14, 0)), Some("no route".to_owned()));
    script.keys("esc J");
    assert_eq!(drag(&mut script, (10, 0), (8, 1)), Some("route\n    path".to_owned()));
}

#[test]
fn a_drag_beyond_the_edge_scrolls() {
    let mut script = with_lines(1000);
    let log = script.model.areas().log;
    script.msg(Msg::Mouse(Mouse::Press, log.x + 1, log.bottom() - 1));
    for _ in 0..30 {
        script.msg(Msg::Mouse(Mouse::Drag, log.x + 1, log.y - 1));
    }
    script.msg(Msg::Mouse(Mouse::Release, log.x + 1, log.y - 1));
    let text = copied(&mut script).unwrap();
    let height = u64::from(log.height);
    assert_eq!(text.lines().count() as u64, height + 29);
    assert!(text.starts_with(&format!("line{:05}", 1000 - height - 29)) && text.ends_with("\nl"), "{text}");
}

#[test]
fn a_text_too_long_for_the_terminal_says_what_became_of_it() {
    let mut script = with_lines(20_000);
    script.keys("v g y");
    let bytes = copied(&mut script).unwrap().len();
    assert!(!script.toast().contains("copied"), "{}", script.toast());
    script.msg(Msg::Clipped(bytes, None));
    assert!(script.toast().contains("20000 lines not copied: too long for OSC 52"), "{}", script.toast());
    // It is selected still, and can be saved.
    assert!(script.model.log.selection.is_some());
    assert_eq!(script.log_in_view().0, 0);
    script.keys("esc v y").msg(Msg::Clipped(9, Some(Ok("wl-copy"))));
    assert_eq!(script.toast(), "1 line copied with OSC 52 and wl-copy");
}

#[test]
fn runs_are_copied_across_their_boundary_without_it() {
    let mut script = with_lines(5);
    let mut row = running("web", 10);
    row.run = Some(run("web", 2, 11));
    script.rows(vec![row, running("api", 20)]);
    script.log("web", 3).keys("m v k k k y");
    assert_eq!(copied(&mut script), Some("line00004\nline00000\nline00001\nline00002".to_owned()));
}

#[test]
fn a_block_and_lines_are_seen_without_colour_too() {
    let mut script = with_lines(5);
    script.model.look.theme = crate::tui::theme::ThemeName::Mono.theme();
    script.keys("v");
    let log = script.model.areas().log;
    let cells = buffer(&script.model);
    assert!((1..log.right()).all(|x| cells[(x, log.y + 4)].modifier.contains(Modifier::REVERSED)));
    assert!(!cells[(1, log.y + 3)].modifier.contains(Modifier::REVERSED));
}

/// A piece of a line: as it is printed, and as it is without escape sequences.
fn piece() -> impl Strategy<Value = (String, String)> {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    prop_oneof![
        4 => "[ -~]{0,30}".prop_map(|text| (text.clone(), text)),
        2 => Just(same("日本語のログ")),
        1 => Just(same("e\u{301}a\u{308}")),
        1 => Just(same("👩\u{200d}💻⚠\u{fe0f}")),
        2 => Just(same("\t")),
        2 => "[0-9;]{0,5}".prop_map(|codes| (format!("\x1b[{codes}m"), String::new())),
        1 => "[a-z]{0,5}".prop_map(|title| (format!("\x1b]0;{title}\x07"), String::new())),
    ]
}

fn line() -> impl Strategy<Value = (String, String)> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| {
        (pieces.iter().map(|piece| piece.0.as_str()).collect(), pieces.iter().map(|piece| piece.1.as_str()).collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Done when: selection copied out of the pane equals the bytes of the log, escape sequences removed.
    #[test]
    fn what_is_copied_is_what_was_printed(
        lines in prop::collection::vec((line(), any::<bool>()), 1..60),
        size in (30u16..120, 10u16..40),
        shown in "[wT#]{0,3}", ups in 0usize..40, length in 0usize..40, sideways in 0usize..3,
    ) {
        let mut script = Script::sized(size, vec![running("web", 10)]);
        for ((printed, _), is_error) in &lines {
            let stream = if *is_error { Stream::Stderr } else { Stream::Stdout };
            script.write("web", stream, format!("{printed}\n").as_bytes());
        }
        script.keys("tab").types(&shown).keys(&"shift-right ".repeat(sideways));
        script.keys("v").keys(&"k ".repeat(ups)).keys("y v");
        prop_assert!(script.model.log.selection.is_some());
        let first = lines.len() - 1 - ups.min(lines.len() - 1);
        let last = lines.len() - 1;
        let plain = |range: std::ops::RangeInclusive<usize>| -> String {
            lines[range].iter().map(|((_, plain), _)| plain.as_str()).collect::<Vec<_>>().join("\n")
        };
        prop_assert_eq!(copied(&mut script).unwrap_or_default(), plain(first..=last));
        // From the end, up, the other end, down again: only a part in the middle is left.
        let length = length.min(last);
        script.keys(&"k ".repeat(length)).keys("o").keys(&"k ".repeat(length / 2)).keys("y");
        prop_assert_eq!(copied(&mut script).unwrap_or_default(), plain(last - length..=last - length / 2));
    }

    /// The mouse: every cell of a wrapped or scrolled line belongs to the character drawn in it.
    #[test]
    fn a_drag_over_all_of_a_line_copies_all_of_it((printed, plain) in line(), width in 30u16..60, wrap in any::<bool>()) {
        let mut script = Script::sized((width, 40), vec![running("web", 10)]);
        script.write("web", Stream::Stdout, format!("{printed}\n").as_bytes());
        script.keys(if wrap { "enter w" } else { "enter" });
        let log = script.model.areas().log;
        let rows = if wrap { script.model.log.lines.iter().map(|line| crate::tui::model::wrap::rows(line, width - 1)).sum() } else { 1 };
        script.msg(Msg::Mouse(Mouse::Press, log.x + 1, log.y));
        let bottom = log.y + rows as u16 - 1;
        script.msg(Msg::Mouse(Mouse::Drag, log.right() - 1, bottom));
        script.msg(Msg::Mouse(Mouse::Release, log.right() - 1, bottom));
        let fits = script.model.log.widest() < usize::from(width);
        let copied = copied(&mut script).unwrap_or_default();
        if wrap || fits {
            prop_assert_eq!(copied, plain);
        } else {
            prop_assert!(plain.starts_with(&copied), "{:?} of {:?}", copied, plain);
        }
    }
}

#[test]
fn keys_that_come_before_their_lines_are_about_those_lines() {
    let pressed_at_once = |keys: &str| {
        let mut script = with_lines(1000);
        script.holding = true;
        script.keys(keys).deliver();
        script
    };
    assert_eq!(copied(&mut pressed_at_once("g v j y")).as_deref(), Some("line00000\nline00001"));
    assert_eq!(copied(&mut pressed_at_once("v g y")).unwrap().lines().count(), 1000);
    let height = u64::from(with_lines(1000).model.log.size.1);
    assert_eq!(pressed_at_once("g j j").log_in_view(), (2, height + 1));
    assert_eq!(pressed_at_once("g space").log_in_view().0, height - 1);
    assert!(copied(&mut pressed_at_once("g Y")).unwrap().starts_with("line00000\n"));
    // esc forgets what waits, and ways out do not wait.
    let mut script = pressed_at_once("g v esc j");
    assert!(script.model.log.selection.is_none() && copied(&mut script).is_none());
}

#[test]
fn what_a_clipboard_does_not_take_stays_selected() {
    let mut script = with_lines(1000);
    script.write("web", Stream::Stdout, &vec![b'x'; 9 << 20]);
    script.write("web", Stream::Stdout, b"\n");
    script.keys("v g y");
    assert!(script.toast().contains("too much for a clipboard; ctrl-s saves it"), "{}", script.toast());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("saved.log");
    script.keys("ctrl-s ctrl-u").types(path.to_str().unwrap()).keys("enter");
    assert!(std::fs::metadata(path).unwrap().len() > 9 << 20);
}
