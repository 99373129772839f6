//! Laws: whatever is pressed, whatever comes in, at whatever size.

use std::sync::Arc;

use proptest::prelude::*;

use crate::domain::{Accepted, Refusal, Row};
use crate::emulator::picture::{Cell, Colour, Look, Picture};
use crate::emulator::{Emulator, Size};
use crate::tui::fixture::{backoff, failed, running, stopped, stopping, with_zombie};
use crate::tui::keymap::TABLE;
use crate::tui::message::{Mouse, Msg};
use crate::tui::screen::Screen;
use crate::tui::script::{Script, shown};

#[derive(Clone, Debug)]
enum Step {
    Key(usize),
    Type(char),
    Mouse(u8, u16, u16),
    Resize(u16, u16),
    Rows(Vec<(u8, u8)>),
    Log(u8, u64),
    Reply(u64, bool),
    Wait(u64),
    Hold,
    Deliver,
    Gone,
}

fn step() -> impl Strategy<Value = Step> {
    let bound: usize = TABLE.iter().map(|binding| binding.keys.len()).sum();
    let size = prop_oneof![Just((0, 0)), Just((1, 1)), (0u16..220, 0u16..70)];
    prop_oneof![
        12 => (0..bound).prop_map(Step::Key),
        4 => "[a-zA-Z0-9 :!>=/?é日👍]".prop_map(|text| Step::Type(text.chars().next().unwrap_or('a'))),
        2 => (0u8..5, 0u16..200, 0u16..60).prop_map(|(what, x, y)| Step::Mouse(what, x, y)),
        2 => size.prop_map(|(width, height)| Step::Resize(width, height)),
        3 => prop::collection::vec((0u8..12, 0u8..7), 0..12).prop_map(Step::Rows),
        3 => (0u8..12, 0u64..3000).prop_map(|(row, lines)| Step::Log(row, lines)),
        1 => (0u64..9, any::<bool>()).prop_map(|(id, ok)| Step::Reply(id, ok)),
        1 => (0u64..5000).prop_map(Step::Wait),
        1 => Just(Step::Hold),
        1 => Just(Step::Deliver),
        1 => Just(Step::Gone),
    ]
}

fn row(number: u8, phase: u8) -> Row {
    let (name, pid) = (format!("größe-{number}"), 1000 + u32::from(number));
    match phase {
        0 => stopped(&name),
        1 => running(&name, pid),
        2 => with_zombie(&name, pid),
        3 => failed(&name, pid),
        4 => backoff(&name, pid),
        5 => stopping(&name, pid),
        _more => {
            let mut row = running(&name, pid);
            row.run = Some(crate::tui::fixture::run(&name, 2, pid));
            row
        }
    }
}

fn rows(wanted: &[(u8, u8)]) -> Vec<Row> {
    let mut seen = std::collections::BTreeMap::new();
    for (number, phase) in wanted {
        seen.entry(*number).or_insert(*phase);
    }
    seen.into_iter().map(|(number, phase)| row(number, phase)).collect()
}

fn take(script: &mut Script, step: Step) {
    match step {
        Step::Key(at) => {
            if let Some(key) = TABLE.iter().flat_map(|binding| binding.keys).nth(at) {
                script.msg(Msg::Key(*key));
            }
        }
        Step::Type(letter) => drop(script.types(&letter.to_string())),
        Step::Mouse(what, x, y) => {
            let what = [Mouse::Press, Mouse::WheelUp, Mouse::WheelDown, Mouse::Drag, Mouse::Release][usize::from(what)];
            script.msg(Msg::Mouse(what, x, y));
        }
        Step::Resize(width, height) => drop(script.msg(Msg::Resize(width, height))),
        Step::Rows(wanted) => drop(script.rows(rows(&wanted))),
        Step::Log(number, lines) => drop(script.log(&format!("größe-{number}"), lines)),
        Step::Reply(id, true) => drop(script.msg(Msg::Reply(id, Ok(Accepted::default())))),
        Step::Reply(id, false) => drop(script.msg(Msg::Reply(id, Err(Refusal::ShuttingDown)))),
        Step::Wait(millis) => drop(script.wait(millis).msg(Msg::Tick)),
        Step::Hold => script.holding = true,
        Step::Deliver => drop(script.deliver()),
        Step::Gone => drop(script.msg(Msg::SupervisorGone)),
    }
}

fn check(script: &Script) -> Result<(), TestCaseError> {
    let model = &script.model;
    let selected = model.table.selected.as_ref();
    match selected {
        Some(name) => {
            prop_assert!(model.snapshot.rows.iter().any(|row| row.name() == name), "{name} is gone");
            let item = model.table.items[model.table.selected_item];
            prop_assert_eq!(item.process(), model.table.selected_row);
            let at = model.table.selected_row.unwrap_or(usize::MAX);
            prop_assert_eq!(model.snapshot.rows[at].name(), name);
        }
        None => prop_assert!(model.table.items.is_empty(), "something could be selected"),
    }
    for mark in &model.table.marks {
        prop_assert!(model.snapshot.rows.iter().any(|row| row.name() == mark));
    }
    let height = usize::from(model.areas().table.height);
    if height > 0 && selected.is_some() {
        let in_view = model.table.first..model.table.first + height;
        prop_assert!(in_view.contains(&model.table.selected_item), "{in_view:?}");
    }
    let screens = 4 * usize::from(model.log.size.1).max(40) + 501;
    prop_assert!(model.log.lines.len() <= screens, "{} lines", model.log.lines.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_the_selection_is_always_somebody(steps in prop::collection::vec(step(), 1..60)) {
        let mut script = Script::new(vec![running("a", 10), with_zombie("b", 20), stopping("c", 30)]);
        for step in steps {
            take(&mut script, step);
            check(&script)?;
            shown(&script.model, (script.model.width, script.model.height));
        }
    }

    #[test]
    fn a_view_never_leaves_a_screen_that_is_smaller_than_the_model_believes(
        size in (0u16..220, 0u16..70), screen in (0u16..220, 0u16..70), keys in prop::sample::select(
            vec!["", "?", ":", "q", "X", "d", "L", "/ a", "t", "tab", "enter", "n b", "ctrl-x"])
    ) {
        let mut script = Script::sized(size, crate::tui::fixture::shop());
        script.log("web", 300).keys("j").keys(keys);
        shown(&script.model, screen);
    }
}

/// What is seen on a terminal of this size that got the frames.
fn seen_after(size: (u16, u16), frames: &[u8]) -> Picture {
    let mut emulator = Emulator::new(Size { rows: size.1, cols: size.0 });
    emulator.feed(frames);
    let mut picture = emulator.picture();
    let is_blank = |cell: &&mut Cell| cell.character == ' ' && cell.combining.is_none() && !cell.look.reverse;
    for cell in picture.cells.iter_mut().filter(is_blank) {
        // Of a cell without a character these are not seen. What is left of a wide character may have them.
        let Look { underline, strike, .. } = cell.look;
        (cell.foreground, cell.look) = (Colour::Default, Look { underline, strike, ..Look::default() });
    }
    picture
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frame_by_frame_a_terminal_shows_what_it_shows_when_all_is_drawn_at_once(
        steps in prop::collection::vec(step(), 1..40)
    ) {
        let mut size = (80, 24);
        let mut script = Script::sized(size, vec![running("a", 10), with_zombie("b", 20), stopping("c", 30)]);
        let (mut screen, mut frames) = (Screen::new(size.0, size.1), Vec::new());
        for step in steps {
            let step = if let Step::Resize(width, height) = step {
                size = (10 + width % 90, 5 + height % 25);
                screen.resize(size.0, size.1);
                Step::Resize(size.0, size.1)
            } else {
                step
            };
            take(&mut script, step);
            frames.extend(screen.frame(&script.model).unwrap().unwrap_or_default());
            let all_at_once = Screen::new(size.0, size.1).frame(&script.model).unwrap().unwrap();
            prop_assert_eq!(seen_after(size, &frames), seen_after(size, &all_at_once));
        }
    }
}

#[test]
fn thousands_of_rows_change_nothing_for_the_one_selected() {
    let many: Vec<Row> = (0..10_000).map(|at| running(&format!("p{at}"), at + 10)).collect();
    let mut script = Script::sized((200, 60), many);
    script.keys("G");
    assert_eq!(script.selected(), "p9999");
    assert!(script.screen().contains("p9999"));
    let snapshot = Arc::clone(&script.model.snapshot);
    script.msg(Msg::Snapshot(snapshot));
    assert_eq!(script.selected(), "p9999");
}
