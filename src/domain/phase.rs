//! The phases of a process, each carrying its data and its reason.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exit::{Exit, ExitBy};
use super::run::SpawnFailure;
use super::signal::Signal;
use super::time::{Human, Timestamp};

/// Where a process stands. Written by `domain::machine` alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Phase {
    /// Not running, and nothing will start it but a command.
    Stopped {
        /// The end of its last run, if it ever ran.
        exit: Option<Exit>,
        /// How many processes of the tree had to be killed for it.
        killed: u32,
    },
    /// A keeper is being launched, or the early-crash window is still open.
    Starting {
        /// When it was asked for.
        since: Timestamp,
    },
    /// The main process is alive.
    Running {
        /// When it was spawned.
        since: Timestamp,
    },
    /// The stop ladder is being walked, until the whole tree is gone.
    Stopping(Stopping),
    /// It ended and will be started again.
    Backoff {
        /// When.
        until: Timestamp,
        /// Which restart of the row this will be, from 1.
        attempt: u32,
        /// How many are allowed; 0 means no limit.
        limit: u32,
        /// Why it has to be restarted.
        why: Failure,
    },
    /// It ended by itself with code 0, or (restart = "no") as it was meant to.
    Completed {
        /// How.
        exit: Exit,
    },
    /// It ended badly or never started, and will not be started again by itself.
    Failed {
        /// Why.
        why: Failure,
    },
    /// Its keeper died: what is known is said, the rest is not guessed.
    Unknown {
        /// When that was noticed.
        since: Timestamp,
        /// Processes of the run that are still alive, proven to be its own.
        orphans: Vec<u32>,
        /// What happened, for a person.
        why: String,
    },
}

/// A stop in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    /// When it was asked for.
    pub since: Timestamp,
    /// The stage reached; `None` until the keeper has entered the first.
    pub stage: Option<Stage>,
    /// No further stage will be entered until somebody asks for it.
    pub held: bool,
    /// What comes after.
    pub then: Then,
    /// Processes that even KILL did not end (uninterruptible sleep), by pid.
    pub stuck: Vec<u32>,
}

/// One stage of a stop, entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Which, from 1.
    pub number: u8,
    /// Of how many.
    pub of: u8,
    /// What was sent.
    pub signal: Signal,
    /// When it was sent.
    pub since: Timestamp,
    /// When the next stage begins; equal to `since` for the last.
    pub until: Timestamp,
}

/// What follows a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Nothing.
    Stay,
    /// A new run.
    Start,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Failure {
    /// The main process ended.
    Exited {
        /// How.
        exit: Exit,
        /// The last line on its standard error, where there is one, read by the supervisor.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        last_lines: Vec<String>,
    },
    /// It ended within the early-crash window, and not with exit 0: a failed start.
    EarlyExit {
        /// How.
        exit: Exit,
        /// Milliseconds from spawn to end.
        after_ms: u64,
        /// The last lines it printed, read by the supervisor.
        last_lines: Vec<String>,
    },
    /// It was stopped because its time was up.
    OverLimit {
        /// How it ended then.
        exit: Exit,
        /// How long it might have lived; `None` where that is not known any more.
        limit: Option<Duration>,
    },
    /// It never ran.
    Spawn {
        /// Why.
        failure: SpawnFailure,
    },
    /// Too many restarts in a row.
    StartLimit {
        /// How many.
        restarts: u32,
        /// What the last run died of.
        last: Box<Failure>,
    },
    /// Its keeper died and nothing of it is left; the exit code is not known.
    Lost,
}

impl Failure {
    /// What it printed last.
    fn last_lines(&self) -> &[String] {
        match self {
            Self::EarlyExit { last_lines, .. } | Self::Exited { last_lines, .. } => last_lines,
            Self::StartLimit { last, .. } => last.last_lines(),
            Self::OverLimit { .. } | Self::Spawn { .. } | Self::Lost => &[],
        }
    }
}

/// The last of these lines, as it follows an exit.
fn said(last_lines: &[String]) -> String {
    last_lines.last().map_or_else(String::new, |line| format!(": {line}"))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { exit, last_lines } => write!(f, "{}{}", exit.status, said(last_lines)),
            Self::EarlyExit { exit, after_ms, last_lines } => {
                write!(f, "failed start: {} after {after_ms} ms{}", exit.status, said(last_lines))
            }
            Self::OverLimit { exit, limit: None } => write!(f, "over its time limit: {}", exit.status),
            Self::OverLimit { exit, limit: Some(limit) } => {
                write!(f, "over its time limit of {}: {}", Human(*limit), exit.status)
            }
            Self::Spawn { failure } => write!(f, "cannot start: {failure}"),
            Self::StartLimit { restarts, last } => write!(f, "gave up after {restarts} restarts; last: {last}"),
            Self::Lost => f.write_str("exit unknown: its keeper was killed"),
        }
    }
}

/// The bare word of a phase, as people and scripts read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the words are explained at `Phase`")]
pub enum PhaseWord {
    Stopped,
    Starting,
    Running,
    Stopping,
    Backoff,
    Completed,
    Failed,
    Unknown,
}

impl PhaseWord {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 8] = [
        Self::Stopped,
        Self::Starting,
        Self::Running,
        Self::Stopping,
        Self::Backoff,
        Self::Completed,
        Self::Failed,
        Self::Unknown,
    ];

    /// The word in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Backoff => "backoff",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// What goes behind "it is" in a sentence: the words of the table that say something else there are put otherwise.
    pub const fn in_a_sentence(self) -> &'static str {
        match self {
            Self::Backoff => "waiting to be started again",
            Self::Unknown => "in an unknown state",
            Self::Stopped | Self::Starting | Self::Running | Self::Stopping | Self::Completed | Self::Failed => {
                self.as_str()
            }
        }
    }
}

impl fmt::Display for PhaseWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The health word of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Running, with nothing amiss.
    Healthy,
    /// Running, with dead children in its tree that their parent does not reap.
    Zombie,
    /// Ended as it should.
    Completed,
    /// Ended badly, or waiting to be restarted after that.
    Failed,
    /// Not started yet, starting, or lost.
    Unknown,
}

impl Health {
    /// All of them, the best first.
    pub const ALL: [Self; 5] = [Self::Healthy, Self::Zombie, Self::Completed, Self::Failed, Self::Unknown];

    /// The word in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Zombie => "zombie",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Phase {
    /// The bare word.
    pub const fn word(&self) -> PhaseWord {
        match self {
            Self::Stopped { .. } => PhaseWord::Stopped,
            Self::Starting { .. } => PhaseWord::Starting,
            Self::Running { .. } => PhaseWord::Running,
            Self::Stopping(_) => PhaseWord::Stopping,
            Self::Backoff { .. } => PhaseWord::Backoff,
            Self::Completed { .. } => PhaseWord::Completed,
            Self::Failed { .. } => PhaseWord::Failed,
            Self::Unknown { .. } => PhaseWord::Unknown,
        }
    }

    /// A process of it may be alive.
    pub const fn is_live(&self) -> bool {
        match self {
            Self::Starting { .. } | Self::Running { .. } | Self::Stopping(_) => true,
            Self::Unknown { orphans, .. } => !orphans.is_empty(),
            Self::Stopped { .. } | Self::Backoff { .. } | Self::Completed { .. } | Self::Failed { .. } => false,
        }
    }

    /// Nothing will change without a command: neither alive nor about to be.
    pub const fn is_settled(&self) -> bool {
        !self.is_live() && !matches!(self, Self::Backoff { .. })
    }

    /// The health word, given the zombies counted in its tree.
    pub const fn health(&self, zombies: u32) -> Health {
        match self {
            Self::Starting { .. } | Self::Running { .. } | Self::Stopping(_) if zombies > 0 => Health::Zombie,
            Self::Running { .. } | Self::Stopping(_) => Health::Healthy,
            Self::Stopped { exit: Some(exit), .. } if !exit.is_success() && matches!(exit.by, ExitBy::Itself) => {
                Health::Failed
            }
            Self::Stopped { exit: Some(_), .. } | Self::Completed { .. } => Health::Completed,
            Self::Backoff { .. } | Self::Failed { .. } => Health::Failed,
            Self::Stopped { exit: None, .. } | Self::Starting { .. } | Self::Unknown { .. } => Health::Unknown,
        }
    }

    /// Why it is so, for a person, without times that pass; `None` where the word says it all.
    pub fn why(&self) -> Option<String> {
        match self {
            Self::Stopped { exit: Some(exit), killed } => Some(stopped_why(exit, *killed)),
            Self::Stopped { exit: None, .. } | Self::Starting { .. } | Self::Running { .. } => None,
            Self::Stopping(stopping) => Some(stopping_why(stopping)),
            Self::Backoff { attempt, limit: 0, why, .. } => Some(format!("restart {attempt} after {why}")),
            Self::Backoff { attempt, limit, why, .. } => Some(format!("restart {attempt} of {limit} after {why}")),
            Self::Completed { exit } => Some(exit.status.to_string()),
            Self::Failed { why } => Some(why.to_string()),
            Self::Unknown { why, .. } => Some(why.clone()),
        }
    }
}

impl Phase {
    /// What it printed last, where it failed and that is more than the one line in the reason.
    pub fn more_lines(&self) -> &[String] {
        let lines = self.last_lines();
        if lines.len() > 1 { lines } else { &[] }
    }

    /// What it printed last, where it failed; the last of these lines stands in the reason.
    pub fn last_lines(&self) -> &[String] {
        match self {
            Self::Failed { why } | Self::Backoff { why, .. } => why.last_lines(),
            Self::Stopped { .. }
            | Self::Starting { .. }
            | Self::Running { .. }
            | Self::Stopping(_)
            | Self::Completed { .. }
            | Self::Unknown { .. } => &[],
        }
    }
}

fn stopped_why(exit: &Exit, killed: u32) -> String {
    let why = if exit.was_asked_for() {
        format!("stopped by {}: {}", exit.by, exit.status)
    } else {
        format!("stopped; {}", exit.status)
    };
    if killed > 0 { format!("{why}, {killed} killed") } else { why }
}

fn stopping_why(stopping: &Stopping) -> String {
    let stage = match stopping.stage {
        None => "asked to stop".to_owned(),
        Some(stage) => format!("stage {} of {}: {}", stage.number, stage.of, stage.signal),
    };
    let held = if stopping.held { ", held" } else { "" };
    let then = if stopping.then == Then::Start { ", then starts again" } else { "" };
    let stuck = if stopping.stuck.is_empty() {
        String::new()
    } else {
        format!(", cannot be killed: pid {}", stopping.stuck.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
    };
    stage + held + then + &stuck
}
