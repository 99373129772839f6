//! What a terminal looks like at one moment: plain cells that know nothing of who drew them or who will.

use alacritty_terminal::term::cell::{self, Flags};
use alacritty_terminal::vte::ansi::{Color, NamedColor, Rgb};

use super::Size;
use super::excerpt::Wrap;

/// Combining characters of a cell that are shown.
const COMBINING_SHOWN: usize = 4;

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Rows and columns.
    pub size: Size,
    /// The cells, row by row.
    pub cells: Vec<Cell>,
    /// Whether the line of each row goes on in the next one.
    pub wraps: Vec<Wrap>,
    /// Row and column of the cursor; `None` while it is hidden.
    pub cursor: Option<(u16, u16)>,
    /// How the child wants its cursor to look.
    pub cursor_look: CursorLook,
    /// What the child wants of keyboard and mouse.
    pub modes: Modes,
    /// What the child calls itself, free of control characters.
    pub title: Option<String>,
}

impl Picture {
    /// One row.
    pub fn row(&self, row: u16) -> &[Cell] {
        let cols = usize::from(self.size.cols);
        let start = usize::from(row) * cols;
        self.cells.get(start..start + cols).unwrap_or_default()
    }

    /// Nothing stands in a row.
    pub fn is_blank(&self, row: u16) -> bool {
        self.row(row).iter().all(|cell| cell.character == ' ' && cell.combining.is_none())
    }

    /// Its text, one line per row, without the blanks at their ends.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in 0..self.size.rows {
            let start = text.len();
            for cell in self.row(row).iter().filter(|cell| cell.width > 0) {
                text.push(cell.character);
                text.extend(cell.combining.iter().flat_map(|combining| combining.chars()));
            }
            text.truncate(start + text[start..].trim_end().len());
            text.push('\n');
        }
        text
    }
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its character, never a control character.
    pub character: char,
    /// What is combined with it.
    pub combining: Option<Box<str>>,
    /// Cells it takes: 2 for a wide character, 0 for the cell such a one covers.
    pub width: u8,
    /// Text colour.
    pub foreground: Colour,
    /// Paper colour.
    pub background: Colour,
    /// Bold and the like.
    pub look: Look,
}

/// A colour as the child named it. What the numbers look like is for the person's terminal to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// As the terminal has it.
    #[default]
    Default,
    /// Out of 256.
    Palette(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Attributes of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub struct Look {
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underline: bool,
    pub reverse: bool,
    pub strike: bool,
}

/// How a child wants its cursor to look. Nothing else of what it asks in that place goes further than here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorLook {
    /// As the person has set their terminal: nobody asked for anything.
    #[default]
    AsSet,
    /// Blinking or not.
    Asked(CursorShape, Blink),
}

/// The shape of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum CursorShape {
    Block,
    Underline,
    Beam,
}

/// Whether it comes and goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Blink {
    Steady,
    Blinking,
}

/// What the child wants of its keyboard and its mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// It draws on the screen that has no history.
    pub alternate_screen: bool,
    /// Arrows are sent as `ESC O A`.
    pub application_cursor: bool,
    /// Pasted text is marked as such.
    pub bracketed_paste: bool,
    /// It wants to know whether it has the focus.
    pub focus: bool,
    /// What it wants to know of the mouse.
    pub pointing: Pointing,
    /// In the form without a limit of 223 columns.
    pub sgr_pointer: bool,
    /// On the alternate screen the wheel sends arrows.
    pub wheel_as_arrows: bool,
    /// Enter sends a line feed as well.
    pub newline: bool,
}

/// What a child wants to know of the mouse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pointing {
    /// Nothing.
    #[default]
    Nothing,
    /// Buttons and the wheel.
    Clicks,
    /// Movement with a button down as well.
    Drag,
    /// Every movement.
    Motion,
}

impl Cell {
    pub(super) fn of(from: &cell::Cell) -> Self {
        let is = |flag| from.flags.contains(flag);
        let is_covered = is(Flags::WIDE_CHAR_SPACER);
        let is_blank = is(Flags::HIDDEN) || is(Flags::LEADING_WIDE_CHAR_SPACER) || !is_shown(from.c);
        let (foreground, is_dim) = colour(from.fg);
        let combining = from.zerowidth().filter(|_| !is_blank).map(combining).filter(|text| !text.is_empty());
        Self {
            character: if is_blank { ' ' } else { from.c },
            combining: combining.map(String::into_boxed_str),
            width: if is_covered { 0 } else { 1 + u8::from(is(Flags::WIDE_CHAR)) },
            foreground,
            background: colour(from.bg).0,
            look: Look {
                bold: is(Flags::BOLD),
                dim: is(Flags::DIM) || is_dim,
                italic: is(Flags::ITALIC),
                underline: from.flags.intersects(Flags::ALL_UNDERLINES),
                reverse: is(Flags::INVERSE),
                strike: is(Flags::STRIKEOUT),
            },
        }
    }
}

fn combining(characters: &[char]) -> String {
    characters.iter().copied().filter(|c| is_shown(*c) && !changes_width(*c)).take(COMBINING_SHOWN).collect()
}

/// Characters that join or restyle their neighbours: terminals disagree on what they do to the width, and one that thinks
/// otherwise than we do would shift the rest of the row.
const fn changes_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e01ef}')
}

/// A character that may stand on somebody's screen: no control, and nothing that turns the direction of what follows.
pub const fn is_shown(c: char) -> bool {
    !matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

fn colour(from: Color) -> (Colour, bool) {
    match from {
        Color::Spec(Rgb { r, g, b }) => (Colour::Rgb(r, g, b), false),
        Color::Indexed(index) => (Colour::Palette(index), false),
        Color::Named(named) => named_colour(named),
    }
}

/// The colour, and whether it is the dim one of its kind.
fn named_colour(named: NamedColor) -> (Colour, bool) {
    let dim = [
        NamedColor::DimBlack,
        NamedColor::DimRed,
        NamedColor::DimGreen,
        NamedColor::DimYellow,
        NamedColor::DimBlue,
        NamedColor::DimMagenta,
        NamedColor::DimCyan,
        NamedColor::DimWhite,
    ];
    if let Some(index) = dim.iter().position(|dim| *dim == named) {
        return (Colour::Palette(index as u8), true);
    }
    // The sixteen of the palette come first, in its order.
    match named as usize {
        index @ 0..16 => (Colour::Palette(index as u8), false),
        _beyond => (Colour::Default, named == NamedColor::DimForeground),
    }
}
