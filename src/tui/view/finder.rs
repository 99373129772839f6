//! Help and palette: the lines of the key table that were found.

use ratatui::layout::{Position, Rect};

use crate::tui::keymap::{Binding, TABLE};
use crate::tui::model::Model;
use crate::tui::model::entry::{Finder, FinderKind};

use super::footer::visible;
use super::overlay::centred;
use super::pen::{Pen, text_width, within};

/// One line of the list: a heading, or an entry by its place among those found.
#[derive(Clone, Copy)]
enum Line {
    Heading(&'static str),
    Entry(usize),
    Blank,
}

impl Line {
    /// Its place among those found, if it is one of them.
    const fn entry(self) -> Option<usize> {
        match self {
            Self::Entry(at) => Some(at),
            Self::Heading(_) | Self::Blank => None,
        }
    }
}

/// Where the parts stand.
struct Placed {
    area: Rect,
    /// The page that is shown: each line and its cells.
    page: Vec<(Line, Rect)>,
}

/// The whole of it, and where its list stands.
fn frame(finder: &Finder, screen: Rect) -> (Rect, Rect) {
    let area = match finder.kind {
        FinderKind::Help => centred(screen, 100, 40),
        FinderKind::Palette => centred(screen, 80, 18),
    };
    let inner = within(area);
    (area, Rect { y: (inner.y + 2).min(inner.bottom()), height: inner.height.saturating_sub(2), ..inner })
}

/// Columns beside each other in a list of this width.
fn columns(finder: &Finder, list: Rect) -> usize {
    if finder.kind == FinderKind::Help && list.width >= 76 { 2 } else { 1 }
}

/// Which of the lines is focused.
fn focused_line(finder: &Finder, lines: &[Line]) -> usize {
    lines.iter().position(|line| line.entry() == Some(finder.focused)).unwrap_or(0)
}

/// The first entry so many pages on; where there are no more pages, the first or the last entry.
pub fn turned(finder: &Finder, screen: Rect, pages: isize) -> usize {
    let (_, list) = frame(finder, screen);
    let at_once = (usize::from(list.height) * columns(finder, list)).max(1);
    let lines = lines(finder);
    let Some(page) = (focused_line(finder, &lines) / at_once).checked_add_signed(pages) else { return 0 };
    let (before, after) = lines.split_at((page * at_once).min(lines.len()));
    let on_it = after.iter().take(at_once).find_map(|line| line.entry());
    // A page may have nothing but a heading.
    let beyond = if pages < 0 { before.iter().rev().find_map(|line| line.entry()) } else { None };
    let beyond = beyond.or_else(|| after.iter().find_map(|line| line.entry()));
    on_it.or(beyond).unwrap_or(finder.found.len())
}

fn place(finder: &Finder, screen: Rect) -> Placed {
    let (area, list) = frame(finder, screen);
    if list.is_empty() {
        return Placed { area, page: Vec::new() };
    }
    let lines = lines(finder);
    let columns = columns(finder, list);
    let height = usize::from(list.height);
    // Whole pages, so that the list does not crawl while one moves in it.
    let at_once = height * columns;
    let first = focused_line(finder, &lines) / at_once * at_once;
    let width = list.width / columns as u16;
    let cell = |place: usize| {
        let (column, row) = ((place / height) as u16, (place % height) as u16);
        Rect::new(list.x + width * column, list.y + row, width, 1)
    };
    let page = lines.into_iter().skip(first).take(at_once).enumerate().map(|(place, line)| (line, cell(place)));
    Placed { area, page: page.collect() }
}

/// The entry at a place on the screen.
pub fn entry_at(finder: &Finder, screen: Rect, at: Position) -> Option<usize> {
    let page = place(finder, screen).page;
    page.into_iter().find_map(|(line, cell)| line.entry().filter(|_| cell.contains(at)))
}

/// Draws the list and the line that is typed; returns where the cursor stands.
pub fn draw(model: &Model, finder: &Finder, pen: &mut Pen) -> Option<Position> {
    let theme = &model.look.theme;
    let (title, prompt) = match finder.kind {
        FinderKind::Help => ("keys", "type to find a key or an action: "),
        FinderKind::Palette => ("commands", "> "),
    };
    let Placed { area, page } = place(finder, pen.screen());
    let inner = pen.frame(area, title, theme.overlay_rule, theme.title);
    if inner.is_empty() {
        return None;
    }
    let x = pen.put_cut(inner.x + 1, inner.y, inner.right(), prompt, theme.text_dim);
    let room = usize::from(inner.right().saturating_sub(x + 1)).max(1);
    let hidden = finder.input.visual_scroll(room);
    pen.put(x, inner.y, inner.right(), &visible(finder.input.value(), hidden), theme.overlay_text);
    let cursor = x + finder.input.visual_cursor().saturating_sub(hidden) as u16;
    if finder.found.is_empty() && inner.height > 2 {
        let text = "nothing of that name; backspace, or esc closes";
        pen.put(inner.x + 1, inner.y + 2, inner.right(), text, theme.text_dim);
    }
    for (line, cell) in page {
        draw_line(model, finder, line, cell, pen);
    }
    draw_foot(model, finder, inner, pen);
    Some(Position::new(cursor.min(inner.right().saturating_sub(1)), inner.y))
}

fn draw_foot(model: &Model, finder: &Finder, inner: Rect, pen: &mut Pen) {
    let text = format!(" enter run   up down move   esc close   {} of {} ", finder.found.len(), TABLE.len());
    if inner.width > text_width(&text) + 2 {
        pen.put(inner.x + 1, inner.bottom(), inner.right(), &text, model.look.theme.text_dim);
    }
}

fn draw_line(model: &Model, finder: &Finder, line: Line, cell: Rect, pen: &mut Pen) {
    match line {
        Line::Blank => {}
        Line::Heading(text) => {
            pen.put(cell.x + 1, cell.y, cell.right(), &text.to_uppercase(), model.look.theme.title);
        }
        Line::Entry(at) => {
            draw_binding(model, finder.kind, &TABLE[finder.found[at]], cell, pen);
            if at == finder.focused {
                pen.restyle(cell, model.look.theme.select);
            }
        }
    }
}

fn lines(finder: &Finder) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut context = None;
    for (at, index) in finder.found.iter().enumerate() {
        let of = TABLE[*index].context;
        if finder.kind == FinderKind::Help && context != Some(of) {
            if context.is_some() {
                lines.push(Line::Blank);
            }
            lines.push(Line::Heading(of.title()));
            context = Some(of);
        }
        lines.push(Line::Entry(at));
    }
    lines
}

fn draw_binding(model: &Model, kind: FinderKind, binding: &Binding, cell: Rect, pen: &mut Pen) {
    let theme = &model.look.theme;
    let keys = binding.keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    let keys = if keys.len() > 4 { format!("{} .. {}", keys[0], keys[keys.len() - 1]) } else { keys.join(" ") };
    match kind {
        FinderKind::Help => {
            let x = pen.put_cut(cell.x + 1, cell.y, cell.x + 13, &keys, theme.key);
            pen.put_cut(x.max(cell.x + 14), cell.y, cell.right().saturating_sub(1), binding.help, theme.overlay_text);
        }
        FinderKind::Palette => {
            let x = pen.put_cut(cell.x + 1, cell.y, cell.right(), binding.label, theme.overlay_text);
            let x = pen.put_cut((x + 2).max(cell.x + 18), cell.y, cell.right(), binding.help, theme.text_dim);
            pen.put_right(x + 1, cell.y, cell.right().saturating_sub(1), &keys, theme.key);
        }
    }
}
