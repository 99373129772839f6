//! What the supervisor's helpers tell its one task.

use tokio::sync::mpsc;

use crate::domain::RunId;
use crate::domain::effect::{Fact, Sampled};
use crate::domain::snapshot::MachineLoad;

/// Notes waiting at most. When it is full the sender waits, which pushes back on that one keeper's socket alone.
pub const NOTES: usize = 1024;

/// One note.
#[derive(Debug)]
pub enum Note {
    /// Something happened to a run.
    Fact(RunId, Fact),
    /// The connection to a run's keeper has ended.
    Unlinked(RunId),
    /// A sampling pass is done.
    Sampled(Vec<Sampled>, MachineLoad),
    /// What became of old output, for a person.
    Told(String),
}

/// Where notes are sent to.
pub type Inbox = mpsc::Sender<Note>;

/// Tells the task what happened to a run; waits while it has no room. Nobody to tell means that the supervisor has left, and the next
/// one looks for itself.
pub async fn tell(inbox: &Inbox, run: &RunId, fact: Fact) {
    drop(inbox.send(Note::Fact(run.clone(), fact)).await);
}
