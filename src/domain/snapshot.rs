//! The read model: everything a face can show, immutable, made by the supervisor.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::name::ProcessName;
use super::phase::{Health, Phase};
use super::run::{RunId, RunNo};
use super::spec::ProcessSpec;
use super::time::Timestamp;

/// The state of a whole project at one revision. Rows share their memory with earlier snapshots where nothing changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which project.
    pub project: Arc<ProjectInfo>,
    /// Counts up with every change.
    pub revision: u64,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub supervisor: Arc<SupervisorInfo>,
    /// One row per process, in the order of definition.
    pub rows: Vec<Arc<Row>>,
    /// Sums over the rows.
    pub totals: Totals,
    /// The machine's own figures.
    pub machine: MachineLoad,
    /// Everything is being stopped since then.
    pub shutting_down: Option<Timestamp>,
}

/// Which project a supervisor serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectInfo {
    /// Its name for people.
    pub name: String,
    /// Its key on disk: name and a digest of the config's path.
    pub id: String,
    /// The directory relative paths are read from.
    pub root: PathBuf,
    /// The config file; `None` for the project of `pm run` without one.
    pub config: Option<PathBuf>,
}

/// Who supervises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupervisorInfo {
    /// Its pid.
    pub pid: u32,
    /// Since when.
    pub started_at: Timestamp,
    /// Its version.
    pub version: String,
    /// It runs without a screen.
    pub headless: bool,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it is meant to be.
    #[serde(serialize_with = "show")]
    pub spec: Arc<ProcessSpec>,
    /// Where it stands.
    pub phase: Phase,
    /// The health word.
    pub health: Health,
    /// The current or the last run; `None` if it never ran.
    pub run: Option<RunView>,
    /// Restarts by policy since it was last started by hand.
    pub restarts: u32,
    /// Since when the project knows it, whoever supervised.
    #[serde(default)]
    pub created_at: Timestamp,
    /// When anything here last changed, samples aside.
    pub last_updated: Timestamp,
    /// Its figures, summed over the tree; all zero when nothing is alive.
    pub usage: Usage,
    /// The processes of its tree, main process first, parents before children.
    pub tree: Arc<[TreeProcess]>,
}

/// A command is shown to this many bytes; a snapshot tells of thousands.
const SHOWN_BYTES: usize = 32 << 10;

/// Nobody who looks asks for the environment that `pm run` was called in, or for all of a command of hundreds of kilobytes: they are
/// not sent with every snapshot. `None` where it is shown as it is.
pub fn as_shown(spec: &ProcessSpec) -> Option<ProcessSpec> {
    let cut = spec.program.cut(SHOWN_BYTES);
    if spec.inherited.is_none() && cut.is_none() {
        return None;
    }
    let program = cut.unwrap_or_else(|| spec.program.clone());
    Some(ProcessSpec { inherited: None, program, ..spec.clone() })
}

fn show<S: serde::Serializer>(spec: &Arc<ProcessSpec>, to: S) -> Result<S::Ok, S::Error> {
    as_shown(spec).as_ref().unwrap_or(spec).serialize(to)
}

impl Row {
    /// The key.
    pub fn name(&self) -> &ProcessName {
        &self.spec.name
    }

    /// The end of the last run, if that is over.
    pub fn exit(&self) -> Option<Exit> {
        self.run.as_ref().and_then(|run| run.exit)
    }

    /// What the system says its main process is doing, while that is alive and was looked at.
    pub fn os_status(&self) -> Option<OsStatus> {
        self.tree.first().filter(|process| Some(process.pid) == self.pid()).map(|process| process.status)
    }

    /// The pid of the main process while it is alive.
    pub fn pid(&self) -> Option<u32> {
        self.run.as_ref().filter(|run| run.exit.is_none()).and_then(|run| run.pid)
    }

    /// When its main process was started, while that is alive.
    pub fn alive_since(&self) -> Option<Timestamp> {
        self.pid()?;
        self.run.as_ref()?.started_at
    }

    /// Something of its newest run lives, or may: also what its main process or its keeper has left behind.
    pub fn has_live_run(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.over)
    }

    /// Processes still alive of a run whose main process ended by itself.
    pub fn leftovers(&self) -> u32 {
        match &self.run {
            Some(run) if run.exit.is_some() && !run.over => self.usage.pids,
            Some(_) | None => 0,
        }
    }
}

/// One run of a process as shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    /// Its number.
    pub no: RunNo,
    /// Its id.
    pub id: RunId,
    /// The pid of its keeper; `None` before it is known, and when nobody keeps the run any more.
    pub keeper_pid: Option<u32>,
    /// The pid of its main process; `None` before it is known.
    pub pid: Option<u32>,
    /// When the main process was spawned.
    pub started_at: Option<Timestamp>,
    /// How it ended.
    pub exit: Option<Exit>,
    /// Nothing of it is left.
    pub over: bool,
    /// Its directory, with `out.log`, `out.idx` and `record`.
    pub dir: PathBuf,
    /// Bytes of output so far, rotated ones included.
    pub log_end: u64,
    /// Lines of output so far.
    pub log_lines: u64,
    /// Bytes of output that could not be written.
    pub log_lost: u64,
    /// What it runs, for people, where that is not what the process is meant to be by now: it was begun by an earlier
    /// supervisor, and the config has changed since.
    #[serde(default)]
    pub runs_as: Option<String>,
    /// Rows and columns its terminal was given last; `None` when nobody gave it any since it, or this supervisor, began.
    #[serde(default)]
    pub screen: Option<(u16, u16)>,
}

/// Figures of a tree or of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Share of one core, in percent, over the last sampling interval.
    pub cpu_percent: f32,
    /// Resident memory in bytes.
    pub memory_bytes: u64,
    /// Threads.
    pub threads: u32,
    /// Processes, zombies included.
    pub pids: u32,
    /// Processes that ended and were not reaped by their parent.
    pub zombies: u32,
}

/// One process of a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreeProcess {
    /// Its pid.
    pub pid: u32,
    /// The pid of its parent.
    pub parent_pid: u32,
    /// How deep it stands below the keeper: the main process is 0.
    pub depth: u16,
    /// Its short name.
    pub name: String,
    /// What the system says it is doing.
    #[serde(default)]
    pub status: OsStatus,
    /// It has ended and its parent has not reaped it, as two looks in a row have found.
    pub zombie: bool,
    /// Its own figures.
    pub cpu_percent: f32,
    /// Resident memory in bytes.
    pub memory_bytes: u64,
    /// Threads.
    pub threads: u32,
}

/// What the system says a process is doing; in the words of psutil.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OsStatus {
    /// On a core, or ready for one.
    Running,
    /// Waiting for something.
    Sleeping,
    /// Waiting for a device; no signal reaches it until that has answered.
    DiskSleep,
    /// Suspended by a signal.
    Stopped,
    /// Held by a debugger.
    TracingStop,
    /// A thread of the kernel without work.
    Idle,
    /// It has ended, and its parent has not reaped it.
    Zombie,
    /// It was not looked at yet, or the system says something else.
    #[default]
    Unknown,
}

impl OsStatus {
    /// From the letter of `ps` (`proc_pid_stat(5)`).
    pub const fn of_letter(letter: char) -> Self {
        match letter {
            'R' => Self::Running,
            'S' => Self::Sleeping,
            'D' => Self::DiskSleep,
            'T' => Self::Stopped,
            't' => Self::TracingStop,
            'I' => Self::Idle,
            'Z' | 'X' | 'x' => Self::Zombie,
            _ => Self::Unknown,
        }
    }

    /// The letter of `ps`; a blank where it is not known.
    pub const fn letter(self) -> char {
        match self {
            Self::Running => 'R',
            Self::Sleeping => 'S',
            Self::DiskSleep => 'D',
            Self::Stopped => 'T',
            Self::TracingStop => 't',
            Self::Idle => 'I',
            Self::Zombie => 'Z',
            Self::Unknown => ' ',
        }
    }

    /// The word, where it was looked at.
    pub fn known(self) -> Option<&'static str> {
        (self != Self::Unknown).then(|| self.word())
    }

    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Sleeping => "sleeping",
            Self::DiskSleep => "disk-sleep",
            Self::Stopped => "stopped",
            Self::TracingStop => "tracing-stop",
            Self::Idle => "idle",
            Self::Zombie => "zombie",
            Self::Unknown => "unknown",
        }
    }
}

/// Sums over all processes of the project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Rows.
    pub total: u32,
    /// In phase `running`.
    pub running: u32,
    /// In phase `starting`, `backoff` or `stopping`.
    pub changing: u32,
    /// In phase `failed`.
    pub failed: u32,
    /// In phase `completed`.
    pub completed: u32,
    /// In phase `stopped`.
    pub stopped: u32,
    /// In phase `unknown`.
    pub unknown: u32,
    /// Zombies in all trees.
    pub zombies: u32,
    /// Share of one core, in percent.
    pub cpu_percent: f32,
    /// Resident memory in bytes.
    pub memory_bytes: u64,
}

/// The machine's own figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MachineLoad {
    /// Share of all cores together, in percent (0 to 100).
    pub cpu_percent: f32,
    /// Logical cores.
    pub cores: u32,
    /// Memory in use, in bytes.
    pub memory_used_bytes: u64,
    /// Memory there is, in bytes.
    pub memory_total_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::spec::Program;

    #[test]
    fn a_status_is_the_same_as_letter_and_as_word() {
        for letter in "RSDTtIZ".chars() {
            let status = OsStatus::of_letter(letter);
            assert_eq!(status.letter(), letter);
            assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        }
        assert_eq!(OsStatus::of_letter('?'), OsStatus::Unknown);
    }

    #[test]
    fn whoever_looks_is_sent_the_spec_without_the_environment_it_inherits() {
        let mut spec = ProcessSpec::new(ProcessName::new("job").unwrap(), Program::Shell("true".into()), "/".into());
        spec.env.insert("SET".into(), "1".into());
        let phase = Phase::Stopped { exit: None, killed: 0 };
        let row = |spec: ProcessSpec| Row {
            spec: Arc::new(spec),
            health: phase.health(0),
            phase: phase.clone(),
            run: None,
            restarts: 0,
            created_at: Timestamp(0),
            last_updated: Timestamp(0),
            usage: Usage::default(),
            tree: Arc::new([]),
        };
        let inherits = ProcessSpec { inherited: Some(vec![("TOKEN".into(), "hidden".into())]), ..spec.clone() };
        let sent = serde_json::to_string(&row(inherits)).unwrap();
        assert_eq!(serde_json::from_str::<Row>(&sent).unwrap(), row(spec));
    }
}
