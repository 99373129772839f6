//! What lies on top: questions, help and the palette.

use ratatui::layout::{Position, Rect};

use crate::tui::keymap::{Binding, TABLE};
use crate::tui::menu::Menu;
use crate::tui::model::Model;
use crate::tui::model::entry::{Finder, FinderKind};

use super::footer::visible;
use super::pen::{Pen, text_width, within};
use super::results;

/// Draws what lies on top; returns where the cursor stands on it.
pub fn draw(model: &Model, pen: &mut Pen) -> Option<Position> {
    match (&model.menu, &model.results, &model.finder) {
        (Some(menu), ..) => draw_menu(model, menu, pen),
        (None, Some(results), _) => results::draw(model, results, pen),
        (None, None, Some(finder)) => draw_finder(model, finder, pen),
        (None, None, None) => None,
    }
}

fn centred(screen: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    Rect::new(screen.x + (screen.width - width) / 2, screen.y + (screen.height - height) / 2, width, height)
}

/// Where the parts of a question stand.
struct Placed<'a> {
    area: Rect,
    body: Vec<&'a str>,
    /// The rows of the answers, within the frame.
    choices: Rect,
    /// The answer in the first of them.
    first: usize,
}

fn place(menu: &Menu, screen: Rect) -> Placed<'_> {
    let widest = menu.choices.iter().map(|choice| text_width(&choice.label) + 6);
    let widest = widest.chain([text_width(&menu.title) + 6, 36]).max().unwrap_or(36);
    let longest = menu.body.iter().map(|line| text_width(line)).max().unwrap_or(0);
    let width = widest.max(longest.min(72) + 4).min(screen.width);
    let mut body: Vec<&str> =
        menu.body.iter().flat_map(|line| broken(line, usize::from(width.saturating_sub(4)))).collect();
    let above = |body: &[&str]| if body.is_empty() { 0 } else { body.len() as u16 + 1 };
    // Where there is no room for all, the answers matter more than the text, and its beginning more than the rest.
    while !body.is_empty() && above(&body) + menu.choices.len() as u16 + 2 > screen.height {
        body.pop();
    }
    let above = above(&body);
    let area = centred(screen, width, above + menu.choices.len() as u16 + 2);
    let inner = within(area);
    let choices = Rect { y: inner.y + above, height: inner.height.saturating_sub(above), ..inner };
    let first = (menu.focused + 1).saturating_sub(choices.height.into());
    Placed { area, body, choices, first }
}

/// The answer at a place on the screen.
pub fn choice_at(menu: &Menu, screen: Rect, at: Position) -> Option<usize> {
    let placed = place(menu, screen);
    let row = placed.choices.contains(at).then(|| usize::from(at.y - placed.choices.y) + placed.first)?;
    (row < menu.choices.len()).then_some(row)
}

fn draw_menu(model: &Model, menu: &Menu, pen: &mut Pen) -> Option<Position> {
    let theme = &model.look.theme;
    let Placed { area, body, choices, first } = place(menu, pen.screen());
    let inner = pen.frame(area, &menu.title, theme.overlay_rule, theme.title);
    for (line, y) in body.iter().zip(inner.y..) {
        pen.put(inner.x + 1, y, inner.right(), line, theme.overlay_text);
    }
    let mut cursor = None;
    for ((at, choice), y) in menu.choices.iter().enumerate().skip(first).zip(choices.y..choices.bottom()) {
        let key = choice.key.map_or_else(|| " ".to_owned(), |key| key.to_string());
        let x = pen.put(inner.x + 1, y, inner.right(), &key, theme.key) + 2;
        pen.put_cut(x, y, inner.right(), &choice.label, theme.overlay_text);
        if at == menu.focused {
            pen.restyle(Rect { y, height: 1, ..inner }, theme.select);
            cursor = Some(Position::new(inner.x, y));
        }
    }
    cursor
}

/// Breaks a text at spaces into lines of at most `width` bytes; names and pids are ASCII nearly always.
fn broken(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.len() > width && width > 0 {
        let limit = (0..=width).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(0);
        let cut = rest[..limit].rfind(' ').filter(|at| *at > 0).unwrap_or(limit);
        if cut == 0 {
            break;
        }
        lines.push(&rest[..cut]);
        rest = rest[cut..].trim_start();
    }
    lines.push(rest);
    lines
}

fn draw_finder(model: &Model, finder: &Finder, pen: &mut Pen) -> Option<Position> {
    let theme = &model.look.theme;
    let screen = pen.screen();
    let (title, prompt) = match finder.kind {
        FinderKind::Help => ("keys", "type to find a key or an action: "),
        FinderKind::Palette => ("commands", "> "),
    };
    let (width, height) = match finder.kind {
        FinderKind::Help => (screen.width.min(100), screen.height.min(40)),
        FinderKind::Palette => (screen.width.min(80), screen.height.min(18)),
    };
    let inner = pen.frame(centred(screen, width, height), title, theme.overlay_rule, theme.title);
    if inner.is_empty() {
        return None;
    }
    let x = pen.put_cut(inner.x + 1, inner.y, inner.right(), prompt, theme.text_dim);
    let room = usize::from(inner.right().saturating_sub(x + 1)).max(1);
    let hidden = finder.input.visual_scroll(room);
    pen.put(x, inner.y, inner.right(), &visible(finder.input.value(), hidden), theme.overlay_text);
    let cursor = x + finder.input.visual_cursor().saturating_sub(hidden) as u16;
    let list = Rect { y: (inner.y + 2).min(inner.bottom()), height: inner.height.saturating_sub(2), ..inner };
    draw_found(model, finder, list, pen);
    draw_finder_foot(model, finder, inner, pen);
    Some(Position::new(cursor.min(inner.right().saturating_sub(1)), inner.y))
}

fn draw_finder_foot(model: &Model, finder: &Finder, inner: Rect, pen: &mut Pen) {
    let text = format!(" enter run   up down move   esc close   {} of {} ", finder.found.len(), TABLE.len());
    if inner.width > text_width(&text) + 2 {
        pen.put(inner.x + 1, inner.bottom(), inner.right(), &text, model.look.theme.text_dim);
    }
}

/// One line of the list: a heading, or an entry by its place among those found.
enum Line {
    Heading(&'static str),
    Entry(usize),
    Blank,
}

fn draw_found(model: &Model, finder: &Finder, area: Rect, pen: &mut Pen) {
    if area.is_empty() {
        return;
    }
    if finder.found.is_empty() {
        let text = "nothing of that name; backspace, or esc closes";
        pen.put(area.x + 1, area.y, area.right(), text, model.look.theme.text_dim);
        return;
    }
    let lines = lines(finder);
    let count = if finder.kind == FinderKind::Help && area.width >= 76 { 2 } else { 1 };
    let height = usize::from(area.height);
    let focused = lines.iter().position(|line| matches!(line, Line::Entry(at) if *at == finder.focused)).unwrap_or(0);
    // Whole pages, so that the list does not crawl while one moves in it.
    let page = height * count;
    let first = focused / page * page;
    let width = area.width / count as u16;
    for (place, line) in lines.iter().skip(first).take(page).enumerate() {
        let x = area.x + width * (place / height) as u16;
        let y = area.y + (place % height) as u16;
        let cell = Rect::new(x, y, width, 1);
        match line {
            Line::Blank => {}
            Line::Heading(text) => {
                pen.put(cell.x + 1, cell.y, cell.right(), &text.to_uppercase(), model.look.theme.title);
            }
            Line::Entry(at) => {
                draw_binding(model, finder.kind, &TABLE[finder.found[*at]], cell, pen);
                if *at == finder.focused {
                    pen.restyle(cell, model.look.theme.select);
                }
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
