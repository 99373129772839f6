//! The log of the selected process: a title that says where one is, and the lines in view.

use jiff::Timestamp as Instant;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::Timestamp;
use crate::tui::layout::{Areas, Pane};
use crate::tui::message::LogLine;
use crate::tui::model::Model;
use crate::tui::model::log::TIME_WIDTH;
use crate::tui::model::wrap::cells;

use super::figures::{lines, size, thousands};
use super::pen::{Pen, text_width};

/// Draws title and lines.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) {
    draw_title(model, areas.log_head, pen);
    if areas.log.is_empty() {
        return;
    }
    if let Some(text) = nothing_to_show(model) {
        pen.put_cut(areas.log.x + 2, areas.log.y, areas.log.right(), &text, model.look.theme.text_dim);
        return;
    }
    let (first, skipped) = model.log.first_row();
    let mut y = areas.log.y;
    let mut skipped = skipped;
    for line in model.log.lines.iter().skip(first) {
        if y >= areas.log.bottom() {
            break;
        }
        y = draw_line(model, line, areas.log, y, skipped, pen);
        skipped = 0;
    }
}

/// What stands in the pane when there is no line.
fn nothing_to_show(model: &Model) -> Option<String> {
    if let Some(error) = &model.log.error {
        return Some(format!("the log cannot be read: {error}"));
    }
    if !model.log.lines.is_empty() {
        return None;
    }
    let Some(row) = model.selected() else { return Some("no process is selected".to_owned()) };
    Some(match &row.run {
        None => format!("{} has not run yet; s starts it", row.name()),
        Some(run) if run.log_end == 0 && row.phase.is_live() => "no output yet".to_owned(),
        Some(run) if run.log_end == 0 => "it printed nothing".to_owned(),
        Some(_) => String::new(),
    })
}

fn draw_title(model: &Model, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    pen.rule(area, theme.rule);
    let style = if model.pane == Pane::Log { theme.title_focus } else { theme.title };
    let mut x = pen.put(area.x + 2, y, end, " log ", style);
    if let Some(name) = &model.table.selected {
        x = pen.put(x, y, end, &format!(" {name} "), style);
    }
    x = draw_position(model, (x, y, end), pen);
    let facts = facts(model);
    if end.saturating_sub(x) > text_width(&facts) + 4 {
        pen.put_right(x, y, end - 2, &facts, theme.text_dim);
    }
}

/// Following, or where it is paused and what is new below.
fn draw_position(model: &Model, at: (u16, u16, u16), pen: &mut Pen) -> u16 {
    let (x, y, end) = at;
    let theme = &model.look.theme;
    let Some(row) = model.selected() else { return x };
    if model.log.follow {
        return pen.put(x, y, end, " following ", theme.text_dim);
    }
    let (start, stop) = model.log.extent;
    let here = model.log.lines.get(model.log.top.0).map_or(start, |line| line.offset);
    let share = here.saturating_sub(start) * 100 / stop.saturating_sub(start).max(1);
    let mut x = pen.put(x, y, end, &format!(" paused at {share}% "), theme.toast_warn);
    if model.log.is_old_run(row) {
        x = pen.put(x, y, end, " an older run; G goes to the newest ", theme.toast_warn);
    } else {
        let lines = row.run.as_ref().map_or(0, |run| run.log_lines);
        let new = lines.saturating_sub(model.log.lines_at_pause);
        if new > 0 {
            x = pen.put(x, y, end, &format!(" {} new below, G follows ", thousands(new)), theme.toast_warn);
        }
    }
    x
}

fn facts(model: &Model) -> String {
    let Some(run) = model.selected().and_then(|row| row.run.as_ref()) else { return String::new() };
    let lost = if run.log_lost > 0 { format!("  {} LOST", size(run.log_lost)) } else { String::new() };
    let wrap = if model.log.wrap { "  wrap" } else { "" };
    let column = if model.log.left > 0 { format!("  from column {}", model.log.left + 1) } else { String::new() };
    format!(" run {}  {}  {}{lost}{column}{wrap} ", run.no, lines(run.log_lines), size(run.log_end))
}

/// Draws one line, over several rows if wrapped; returns the row after it.
fn draw_line(model: &Model, line: &LogLine, area: Rect, y: u16, skipped: usize, pen: &mut Pen) -> u16 {
    let theme = &model.look.theme;
    let mut x = area.x;
    if model.log.times {
        if skipped == 0 && !line.continued {
            let time = line.time.map_or_else(String::new, |time| clock(model, time, true));
            let time = format!("{time:<12} {}", if line.is_error_stream { "e" } else { "" });
            pen.put(x, y, area.right(), &time, theme.log_time);
        }
        x += TIME_WIDTH;
    }
    if model.log.wrap {
        draw_wrapped(model, line, Rect { x, width: area.right().saturating_sub(x), ..area }, y, skipped, pen)
    } else {
        draw_single(model, line, (x, y, area.right()), pen);
        y + 1
    }
}

/// How a piece of child output is shown.
fn style_of(model: &Model, line: &LogLine, style: Style) -> Style {
    let theme = &model.look.theme;
    let base = if line.is_note { theme.log_boundary } else { theme.text };
    if theme.child_colours {
        base.patch(style)
    } else {
        base.patch(Style { fg: None, bg: None, underline_color: None, ..style })
    }
}

fn draw_single(model: &Model, line: &LogLine, at: (u16, u16, u16), pen: &mut Pen) {
    let (mut x, y, end) = at;
    let mut hidden = model.log.left;
    for span in &line.spans {
        let style = style_of(model, line, span.style);
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

/// Breaks the line as `model::wrap::rows` counts it.
fn draw_wrapped(model: &Model, line: &LogLine, area: Rect, y: u16, skipped: usize, pen: &mut Pen) -> u16 {
    let width = area.width.max(1);
    let (mut row, mut used, mut y) = (0, 0, y);
    for span in &line.spans {
        let style = style_of(model, line, span.style);
        for grapheme in span.text.graphemes(true) {
            let cells = cells(grapheme);
            if used + cells > width && used > 0 {
                (row, used) = (row + 1, 0);
                y += u16::from(row > skipped);
                if y >= area.bottom() {
                    return y;
                }
            }
            if row >= skipped {
                pen.put(area.x + used, y, area.right(), grapheme, style);
            }
            used += cells;
        }
    }
    y + 1
}

/// A time of day in the zone of the person, with milliseconds where wanted.
pub fn clock(model: &Model, time: Timestamp, with_millis: bool) -> String {
    let Ok(instant) = Instant::from_millisecond(time.0 as i64) else { return String::new() };
    let local = instant.to_zoned(model.look.zone.clone());
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    if with_millis {
        format!("{hour:02}:{minute:02}:{second:02}.{:03}", local.millisecond())
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    }
}
