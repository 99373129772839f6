//! The list on top of the screen, finds or help or palette: keys, wheel and clicks move in it.

use crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};

use crate::tui::key::Key;
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::view::{finder, results};

/// Its focus, and how long it is.
fn focus(model: &mut Model) -> Option<(&mut usize, usize)> {
    match (&mut model.results, &mut model.finder) {
        (Some(results), _) => Some((&mut results.focused, results.found.finds.len())),
        (None, Some(finder)) => Some((&mut finder.focused, finder.found.len())),
        (None, None) => None,
    }
}

/// Moves the focus, not beyond the ends. False without a list.
pub fn step(model: &mut Model, step: isize) -> bool {
    let Some((focused, len)) = focus(model) else { return false };
    *focused = focused.saturating_add_signed(step).min(len.saturating_sub(1));
    true
}

/// Turns whole pages, as they are shown. False without a list.
fn turn(model: &mut Model, pages: isize) -> bool {
    let screen = Rect::new(0, 0, model.width, model.height);
    let to = match (&model.results, &model.finder) {
        (Some(list), _) => results::turned(list, screen, pages),
        (None, Some(list)) => finder::turned(list, screen, pages),
        (None, None) => return false,
    };
    let Some((focused, len)) = focus(model) else { return false };
    *focused = to.min(len.saturating_sub(1));
    true
}

/// The keys that move in every list. False for any other.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; all its other keys mean nothing here")]
pub fn press(model: &mut Model, key: Key) -> bool {
    match key.code {
        KeyCode::Up => step(model, -1),
        KeyCode::Down => step(model, 1),
        KeyCode::PageUp => turn(model, -1),
        KeyCode::PageDown => turn(model, 1),
        _other => false,
    }
}

/// A click focuses a line; on the one that is focused already it does what enter does.
pub fn click(model: &mut Model, at: Position, effects: &mut Vec<Effect>) {
    let screen = Rect::new(0, 0, model.width, model.height);
    let clicked = match (&model.results, &model.finder) {
        (Some(list), _) => results::find_at(list, screen, at),
        (None, Some(list)) => finder::entry_at(list, screen, at),
        (None, None) => None,
    };
    let Some((clicked, (focused, _))) = clicked.zip(focus(model)) else { return };
    if *focused != clicked {
        *focused = clicked;
    } else if model.results.is_some() {
        super::survey::jump(model, effects);
    } else {
        super::finder::run(model, effects);
    }
}
