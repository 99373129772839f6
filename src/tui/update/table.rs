//! Moving in the table, marking, ordering, filtering, trees.

use std::sync::Arc;

use crate::domain::PhaseWord;
use crate::tui::action::{Move, Rows, Sort};
use crate::tui::filter::Filter;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::model::journal::Tone;

/// Moves the selection.
pub fn travel(model: &mut Model, step: Move) {
    let page = isize::from(model.areas().table.height.max(2) as i16) - 1;
    let steps = match step {
        Move::Up => -1,
        Move::Down => 1,
        Move::PageUp => -page,
        Move::PageDown => page,
        Move::Top => isize::MIN,
        Move::Bottom => isize::MAX,
    };
    model.table.step(&Arc::clone(&model.snapshot), steps);
}

/// Everything else that concerns rows.
pub fn act(model: &mut Model, what: Rows, key: Key) {
    match what {
        Rows::GoToNth => go_to_nth(model, key),
        Rows::NextInTrouble => next_in_trouble(model),
        Rows::Mark => mark(model),
        Rows::Unmark => model.table.marks.clear(),
        Rows::Tree => {
            model.table.tree = !model.table.tree;
            model.table.exceptions.clear();
            rebuild(model);
        }
        Rows::Collapse => fold(model, false),
        Rows::Expand => fold(model, true),
    }
}

/// Chooses the order.
pub fn sort(model: &mut Model, how: Sort) {
    let table = &mut model.table;
    let (sort, inverted) = match how {
        Sort::By(column) => (column, false),
        Sort::Left => (table.sort.left(), false),
        Sort::Right => (table.sort.right(), false),
        Sort::Invert => (table.sort, !table.inverted),
    };
    (table.sort, table.inverted) = (sort, inverted);
    rebuild(model);
}

/// Shows only what the filter lets through.
pub fn set_filter(model: &mut Model, text: &str) {
    text.clone_into(&mut model.table.filter_text);
    model.table.filter = Filter::parse(text);
    rebuild(model);
}

fn rebuild(model: &mut Model) {
    model.table.rebuild(&Arc::clone(&model.snapshot));
}

fn go_to_nth(model: &mut Model, key: Key) {
    let Some(nth) = key.typed().and_then(|c| c.to_digit(10)) else { return };
    let mut processes = (0..model.table.items.len()).filter(|at| model.table.items[*at].process().is_some());
    if let Some(at) = processes.nth(nth as usize - 1) {
        model.table.select_item(&Arc::clone(&model.snapshot), at);
    } else {
        let text = format!("there is no process number {nth} here");
        model.journal.say(model.now, Tone::Warn, text);
    }
}

/// Goes to the next row that failed, is lost, or has zombies, round the end.
fn next_in_trouble(model: &mut Model) {
    let items = &model.table.items;
    let in_trouble = |at: &usize| {
        items[*at].process().and_then(|row| model.snapshot.rows.get(row)).is_some_and(|row| {
            matches!(row.phase.word(), PhaseWord::Failed | PhaseWord::Unknown | PhaseWord::Backoff)
                || row.usage.zombies > 0
        })
    };
    let from = model.table.selected_item + 1;
    let found = (from..items.len()).chain(0..from.min(items.len())).find(in_trouble);
    match found {
        Some(at) => model.table.select_item(&Arc::clone(&model.snapshot), at),
        None => model.journal.say(model.now, Tone::Info, "nothing is in trouble"),
    }
}

fn mark(model: &mut Model) {
    if let Some(name) = model.table.selected.clone() {
        if !model.table.marks.remove(&name) {
            model.table.marks.insert(name);
        }
        model.table.step(&Arc::clone(&model.snapshot), 1);
    }
}

fn fold(model: &mut Model, open: bool) {
    let Some(row) = model.selected().cloned() else { return };
    if row.tree.len() < 2 {
        let text = format!("{} has no children", row.name());
        model.journal.say(model.now, Tone::Info, text);
    } else if model.table.shows_tree(&row) != open {
        let name = row.name().clone();
        if !model.table.exceptions.remove(&name) {
            model.table.exceptions.insert(name);
        }
        rebuild(model);
    }
}
