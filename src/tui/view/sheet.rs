//! What is to stand in the rows of a screen, written down in the order it was asked for and not yet drawn.
//!
//! A few words stand for many cells, so two sheets are compared at a fraction of what their cells would cost, and only the rows
//! that differ are drawn at all.

use ratatui::buffer::Cell;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::model::wrap::{VS16, cells, parts, stripped};

/// A screen's rows.
#[derive(Debug, Default)]
pub struct Sheet {
    width: u16,
    strips: Vec<Strip>,
}

/// What was written into one row.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// The texts of all strokes, one behind the other.
    text: String,
    strokes: Vec<Stroke>,
}

/// Cells from `x` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stroke {
    x: u16,
    style: Style,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// So many printable ASCII characters, each a byte and a cell.
    Plain { len: u16 },
    /// Graphemes that take so many bytes, none of them without a width.
    Graphemes { bytes: usize },
    /// One that is no piece of the text it came from.
    Grapheme { bytes: usize, width: u16 },
    /// Another style for the text that stands there, up to this column.
    Restyle { end: u16 },
    /// Nothing any more, up to this column.
    Clear { end: u16 },
}

impl Sheet {
    /// An empty sheet of this size. The memory of the last one is used again.
    pub fn begin(&mut self, width: u16, height: u16) {
        self.width = width;
        self.strips.resize_with(height.into(), Strip::default);
        for strip in &mut self.strips {
            strip.text.clear();
            strip.strokes.clear();
        }
    }

    /// Its size, from 0,0 on.
    pub fn area(&self) -> Rect {
        Rect::new(0, 0, self.width, self.strips.len() as u16)
    }

    /// The rows, from the top.
    pub fn strips(&self) -> &[Strip] {
        &self.strips
    }

    /// Writes `text` from `x` on, but not at or beyond `end`, without its control characters. Returns where it stopped.
    pub(super) fn put(&mut self, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
        let end = end.min(self.width);
        self.strips.get_mut(usize::from(y)).map_or(x, |strip| strip.put(x, end, text, style))
    }

    /// Changes the style of an area without touching its text.
    pub(super) fn restyle(&mut self, area: Rect, style: Style) {
        self.over(area, style, |end| What::Restyle { end });
    }

    /// Empties an area.
    pub(super) fn clear(&mut self, area: Rect) {
        self.over(area, Style::new(), |end| What::Clear { end });
    }

    fn over(&mut self, area: Rect, style: Style, what: fn(u16) -> What) {
        let area = area.intersection(self.area());
        if area.is_empty() {
            return;
        }
        let stroke = Stroke { x: area.x, style, what: what(area.right()) };
        for strip in &mut self.strips[usize::from(area.top())..usize::from(area.bottom())] {
            strip.strokes.push(stroke);
        }
    }
}

impl Strip {
    fn put(&mut self, x: u16, end: u16, text: &str, style: Style) -> u16 {
        if text.is_ascii() {
            return self.put_plain(x, end, text, style);
        }
        // A run is a piece of `text` as it came, so that it falls into the same graphemes again when it is drawn.
        let (mut at, mut run) = (x, (x, 0));
        for grapheme in text.graphemes(true) {
            let width = cells(grapheme);
            if at + width > end {
                break;
            }
            let parts = parts(grapheme);
            if width == 0 || grapheme.contains(VS16) || parts.is_some() {
                self.push(run.0, style, What::Graphemes { bytes: run.1 });
                run = (at + width, 0);
                if let Some(parts) = parts {
                    self.put_parts(at, &parts, style);
                } else if width > 0 {
                    self.put_grapheme(at, &stripped(grapheme), width, style);
                }
            } else {
                self.text.push_str(grapheme);
                run.1 += grapheme.len();
            }
            at += width;
        }
        self.push(run.0, style, What::Graphemes { bytes: run.1 });
        at
    }

    /// Each beside the one before.
    fn put_parts(&mut self, mut x: u16, parts: &[(&str, u16)], style: Style) {
        for (part, width) in parts {
            self.put_grapheme(x, part, *width, style);
            x += width;
        }
    }

    fn put_grapheme(&mut self, x: u16, grapheme: &str, width: u16, style: Style) {
        self.text.push_str(grapheme);
        self.push(x, style, What::Grapheme { bytes: grapheme.len(), width });
    }

    fn push(&mut self, x: u16, style: Style, what: What) {
        if what != (What::Graphemes { bytes: 0 }) {
            self.strokes.push(Stroke { x, style, what });
        }
    }

    fn put_plain(&mut self, x: u16, end: u16, text: &str, style: Style) -> u16 {
        let before = self.text.len();
        let printable = text.bytes().filter(|byte| (0x20..0x7f).contains(byte));
        self.text.extend(printable.take(end.saturating_sub(x).into()).map(char::from));
        let len = (self.text.len() - before) as u16;
        let at = x + len;
        match self.strokes.last_mut() {
            _ if len == 0 => {}
            // What continues in the same style is one stroke: terminals are written cell by cell.
            Some(Stroke { x: from, style: with, what: What::Plain { len: so_far } })
                if *from + *so_far == x && *with == style =>
            {
                *so_far += len;
            }
            Some(_) | None => self.strokes.push(Stroke { x, style, what: What::Plain { len } }),
        }
        at
    }

    /// Draws it into an empty row.
    pub fn draw(&self, row: &mut [Cell]) {
        let mut rest = self.text.as_str();
        for Stroke { x, style, what } in &self.strokes {
            let x = usize::from(*x);
            match *what {
                What::Plain { len } => {
                    for (cell, byte) in row[x..].iter_mut().zip(take(&mut rest, len.into()).bytes()) {
                        cell.set_char(char::from(byte)).set_style(*style);
                    }
                }
                What::Graphemes { bytes } => {
                    let mut at = x;
                    for grapheme in take(&mut rest, bytes).graphemes(true) {
                        let width = usize::from(cells(grapheme));
                        draw_grapheme(&mut row[at..at + width], grapheme, *style);
                        at += width;
                    }
                }
                What::Grapheme { bytes, width } => {
                    draw_grapheme(&mut row[x..x + usize::from(width)], take(&mut rest, bytes), *style);
                }
                What::Restyle { end } => row[x..end.into()].iter_mut().for_each(|cell| _ = cell.set_style(*style)),
                What::Clear { end } => row[x..end.into()].iter_mut().for_each(Cell::reset),
            }
        }
    }
}

fn take<'a>(rest: &mut &'a str, bytes: usize) -> &'a str {
    let (taken, after) = rest.split_at(bytes);
    *rest = after;
    taken
}

fn draw_grapheme(cells: &mut [Cell], grapheme: &str, style: Style) {
    let [first, covered @ ..] = cells else { return };
    first.set_symbol(grapheme).set_style(style);
    covered.iter_mut().for_each(Cell::reset);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::buffer::Buffer;
    use ratatui::style::Color;

    /// The cells of a row of six after `write`.
    fn drawn(write: impl FnOnce(&mut Sheet)) -> Buffer {
        let mut sheet = Sheet::default();
        sheet.begin(6, 1);
        write(&mut sheet);
        let mut buffer = Buffer::empty(sheet.area());
        sheet.strips()[0].draw(&mut buffer.content);
        buffer
    }

    #[test]
    fn text_is_clipped_by_graphemes_and_control_characters_are_dropped() {
        let buffer = drawn(|sheet| {
            assert_eq!(sheet.put(0, 0, 6, "a\u{1b}[日本語", Style::new()), 6);
            assert_eq!(sheet.put(0, 9, 6, "below the screen", Style::new()), 0);
            assert_eq!(sheet.put(9, 0, 20, "beside it", Style::new()), 9);
            assert_eq!(sheet.put(9, 0, 20, "日本語", Style::new()), 9);
        });
        assert_eq!(buffer, Buffer::with_lines(["a[日本"]));
    }

    #[test]
    fn an_emoji_selector_is_dropped_because_terminals_disagree_on_its_width() {
        let buffer = drawn(|sheet| _ = sheet.put(0, 0, 6, "⚠\u{fe0f}!é", Style::new()));
        assert_eq!(["⚠", "!", "é"], [0, 1, 2].map(|x| buffer[(x, 0)].symbol()));
    }

    #[test]
    fn the_pictures_of_a_joined_emoji_are_drawn_beside_each_other() {
        let buffer = drawn(|sheet| assert_eq!(sheet.put(0, 0, 6, "👩\u{200d}💻!", Style::new()), 5));
        assert_eq!(["👩", "💻", "!"], [0, 2, 4].map(|x| buffer[(x, 0)].symbol()));
    }

    #[test]
    fn what_stood_apart_is_not_drawn_as_one() {
        // Side by side these two would be a flag.
        let buffer = drawn(|sheet| assert_eq!(sheet.put(0, 0, 6, "🇩\u{1b}🇪", Style::new()), 2));
        assert_eq!(["🇩", "🇪"], [0, 1].map(|x| buffer[(x, 0)].symbol()));
        let buffer = drawn(|sheet| {
            let at = sheet.put(0, 0, 6, "🇩", Style::new());
            sheet.put(at, 0, 6, "🇪", Style::new());
        });
        assert_eq!(["🇩", "🇪"], [0, 1].map(|x| buffer[(x, 0)].symbol()));
    }

    #[test]
    fn later_strokes_lie_over_earlier_ones() {
        let red = Style::new().fg(Color::Red);
        let buffer = drawn(|sheet| {
            sheet.put(0, 0, 6, "abcdef", Style::new());
            sheet.restyle(Rect::new(1, 0, 3, 9), red);
            sheet.put(2, 0, 6, "語", Style::new());
            sheet.clear(Rect::new(5, 0, 9, 1));
        });
        let mut wanted = Buffer::with_lines(["ab語e "]);
        wanted.set_style(Rect::new(1, 0, 2, 1), red);
        assert_eq!(buffer, wanted);
    }

    #[test]
    fn a_line_written_bit_by_bit_is_as_one_written_at_once() {
        let mut bits = Sheet::default();
        bits.begin(6, 2);
        let at = bits.put(0, 0, 6, "ab", Style::new());
        bits.put(at, 0, 6, "cd", Style::new());
        let mut whole = Sheet::default();
        whole.begin(6, 2);
        whole.put(0, 0, 6, "abcd", Style::new());
        assert_eq!(bits.strips(), whole.strips());
        whole.begin(6, 2);
        whole.put(0, 0, 6, "abc", Style::new());
        whole.put(3, 0, 6, "d", Style::new().fg(Color::Red));
        assert_ne!(bits.strips()[0], whole.strips()[0]);
        assert_eq!(bits.strips()[1], whole.strips()[1]);
    }
}
