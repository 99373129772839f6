//! What a search shows besides its matches: the line below the log, and the column at its right.

use ratatui::layout::{Position, Rect};

use crate::logs::pattern::Case;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::log::search::Search;
use crate::tui::page::{BUCKETS, Place, Wanted, position};
use crate::tui::view::figures::thousands;
use crate::tui::view::footer::visible;
use crate::tui::view::pen::{Pen, text_width};

/// Draws the line below the log; returns where the cursor stands while the search is typed.
pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    let typed = model.entry.as_ref().filter(|entry| matches!(entry.purpose, Purpose::Search(_)));
    let search = model.log.searches.now.as_ref();
    let wanted = match typed.map(|entry| &entry.purpose) {
        Some(Purpose::Search(wanted)) => wanted,
        Some(
            Purpose::Filter(..)
            | Purpose::Send(_)
            | Purpose::New
            | Purpose::Pid
            | Purpose::GoTo
            | Purpose::Only { .. }
            | Purpose::Survey(_)
            | Purpose::Save(_),
        )
        | None => &search?.wanted,
    };
    let status = status(model, search);
    let right = format!("{}   {status} ", modes(wanted));
    let room = end.saturating_sub(area.x + 2);
    let right = if text_width(&right) < room * 2 / 3 { right } else { format!("{status} ") };
    let limit = end.saturating_sub(text_width(&right) + 1).max(area.x + room / 3);
    let x = pen.put(area.x + 1, y, limit, "/", theme.key);
    let cursor = typed.map(|entry| draw_input(entry, x, y, limit, model, pen));
    if typed.is_none() {
        pen.put_cut(x, y, limit, &wanted.text, theme.text_strong);
    }
    pen.put_cut(limit + 1, y, end, &right, theme.text_dim);
    cursor
}

fn draw_input(entry: &Entry, x: u16, y: u16, limit: u16, model: &Model, pen: &mut Pen) -> Position {
    let room = usize::from(limit.saturating_sub(x + 1)).max(1);
    let hidden = entry.input.visual_scroll(room);
    pen.put(x, y, limit, &visible(entry.input.value(), hidden), model.look.theme.text);
    let cursor = entry.input.visual_cursor().saturating_sub(hidden) as u16;
    Position::new((x + cursor).min(limit.saturating_sub(1)), y)
}

fn modes(wanted: &Wanted) -> String {
    let case = match wanted.case {
        Case::Smart => "smart case",
        Case::Sensitive => "Aa",
        Case::Insensitive => "any case",
    };
    if wanted.regex { format!("regex  {case}") } else { case.to_owned() }
}

/// How many there are, and which one this is.
fn status(model: &Model, search: Option<&Search>) -> String {
    let Some(search) = search else { return String::new() };
    if let Some(finding) = &model.log.searches.finding
        && finding.percent > 0
    {
        return format!("searching {} %, esc stops", finding.percent);
    }
    if search.counted.is_none() && search.has_none {
        return "no match".to_owned();
    }
    let Some(counted) = search.counted.as_ref().filter(|_| search.pattern.is_some()) else { return String::new() };
    let matches = thousands(counted.matches);
    match (counted.percent, counted.matches, search.ordinal()) {
        (100, 0, _) => "no match".to_owned(),
        (100, _, Some(ordinal)) => format!("match {} of {matches}", thousands(ordinal)),
        (100, 1, None) => "1 match".to_owned(),
        (100, _, None) => format!("{matches} matches"),
        (percent, ..) => format!("{matches} so far, {percent} % counted"),
    }
}

/// Draws the column at the right: what is in view, and where matches are.
pub(super) fn draw_column(model: &Model, area: Rect, pen: &mut Pen) {
    let Some(search) = &model.log.searches.now else { return };
    let theme = &model.look.theme;
    let place = |index: usize| model.log.lines.get(index).map_or(Place::default(), |line| line.at);
    let in_view = model.log.in_view();
    let (top, total) = position(&model.log.runs, place(in_view.start));
    let (bottom, _) = position(&model.log.runs, place(in_view.end.saturating_sub(1)));
    let height = u64::from(area.height);
    let row_of = |before: u64| (u128::from(before) * u128::from(height) / u128::from(total.max(1))) as u64;
    let (first, last) = (row_of(top), row_of(bottom));
    let buckets = search.counted.as_ref().map_or(&[][..], |counted| &counted.buckets);
    for row in 0..height {
        let (from, to) = (row as usize * BUCKETS / height as usize, (row as usize + 1) * BUCKETS / height as usize);
        let has_match = buckets.iter().skip(from).take((to - from).max(1)).any(|has| *has);
        let is_in_view = (first..=last).contains(&row);
        let (glyph, style) = match (has_match, is_in_view) {
            (true, true) => (pen.glyphs.hit, theme.match_now),
            (true, false) => (pen.glyphs.hit, theme.log_hit),
            (false, true) => (pen.glyphs.thumb, theme.text_dim),
            (false, false) => (pen.glyphs.track, theme.text_dim),
        };
        pen.put(area.x, area.y + row as u16, area.right(), glyph, style);
    }
}
