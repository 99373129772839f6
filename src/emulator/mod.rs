//! A terminal without a window: bytes of a child go in; cells, cursor, modes and answers come out.
//!
//! Who is looking, where the bytes come from and where answers go is unknown here. The crate that does the work
//! (`alacritty_terminal`) is behind [`Emulator`] and named nowhere else, so that it can be replaced. Whatever a child prints,
//! memory stays bounded: see [`mod@guard`]. Used by the dashboard, and by the command line for the names of keys.

pub mod excerpt;
pub mod guard;
pub mod keys;
pub mod names;
pub mod picture;
pub mod pointer;
pub mod survey;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use alacritty_terminal::event::{Event, EventListener, WindowSize};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Flags;
use alacritty_terminal::term::{Config, Osc52, Term, TermMode};
use alacritty_terminal::vte::ansi::{CursorShape, CursorStyle, Processor};

use excerpt::Wrap;
use guard::Guard;
use picture::{Blink, Cell, CursorLook, Modes, Pointing, is_shown};

pub use picture::Picture;

/// A terminal smaller than this, in rows and columns, is emulated at this size: programs and emulators fail below it.
pub const SMALLEST: Size = Size { rows: 1, cols: 2 };
/// Rows kept above the screen: only so that a terminal that becomes narrow or low and wide or high again is whole. What
/// scrolled off is read in the log.
const SCROLLED_OFF: usize = 100;
/// Answers that nobody took, in bytes; more are dropped, because who floods with questions reads no answers.
const MAX_ANSWERS: usize = 64 << 10;
/// After so many bytes cells are relieved of heaps of combining characters.
const TIDY_EVERY: usize = 256 << 10;
/// Combining characters one cell keeps. Real scripts need three.
const MAX_COMBINING: usize = 8;

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Cells per line.
    pub cols: u16,
}

impl Size {
    /// This size, or the smallest there is where it is smaller.
    pub fn at_least_smallest(self) -> Self {
        Self { rows: self.rows.max(SMALLEST.rows), cols: self.cols.max(SMALLEST.cols) }
    }
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.rows.into()
    }

    fn screen_lines(&self) -> usize {
        self.rows.into()
    }

    fn columns(&self) -> usize {
        self.cols.into()
    }
}

/// The terminal of one run.
pub struct Emulator {
    term: Term<Ears>,
    parser: Processor,
    guard: Guard,
    heard: Rc<RefCell<Heard>>,
    untidied: usize,
}

/// What the emulator said while it read.
#[derive(Debug)]
struct Heard {
    size: Size,
    answers: Vec<u8>,
    title: Option<String>,
}

struct Ears(Rc<RefCell<Heard>>);

impl EventListener for Ears {
    fn send_event(&self, event: Event) {
        let mut heard = self.0.borrow_mut();
        match event {
            Event::PtyWrite(text) => heard.answer(&text),
            Event::TextAreaSizeRequest(answer) => {
                let Size { rows, cols } = heard.size;
                let size = WindowSize { num_lines: rows, num_cols: cols, cell_width: 0, cell_height: 0 };
                heard.answer(&answer(size));
            }
            Event::Title(title) => heard.title = Some(title.chars().filter(|c| is_shown(*c)).collect()),
            Event::ResetTitle => heard.title = None,
            // The clipboard is the person's, and the colours are those of their terminal, which nobody here knows.
            Event::ClipboardStore(..)
            | Event::ClipboardLoad(..)
            | Event::ColorRequest(..)
            | Event::MouseCursorDirty
            | Event::CursorBlinkingChange
            | Event::Wakeup
            | Event::Bell
            | Event::Exit
            | Event::ChildExit(_) => {}
        }
    }
}

impl Heard {
    fn answer(&mut self, text: &str) {
        if self.answers.len() + text.len() <= MAX_ANSWERS {
            self.answers.extend_from_slice(text.as_bytes());
        }
    }
}

impl Emulator {
    /// An empty terminal.
    pub fn new(size: Size) -> Self {
        let size = size.at_least_smallest();
        let heard = Rc::new(RefCell::new(Heard { size, answers: Vec::new(), title: None }));
        // No child can ask for a hollow cursor, so one means that none asked for anything.
        let default_cursor_style = CursorStyle { shape: CursorShape::HollowBlock, blinking: false };
        let config = Config {
            scrolling_history: SCROLLED_OFF,
            osc52: Osc52::Disabled,
            default_cursor_style,
            ..Config::default()
        };
        let term = Term::new(config, &size, Ears(Rc::clone(&heard)));
        Self { term, parser: Processor::new(), guard: Guard::default(), heard, untidied: 0 }
    }

    /// Reads what the child printed.
    pub fn feed(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(TIDY_EVERY) {
            let (parser, term) = (&mut self.parser, &mut self.term);
            self.guard.pass(piece, |safe| parser.advance(term, safe));
            self.untidied += piece.len();
            if self.untidied >= TIDY_EVERY {
                self.tidy();
            }
        }
    }

    /// A child may heap any number of combining characters on one cell.
    fn tidy(&mut self) {
        self.untidied = 0;
        let (top, lines, columns) = (self.term.topmost_line(), self.term.screen_lines(), self.term.columns());
        let grid = self.term.grid_mut();
        for line in top.0..lines as i32 {
            for column in 0..columns {
                let cell = &mut grid[Line(line)][Column(column)];
                if cell.zerowidth().is_some_and(|heap| heap.len() > MAX_COMBINING) {
                    let kept: Vec<char> = cell.zerowidth().into_iter().flatten().copied().take(MAX_COMBINING).collect();
                    cell.extra = None;
                    for c in kept {
                        cell.push_zerowidth(c);
                    }
                }
            }
        }
    }

    /// The terminal has another size. Lines are broken anew on the main screen.
    pub fn resize(&mut self, size: Size) {
        let size = size.at_least_smallest();
        self.heard.borrow_mut().size = size;
        self.term.resize(size);
    }

    /// Its size.
    pub fn size(&self) -> Size {
        self.heard.borrow().size
    }

    /// What the child has asked its terminal and is waiting for; each answer is given once.
    pub fn take_answers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.heard.borrow_mut().answers)
    }

    /// Until when a frame the child has begun is held back; [`Self::release`] has to be called then.
    pub fn held_until(&self) -> Option<Instant> {
        self.parser.sync_timeout().sync_timeout()
    }

    /// Shows a frame that the child has begun and not finished in time.
    pub fn release(&mut self) {
        self.parser.stop_sync(&mut self.term);
    }

    /// What the child wants of its keyboard and mouse.
    pub fn modes(&self) -> Modes {
        let mode = *self.term.mode();
        let is = |flag| mode.contains(flag);
        let pointing = if is(TermMode::MOUSE_MOTION) {
            Pointing::Motion
        } else if is(TermMode::MOUSE_DRAG) {
            Pointing::Drag
        } else if is(TermMode::MOUSE_REPORT_CLICK) {
            Pointing::Clicks
        } else {
            Pointing::Nothing
        };
        Modes {
            alternate_screen: is(TermMode::ALT_SCREEN),
            application_cursor: is(TermMode::APP_CURSOR),
            bracketed_paste: is(TermMode::BRACKETED_PASTE),
            focus: is(TermMode::FOCUS_IN_OUT),
            pointing,
            sgr_pointer: is(TermMode::SGR_MOUSE),
            wheel_as_arrows: is(TermMode::ALTERNATE_SCROLL),
            newline: is(TermMode::LINE_FEED_NEW_LINE),
        }
    }

    fn wrap(&self, line: i32, columns: u16) -> Wrap {
        let last = self.term.grid()[Line(line)][Column(usize::from(columns) - 1)].flags;
        if !last.contains(Flags::WRAPLINE) {
            Wrap::Ends
        } else if last.contains(Flags::LEADING_WIDE_CHAR_SPACER) {
            Wrap::Filler
        } else {
            Wrap::Full
        }
    }

    /// What it looks like now.
    pub fn picture(&self) -> Picture {
        let size = self.size();
        let grid = self.term.grid();
        let mut cells = Vec::with_capacity(usize::from(size.rows) * usize::from(size.cols));
        for line in 0..i32::from(size.rows) {
            let row = &grid[Line(line)];
            cells.extend((0..usize::from(size.cols)).map(|column| Cell::of(&row[Column(column)])));
        }
        let wraps = (0..i32::from(size.rows)).map(|line| self.wrap(line, size.cols)).collect();
        let title = self.heard.borrow().title.clone();
        let (cursor, cursor_look) = (self.cursor(), self.cursor_look());
        Picture { size, cells, wraps, cursor, cursor_look, modes: self.modes(), title }
    }

    fn cursor_look(&self) -> CursorLook {
        let style = self.term.cursor_style();
        let shape = match style.shape {
            CursorShape::Block => picture::CursorShape::Block,
            CursorShape::Underline => picture::CursorShape::Underline,
            CursorShape::Beam => picture::CursorShape::Beam,
            CursorShape::HollowBlock | CursorShape::Hidden => return CursorLook::AsSet,
        };
        CursorLook::Asked(shape, if style.blinking { Blink::Blinking } else { Blink::Steady })
    }

    fn cursor(&self) -> Option<(u16, u16)> {
        let point = self.term.grid().cursor.point;
        let is_hidden =
            !self.term.mode().contains(TermMode::SHOW_CURSOR) || self.term.cursor_style().shape == CursorShape::Hidden;
        let on_spacer = self.term.grid()[point].flags.contains(Flags::WIDE_CHAR_SPACER);
        let column = point.column.0.saturating_sub(usize::from(on_spacer));
        (!is_hidden).then(|| (u16::try_from(point.line.0).unwrap_or(0), column as u16))
    }
}
