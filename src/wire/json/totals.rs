//! `pm summary --json`.

use serde::Serialize;

use super::{Supervisor, tenths};
use crate::domain::Snapshot;
use crate::domain::snapshot::MachineLoad;

/// `pm summary --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The project's name.
    pub project: String,
    /// The revision of the state shown.
    pub revision: u64,
    /// Who supervises.
    pub supervisor: Supervisor,
    /// Processes defined.
    pub total: u32,
    /// In phase `running`.
    pub running: u32,
    /// In phase `starting`, `stopping` or `backoff`.
    pub changing: u32,
    /// Zombies in all trees.
    pub zombies: u32,
    /// In phase `completed`.
    pub completed: u32,
    /// In phase `failed`.
    pub failed: u32,
    /// In phase `stopped`.
    pub stopped: u32,
    /// In phase `unknown`.
    pub unknown: u32,
    /// Resident memory of all trees, in bytes.
    pub memory_bytes: u64,
    /// Share of one core, in percent, of all trees.
    pub cpu_percent: f64,
    /// What the output of all processes takes on disk, in bytes.
    pub log_disk_bytes: u64,
    /// The machine's own figures.
    pub machine: Machine,
}

/// The machine's own figures.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Share of all cores together, in percent.
    pub cpu_percent: f64,
    /// Logical cores.
    pub cores: u32,
    /// Memory in use, in bytes.
    pub memory_used_bytes: u64,
    /// Memory there is, in bytes.
    pub memory_total_bytes: u64,
}

impl Summary {
    /// The totals of a snapshot, and what all output takes on disk.
    pub fn of(snapshot: &Snapshot, log_disk_bytes: u64) -> Self {
        let totals = &snapshot.totals;
        Self {
            project: snapshot.project.name.clone(),
            revision: snapshot.revision,
            supervisor: snapshot.supervisor.as_ref().into(),
            total: totals.total,
            running: totals.running,
            changing: totals.changing,
            zombies: totals.zombies,
            completed: totals.completed,
            failed: totals.failed,
            stopped: totals.stopped,
            unknown: totals.unknown,
            memory_bytes: totals.memory_bytes,
            cpu_percent: tenths(totals.cpu_percent),
            log_disk_bytes,
            machine: (&snapshot.machine).into(),
        }
    }
}

impl From<&MachineLoad> for Machine {
    fn from(load: &MachineLoad) -> Self {
        Self {
            cpu_percent: tenths(load.cpu_percent),
            cores: load.cores,
            memory_used_bytes: load.memory_used_bytes,
            memory_total_bytes: load.memory_total_bytes,
        }
    }
}
