//! A selection in the log: from one place to another, so that it stays on its text while output flows and lines scroll.

use std::ops::Range;

use crate::emulator::excerpt::belongs_to_word;
use crate::tui::model::wrap::{spots, width};
use crate::tui::page::{CopyRequest, Cut, Job, LogLine, Place, PrintRequest, Target};
use crate::tui::viewer::Viewer;

use super::LogPane;

/// What of the lines between two points is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Whole lines.
    Lines,
    /// The same columns of each line.
    Block,
    /// Everything from one point to the other, as text runs.
    Text,
}

/// A cell of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Where the line begins.
    pub at: Place,
    /// Cells before it in the line, as if it were not broken.
    pub column: usize,
}

/// What is selected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Lines, a block or running text.
    pub shape: Shape,
    /// Where it was begun.
    pub anchor: Point,
    /// The end that moves.
    pub head: Point,
    /// A mouse button is held down.
    pub is_dragged: bool,
    /// It goes on following when the selection is over.
    pub(super) was_following: bool,
    /// Lines the head has still to be moved when the next page is there.
    owed: isize,
}

impl Selection {
    /// The columns that are selected of the line at `at`.
    pub fn columns(&self, at: Place) -> Option<Range<usize>> {
        let (first, last) = (self.anchor.min(self.head), self.anchor.max(self.head));
        if at < first.at || at > last.at {
            return None;
        }
        let from = if at == first.at { first.column } else { 0 };
        let to = if at == last.at { last.column.saturating_add(1) } else { usize::MAX };
        Some(match self.cut() {
            Cut::Lines => 0..usize::MAX,
            Cut::Block { from, to } => from..to,
            Cut::Text { .. } => from..to,
        })
    }

    fn cut(&self) -> Cut {
        let (first, last) = (self.anchor.min(self.head), self.anchor.max(self.head));
        let (left, right) = (self.anchor.column.min(self.head.column), self.anchor.column.max(self.head.column));
        match self.shape {
            Shape::Lines => Cut::Lines,
            Shape::Block => Cut::Block { from: left, to: right.saturating_add(1) },
            Shape::Text => Cut::Text { from: first.column, to: last.column.saturating_add(1) },
        }
    }
}

impl LogPane {
    /// Begins a selection at the line last gone to, else at the last one in view; at the first one where that is the oldest there is,
    /// because whoever went there goes down from it.
    pub fn select(&mut self, shape: Shape) -> bool {
        if let Some(selection) = &mut self.selection {
            selection.shape = shape;
            return true;
        }
        let in_view = self.in_view();
        let cursor = self.cursor.map(|place| self.index_of(place)).filter(|index| in_view.contains(index));
        let is_at_start = !self.follow && self.top == (0, 0) && self.window.0 <= self.extent.0;
        let last = || in_view.clone().rev().find(|index| self.is_output(*index));
        let first = || in_view.clone().find(|index| self.is_output(*index)).filter(|_| is_at_start);
        let Some(line) = cursor.or_else(first).or_else(last).and_then(|index| self.lines.get(index)) else {
            return false;
        };
        let point = Point { at: line.at, column: self.left };
        self.begin(shape, point, point, false);
        true
    }

    fn begin(&mut self, shape: Shape, anchor: Point, head: Point, is_dragged: bool) {
        let was_following = self.follow || std::mem::take(&mut self.resumes);
        self.pause();
        self.selection = Some(Selection { shape, anchor, head, is_dragged, was_following, owed: 0 });
    }

    /// Ends the selection. Who followed before follows again.
    pub fn deselect(&mut self) {
        if self.selection.take().is_some_and(|selection| selection.was_following) {
            self.follow_now();
        }
    }

    /// Ends the selection, whose text is to be copied.
    pub fn deselect_to_copy(&mut self) {
        self.copying.clone_from(&self.selection);
        self.deselect();
    }

    /// Whoever goes on does not want it back.
    pub fn forget_copied(&mut self) {
        self.copying = None;
    }

    /// What was to be copied was not: it is selected as before, unless something else is by now.
    pub fn select_again(&mut self) {
        let Some(selection) = self.copying.take().filter(|_| self.selection.is_none()) else { return };
        self.pause();
        let head = selection.head.at;
        self.selection = Some(selection);
        self.go_to(Target::Place(head), 1);
    }

    fn is_output(&self, index: usize) -> bool {
        self.lines.get(index).is_some_and(LogLine::is_output)
    }

    /// Moves the end of the selection by so many lines.
    pub fn move_head(&mut self, lines: isize) {
        let Some(head) = self.selection.as_ref().map(|selection| selection.head.at) else { return };
        let mut index = self.index_of(head);
        let mut left = lines.unsigned_abs();
        while left > 0 {
            let next =
                if lines < 0 { index.checked_sub(1) } else { Some(index + 1).filter(|at| *at < self.lines.len()) };
            let Some(next) = next else { break };
            index = next;
            left -= usize::from(self.is_output(index));
        }
        let more = if lines < 0 { self.window.0 > self.extent.0 } else { !self.sees_end() };
        let found = if self.is_output(index) { index } else { self.index_of(head) };
        let at = self.lines.get(found).map_or(head, |line| line.at);
        self.asked = true;
        if let Some(selection) = &mut self.selection {
            selection.head.at = at;
            selection.owed = if more { lines.signum() * left as isize } else { 0 };
        }
        self.reveal(found);
    }

    /// Moves the end of the selection sideways.
    pub fn move_head_aside(&mut self, columns: isize) {
        let Some(selection) = &mut self.selection else { return };
        let head = selection.head;
        let longest = self.lines.iter().filter(|line| line.is_output()).map(width).max().unwrap_or(0);
        let column = head.column.saturating_add_signed(columns).min(longest.saturating_sub(1));
        selection.head.column = column;
        if selection.shape == Shape::Lines {
            selection.shape = Shape::Block;
        }
        let width = usize::from(self.text_width());
        if !self.wrap {
            self.left = self.left.clamp((column + 1).saturating_sub(width), column);
        }
    }

    /// The other end moves from now on.
    pub fn swap_ends(&mut self) {
        if let Some(selection) = &mut self.selection {
            std::mem::swap(&mut selection.anchor, &mut selection.head);
            let head = selection.head.at;
            if self.index_holds(head) { self.reveal(self.index_of(head)) } else { self.go_to(Target::Place(head), 1) }
        }
    }

    /// The end of the selection goes to a line that was gone to.
    pub(super) fn take_head_to(&mut self, at: Place) {
        if let Some(selection) = &mut self.selection {
            selection.head.at = at;
        }
    }

    /// Rows the end of the selection has still to be moved, when lines for it may have come.
    pub(super) fn pay_head(&mut self) {
        let owed = self.selection.as_mut().map_or(0, |selection| std::mem::take(&mut selection.owed));
        if owed != 0 {
            self.move_head(owed);
        }
    }

    pub(super) fn head_is_owed_lines_above(&self) -> bool {
        self.selection.as_ref().is_some_and(|selection| selection.owed < 0)
    }

    /// The cell of the log that is drawn at `x`, `y` of the pane, or the nearest one.
    pub fn point_at(&self, x: u16, y: u16) -> Option<Point> {
        let (first, skipped) = self.first_row();
        let mut row = usize::from(y) + skipped;
        let mut last = None;
        for index in first..self.lines.len() {
            let line = &self.lines[index];
            let rows = self.rows_of(index);
            if line.is_output() {
                last = Some(Point { at: line.at, column: usize::MAX - 1 });
                if row < rows {
                    return Some(Point { at: line.at, column: self.column_at(line, x, row) });
                }
            }
            let Some(rest) = row.checked_sub(rows) else { break };
            row = rest;
        }
        last
    }

    fn column_at(&self, line: &LogLine, x: u16, row: usize) -> usize {
        let x = x.saturating_sub(self.columns().before_text());
        if !self.breaks(line) {
            return self.left + usize::from(x);
        }
        let in_row = spots(line, Some(self.text_width())).filter(|spot| spot.row == row && spot.x <= x);
        in_row.last().map_or(usize::MAX - 1, |spot| {
            // Beyond the end of the row is beyond its last cell.
            spot.column + if x >= spot.x + spot.cells { usize::from(spot.cells) } else { 0 }
        })
    }

    /// The mouse button went down on a cell.
    pub fn press_at(&mut self, x: u16, y: u16) {
        self.pressed = self.point_at(x, y);
        // What is under the mouse must not move while its button is down.
        self.resumes |= self.selection.take().is_some_and(|selection| selection.was_following);
    }

    /// The mouse was moved to a cell while its button was held down; -1 or 1 `beyond` the upper or lower edge.
    pub fn drag_to(&mut self, x: u16, y: u16, beyond: isize) {
        let Some(anchor) = self.pressed else { return };
        if beyond != 0 && self.selection.is_some() {
            self.scroll_selecting(beyond);
        }
        let Some(head) = self.point_at(x, y) else { return };
        match &mut self.selection {
            Some(selection) => selection.head = head,
            None if head != anchor => self.begin(Shape::Text, anchor, head, true),
            None => {}
        }
    }

    /// The mouse button was let go. True when something was selected with it.
    pub fn release(&mut self) -> bool {
        self.pressed = None;
        if std::mem::take(&mut self.resumes) && self.selection.is_none() {
            self.follow_now();
        }
        let dragged = self.selection.as_mut().filter(|selection| selection.is_dragged);
        dragged.map(|selection| selection.is_dragged = false).is_some()
    }

    /// A word, or the whole line, at a cell that was clicked several times.
    pub fn select_around(&mut self, x: u16, y: u16, whole_line: bool) -> bool {
        let Some(point) = self.point_at(x, y) else { return false };
        let Some(line) = self.lines.get(self.index_of(point.at)) else { return false };
        let (mut from, mut to, mut found) = (0, 0, false);
        for spot in spots(line, None) {
            let is_word = spot.text.chars().all(belongs_to_word);
            if spot.column <= point.column && point.column < spot.column + usize::from(spot.cells).max(1) {
                found = is_word;
            } else if !is_word && found {
                break;
            }
            if is_word {
                to = spot.column + usize::from(spot.cells);
            } else {
                from = spot.column + usize::from(spot.cells);
                found = false;
            }
        }
        let at = point.at;
        if whole_line {
            self.begin(Shape::Lines, point, point, false);
        } else if found && to > from {
            self.begin(Shape::Text, Point { at, column: from }, Point { at, column: to - 1 }, false);
        }
        whole_line || found
    }

    /// Has the selected text fetched.
    pub fn copy_selection(&mut self) -> Option<Job> {
        self.selection.as_ref()?;
        self.text_at_hand().map(Job::Copy)
    }

    /// A file for a viewer: around the line last gone to when that is in view, else around the first one in view.
    pub fn print_request(&self, viewer: Viewer) -> Option<PrintRequest> {
        let in_view = self.in_view();
        let cursor = self.cursor.map(|place| self.index_of(place)).filter(|index| in_view.contains(index));
        let shown = || in_view.clone().find(|index| self.is_output(*index));
        let edge = if self.follow { in_view.clone().rev().find(|index| self.is_output(*index)) } else { shown() };
        let at = self.lines.get(cursor.or(edge)?)?.at;
        Some(PrintRequest { subject: self.subject.clone()?, look: self.look.clone(), at, viewer })
    }

    /// What is selected, else the lines in view.
    pub fn text_at_hand(&self) -> Option<CopyRequest> {
        let (subject, look) = (self.subject.clone()?, self.look.clone());
        if let Some(selection) = &self.selection {
            let (first, last) = (selection.anchor.min(selection.head), selection.anchor.max(selection.head));
            return Some(CopyRequest { subject, look, from: first.at, to: last.at, cut: selection.cut() });
        }
        let shown: Vec<Place> = self.in_view().filter(|at| self.is_output(*at)).map(|at| self.lines[at].at).collect();
        Some(CopyRequest { subject, look, from: *shown.first()?, to: *shown.last()?, cut: Cut::Lines })
    }
}
