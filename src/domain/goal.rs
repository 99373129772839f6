//! Where somebody who asked for something waits for processes to get to: *accepted* is not *done*.
//!
//! Told by a snapshot alone, so the supervisor can look for whoever waits and need not show everything meanwhile.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::command::Accepted;
use super::name::ProcessName;
use super::phase::Phase;
use super::snapshot::{Row, Snapshot};

/// Where the processes of a command shall get to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Running beyond the early-crash window, or ended for good.
    Up,
    /// As [`Self::Up`], or waiting to be started again: what became of the first attempt is known.
    Tried,
    /// Nothing of them alive, and nothing about to start.
    Down,
    /// Nothing will change without a command.
    Settled,
    /// The stop in progress is held at its stage, or it is over, having come to its end before.
    Held,
    /// The stop in progress is over, whatever comes after it.
    Past,
}

impl Goal {
    /// Whether a process in this phase has got there.
    pub const fn is_reached(self, phase: &Phase) -> bool {
        match self {
            // What runs on without a keeper is left so, and gets no further by itself.
            Self::Up => matches!(phase, Phase::Running { .. } | Phase::Unknown { .. }) || phase.is_settled(),
            Self::Tried => {
                matches!(phase, Phase::Running { .. } | Phase::Backoff { .. } | Phase::Unknown { .. })
                    || phase.is_settled()
            }
            Self::Down => phase.is_settled(),
            Self::Settled => phase.is_settled() || matches!(phase, Phase::Unknown { .. }),
            Self::Held => !matches!(phase, Phase::Stopping(stopping) if !stopping.held),
            Self::Past => !matches!(phase, Phase::Stopping(_)),
        }
    }
}

/// Some processes and where they shall get to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// An older snapshot proves nothing.
    pub revision: u64,
    /// Whose phase is looked at; one that is not there any more is not waited for.
    pub names: HashSet<ProcessName>,
    /// Where to.
    pub goal: Goal,
}

impl Awaited {
    /// What a command that was accepted leads to.
    pub fn of(accepted: &Accepted, goal: Goal) -> Self {
        Self { revision: accepted.revision, names: accepted.concerned().cloned().collect(), goal }
    }

    /// Whatever there is: the next snapshot will do.
    pub fn nothing() -> Self {
        Self { revision: 0, names: HashSet::new(), goal: Goal::Settled }
    }

    /// Whether all have got there, and `snapshot` is new enough to tell.
    pub fn is_reached(&self, snapshot: &Snapshot) -> bool {
        snapshot.revision >= self.revision && self.missing(snapshot).next().is_none()
    }

    /// Those that have not got there.
    pub fn missing<'a>(&'a self, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a Arc<Row>> {
        snapshot.rows.iter().filter(|row| self.names.contains(row.name()) && !self.goal.is_reached(&row.phase))
    }
}
