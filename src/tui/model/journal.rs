//! Messages to the person: the one shown now, and everything that happened, for the events view.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::{Event, Timestamp, What};

/// Lines kept.
const KEPT: usize = 1000;
/// A good message fades after this; a bad one stays until a key.
const SHOWN: Duration = Duration::from_secs(3);

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Good to know.
    Info,
    /// Nothing happened, and why.
    Warn,
    /// Something went wrong.
    Error,
}

/// One line of what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// To whom; empty for the supervisor or the dashboard itself.
    pub process: String,
    /// By whose doing.
    pub cause: &'static str,
    /// What.
    pub text: String,
    /// How bad.
    pub tone: Tone,
}

/// A message at the bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// How bad.
    pub tone: Tone,
    /// When it fades; `None` = with the next key.
    pub until: Option<Timestamp>,
}

/// What happened, oldest first, and the message of the moment.
#[derive(Debug, Default)]
pub struct Journal {
    /// Everything, at most a thousand lines.
    pub lines: VecDeque<Line>,
    /// The message shown now.
    pub toast: Option<Toast>,
}

impl Journal {
    /// Shows a message and keeps it.
    pub fn say(&mut self, now: Timestamp, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        let until = match tone {
            Tone::Info | Tone::Warn => Some(now + SHOWN),
            Tone::Error => None,
        };
        self.keep(Line { at: now, process: String::new(), cause: "pm", text: text.clone(), tone });
        self.toast = Some(Toast { text, tone, until });
    }

    /// Shows a message that is of no use later.
    pub fn hint(&mut self, now: Timestamp, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), tone: Tone::Info, until: Some(now + SHOWN) });
    }

    /// Keeps an event without showing a message.
    pub fn record(&mut self, event: &Event) {
        let tone = match &event.what {
            What::Stuck { .. } | What::LogLost { .. } => Tone::Error,
            What::Changed { to, .. } if *to == crate::domain::PhaseWord::Failed => Tone::Error,
            What::Refused { .. } => Tone::Warn,
            What::SupervisorStarted { .. }
            | What::SupervisorLeft { .. }
            | What::Changed { .. }
            | What::Launched { .. }
            | What::Adopted { .. }
            | What::StageEntered { .. }
            | What::Exited { .. }
            | What::Emptied { .. }
            | What::Removed
            | What::Noted { .. } => Tone::Info,
        };
        let process = event.process.as_ref().map(ToString::to_string).unwrap_or_default();
        self.keep(Line { at: event.at, process, cause: event.cause.as_str(), text: event.what.to_string(), tone });
    }

    fn keep(&mut self, line: Line) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Takes away a message whose time is over. True when there was one.
    pub fn fade(&mut self, now: Timestamp) -> bool {
        let over = self.next_expiry().is_some_and(|until| until <= now);
        if over {
            self.toast = None;
        }
        over
    }

    /// A key was pressed: messages that wait for one go. True when there was one.
    pub fn dismiss(&mut self) -> bool {
        let waiting = self.toast.as_ref().is_some_and(|toast| toast.until.is_none());
        if waiting {
            self.toast = None;
        }
        waiting
    }

    /// When the message fades.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.toast.as_ref().and_then(|toast| toast.until)
    }
}
