//! The terminal of the selected process: what it looks like, and whether the keys go to it.
//!
//! Written by `update::terminal`, read by the views. What it looks like is made elsewhere, see `tui::feed`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::{ProcessName, Row, Timestamp};
use crate::emulator::excerpt::Spot;
use crate::emulator::picture::Pointing;
use crate::emulator::{Picture, Size};
use crate::tui::layout::Pane;

use super::picked::Picked;

/// After ctrl-] so long is waited for a second one, which is meant for the child.
pub const SECOND_KEY_WITHIN: Duration = Duration::from_millis(300);

/// The terminal in the pane.
#[derive(Debug, Default)]
pub struct TerminalPane {
    /// Whose terminal is shown, and what the feed was told of it.
    pub watched: Option<Watching>,
    /// Counts what was watched, so that late news of something else are known as such.
    pub number: u64,
    /// What it looks like; `None` until the first picture is there.
    pub picture: Option<Arc<Picture>>,
    /// The picture has not been drawn yet.
    pub is_undrawn: bool,
    /// Why there is no picture.
    pub failed: Option<String>,
    /// Every key goes to this process.
    pub attached: Option<Attached>,
    /// It ended a moment ago, and what comes now was typed for it.
    pub late: Option<Late>,
    /// The kept log is read instead of the live screen.
    pub history: Option<History>,
    /// What is selected of it.
    pub picked: Option<Picked>,
    /// Where a mouse button went down, and on what.
    pub pressed: Option<(Spot, Arc<Picture>)>,
}

/// What the feed was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// The process.
    pub name: ProcessName,
    /// The directory of its run.
    pub dir: PathBuf,
    /// It could be given a size.
    pub is_live: bool,
    /// How far its log had grown, in bytes.
    pub end: u64,
    /// The size its terminal had.
    pub size: Option<Size>,
    /// The size of the pane.
    pub pane: Size,
    /// The keyboard was attached.
    pub keyboard: bool,
}

/// The keyboard is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// To whom.
    pub name: ProcessName,
    /// Which pane had the keys before, and whether it was zoomed.
    pub before: (Pane, bool),
    /// ctrl-] was pressed; if no second one comes by then, that is the end of it.
    pub leaves_at: Option<Timestamp>,
    /// Ours is the seat at the keyboard, and the size of the terminal; not so if somebody else attached before us. `None`
    /// until that is known.
    pub is_seated: Option<bool>,
    /// What was typed before that: the program gets its size first.
    pub held: Vec<u8>,
    /// When a key was last sent.
    pub typed_at: Timestamp,
    /// What the mouse was told to report.
    pub tracked: Pointing,
}

/// Who had the keyboard has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// Who, and how, in words.
    pub what: String,
    /// Until then what is typed was meant for it; later with every key.
    pub until: Timestamp,
    /// But no later than this.
    pub latest: Timestamp,
}

/// The log is read instead of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Rows to scroll as soon as there are lines.
    pub owed: isize,
    /// It has been scrolled up, so reaching the end again is the way back.
    pub has_moved: bool,
}

/// The process runs on a terminal and has printed on it, or may.
pub fn has_terminal(row: &Row) -> bool {
    row.spec.tty && row.run.is_some()
}

/// Its terminal takes keys and sizes.
pub fn is_live(row: &Row) -> bool {
    has_terminal(row) && row.pid().is_some() && row.has_live_run()
}

impl TerminalPane {
    /// The process that gets the keys.
    pub fn attached_to(&self) -> Option<&ProcessName> {
        self.attached.as_ref().map(|attached| &attached.name)
    }

    /// What is shown of it now.
    pub fn shown(&self) -> Option<&Arc<Picture>> {
        self.picked.as_ref().map(|picked| &picked.picture).or(self.picture.as_ref())
    }

    /// What the child wants to know of the mouse, while it has the keyboard.
    pub fn pointing(&self) -> Pointing {
        match (&self.attached, &self.picture) {
            (Some(_), Some(picture)) if self.history.is_none() => picture.modes.pointing,
            (Some(_) | None, _) => Pointing::Nothing,
        }
    }
}
