//! The read model: snapshots that share every row that has not changed.

use std::sync::Arc;

use super::{Figures, Fleet};
use crate::domain::machine::Machine;
use crate::domain::phase::PhaseWord;
use crate::domain::snapshot::{Row, RunView, Snapshot, Totals};
use crate::domain::time::Timestamp;

impl Fleet {
    /// The revision a snapshot made now would have.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Everything as it stands now. Costs one reference per row, and a new row for each process that changed.
    pub fn snapshot(&mut self, now: Timestamp) -> Arc<Snapshot> {
        for index in 0..self.rows.len() {
            if self.rows[index].is_none() {
                self.rows[index] = Some(Arc::new(self.row(index)));
            }
        }
        let rows: Vec<Arc<Row>> = self.rows.iter().flatten().cloned().collect();
        Arc::new(Snapshot {
            project: self.project.clone(),
            revision: self.revision,
            at: now,
            supervisor: self.supervisor.clone(),
            totals: totals(&rows),
            rows,
            machine: self.machine,
            shutting_down: self.shutting_down,
        })
    }

    fn row(&self, index: usize) -> Row {
        let machine = &self.machines[index];
        let Figures { usage, tree } = self.figures[index].clone();
        Row {
            spec: machine.spec.clone(),
            phase: machine.phase.clone(),
            health: machine.phase.health(usage.zombies),
            run: self.run_view(machine),
            restarts: machine.restarts,
            created_at: machine.created,
            last_updated: machine.updated,
            usage,
            tree,
        }
    }

    fn run_view(&self, machine: &Machine) -> Option<RunView> {
        let run = machine.run.as_ref()?;
        Some(RunView {
            no: run.no,
            id: run.id.clone(),
            keeper_pid: run.keeper_pid.filter(|_| !run.orphaned),
            pid: run.pid,
            started_at: run.started_at,
            exit: run.exit,
            over: run.over,
            dir: (self.run_dir)(&machine.spec.name, run.no),
            log_end: run.log.0,
            log_lines: run.log.1,
            log_lost: run.log.2,
            runs_as: run.runs_as.clone(),
            screen: run.screen,
        })
    }
}

fn totals(rows: &[Arc<Row>]) -> Totals {
    let mut totals = Totals { total: u32::try_from(rows.len()).unwrap_or(u32::MAX), ..Totals::default() };
    for row in rows {
        match row.phase.word() {
            PhaseWord::Running => totals.running += 1,
            PhaseWord::Starting | PhaseWord::Stopping | PhaseWord::Backoff => totals.changing += 1,
            PhaseWord::Failed => totals.failed += 1,
            PhaseWord::Completed => totals.completed += 1,
            PhaseWord::Stopped => totals.stopped += 1,
            PhaseWord::Unknown => totals.unknown += 1,
        }
        totals.zombies += row.usage.zombies;
        totals.cpu_percent += row.usage.cpu_percent;
        totals.memory_bytes += row.usage.memory_bytes;
    }
    totals
}
