//! Scrolling, following and copying in the log pane.

use crate::tui::action::{Move, Scroll, Sideways};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;

/// Moves in the log when it has the keys.
pub fn travel(model: &mut Model, step: Move) {
    let page = (model.log.size.1 as isize - 1).max(1);
    let lines = lines_now(model);
    match step {
        Move::Up => model.log.scroll(-1, lines),
        Move::Down => model.log.scroll(1, lines),
        Move::PageUp => model.log.scroll(-page, lines),
        Move::PageDown => model.log.scroll(page, lines),
        Move::Top => model.log.go_to_start(lines),
        Move::Bottom => follow(model),
    }
}

/// Scrolls without having the keys.
pub fn scroll(model: &mut Model, step: Scroll) {
    let half = (model.log.size.1 as isize / 2).max(1);
    let rows = match step {
        Scroll::Up => -1,
        Scroll::Down => 1,
        Scroll::HalfUp => -half,
        Scroll::HalfDown => half,
    };
    let lines = lines_now(model);
    model.log.scroll(rows, lines);
}

/// Scrolls sideways by half a page or by ten columns.
pub fn sideways(model: &mut Model, step: Sideways) {
    if model.log.wrap {
        let text = "long lines are wrapped, so there is nothing to the side; w turns wrapping off";
        model.journal.say(model.now, Tone::Info, text);
        return;
    }
    let half = (isize::from(model.log.text_width() as i16) / 2).max(1);
    model.log.scroll_sideways(match step {
        Sideways::Left => -half,
        Sideways::Right => half,
        Sideways::LeftLittle => -10,
        Sideways::RightLittle => 10,
    });
}

/// Follows, or stays.
pub fn toggle_follow(model: &mut Model) {
    if model.log.follow {
        let lines = lines_now(model);
        model.log.pause(lines);
    } else {
        follow(model);
    }
}

fn follow(model: &mut Model) {
    model.log.follow_now();
}

/// Copies the lines in view.
pub fn copy_visible(model: &mut Model, effects: &mut Vec<Effect>) {
    let (count, text) = model.log.visible_text();
    if count == 0 {
        model.journal.say(model.now, Tone::Warn, "there are no log lines in view to copy");
        return;
    }
    copy(model, text, &plural(count, "line"), effects);
}

/// Puts text on the clipboard and says so, without claiming that the terminal allowed it.
pub fn copy(model: &mut Model, text: String, what: &str, effects: &mut Vec<Effect>) {
    effects.push(Effect::Copy(text));
    let text = format!("{what} copied with OSC 52 (the terminal must allow it)");
    model.journal.say(model.now, Tone::Info, text);
}

/// `1 line`, `2 lines`.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Lines of the selected process's log so far.
fn lines_now(model: &Model) -> u64 {
    model.selected().and_then(|row| row.run.as_ref()).map_or(0, |run| run.log_lines)
}
