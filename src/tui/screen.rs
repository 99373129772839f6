//! Frames as bytes: what changed between two pictures, written by a thread of its own.
//!
//! Only rows in which something else is written than before are drawn and compared cell by cell, and a frame without a change is
//! no byte at all. While a terminal does not take its bytes nothing more is drawn, but keys are still read, so that a stalled
//! terminal cannot keep anybody from leaving.

use std::io::{self, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::model::Model;
use super::terminal::shape_cursor;
use super::view::sheet::Sheet;
use super::view::terminal::cursor_look;
use super::view::view;
use crate::emulator::picture::CursorLook;

/// Where the terminal's cursor stands since the last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ShownCursor {
    /// Nobody knows: nothing was drawn yet, or somebody else had the terminal.
    Unknown,
    /// There, or hidden.
    At(Option<Position>),
}

/// Makes frames.
#[derive(Debug)]
pub struct Screen {
    size: (u16, u16),
    rows: Vec<Row>,
    /// What is written in the rows as they are shown.
    shown: Sheet,
    /// Of the frame before; its memory is used again.
    next: Sheet,
    /// Nobody knows what the terminal shows.
    is_forgotten: bool,
    shown_cursor: ShownCursor,
    /// How it looks since the last frame, as far as that is our doing.
    shown_look: CursorLook,
}

/// The cells of one row.
#[derive(Debug)]
struct Row {
    shown: Buffer,
    /// Of some frame before; its memory is used again.
    next: Buffer,
}

impl Row {
    fn empty(width: u16, y: u16) -> Self {
        let empty = Buffer::empty(Rect { x: 0, y, width, height: 1 });
        Self { shown: empty.clone(), next: empty }
    }
}

impl Screen {
    /// An empty screen of this size.
    pub fn new(width: u16, height: u16) -> Self {
        Self {
            size: (width, height),
            rows: Vec::new(),
            shown: Sheet::default(),
            next: Sheet::default(),
            is_forgotten: true,
            shown_cursor: ShownCursor::Unknown,
            shown_look: CursorLook::AsSet,
        }
    }

    /// The terminal has another size, and perhaps lost what stood there.
    pub fn resize(&mut self, width: u16, height: u16) {
        (self.size, self.is_forgotten) = ((width, height), true);
    }

    /// The next frame is drawn in full.
    pub fn forget(&mut self) {
        // Whoever had the terminal meanwhile got it with its own cursor.
        (self.shown_cursor, self.shown_look) = (ShownCursor::Unknown, CursorLook::AsSet);
        self.is_forgotten = true;
    }

    /// The bytes that turn the last picture into that of `model`; `None` where they are the same.
    ///
    /// # Errors
    /// None in practice: nothing is written.
    pub fn frame(&mut self, model: &Model) -> io::Result<Option<Vec<u8>>> {
        self.next.begin(self.size.0, self.size.1);
        let cursor = view(model, &mut self.next);
        let cells = self.draw()?;
        let look = cursor_look(model);
        if cells.is_empty() && self.shown_cursor == ShownCursor::At(cursor) && self.shown_look == look {
            return Ok(None);
        }
        let mut bytes = Vec::with_capacity(cells.len() + 64);
        queue!(bytes, BeginSynchronizedUpdate)?;
        if !cells.is_empty() {
            queue!(bytes, Hide)?;
            bytes.extend_from_slice(&cells);
        }
        if self.shown_look != look {
            shape_cursor(&mut bytes, look)?;
            self.shown_look = look;
        }
        match cursor {
            Some(position) => queue!(bytes, MoveTo(position.x, position.y), Show)?,
            None => queue!(bytes, Hide)?,
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        self.shown_cursor = ShownCursor::At(cursor);
        Ok(Some(bytes))
    }

    /// Draws the rows that differ; the bytes of their cells that do.
    fn draw(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if std::mem::take(&mut self.is_forgotten) {
            queue!(bytes, Clear(ClearType::All))?;
            let (width, height) = self.size;
            self.shown.begin(width, height);
            self.rows.clear();
            self.rows.extend((0..height).map(|y| Row::empty(width, y)));
        }
        let strips = self.next.strips().iter().zip(self.shown.strips());
        let mut changed: Vec<&mut Row> = Vec::new();
        for (row, (next, _)) in self.rows.iter_mut().zip(strips).filter(|(_, (next, shown))| next != shown) {
            row.next.reset();
            next.draw(&mut row.next.content);
            changed.push(row);
        }
        let mut cells = changed.iter().flat_map(|row| row.shown.diff_iter(&row.next)).peekable();
        if cells.peek().is_some() {
            CrosstermBackend::new(&mut bytes).draw(cells)?;
        }
        for row in changed {
            std::mem::swap(&mut row.shown, &mut row.next);
        }
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(bytes)
    }
}

/// Writes frames to standard output on a thread of its own, one at a time.
#[derive(Debug)]
pub struct Writer {
    frames: mpsc::SyncSender<Vec<u8>>,
    written: tokio::sync::mpsc::Receiver<io::Result<Duration>>,
    /// A frame is on its way.
    pub busy: bool,
}

impl Writer {
    /// Starts the thread; it ends when this is dropped.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start() -> io::Result<Self> {
        let (frames, to_write) = mpsc::sync_channel::<Vec<u8>>(1);
        let (report, written) = tokio::sync::mpsc::channel(2);
        std::thread::Builder::new().name("screen".into()).spawn(move || {
            while let Ok(frame) = to_write.recv() {
                let started = Instant::now();
                let result = write_at_once(&frame).map(|()| started.elapsed());
                if report.blocking_send(result).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { frames, written, busy: false })
    }

    /// Hands over a frame; the one before must have been [`Self::done`].
    pub fn write(&mut self, frame: Vec<u8>) {
        self.busy = self.frames.try_send(frame).is_ok();
    }

    /// Waits until the frame on its way is written, and tells how long that took. Pends where none is.
    pub async fn done(&mut self) -> io::Result<Duration> {
        if !self.busy {
            return std::future::pending().await;
        }
        let result = self.written.recv().await;
        self.busy = false;
        result.unwrap_or_else(|| Err(io::Error::other("the thread that writes to the terminal has ended")))
    }
}

fn write_at_once(frame: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(frame)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tui::fixture::{self, running};

    fn text(frame: Option<Vec<u8>>) -> String {
        String::from_utf8(frame.unwrap()).unwrap()
    }

    #[test]
    fn a_frame_without_a_change_is_no_byte_at_all() {
        let mut model = fixture::model((80, 24), vec![running("web", 10), running("api", 20)]);
        let mut screen = Screen::new(80, 24);
        let first = text(screen.frame(&model).unwrap());
        assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"), "{first:?}");
        assert!(first.contains("web"));
        assert_eq!(screen.frame(&model).unwrap(), None);
        model.pane = crate::tui::layout::Pane::Log;
        let second = text(screen.frame(&model).unwrap());
        assert!(second.len() < first.len() / 2, "{} and {}", first.len(), second.len());
        assert_eq!(screen.frame(&model).unwrap(), None);
    }

    #[test]
    fn the_cursor_looks_as_a_child_asks_while_it_has_the_keyboard() {
        let mut script = crate::tui::script::Script::sized((80, 24), vec![fixture::with_terminal("sh", 10)]);
        let mut screen = Screen::new(80, 24);
        script.shows("\x1b[5 q$ ");
        assert!(!text(screen.frame(&script.model).unwrap()).contains(" q"), "nobody sits there");
        script.keys("a");
        script.shows("\x1b[5 q$ ");
        assert!(text(screen.frame(&script.model).unwrap()).contains("\x1b[5 q"));
        script.shows("\x1b[5 q$ l");
        assert!(!text(screen.frame(&script.model).unwrap()).contains(" q"), "once is enough");
        script.shows("\x1b[2 q$ l");
        assert!(text(screen.frame(&script.model).unwrap()).contains("\x1b[2 q"));
        screen.forget();
        assert!(text(screen.frame(&script.model).unwrap()).contains("\x1b[2 q"), "after a suspension");
        script.keys("F12");
        assert!(text(screen.frame(&script.model).unwrap()).contains("\x1b[0 q"));
    }

    #[test]
    fn another_size_and_a_forgotten_screen_are_drawn_in_full() {
        let mut model = fixture::model((120, 30), vec![running("web", 10)]);
        let mut screen = Screen::new(120, 30);
        let full = text(screen.frame(&model).unwrap());
        screen.forget();
        let again = text(screen.frame(&model).unwrap());
        assert!(again.contains("\x1b[2J") && again.len() >= full.len(), "{again:?}");
        (model.width, model.height) = (80, 24);
        screen.resize(80, 24);
        assert!(text(screen.frame(&model).unwrap()).contains("\x1b[2J"));
    }

    #[test]
    fn moving_the_selection_costs_a_few_hundred_bytes() {
        let mut model = fixture::model((200, 60), (0..500).map(|at| running(&format!("p{at}"), at + 10)).collect());
        let mut screen = Screen::new(200, 60);
        screen.frame(&model).unwrap();
        let snapshot = Arc::clone(&model.snapshot);
        model.table.step(&snapshot, 1);
        let bytes = screen.frame(&model).unwrap().unwrap().len();
        assert!(bytes < 1500, "{bytes}");
    }
}
