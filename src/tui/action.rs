//! What a key, a click or a line of the palette can mean. The key table gives each a key, a label and a help text.
//!
//! Actions that differ only in direction or in their object are grouped, so that each group is handled in one place.

use super::order::SortBy;

/// One thing a person can ask the dashboard for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described for people in the key table, `keymap::TABLE`")]
pub enum Action {
    Help,
    Palette,
    NextPane,
    PreviousPane,
    Back,
    Zoom,
    Events,
    Redraw,
    Suspend,
    ToggleMouse,
    Quit,
    StopAllAndQuit,
    Interrupt,
    OpenLog,
    Together,
    Attach,
    Details,
    Input,
    Filter,
    New,
    Pid,
    Edit,
    SignalMenu,
    RestartMenu,
    CopyMenu,
    /// In whatever list or text has the keys.
    Move(Move),
    /// In the log, wherever the keys are.
    Scroll(Scroll),
    /// In the log.
    Sideways(Sideways),
    Log(LogAction),
    /// In the log.
    Search(Search),
    /// In the log.
    Select(Select),
    Order(Order),
    Sort(Sort),
    Rows(Rows),
}

impl Action {
    /// It is for one process, or for those that are marked, and means nobody among the events of all.
    pub const fn needs_process(self) -> bool {
        matches!(self, Self::Order(_) | Self::CopyMenu | Self::Edit | Self::OpenLog | Self::Attach | Self::Input)
    }
}

/// A step in a list or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Move {
    Up,
    Down,
    Top,
    Bottom,
    PageUp,
    PageDown,
}

/// A step in the log, without its having the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Scroll {
    Up,
    Down,
    HalfUp,
    HalfDown,
}

/// A step to the side: half a page, or ten columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Sideways {
    Left,
    Right,
    LeftLittle,
    RightLittle,
}

/// Looking for something in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described for people in the key table, `keymap::TABLE`")]
pub enum Search {
    Open,
    Next,
    Previous,
    NextError,
    PreviousError,
    NextWarning,
    Regex,
}

/// Selecting text of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described for people in the key table, `keymap::TABLE`")]
pub enum Select {
    Lines,
    Block,
    SwapEnds,
    Left,
    Right,
    Copy,
    Cancel,
}

/// What can be done in the log alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described for people in the key table, `keymap::TABLE`")]
pub enum LogAction {
    Follow,
    Wrap,
    Timestamps,
    Numbers,
    Streams,
    PreviousRun,
    NextRun,
    Mark,
    ToMark,
    GoTo,
    Only,
    Context,
    CopyError,
    Fold,
    Pager,
    Editor,
    Save,
    Clear,
    Survey,
    CopyVisible,
}

/// An order to the supervisor about the marked rows in view, else about the process shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum Order {
    Start,
    Stop,
    Hold,
    Kill,
    Restart,
    Remove,
}

/// A choice of the order of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By this.
    By(SortBy),
    /// By the column to the left of the one in use.
    Left,
    /// By the column to the right.
    Right,
    /// The other way round.
    Invert,
}

/// What else can be done with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is described for people in the key table, `keymap::TABLE`")]
pub enum Rows {
    GoToNth,
    NextInTrouble,
    Mark,
    Unmark,
    Tree,
    Collapse,
    Expand,
}
