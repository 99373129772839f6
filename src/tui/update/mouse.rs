//! The mouse: the wheel scrolls what is under the pointer, a click selects a row or an order, a drag selects and copies text.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};

use crate::tui::action::Sort;
use crate::tui::columns;
use crate::tui::layout::{Pane, Screen};
use crate::tui::message::{Effect, Mouse};
use crate::tui::model::Model;

use super::{list, menus, table};

/// Rows per notch of the wheel.
const WHEEL_ROWS: isize = 3;

/// The mouse did something at a column and a row.
pub fn act(model: &mut Model, what: Mouse, (column, row): (u16, u16), effects: &mut Vec<Effect>) {
    if model.menu.is_some() {
        return menus::mouse(model, what, (column, row), effects);
    }
    let at = Position::new(column, row);
    if let Some(rows) = notch(what) {
        model.dirty = true;
        return wheel(model, at, rows);
    }
    if model.results.is_some() || model.finder.is_some() {
        if what == Mouse::Press {
            model.dirty = true;
            list::click(model, at, effects);
        }
        return;
    }
    if model.entry.is_some() {
        return;
    }
    let areas = model.areas();
    match what {
        Mouse::Press if areas.table.contains(at) => {
            model.pane = Pane::Table;
            let line = model.table.first + usize::from(row - areas.table.y);
            model.table.select_item(&Arc::clone(&model.snapshot), line);
        }
        Mouse::Press if areas.table_head.contains(at) => press_in_head(model, at, areas.table_head),
        Mouse::Press if areas.log.contains(at) => press_in_log(model, at, areas.log, effects),
        Mouse::Press if areas.log_head.contains(at) => model.pane = Pane::Log,
        Mouse::Drag => drag(model, at, areas.log),
        Mouse::Release if model.log.release() => effects.extend(model.log.copy_selection().map(Effect::Job)),
        Mouse::Press | Mouse::Release | Mouse::WheelUp | Mouse::WheelDown => return,
    }
    model.dirty = true;
}

/// The head of a column orders by it, and again the other way round.
fn press_in_head(model: &mut Model, at: Position, head: Rect) {
    model.pane = Pane::Table;
    if at.y == head.y {
        return;
    }
    let columns = columns::fit(head.width, columns::longest_name(model));
    let x = at.x - head.x;
    // The gap behind a column is its own, too.
    let pressed = columns.0.iter().find(|(_, start, end)| (*start..=*end).contains(&x));
    if let Some(by) = pressed.and_then(|(column, ..)| column.sorted_by()) {
        table::sort(model, if model.table.sort == by { Sort::Invert } else { Sort::By(by) });
    }
}

/// The beginning of a selection; twice selects a word, three times a line.
fn press_in_log(model: &mut Model, at: Position, area: Rect, effects: &mut Vec<Effect>) {
    model.pane = Pane::Log;
    let count = model.count_click((at.x, at.y));
    let (x, y) = (at.x - area.x, at.y - area.y);
    model.log.press_at(x, y);
    if count > 1 && model.log.select_around(x, y, count == 3) {
        effects.extend(model.log.copy_selection().map(Effect::Job));
    }
}

/// The selection follows the mouse; beyond the edge the log scrolls.
fn drag(model: &mut Model, at: Position, area: Rect) {
    if area.is_empty() {
        return;
    }
    let beyond = isize::from(at.y >= area.bottom()) - isize::from(at.y < area.y);
    let x = at.x.clamp(area.x, area.right() - 1) - area.x;
    let y = at.y.clamp(area.y, area.bottom() - 1) - area.y;
    model.log.drag_to(x, y, beyond);
}

/// How far one notch of the wheel goes, up or down.
pub const fn notch(what: Mouse) -> Option<isize> {
    match what {
        Mouse::WheelUp => Some(-WHEEL_ROWS),
        Mouse::WheelDown => Some(WHEEL_ROWS),
        Mouse::Press | Mouse::Drag | Mouse::Release => None,
    }
}

/// A list on top has the wheel for itself; beside a line that is typed it scrolls as ever.
fn wheel(model: &mut Model, at: Position, rows: isize) {
    if list::step(model, rows) {
        return;
    }
    let areas = model.areas();
    if is_in(&[areas.log, areas.log_head], at) {
        model.log.scroll(rows);
    } else if is_in(&[areas.table, areas.table_head], at) {
        model.table.step(&Arc::clone(&model.snapshot), rows.signum());
    } else if model.screen != Screen::Main && areas.reading.contains(at) {
        let height = usize::from(areas.reading.height);
        let last = crate::tui::view::reading_length(model).saturating_sub(height);
        model.reading_top = model.reading_top.min(last).saturating_add_signed(rows).min(last);
    }
}

fn is_in(areas: &[Rect], at: Position) -> bool {
    areas.iter().any(|area| area.contains(at))
}
