//! What verbs print that do something: what was taken, how it ended, what went wrong.

use std::borrow::Cow;

use serde::Serialize;

use super::{ExitView, Process};
use crate::domain::{Accepted, ProcessName, Snapshot};

/// What a command that changes something prints.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// The first revision that shows it.
    pub revision: u64,
    /// Processes for which something was set in motion.
    pub affected: Vec<String>,
    /// Processes for which nothing had to be done.
    pub unchanged: Vec<Unchanged>,
    /// With `--wait`: how the affected ones stand at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<Vec<Process>>,
}

/// A process for which nothing had to be done.
#[derive(Clone, Debug, Serialize)]
pub struct Unchanged {
    /// Which.
    pub name: String,
    /// Why.
    pub why: String,
}

/// `pm down --json`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ended {
    /// Processes that were alive and are stopped now.
    pub stopped: Vec<String>,
    /// Processes that run on, after `--detach`.
    pub left_running: Vec<String>,
    /// How many processes of their trees had to be killed for it.
    pub killed: u32,
    /// The supervisor that ended.
    pub supervisor_pid: Option<u32>,
}

/// `pm run --wait --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Finished {
    /// The name it ran under.
    pub name: String,
    /// What it printed.
    pub stdout: String,
    /// What it complained about; empty for a terminal process, which has one stream only.
    pub stderr: String,
    /// How it ended; `null` if it never ran.
    pub exit: Option<ExitView>,
    /// Exit code 0, in time.
    pub success: bool,
    /// From its spawn to its end, in seconds.
    pub duration_s: f64,
    /// It was stopped because its time was up.
    pub timed_out: bool,
    /// Why it failed, for a person.
    pub why: Option<String>,
}

/// `pm stop --pid N --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Swept {
    /// The pid that was named.
    pub pid: u32,
    /// Processes of its tree that ended before KILL was sent to them.
    pub ended: u32,
    /// Processes that had to be killed.
    pub killed: u32,
    /// Processes that are still there.
    pub left: Vec<u32>,
}

/// One line of `pm logs --json`.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine<'a> {
    /// When its first byte was read; `null` where that is not known.
    pub time: Option<String>,
    /// Of which process.
    pub name: &'a str,
    /// The same, under the key it has in the event log, so that both can be read together.
    pub process: &'a str,
    /// Of which run of it.
    pub run: u32,
    /// `stdout`, `stderr`, `terminal`, or `note` for a remark of the keeper.
    pub stream: &'static str,
    /// The line without its end and without escape sequences, but with those of its colours under `--color always`; bytes that
    /// are no UTF-8 are replaced.
    pub text: Cow<'a, str>,
    /// The line goes on in the next one.
    pub partial: bool,
    /// Where something is looked for: whether it is in this line, or this line stands beside one that has it.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    pub is_match: Option<bool>,
}

/// One line of `pm logs --count --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Matches<'a> {
    /// Of which process.
    pub name: &'a str,
    /// Lines that match.
    pub count: u64,
}

/// One line of `pm logs --clear --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Cleared<'a> {
    /// Of which process.
    pub name: &'a str,
    /// Earlier runs that were removed.
    pub runs: u32,
    /// Bytes of disk that were freed.
    pub bytes: u64,
    /// Bytes of output that stay because they are being written.
    pub kept_bytes: u64,
}

/// What every verb prints on standard output instead when it fails under `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct Failed {
    /// The error.
    pub error: Fault,
}

/// An error for a script.
#[derive(Clone, Debug, Serialize)]
pub struct Fault {
    /// A word per exit code: `failed`, `usage`, `config`, `no_supervisor`, `refused`, `timeout`, `bug`.
    pub kind: &'static str,
    /// For a person.
    pub message: String,
}

impl Done {
    /// What was accepted, with the rows of `end` that it concerned, if somebody waited for it.
    pub fn of(accepted: &Accepted, end: Option<&Snapshot>) -> Self {
        let concerned = |end: &Snapshot| {
            let rows = end.rows.iter().filter(|row| accepted.affected.contains(row.name()));
            rows.map(|row| Process::of(row, end.at)).collect()
        };
        let unchanged = |(name, why): &(ProcessName, String)| Unchanged { name: name.to_string(), why: why.clone() };
        Self {
            revision: accepted.revision,
            affected: accepted.affected.iter().map(ToString::to_string).collect(),
            unchanged: accepted.unchanged.iter().map(unchanged).collect(),
            processes: end.map(concerned),
        }
    }
}
