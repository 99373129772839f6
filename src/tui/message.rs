//! Everything that can come in, and everything that can go out: two closed enums around the pure middle.
//!
//! The loop in `run` makes the one and performs the other; tests make and read both by hand.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{Command, Event, ProcessName, Refusal, Reply, Snapshot};
use crate::emulator::Size;
use crate::emulator::picture::Pointing;
use crate::emulator::pointer::Pointer;
use crate::logs::clear::Cleared;
use crate::platform::identity::Identity;
use crate::platform::sweep::SweepReport;
use crate::supervisor::bare::Bare;

use super::feed::{News, Order};
use super::key::Key;
use super::model::disk::Taken;
use super::options::Leave;
use super::page::{Counted, Excerpt, Found, Job, Levels, Page, PageRequest, SaveRequest, Surveyed};
use super::viewer::Viewer;

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
    /// A page of a log that was asked for.
    Page(PageRequest, io::Result<Page>),
    /// News of the terminal in view, with the number it was asked for under.
    Terminal(u64, News),
    /// Keys did not reach the child.
    InputRefused(Refusal),
    /// Attach the keyboard to the selected process.
    Attach,
    /// So many hundredths are searched by the find of this ticket.
    Finding(u64, u8),
    /// The find of this ticket has ended.
    Found(u64, io::Result<Found>),
    /// What was counted so far; or why the count of this search came to nothing.
    Counted(Result<Counted, (u64, io::Error)>),
    /// Text that was to be copied.
    Excerpt(io::Result<Excerpt>),
    /// Text was written to a file, so many lines; or why not.
    Saved(SaveRequest, io::Result<usize>),
    /// A file for a viewer was written, and the line to show; or why not.
    Printed(Viewer, io::Result<(PathBuf, usize)>),
    /// A viewer has ended, or could not be started: its name and why not.
    Viewed(Viewer, Result<(), String>),
    /// How many errors and warnings these printed, as far as they were counted; `None` where nobody came to count.
    Levels(Vec<(ProcessName, Option<Levels>)>),
    /// What the kept runs of this process take on disk.
    DiskUse(ProcessName, Taken),
    /// The log of this process was cleared, or why not; `None` when there was nothing.
    Cleared(ProcessName, io::Result<Option<Cleared>>),
    /// What a survey of several logs brought so far.
    Surveyed(Surveyed),
    /// A program for the clipboard has this text of this many bytes, or why not; `None` where there is no such program.
    Clipped(usize, Option<Result<&'static str, String>>),
    /// What was seen of the process of this pid; `None` where there is none.
    Looked(u32, Option<Box<Bare>>),
    /// What came of stopping the tree of this pid, or why nothing was done.
    Swept(u32, Result<SweepReport, String>),
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
    /// The supervisor in this process has left its place to another, whose first picture this is, so that the program can be
    /// suspended.
    SteppedBack(Arc<Snapshot>),
}

impl Msg {
    /// A person waits for this answer, so it is drawn at once.
    pub const fn is_waited_for(&self) -> bool {
        match self {
            Self::Page(request, _) => request.asked,
            Self::Reply(..)
            | Self::Found(..)
            | Self::Excerpt(_)
            | Self::Saved(..)
            | Self::Printed(..)
            | Self::Viewed(..)
            | Self::Surveyed(_)
            | Self::Looked(..)
            | Self::Swept(..)
            | Self::Clipped(..) => true,
            // An echo is drawn at once as well, but the loop knows what is one.
            Self::Key(_)
            | Self::Mouse(..)
            | Self::Pointer(_)
            | Self::Terminal(..)
            | Self::InputRefused(_)
            | Self::Attach
            | Self::Paste(_)
            | Self::Resize(..)
            | Self::Focus(_)
            | Self::Snapshot(_)
            | Self::Event(_)
            | Self::EventsLost(_)
            | Self::Finding(..)
            | Self::Counted(_)
            | Self::Levels(_)
            | Self::DiskUse(..)
            | Self::Cleared(..)
            | Self::Tick
            | Self::Resumed(_)
            | Self::SupervisorGone
            | Self::Successor(_)
            | Self::SteppedBack(_) => false,
        }
    }
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Press,
    /// The mouse moved with the left button down.
    Drag,
    /// The left button went up.
    Release,
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
    /// Do this with logs, on a thread where waiting for a disk is allowed.
    Job(Job),
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
    /// Give the terminal to a viewer of this file until it ends; the file is removed then.
    View(Viewer, PathBuf, usize),
    /// Look at the process of this pid.
    LookAt(u32),
    /// Stop this process and everything below it; by force or not.
    Sweep(Identity, bool),
    /// Look for a supervisor to go on with.
    FindSuccessor,
    /// Close the dashboard.
    Quit(Leave),
}
