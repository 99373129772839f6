//! Everything that can come in, and everything that can go out: two closed enums around the pure middle.
//!
//! The loop in `run` makes the one and performs the other; tests make and read both by hand.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Command, Event, ProcessName, Refusal, Reply, Snapshot, Timestamp};
use crate::emulator::Size;
use crate::emulator::picture::Pointing;
use crate::emulator::pointer::Pointer;

use super::feed::{News, Order};
use super::key::Key;
use super::options::Leave;

/// Something came in.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something at a column and a row.
    Mouse(Mouse, u16, u16),
    /// The mouse did something while the child at the keyboard wants to know of it: told by column and row of the screen.
    Pointer(Pointer),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The terminal window got or lost the focus.
    Focus(bool),
    /// The supervisor's newest picture.
    Snapshot(Arc<Snapshot>),
    /// The supervisor tells of something that happened.
    Event(Arc<Event>),
    /// So many events were missed because they came too fast.
    EventsLost(u64),
    /// A page of a log, asked for with [`Effect::FetchPage`].
    Page(PageRequest, io::Result<Page>),
    /// News of the terminal in view, with the number it was asked for under.
    Terminal(u64, News),
    /// Keys did not reach the child.
    InputRefused(Refusal),
    /// Attach the keyboard to the selected process.
    Attach,
    /// The answer to the command sent under this number.
    Reply(u64, Reply),
    /// A moment asked for with [`super::model::Model::next_wake`] has come.
    Tick,
    /// Back after a suspension.
    Resumed(io::Result<()>),
    /// No snapshot will come any more.
    SupervisorGone,
    /// The search asked for with [`Effect::FindSuccessor`] has ended: the first picture of the new supervisor, or why
    /// there is none.
    Successor(Result<Arc<Snapshot>, String>),
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Press,
    /// The wheel turned away from the person.
    WheelUp,
    /// The wheel turned towards the person.
    WheelDown,
}

/// Something is to be done.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send this; the reply comes back under the number.
    Send(u64, Command),
    /// Read a page of a log.
    FetchPage(PageRequest),
    /// Tell the thread that keeps the terminal in view up to date.
    Feed(Order),
    /// Type this at the terminal of a process.
    Type(ProcessName, Vec<u8>),
    /// Give the terminal of a process this size.
    GiveSize(ProcessName, Size),
    /// Have the mouse report this much.
    TrackPointer(Pointing),
    /// Put this on the clipboard.
    Copy(String),
    /// Capture the mouse, or give it back.
    CaptureMouse(bool),
    /// Draw every cell anew.
    Redraw,
    /// Give the terminal back and stop this program until it is continued.
    Suspend,
    /// Look for a supervisor to go on with.
    FindSuccessor,
    /// Close the dashboard.
    Quit(Leave),
}

/// Which page of which log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The run directory.
    pub dir: PathBuf,
    /// From where.
    pub anchor: Anchor,
    /// How many lines.
    pub rows: usize,
    /// A person waits for it, so it is drawn at once.
    pub asked: bool,
}

/// Where a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The last lines.
    End,
    /// The first lines kept.
    Start,
    /// The lines that end at this offset.
    Before(u64),
    /// The lines that begin at this offset.
    From(u64),
}

/// A page of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Where it begins, in bytes from the beginning of the run.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// The oldest byte that is still kept.
    pub log_start: u64,
    /// Where the log ended when this was read.
    pub log_end: u64,
}

/// One line of a log, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// Where it begins.
    pub offset: u64,
    /// When it was written, where that is known.
    pub time: Option<Timestamp>,
    /// It came through standard error.
    pub is_error_stream: bool,
    /// It is a remark of the keeper, not output.
    pub is_note: bool,
    /// It is the continuation of a line too long to be kept in one piece.
    pub continued: bool,
    /// Its text without control characters, in pieces of one style.
    pub spans: Vec<LogSpan>,
}

/// A piece of a line in one style.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSpan {
    /// The text.
    pub text: String,
    /// How the child wants it shown.
    pub style: ratatui::style::Style,
}
