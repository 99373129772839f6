//! What goes into the pure middle and what comes out of it.

use std::sync::Arc;

use super::command::{Command, Reply};
use super::event::{Cause, Event};
use super::exit::Exit;
use super::name::ProcessName;
use super::phase::Stage;
use super::run::{RunId, RunNo, SpawnFailure};
use super::signal::Signal;
use super::snapshot::{MachineLoad, TreeProcess, Usage};
use super::spec::{ProcessSpec, StopLadder};
use super::time::Timestamp;

/// Everything that can reach the core.
#[derive(Clone, Debug)]
pub enum Input {
    /// Somebody asks for something. Its step carries a reply.
    Command(Command),
    /// Something happened to a run.
    Fact(RunId, Fact),
    /// A run was found on disk by a new supervisor.
    Adopt(Box<Adopted>),
    /// The figures of one sampling pass.
    Sample(Vec<Sampled>, MachineLoad),
    /// The time that `next_deadline` named has come.
    Deadline,
}

/// Something that happened to a run, as its keeper reports it or its record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The main process was spawned.
    Launched {
        /// Its pid.
        pid: u32,
        /// Its keeper's pid.
        keeper_pid: u32,
        /// When.
        at: Timestamp,
    },
    /// It never ran; nothing of the run is left.
    LaunchFailed(SpawnFailure),
    /// A stage of the stop began.
    StageEntered(Stage),
    /// The stop goes no further by itself.
    Held,
    /// The main process was reaped.
    Exited {
        /// How it ended.
        exit: Exit,
        /// The last lines of its output, which tell the reason where it failed.
        last_lines: Vec<String>,
    },
    /// These do not end although KILL was sent.
    Stuck(Vec<u32>),
    /// The whole tree is gone, proven by its keeper.
    Emptied {
        /// How many processes had to be killed.
        killed: u32,
    },
    /// Output grew.
    Grew {
        /// Bytes so far.
        end: u64,
        /// Lines so far.
        lines: u64,
        /// Bytes that could not be written.
        lost: u64,
    },
    /// The keeper did not take an order, such as input that nobody reads.
    OrderRefused(String),
    /// The keeper is gone without having said that the tree is empty.
    KeeperLost {
        /// Processes of the run that are still alive, proven to be its own.
        orphans: Vec<u32>,
        /// What happened, for a person.
        why: String,
    },
    /// The orphans of a lost keeper have all ended.
    OrphansGone {
        /// How many had to be killed.
        killed: u32,
    },
}

/// The newest run of a process, as its record on disk tells it.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// What the process is meant to be.
    pub spec: Arc<ProcessSpec>,
    /// Run number.
    pub no: RunNo,
    /// Run id; `None` when the record is damaged.
    pub id: Option<RunId>,
    /// A keeper holds the lock: the run is alive, its facts will follow.
    pub live: bool,
    /// Its keeper had got so far as to begin. Where not, nothing of it ever ran.
    pub begun: bool,
    /// What the record says of pid and start.
    pub launched: Option<(u32, u32, Timestamp)>,
    /// What the record says of the end.
    pub exit: Option<Exit>,
    /// What the record says of the start having failed.
    pub failure: Option<SpawnFailure>,
    /// What it runs, for people, where it lives and that is not what `spec` says.
    pub runs_as: Option<String>,
    /// How many had to be killed to empty the tree.
    pub killed: u32,
    /// What was wanted of it, if the registry survived.
    pub wanted: Option<Wanted>,
    /// Restarts so far: since the last start by hand, and in a row.
    pub restarts: (u32, u32),
    /// The last run whose end is counted in those.
    pub counted: RunNo,
    /// The last run that somebody had stopped, or put an end to the restarts of.
    pub stopped: RunNo,
    /// What it printed last, where it failed.
    pub last_lines: Vec<String>,
    /// Bytes, lines and lost bytes of its output.
    pub log: (u64, u64, u64),
    /// The supervisor before had stopped everything and left, or the machine was restarted: nothing is to be continued.
    pub history: bool,
}

/// What is wanted of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Run, as its policy says.
    Up,
    /// Stay down until somebody starts it.
    Down,
}

/// The figures of one tree.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Whose.
    pub run: RunId,
    /// Sums.
    pub usage: Usage,
    /// Processes.
    pub tree: Arc<[TreeProcess]>,
}

/// What the shell around the core has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Launch a keeper for a new run.
    Launch(Box<LaunchOrder>),
    /// Tell the keeper of a run.
    Tell(RunId, RunOrder),
    /// Stop what is left of a run whose keeper is dead.
    Sweep(RunId, StopLadder),
    /// End the supervisor.
    Leave,
}

/// A run to be launched.
#[derive(Clone, Debug, PartialEq)]
pub struct LaunchOrder {
    /// What.
    pub spec: Arc<ProcessSpec>,
    /// Its number.
    pub no: RunNo,
    /// Its id.
    pub id: RunId,
}

/// What a keeper can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOrder {
    /// Walk these stages.
    Stop(StopLadder),
    /// Enter the next stage now.
    NextStage,
    /// Enter no further stage by yourself.
    Hold,
    /// Kill the whole tree now.
    Kill,
    /// Send one signal to the process group.
    Signal(Signal),
    /// Write to its input.
    Input(Vec<u8>),
    /// Resize its terminal: rows, columns.
    Resize(u16, u16),
}

/// What one step decided.
#[derive(Debug, Default)]
pub struct Outcome {
    /// To be done, in order.
    pub effects: Vec<Effect>,
    /// To be told, in order.
    pub events: Vec<Event>,
    /// The answer to a command.
    pub reply: Option<Reply>,
}

/// How a command fared with one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Something was set in motion.
    Affected,
    /// Nothing had to be done.
    Unchanged(String),
}

/// What a machine needs besides itself during one step.
pub struct Step<'a> {
    /// The time of this step.
    pub now: Timestamp,
    /// Who or what caused it.
    pub cause: Cause,
    /// Where decisions go.
    pub outcome: &'a mut Outcome,
    /// Where run ids come from.
    pub ids: &'a mut RunIds,
}

/// Draws run ids.
#[derive(Clone, Copy, Debug)]
pub struct RunIds {
    seed: u64,
    next: u64,
}

impl RunIds {
    /// A source of ids for a supervisor that drew `seed` at its start.
    pub const fn new(seed: u64) -> Self {
        Self { seed, next: 0 }
    }

    /// The next id.
    pub fn draw(&mut self) -> RunId {
        self.next += 1;
        RunId::derive(self.seed, self.next)
    }
}

impl Step<'_> {
    /// Adds an effect.
    pub fn effect(&mut self, effect: Effect) {
        self.outcome.effects.push(effect);
    }

    /// Adds an event about `process`; its number is given by the fleet.
    pub fn event(&mut self, process: Option<ProcessName>, run: Option<(RunNo, RunId)>, what: super::event::What) {
        let event = Event { seq: 0, at: self.now, process, run, cause: self.cause, what };
        self.outcome.events.push(event);
    }
}
