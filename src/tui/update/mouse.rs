//! The mouse: the wheel scrolls what is under the pointer, a click selects.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};

use crate::tui::layout::{Pane, Screen};
use crate::tui::message::Mouse;
use crate::tui::model::Model;

/// Rows per notch of the wheel.
const WHEEL_ROWS: isize = 3;

/// The mouse did something at a column and a row.
pub fn act(model: &mut Model, what: Mouse, column: u16, row: u16) {
    if model.menu.is_some() || model.finder.is_some() || model.entry.is_some() {
        return;
    }
    let areas = model.areas();
    let at = Position::new(column, row);
    match what {
        Mouse::WheelUp => wheel(model, at, -WHEEL_ROWS),
        Mouse::WheelDown => wheel(model, at, WHEEL_ROWS),
        Mouse::Press if areas.table.contains(at) => {
            model.pane = Pane::Table;
            let line = model.table.first + usize::from(row - areas.table.y);
            model.table.select_item(&Arc::clone(&model.snapshot), line);
        }
        Mouse::Press if areas.table_head.contains(at) => model.pane = Pane::Table,
        Mouse::Press if is_in(&[areas.log, areas.log_head], at) => model.pane = Pane::Log,
        Mouse::Press => return,
    }
    model.dirty = true;
}

fn wheel(model: &mut Model, at: Position, rows: isize) {
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
