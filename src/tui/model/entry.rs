//! Lines being typed, and the typed search of help and palette. The editing itself is `tui-input`'s.

use tui_input::Input;

use crate::domain::ProcessName;
use crate::tui::action::{Action, Rows};
use crate::tui::page::{CopyRequest, LineFilter, Wanted};

/// A line being typed.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it is for.
    pub purpose: Purpose,
    /// The text and its cursor.
    pub input: Input,
    /// What is wrong with the text.
    pub fault: Option<String>,
}

impl Entry {
    /// An empty line.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, input: Input::default(), fault: None }
    }
}

/// What a line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Filter the rows, while typing. Holds the filter and the selection before, for esc.
    Filter(String, Option<ProcessName>),
    /// Send it to the standard input of this process.
    Send(ProcessName),
    /// A command line for a new process.
    New,
    /// The pid of any process.
    Pid,
    /// A place in the log to go to.
    GoTo,
    /// Look for this in the log, while typing.
    Search(Wanted),
    /// Look for this in the logs of all processes.
    Survey(Wanted),
    /// The name of a file for this text.
    Save(CopyRequest),
    /// Show only these lines of the log, while typing.
    Only {
        /// What was shown before, for esc.
        before: Option<LineFilter>,
        /// What is typed.
        filter: LineFilter,
    },
}

impl Purpose {
    /// Stands before the line.
    pub fn prompt(&self) -> String {
        match self {
            Self::Filter(..) | Self::Search(_) => "/".to_owned(),
            Self::Send(name) => format!("to {name}> "),
            Self::New => "run> ".to_owned(),
            Self::Pid => "pid> ".to_owned(),
            Self::GoTo => "go to> ".to_owned(),
            Self::Survey(wanted) if wanted.regex => "in all logs, regex> ".to_owned(),
            Self::Survey(_) => "in all logs> ".to_owned(),
            Self::Save(_) => "save to> ".to_owned(),
            Self::Only { filter, .. } if filter.wanted.regex => "only /regex/ & ".to_owned(),
            Self::Only { .. } => "only & ".to_owned(),
        }
    }

    /// Stands behind the line, where there is room.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Filter(..) => "text  !text  state:failed  cpu>50  mem>100M   enter keep  esc undo",
            Self::Send(_) => "enter send  esc cancel",
            Self::Pid => "the pid of any process   enter look  esc cancel",
            Self::GoTo => "50%  14:03  -5m  +30s  line   enter go  esc cancel",
            Self::Survey(_) => "ctrl-r regex  ctrl-t case   enter search  esc cancel",
            Self::Save(_) => "the name of a file   enter save  esc cancel",
            Self::Only { .. } => "! without  ctrl-r regex  ctrl-t case   enter keep  esc undo",
            Self::Search(_) => "ctrl-r regex  ctrl-t case  up earlier   enter keep  esc back",
            Self::New => "a command line for the shell, or name=command; -t 30s limits its time   enter start",
        }
    }
}

/// Help or palette: a list found by typing.
#[derive(Clone, Debug)]
pub struct Finder {
    /// Which list.
    pub kind: FinderKind,
    /// What is typed.
    pub input: Input,
    /// The focused entry among those found.
    pub focused: usize,
    /// The entries found, as indices into the key table.
    pub found: Vec<usize>,
}

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinderKind {
    /// All keys, pane by pane; that of the best match first, else the one that has the keys.
    Help,
    /// All actions, best match first.
    Palette,
}

/// Runs one action per entry, so it must not offer those that need the very key they were called by.
pub const fn is_runnable(action: Action) -> bool {
    !matches!(action, Action::Rows(Rows::GoToNth) | Action::Back | Action::Help | Action::Palette | Action::Interrupt)
}
