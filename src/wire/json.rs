//! The JSON people's scripts read: what `--json` prints. A contract: fields may be added, never renamed, retyped or removed.
//!
//! The types here stand apart from the domain on purpose, so that the domain can change without breaking a script. Times are
//! RFC 3339 in UTC with milliseconds, lengths of time are seconds, sizes are bytes. Made by `cli` from snapshots and events.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::events::rfc3339;
use super::layout::LOG;
use crate::domain::snapshot::{OsStatus, SupervisorInfo, TreeProcess};
use crate::domain::spec::{Orphans, RestartWhen};
use crate::domain::{Exit, ExitStatus, Health, PhaseWord, Row, Signal, Snapshot, Timestamp, Usage};

mod answers;
mod totals;

pub use answers::{Cleared, Done, Ended, Failed, Fault, Finished, LogLine, Matches, Swept, Unchanged};
pub use totals::{Machine, Summary};

/// `pm ps --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    /// The project's name.
    pub project: String,
    /// The revision of the state shown.
    pub revision: u64,
    /// Who supervises.
    pub supervisor: Supervisor,
    /// In the order of definition.
    pub processes: Vec<Process>,
}

/// Who supervises.
#[derive(Clone, Debug, Serialize)]
pub struct Supervisor {
    /// Its pid.
    pub pid: u32,
    /// Since when.
    pub started_at: String,
    /// Its version.
    pub version: String,
}

/// One process.
#[derive(Clone, Debug, Serialize)]
pub struct Process {
    /// Its key.
    pub name: String,
    /// `command` or `shell`.
    pub kind: &'static str,
    /// What it is for.
    pub description: Option<String>,
    /// Since when the project knows it.
    pub created_at: String,
    /// Where it stands.
    pub phase: PhaseWord,
    /// The health word.
    pub health: Health,
    /// Why, for a person.
    pub why: Option<String>,
    /// The main process while it is alive.
    pub pid: Option<u32>,
    /// What the system says that is doing: `running`, `sleeping`, `disk-sleep`, `stopped`, `tracing-stop`, `idle`, `zombie` or
    /// `unknown`.
    pub os_status: Option<OsStatus>,
    /// Its keeper, while one is there.
    pub keeper_pid: Option<u32>,
    /// The id of the current or last run.
    pub run_id: Option<String>,
    /// The number of the current or last run.
    pub run: Option<u32>,
    /// Restarts by policy since it was last started by hand.
    pub restarts: u32,
    /// How the last run ended, if it is over.
    pub exit: Option<ExitView>,
    /// When the current or last run was spawned.
    pub started_at: Option<String>,
    /// How long the main process has been alive, in seconds; `null` when it is not.
    pub uptime_s: Option<f64>,
    /// Share of one core, in percent, over the whole tree.
    pub cpu_percent: f64,
    /// Resident memory of the whole tree, in bytes.
    pub memory_bytes: u64,
    /// Threads of the whole tree.
    pub threads: u32,
    /// Processes of the tree.
    pub tree_pids: u32,
    /// Zombies among them.
    pub zombies: u32,
    /// What is executed, program first.
    pub command: Vec<String>,
    /// Where.
    pub cwd: PathBuf,
    /// What it runs still, quoted for a shell, where the config says something else by now.
    pub running_command: Option<String>,
    /// The output of the current or last run.
    pub log: Option<PathBuf>,
    /// Bytes of it, rotated ones included.
    pub log_bytes: u64,
    /// Lines of it.
    pub log_lines: u64,
    /// Bytes of it that could not be written.
    pub log_lost_bytes: u64,
    /// When anything here last changed, figures aside.
    pub last_updated: String,
}

/// How a run ended. Both `code` and `signal` are `null` when nobody could see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitView {
    /// The exit code.
    #[serde(default)]
    pub code: Option<i32>,
    /// The signal's name without `SIG`, or its number.
    #[serde(default)]
    pub signal: Option<String>,
    /// `itself`, `stop stage N`, `kill`, `limit` or `unknown`.
    pub by: String,
}

/// `pm status NAME --json`: everything of [`Process`], and what only one process's page has room for.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The same fields as in `pm ps --json`.
    #[serde(flatten)]
    pub process: Process,
    /// When the last run ended.
    pub ended_at: Option<String>,
    /// What it printed last, where it failed: lines of both streams after a failed start, else the last one on standard error.
    pub last_lines: Vec<String>,
    /// Variables set on top of the supervisor's environment.
    pub env: BTreeMap<String, String>,
    /// Files of further variables.
    pub env_files: Vec<PathBuf>,
    /// Started by `pm up`.
    pub autostart: bool,
    /// `no`, `on-failure` or `always`.
    pub restart: RestartWhen,
    /// The stages of a stop.
    pub stop: Vec<Stage>,
    /// Runs on a terminal of its own.
    pub tty: bool,
    /// What happens to its processes when its keeper is killed.
    pub orphans: Orphans,
    /// Where it is defined; `null` for `pm run`.
    pub source: Option<String>,
    /// Runs of it that are kept on disk, this one included.
    pub log_runs: u32,
    /// What they take there, in bytes.
    pub log_disk_bytes: u64,
    /// Lines of the current or last run that say something is wrong.
    pub log_errors: u64,
    /// Lines of it that warn.
    pub log_warnings: u64,
    /// Only the end of a large log was counted, so these two are the least.
    pub log_counts_partial: bool,
    /// Its processes, parents before children.
    pub tree: Vec<TreeEntry>,
}

/// What somebody found in the logs of one process; the supervisor does not look into them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    /// Runs kept on disk.
    pub runs: u32,
    /// What they take there, in bytes.
    pub disk_bytes: u64,
    /// Lines of the newest run that say something is wrong.
    pub errors: u64,
    /// Lines of it that warn.
    pub warnings: u64,
    /// Only the end of its log was counted.
    pub is_partial: bool,
}

/// One stage of a stop.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// What is sent.
    pub signal: String,
    /// How long until the next stage, in seconds.
    pub wait_s: f64,
}

/// One process of a tree.
#[derive(Clone, Debug, Serialize)]
pub struct TreeEntry {
    /// Its pid.
    pub pid: u32,
    /// Its parent.
    pub parent_pid: u32,
    /// Its short name.
    pub name: String,
    /// Program and arguments; empty for a zombie or where nobody may look.
    pub command: Vec<String>,
    /// When it started; `null` where that is not known.
    pub started_at: Option<String>,
    /// What the system says it is doing, in the words of `os_status`.
    pub status: OsStatus,
    /// It has ended, and its parent has not noticed.
    pub zombie: bool,
    /// Share of one core, in percent.
    pub cpu_percent: f64,
    /// Resident memory, in bytes.
    pub memory_bytes: u64,
    /// Threads.
    pub threads: u32,
}

/// `pm status --pid N --json`.
#[derive(Clone, Debug, Serialize)]
pub struct BareStatus {
    /// Its pid.
    pub pid: u32,
    /// Its parent.
    pub parent_pid: u32,
    /// Its short name.
    pub name: String,
    /// Program and arguments; empty for a zombie or where nobody may look.
    pub command: Vec<String>,
    /// When it started.
    pub started_at: String,
    /// It has ended, and its parent has not noticed.
    pub zombie: bool,
    /// Share of one core, in percent, over the whole tree.
    pub cpu_percent: f64,
    /// Resident memory of the whole tree, in bytes.
    pub memory_bytes: u64,
    /// Threads of the whole tree.
    pub threads: u32,
    /// Processes of the tree.
    pub tree_pids: u32,
    /// Zombies among them.
    pub zombies: u32,
    /// It and everything below it, parents first.
    pub tree: Vec<TreeEntry>,
}

/// A time as scripts read it: RFC 3339, UTC, milliseconds.
pub fn time(at: Timestamp) -> String {
    rfc3339(at.millis())
}

impl From<&SupervisorInfo> for Supervisor {
    fn from(info: &SupervisorInfo) -> Self {
        Self { pid: info.pid, started_at: time(info.started_at), version: info.version.clone() }
    }
}

impl From<&Exit> for ExitView {
    fn from(exit: &Exit) -> Self {
        let (code, signal) = match exit.status {
            ExitStatus::Code(code) => (Some(code), None),
            ExitStatus::Signal(Signal::Number(number)) => (None, Some(number.to_string())),
            ExitStatus::Signal(signal) => (None, signal.name().map(ToOwned::to_owned)),
            ExitStatus::Unknown => (None, None),
        };
        Self { code, signal, by: exit.by.to_string() }
    }
}

impl Process {
    /// One row, as it stood at `at`.
    pub fn of(row: &Row, at: Timestamp) -> Self {
        let run = row.run.as_ref();
        let started_at = run.and_then(|run| run.started_at);
        Self {
            name: row.name().to_string(),
            kind: row.spec.program.kind(),
            description: row.spec.description.clone(),
            created_at: time(row.created_at),
            phase: row.phase.word(),
            health: row.health,
            why: row.phase.why(),
            pid: row.pid(),
            os_status: row.os_status(),
            keeper_pid: run.filter(|run| !run.over).and_then(|run| run.keeper_pid),
            run_id: run.map(|run| run.id.to_string()),
            run: run.map(|run| run.no.0),
            restarts: row.restarts,
            exit: row.exit().as_ref().map(ExitView::from),
            started_at: started_at.map(time),
            uptime_s: row.alive_since().map(|since| at.since(since).as_millis() as f64 / 1000.0),
            cpu_percent: tenths(row.usage.cpu_percent),
            memory_bytes: row.usage.memory_bytes,
            threads: row.usage.threads,
            tree_pids: row.usage.pids,
            zombies: row.usage.zombies,
            command: row.spec.program.argv(),
            cwd: row.spec.cwd.clone(),
            running_command: run.filter(|run| !run.over).and_then(|run| run.runs_as.clone()),
            log: run.map(|run| run.dir.join(LOG)),
            log_bytes: run.map_or(0, |run| run.log_end),
            log_lines: run.map_or(0, |run| run.log_lines),
            log_lost_bytes: run.map_or(0, |run| run.log_lost),
            last_updated: time(row.last_updated),
        }
    }
}

/// A percentage with one decimal, as more would be noise.
fn tenths(percent: f32) -> f64 {
    (f64::from(percent) * 10.0).round() / 10.0
}

impl Listing {
    /// The rows of a snapshot that `show` picks.
    pub fn of(snapshot: &Snapshot, mut show: impl FnMut(&Row) -> bool) -> Self {
        let shown = snapshot.rows.iter().filter(|row| show(row));
        Self {
            project: snapshot.project.name.clone(),
            revision: snapshot.revision,
            supervisor: snapshot.supervisor.as_ref().into(),
            processes: shown.map(|row| Process::of(row, snapshot.at)).collect(),
        }
    }
}

impl Status {
    /// One row, as it stood at `at`, and what was found in its logs.
    pub fn of(row: &Row, at: Timestamp, kept: &Kept) -> Self {
        let spec = &row.spec;
        let stage = |stage: &crate::domain::StopStage| Stage {
            signal: stage.signal.to_string(),
            wait_s: stage.wait.as_secs_f64(),
        };
        Self {
            process: Process::of(row, at),
            ended_at: row.exit().map(|exit| time(exit.at)),
            last_lines: row.phase.last_lines().to_vec(),
            env: spec.env.clone(),
            env_files: spec.env_files.clone(),
            autostart: spec.autostart,
            restart: spec.restart.when,
            stop: spec.stop.stages().iter().map(stage).collect(),
            tty: spec.tty,
            orphans: spec.orphans,
            source: spec.source.clone(),
            log_runs: kept.runs,
            log_disk_bytes: kept.disk_bytes,
            log_errors: kept.errors,
            log_warnings: kept.warnings,
            log_counts_partial: kept.is_partial,
            tree: row.tree.iter().map(TreeEntry::from).collect(),
        }
    }
}

impl BareStatus {
    /// One process that nobody supervises: it, its time, its tree.
    pub fn of(
        (pid, parent_pid): (u32, u32),
        (name, command): (&str, &[String]),
        (started_at, zombie): (Timestamp, bool),
        (usage, tree): (&Usage, &[TreeProcess]),
    ) -> Self {
        Self {
            pid,
            parent_pid,
            name: name.to_owned(),
            command: command.to_vec(),
            started_at: time(started_at),
            zombie,
            cpu_percent: tenths(usage.cpu_percent),
            memory_bytes: usage.memory_bytes,
            threads: usage.threads,
            tree_pids: usage.pids,
            zombies: usage.zombies,
            tree: tree.iter().map(TreeEntry::from).collect(),
        }
    }
}

impl TreeEntry {
    /// What a closer look has found.
    pub fn complete(&mut self, command: Vec<String>, started_at: Timestamp) {
        (self.command, self.started_at) = (command, Some(time(started_at)));
    }
}

impl From<&TreeProcess> for TreeEntry {
    fn from(process: &TreeProcess) -> Self {
        Self {
            pid: process.pid,
            parent_pid: process.parent_pid,
            name: process.name.clone(),
            command: Vec::new(),
            started_at: None,
            status: process.status,
            zombie: process.zombie,
            cpu_percent: tenths(process.cpu_percent),
            memory_bytes: process.memory_bytes,
            threads: process.threads,
        }
    }
}
