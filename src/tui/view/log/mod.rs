//! The log of the selected process, or those of several as one: a title that says where one is, and the lines in view.

mod bar;
mod line;
mod title;

use jiff::Timestamp as Instant;
use ratatui::layout::{Position, Rect};

use crate::domain::Timestamp;
use crate::tui::layout::Areas;
use crate::tui::model::Model;

use super::pen::Pen;

/// Draws title, lines and what a search shows; returns where the cursor stands while it is typed.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) -> Option<Position> {
    title::draw(model, areas.log_head, pen);
    draw_lines(model, areas, pen);
    bar::draw(model, areas.log_bar, pen)
}

fn draw_lines(model: &Model, areas: &Areas, pen: &mut Pen) {
    if areas.log.is_empty() {
        return;
    }
    if let Some(text) = nothing_to_show(model) {
        pen.put_cut(areas.log.x + 2, areas.log.y, areas.log.right(), &text, model.look.theme.text_dim);
        return;
    }
    let map = model.log.columns().map;
    if map > 0 {
        bar::draw_column(model, Rect { x: areas.log.right() - map, width: map, ..areas.log }, pen);
    }
    let (first, skipped) = model.log.first_row();
    let painter = line::Painter::new(model, areas.log);
    let mut y = areas.log.y;
    let mut skipped = skipped;
    for line in model.log.lines.iter().skip(first) {
        if y >= areas.log.bottom() {
            break;
        }
        y = painter.draw(line, y, skipped, pen);
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
    if model.together.is_some() {
        let text = title::nothing_of(&model.log.look);
        return Some(if text.is_empty() { "none of them has printed anything yet" } else { text }.to_owned());
    }
    let Some(row) = model.selected() else { return Some("no process is selected".to_owned()) };
    Some(match &row.run {
        None => format!("{} has not run yet; s starts it", row.name()),
        Some(run) if run.log_end == 0 && row.phase.is_live() => "no output yet".to_owned(),
        Some(run) if run.log_end == 0 => "it printed nothing".to_owned(),
        Some(_) => title::nothing_of(&model.log.look).to_owned(),
    })
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
