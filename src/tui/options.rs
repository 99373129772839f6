//! What the caller of the dashboard decides, and what it is told at the end.
//!
//! Filled in by the command line, read once when the dashboard opens.

use std::future::Future;
use std::io;
use std::pin::Pin;

use crate::domain::ProcessName;
use crate::supervisor::Handle;

use super::glyph::GlyphSet;
use super::theme::ThemeName;

/// Finds, or starts, a supervisor to go on with when the one before has gone; in words why there is none.
pub type Successor = Box<dyn FnMut() -> Sought + Send>;
/// The search for one.
pub type Sought = Pin<Box<dyn Future<Output = Result<Handle, String>> + Send>>;

/// How the dashboard shall look, and what ends it from outside.
pub struct Options {
    /// Stands in the header; `None` shows the name of the project.
    pub title: Option<String>,
    /// The colours; `NO_COLOR` in the environment takes them away (see [`ThemeName::choose`]).
    pub theme: ThemeName,
    /// The characters its own marks and lines are made of.
    pub glyphs: GlyphSet,
    /// Shows nothing but the terminal of this process, with the keyboard attached, until that is left or the process ends.
    pub solo: Option<ProcessName>,
    /// What runs may run on when the person leaves; else the only way to leave is to stop it.
    pub can_run_on: bool,
    /// Captures the mouse from the beginning; F2 changes it.
    pub mouse: bool,
    /// Completes when the program shall end (a TERM or HUP signal): the terminal is restored and
    /// [`Leave::Terminated`] returned. `None` never ends it.
    pub terminate: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Called when the supervisor went without having been asked to stop everything. `None` shows its last picture until
    /// the person leaves.
    pub successor: Option<Successor>,
    /// Called before this program is suspended, where it supervises itself: supervising must go on meanwhile, so another takes
    /// over, and this is a dashboard like any other from then on. Where it says why that cannot be, nothing is suspended.
    pub step_back: Option<Successor>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            title: None,
            theme: ThemeName::Terminal,
            glyphs: GlyphSet::Unicode,
            solo: None,
            can_run_on: true,
            mouse: true,
            terminate: None,
            successor: None,
            step_back: None,
        }
    }
}

/// Why the dashboard closed. The caller acts on it; the terminal is already as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Everything shall run on: a headless supervisor takes over.
    Detach,
    /// The process that was shown alone has ended, or could not be attached to.
    Ended,
    /// Everything was stopped and the supervisor has left.
    Stopped,
    /// The supervisor had gone by itself, and the person left after that.
    SupervisorGone,
    /// Asked to leave three times: leave now, whatever still runs. Keepers finish their stops alone.
    Emergency,
    /// [`Options::terminate`] completed, or the terminal went away (its window was closed, the connection dropped).
    Terminated,
}

/// Why there can be no dashboard.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Standard output is a file or a pipe.
    #[error("the dashboard needs a terminal, and standard output is none; use `pm up -d` and `pm ps` instead")]
    NotATerminal,
    /// A terminal without cursor movement.
    #[error("the dashboard cannot draw on a terminal of type \"dumb\" (TERM=dumb); use `pm up -d` and `pm ps` instead")]
    DumbTerminal,
    /// The terminal failed while it was used.
    #[error("the terminal could not be used")]
    Terminal(#[from] io::Error),
}
