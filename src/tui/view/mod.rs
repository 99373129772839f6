//! The screen as a pure function of the model. Only what is in view is looked at, so size costs nothing.

pub mod details;
pub mod events;
pub mod figures;
pub mod finder;
pub mod footer;
pub mod header;
pub mod levels;
pub mod log;
pub mod overlay;
pub mod pen;
pub mod results;
pub mod sheet;
pub mod state;
pub mod table;
pub mod terminal;

#[cfg(test)]
mod tests;

use ratatui::layout::Position;

use super::layout::Screen;
use super::model::Model;
use pen::Pen;
use sheet::Sheet;

/// Writes the whole screen down in `sheet`, which is empty; returns where the cursor stands (screen readers and magnifiers follow
/// it).
pub fn view(model: &Model, sheet: &mut Sheet) -> Option<Position> {
    let areas = model.areas();
    let mut pen = Pen::new(sheet, model.look.glyphs.glyphs());
    header::draw(model, areas.header, &mut pen);
    header::draw_banner(model, areas.banner, &mut pen);
    let mut cursor = None;
    match model.screen {
        Screen::Main => {
            cursor = table::draw(model, &areas, &mut pen);
            if model.shows_terminal() {
                cursor = terminal::draw(model, &areas, &mut pen).or(cursor);
            } else {
                cursor = log::draw(model, &areas, &mut pen).or(cursor);
            }
        }
        Screen::Details => details::draw(model, &areas, &mut pen),
        Screen::Events => events::draw(model, &areas, &mut pen),
    }
    cursor = footer::draw(model, &areas, &mut pen).or(cursor);
    overlay::draw(model, &mut pen).or(cursor)
}

/// How many lines details or events have, for whoever scrolls them.
pub fn reading_length(model: &Model) -> usize {
    match model.screen {
        Screen::Main => 0,
        Screen::Details => details::length(model),
        Screen::Events => model.journal.lines.len(),
    }
}
