//! Columns that line up, by the width a terminal gives each character. Knows cells, not processes.

use unicode_width::UnicodeWidthStr;

use super::{Paint, Tone};

/// Spaces between two columns.
const GAP: &str = "  ";

/// One cell.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell of this text and tone.
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone }
    }
}

/// How a column is aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Lines of a table with this head; no line ends in spaces.
pub fn lines(paint: Paint, head: &[(&str, Align)], rows: &[Vec<Cell>]) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width());
        cells.chain([head[column].0.width()]).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let title: Vec<_> = head.iter().map(|(word, _)| Cell::new(Tone::Heading, *word)).collect();
    std::iter::once(&title).chain(rows).map(|row| line(paint, head, &widths, row)).collect()
}

fn line(paint: Paint, head: &[(&str, Align)], widths: &[usize], row: &[Cell]) -> String {
    let mut line = String::new();
    // What stands right of the last text is not filled up.
    let end = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
    for (column, cell) in row[..end].iter().enumerate() {
        if column > 0 {
            line.push_str(GAP);
        }
        let fill = " ".repeat(widths[column].saturating_sub(cell.text.width()));
        let text = paint.text(cell.tone, &cell.text);
        match head[column].1 {
            Align::Right => line.extend([fill, text]),
            Align::Left if column + 1 == end => line.push_str(&text),
            Align::Left => line.extend([text, fill]),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_cells_and_colours_none() {
        let row = |name: &str, number: &str| vec![Cell::new(Tone::Good, name), Cell::new(Tone::Plain, number)];
        let rows = [row("日本", "7"), row("e\u{301}té", "1000"), row("x", "")];
        let head = [("NAME", Align::Left), ("N", Align::Right)];
        assert_eq!(lines(Paint::new(false), &head, &rows), ["NAME     N", "日本     7", "e\u{301}té   1000", "x"]);
        let coloured = lines(Paint::new(true), &head, &rows);
        assert_eq!(coloured[1], "\x1b[32m日本\x1b[0m     7");
    }
}
