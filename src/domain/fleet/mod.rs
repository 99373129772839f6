//! All processes of a project and what concerns them together: targets, shutdown, revisions, snapshots.
//!
//! `Fleet::step` is the one entry: synchronous, total, without a clock. Called by the supervisor's task, and by tests.

mod figures;
mod read;
mod removal;
mod target;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use self::figures::Figures;
use super::command::{Accepted, Command, Refusal, Reply, Shutdown, Target};
use super::effect::{Adopted, Effect, Fact, Input, Outcome, RunIds, RunOrder, Step, Verdict, Wanted};
use super::event::{Cause, What};
use super::machine::Machine;
use super::name::ProcessName;
use super::phase::Phase;
use super::run::{RunId, RunNo};
use super::snapshot::{MachineLoad, ProjectInfo, Row, SupervisorInfo};
use super::spec::ProcessSpec;
use super::time::Timestamp;

/// Longest a shutdown waits beyond the longest ladder before it leaves the rest to the keepers.
const SHUTDOWN_GRACE: std::time::Duration = std::time::Duration::from_secs(15);

/// Where the directory of a run lies; the core shows it but never touches it.
pub type RunDir = Arc<dyn Fn(&ProcessName, RunNo) -> PathBuf + Send + Sync>;

/// The state of a project. Owned by the supervisor's task alone.
pub struct Fleet {
    machines: Vec<Machine>,
    /// Of each machine; asked for at every turn of the supervisor's loop.
    deadlines: Vec<Option<Timestamp>>,
    figures: Vec<Figures>,
    by_name: HashMap<ProcessName, usize>,
    by_run: HashMap<RunId, usize>,
    /// The last runs of names that no process has now: who watches knows a run by its number, and so does the disk, so none is
    /// given twice.
    past: HashMap<ProcessName, RunNo>,
    ids: RunIds,
    revision: u64,
    next_seq: u64,
    shutting_down: Option<Timestamp>,
    left: bool,
    rows: Vec<Option<Arc<Row>>>,
    machine: MachineLoad,
    project: Arc<ProjectInfo>,
    supervisor: Arc<SupervisorInfo>,
    run_dir: RunDir,
    registry_changed: bool,
}

/// What the registry keeps of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What is wanted of it.
    pub wanted: Wanted,
    /// Restarts since the last start by hand, and in a row.
    pub restarts: (u32, u32),
    /// The last run whose end is counted in those.
    pub counted: RunNo,
    /// The last run that somebody had stopped.
    pub stopped: RunNo,
    /// Since when the project knows it.
    pub created: Timestamp,
}

impl Fleet {
    /// A project of `specs`, none of them running. `seed` is drawn anew for each supervisor.
    pub fn new(
        now: Timestamp,
        project: Arc<ProjectInfo>,
        supervisor: Arc<SupervisorInfo>,
        specs: Vec<ProcessSpec>,
        seed: u64,
        run_dir: RunDir,
    ) -> Self {
        let mut fleet = Self {
            machines: Vec::new(),
            deadlines: Vec::new(),
            figures: Vec::new(),
            by_name: HashMap::new(),
            by_run: HashMap::new(),
            past: HashMap::new(),
            ids: RunIds::new(seed),
            revision: 1,
            next_seq: 1,
            shutting_down: None,
            left: false,
            rows: Vec::new(),
            machine: MachineLoad::default(),
            project,
            supervisor,
            run_dir,
            registry_changed: true,
        };
        for spec in specs {
            fleet.add(now, Arc::new(spec));
        }
        fleet
    }

    /// Takes one input and decides what follows from it.
    pub fn step(&mut self, now: Timestamp, input: Input) -> Outcome {
        let mut outcome = Outcome::default();
        match input {
            Input::Command(command) => outcome.reply = Some(self.obey(now, &mut outcome, command)),
            Input::Fact(run, fact) => self.learn(now, &mut outcome, &run, fact),
            Input::Adopt(adopted) => self.adopt(now, &mut outcome, *adopted),
            Input::Sample(sampled, machine) => self.sample(now, sampled, machine),
            Input::Deadline => self.pass_time(now, &mut outcome),
        }
        self.leave_when_done(now, &mut outcome);
        for event in &mut outcome.events {
            event.seq = self.next_seq;
            self.next_seq += 1;
        }
        outcome
    }

    /// An event about the supervisor itself.
    pub fn announce(&mut self, now: Timestamp, what: What) -> super::event::Event {
        let seq = self.next_seq;
        self.next_seq += 1;
        super::event::Event { seq, at: now, process: None, run: None, cause: Cause::Adoption, what }
    }

    /// When the next `Input::Deadline` is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let machines = self.deadlines.iter().flatten().min().copied();
        let shutdown = self.shutting_down.filter(|_| !self.left).map(|since| since + self.longest_stop());
        machines.into_iter().chain(shutdown).min()
    }

    /// Whether what the registry should say has changed since this was last asked.
    pub const fn take_registry_change(&mut self) -> bool {
        std::mem::replace(&mut self.registry_changed, false)
    }

    /// What the registry should say.
    pub fn wishes(&self) -> impl Iterator<Item = (ProcessName, Wish)> {
        let wish = |m: &Machine| Wish {
            wanted: m.wanted,
            restarts: (m.restarts, m.row),
            counted: m.counted,
            stopped: m.stopped,
            created: m.created,
        };
        self.machines.iter().map(move |m| (m.spec.name.clone(), wish(m)))
    }

    /// Everything was stopped as asked, and nothing is to be continued by the next supervisor.
    pub fn is_shut_down(&self) -> bool {
        self.shutting_down.is_some() && !self.is_anybody_live()
    }

    /// Runs of this name, should it come up, are numbered from the one after `last` on.
    pub fn count_on(&mut self, name: ProcessName, last: RunNo) {
        let known = match self.by_name.get(&name) {
            Some(&index) => &mut self.machines[index].last_no,
            None => self.past.entry(name).or_default(),
        };
        *known = last.max(*known);
    }

    /// The project has known the process of this name, if it does now, since `at`.
    pub fn set_created(&mut self, name: &ProcessName, at: Timestamp) {
        if let Some(&index) = self.by_name.get(name) {
            self.machines[index].created = at;
            self.rows[index] = None;
            self.touch();
        }
    }

    fn add(&mut self, now: Timestamp, spec: Arc<ProcessSpec>) -> usize {
        let index = self.machines.len();
        let last_no = self.past.remove(&spec.name).unwrap_or_default();
        self.by_name.insert(spec.name.clone(), index);
        self.machines.push(Machine::new(spec, now, last_no));
        self.deadlines.push(None);
        self.figures.push(Figures::default());
        self.rows.push(None);
        self.touch();
        index
    }

    fn obey(&mut self, now: Timestamp, outcome: &mut Outcome, command: Command) -> Reply {
        let starts = matches!(command, Command::Up(_) | Command::Start(_) | Command::Restart(_) | Command::Add(_));
        let word = command_word(&command);
        let reply = if starts && self.shutting_down.is_some() {
            Err(Refusal::ShuttingDown)
        } else {
            self.dispatch(now, outcome, command)
        };
        if let Err(refusal) = &reply {
            let what = What::Refused { command: word.to_owned(), why: refusal.to_string() };
            Step { now, cause: Cause::User, outcome, ids: &mut self.ids }.event(None, None, what);
        }
        reply
    }

    fn dispatch(&mut self, now: Timestamp, outcome: &mut Outcome, command: Command) -> Reply {
        let sure = |verdict| Ok(verdict);
        match command {
            Command::Up(None) => Ok(self.autostart(now, outcome)),
            Command::Up(Some(target)) | Command::Start(target) => {
                self.each(now, outcome, &target, |m, s| sure(m.start(s)))
            }
            Command::Stop(target) => self.each(now, outcome, &target, |m, s| sure(m.stop(s))),
            Command::Restart(target) => self.each(now, outcome, &target, |m, s| sure(m.restart(s))),
            Command::Kill(target) => self.each(now, outcome, &target, |m, s| sure(m.kill(s))),
            Command::NextStage(target) => self.each(now, outcome, &target, Machine::next_stage),
            Command::Hold(target) => self.each(now, outcome, &target, Machine::hold),
            Command::Signal(target, signal) => {
                self.each(now, outcome, &target, |m, s| m.pass_on(s, RunOrder::Signal(signal)))
            }
            Command::Input { name, bytes } => {
                self.each(now, outcome, &Target::one(name), |m, s| m.input(s, bytes.clone()))
            }
            Command::Resize { name, rows, cols } => {
                self.each(now, outcome, &Target::one(name), |m, s| m.resize(s, rows, cols))
            }
            Command::Add(spec) => self.add_and_start(now, outcome, *spec),
            Command::Remove(target) => self.remove(now, outcome, &target),
            Command::Shutdown(how) => Ok(self.shut_down(now, outcome, how)),
        }
    }

    /// Lets `act` loose on every target. A refusal by one of several is told beside the others; where all refuse, the first is
    /// the reply.
    fn each(
        &mut self,
        now: Timestamp,
        outcome: &mut Outcome,
        target: &Target,
        act: impl Fn(&mut Machine, &mut Step<'_>) -> Result<Verdict, Refusal>,
    ) -> Reply {
        let indices = self.resolve(target)?;
        self.each_of(now, outcome, indices, Accepted::default(), act)
    }

    /// As [`Self::each`], beside what is accepted already.
    fn each_of(
        &mut self,
        now: Timestamp,
        outcome: &mut Outcome,
        indices: Vec<usize>,
        mut accepted: Accepted,
        act: impl Fn(&mut Machine, &mut Step<'_>) -> Result<Verdict, Refusal>,
    ) -> Reply {
        let mut refused = Vec::new();
        for index in indices {
            let verdict = self.with(now, Cause::User, outcome, index, &act);
            let name = self.machines[index].spec.name.clone();
            match verdict {
                Ok(Verdict::Affected) => accepted.affected.push(name),
                Ok(Verdict::Unchanged(why)) => accepted.unchanged.push((name, why)),
                Err(refusal) => refused.push((name, refusal)),
            }
        }
        if accepted.affected.is_empty()
            && accepted.unchanged.is_empty()
            && let Some((_, first)) = refused.first()
        {
            return Err(first.clone());
        }
        accepted.unchanged.extend(refused.into_iter().map(|(name, refusal)| (name, refusal.to_string())));
        accepted.revision = self.revision;
        Ok(accepted)
    }

    fn autostart(&mut self, now: Timestamp, outcome: &mut Outcome) -> Accepted {
        let mut accepted = Accepted::default();
        for index in 0..self.machines.len() {
            if !self.machines[index].spec.autostart {
                continue;
            }
            let name = self.machines[index].spec.name.clone();
            match self.with(now, Cause::Policy, outcome, index, Machine::autostart) {
                Verdict::Affected => accepted.affected.push(name),
                Verdict::Unchanged(why) => accepted.unchanged.push((name, why)),
            }
        }
        accepted.revision = self.revision;
        accepted
    }

    fn add_and_start(&mut self, now: Timestamp, outcome: &mut Outcome, spec: ProcessSpec) -> Reply {
        let name = spec.name.clone();
        if let Some(twin) = self.twin(&name) {
            return Err(Refusal::TooAlike { name, twin });
        }
        let index = match self.by_name.get(&name) {
            Some(&index) => {
                let machine = &mut self.machines[index];
                if !machine.is_over() || machine.spec.defined_at().is_some() {
                    return Err(Refusal::NameTaken { name, phase: machine.phase.word().to_string() });
                }
                machine.spec = Arc::new(spec);
                index
            }
            None => self.add(now, Arc::new(spec)),
        };
        self.with(now, Cause::User, outcome, index, Machine::start);
        Ok(Accepted { revision: self.revision, affected: vec![name], unchanged: Vec::new() })
    }

    /// A process, or a forgotten one, whose name differs in case only: on many disks both would have one directory.
    fn twin(&self, name: &ProcessName) -> Option<ProcessName> {
        let lower = name.as_str().to_lowercase();
        let is_twin = |other: &&ProcessName| *other != name && other.as_str().to_lowercase() == lower;
        self.by_name.keys().chain(self.past.keys()).find(is_twin).cloned()
    }

    fn shut_down(&mut self, now: Timestamp, outcome: &mut Outcome, how: Shutdown) -> Accepted {
        let mut accepted = Accepted::default();
        match how {
            Shutdown::Detach => self.leave(now, outcome),
            Shutdown::Stop => {
                self.shutting_down.get_or_insert(now);
                self.touch();
                for index in 0..self.machines.len() {
                    if self.with(now, Cause::Shutdown, outcome, index, Machine::stop) == Verdict::Affected {
                        accepted.affected.push(self.machines[index].spec.name.clone());
                    }
                }
            }
        }
        accepted.revision = self.revision;
        accepted
    }

    fn learn(&mut self, now: Timestamp, outcome: &mut Outcome, run: &RunId, fact: Fact) {
        // A fact about a run that has been succeeded is history: its keeper is still saying goodbye.
        if let Some(&index) = self.by_run.get(run) {
            let cause = self.machines[index].cause_of(&fact);
            self.with(now, cause, outcome, index, |machine, step| machine.learn(step, fact));
        }
    }

    fn adopt(&mut self, now: Timestamp, outcome: &mut Outcome, adopted: Adopted) {
        let index = match self.by_name.get(&adopted.spec.name) {
            Some(&index) => index,
            None => self.add(now, adopted.spec.clone()),
        };
        self.with(now, Cause::Adoption, outcome, index, |machine, step| machine.adopt(step, adopted));
    }

    fn pass_time(&mut self, now: Timestamp, outcome: &mut Outcome) {
        for index in 0..self.machines.len() {
            if self.deadlines[index].is_some_and(|deadline| deadline <= now) {
                self.with(now, Cause::Policy, outcome, index, Machine::pass_time);
            }
        }
    }

    /// What the current run of a process was begun from under this supervisor, and its number.
    pub fn begun(&self, run: &RunId) -> Option<(&Arc<ProcessSpec>, RunNo)> {
        let machine = &self.machines[*self.by_run.get(run)?];
        let run = machine.run.as_ref().filter(|run| !run.adopted)?;
        Some((&machine.spec, run.no))
    }

    /// Runs `act` on one machine and does the bookkeeping around it.
    fn with<R>(
        &mut self,
        now: Timestamp,
        cause: Cause,
        outcome: &mut Outcome,
        index: usize,
        act: impl FnOnce(&mut Machine, &mut Step<'_>) -> R,
    ) -> R {
        let machine = &mut self.machines[index];
        let before = machine.run.as_ref().map(|run| (run.id.clone(), run.over));
        let wish = (machine.wanted, machine.restarts, machine.row, machine.stopped);
        let result = act(machine, &mut Step { now, cause, outcome, ids: &mut self.ids });
        let after = machine.run.as_ref().map(|run| (run.id.clone(), run.over));
        self.deadlines[index] = machine.next_deadline();
        self.registry_changed |= wish != (machine.wanted, machine.restarts, machine.row, machine.stopped);
        if before != after {
            self.figures[index] = Figures::default();
            if let Some((id, _)) = before {
                self.by_run.remove(&id);
            }
            if let Some((id, _)) = after {
                self.by_run.insert(id, index);
            }
        }
        self.rows[index] = None;
        self.revision += 1;
        result
    }

    fn leave_when_done(&mut self, now: Timestamp, outcome: &mut Outcome) {
        let Some(since) = self.shutting_down.filter(|_| !self.left) else { return };
        // Asked at every step: somebody who lives is found soon, and how long each may take only matters after the grace.
        let is_overdue = || since + SHUTDOWN_GRACE <= now && since + self.longest_stop() <= now;
        if !self.is_anybody_live() || is_overdue() {
            self.leave(now, outcome);
        }
    }

    fn leave(&mut self, now: Timestamp, outcome: &mut Outcome) {
        self.left = true;
        let left_running = self.live();
        let what = What::SupervisorLeft { left_running: u32::try_from(left_running).unwrap_or(u32::MAX) };
        Step { now, cause: Cause::User, outcome, ids: &mut self.ids }.event(None, None, what);
        outcome.effects.push(Effect::Leave);
    }

    fn is_anybody_live(&self) -> bool {
        self.machines.iter().any(|machine| machine.phase.is_live())
    }

    /// How many processes may be alive.
    fn live(&self) -> usize {
        self.machines.iter().filter(|machine| machine.phase.is_live()).count()
    }

    fn longest_stop(&self) -> std::time::Duration {
        let held = |m: &Machine| matches!(&m.phase, Phase::Stopping(s) if s.held);
        let longest = self.machines.iter().filter(|m| !held(m)).map(|m| m.spec.stop.until_kill()).max();
        longest.unwrap_or_default() + SHUTDOWN_GRACE
    }

    fn touch(&mut self) {
        self.revision += 1;
        self.registry_changed = true;
    }
}

const fn command_word(command: &Command) -> &'static str {
    match command {
        Command::Up(_) => "up",
        Command::Start(_) => "start",
        Command::Stop(_) => "stop",
        Command::Restart(_) => "restart",
        Command::Kill(_) => "kill",
        Command::NextStage(_) => "next stage",
        Command::Hold(_) => "hold",
        Command::Signal(..) => "signal",
        Command::Input { .. } => "input",
        Command::Resize { .. } => "resize",
        Command::Add(_) => "run",
        Command::Remove(_) => "remove",
        Command::Shutdown(Shutdown::Stop) => "shutdown",
        Command::Shutdown(Shutdown::Detach) => "detach",
    }
}
