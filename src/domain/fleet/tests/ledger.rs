//! An account of every launch, kept beside the simulator and apart from the core: what was given out, how it ended, and how long the
//! waits of a row were. It fails at the step that breaks a law.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::domain::effect::Outcome;
use crate::domain::event::What;
use crate::domain::exit::Exit;
use crate::domain::machine::Machine;
use crate::domain::name::ProcessName;
use crate::domain::phase::Phase;
use crate::domain::run::{RunId, RunNo};
use crate::domain::time::Timestamp;

/// Everything that was launched, by all supervisors.
#[derive(Debug, Default)]
pub struct Ledger {
    numbers: HashSet<(ProcessName, RunNo)>,
    lives: HashMap<RunId, Life>,
    /// Of the newest back-off of each process: until when, and how long it was when it began.
    waits: HashMap<ProcessName, (Timestamp, Duration)>,
    /// Counts supervisors.
    supervisor: u64,
}

/// One launch.
#[derive(Debug, Default)]
struct Life {
    /// Its keeper is gone.
    is_over: bool,
    /// What its keeper knew of the end of its main process.
    kept: Option<Exit>,
    /// What the fleet told of it.
    told: Option<Exit>,
    /// The present supervisor counts it among the living.
    is_live: bool,
    /// The last supervisor that saw its end.
    closed_by: Option<u64>,
}

impl Ledger {
    /// A launch was ordered.
    pub fn launched(&mut self, process: &ProcessName, no: RunNo, id: &RunId) {
        assert!(self.numbers.insert((process.clone(), no)), "{process} was launched twice as run {no}");
        let before = self.lives.insert(id.clone(), Life { is_live: true, ..Life::default() });
        assert!(before.is_none(), "{process} was launched as {id}, which was another run");
    }

    /// The keeper of `id` is gone, and this is how the main process ended for it, if it has.
    pub fn keeper_gone(&mut self, id: &RunId, exit: Option<Exit>) {
        let life = self.lives.get_mut(id).expect("a keeper is of a launch");
        assert!(!life.is_over, "{id} ended twice");
        (life.is_over, life.kept) = (true, exit);
    }

    /// The keeper of `id` will never begin, and nobody will know it by that id any more.
    pub fn never_began(&mut self, id: &RunId) {
        self.keeper_gone(id, None);
        self.lives.get_mut(id).expect("just ended").closed_by = Some(self.supervisor);
    }

    /// The supervisor is dead; what the next one sees is new to it.
    pub fn crashed(&mut self) {
        self.supervisor += 1;
        self.lives.values_mut().for_each(|life| life.is_live = false);
    }

    /// One step of the fleet, and how its machines stand after it.
    pub fn note(&mut self, now: Timestamp, machines: &[Machine], is_start: bool, outcome: &Outcome) {
        for event in &outcome.events {
            let life = event.run.as_ref().and_then(|(_, id)| self.lives.get_mut(id));
            if let (What::Exited { exit }, Some(life)) = (&event.what, life) {
                let first = life.told.get_or_insert(*exit);
                assert_eq!(first, exit, "another end was told of {:?}", event.run);
            }
        }
        self.note_lives(machines);
        self.forget_rows(machines, is_start, outcome);
        self.note_waits(now, machines);
    }

    fn note_lives(&mut self, machines: &[Machine]) {
        let runs: HashMap<_, _> = machines.iter().filter_map(|m| m.run.as_ref()).map(|run| (&run.id, run)).collect();
        for (id, life) in &mut self.lives {
            let run = runs.get(id);
            let is_live = run.is_some_and(|run| !run.over);
            if is_live {
                assert_ne!(life.closed_by, Some(self.supervisor), "{id} has ended, and lives again");
            } else if life.is_live {
                life.closed_by = Some(self.supervisor);
                if let Some(run) = run {
                    assert!(run.pid.is_none() || run.exit.is_some(), "what was launched has no end: {run:?}");
                }
            }
            life.is_live = is_live;
        }
    }

    /// A start by hand ends a row, and so does staying alive.
    fn forget_rows(&mut self, machines: &[Machine], is_start: bool, outcome: &Outcome) {
        if let Some(Ok(accepted)) = outcome.reply.as_ref().filter(|_| is_start) {
            self.waits.retain(|name, _| !accepted.affected.contains(name));
        }
        for machine in machines {
            let lived = machine.run.as_ref().and_then(|run| Some(run.exit?.at.since(run.started_at?)));
            if lived.is_some_and(|lived| lived >= machine.spec.restart.healthy_after) {
                self.waits.remove(&machine.spec.name);
            }
        }
    }

    fn note_waits(&mut self, now: Timestamp, machines: &[Machine]) {
        for machine in machines {
            let (name, Phase::Backoff { until, .. }) = (&machine.spec.name, &machine.phase) else { continue };
            let wait = until.since(now);
            match self.waits.get(name) {
                Some((seen, _)) if seen == until => {}
                Some((_, before)) if wait < *before => {
                    panic!("{name} waits {wait:?} in a row in which it has waited {before:?}")
                }
                Some(_) | None => _ = self.waits.insert(name.clone(), (*until, wait)),
            }
        }
    }

    /// How long the newest back-off of `process` is, if the row in which it was is not over.
    pub fn wait(&self, process: &str) -> Option<Duration> {
        self.waits.iter().find_map(|(name, (_, wait))| (name.as_str() == process).then_some(*wait))
    }

    /// Everything has come to rest: each launch has had exactly one end, and what was told of it is what happened.
    pub fn assert_closed(&self) {
        for (id, life) in &self.lives {
            assert!(life.closed_by.is_some() && !life.is_live, "nobody saw the end of {id}: {life:?}");
            assert!(life.is_over, "the keeper of {id} lives");
            assert_eq!(life.kept, life.told, "the end of {id}, as its keeper knows it and as it was told");
        }
        assert_eq!(self.lives.len(), self.numbers.len(), "as many launches as numbers");
    }
}
