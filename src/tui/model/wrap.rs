//! Where a log line breaks into rows of a given width, grapheme by grapheme.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::tui::page::LogLine;

/// Cells a grapheme takes as we draw it: control characters none, and no variation selectors (terminals disagree on them).
pub fn cells(grapheme: &str) -> u16 {
    match grapheme.as_bytes() {
        [byte] => u16::from((0x20..0x7f).contains(byte)),
        _several if grapheme.contains(char::is_control) => 0,
        _several => parts(grapheme)
            .map_or_else(|| stripped(grapheme).width() as u16, |parts| parts.iter().map(|(_, cells)| cells).sum()),
    }
}

/// The selector that asks for an emoji form; terminals and width tables disagree on what it does to the width.
pub const VS16: char = '\u{fe0f}';

/// The grapheme without the selector.
pub fn stripped(grapheme: &str) -> Cow<'_, str> {
    if grapheme.contains(VS16) { grapheme.chars().filter(|c| *c != VS16).collect() } else { grapheme.into() }
}

/// The pictures that an emoji is joined of, with the cells of each, or `None` where it is one.
///
/// Some terminals draw one picture of 2 cells, some all of them beside each other: whatever is kept free, half of it would be
/// overwritten here or a gap be left there. So each picture has its own place, and nothing is lost anywhere.
pub fn parts(grapheme: &str) -> Option<Vec<(&str, u16)>> {
    if !grapheme.contains(|c| c == JOINER || is_skin_tone(c)) {
        return None;
    }
    let starts = grapheme.char_indices().filter(|(_, c)| c.width().is_some_and(|width| width > 0)).map(|(at, _)| at);
    let mut starts: Vec<usize> = starts.collect();
    starts.push(grapheme.len());
    let part = |ends: &[usize]| grapheme[ends[0]..ends[1]].trim_end_matches([JOINER, VS16]);
    let parts: Vec<_> = starts.windows(2).map(|ends| (part(ends), part(ends).width() as u16)).collect();
    // Letters that a joiner shapes are narrow.
    (parts.len() > 1 && parts.iter().any(|(_, cells)| *cells == 2)).then_some(parts)
}

/// What makes one picture of two.
const JOINER: char = '\u{200d}';

const fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

/// One grapheme of a line and where it is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot<'a> {
    /// The grapheme.
    pub text: &'a str,
    /// In which span of the line it stands.
    pub span: usize,
    /// Its first byte in the whole text of the line.
    pub byte: usize,
    /// Cells before it in the line, as if it were not broken.
    pub column: usize,
    /// Cells it takes.
    pub cells: u16,
    /// The row it is drawn in, from 0.
    pub row: usize,
    /// Cells before it in that row.
    pub x: u16,
}

/// The graphemes of `line`, broken into rows where it says so, and into rows of `width` cells where that is given.
pub fn spots(line: &LogLine, width: Option<u16>) -> impl Iterator<Item = Spot<'_>> {
    let width = width.map(|width| width.max(1));
    let (mut byte, mut column, mut row, mut x) = (0, 0, 0, 0u16);
    let pieces = line.spans.iter().enumerate();
    let graphemes = pieces.flat_map(|(span, piece)| piece.text.graphemes(true).map(move |text| (span, text)));
    graphemes.map(move |(span, text)| {
        let cells = cells(text);
        if text == "\n" || width.is_some_and(|width| x.saturating_add(cells) > width) && x > 0 {
            (row, x) = (row + 1, 0);
        }
        let spot = Spot { text, span, byte, column, cells, row, x };
        byte += text.len();
        column += usize::from(cells);
        x = x.saturating_add(cells);
        spot
    })
}

/// How many rows `line` takes at `width` cells; at least 1.
pub fn rows(line: &LogLine, width: u16) -> usize {
    let width = width.max(1);
    let (mut rows, mut used) = (1, 0);
    for grapheme in line.spans.iter().flat_map(|span| span.text.graphemes(true)) {
        let cells = cells(grapheme);
        if grapheme == "\n" || used + cells > width && used > 0 {
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

/// Breaks a text at spaces into lines of at most `width` bytes; names and pids are ASCII nearly always.
pub fn broken(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.len() > width && width > 0 {
        let limit = (0..=width).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
        let cut = rest[..limit].rfind(' ').filter(|at| *at > 0).unwrap_or(limit);
        if cut == 0 {
            break;
        }
        lines.push(&rest[..cut]);
        rest = rest[cut..].trim_start();
    }
    lines.push(rest);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::script::text_line as line;

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

    #[test]
    fn the_pictures_of_a_joined_emoji_have_a_place_each() {
        assert_eq!(parts("👩\u{200d}💻"), Some(vec![("👩", 2), ("💻", 2)]));
        assert_eq!(parts("👍\u{1f3fd}"), Some(vec![("👍", 2), ("\u{1f3fd}", 2)]));
        assert_eq!(parts("👮\u{200d}♂\u{fe0f}"), Some(vec![("👮", 2), ("♂", 1)]));
        assert_eq!(parts("🏳\u{fe0f}\u{200d}🌈"), Some(vec![("🏳", 1), ("🌈", 2)]));
        // What terminals agree on is left whole.
        for whole in ["日", "e\u{301}", "🇩🇪", "क\u{94d}\u{200d}ष", "a\u{200d}", "👍", "\u{1f3fd}", "⚠\u{fe0f}", ""]
        {
            assert_eq!(parts(whole), None, "{whole:?}");
        }
        assert_eq!(width(&line("a👩\u{200d}👩\u{200d}👧b")), 8);
    }

    #[test]
    fn rows_are_those_the_spots_are_in() {
        for text in ["", "abc", "abcd", "abcde", "a\nb", "abcd\nb", "a\n", "\na", "a\n\nb", "ab日\n日本語"] {
            let line = line(text);
            let last = spots(&line, Some(4)).last().map_or(0, |spot| spot.row);
            assert_eq!(rows(&line, 4), last + 1, "{text:?}");
        }
        let two = line("ab\ncde");
        let places: Vec<_> = spots(&two, None).map(|spot| (spot.text, spot.row, spot.x)).collect();
        assert_eq!(places, [("a", 0, 0), ("b", 0, 1), ("\n", 1, 0), ("c", 1, 0), ("d", 1, 1), ("e", 1, 2)]);
    }
}
