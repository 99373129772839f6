//! How a run ended: known or unknown, never guessed, and by whose doing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::signal::Signal;
use super::time::Timestamp;

/// What the kernel said about the end of the main process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitStatus {
    /// It called `exit` with this code, 0 to 255 (on Windows any 32-bit value).
    Code(i32),
    /// This signal ended it.
    Signal(Signal),
    /// Nobody reaped it who could tell: its keeper died first.
    Unknown,
}

/// Whose doing the end was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitBy {
    /// Nobody asked for it.
    Itself,
    /// It ended during this stage of the stop ladder, counted from 1.
    StopStage(u8),
    /// It was killed without a ladder.
    Kill,
    /// It broke a limit that was set for it.
    Limit,
    /// Not known.
    Unknown,
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Code or signal.
    pub status: ExitStatus,
    /// Whose doing it was.
    pub by: ExitBy,
    /// When it was reaped (or noticed, where nobody reaped it).
    pub at: Timestamp,
}

impl Exit {
    /// An end that nobody saw, noticed at `at`.
    pub const fn unseen(at: Timestamp) -> Self {
        Self { status: ExitStatus::Unknown, by: ExitBy::Unknown, at }
    }

    /// It ended by itself, and not well.
    pub fn has_failed(&self) -> bool {
        !self.is_success() && self.by == ExitBy::Itself
    }

    /// Exit code 0.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, ExitStatus::Code(0))
    }

    /// The process ended because somebody asked `pm` for it.
    pub const fn was_asked_for(&self) -> bool {
        matches!(self.by, ExitBy::StopStage(_) | ExitBy::Kill)
    }
}

impl fmt::Display for ExitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit {code}"),
            Self::Signal(signal @ Signal::Number(_)) => write!(f, "{signal}"),
            Self::Signal(signal) => write!(f, "SIG{signal}"),
            Self::Unknown => f.write_str("exit unknown"),
        }
    }
}

impl fmt::Display for ExitBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Itself => f.write_str("itself"),
            Self::StopStage(stage) => write!(f, "stop stage {stage}"),
            Self::Kill => f.write_str("kill"),
            Self::Limit => f.write_str("limit"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}
