//! What happened: numbered facts in the past tense, for the event log, the events view and `pm events`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::name::ProcessName;
use super::phase::PhaseWord;
use super::run::{RunId, RunNo};
use super::signal::Signal;
use super::time::Timestamp;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counts up by one within one supervisor.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// To which process; `None` for the supervisor itself.
    pub process: Option<ProcessName>,
    /// In which run.
    pub run: Option<(RunNo, RunId)>,
    /// Why.
    pub cause: Cause,
    /// What.
    pub what: What,
}

/// Who or what made it happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// Somebody asked for it.
    User,
    /// Autostart, back-off, start limit.
    Policy,
    /// It was found running, or ended, by a new supervisor.
    Adoption,
    /// Everything is being stopped.
    Shutdown,
    /// The process did it itself.
    Itself,
    /// A keeper was lost.
    Keeper,
}

impl Cause {
    /// The word in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Policy => "policy",
            Self::Adoption => "adoption",
            Self::Shutdown => "shutdown",
            Self::Itself => "itself",
            Self::Keeper => "keeper",
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// The supervisor began.
    SupervisorStarted {
        /// Its version.
        version: String,
    },
    /// The supervisor left.
    SupervisorLeft {
        /// What stays running.
        left_running: u32,
    },
    /// A process went from one phase to another.
    Changed {
        /// From.
        from: PhaseWord,
        /// To.
        to: PhaseWord,
        /// The reason of the new phase, if it has one.
        why: Option<String>,
    },
    /// The main process was spawned.
    Launched {
        /// Its pid.
        pid: u32,
        /// The pid of its keeper.
        keeper_pid: u32,
    },
    /// A run of an earlier supervisor: its keeper has answered.
    Adopted {
        /// The pid of the main process.
        pid: u32,
        /// The pid of its keeper.
        keeper_pid: u32,
    },
    /// A stage of a stop began.
    StageEntered {
        /// Which, from 1.
        number: u8,
        /// Of how many.
        of: u8,
        /// What was sent.
        signal: Signal,
    },
    /// The main process ended.
    Exited {
        /// How.
        exit: Exit,
    },
    /// Nothing of the run is left.
    Emptied {
        /// How many processes had to be killed for that.
        killed: u32,
    },
    /// Some processes cannot be ended.
    Stuck {
        /// Which.
        pids: Vec<u32>,
    },
    /// Output could not be written.
    LogLost {
        /// Bytes, in this run so far.
        bytes: u64,
    },
    /// The process was forgotten, and what it printed removed.
    Removed,
    /// A command was refused.
    Refused {
        /// Which.
        command: String,
        /// Why.
        why: String,
    },
    /// Anything else worth knowing.
    Noted {
        /// For a person.
        text: String,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SupervisorStarted { version } => write!(f, "supervisor started, version {version}"),
            Self::SupervisorLeft { left_running } => write!(f, "supervisor left, {left_running} left running"),
            Self::Changed { from, to, why: Some(why) } => write!(f, "{from} → {to}: {why}"),
            Self::Changed { from, to, why: None } => write!(f, "{from} → {to}"),
            Self::Launched { pid, keeper_pid } => write!(f, "launched as pid {pid}, kept by {keeper_pid}"),
            Self::Adopted { pid, keeper_pid } => write!(f, "adopted as pid {pid}, kept by {keeper_pid}"),
            Self::StageEntered { number, of, signal } => write!(f, "stop stage {number} of {of}: {signal} sent"),
            Self::Exited { exit } => write!(f, "ended: {}, by {}", exit.status, exit.by),
            Self::Emptied { killed: 0 } => f.write_str("nothing of it is left"),
            Self::Emptied { killed } => write!(f, "nothing of it is left; {killed} had to be killed"),
            Self::Stuck { pids } if pids.is_empty() => {
                f.write_str("cannot be killed, and the system does not say which processes these are")
            }
            Self::Stuck { pids } => {
                write!(f, "cannot be killed: pid {}", pids.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
            }
            Self::LogLost { bytes } => write!(f, "{bytes} bytes of output could not be written"),
            Self::Removed => f.write_str("removed, with all it printed"),
            Self::Refused { command, why } => write!(f, "{command} refused: {why}"),
            Self::Noted { text } => f.write_str(text),
        }
    }
}
