//! The sampler's thread: one pass when it is asked for one, the answer into the inbox.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::inbox::{Inbox, Note};
use crate::domain::RunId;
use crate::domain::effect::Sampled;
use crate::sense::{Root, Sampler};

/// The runs of one pass: id, keeper pid, main pid.
pub type Roots = Vec<(RunId, u32, Option<u32>)>;

/// Asks the sampler's thread for passes. A pass that is asked for while one is under way is left out.
#[derive(Debug)]
pub struct Sampling {
    passes: SyncSender<Roots>,
}

impl Sampling {
    /// Starts the thread. It ends with this value.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(inbox: Inbox) -> std::io::Result<Self> {
        let (passes, wanted) = sync_channel(0);
        std::thread::Builder::new().name("sampler".into()).spawn(move || sample_all(&wanted, &inbox))?;
        Ok(Self { passes })
    }

    /// Asks for a pass over these runs; never waits.
    pub fn ask(&self, roots: Roots) {
        // Not taken means that the last pass is still running: its answer is fresh enough.
        drop(self.passes.try_send(roots));
    }
}

fn sample_all(wanted: &Receiver<Roots>, inbox: &Inbox) {
    let mut sampler = Sampler::new();
    while let Ok(runs) = wanted.recv() {
        let roots: Vec<Root> = (0..)
            .zip(&runs)
            .map(|(key, (_, keeper_pid, main_pid))| Root { key, keeper_pid: *keeper_pid, main_pid: *main_pid })
            .collect();
        let sample = sampler.sample(&roots);
        let figures = sample.trees.into_iter().filter_map(|tree| {
            let (run, ..) = runs.get(tree.key as usize)?;
            Some(Sampled { run: run.clone(), usage: tree.usage, tree: tree.processes })
        });
        if inbox.blocking_send(Note::Sampled(figures.collect(), sample.machine)).is_err() {
            return;
        }
    }
}
