//! Which logs are counted for errors and warnings: those of which a count is on the screen.

use crate::domain::ProcessName;
use crate::tui::columns::{self, Column};
use crate::tui::layout::{Areas, Screen};
use crate::tui::model::Model;
use crate::tui::order::SortBy;
use crate::tui::page::{Job, Levels};

/// A count that goes on, where one is due.
pub fn next(model: &mut Model, areas: &Areas) -> Option<Job> {
    if model.table.levels.is_counting() {
        return None;
    }
    let snapshot = &model.snapshot;
    let is_all = model.table.sort == SortBy::Levels && model.screen == Screen::Main;
    let has_column = is_all || columns::fit(areas.table.width, columns::longest_name(model)).contains(Column::Levels);
    let height = if !has_column {
        0
    } else if is_all {
        usize::MAX
    } else {
        usize::from(areas.table.height)
    };
    let items = model.table.items.iter().skip(if is_all { 0 } else { model.table.first }).take(height);
    let selected = model.table.selected_row.filter(|_| !areas.log_head.is_empty() && model.log.joined.is_none());
    let places = items.filter_map(|item| item.process()).filter(|at| Some(*at) != selected).chain(selected);
    let rows = places.filter_map(|at| snapshot.rows.get(at)).map(AsRef::as_ref);
    model.table.levels.next(model.now, rows).map(Job::Levels)
}

/// What was counted.
pub fn take(model: &mut Model, counted: Vec<(ProcessName, Option<Levels>)>) {
    if model.table.levels.take(model.now, counted) {
        model.dirty = true;
        if model.table.sort == SortBy::Levels {
            model.table.rebuild(&std::sync::Arc::clone(&model.snapshot));
        }
    }
}

/// The pane of the log counts from here how many errors are new.
pub fn settle(model: &mut Model) {
    let selected = model.selected().filter(|_| model.log.joined.is_none());
    let Some(levels) = selected.and_then(|row| model.table.levels.of(row)) else { return };
    if let Some(counts) = levels.counts {
        model.log.see_errors(levels.run, counts.errors);
    }
}
