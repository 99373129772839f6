//! Selecting on a live terminal screen, with keys and with the mouse, and copying what is selected.

use std::sync::Arc;

use ratatui::layout::Rect;

use crate::emulator::excerpt::{Region, Spot};
use crate::tui::action::{Action as A, Move, Scroll, Select, Sideways};
use crate::tui::keymap::Context;
use crate::tui::message::{Effect, Mouse};
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;
use crate::tui::model::log::selection::Shape;
use crate::tui::model::picked::Picked;

use super::log::{copy, plural};
use super::terminal::origin;

/// What an action means while something is selected on the screen, or where it begins to be. False when it is none of ours.
pub fn act(model: &mut Model, action: A, effects: &mut Vec<Effect>) -> bool {
    let shapes = [(A::Select(Select::Lines), Shape::Lines), (A::Select(Select::Block), Shape::Block)];
    let shape = shapes.into_iter().find(|(known, _)| *known == action).map(|(_, shape)| shape);
    let Some(picked) = &mut model.terminal.picked else {
        return model.context() == Context::Log && shape.is_some_and(|shape| begin(model, shape));
    };
    if let Some(shape) = shape {
        picked.shape = shape;
    } else if action == A::Select(Select::SwapEnds) {
        picked.swap_ends();
        travel(model, (0, 0));
    } else if action == A::Select(Select::Copy) {
        take(model, effects);
    } else if matches!(action, A::Select(Select::Cancel) | A::Back) {
        model.terminal.picked = None;
    } else if let Some(by) = step_of(action, model.areas().log) {
        travel(model, by);
    } else if matches!(action, A::Log(_) | A::Search(_)) {
        let text = "y copies what is selected on the screen, esc ends it; then K shows the log of all that was printed";
        model.journal.say(model.now, Tone::Info, text);
    } else {
        return false;
    }
    true
}

/// How many rows and columns an action moves the end of the selection by.
fn step_of(action: A, pane: Rect) -> Option<(isize, isize)> {
    let rows = (isize::from(pane.height as i16) - 1).max(1);
    let columns = (isize::from(pane.width as i16) / 2).max(1);
    let steps = [
        (A::Select(Select::Left), (0, -1)),
        (A::Select(Select::Right), (0, 1)),
        (A::Sideways(Sideways::Left), (0, -columns)),
        (A::Sideways(Sideways::Right), (0, columns)),
        (A::Sideways(Sideways::LeftLittle), (0, -10)),
        (A::Sideways(Sideways::RightLittle), (0, 10)),
        (A::Move(Move::Up), (-1, 0)),
        (A::Move(Move::Down), (1, 0)),
        (A::Move(Move::PageUp), (-rows, 0)),
        (A::Move(Move::PageDown), (rows, 0)),
        (A::Scroll(Scroll::HalfUp), (-(rows / 2).max(1), 0)),
        (A::Scroll(Scroll::HalfDown), ((rows / 2).max(1), 0)),
        (A::Move(Move::Top), (isize::MIN, 0)),
        (A::Move(Move::Bottom), (isize::MAX, 0)),
    ];
    steps.into_iter().find(|(known, _)| *known == action).map(|(_, by)| by)
}

fn begin(model: &mut Model, shape: Shape) -> bool {
    let area = model.areas().log;
    let Some(picture) = model.terminal.picture.clone().filter(|_| model.shows_terminal()) else { return false };
    let first = origin(&picture, area);
    let last_row = (0..picture.size.rows).rev().find(|row| !picture.is_blank(*row)).unwrap_or(0);
    let (row, column) = picture.cursor.unwrap_or((last_row, 0));
    let at = (row.min(last_row), if shape == Shape::Lines { first.1 } else { column });
    model.terminal.picked = Some(Picked::new(picture, first, shape, at, at));
    travel(model, (0, 0));
    true
}

fn travel(model: &mut Model, by: (isize, isize)) {
    let area = model.areas().log;
    if let Some(picked) = &mut model.terminal.picked {
        picked.move_head(by, (area.height, area.width));
    }
}

/// Copies what is selected, and shows the live screen again.
fn take(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(text) = model.terminal.picked.take().map(|picked| picked.text()) else { return };
    if text.is_empty() {
        model.journal.say(model.now, Tone::Info, "nothing copied: there is no text there");
        return;
    }
    let what = format!("{} of the screen", plural(text.lines().count(), "line"));
    copy(model, text, &what, effects);
}

/// A button of the mouse over a live screen: a drag selects, letting go copies; twice takes a word, three times a row.
pub fn mouse(model: &mut Model, what: Mouse, at: (u16, u16), effects: &mut Vec<Effect>) {
    let area = model.areas().log;
    match what {
        Mouse::Press => press(model, at, area, effects),
        Mouse::Drag => drag(model, at, area),
        Mouse::Release => {
            if model.terminal.pressed.take().is_some() && model.terminal.picked.is_some() {
                take(model, effects);
            }
        }
        Mouse::WheelUp | Mouse::WheelDown => {}
    }
    model.dirty = true;
}

fn press(model: &mut Model, at: (u16, u16), area: Rect, effects: &mut Vec<Effect>) {
    model.terminal.picked = None;
    let Some(picture) = model.terminal.picture.clone() else { return };
    let first = origin(&picture, area);
    let spot = spot(&picture, first, at, area);
    model.terminal.pressed = Some((spot, Arc::clone(&picture)));
    let count = model.count_click(at);
    let region = match count {
        2 => picture.word_at(spot),
        3 => Some(Region::Rows(spot.0, spot.0)),
        _once => None,
    };
    let (shape, (from, to)) = match region {
        Some(Region::Text(from, to)) => (Shape::Text, (from, to)),
        Some(Region::Rows(..) | Region::Block(..)) => (Shape::Lines, (spot, spot)),
        None => return,
    };
    model.terminal.picked = Some(Picked::new(picture, first, shape, from, to));
    take(model, effects);
}

fn drag(model: &mut Model, at: (u16, u16), area: Rect) {
    let Some((anchor, picture)) = model.terminal.pressed.clone() else { return };
    let first = model.terminal.picked.as_ref().map_or_else(|| origin(&picture, area), |picked| picked.origin);
    let head = spot(&picture, first, at, area);
    if model.terminal.picked.is_some() || head != anchor {
        model.terminal.picked = Some(Picked::new(picture, first, Shape::Text, anchor, head));
    }
}

/// The cell of the picture under the mouse, or the nearest one that is shown.
fn spot(picture: &crate::emulator::Picture, first: Spot, (column, row): (u16, u16), area: Rect) -> Spot {
    let within = |at: u16, from: u16, room: u16| at.clamp(from, (from + room).saturating_sub(1).max(from)) - from;
    let row = first.0 + within(row, area.y, area.height);
    let column = first.1 + within(column, area.x, area.width);
    (row.min(picture.size.rows.saturating_sub(1)), column.min(picture.size.cols.saturating_sub(1)))
}

/// A selection on a screen that is no longer shown is over, and one in a pane of another size as well.
pub fn settle(model: &mut Model) {
    let area = model.areas().log;
    let pane = model.terminal.watched.as_ref().map(|watching| (watching.pane.rows, watching.pane.cols));
    if !model.shows_terminal() || model.terminal.picture.is_none() || pane != Some((area.height, area.width)) {
        (model.terminal.picked, model.terminal.pressed) = (None, None);
    }
}
