//! Processes by their bare pid: looked at, and stopped with everything below them, without any run or keeper.
//!
//! Nobody is signalled who was not proven to be who was meant; see `platform::sweep`.

use std::time::Duration;

use crate::domain::{Signal, StopLadder};
use crate::platform::identity::Proven;
use crate::platform::members::Members;
use crate::platform::sweep::{Stage, SweepReport, sweep};
use crate::sense;

pub use crate::sense::Bare;

/// How long a process is looked at for its share of processor time.
const LOOK: Duration = Duration::from_millis(200);

/// Everything to be seen of a process; `None` when there is none of this pid, or it ended just now.
pub async fn look(pid: u32) -> Option<Bare> {
    sense::bare(pid, LOOK).await
}

/// What is said where there is nothing to see.
pub fn missing(pid: u32) -> String {
    format!("there is no process {pid}, or it ended just now")
}

/// Stops a process and everything below it: by the default ladder, or by force.
pub async fn stop(proven: Proven, force: bool, on_stage: impl FnMut(Stage)) -> SweepReport {
    let mut members = Members::of_tree(proven.identity().clone());
    let polite = StopLadder::default();
    let ladder: Vec<_> = polite.stages().iter().map(|stage| (stage.signal, stage.wait)).collect();
    let ladder = if force { vec![(Signal::Kill, Duration::ZERO)] } else { ladder };
    sweep(move || members.find(), &ladder, on_stage).await
}
