//! The list of what was found in the logs of all processes.

use ratatui::layout::{Position, Rect};

use crate::tui::model::Model;
use crate::tui::model::results::Results;
use crate::tui::page::Find;

use super::figures::thousands;
use super::log::clock;
use super::pen::{Pen, text_width, within};

/// Cells between the edge of the screen and the list.
const MARGIN: u16 = 2;
/// Cells of a name at most.
const NAME_MAX: u16 = 24;

fn area(screen: Rect) -> Rect {
    let margin = if screen.width > 80 { MARGIN } else { 0 };
    Rect::new(margin, margin.min(1), screen.width - 2 * margin, screen.height.saturating_sub(2 * margin.min(1)))
}

/// The line in the first row. Whole pages, so that the list does not crawl while one moves in it.
fn first(results: &Results, inner: Rect) -> usize {
    let height = usize::from(inner.height).max(1);
    results.focused / height * height
}

/// The first line so many pages on, which may be beyond the last one.
pub fn turned(results: &Results, screen: Rect, pages: isize) -> usize {
    let height = usize::from(within(area(screen)).height).max(1);
    (results.focused / height).checked_add_signed(pages).map_or(0, |page| page * height)
}

/// The line at a place on the screen.
pub fn find_at(results: &Results, screen: Rect, at: Position) -> Option<usize> {
    let inner = within(area(screen));
    let find = inner.contains(at).then(|| first(results, inner) + usize::from(at.y - inner.y))?;
    (find < results.found.finds.len()).then_some(find)
}

/// Draws the list; returns where the cursor stands.
pub fn draw(model: &Model, results: &Results, pen: &mut Pen) -> Option<Position> {
    let theme = &model.look.theme;
    let area = area(pen.screen());
    let title = format!("in all logs: {}", results.wanted.text);
    let inner = pen.frame(area, &title, theme.overlay_rule, theme.title);
    if inner.is_empty() {
        return None;
    }
    let foot = foot(results);
    if inner.width > text_width(&foot) + 2 {
        pen.put(inner.x + 1, inner.bottom(), inner.right(), &foot, theme.text_dim);
    }
    if results.found.finds.is_empty() {
        let text = if results.is_done { "no line in any log" } else { "searching" };
        pen.put_cut(inner.x + 1, inner.y, inner.right(), text, theme.text_dim);
        return Some(Position::new(inner.x, inner.y));
    }
    let first = first(results, inner);
    let shown = results.found.finds.iter().skip(first).take(inner.height.into());
    let name_width = shown.clone().map(|find| text_width(find.name.as_str())).max().unwrap_or(0).min(NAME_MAX);
    let mut cursor = None;
    for (at, find) in shown.enumerate() {
        let row = Rect { y: inner.y + at as u16, height: 1, ..inner };
        draw_find(model, results, find, row, name_width, pen);
        if first + at == results.focused {
            pen.restyle(row, theme.select);
            cursor = Some(Position::new(row.x, row.y));
        }
    }
    cursor
}

fn draw_find(model: &Model, results: &Results, find: &Find, row: Rect, name_width: u16, pen: &mut Pen) {
    let theme = &model.look.theme;
    let (y, end) = (row.y, row.right());
    let mut x = row.x + 1;
    if row.width > 60 {
        let time = find.time.map_or_else(String::new, |time| clock(model, time, false));
        pen.put(x, y, end, &time, theme.log_time);
        x += 9;
    }
    pen.put_cut(x, y, (x + name_width).min(end), find.name.as_str(), theme.text_strong);
    x += name_width + 1;
    let shown = find.text.trim_start();
    let text_end = pen.put_cut(x, y, end, shown, theme.text);
    let Ok(pattern) = results.wanted.compile() else { return };
    for range in pattern.find(shown) {
        let from = x.saturating_add(text_width(&shown[..range.start]));
        let width = text_width(&shown[range]).min(text_end.saturating_sub(from));
        pen.restyle(Rect { x: from, y, width, height: 1 }, theme.match_any);
    }
}

fn foot(results: &Results) -> String {
    let count = thousands(results.found.finds.len() as u64);
    let more = if results.found.has_more { "+" } else { "" };
    let (done, of) = results.found.done;
    let progress = if results.is_done { String::new() } else { format!("   {done} of {of} logs searched") };
    format!(" enter show   up down move   ctrl-f again   esc close   {count}{more} lines{progress} ")
}
