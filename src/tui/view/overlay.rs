//! What lies on top: a question, or a list.

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::tui::layout::split_top;
use crate::tui::menu::Menu;
use crate::tui::model::Model;
use crate::tui::model::wrap::broken;

use super::pen::{Pen, text_width, within};
use super::{finder, results};

/// In fewer rows than this a frame leaves no room for two answers.
const FRAMED_MIN: u16 = 4;

/// The longest that fits stands in the lower edge of a question.
const FEET: [&str; 2] = [" enter take   esc close ", " esc close "];

/// Draws what lies on top; returns where the cursor stands on it.
pub fn draw(model: &Model, pen: &mut Pen) -> Option<Position> {
    match (&model.menu, &model.results, &model.finder) {
        (Some(menu), ..) => draw_menu(model, menu, pen),
        (None, Some(results), _) => results::draw(model, results, pen),
        (None, None, Some(finder)) => finder::draw(model, finder, pen),
        (None, None, None) => None,
    }
}

/// A rectangle in the middle of the screen, no larger than it.
pub fn centred(screen: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    Rect::new(screen.x + (screen.width - width) / 2, screen.y + (screen.height - height) / 2, width, height)
}

/// Where the parts of a question stand.
struct Placed<'a> {
    area: Rect,
    /// What lies within the frame; all of it where there is none.
    inner: Rect,
    body: Vec<&'a str>,
    /// The rows of the answers.
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
    if body.is_empty() && !menu.body.is_empty() || screen.height < FRAMED_MIN {
        return place_tight(menu, screen, width);
    }
    let above = above(&body);
    let area = centred(screen, width, above + menu.choices.len() as u16 + 2);
    let inner = within(area);
    let choices = Rect { y: inner.y + above, height: inner.height.saturating_sub(above), ..inner };
    Placed { area, inner, body, choices, first: first_of(menu, choices) }
}

/// The focused answer is in view.
fn first_of(menu: &Menu, choices: Rect) -> usize {
    (menu.focused + 1).saturating_sub(choices.height.into())
}

/// Where there is no room for a text and all answers: the first line of the text, which says whom it is about, cut where it is
/// too long, and as many answers as fit; in the last rows without a frame, where even that is too much.
fn place_tight(menu: &Menu, screen: Rect, width: u16) -> Placed<'_> {
    let body: Vec<&str> = menu.body.first().map(String::as_str).into_iter().collect();
    let rows = (body.len() + menu.choices.len()) as u16;
    let has_frame = screen.height >= FRAMED_MIN && screen.height >= 2 + body.len() as u16 + 2;
    let area = if has_frame {
        centred(screen, width, rows + 2)
    } else {
        let rows = rows.min(screen.height);
        Rect { y: screen.bottom() - rows, height: rows, ..screen }
    };
    let inner = if has_frame { within(area) } else { area };
    let (_, choices) = split_top(inner, body.len() as u16);
    Placed { area, inner, body, choices, first: first_of(menu, choices) }
}

/// The answer at a place on the screen.
pub fn choice_at(menu: &Menu, screen: Rect, at: Position) -> Option<usize> {
    let placed = place(menu, screen);
    let row = placed.choices.contains(at).then(|| usize::from(at.y - placed.choices.y) + placed.first)?;
    (row < menu.choices.len()).then_some(row)
}

/// How to answer, and that one need not.
fn draw_foot(inner: Rect, style: Style, pen: &mut Pen) {
    if let Some(text) = FEET.into_iter().find(|text| text_width(text) + 2 < inner.width) {
        pen.put(inner.x + 1, inner.bottom(), inner.right(), text, style);
    }
}

fn draw_menu(model: &Model, menu: &Menu, pen: &mut Pen) -> Option<Position> {
    let theme = &model.look.theme;
    let Placed { area, inner, body, choices, first } = place(menu, pen.screen());
    if inner == area {
        pen.clear(area);
    } else {
        pen.frame(area, &menu.title, theme.overlay_rule, theme.title);
        draw_foot(inner, theme.text_dim, pen);
    }
    for (line, y) in body.iter().zip(inner.y..inner.bottom()) {
        pen.put_cut(inner.x + 1, y, inner.right(), line, theme.overlay_text);
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
