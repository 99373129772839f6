//! The emulator as a child sees it, and what hostile ones get out of it.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::picture::{Blink, Colour, CursorLook, CursorShape, Pointing};
use super::{Emulator, Size};

fn terminal(rows: u16, cols: u16, printed: &str) -> Emulator {
    let mut emulator = Emulator::new(Size { rows, cols });
    emulator.feed(printed.as_bytes());
    emulator
}

#[test]
fn text_colours_and_the_cursor_come_through() {
    let picture = terminal(3, 10, "\x1b[1;31mred\x1b[0m\r\n\x1b[48;2;1;2;3m \x1b[7;4;9;3;2mx").picture();
    assert_eq!(picture.text(), "red\n x\n\n");
    let (red, blank, x) = (&picture.row(0)[0], &picture.row(1)[0], &picture.row(1)[1]);
    assert_eq!((red.foreground, red.background, red.look.bold), (Colour::Palette(1), Colour::Default, true));
    assert_eq!(blank.background, Colour::Rgb(1, 2, 3));
    assert!(x.look.reverse && x.look.underline && x.look.strike && x.look.italic && x.look.dim);
    assert_eq!(picture.cursor, Some((1, 2)));
    assert_eq!(terminal(3, 10, "\x1b[?25l").picture().cursor, None);
}

#[test]
fn a_child_chooses_among_six_cursors_and_nothing_else() {
    let look = |printed: &str| terminal(3, 10, printed).picture().cursor_look;
    assert_eq!(look(""), CursorLook::AsSet);
    let all = [
        (1, CursorShape::Block, Blink::Blinking),
        (2, CursorShape::Block, Blink::Steady),
        (3, CursorShape::Underline, Blink::Blinking),
        (4, CursorShape::Underline, Blink::Steady),
        (5, CursorShape::Beam, Blink::Blinking),
        (6, CursorShape::Beam, Blink::Steady),
    ];
    for (number, shape, blink) in all {
        let asked = format!("\x1b[{number} q");
        assert_eq!(look(&asked), CursorLook::Asked(shape, blink), "{number}");
        assert_eq!(look(&format!("{asked}\x1b[0 q")), CursorLook::AsSet);
        assert_eq!(look(&format!("{asked}\x1bc")), CursorLook::AsSet);
    }
    for strange in ["\x1b[7 q", "\x1b[99 q", "\x1b[5;6 q", "\x1b]12;red\x07", "\x1b[?12h"] {
        let known = [CursorLook::AsSet, CursorLook::Asked(CursorShape::Beam, Blink::Blinking)];
        assert!(known.contains(&look(strange)), "{strange:?}: {:?}", look(strange));
    }
}

#[test]
fn wide_characters_take_two_cells_and_selectors_are_dropped() {
    let picture = terminal(1, 10, "日e\u{301}⚠\u{fe0f}|👩\u{200d}💻").picture();
    let widths: Vec<u8> = picture.row(0).iter().map(|cell| cell.width).collect();
    assert_eq!(widths, [2, 0, 1, 1, 1, 2, 0, 2, 0, 1]);
    assert_eq!(picture.row(0)[2].combining.as_deref(), Some("\u{301}"));
    assert_eq!((picture.row(0)[3].combining.as_deref(), picture.row(0)[5].combining.as_deref()), (None, None));
    let far_right = terminal(2, 3, "ab日").picture();
    assert_eq!(far_right.text(), "ab\n日\n");
}

#[test]
fn the_alternate_screen_comes_and_goes() {
    let mut emulator = terminal(2, 10, "shell\r\n$ ");
    emulator.feed(b"\x1b[?1049h\x1b[Hfull");
    assert!(emulator.modes().alternate_screen);
    assert!(emulator.picture().text().starts_with("full"));
    emulator.feed(b"\x1b[?1049l");
    assert_eq!(emulator.picture().text(), "shell\n$\n");
    assert!(!emulator.modes().alternate_screen);
}

#[test]
fn a_narrower_terminal_loses_nothing() {
    let mut emulator = terminal(4, 20, "one\r\ntwo\r\nabcdefghijklmnop\r\n$ ");
    let before = emulator.picture();
    emulator.resize(Size { rows: 4, cols: 10 });
    assert_eq!(emulator.picture().text(), "two\nabcdefghij\nklmnop\n$\n");
    emulator.resize(Size { rows: 2, cols: 20 });
    emulator.resize(Size { rows: 4, cols: 20 });
    assert_eq!(emulator.picture(), before);
}

#[test]
fn questions_are_answered_once_and_not_all_of_them() {
    let mut emulator = terminal(5, 20, "ab\x1b[6n\x1b[c");
    assert_eq!(emulator.take_answers(), b"\x1b[1;3R\x1b[?6c");
    assert_eq!(emulator.take_answers(), b"");
    emulator.feed(b"\x1b[18t");
    assert_eq!(emulator.take_answers(), b"\x1b[8;5;20t");
    // The clipboard and the colours are the person's.
    emulator.feed(b"\x1b]52;c;?\x07\x1b]11;?\x07\x1b]4;1;?\x07");
    assert_eq!(emulator.take_answers(), b"");
}

#[test]
fn modes_are_told() {
    let modes = terminal(2, 10, "\x1b[?1h\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?1004h").modes();
    assert!(modes.application_cursor && modes.bracketed_paste && modes.sgr_pointer && modes.focus);
    assert_eq!(modes.pointing, Pointing::Drag);
}

#[test]
fn a_title_is_clean_and_its_stack_works() {
    let mut emulator = terminal(2, 10, "\x1b]0;shell\x07\x1b[22;2t\x1b]2;vim \u{202e}x\u{9b}31m\x07");
    assert_eq!(emulator.picture().title.as_deref(), Some("vim x31m"));
    emulator.feed(b"\x1b[23;2t");
    assert_eq!(emulator.picture().title.as_deref(), Some("shell"));
}

#[test]
fn a_frame_begun_is_held_back_and_can_be_released() {
    let mut emulator = terminal(1, 10, "old\x1b[?2026h\rnew");
    assert_eq!(emulator.picture().text(), "old\n");
    assert!(emulator.held_until().is_some_and(|until| until <= Instant::now() + Duration::from_millis(200)));
    emulator.release();
    assert_eq!((emulator.picture().text().as_str(), emulator.held_until()), ("new\n", None));
}

#[test]
fn heaps_of_combining_characters_are_cleared_away() {
    let mut emulator = terminal(2, 10, "a");
    for _ in 0..100 {
        emulator.feed("\u{301}".repeat(10_000).as_bytes());
    }
    emulator.feed(&vec![b' '; 256 << 10]);
    emulator.feed("\x1b[He\u{301}".as_bytes());
    assert!(emulator.picture().text().starts_with("e\u{301}"));
    let kept: usize = emulator.picture().cells.iter().filter_map(|cell| cell.combining.as_ref().map(|c| c.len())).sum();
    assert!(kept < 100, "{kept}");
}

/// Pieces that hostile output is made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let sequence = ("[?>=!]?[0-9;:]{0,12}", "[ -/]?[@-~]").prop_map(|(a, b)| format!("\x1b[{a}{b}").into_bytes());
    prop_oneof![
        4 => "[ -~日é👍\u{301}\u{200d}\r\n\t\u{8}]{0,20}".prop_map(String::into_bytes),
        4 => sequence,
        1 => "[(-+]?[0-~]".prop_map(|rest| format!("\x1b{rest}").into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..30),
        1 => "[PX^_\\]][0-9;a-z]{0,20}".prop_map(|rest| format!("\x1b{rest}\x1b\\").into_bytes()),
        1 => Just(b"\x1b[?1049h".to_vec()),
        1 => Just(b"\x1b[?1049l".to_vec()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_printed_at_whatever_size_nothing_panics_and_no_control_character_comes_out(
        pieces in proptest::collection::vec((piece(), proptest::option::weighted(0.1, (0u16..40, 0u16..60))), 0..60),
        rows in 0u16..20,
        cols in 0u16..40,
    ) {
        let mut emulator = Emulator::new(Size { rows, cols });
        for (bytes, size) in pieces {
            emulator.feed(&bytes);
            if let Some((rows, cols)) = size {
                emulator.resize(Size { rows, cols });
            }
        }
        emulator.release();
        let picture = emulator.picture();
        prop_assert_eq!(picture.cells.len(), usize::from(picture.size.rows) * usize::from(picture.size.cols));
        for row in 0..picture.size.rows {
            let width: usize = picture.row(row).iter().map(|cell| usize::from(cell.width)).sum();
            prop_assert!(width <= usize::from(picture.size.cols) + 1);
        }
        let control = |c: char| c.is_control() && c != '\n';
        prop_assert!(!picture.text().contains(control), "{:?}", picture.text());
    }
}
