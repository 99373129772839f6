//! The process table: only the rows in view, straight into the cells.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::domain::{Row, Timestamp, Usage};
use crate::tui::columns::{Column, Columns, fit, longest_name};
use crate::tui::layout::{Areas, Pane};
use crate::tui::model::Model;
use crate::tui::model::table::Item;
use crate::tui::order::SortBy;
use crate::tui::tree;

use super::figures;
use super::levels;
use super::pen::{Pen, text_width};
use super::state;

use Column as C;

/// Draws the table; returns where the selected row is.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) -> Option<Position> {
    let area = areas.table;
    draw_title(model, areas.table_head, pen);
    if area.is_empty() {
        return None;
    }
    if model.table.items.is_empty() {
        draw_empty(model, area, pen);
        return None;
    }
    let items = model.table.items.iter().enumerate().skip(model.table.first).take(usize::from(area.height));
    let columns = fit(area.width, longest_name(model));
    draw_heads(model, areas.table_head, &columns, pen);
    let mut cursor = None;
    for ((at, item), y) in items.zip(area.y..) {
        let line = Rect { y, height: 1, ..area };
        match item {
            Item::Process(row) => {
                if let Some(row) = model.snapshot.rows.get(*row) {
                    draw_row(model, row, line, &columns, pen);
                }
                if at == model.table.selected_item {
                    draw_selection(model, line, pen);
                    cursor = Some(Position::new(line.x, line.y));
                }
            }
            Item::Child(row, child) => {
                if let Some(row) = model.snapshot.rows.get(*row) {
                    draw_child(model, row, *child, line, &columns, pen);
                }
            }
        }
    }
    cursor
}

fn draw_title(model: &Model, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    pen.rule(Rect { height: 1, ..area }, theme.rule);
    let style = if model.pane == Pane::Table { theme.title_focus } else { theme.title };
    let shown = model.snapshot.rows.len() - model.table.hidden;
    let count = if model.table.hidden > 0 {
        format!(" processes {shown} of {} ", model.snapshot.rows.len())
    } else {
        format!(" processes {shown} ")
    };
    let mut x = pen.put(area.x + 2, y, end, &count, style);
    let (rows, items) = (usize::from(model.areas().table.height), model.table.items.len());
    if rows < items {
        let (first, last) = (model.table.first + 1, (model.table.first + rows).min(items));
        x = pen.put(x, y, end, &format!(" {first}-{last} in view "), theme.text_dim);
    }
    if !model.table.marks.is_empty() {
        let is_hidden = |row: &&Arc<Row>| model.table.marks.contains(row.name()) && !model.table.lets_through(row);
        let hidden = match model.snapshot.rows.iter().filter(is_hidden).count() {
            0 => String::new(),
            hidden => format!(", {hidden} hidden"),
        };
        x = pen.put(x, y, end, &format!(" {} marked{hidden} ", model.table.marks.len()), theme.marked);
    }
    if !model.table.filter_text.is_empty() {
        x = draw_filter(model, (x + 1, y, end), pen);
    }
    let is_falling = model.table.sort.is_falling(model.table.inverted);
    let direction = if is_falling { pen.glyphs.down } else { pen.glyphs.up };
    let tree = if model.table.tree { "  tree" } else { "" };
    let sort = model.table.sort;
    let order = if sort == SortBy::Defined && !model.table.inverted {
        format!(" {}{tree} ", sort.label())
    } else {
        format!(" {} {direction}{tree} ", sort.label())
    };
    if end.saturating_sub(x) > order.len() as u16 + 4 {
        pen.put_right(x, y, end - 2, &order, theme.text_dim);
    }
}

/// The filter, what is wrong with it, and how to be rid of it. Returns where it stopped.
fn draw_filter(model: &Model, (x, y, end): (u16, u16, u16), pen: &mut Pen) -> u16 {
    const CLEARS: &str = " esc clears ";
    let theme = &model.look.theme;
    let limit = end.saturating_sub(text_width(CLEARS)).max(x);
    let fault = model.table.filter.fault().map(|fault| format!("  {fault}")).unwrap_or_default();
    // What is wrong has the room first: the filter itself is known to who typed it.
    let room = limit.saturating_sub(text_width(&fault)).max(x + (limit - x) / 3);
    let x = pen.put_cut(x, y, room, &format!(" filter: {}", model.table.filter_text), theme.toast_warn);
    let x = pen.put_cut(x, y, limit, &fault, theme.toast_error);
    pen.put_cut(x, y, end, CLEARS, theme.text_dim)
}

fn draw_heads(model: &Model, area: Rect, columns: &Columns, pen: &mut Pen) {
    if area.height < 2 {
        return;
    }
    let theme = &model.look.theme;
    for (column, start, end) in &columns.0 {
        let sorted = column.sorted_by() == Some(model.table.sort) && model.table.sort != SortBy::Defined;
        let style = if sorted { theme.title_focus } else { theme.text_dim };
        let (start, end) = (area.x + start, (area.x + end).min(area.right()));
        if column.is_figure() {
            pen.put_right(start, area.y + 1, end, column.title(), style);
        } else {
            pen.put(start, area.y + 1, end, column.title(), style);
        }
    }
}

fn draw_row(model: &Model, row: &Row, line: Rect, columns: &Columns, pen: &mut Pen) {
    let theme = &model.look.theme;
    let word = row.phase.word();
    let limit = line.right();
    if model.table.marks.contains(row.name()) {
        pen.put(line.x, line.y, limit, pen.glyphs.mark, theme.marked);
    }
    pen.put(line.x + 1, line.y, limit, pen.glyphs.phase(word), theme.phase(word));
    let with_restarts = !columns.contains(C::Restarts);
    for (column, start, end) in &columns.0 {
        let at = (line.x + start, line.y, (line.x + end).min(limit));
        match column {
            C::Name => {
                let style = if model.table.marks.contains(row.name()) { theme.marked } else { theme.text_strong };
                pen.put_cut(at.0, at.1, at.2, row.name().as_str(), style);
            }
            C::State => state::draw(model, row, at, with_restarts, pen),
            C::Levels => levels::draw(model, row, at, pen),
            C::History => draw_history(model, row, at, pen),
            C::Health => {
                pen.put(at.0, at.1, at.2, row.health.as_str(), theme.health(row.health));
            }
            C::Pid | C::Cpu | C::Memory | C::Threads | C::Uptime | C::Restarts => {
                let (text, style) = figure_of(model, row, *column);
                pen.put_right(at.0, at.1, at.2, &text, style);
            }
        }
    }
}

/// The text of a column that holds a figure; empty where nothing is alive, a dash where that was not measured yet.
fn figure_of(model: &Model, row: &Row, column: Column) -> (String, Style) {
    let theme = &model.look.theme;
    let alive = row.phase.is_live() || row.leftovers() > 0;
    let figure = |say: fn(&Usage) -> String| match (alive, row.usage.pids) {
        (false, _) => String::new(),
        (true, 0) => "-".to_owned(),
        (true, _) => say(&row.usage),
    };
    let text = match column {
        C::Pid => row.pid().map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
        C::Cpu => figure(|usage| figures::percent(usage.cpu_percent)),
        C::Memory => figure(|usage| figures::bytes(usage.memory_bytes)),
        C::Threads => figure(|usage| usage.threads.to_string()),
        C::Uptime => uptime(row, model.supervisor_now()),
        C::Restarts if row.restarts > 0 || alive => row.restarts.to_string(),
        C::Restarts | C::Name | C::History | C::Health | C::Levels | C::State => String::new(),
    };
    let style = match column {
        C::Pid | C::Threads => theme.text_dim,
        C::Cpu => load(model, row.usage.cpu_percent),
        C::Memory | C::Uptime | C::Restarts | C::Name | C::History | C::Health | C::Levels | C::State => theme.text,
    };
    (text, style)
}

/// How long it is up, or since when it has ended.
fn uptime(row: &Row, now: Timestamp) -> String {
    let since = row.alive_since().or_else(|| row.exit().map(|exit| exit.at));
    since.map_or_else(String::new, |since| figures::age(now.since(since)))
}

const fn load(model: &Model, cpu_percent: f32) -> Style {
    if cpu_percent >= 90.0 {
        model.look.theme.gauge_high
    } else if cpu_percent >= 50.0 {
        model.look.theme.gauge_mid
    } else {
        model.look.theme.text
    }
}

fn draw_history(model: &Model, row: &Row, at: (u16, u16, u16), pen: &mut Pen) {
    let (mut x, y, end) = at;
    for sample in model.histories.of(row.name()) {
        x = pen.put(x, y, end, pen.glyphs.level(sample, 100.0), model.look.theme.spark);
    }
}

/// One process of a tree below its row.
fn draw_child(model: &Model, row: &Row, child: usize, line: Rect, columns: &Columns, pen: &mut Pen) {
    let theme = &model.look.theme;
    let Some(process) = row.tree.get(child) else { return };
    let limit = line.right();
    if process.zombie {
        pen.put(line.x + 1, line.y, limit, pen.glyphs.zombie, theme.state_zombie);
    }
    for (column, start, end) in &columns.0 {
        let at = (line.x + start, line.y, (line.x + end).min(limit));
        let text = match column {
            C::Name => {
                let x = draw_branches(&tree::goes_on(&row.tree, child), at, theme.tree_line, pen);
                pen.put_cut(x + 1, at.1, at.2, &process.name, theme.text);
                continue;
            }
            C::State if process.zombie => {
                pen.put_cut(at.0, at.1, at.2, &zombie_reason(row, process.parent_pid), theme.state_zombie);
                continue;
            }
            C::State => {
                pen.put_cut(at.0, at.1, at.2, process.status.known().unwrap_or_default(), theme.text_dim);
                continue;
            }
            C::Pid => process.pid.to_string(),
            C::Cpu => figures::percent(process.cpu_percent),
            C::Memory => figures::bytes(process.memory_bytes),
            C::Threads => process.threads.to_string(),
            C::History | C::Health | C::Uptime | C::Restarts | C::Levels => continue,
        };
        pen.put_right(at.0, at.1, at.2, &text, theme.text_dim);
    }
}

/// The lines that lead to a child; returns where they end.
fn draw_branches(goes_on: &[bool], (x, y, limit): (u16, u16, u16), style: Style, pen: &mut Pen) -> u16 {
    let own = goes_on.len().saturating_sub(1);
    goes_on.iter().enumerate().fold(x, |x, (level, goes_on)| {
        let piece = match (level == own, *goes_on) {
            (true, true) => pen.glyphs.branch,
            (true, false) => pen.glyphs.last_branch,
            (false, true) => pen.glyphs.stem,
            (false, false) => "  ",
        };
        pen.put(x, y, limit, piece, style)
    })
}

/// Why a zombie is there: who should have reaped it.
pub fn zombie_reason(row: &Row, parent_pid: u32) -> String {
    let parent = row.tree.iter().find(|process| process.pid == parent_pid);
    match parent {
        Some(parent) => format!("zombie: parent {} ({parent_pid}) has not reaped it", parent.name),
        None => format!("zombie: parent {parent_pid} has not reaped it"),
    }
}

fn draw_selection(model: &Model, line: Rect, pen: &mut Pen) {
    let theme = &model.look.theme;
    let has_keys = model.pane == Pane::Table;
    pen.restyle(line, if has_keys { theme.select } else { theme.select_unfocused });
    // A bar as well: some terminals do not reverse cells without colours, and it stays readable without attributes.
    let marked = model.selected().is_some_and(|row| model.table.marks.contains(row.name()));
    let glyph = if marked { pen.glyphs.mark } else { pen.glyphs.bar };
    pen.clear(Rect { width: 1, ..line });
    pen.put(line.x, line.y, line.right(), glyph, theme.select_bar);
}

fn draw_empty(model: &Model, area: Rect, pen: &mut Pen) {
    let theme = &model.look.theme;
    let lines: &[&str] = if model.snapshot.rows.is_empty() {
        &[
            "There is no process in this project yet.",
            "",
            "n                 start one from a command line",
            "pm run -- CMD     the same from a shell",
            "pm.toml           [process.web]  command = [\"npm\", \"run\", \"dev\"]",
        ]
    } else {
        &["The filter hides every process.", "esc clears it, / changes it"]
    };
    for (text, y) in lines.iter().zip(area.y..area.bottom()) {
        pen.put_cut(area.x + 2, y, area.right(), text, theme.text_dim);
    }
}
