//! Where a log line breaks into rows of a given width, grapheme by grapheme.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::tui::message::LogLine;

/// Cells a grapheme takes as we draw it: control characters none, and no variation selectors (terminals disagree on them).
pub fn cells(grapheme: &str) -> u16 {
    match grapheme.as_bytes() {
        [byte] => u16::from((0x20..0x7f).contains(byte)),
        _several if grapheme.contains(char::is_control) => 0,
        _several if grapheme.contains(VS16) => stripped(grapheme).width() as u16,
        _several => grapheme.width() as u16,
    }
}

/// The selector that asks for an emoji form; terminals and width tables disagree on what it does to the width.
pub const VS16: char = '\u{fe0f}';

/// The grapheme without the selector.
pub fn stripped(grapheme: &str) -> String {
    grapheme.chars().filter(|c| *c != VS16).collect()
}

/// How many rows `line` takes at `width` cells; at least 1.
pub fn rows(line: &LogLine, width: u16) -> usize {
    let width = width.max(1);
    let (mut rows, mut used) = (1, 0);
    for grapheme in line.spans.iter().flat_map(|span| span.text.graphemes(true)) {
        let cells = cells(grapheme);
        if used + cells > width && used > 0 {
            rows += 1;
            used = 0;
        }
        used += cells;
    }
    rows
}

/// How many cells `line` takes in one row.
pub fn width(line: &LogLine) -> usize {
    line.spans.iter().flat_map(|span| span.text.graphemes(true)).map(|grapheme| usize::from(cells(grapheme))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::message::LogSpan;

    fn line(text: &str) -> LogLine {
        LogLine { spans: vec![LogSpan { text: text.into(), ..LogSpan::default() }], ..LogLine::default() }
    }

    #[test]
    fn wide_characters_are_not_cut_in_half() {
        assert_eq!(rows(&line(""), 4), 1);
        assert_eq!(rows(&line("abcd"), 4), 1);
        assert_eq!(rows(&line("abcde"), 4), 2);
        assert_eq!(rows(&line("日本語"), 4), 2);
        assert_eq!(rows(&line("日本語"), 3), 3, "a wide character that does not fit goes to the next row");
        assert_eq!(rows(&line("日"), 1), 1, "one that never fits does not loop");
        assert_eq!(width(&line("e\u{301}日⚠\u{fe0f}")), 4);
    }
}
