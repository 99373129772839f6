//! One line of the log: what stands before it, its text in its colours, and what lies over the text.

use std::fmt::Write;
use std::ops::Range;

use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::time::Human;
use crate::domain::{RunNo, Timestamp};
use crate::logs::lines::Stream;
use crate::tui::model::Model;
use crate::tui::model::log::columns::{Columns, Times};
use crate::tui::model::log::selection::Shape;
use crate::tui::model::wrap::{Spot, cells, spots};
use crate::tui::page::{LineKind, LogLine, Place, Span};
use crate::tui::view::pen::Pen;

use super::clock;

/// Draws lines into the pane.
pub(super) struct Painter<'a> {
    model: &'a Model,
    area: Rect,
    columns: Columns,
}

/// A stretch of the text that is drawn differently.
struct Overlay {
    style: Style,
    reach: Reach,
}

/// What of the text.
enum Reach {
    /// These bytes.
    Bytes(Range<usize>),
    /// These cells.
    Columns(Range<usize>),
}

impl<'a> Painter<'a> {
    pub(super) fn new(model: &'a Model, area: Rect) -> Self {
        Self { model, area, columns: model.log.columns() }
    }

    /// Draws one line, over several rows if wrapped; returns the row after it.
    pub(super) fn draw(&self, line: &LogLine, y: u16, skipped: usize, pen: &mut Pen) -> u16 {
        match line.kind {
            LineKind::Output(stream) => self.draw_output(line, stream, y, skipped, pen),
            LineKind::Boundary if self.model.log.joined.is_some() => self.draw_rule(&self.beginning(line.at), y, pen),
            LineKind::Boundary => self.draw_rule(&self.boundary(line.at.run), y, pen),
            LineKind::Mark(number) => self.draw_rule(&self.mark(number), y, pen),
        }
    }

    fn draw_output(&self, line: &LogLine, stream: Stream, y: u16, skipped: usize, pen: &mut Pen) -> u16 {
        let theme = &self.model.look.theme;
        if skipped == 0 {
            self.draw_before(line, stream, y, pen);
        }
        let x = self.area.x + self.columns.before_text();
        let text = Rect { x, width: self.columns.text, ..self.area };
        let base = if stream == Stream::Note { theme.log_boundary } else { theme.text };
        let overlays = self.overlays(line);
        let below = if self.model.log.breaks(line) {
            self.draw_wrapped(line, base, text, (y, skipped), &overlays, pen)
        } else {
            self.draw_single(line, base, text, y, pen);
            self.lay_over(line, text, y, &overlays, pen);
            y + 1
        };
        let selection = self.model.log.selection.as_ref().filter(|selection| selection.shape == Shape::Lines);
        if selection.is_some_and(|selection| selection.columns(line.at).is_some()) {
            // An empty line is seen to be selected, too.
            pen.restyle(Rect { y, height: below - y, ..text }, theme.select);
        }
        below
    }

    /// The mark of the stream, the name, the number, the time.
    fn draw_before(&self, line: &LogLine, stream: Stream, y: u16, pen: &mut Pen) {
        let (theme, columns) = (&self.model.look.theme, &self.columns);
        let mut x = self.area.x;
        if self.model.log.cursor == Some(line.at) && columns.mark > 0 {
            pen.put(x, y, self.area.right(), pen.glyphs.bar, theme.select_bar);
        } else if stream == Stream::Stderr && columns.mark > 0 {
            pen.put(x, y, self.area.right(), pen.glyphs.error_stream, theme.log_stderr);
        }
        x += columns.mark;
        let name = self.model.log.joined.as_ref().and_then(|joined| joined.name(line.at.log));
        if let Some((name, colour)) = name.filter(|_| columns.name > 0) {
            pen.put_cut(x, y, x + columns.name - 1, name.as_str(), theme.name(colour));
        }
        x += columns.name;
        if line.continued {
            return;
        }
        if let Some(number) = line.number.filter(|_| columns.number > 0) {
            pen.put_right(x, y, x + columns.number - 1, &number.to_string(), theme.log_time);
        }
        x += columns.number;
        if let Some(time) = line.time.filter(|_| columns.time > 0) {
            pen.put_right(x, y, x + columns.time - 1, &self.time(time, line.at.run), theme.log_time);
        }
    }

    fn time(&self, time: Timestamp, run: RunNo) -> String {
        match self.model.log.times {
            Times::Off => String::new(),
            Times::Clock => clock(self.model, time, true),
            Times::SinceStart => {
                let span = self.model.log.runs.iter().find(|span| span.no == run);
                let started = span.and_then(|span| span.facts.started_at);
                started.map_or_else(String::new, |started| since(time.0.saturating_sub(started.0)))
            }
        }
    }

    /// Matches of the search, and what is selected.
    fn overlays(&self, line: &LogLine) -> Vec<Overlay> {
        let (theme, log) = (&self.model.look.theme, &self.model.log);
        let mut overlays = Vec::new();
        if let Some(search) = &log.searches.now
            && let Some(pattern) = &search.pattern
        {
            let style = if search.current == Some(line.at) { theme.match_now } else { theme.match_any };
            let found = pattern.find(&line.text()).into_iter();
            overlays.extend(found.map(|range| Overlay { style, reach: Reach::Bytes(range) }));
        }
        if let Some(columns) = log.selection.as_ref().and_then(|selection| selection.columns(line.at)) {
            overlays.push(Overlay { style: theme.select, reach: Reach::Columns(columns) });
        }
        overlays
    }

    /// How a piece of child output is shown.
    fn style_of(&self, base: Style, style: Style) -> Style {
        if self.model.look.theme.child_colours {
            base.patch(style)
        } else {
            base.patch(Style { fg: None, bg: None, underline_color: None, ..style })
        }
    }

    fn draw_single(&self, line: &LogLine, base: Style, area: Rect, y: u16, pen: &mut Pen) {
        let (mut x, mut end) = (area.x, area.right());
        if self.goes_on(line, area.width) {
            end -= 1;
            pen.put(end, y, area.right(), pen.glyphs.more, self.model.look.theme.text_dim);
        }
        let mut hidden = self.model.log.left;
        for span in &line.spans {
            let style = self.style_of(base, span.style);
            if hidden == 0 {
                x = pen.put(x, y, end, &span.text, style);
            } else {
                let (rest, left, half) = skip_cells(&span.text, hidden);
                hidden = left;
                // The second half of a wide character that was cut at the edge.
                x = pen.put((x + half).min(end), y, end, rest, style);
            }
            if x >= end {
                break;
            }
        }
    }

    /// More of a line lies to the right of so many cells.
    fn goes_on(&self, line: &LogLine, width: u16) -> bool {
        let reach = self.model.log.left + usize::from(width);
        // No character takes more cells than bytes.
        let bytes: usize = line.spans.iter().map(|span| span.text.len()).sum();
        width > 0 && bytes > reach && spots(line, None).any(|spot| spot.column + usize::from(spot.cells) > reach)
    }

    /// Restyles what lies under the overlays, in a line drawn in one row.
    fn lay_over(&self, line: &LogLine, area: Rect, y: u16, overlays: &[Overlay], pen: &mut Pen) {
        if overlays.is_empty() {
            return;
        }
        let left = self.model.log.left;
        for spot in spots(line, None) {
            let Some(from) = spot.column.checked_sub(left) else { continue };
            let x = usize::from(area.x) + from;
            if x >= usize::from(area.right()) {
                break;
            }
            for overlay in overlays.iter().filter(|overlay| overlay.covers(&spot)) {
                let width = spot.cells.min(area.right() - x as u16);
                pen.restyle(Rect { x: x as u16, y, width, height: 1 }, overlay.style);
            }
        }
    }

    /// Breaks the line as `model::wrap::rows` counts it.
    fn draw_wrapped(
        &self,
        line: &LogLine,
        base: Style,
        area: Rect,
        (y, skipped): (u16, usize),
        overlays: &[Overlay],
        pen: &mut Pen,
    ) -> u16 {
        let mut last = 0;
        for spot in spots(line, Some(area.width)) {
            if spot.row < skipped {
                continue;
            }
            last = spot.row - skipped;
            let row = usize::from(y) + last;
            if row >= usize::from(area.bottom()) {
                return area.bottom();
            }
            let mut style = self.style_of(base, line.spans[spot.span].style);
            for overlay in overlays.iter().filter(|overlay| overlay.covers(&spot)) {
                style = style.patch(overlay.style);
            }
            pen.put(area.x + spot.x, row as u16, area.right(), spot.text, style);
        }
        y + last as u16 + 1
    }

    /// A line of our own across the pane.
    fn draw_rule(&self, text: &str, y: u16, pen: &mut Pen) -> u16 {
        let theme = &self.model.look.theme;
        let row = Rect { y, height: 1, ..self.area };
        pen.rule(row, theme.log_boundary);
        let indent = if row.width > 40 { 4 } else { 1 };
        pen.put_cut(row.x + indent, y, row.right(), &format!(" {text} "), theme.log_rule);
        y + 1
    }

    fn mark(&self, number: u32) -> String {
        let process = self.model.log.one().map(|source| &source.name);
        let mark = self.model.log.marks.get(process, number);
        let time = mark.map_or_else(String::new, |mark| clock(self.model, mark.time, false));
        format!("mark {number}  {time}")
    }

    /// Whose run it is that prints here for the first time.
    fn beginning(&self, at: Place) -> String {
        let name = self.model.log.joined.as_ref().and_then(|joined| joined.name(at.log));
        let name = name.map_or("", |(name, _)| name.as_str());
        format!("{name}  run {}  {}", at.run, clock(self.model, at.time, false))
    }

    /// How the run before this one ended, and when this one began.
    fn boundary(&self, run: RunNo) -> String {
        let runs = &self.model.log.runs;
        let this = runs.iter().find(|span| span.no == run);
        let earlier = runs.iter().rev().find(|span| span.no < run);
        let exit = earlier.and_then(|span| span.facts.exit.map(|exit| (span.no, exit)));
        let mut text = match (exit, earlier) {
            (Some((no, exit)), _) => {
                let by = if exit.was_asked_for() { format!(" by {}", exit.by) } else { String::new() };
                format!("run {no} ended: {}{by}  {}   ", exit.status, clock(self.model, exit.at, false))
            }
            (None, Some(span)) if span.facts.could_not_start => format!("run {} could not be started   ", span.no),
            (None, Some(span)) if !self.never_began(span) => format!("run {} ended, nobody knows how   ", span.no),
            (None, Some(_) | None) => String::new(),
        };
        let began = match this {
            Some(span) if span.facts.could_not_start => "could not be started",
            Some(span) if self.never_began(span) => "never began",
            Some(_) | None => "started",
        };
        // Writing to a string cannot fail.
        _ = write!(text, "run {run} {began}");
        if let Some(started) = this.and_then(|span| span.facts.started_at) {
            _ = write!(text, " {}", clock(self.model, started, false));
            if let Some((_, exit)) = exit.filter(|(_, exit)| exit.at <= started) {
                _ = write!(text, " after {}", Human(started.since(exit.at)));
            }
        }
        text
    }

    /// Nobody saw it begin, it printed nothing, and another one came after it: something came in the way of its start.
    fn never_began(&self, span: &Span) -> bool {
        let is_newest = self.model.log.runs.last().is_none_or(|newest| newest.no == span.no);
        span.facts.started_at.is_none() && span.facts.exit.is_none() && span.start == span.end && !is_newest
    }
}

impl Overlay {
    fn covers(&self, spot: &Spot) -> bool {
        match &self.reach {
            Reach::Bytes(range) => range.contains(&spot.byte),
            Reach::Columns(range) => spot.column < range.end && spot.column + usize::from(spot.cells) > range.start,
        }
    }
}

/// A length of time as the column of times shows it.
fn since(millis: u64) -> String {
    let (secs, millis) = (millis / 1000, millis % 1000);
    let (days, hours, minutes, secs) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60, secs % 60);
    match (days, hours) {
        (0, 0) => format!("+{minutes:02}:{secs:02}.{millis:03}"),
        (0, _) => format!("+{hours}:{minutes:02}:{secs:02}.{millis:03}"),
        _long => format!("+{days}d {hours:02}:{minutes:02}:{secs:02}"),
    }
}

/// The text after `count` cells, the cells still to skip, and the cells of a character cut in half.
fn skip_cells(text: &str, count: usize) -> (&str, usize, u16) {
    let mut left = count;
    for (at, grapheme) in text.grapheme_indices(true) {
        if left == 0 {
            return (&text[at..], 0, 0);
        }
        let width = usize::from(cells(grapheme));
        if width > left {
            return (&text[at + grapheme.len()..], 0, (width - left) as u16);
        }
        left -= width;
    }
    ("", left, 0)
}
