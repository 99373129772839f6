//! The last line: the keys that have a meaning now, those of what lies on top, or the line being typed, and the message of the moment.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::domain::{Phase, PhaseWord, Row};
use crate::tui::action::{Action as A, LogAction, Order, Search};
use crate::tui::keymap::{Binding, Context, in_reach};
use crate::tui::layout::{Areas, Screen, is_tiny, split_top};
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::model::terminal;
use crate::tui::model::wrap::broken;

use super::pen::{Pen, text_width};
use super::terminal::{WAY_OUT, facts, way_out};

/// From this width on the title of a terminal says whose it is and how to leave.
const NARROW: u16 = 50;

/// With fewer cells than this left beside a typed line nothing is said there.
const HINT_MIN: u16 = 30;

/// Draws the footer; returns where the cursor stands while something is typed.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) -> Option<Position> {
    let area = areas.footer;
    if area.is_empty() {
        return None;
    }
    if let Some(entry @ Entry { purpose: Purpose::Search(_), .. }) = &model.entry
        && !areas.log_bar.is_empty()
    {
        draw_below_search(model, entry, area, pen);
        return None;
    }
    if let Some(entry) = &model.entry {
        return Some(draw_entry(model, entry, area, pen));
    }
    if is_tiny(model.width, model.height) && model.terminal.attached.is_none() {
        let said = model.journal.toast.as_ref();
        said.inspect(|toast| draw_broken(&toast.text, area, tone_style(model, toast.tone), pen));
        return None;
    }
    let toast_start = draw_toast(model, area, pen);
    if let Some(name) = model.terminal.attached_to() {
        let theme = &model.look.theme;
        let text = if model.solo.is_some() {
            format!(" attached to {name}   {} {}", way_out(model), facts(model))
        } else if areas.log_head.width < NARROW {
            // The title has no room to say it, or there is none.
            format!(" {}   every key goes to {name} ", way_out(model))
        } else if model.terminal.history.is_some() {
            format!(" any key returns to {name} and goes to it   shift-PgUp shift-PgDn scroll   {WAY_OUT} ")
        } else {
            format!(" every key goes to {name}   ctrl-] ctrl-] sends ctrl-]   shift-PgUp scrolls back ")
        };
        pen.put_cut(area.x, area.y, toast_start, &text, theme.attention);
        return None;
    }
    draw_keys(model, Rect { width: toast_start.saturating_sub(area.x), ..area }, pen);
    None
}

/// The line below a search that is typed: what is wrong with it, else what can be done.
fn draw_below_search(model: &Model, entry: &Entry, area: Rect, pen: &mut Pen) {
    let theme = &model.look.theme;
    let (text, style) = match &entry.fault {
        Some(fault) => (fault.as_str(), theme.toast_error),
        None => (entry.purpose.hint(), theme.text_dim),
    };
    // Below the place that is meant, where the message has room there.
    let fault = model.log.searches.now.as_ref().and_then(|search| search.fault.as_ref());
    let column = fault.map_or(0, |fault| fault.column as u16 - 1);
    let marked = fault.map_or_else(|| text.to_owned(), |_| format!("{} {text}", pen.glyphs.up));
    let indent = if area.x + 2 + column + text_width(&marked) < area.right() { column + 1 } else { 0 };
    pen.put_cut(area.x + 1 + indent, area.y, area.right(), &marked, style);
}

fn draw_entry(model: &Model, entry: &Entry, area: Rect, pen: &mut Pen) -> Position {
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    let x = pen.put_cut(area.x + 1, y, area.x + area.width / 2, &entry.purpose.prompt(), theme.key);
    let room = usize::from(end.saturating_sub(x + 1)).max(1);
    let hidden = entry.input.visual_scroll(room);
    let text: String = visible(entry.input.value(), hidden);
    let stop = pen.put(x, y, end, &text, theme.text);
    let (_, below) = split_top(area, 1);
    if let Some(fault) = &entry.fault {
        if below.is_empty() {
            pen.put_cut(stop + 3, y, end, fault, theme.toast_error);
        } else {
            draw_broken(fault, below, theme.toast_error, pen);
        }
    } else if end.saturating_sub(stop) > text_width(entry.purpose.hint()) + 3 {
        pen.put_right(stop, y, end - 1, entry.purpose.hint(), theme.text_dim);
    } else if end.saturating_sub(stop) > HINT_MIN {
        pen.put_cut(stop + 3, y, end - 1, entry.purpose.hint(), theme.text_dim);
    }
    let cursor = entry.input.visual_cursor().saturating_sub(hidden) as u16;
    Position::new((x + cursor).min(end.saturating_sub(1)), y)
}

/// The part of a typed line after the cells that are scrolled away.
pub fn visible(text: &str, hidden: usize) -> String {
    let mut skipped = 0;
    let shown = text.chars().skip_while(|c| {
        let width = unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
        let skip = skipped < hidden;
        skipped += width;
        skip
    });
    shown.collect()
}

/// Draws a text in as many rows as there are, and a mark where it goes on.
fn draw_broken(text: &str, area: Rect, style: Style, pen: &mut Pen) {
    let mut rest = text;
    for y in area.top()..area.bottom() {
        let is_last = y + 1 == area.bottom();
        let line = broken(rest, usize::from(area.width.max(2)) - 1)[0];
        pen.put_cut(area.x + 1, y, area.right(), if is_last { rest } else { line }, style);
        rest = rest[line.len()..].trim_start();
    }
}

const fn tone_style(model: &Model, tone: Tone) -> Style {
    match tone {
        Tone::Info => model.look.theme.toast_info,
        Tone::Warn => model.look.theme.toast_warn,
        Tone::Error => model.look.theme.toast_error,
    }
}

/// Rows that a message takes at most, where it is longer than the last one.
const SAID_MAX: u16 = 3;

/// Draws the message at the right; returns where it begins. One that is longer than the line lies over the rows above as well: it
/// goes with a key or by itself, and nothing moves for it.
fn draw_toast(model: &Model, area: Rect, pen: &mut Pen) -> u16 {
    let Some(toast) = &model.journal.toast else { return area.right() };
    let style = tone_style(model, toast.tone);
    let width = text_width(&toast.text).saturating_add(2).min(area.width);
    if width == area.width {
        let lines = broken(&toast.text, usize::from(area.width.max(2)) - 1).len();
        let rows = (lines as u16).clamp(1, SAID_MAX).min(area.bottom());
        let over = Rect { y: area.bottom() - rows, height: rows, ..area };
        pen.clear(over);
        draw_broken(&toast.text, over, style, pen);
        return area.x;
    }
    let start = area.right() - width;
    pen.put_cut(start + 1, area.y, area.right(), &toast.text, style);
    start
}

/// A key as it stands in the footer.
struct Offer {
    key: String,
    label: &'static str,
    /// It gets its room before others.
    is_always: bool,
}

impl Offer {
    fn width(&self) -> u16 {
        text_width(&self.key) + text_width(self.label) + 3
    }
}

/// From this place on a key is shown before others get room.
const ALWAYS: u8 = 90;

fn draw_keys(model: &Model, area: Rect, pen: &mut Pen) {
    let theme = &model.look.theme;
    let mut x = area.x + 1;
    let offers = keys_on_top(model).unwrap_or_else(|| keys(model));
    let last = offers.iter().filter(|offer| offer.is_always).map(Offer::width).sum::<u16>();
    for offer in &offers {
        let reserve = if offer.is_always { 0 } else { last };
        if x + offer.width() + reserve > area.right() + 2 {
            continue;
        }
        x = pen.put(x, area.y, area.right(), &offer.key, theme.key) + 1;
        x = pen.put(x, area.y, area.right(), offer.label, theme.key_label) + 2;
    }
}

/// The keys of what lies on top, which has them all.
fn keys_on_top(model: &Model) -> Option<Vec<Offer>> {
    const MOVE: [(&str, &str); 2] = [("up down", "move"), ("PgUp PgDn", "page")];
    let own: Vec<(&str, &'static str)> = match (&model.menu, &model.results, &model.finder) {
        (Some(_), ..) => vec![("enter", "take"), ("up down", "choose")],
        (None, Some(_), _) => [("enter", "show")].into_iter().chain(MOVE).chain([("ctrl-f", "again")]).collect(),
        (None, None, Some(_)) => [("enter", "run")].into_iter().chain(MOVE).collect(),
        (None, None, None) => return None,
    };
    let offer = |is_always| move |(key, label): (&str, _)| Offer { key: key.to_owned(), label, is_always };
    let ways_out = [("esc", "close"), ("ctrl-c", "quit")];
    Some(own.into_iter().map(offer(false)).chain(ways_out.into_iter().map(offer(true))).collect())
}

/// The keys of the moment, each with the word it has now.
fn keys(model: &Model) -> Vec<Offer> {
    let targets = model.targets();
    let mut keys: Vec<_> = in_reach(model.context())
        .filter(|binding| binding.footer > 0)
        .filter_map(|b| label(model, &targets, b).map(|l| (b, l)))
        .collect();
    // The way back from where one usually is not comes first.
    let is_way_back = |binding: &Binding| model.together.is_some() && binding.action == A::Together;
    keys.sort_by_key(|(binding, _)| if is_way_back(binding) { 0 } else { binding.footer });
    let offer = |(binding, label): (&Binding, _)| Offer {
        key: binding.keys[0].to_string(),
        label,
        is_always: binding.footer >= ALWAYS,
    };
    keys.into_iter().map(offer).collect()
}

/// The word for a key now; `None` where it would do nothing. Orders are for all that are marked.
fn label(model: &Model, targets: &[&Arc<Row>], binding: &Binding) -> Option<&'static str> {
    // Events are about everybody: nobody could see who is meant.
    if binding.action.needs_process() && model.screen == Screen::Events {
        return None;
    }
    let word = model.selected().map(|row| row.phase.word());
    let is_live = |row: &Row| row.phase.is_live() || row.leftovers() > 0;
    let any = |holds: &dyn Fn(&Row) -> bool| targets.iter().any(|row| holds(row));
    let is_stopping = |row: &Row| row.phase.word() == PhaseWord::Stopping;
    let can_attach = model.selected().is_some_and(|row| terminal::is_live(row));
    let is_held = |row: &Row| matches!(&row.phase, Phase::Stopping(stopping) if stopping.held);
    let shown = match binding.action {
        A::Back => (model.zoom || model.screen != Screen::Main) && model.context() != Context::Selecting,
        A::Order(Order::Stop) if !targets.is_empty() && targets.iter().all(|row| is_stopping(row)) => {
            return Some("next stage");
        }
        A::Together if model.together.is_some() => return Some("unmerge"),
        A::Log(LogAction::Follow) if model.log.follow => return Some("pause"),
        A::Search(Search::Next | Search::Previous) => model.log.searches.now.is_some(),
        A::OpenLog if can_attach => return Some("attach"),
        A::Attach => can_attach && model.context() == Context::Log,
        A::OpenLog | A::Details | A::CopyMenu => word.is_some(),
        A::Order(Order::Start) => any(&|row| !is_live(row)),
        A::Order(Order::Stop) => any(&|row| is_live(row) || row.phase.word() == PhaseWord::Backoff),
        A::Order(Order::Hold) => any(&|row| is_stopping(row) && !is_held(row)),
        A::Order(Order::Restart) => any(&|row| is_live(row) && !is_stopping(row)),
        A::Order(Order::Kill) => any(&is_live),
        A::Order(Order::Remove) => any(&|row| !is_live(row) && row.spec.defined_at().is_none()),
        A::Input => model.selected().is_some_and(|row| is_live(row) && !is_stopping(row)),
        A::Help
        | A::Palette
        | A::NextPane
        | A::PreviousPane
        | A::Zoom
        | A::Together
        | A::Events
        | A::Redraw
        | A::Suspend
        | A::ToggleMouse
        | A::Quit
        | A::StopAllAndQuit
        | A::Interrupt
        | A::Filter
        | A::New
        | A::Pid
        | A::Edit
        | A::SignalMenu
        | A::RestartMenu
        | A::Log(_)
        | A::Select(_)
        | A::Search(Search::Open | Search::NextError | Search::PreviousError | Search::NextWarning | Search::Regex)
        | A::Move(_)
        | A::Scroll(_)
        | A::Sideways(_)
        | A::Sort(_)
        | A::Rows(_) => true,
    };
    shown.then_some(binding.label)
}
