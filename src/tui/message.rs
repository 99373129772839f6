//! Everything that can come in, and everything that can go out: two closed enums around the pure middle.
//!
//! The loop in `run` makes the one and performs the other; tests make and read both by hand.

use std::io;
use std::sync::Arc;

use crate::domain::{Command, Event, Reply, Snapshot};

use super::key::Key;
use super::options::Leave;
use super::page::{Page, PageRequest};

/// Something came in.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something at a column and a row.
    Mouse(Mouse, u16, u16),
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
