//! Text, lines and boxes, clipped to what there is: nothing drawn with it can leave the screen or panic.

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::tui::glyph::Glyphs;
use crate::tui::model::wrap::cells;

use super::sheet::Sheet;

/// Writes into a sheet.
pub struct Pen<'a> {
    sheet: &'a mut Sheet,
    /// The characters for marks and lines.
    pub glyphs: &'static Glyphs,
}

impl<'a> Pen<'a> {
    /// A pen for `sheet`.
    pub const fn new(sheet: &'a mut Sheet, glyphs: &'static Glyphs) -> Self {
        Self { sheet, glyphs }
    }

    /// The whole screen.
    pub fn screen(&self) -> Rect {
        self.sheet.area()
    }

    /// Writes `text` from `x` on, but not at or beyond `end`. Returns where it stopped.
    pub fn put(&mut self, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
        self.sheet.put(x, y, end, text, style)
    }

    /// Writes `text` so that it ends before `end`; what does not fit is cut at its end.
    pub fn put_right(&mut self, start: u16, y: u16, end: u16, text: &str, style: Style) {
        let width = text_width(text);
        let x = end.saturating_sub(width).max(start);
        self.put(x, y, end, text, style);
    }

    /// Writes `text` into `width` cells, with a mark where something is cut off. Returns where it stopped.
    pub fn put_cut(&mut self, x: u16, y: u16, end: u16, text: &str, style: Style) -> u16 {
        if x.saturating_add(text_width(text)) <= end {
            return self.put(x, y, end, text, style);
        }
        if end <= x {
            return x;
        }
        let stop = self.put(x, y, end - 1, text, style);
        self.put(stop, y, end, self.glyphs.more, style)
    }

    /// A horizontal line over `area`'s first row.
    pub fn rule(&mut self, area: Rect, style: Style) {
        for x in area.left()..area.right() {
            self.put(x, area.y, area.right(), self.glyphs.rule, style);
        }
    }

    /// Changes the style of an area without touching its text.
    pub fn restyle(&mut self, area: Rect, style: Style) {
        self.sheet.restyle(area, style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        self.sheet.clear(area);
    }

    /// A box with a title in its upper edge; returns what lies inside.
    pub fn frame(&mut self, area: Rect, title: &str, rule: Style, title_style: Style) -> Rect {
        self.clear(area);
        let inner = within(area);
        if area.width < 2 || area.height < 2 {
            return inner;
        }
        let [top_left, top_right, bottom_left, bottom_right, side] = self.glyphs.frame;
        let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
        self.rule(Rect { height: 1, ..area }, rule);
        self.rule(Rect { y: bottom, height: 1, ..area }, rule);
        for y in top..=bottom {
            self.put(left, y, area.right(), side, rule);
            self.put(right, y, area.right(), side, rule);
        }
        for (x, y, corner) in
            [(left, top, top_left), (right, top, top_right), (left, bottom, bottom_left), (right, bottom, bottom_right)]
        {
            self.put(x, y, area.right(), corner, rule);
        }
        if !title.is_empty() && area.width > 6 {
            let stop = self.put(left + 2, top, right - 1, " ", rule);
            let stop = self.put_cut(stop, top, right - 1, title, title_style);
            self.put(stop, top, right, " ", rule);
        }
        inner
    }
}

/// What a frame around `area` leaves free.
pub const fn within(area: Rect) -> Rect {
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// Cells that `text` takes.
pub fn text_width(text: &str) -> u16 {
    if text.is_ascii() {
        return u16::try_from(text.len()).unwrap_or(u16::MAX);
    }
    text.graphemes(true).fold(0, |sum: u16, grapheme| sum.saturating_add(cells(grapheme)))
}
