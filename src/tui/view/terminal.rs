//! The terminal of a process, cell by cell, and a title that says whose it is and where the keys go.

use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier, Style};

use crate::emulator::picture::{Cell, Colour, CursorLook, Look};
use crate::tui::layout::{Areas, Pane, Screen};
use crate::tui::model::Model;
use crate::tui::update::terminal::origin;

use super::pen::{Pen, text_width};

/// How the keys are taken away from the child.
pub const WAY_OUT: &str = "ctrl-] or F12 leaves";

/// Draws title and cells; returns where the cursor stands while the keys are the child's.
pub fn draw(model: &Model, areas: &Areas, pen: &mut Pen) -> Option<Position> {
    draw_title(model, areas.log_head, pen);
    let area = areas.log;
    let Some(picture) = model.terminal.shown() else {
        if let Some(why) = &model.terminal.failed {
            pen.put_cut(area.x + 2, area.y, area.right(), why, model.look.theme.text_dim);
        }
        return None;
    };
    let picked = model.terminal.picked.as_ref();
    let (first_row, first_column) = picked.map_or_else(|| origin(picture, area), |picked| picked.origin);
    for (row, y) in (first_row..picture.size.rows).zip(area.top()..area.bottom()) {
        let cells = picture.row(row).get(usize::from(first_column)..).unwrap_or_default();
        for (cell, x) in cells.iter().zip(area.left()..area.right()).filter(|(cell, _)| cell.width > 0) {
            draw_cell(model, cell, (x, y), area, pen);
        }
        if let Some(columns) = picked.and_then(|picked| picked.region().columns(row)) {
            let x = |column: u16| (area.x + column.saturating_sub(first_column)).min(area.right());
            let (start, end) = (x(columns.start), x(columns.end.min(picture.size.cols)));
            pen.restyle(Rect::new(start, y, end.saturating_sub(start), 1), model.look.theme.select);
        }
    }
    let (row, column) = picture.cursor?;
    let x = area.x + column.checked_sub(first_column)?;
    let y = area.y + row.checked_sub(first_row)?;
    let is_seen = model.terminal.attached.is_some() && area.contains((x, y).into());
    is_seen.then(|| Position::new(x, y))
}

/// How the cursor of the person's terminal is to look: as the child asks while it has the keyboard and its screen is shown.
pub fn cursor_look(model: &Model) -> CursorLook {
    let is_seen = model.terminal.attached.is_some() && model.screen == Screen::Main && model.shows_terminal();
    model.terminal.picture.as_ref().filter(|_| is_seen).map_or_else(CursorLook::default, |picture| picture.cursor_look)
}

fn draw_cell(model: &Model, cell: &Cell, (x, y): (u16, u16), area: Rect, pen: &mut Pen) {
    let style = style(model, cell);
    let width = u16::from(cell.width);
    if x + width > area.right() {
        pen.put(x, y, area.right(), " ", style);
        return;
    }
    let mut text = String::from(cell.character);
    text.extend(cell.combining.iter().flat_map(|combining| combining.chars()));
    // Where our tables count other widths than the emulator, the cell must not push its neighbours.
    if text_width(&text) != width {
        text.truncate(cell.character.len_utf8());
        if text_width(&text) != width {
            text = " ".repeat(cell.width.into());
        }
    }
    pen.put(x, y, area.right(), &text, style);
}

fn style(model: &Model, cell: &Cell) -> Style {
    let theme = &model.look.theme;
    let mut style = theme.text;
    if theme.child_colours {
        style.fg = colour(cell.foreground).or(style.fg);
        style.bg = colour(cell.background).or(style.bg);
    }
    let Look { bold, dim, italic, underline, reverse, strike } = cell.look;
    for (is, modifier) in [
        (bold, Modifier::BOLD),
        (dim, Modifier::DIM),
        (italic, Modifier::ITALIC),
        (underline, Modifier::UNDERLINED),
        (reverse, Modifier::REVERSED),
        (strike, Modifier::CROSSED_OUT),
    ] {
        if is {
            style = style.add_modifier(modifier);
        }
    }
    style
}

const fn colour(from: Colour) -> Option<Color> {
    match from {
        Colour::Default => None,
        Colour::Palette(index) => Some(Color::Indexed(index)),
        Colour::Rgb(red, green, blue) => Some(Color::Rgb(red, green, blue)),
    }
}

fn draw_title(model: &Model, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    let theme = &model.look.theme;
    let (y, end) = (area.y, area.right());
    pen.rule(area, theme.rule);
    let style = if model.pane == Pane::Log { theme.title_focus } else { theme.title };
    let mut x = area.x + 2;
    if let Some(name) = model.terminal.attached_to() {
        let text = format!(" attached to {name}   {} ", way_out(model));
        x = pen.put_cut(x, y, end, &text, theme.attention);
    } else {
        let what = if model.terminal.picked.is_some() { " terminal, held while you select " } else { " terminal " };
        x = pen.put(x, y, end, what, style);
        if let Some(name) = &model.table.selected {
            x = pen.put(x, y, end, &format!(" {name} "), style);
        }
    }
    let facts = facts(model);
    if end.saturating_sub(x) > text_width(&facts) + 4 {
        pen.put_right(x, y, end - 2, &facts, theme.text_dim);
    }
}

/// How to leave, as far as that has gone.
pub fn way_out(model: &Model) -> String {
    match &model.terminal.attached {
        Some(attached) if attached.leaves_at.is_some() => "leaving; ctrl-] again sends it to the program".to_owned(),
        Some(_) | None => WAY_OUT.to_owned(),
    }
}

/// What the child calls itself, and its size where that is not the pane's.
pub fn facts(model: &Model) -> String {
    let Some(picture) = &model.terminal.picture else { return String::new() };
    let pane = model.areas().log;
    let size = picture.size;
    let is_other = (size.rows, size.cols) != (pane.height, pane.width);
    let size = if is_other { format!(" {}x{}", size.cols, size.rows) } else { String::new() };
    let is_guest = model.terminal.attached.as_ref().is_some_and(|attached| attached.is_seated == Some(false));
    let guest = if is_guest { " somebody else attached first, it has their size" } else { "" };
    let title = picture.title.as_deref().map(|title| format!(" {title}")).unwrap_or_default();
    let all = format!("{title}{guest}{size}");
    if all.is_empty() { all } else { all + " " }
}
