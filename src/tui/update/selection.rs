//! Selecting in the log with keys and mouse, and copying what is selected.

use std::io;

use crate::tui::action::{Move, Select, Sideways};
use crate::tui::clipboard::TERMINAL_BYTES_MAX;
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::model::log::selection::Shape;
use crate::tui::page::{Excerpt, Target};

use super::log::{copy, no_lines, plural};

/// What the keys of selecting do.
pub fn act(model: &mut Model, what: Select, effects: &mut Vec<Effect>) {
    match what {
        Select::Lines => begin(model, Shape::Lines),
        Select::Block => begin(model, Shape::Block),
        Select::SwapEnds => model.log.swap_ends(),
        Select::Left => model.log.move_head_aside(-1),
        Select::Right => model.log.move_head_aside(1),
        Select::Copy => copy_selection(model, effects),
        Select::Cancel => model.log.deselect(),
    }
}

fn begin(model: &mut Model, shape: Shape) {
    if !model.log.select(shape) {
        no_lines(model, "select");
    }
}

/// Moves the end of the selection.
pub fn travel(model: &mut Model, step: Move) {
    let page = (model.log.size.1 as isize - 1).max(1);
    match step {
        Move::Up => model.log.move_head(-1),
        Move::Down => model.log.move_head(1),
        Move::PageUp => model.log.move_head(-page),
        Move::PageDown => model.log.move_head(page),
        Move::Top => model.log.go_to(Target::Start, 0),
        Move::Bottom => model.log.go_to(Target::Percent(100.0), 0),
    }
}

/// Half a page of lines, or ten columns.
pub fn scroll(model: &mut Model, down: bool) {
    let half = (model.log.size.1 as isize / 2).max(1);
    model.log.move_head(if down { half } else { -half });
}

/// Moves the end of the selection sideways.
pub fn sideways(model: &mut Model, step: Sideways) {
    let half = (isize::from(model.log.text_width() as i16) / 2).max(1);
    model.log.move_head_aside(match step {
        Sideways::Left => -half,
        Sideways::Right => half,
        Sideways::LeftLittle => -10,
        Sideways::RightLittle => 10,
    });
}

/// Has the selected text fetched; the selection is over then.
pub fn copy_selection(model: &mut Model, effects: &mut Vec<Effect>) {
    effects.extend(model.log.copy_selection().map(Effect::Job));
    model.log.deselect_to_copy();
}

/// The text that was to be copied is there.
pub fn take_excerpt(model: &mut Model, excerpt: io::Result<Excerpt>, effects: &mut Vec<Effect>) {
    model.dirty = true;
    match excerpt {
        Ok(excerpt) if excerpt.text.is_empty() => {
            model.journal.say(model.now, Tone::Info, "nothing copied: there is no text there");
        }
        Ok(excerpt) if excerpt.is_cut_short => {
            model.log.select_again();
            model.journal.say(
                model.now,
                Tone::Error,
                "not copied: too much for a clipboard; ctrl-s saves it to a file",
            );
        }
        Ok(excerpt) => copy(model, excerpt.text, &plural(excerpt.lines, "line"), effects),
        Err(error) => model.journal.say(model.now, Tone::Error, format!("not copied: the log cannot be read: {error}")),
    }
}

/// A program for the clipboard took the text, or did not; `None` where there is none.
pub fn take_clipped(model: &mut Model, bytes: usize, outcome: Option<Result<&'static str, String>>) {
    let Some(what) = model.copied.take() else { return };
    let by_terminal = bytes <= TERMINAL_BYTES_MAX;
    let (tone, text) = match (outcome, by_terminal) {
        (None, true) => return,
        (Some(Ok(name)), true) => (Tone::Info, format!("{what} copied with OSC 52 and {name}")),
        (Some(Ok(name)), false) => (Tone::Info, format!("{what} copied with {name} (too long for OSC 52)")),
        (Some(Err(why)), true) => (Tone::Warn, format!("{what} copied with OSC 52 alone: {why}")),
        (Some(Err(why)), false) => (Tone::Error, format!("{what} not copied: too long for OSC 52, and {why}")),
        (None, false) => {
            let text = format!("{what} not copied: too long for OSC 52, and no wl-copy, xclip or xsel is of use here");
            (Tone::Error, text)
        }
    };
    if tone == Tone::Error {
        model.log.select_again();
    }
    model.journal.say(model.now, tone, text);
    model.dirty = true;
}
