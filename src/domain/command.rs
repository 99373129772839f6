//! What a face can ask for, and the answer it gets.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::ProcessName;
use super::signal::Signal;
use super::spec::ProcessSpec;

/// Which processes a command is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Exactly these.
    Names(Vec<ProcessName>),
    /// Those that match one of these patterns: `all`, a name, or a glob such as `agent:*`.
    Patterns(Vec<String>),
}

impl Target {
    /// One process.
    pub fn one(name: ProcessName) -> Self {
        Self::Names(vec![name])
    }

    /// Every process of the project.
    pub fn all() -> Self {
        Self::Patterns(vec!["all".into()])
    }
}

/// An order to the supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Start everything with `autostart` (`None`), or these, as `pm up` does: what runs already is left alone.
    Up(Option<Target>),
    /// Start; a running one is left alone, one that stops is started again afterwards.
    Start(Target),
    /// Walk the stop ladder. Wins over every policy.
    Stop(Target),
    /// Stop, then start.
    Restart(Target),
    /// Straight to the end: KILL for the whole tree.
    Kill(Target),
    /// A stop in progress: enter the next stage now.
    NextStage(Target),
    /// A stop in progress: enter no further stage by itself.
    Hold(Target),
    /// Send one signal to the process group, nothing more.
    Signal(Target, Signal),
    /// Write to the standard input (or the terminal) of one process.
    Input {
        /// Whose.
        name: ProcessName,
        /// What, at most 64 KiB.
        bytes: Vec<u8>,
    },
    /// Tell a terminal process the size of its screen.
    Resize {
        /// Whose.
        name: ProcessName,
        /// Lines.
        rows: u16,
        /// Cells per line.
        cols: u16,
    },
    /// Add a process that no config knows (`pm run`), and start it.
    Add(Box<ProcessSpec>),
    /// Forget processes that no config defines, and remove what they printed. Only such that are over; also those that are no
    /// process any more, of which only the disk knows.
    Remove(Target),
    /// End the supervisor.
    Shutdown(Shutdown),
}

/// How the supervisor shall end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shutdown {
    /// Stop everything, then leave.
    Stop,
    /// Leave now; everything runs on under its keepers, to be adopted by the next supervisor.
    Detach,
}

/// Input that a process has not read, in bytes; more is refused.
pub const MAX_INPUT: usize = 64 << 10;

/// The command was taken. *Accepted* is not *done*: done is read in a snapshot of at least this revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The first revision that shows it.
    pub revision: u64,
    /// Processes for which something was set in motion.
    pub affected: Vec<ProcessName>,
    /// Processes for which nothing had to be done, and why.
    pub unchanged: Vec<(ProcessName, String)>,
}

impl Accepted {
    /// The processes it speaks of.
    pub fn concerned(&self) -> impl Iterator<Item = &ProcessName> {
        self.affected.iter().chain(self.unchanged.iter().map(|(name, _)| name))
    }
}

/// Why a command was not taken. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// No process matches.
    #[error("no process matches {pattern:?}{}", hint(suggestion.as_deref()))]
    NoSuchProcess {
        /// What was asked for.
        pattern: String,
        /// The nearest name there is.
        suggestion: Option<String>,
    },
    /// The name is taken by a process that is alive.
    #[error("{name} is already there and {phase}; stop it first, or choose another name")]
    NameTaken {
        /// The name.
        name: ProcessName,
        /// What it is doing.
        phase: String,
    },
    /// The name differs from another one in case only.
    #[error("{name} and {twin} differ in upper and lower case only, and would share a directory; choose another name")]
    TooAlike {
        /// The name.
        name: ProcessName,
        /// The one there is.
        twin: ProcessName,
    },
    /// The process is in no state for this.
    #[error("{name} is {phase}: {reason}")]
    NotNow {
        /// Which.
        name: ProcessName,
        /// What it is doing.
        phase: String,
        /// Why that does not go together, and what to do instead.
        reason: String,
    },
    /// Everything is being stopped.
    #[error("the supervisor is shutting down; start it again with `pm up -d`")]
    ShuttingDown,
    /// It cannot be told to the supervisor.
    #[error("that cannot be sent to the supervisor: {why}")]
    Unsendable {
        /// Why.
        why: String,
    },
    /// Too many commands are waiting.
    #[error("the supervisor is busy; try again in a moment")]
    Busy,
    /// The supervisor is gone, or went while answering.
    #[error("the supervisor went away before it answered; `pm up -d` starts one and adopts what runs")]
    Gone,
    /// This platform cannot do it yet.
    #[error("{what} is not available on this platform yet")]
    Unsupported {
        /// What.
        what: String,
    },
}

fn hint(suggestion: Option<&str>) -> impl fmt::Display {
    suggestion.map_or_else(|| "; `pm ps` lists them".to_owned(), |near| format!("; did you mean {near:?}?"))
}

/// The answer to a command.
pub type Reply = Result<Accepted, Refusal>;
