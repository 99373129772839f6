//! Which part of the screen belongs to what. One pure function, asked by the views and by whoever scrolls.
//!
//! Never refuses a size: below 60 columns or 16 rows there is one pane at a time, below 30 by 6 one thing at a time.

use ratatui::layout::Rect;

/// What is shown in the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Table and log.
    #[default]
    Main,
    /// Everything about the selected process.
    Details,
    /// What happened.
    Events,
}

/// Which pane of the main screen has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The processes.
    #[default]
    Table,
    /// The log of the selected one.
    Log,
}

/// What the layout depends on.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// Columns of the terminal.
    pub width: u16,
    /// Rows of the terminal.
    pub height: u16,
    /// What is shown.
    pub screen: Screen,
    /// Which pane has the keys.
    pub pane: Pane,
    /// Only that pane is wanted.
    pub zoom: bool,
    /// A line of warning is needed below the header.
    pub banner: bool,
    /// Lines the table could fill.
    pub items: usize,
    /// A line below the log is needed for a search.
    pub log_bar: bool,
    /// Rows for what is typed or said, where the screen is too small for a line of its own.
    pub said: u16,
}

/// Who has which cells. An absent part has no area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// Totals.
    pub header: Rect,
    /// A warning that stays.
    pub banner: Rect,
    /// Title and head of the table, if there is room for them.
    pub table_head: Rect,
    /// The rows.
    pub table: Rect,
    /// Title of the log.
    pub log_head: Rect,
    /// The lines.
    pub log: Rect,
    /// Below them: what is searched.
    pub log_bar: Rect,
    /// Title of details or events.
    pub reading_head: Rect,
    /// Their text.
    pub reading: Rect,
    /// The keys of the moment.
    pub footer: Rect,
}

/// Narrower or lower than this there is one line of status and the table below it, and what is typed or said below that.
pub const TINY: (u16, u16) = (30, 6);
/// Narrower or lower than this there is one pane at a time.
pub const ONE_PANE: (u16, u16) = (60, 16);
/// From this width on the panes stand side by side.
pub const SIDE_BY_SIDE: u16 = 150;
/// Beside each other the table has room for its figures, a long name and a state in words; the log keeps at least so many columns.
const TABLE_FIGURES: u16 = 92;
const LOG_LEAST: u16 = 60;
/// Where there are more columns than this for the log, the table gets them, up to so many: room for all it has, but for long names.
const LOG_WIDE: u16 = 100;
const TABLE_WIDE: u16 = 120;

/// The screen has room for one thing only.
pub const fn is_tiny(width: u16, height: u16) -> bool {
    width < TINY.0 || height < TINY.1
}

/// Shares out the screen.
pub fn areas(wish: &Wish) -> Areas {
    let whole = Rect::new(0, 0, wish.width, wish.height);
    if is_tiny(wish.width, wish.height) {
        return tiny(wish, whole);
    }
    let (header, rest) = split_top(whole, 1);
    let (banner, rest) = split_top(rest, u16::from(wish.banner));
    let (body, footer) = split_top(rest, rest.height - 1);
    let mut areas = Areas { header, banner, footer, ..Areas::default() };
    let one_pane = wish.zoom || wish.width < ONE_PANE.0 || wish.height < ONE_PANE.1;
    match (wish.screen, wish.pane) {
        (Screen::Details | Screen::Events, _) => (areas.reading_head, areas.reading) = split_top(body, 1),
        (Screen::Main, Pane::Table) if one_pane => place_table(&mut areas, body),
        (Screen::Main, Pane::Log) if one_pane => place_log(&mut areas, body),
        (Screen::Main, _) => {
            let (table, log) = if wish.width >= SIDE_BY_SIDE {
                split_left(body, beside_log(body.width))
            } else {
                let wanted = u16::try_from(wish.items).unwrap_or(u16::MAX).saturating_add(3);
                split_top(body, wanted.max(6).min((body.height * 9 / 20).max(5)))
            };
            place_table(&mut areas, table);
            place_log(&mut areas, log);
        }
    }
    if wish.log_bar && areas.log.height >= 3 {
        let above = areas.log.height - 1;
        (areas.log, areas.log_bar) = split_top(areas.log, above);
    }
    areas
}

/// The columns of a table beside a log: its figures first, and no more than it can use before the log is wide. A wider log is read
/// no better; the table has more to show.
fn beside_log(width: u16) -> u16 {
    let figures = width.saturating_sub(LOG_LEAST + 1).min(TABLE_FIGURES);
    let all = width.saturating_sub(LOG_WIDE).min(TABLE_WIDE);
    (width * 2 / 5).max(figures).max(all)
}

/// A screen with room for one thing: details or events, or the log that has the keys, or a line of status and the table; what is
/// typed or said is below it.
fn tiny(wish: &Wish, whole: Rect) -> Areas {
    let said = wish.said.min(wish.height.saturating_sub(1).max(1));
    let (above, footer) = split_top(whole, wish.height.saturating_sub(said));
    if wish.screen != Screen::Main {
        let (reading_head, reading) = split_top(above, 1);
        return Areas { reading_head, reading, footer, ..Areas::default() };
    }
    if wish.pane == Pane::Log {
        // Who has the keys is shown, and the title says whose log it is.
        let (log_head, log) = split_top(above, u16::from(above.height > 1));
        return Areas { log_head, log, footer, ..Areas::default() };
    }
    // Keys act on the selected process, so it is in view as long as there is a line for it.
    let has_header = above.height > 1 || said == 0;
    let (header, table) = split_top(above, u16::from(has_header));
    Areas { header, table, footer, ..Areas::default() }
}

/// A terminal alone, with a line below it that says how to leave, if there is room for one.
pub fn alone(width: u16, height: u16) -> Areas {
    let (log, footer) = split_top(Rect::new(0, 0, width, height), if height > 2 { height - 1 } else { height });
    Areas { log, footer, ..Areas::default() }
}

fn place_table(areas: &mut Areas, area: Rect) {
    let head = if area.height >= 6 { 2 } else { 0 };
    (areas.table_head, areas.table) = split_top(area, head);
}

fn place_log(areas: &mut Areas, area: Rect) {
    (areas.log_head, areas.log) = split_top(area, 1);
}

/// The rows above and those below.
pub fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let below = Rect { y: area.y + height, height: area.height - height, ..area };
    (Rect { height, ..area }, below)
}

fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    // One column of air between the panes instead of a border: a selection by the terminal then copies no frame.
    let right = Rect { x: area.x + width + 1, width: area.width.saturating_sub(width + 1), ..area };
    (Rect { width, ..area }, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(width: u16, height: u16) -> Areas {
        areas(&wish(width, height))
    }

    fn wish(width: u16, height: u16) -> Wish {
        Wish {
            width,
            height,
            screen: Screen::Main,
            pane: Pane::Table,
            zoom: false,
            banner: true,
            items: 9,
            log_bar: true,
            said: 0,
        }
    }

    #[test]
    fn every_part_lies_within_the_screen_at_every_size() {
        for width in 0..220 {
            for height in 0..70 {
                let all = at(width, height);
                for part in
                    [all.header, all.banner, all.table_head, all.table, all.log_head, all.log, all.log_bar, all.footer]
                {
                    assert!(part.right() <= width && part.bottom() <= height, "{part:?} at {width}x{height}");
                }
            }
        }
    }

    #[test]
    fn small_screens_show_one_pane_and_wide_ones_two_side_by_side() {
        assert!(at(59, 40).log.is_empty() && !at(60, 40).log.is_empty());
        assert!(at(80, 15).log.is_empty() && !at(80, 16).log.is_empty());
        assert_eq!(at(149, 48).log.x, 0);
        let widths = |width| (at(width, 48).table.width, at(width, 48).log.width);
        assert_eq!([150, 160, 200].map(widths), [(89, 60), (92, 67), (100, 99)]);
        assert_eq!([220, 240, 320].map(widths), [(120, 99), (120, 119), (128, 191)]);
        assert_eq!(at(160, 48).log.x, 93);
        assert_eq!((at(29, 40).table.height, at(29, 40).footer.height), (39, 0));
        assert_eq!((at(80, 1).header.height, at(80, 1).table.height), (1, 0));
    }

    #[test]
    fn on_a_tiny_screen_what_is_said_takes_the_last_rows_and_leaves_one_for_the_table() {
        let heights = |height, said, screen| {
            let parts = areas(&Wish { screen, said, ..wish(20, height) });
            [parts.header, parts.table, parts.reading_head, parts.reading, parts.footer].map(|part| part.height)
        };
        assert_eq!(heights(5, 2, Screen::Main), [1, 2, 0, 0, 2]);
        assert_eq!(heights(5, 9, Screen::Main), [0, 1, 0, 0, 4]);
        assert_eq!(heights(2, 1, Screen::Main), [0, 1, 0, 0, 1]);
        assert_eq!(heights(1, 1, Screen::Main), [0, 0, 0, 0, 1]);
        assert_eq!(heights(0, 1, Screen::Main), [0, 0, 0, 0, 0]);
        assert_eq!(heights(5, 0, Screen::Details), [0, 0, 1, 4, 0]);
        assert_eq!(heights(5, 1, Screen::Events), [0, 0, 1, 3, 1]);
    }
}
