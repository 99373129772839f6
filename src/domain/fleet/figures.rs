//! What was measured of the processes last.

use std::sync::Arc;

use super::Fleet;
use crate::domain::effect::Sampled;
use crate::domain::snapshot::{MachineLoad, TreeProcess, Usage};
use crate::domain::time::Timestamp;

/// The last sample of one process.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figures {
    pub(super) usage: Usage,
    pub(super) tree: Arc<[TreeProcess]>,
}

impl Fleet {
    /// Takes a sample in. Zombies are no figure that passes: the row has changed with them.
    pub(super) fn sample(&mut self, now: Timestamp, sampled: Vec<Sampled>, machine: MachineLoad) {
        for Sampled { run, usage, tree } in sampled {
            // Of a run that has ended in the meantime nothing is left to be shown.
            if let Some(&index) = self.by_run.get(&run).filter(|index| self.machines[**index].has_live_run()) {
                let figures = Figures { usage, tree };
                if self.figures[index] != figures {
                    if self.figures[index].usage.zombies != usage.zombies {
                        self.machines[index].updated = now;
                    }
                    self.figures[index] = figures;
                    self.rows[index] = None;
                    self.revision += 1;
                }
            }
        }
        if self.machine != machine {
            self.machine = machine;
            self.revision += 1;
        }
    }
}
