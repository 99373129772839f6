//! The rows as shown: filtered, ordered, with the children of their trees, and a selection that is a name.
//!
//! A selection is a process and never a row number: whatever the order does, an action hits what was looked at.

use std::collections::BTreeSet;

use crate::domain::{ProcessName, Row, Snapshot};
use crate::tui::filter::Filter;
use crate::tui::order::SortBy;

use super::levels::LevelTable;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A process, by its place in the snapshot.
    Process(usize),
    /// A child in its tree: place of the process, place in the tree.
    Child(usize, usize),
}

impl Item {
    /// The place of the process, if the line is one.
    pub const fn process(self) -> Option<usize> {
        match self {
            Self::Process(at) => Some(at),
            Self::Child(..) => None,
        }
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Table {
    /// The selected process; it exists, and it is in view unless the filter hides everything.
    pub selected: Option<ProcessName>,
    /// Its place in the snapshot.
    pub selected_row: Option<usize>,
    /// Its place among the items.
    pub selected_item: usize,
    /// The lines to show.
    pub items: Vec<Item>,
    /// The first line in view.
    pub first: usize,
    /// Marked processes; orders given in the table are for those of them that are shown.
    pub marks: BTreeSet<ProcessName>,
    /// By what the rows are ordered.
    pub sort: SortBy,
    /// The other way round.
    pub inverted: bool,
    /// What is hidden.
    pub filter: Filter,
    /// The filter as typed.
    pub filter_text: String,
    /// How many rows the filter hides.
    pub hidden: usize,
    /// Trees are shown.
    pub tree: bool,
    /// Processes whose tree is shown although `tree` is off, or hidden although it is on.
    pub exceptions: BTreeSet<ProcessName>,
    /// The order as it was when a question was opened: rows do not move under a question.
    pub frozen: Option<Vec<ProcessName>>,
    /// Errors and warnings.
    pub levels: LevelTable,
    /// To be selected as soon as it is there.
    pub wanted: Option<ProcessName>,
}

impl Table {
    /// Works out the lines anew after the snapshot, the order, the filter or the trees changed.
    pub fn rebuild(&mut self, snapshot: &Snapshot) {
        self.marks.retain(|name| snapshot.rows.iter().any(|row| row.name() == name));
        self.levels.retain(|name| snapshot.rows.iter().any(|row| row.name() == name));
        let rows = self.ordered(snapshot);
        self.hidden = snapshot.rows.len() - rows.len();
        let fallback = self.neighbour(snapshot, &rows);
        let screen_line = self.selected_item.saturating_sub(self.first);
        self.items.clear();
        for at in rows {
            self.items.push(Item::Process(at));
            let row = &snapshot.rows[at];
            if self.shows_tree(row) {
                self.items.extend((1..row.tree.len()).map(|child| Item::Child(at, child)));
            }
        }
        self.select(snapshot, fallback.as_ref());
        // The selected row stays on its line of the screen, wherever the order puts it.
        self.first = self.selected_item.saturating_sub(screen_line);
    }

    fn ordered(&self, snapshot: &Snapshot) -> Vec<usize> {
        let is_shown = |at: &usize| self.lets_through(&snapshot.rows[*at]);
        let mut rows: Vec<usize> = (0..snapshot.rows.len()).filter(is_shown).collect();
        match &self.frozen {
            None => self.sort.sort(&snapshot.rows, &mut rows, self.inverted, &self.levels),
            Some(names) => {
                let places: std::collections::HashMap<_, _> = names.iter().zip(0..).collect();
                rows.sort_by_key(|at| places.get(snapshot.rows[*at].name()).copied().unwrap_or(usize::MAX));
            }
        }
        rows
    }

    /// The filter does not hide this row.
    pub fn lets_through(&self, row: &Row) -> bool {
        self.filter.is_empty() || self.filter.matches(row)
    }

    /// Figures alone change neither the order nor what is shown.
    pub fn is_static(&self) -> bool {
        self.filter.is_empty() && (self.sort == SortBy::Defined || self.frozen.is_some())
    }

    /// Keeps rows where they are until [`Self::thaw`].
    pub fn freeze(&mut self, snapshot: &Snapshot) {
        let processes = self.items.iter().filter_map(|item| item.process());
        self.frozen = Some(processes.filter_map(|at| snapshot.rows.get(at)).map(|row| row.name().clone()).collect());
    }

    /// Lets rows move again.
    pub fn thaw(&mut self) {
        self.frozen = None;
    }

    /// The tree of this row is shown.
    pub fn shows_tree(&self, row: &Row) -> bool {
        row.tree.len() > 1 && self.tree != self.exceptions.contains(row.name())
    }

    /// Who is selected when the selected one is no longer shown: the one that stands nearest to where it was.
    fn neighbour(&mut self, snapshot: &Snapshot, rows: &[usize]) -> Option<ProcessName> {
        let is_shown = |name: &ProcessName| rows.iter().any(|at| snapshot.rows[*at].name() == name);
        if self.wanted.as_ref().is_some_and(is_shown) {
            return self.wanted.take();
        }
        if self.selected.as_ref().is_some_and(is_shown) {
            return self.selected.clone();
        }
        let before = self.items.iter().take(self.selected_item).filter(|item| item.process().is_some()).count();
        let at = rows.get(before).or(rows.last())?;
        Some(snapshot.rows[*at].name().clone())
    }

    /// Selects by name; the place follows from it.
    pub fn select(&mut self, snapshot: &Snapshot, name: Option<&ProcessName>) {
        let found = name.and_then(|name| {
            let is_it = |item: &Item| item.process().is_some_and(|at| snapshot.rows[at].name() == name);
            self.items.iter().position(is_it)
        });
        self.selected_item = found.unwrap_or(0);
        self.selected_row = found.and_then(|at| self.items[at].process());
        self.selected = self.selected_row.map(|at| snapshot.rows[at].name().clone());
    }

    /// Moves the selection by `steps` processes, stopping at the ends.
    pub fn step(&mut self, snapshot: &Snapshot, steps: isize) {
        self.wanted = None;
        let mut at = self.selected_item;
        let mut left = steps.unsigned_abs();
        while left > 0 {
            let next = if steps > 0 {
                (at + 1..self.items.len()).find(|place| self.items[*place].process().is_some())
            } else {
                (0..at.min(self.items.len())).rev().find(|place| self.items[*place].process().is_some())
            };
            let Some(next) = next else { break };
            at = next;
            left -= 1;
        }
        self.select_item(snapshot, at);
    }

    /// Selects the process of the line `at`, a child's line meaning its process.
    pub fn select_item(&mut self, snapshot: &Snapshot, at: usize) {
        let row = match self.items.get(at) {
            Some(Item::Process(row) | Item::Child(row, _)) => Some(*row),
            None => None,
        };
        if let Some(row) = row {
            self.select(snapshot, Some(snapshot.rows[row].name()));
        }
    }

    /// Scrolls so that the selection is in view of `height` lines.
    pub fn keep_in_view(&mut self, height: usize) {
        self.first = self.first.min(self.items.len().saturating_sub(height));
        if self.selected_item < self.first {
            self.first = self.selected_item;
        } else if height > 0 && self.selected_item >= self.first + height {
            self.first = self.selected_item + 1 - height;
        }
    }
}
