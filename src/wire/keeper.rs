//! The keeper protocol: what supervisor and keeper say to each other over a Unix socket.
//!
//! Keepers outlive upgrades of the supervisor, so this format is frozen: a message may be added, never changed. A frame is
//! `length: u32` (of what follows), `kind: u8`, then fields, little-endian; texts and byte strings are `length: u32` + bytes.
//! A reader skips kinds it does not know. No serde: the keeper encodes and decodes with its own hands and little memory.

mod codec;
mod frames;
mod texts;

pub use frames::{Frames, WireError, decode_order, decode_report};
pub use texts::Texts;

use crate::domain::{ExitBy, ExitStatus, RunId, RunNo, Signal, SpawnFailure};

/// Version of this protocol, in the first message of either side.
pub const VERSION: u16 = 1;
/// No frame is longer, in bytes. A launch carries a whole environment; everything else is small.
pub const MAX_FRAME: usize = 8 << 20;

/// From the supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// First message on the socket a keeper is born with: run this.
    Launch(Box<Launch>),
    /// First message of a later supervisor: tell me everything.
    Attach {
        /// Its protocol version.
        version: u16,
    },
    /// Walk these stages: signal and milliseconds to wait.
    Stop(Vec<(Signal, u64)>),
    /// Enter the next stage of the stop in progress now.
    NextStage,
    /// Enter no further stage by yourself.
    Hold,
    /// Kill the whole tree now.
    Kill,
    /// Send this to the process group.
    Signal(Signal),
    /// Write this to the standard input.
    Input(Vec<u8>),
    /// The terminal has this many rows and columns.
    Resize(u16, u16),
}

/// Everything a keeper needs to know about its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// Protocol version of the supervisor.
    pub version: u16,
    /// Project id.
    pub project: String,
    /// Process name.
    pub name: String,
    /// Run number.
    pub no: RunNo,
    /// Run id.
    pub id: RunId,
    /// The run directory; exists already.
    pub dir: String,
    /// The lock that says a run of this process is alive.
    pub lock: String,
    /// Where to listen for later supervisors.
    pub socket: String,
    /// Program (absolute or relative to `cwd` when it holds a slash, else searched in the child's `PATH`) and arguments.
    pub argv: Vec<String>,
    /// Where to run it.
    pub cwd: String,
    /// The whole environment of the child, as `KEY=value`.
    pub env: Texts,
    /// The umask of the child.
    pub umask: u32,
    /// Its soft limit of open files; 0 leaves it as it is.
    pub open_files: u64,
    /// Give it a terminal of this many rows and columns.
    pub tty: Option<(u16, u16)>,
    /// The ladder the keeper walks when it is itself told to end (SIGTERM): signal and milliseconds.
    pub stop: Vec<(Signal, u64)>,
    /// Rotate the log at this size, in bytes.
    pub segment_bytes: u64,
    /// Keep this many segments.
    pub segments: u32,
    /// Walk the ladder when the main process has lived so long, in milliseconds; 0 is no limit. A supervisor of before
    /// this field was there means 0.
    pub limit_ms: u64,
}

/// From the keeper. After `Attach` it repeats what it said so far: `Hello`, `Launched` or `LaunchFailed`, the stage, the exit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// First message.
    Hello {
        /// Its protocol version.
        version: u16,
        /// What it can do beyond that version, one bit each; none so far.
        features: u64,
        /// Its pid.
        keeper_pid: u32,
        /// The run it keeps.
        id: RunId,
    },
    /// The main process runs.
    Launched {
        /// Its pid.
        pid: u32,
        /// Milliseconds since the epoch.
        at: u64,
    },
    /// It never ran. The keeper leaves.
    LaunchFailed(SpawnFailure),
    /// A stage of the stop was entered.
    Stage {
        /// Which, from 1.
        number: u8,
        /// Of how many.
        of: u8,
        /// What was sent.
        signal: Signal,
        /// When, in milliseconds since the epoch.
        at: u64,
        /// How long until the next, in milliseconds; 0 for the last.
        wait: u64,
    },
    /// The stop is held at its stage.
    Held,
    /// The main process was reaped.
    Exited {
        /// Code or signal.
        status: ExitStatus,
        /// Whose doing.
        by: ExitBy,
        /// When, in milliseconds since the epoch.
        at: u64,
    },
    /// Killed processes that do not go.
    Stuck(Vec<u32>),
    /// Nothing is left (`waitpid` said ECHILD) and the record says so. The keeper leaves.
    Emptied {
        /// How many processes ended after KILL was sent to them.
        killed: u32,
    },
    /// Output grew; at most twenty times a second.
    Grew {
        /// End of the log, in bytes since the start of the run.
        end: u64,
        /// Lines so far.
        lines: u64,
        /// Bytes that could not be written.
        lost: u64,
    },
    /// Input was not taken.
    InputRefused(String),
}
