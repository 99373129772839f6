//! The careful way through a line: a row of cells with a cursor, so that a progress bar shows its last state.
//!
//! Work and memory stay proportional to the input: jumps beyond what was written are filled from a budget.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use super::linear::{TAB_COLUMNS, number_of};
use super::tokens::{Token, Tokens};
use super::{Span, Style};

/// Jumps beyond what was written lead no further than this column.
const COLUMN_MAX: usize = 512;

/// One column.
#[derive(Clone, Debug)]
struct Cell {
    /// `None` is the right half of a wide character.
    shown: Option<char>,
    /// Marks that take no column of their own.
    marks: String,
    style: Style,
}

impl Cell {
    const fn blank(style: Style) -> Self {
        Self { shown: Some(' '), marks: String::new(), style }
    }
}

/// A row of cells.
#[derive(Debug)]
pub(super) struct Cells {
    row: Vec<Cell>,
    column: usize,
    /// Blanks that may still be filled in.
    budget: usize,
    /// Of what is written next.
    pub(super) style: Style,
}

impl Cells {
    /// The row after this line was written into it.
    pub(super) fn of(text: &str, style: Style) -> Self {
        let mut cells = Self { row: Vec::new(), column: 0, budget: COLUMN_MAX + 2 * text.len(), style };
        Tokens::of(text).for_each(|token| cells.obey(token));
        cells
    }

    /// As spans.
    pub(super) fn spans(self) -> Vec<Span<'static>> {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for cell in &self.row {
            let Some(shown) = cell.shown else { continue };
            if spans.last().is_none_or(|last| last.style != cell.style) {
                spans.push(Span { text: Cow::Owned(String::new()), style: cell.style });
            }
            if let Some(last) = spans.last_mut() {
                let text = last.text.to_mut();
                text.push(shown);
                text.push_str(&cell.marks);
            }
        }
        spans
    }

    /// As text.
    pub(super) fn text(self) -> String {
        self.spans().into_iter().map(|span| span.text).collect()
    }

    fn obey(&mut self, token: Token<'_>) {
        match token {
            Token::Text(text) => text.chars().for_each(|shown| self.put(shown)),
            Token::Picture(picture) => self.put(picture),
            Token::Numbered(odd) => number_of(odd).chars().for_each(|shown| self.put(shown)),
            Token::Tab => self.tab(),
            Token::Return => self.column = 0,
            Token::Backspace => self.column = self.column.saturating_sub(1),
            Token::Sgr(params) => self.style.apply(params),
            Token::Erase(part) => self.erase(part),
            Token::Column(n) => self.jump(usize::from(n) - 1),
            Token::Ahead(n) => self.jump(self.column.saturating_add(usize::from(n))),
            Token::Back(n) => self.column = self.column.saturating_sub(usize::from(n)),
        }
    }

    fn jump(&mut self, column: usize) {
        self.column = column.min(self.row.len().max(COLUMN_MAX));
    }

    /// Blanks over what is not written yet; over what is, the cursor only moves.
    fn tab(&mut self) {
        self.column = (self.column / TAB_COLUMNS + 1) * TAB_COLUMNS;
        self.fill();
    }

    /// Makes the cells up to the cursor exist, or brings the cursor back when that is too dear.
    fn fill(&mut self) {
        let missing = self.column.saturating_sub(self.row.len());
        if missing > self.budget {
            self.column = self.row.len();
        } else if missing > 0 {
            self.budget -= missing;
            self.row.resize(self.column, Cell::blank(Style::default()));
        }
    }

    fn put(&mut self, shown: char) {
        self.fill();
        let width = shown.width().unwrap_or(1);
        if width == 0 {
            return self.mark(shown);
        }
        self.replace(self.column, Some(shown));
        if width > 1 {
            self.replace(self.column + 1, None);
        }
        self.column += width;
    }

    /// Writes one column; a wide character that loses a half leaves a blank for the other.
    fn replace(&mut self, column: usize, shown: Option<char>) {
        let cell = Cell { shown, marks: String::new(), style: self.style };
        let was_half = self.row.get(column).is_some_and(|cell| cell.shown.is_none());
        if was_half && shown.is_some() {
            self.row[column - 1] = Cell::blank(self.row[column - 1].style);
        }
        match self.row.get_mut(column) {
            Some(old) => *old = cell,
            None => self.row.push(cell),
        }
        if let Some(next) = self.row.get_mut(column + 1)
            && next.shown.is_none()
        {
            *next = Cell::blank(next.style);
        }
    }

    fn mark(&mut self, mark: char) {
        if self.column == 0 {
            self.replace(0, Some(' '));
            self.column = 1;
        }
        let wide = self.column > 1 && self.row[self.column - 1].shown.is_none();
        let holder = &mut self.row[self.column - if wide { 2 } else { 1 }];
        holder.marks.push(mark);
    }

    fn erase(&mut self, part: u16) {
        match part {
            0 => self.cut(self.column),
            1 if self.column < self.budget => {
                self.budget -= self.column;
                let erased = self.column.min(self.row.len());
                (0..erased).for_each(|column| self.replace_blank(column));
            }
            2 => self.cut(0),
            _ => {}
        }
    }

    fn replace_blank(&mut self, column: usize) {
        let style = std::mem::take(&mut self.style);
        self.replace(column, Some(' '));
        self.style = style;
    }

    /// Drops the cells from `column` on.
    fn cut(&mut self, column: usize) {
        if self.row.get(column).is_some_and(|cell| cell.shown.is_none()) {
            self.row[column - 1] = Cell::blank(Style::default());
        }
        self.row.truncate(column);
    }
}
