//! What `pm` talks about: names, specs, phases, exits, and the two pure machines that decide.
//!
//! Nothing here knows a clock, a file, a task or a colour. Time comes in as an argument, decisions go out as effects.
//! Everybody may import this room; it imports no other.

pub mod exit;
pub mod name;
pub mod signal;
pub mod spec;
pub mod time;

pub mod pattern;
pub mod phase;
pub mod run;

pub mod command;
pub mod effect;
pub mod event;
pub mod snapshot;

pub mod goal;

pub mod fleet;
pub mod machine;

pub use command::{Accepted, Command, Refusal, Reply, Shutdown, Target};
pub use event::{Cause, Event, What};
pub use exit::{Exit, ExitBy, ExitStatus};
pub use name::{NameError, ProcessName};
pub use phase::{Health, Phase, PhaseWord};
pub use run::{RunId, RunNo, SpawnFailure, SpawnStep};
pub use signal::Signal;
pub use snapshot::{OsStatus, Row, Snapshot, Totals, Usage};
pub use spec::{ProcessSpec, StopLadder, StopStage};
pub use time::Timestamp;
