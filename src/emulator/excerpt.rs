//! What somebody takes of a picture as text: whole rows, a block, or running text, exactly as it is shown.
//!
//! A row that the terminal broke because it was full goes on in the next one, so the two are one line in the text.

use std::ops::Range;

use super::Picture;

/// Row and column of a cell.
pub type Spot = (u16, u16);

/// Cells of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Rows, from the first to the last.
    Rows(u16, u16),
    /// The rectangle with these two corners in it.
    Block(Spot, Spot),
    /// Everything from the first cell to the last, as text runs.
    Text(Spot, Spot),
}

/// Whether a line goes on in the next row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wrap {
    /// It ends in this row.
    #[default]
    Ends,
    /// It goes on.
    Full,
    /// It goes on, and the last cell of the row is left empty because a wide character did not fit.
    Filler,
}

impl Region {
    /// From one cell to another, whichever comes first.
    pub fn text(one: Spot, other: Spot) -> Self {
        Self::Text(one.min(other), one.max(other))
    }

    fn rows(self) -> Range<u16> {
        match self {
            Self::Rows(first, last) | Self::Text((first, _), (last, _)) => first..last.saturating_add(1),
            Self::Block((one, _), (other, _)) => one.min(other)..one.max(other).saturating_add(1),
        }
    }

    /// Its columns in a row; `None` where it is not in that row.
    pub fn columns(self, row: u16) -> Option<Range<u16>> {
        self.rows().contains(&row).then(|| match self {
            Self::Rows(..) => 0..u16::MAX,
            Self::Block((_, one), (_, other)) => one.min(other)..one.max(other).saturating_add(1),
            Self::Text((first, from), (last, to)) => {
                let start = if row == first { from } else { 0 };
                let end = if row == last { to.saturating_add(1) } else { u16::MAX };
                start..end
            }
        })
    }
}

impl Picture {
    /// The text in a region: a wide character once, wherever it is touched; no blanks at the ends of lines; no newline after
    /// the last one.
    pub fn excerpt(&self, region: Region) -> String {
        let mut text = String::new();
        // Where the line that is being written begins.
        let mut line = 0;
        let rows = region.rows();
        let rows = rows.start..rows.end.min(self.size.rows);
        for row in rows.clone() {
            let Some(columns) = region.columns(row) else { continue };
            let wrap = self.wraps.get(usize::from(row)).copied().unwrap_or_default();
            self.take(row, &columns, wrap, &mut text);
            let goes_on = match (region, wrap) {
                (Region::Block(..), _) | (_, Wrap::Ends) => false,
                (Region::Rows(..) | Region::Text(..), Wrap::Full | Wrap::Filler) => columns.end >= self.size.cols,
            };
            let is_last = row + 1 == rows.end;
            if is_last || !goes_on {
                text.truncate(line + text[line..].trim_end_matches(' ').len());
            }
            if !is_last && !goes_on {
                text.push('\n');
                line = text.len();
            }
        }
        text
    }

    /// All of it, without empty rows at the end.
    pub fn all_text(&self) -> String {
        let text = self.excerpt(Region::Rows(0, self.size.rows.saturating_sub(1)));
        text.trim_end_matches(['\n', ' ']).to_owned()
    }

    fn take(&self, row: u16, columns: &Range<u16>, wrap: Wrap, text: &mut String) {
        let cells = self.row(row);
        let mut start = usize::from(columns.start);
        let end = usize::from(columns.end).min(cells.len() - usize::from(wrap == Wrap::Filler).min(cells.len()));
        // The right half of a wide character stands for all of it.
        if cells.get(start).is_some_and(|cell| cell.width == 0) {
            start = start.saturating_sub(1);
        }
        for cell in cells.get(start..end.max(start)).unwrap_or_default().iter().filter(|cell| cell.width > 0) {
            text.push(cell.character);
            text.extend(cell.combining.iter().flat_map(|combining| combining.chars()));
        }
    }

    /// The cells of the word, path or address at a cell; `None` where there is none.
    pub fn word_at(&self, (row, column): Spot) -> Option<Region> {
        let cells = self.row(row);
        let is_word = |at: usize| cells.get(at).is_some_and(|cell| cell.width == 0 || belongs_to_word(cell.character));
        let at = usize::from(column);
        if !is_word(at) {
            return None;
        }
        let first = (0..=at).rev().take_while(|at| is_word(*at)).last()?;
        let last = (at..cells.len()).take_while(|at| is_word(*at)).last()?;
        Some(Region::Text((row, first as u16), (row, last as u16)))
    }
}

/// Characters that a double click takes together.
pub fn belongs_to_word(c: char) -> bool {
    c.is_alphanumeric() || "_-./:@%+~=?&#".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::{Emulator, Size};
    use proptest::prelude::*;

    fn picture(rows: u16, cols: u16, printed: &str) -> Picture {
        let mut emulator = Emulator::new(Size { rows, cols });
        emulator.feed(printed.as_bytes());
        emulator.picture()
    }

    #[test]
    fn rows_blocks_and_running_text() {
        let shown = picture(4, 12, "one two\r\n\x1b[31mthree\x1b[0m   \r\n日本 four\r\n");
        assert_eq!(shown.excerpt(Region::Rows(0, 2)), "one two\nthree\n日本 four");
        assert_eq!(shown.excerpt(Region::Rows(1, 1)), "three");
        assert_eq!(shown.excerpt(Region::text((2, 2), (0, 4))), "two\nthree\n日本");
        assert_eq!(shown.excerpt(Region::text((2, 3), (2, 3))), "本", "either half is all of it");
        assert_eq!(shown.excerpt(Region::Block((2, 4), (0, 2))), "e t\nree\n本");
        assert_eq!(shown.excerpt(Region::Rows(3, 9)), "", "beyond the end is nothing");
        assert_eq!(shown.all_text(), "one two\nthree\n日本 four");
        assert_eq!(shown.word_at((0, 5)).map(|word| shown.excerpt(word)).as_deref(), Some("two"));
        assert_eq!(shown.word_at((0, 3)), None);
    }

    #[test]
    fn a_line_the_terminal_broke_is_one_line() {
        let shown = picture(6, 4, "abcdefg\r\nabcd\r\nxyz日本\r\n");
        assert_eq!(shown.excerpt(Region::Rows(0, 2)), "abcdefg\nabcd");
        assert_eq!(shown.excerpt(Region::Rows(0, 0)), "abcd");
        assert_eq!(shown.excerpt(Region::Block((0, 0), (1, 1))), "ab\nef", "a block has its rows");
        let shown = picture(5, 4, "xyz日本\r\n");
        assert_eq!(shown.excerpt(Region::Rows(0, 4)), "xyz日本\n\n\n", "a cell left empty for a wide one is no blank");
        let shown = picture(5, 4, "abc def");
        assert_eq!(shown.excerpt(Region::Rows(0, 1)), "abc def", "a blank at the edge is one");
    }

    proptest! {
        /// What was printed is what is copied, however narrow the terminal, and so is each part of it.
        #[test]
        fn what_is_taken_is_what_was_printed(
            lines in prop::collection::vec("([a-c 日]|e\u{301}){0,30}", 1..6),
            cols in 2u16..40, ends in (0usize..200, 0usize..200),
        ) {
            let printed = lines.join("\r\n");
            let shown = picture(200, cols, &printed);
            let expected: Vec<&str> = lines.iter().map(|line| line.trim_end_matches(' ')).collect();
            let last = shown.cursor.unwrap().0;
            prop_assert_eq!(shown.excerpt(Region::Rows(0, last)), expected.join("\n"));
            // Two halves that meet give the whole, but for blanks where they meet.
            let places: Vec<Spot> = (0..=last).flat_map(|row| (0..cols).map(move |column| (row, column)))
                .filter(|(row, column)| shown.row(*row)[usize::from(*column)].width > 0).collect();
            let (one, other) = (places[ends.0 % places.len()], places[ends.1 % places.len()]);
            let (from, to) = (one.min(other), one.max(other));
            let part = shown.excerpt(Region::text(one, other));
            let before = places.iter().rfind(|place| **place < from).map(|end| shown.excerpt(Region::text((0, 0), *end)));
            let up_to = shown.excerpt(Region::text((0, 0), to));
            let squeezed = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(squeezed(&(before.unwrap_or_default() + &part)), squeezed(&up_to));
            prop_assert!(!part.lines().any(|line| line.ends_with(' ')), "{:?}", part);
        }
    }
}
