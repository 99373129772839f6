//! The title of the log pane: whose log, following or where, and how much there is.

use ratatui::layout::Rect;

use crate::logs::lines::StreamFilter;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::model::log::joined::Joined;
use crate::tui::page::{Levels, Look, position};
use crate::tui::view::figures::{lines, size, thousands};
use crate::tui::view::pen::{Pen, text_width};

use super::clock;

/// Names that stand in the title at most.
const NAMED: usize = 6;

/// Cells kept free behind a name for what the log does.
const STATUS: u16 = 16;

/// Draws the title.
pub(super) fn draw(model: &Model, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    pen.rule(area, theme.rule);
    let style = if model.pane == Pane::Log { theme.title_focus } else { theme.title };
    let mut x = pen.put(area.x + 2, y, end, " log ", style);
    x = match (&model.log.joined, &model.table.selected) {
        (Some(joined), _) => draw_names(model, joined, (x, y, end), pen),
        (None, Some(name)) => {
            // Whose it is matters more than what it does.
            let limit = end.saturating_sub(STATUS).max(x + end.saturating_sub(x) / 2);
            pen.put_cut(x, y, limit, &format!(" {name} "), style)
        }
        (None, None) => x,
    };
    if model.terminal.attached_to().is_some() {
        x = pen.put_cut(x, y, end, " attached, any key returns ", theme.attention);
    }
    x = draw_position(model, (x, y, end), pen);
    let facts = facts(model);
    if end.saturating_sub(x) > text_width(&facts) + 4 {
        pen.put_right(x, y, end - 2, &facts, theme.text_dim);
    }
}

/// Whose logs these are: their names in their colours where they are few.
fn draw_names(model: &Model, joined: &Joined, (mut x, y, end): (u16, u16, u16), pen: &mut Pen) -> u16 {
    let theme = &model.look.theme;
    let width: u16 = joined.names().take(NAMED + 1).map(|name| text_width(name.as_str()) + 1).sum();
    if joined.count() == 0 || joined.count() > NAMED || width > (end - x) / 3 {
        return pen.put(x, y, end, &format!(" {} processes ", joined.count()), theme.title);
    }
    x = pen.put(x, y, end, " ", theme.title);
    for number in 0..joined.count() as u32 {
        let Some((name, colour)) = joined.name(number) else { continue };
        x = pen.put(x, y, end, name.as_str(), theme.name(colour));
        x = pen.put(x, y, end, " ", theme.title);
    }
    x
}

/// Following, or where it is paused and what is new below.
fn draw_position(model: &Model, at: (u16, u16, u16), pen: &mut Pen) -> u16 {
    let (mut x, y, end) = at;
    let theme = &model.look.theme;
    if model.selected().is_none() && model.together.is_none() {
        return x;
    }
    if let Some(text) = only(model.log.look.streams) {
        x = pen.put_cut(x, y, end, text, theme.toast_warn);
    }
    if let Some(filter) = &model.log.look.filter {
        let word = if filter.inverse { "without" } else { "only" };
        let around =
            if filter.context > 0 { format!(" {}{}", pen.glyphs.around, filter.context) } else { String::new() };
        let limit = (x + (end - x) / 2).min(end);
        let [open, close] = pen.glyphs.quotes;
        let text = format!(" {word} {open}{}{close}{around} ", filter.wanted.text);
        x = pen.put_cut(x, y, limit, &text, theme.toast_warn);
    }
    if let Some(percent) = model.log.still_looking() {
        // How far it is in time is nothing bytes tell.
        let percent = if model.together.is_some() { String::new() } else { format!("{percent} % ") };
        return pen.put_cut(x, y, end, &format!(" searching {percent}"), theme.text_dim);
    }
    if model.log.follow {
        return pen.put_cut(x, y, end, " following ", theme.text_dim);
    }
    x = pen.put_cut(x, y, end, &format!(" paused at {} ", whereabouts(model)), theme.toast_warn);
    if model.log.new_lines > 0 {
        x = pen.put_cut(x, y, end, &new_below(model), theme.toast_warn);
    }
    x
}

/// What came since following ended. How much of it is shown where only some is, nobody has counted.
fn new_below(model: &Model) -> String {
    let look = &model.log.look;
    if look.streams != StreamFilter::All || look.filter.is_some() {
        return " new below, G follows ".to_owned();
    }
    let errors = match model.log.new_errors() {
        0 => String::new(),
        1 => ", 1 error".to_owned(),
        errors => format!(", {} errors", thousands(errors)),
    };
    format!(" {} new below{errors}, G follows ", thousands(model.log.new_lines))
}

/// How far down the first line in view is; among the lines of several logs, of which time.
fn whereabouts(model: &Model) -> String {
    let top = model.log.top_place();
    if model.log.joined.is_some() {
        return clock(model, top.time, false);
    }
    let (before, total) = position(&model.log.runs, top);
    let share = (u128::from(before) * 100 / u128::from(total.max(1))).min(100);
    format!("{share}%")
}

const fn only(streams: StreamFilter) -> Option<&'static str> {
    match streams {
        StreamFilter::All => None,
        StreamFilter::Stdout => Some(" only stdout "),
        StreamFilter::Stderr => Some(" only stderr "),
    }
}

/// What stands in the pane when nothing of the wanted streams is there.
pub(super) const fn nothing_of(look: &Look) -> &'static str {
    if look.filter.is_some() {
        return "no line is like that; esc shows all again";
    }
    match look.streams {
        StreamFilter::All => "",
        StreamFilter::Stdout => "nothing on standard output; t shows the rest",
        StreamFilter::Stderr => "nothing on standard error; t shows the rest",
    }
}

/// Errors and warnings of the newest run; with a plus where there may be more.
fn levels(model: &Model) -> String {
    let known = model.selected().and_then(|row| model.table.levels.of(row));
    let Some((levels, has_more)) = known.and_then(Levels::worth_telling) else { return String::new() };
    let more = if has_more { "+" } else { "" };
    let say =
        |count: u64, letter| if count > 0 { format!(" {letter}{}{more}", thousands(count)) } else { String::new() };
    format!(" {}{}", say(levels.errors, 'E'), say(levels.warnings, 'W'))
}

fn facts(model: &Model) -> String {
    let wrap = if model.log.wrap { "  wrap" } else { "" };
    let column = if model.log.left > 0 { format!("  from column {}", model.log.left + 1) } else { String::new() };
    if let Some(joined) = &model.log.joined {
        let (bytes, printed) = joined.printed();
        return format!(" newest runs  {}  {}{column}{wrap} ", lines(printed), size(bytes));
    }
    let Some(run) = model.selected().and_then(|row| row.run.as_ref()) else { return String::new() };
    let shown = model.log.run_in_view().unwrap_or(run.no);
    if shown != run.no {
        // Of a run that is over only its bytes are known here.
        let span = model.log.runs.iter().find(|span| span.no == shown);
        let bytes = span.map_or_else(String::new, |span| format!("  {}", size(span.end)));
        return format!(" run {shown} of {}{bytes}{column}{wrap} ", run.no);
    }
    let lost = if run.log_lost > 0 { format!("  {} LOST", size(run.log_lost)) } else { String::new() };
    let levels = levels(model);
    format!(" run {shown}  {}  {}{levels}{lost}{column}{wrap} ", lines(run.log_lines), size(run.log_end))
}
