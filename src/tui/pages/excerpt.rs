//! Text of a log for elsewhere: as the process printed it, without escape sequences, borders and padding.

use std::io;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::logs::ansi;
use crate::logs::lines::LineEnd;
use crate::tui::model::wrap::cells;
use crate::tui::page::{CopyRequest, Cut, Excerpt, Place};

use super::forward;
use super::history::History;

/// Lines read at once.
const BATCH: usize = 1000;
/// No clipboard takes more; a file does.
const BYTES_MAX: usize = 8 << 20;
/// Columns between tab stops, as lines are shown.
const TAB_COLUMNS: usize = 8;

/// The text of the lines that are meant.
pub(super) fn excerpt(history: &mut History, request: &CopyRequest) -> io::Result<Excerpt> {
    let mut excerpt = Excerpt::default();
    let mut from = request.from;
    let mut ends_line = false;
    loop {
        let stretch = forward(history, from, BATCH, &request.look, None)?;
        for (run, line) in &stretch.lines {
            let at = Place { run: *run, offset: line.offset };
            if at > request.to || excerpt.text.len() > BYTES_MAX {
                excerpt.is_cut_short = at <= request.to;
                return Ok(excerpt);
            }
            // A block has a row for each line; otherwise a line is broken where the log breaks it.
            if excerpt.lines > 0 && (ends_line || matches!(request.cut, Cut::Block { .. })) {
                excerpt.text.push('\n');
            }
            let text = ansi::copied(&line.bytes);
            let (first, last) = (at == request.from, at == request.to);
            excerpt.text.push_str(match request.cut {
                Cut::Lines => &text,
                Cut::Block { from, to } => columns(&text, from, to),
                Cut::Text { from, to } => {
                    columns(&text, if first { from } else { 0 }, if last { to } else { usize::MAX })
                }
            });
            excerpt.lines += 1;
            ends_line = line.end == LineEnd::Newline;
        }
        if stretch.lines.is_empty() || stretch.end <= from || history.settled(&stretch) < stretch.end {
            return Ok(excerpt);
        }
        from = stretch.end;
    }
}

/// The characters of `text` that begin in these columns.
fn columns(text: &str, from: usize, to: usize) -> &str {
    let (mut column, mut start, mut end) = (0, None, text.len());
    // Tab stops are where `logs::ansi` sees them: it measures emoji selectors, which are not drawn.
    let mut measured = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if column >= to {
            end = at;
            break;
        }
        let (width, in_text) = if grapheme == "\t" {
            let blanks = TAB_COLUMNS - measured % TAB_COLUMNS;
            (blanks, blanks)
        } else {
            (usize::from(cells(grapheme)), grapheme.width())
        };
        measured += in_text;
        // A character is meant when any of its cells is.
        if start.is_none() && column + width > from {
            start = Some(at);
        }
        column += width;
    }
    start.filter(|start| *start < end).map_or("", |start| &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_cells_and_no_character_is_torn() {
        let cases = [
            ("abcdef", 1, 3, "bc"),
            ("abc", 1, usize::MAX, "bc"),
            ("abc", 5, 9, ""),
            ("日本語", 2, 4, "本"),
            ("日本語", 1, 3, "日本"),
            ("e\u{301}x", 0, 1, "e\u{301}"),
            ("a\tb", 0, 8, "a\t"),
            ("a\tb", 8, 9, "b"),
            ("", 0, 9, ""),
        ];
        for (text, from, to, expected) in cases {
            assert_eq!(columns(text, from, to), expected, "{text:?} {from}..{to}");
        }
    }
}
