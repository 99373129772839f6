//! A deterministic simulator of keepers around a fleet: what it is told to do it does, in whatever order it is driven.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::super::*;
use super::ledger::Ledger;
use crate::domain::effect::LaunchOrder;
use crate::domain::exit::{Exit, ExitBy, ExitStatus};
use crate::domain::phase::Stage;
use crate::domain::run::{SpawnFailure, SpawnStep};
use crate::domain::signal::Signal;
use crate::domain::spec::{Program, Restart, RestartWhen};

/// One simulated keeper, and what its record says.
#[derive(Clone, Debug)]
pub struct SimKeeper {
    id: RunId,
    pub spec: Arc<ProcessSpec>,
    no: RunNo,
    pub launched: Option<Timestamp>,
    /// An order that is on its way.
    mail: Option<Signal>,
    stopping: Option<Signal>,
    pub exit: Option<Exit>,
    failure: Option<SpawnFailure>,
    over: bool,
}

impl SimKeeper {
    fn report(&self, at: Timestamp) -> Vec<Fact> {
        let stage = |signal| Stage { number: 1, of: 1, signal, since: at, until: at };
        let launched = self.launched.map(|at| Fact::Launched { pid: 2, keeper_pid: 1, at });
        let said = [launched, self.stopping.map(|signal| Fact::StageEntered(stage(signal)))];
        let exited = self.exit.map(|exit| Fact::Exited { exit, last_lines: Vec::new() });
        let grew = self.launched.map(|_| Fact::Grew { end: 0, lines: 0, lost: 0 });
        said.into_iter().flatten().chain(exited).chain(grew).collect()
    }
}

/// Keepers as the fleet's effects make them, driven by numbers drawn by proptest. They outlive the fleet.
pub struct Simulator {
    pub fleet: Fleet,
    pub now: Timestamp,
    pub keepers: HashMap<RunId, SimKeeper>,
    /// The record of the newest run of each process.
    records: HashMap<ProcessName, SimKeeper>,
    registry: HashMap<ProcessName, Wish>,
    /// Was asked to be down, and not asked for since.
    pub down: HashSet<ProcessName>,
    /// Its keeper is dead, and the fleet does not know it yet.
    unheard: Option<RunId>,
    supervisors: u64,
    pub left: bool,
    /// What the laws are held against.
    pub ledger: Ledger,
}

pub const NAMES: [&str; 4] = ["a", "b", "group:c", "group:d"];

fn fleet(seed: u64, now: Timestamp) -> Fleet {
    let project = ProjectInfo { name: "t".into(), id: "t".into(), root: "/".into(), config: None };
    let supervisor = SupervisorInfo { pid: 1, started_at: now, version: "0".into(), headless: true };
    let policies = [RestartWhen::No, RestartWhen::OnFailure, RestartWhen::Always, RestartWhen::Always];
    let specs = NAMES.iter().zip(policies).map(|(name, when)| {
        let name = ProcessName::new(name).unwrap();
        let mut spec = ProcessSpec::new(name, Program::Command(vec!["x".into()]), "/".into());
        spec.restart = Restart { when, limit: 5, ..Restart::default() };
        spec
    });
    let run_dir: RunDir = Arc::new(|name, no| format!("/{name}/{no}").into());
    Fleet::new(now, project.into(), supervisor.into(), specs.collect(), seed, run_dir)
}

impl Simulator {
    pub fn new() -> Self {
        Self {
            fleet: fleet(1, Timestamp(0)),
            now: Timestamp(0),
            keepers: HashMap::new(),
            records: HashMap::new(),
            registry: HashMap::new(),
            down: HashSet::new(),
            unheard: None,
            supervisors: 1,
            left: false,
            ledger: Ledger::default(),
        }
    }

    pub fn step(&mut self, input: Input) -> Option<Reply> {
        let before = self.fleet.revision();
        self.note_wish(&input);
        let is_wish = matches!(input, Input::Command(_));
        let is_start = matches!(input, Input::Command(Command::Start(_) | Command::Restart(_) | Command::Up(_)));
        let outcome = self.fleet.step(self.now, input);
        assert!(self.fleet.revision() >= before, "a revision never goes back");
        if is_wish {
            self.save();
        }
        self.ledger.note(self.now, &self.fleet.machines, is_start, &outcome);
        for effect in outcome.effects {
            match effect {
                Effect::Launch(order) => self.launch(*order),
                // Its loss is about to be told; until then nobody can know.
                Effect::Tell(run, _) if self.unheard.as_ref() == Some(&run) => {}
                Effect::Tell(run, order @ (RunOrder::Stop(_) | RunOrder::Kill)) => {
                    let keeper = self.keepers.get_mut(&run).expect("a stop is told to a living keeper");
                    assert!(keeper.launched.is_some(), "a stop is told after the launch");
                    keeper.mail = Some(if order == RunOrder::Kill { Signal::Kill } else { Signal::Term });
                }
                Effect::Tell(..) => {}
                Effect::Sweep(run, _) => panic!("{run} has no orphans to be swept"),
                Effect::Leave => self.left = true,
            }
        }
        outcome.reply
    }

    fn note_wish(&mut self, input: &Input) {
        let Input::Command(command) = input else { return };
        match command {
            Command::Stop(target) | Command::Kill(target) => {
                let indices = self.fleet.resolve(target).unwrap();
                let machines = &self.fleet.machines;
                self.down.extend(indices.into_iter().map(|index| machines[index].spec.name.clone()));
            }
            Command::Start(_) | Command::Restart(_) | Command::Up(_) => self.down.clear(),
            Command::NextStage(_)
            | Command::Hold(_)
            | Command::Signal(..)
            | Command::Input { .. }
            | Command::Resize { .. }
            | Command::Add(_)
            | Command::Remove(_)
            | Command::Shutdown(_) => {}
        }
    }

    fn save(&mut self) {
        if self.fleet.take_registry_change() {
            self.registry = self.fleet.wishes().collect();
        }
    }

    fn launch(&mut self, order: LaunchOrder) {
        let process = order.spec.name.clone();
        let twin = self.keepers.values().find(|keeper| keeper.spec.name == process);
        assert!(twin.is_none(), "{process} was launched while a run of it lives");
        assert!(!self.down.contains(&process), "{process} was launched although it is to be down");
        let LaunchOrder { spec, no, id } = order;
        self.ledger.launched(&process, no, &id);
        let keeper = SimKeeper {
            id: id.clone(),
            spec,
            no,
            launched: None,
            mail: None,
            stopping: None,
            exit: None,
            failure: None,
            over: false,
        };
        self.records.insert(process, keeper.clone());
        self.keepers.insert(id, keeper);
    }

    /// Lets keeper number `which` do the next thing it can do; `how` draws what.
    pub fn advance(&mut self, which: usize, how: u8) {
        let mut ids: Vec<RunId> = self.keepers.keys().cloned().collect();
        ids.sort();
        let Some(id) = ids.get(which % ids.len().max(1)).cloned() else { return };
        let at = self.now;
        let keeper = self.keepers.get_mut(&id).expect("just listed");
        let mut is_gone = false;
        let facts = match keeper {
            SimKeeper { launched: None, failure, over, .. } if how < 20 => {
                let step = if how < 10 { SpawnStep::Fork } else { SpawnStep::Program };
                let refused = SpawnFailure { step, errno: 0, message: "no".to_owned() };
                (*failure, *over, is_gone) = (Some(refused.clone()), true, true);
                vec![Fact::LaunchFailed(refused)]
            }
            SimKeeper { launched: launched @ None, .. } => {
                *launched = Some(at);
                keeper.report(at)
            }
            _ if how < 10 => {
                is_gone = true;
                vec![Fact::KeeperLost { orphans: Vec::new(), why: "killed".into() }]
            }
            SimKeeper { mail, stopping, .. } if mail.is_some() => {
                *stopping = mail.take();
                keeper.report(at)[1..2].to_vec()
            }
            SimKeeper { exit: exit @ None, stopping, .. } => {
                let by = if stopping.is_some() { ExitBy::StopStage(1) } else { ExitBy::Itself };
                let status =
                    if how < 128 { ExitStatus::Code(i32::from(how % 3)) } else { ExitStatus::Signal(Signal::Term) };
                let ended = Exit { status, by, at };
                *exit = Some(ended);
                vec![Fact::Exited { exit: ended, last_lines: Vec::new() }]
            }
            SimKeeper { over, .. } => {
                (*over, is_gone) = (true, true);
                vec![Fact::Emptied { killed: 0 }]
            }
        };
        self.records.insert(keeper.spec.name.clone(), keeper.clone());
        if is_gone {
            self.ledger.keeper_gone(&id, keeper.exit);
            self.keepers.remove(&id);
        }
        for fact in facts {
            self.step(Input::Fact(id.clone(), fact));
        }
    }

    /// The supervisor is killed, and the next one finds what is there. Where `luck` fails them, orders that are on their way
    /// are lost with it, and keepers that have not begun never will.
    pub fn crash(&mut self, luck: bool) {
        self.supervisors += 1;
        self.ledger.crashed();
        self.fleet = fleet(self.supervisors, self.now);
        if luck {
            self.keepers.values_mut().for_each(|keeper| keeper.stopping = keeper.mail.take().or(keeper.stopping));
        } else {
            self.keepers.values_mut().for_each(|keeper| keeper.mail = None);
            for (id, _) in self.keepers.extract_if(|_, keeper| keeper.launched.is_none()) {
                self.ledger.never_began(&id);
            }
        }
        let records: Vec<SimKeeper> = self.records.values().cloned().collect();
        for record in records {
            let begun = record.launched.is_some() || record.over || luck;
            let live = begun && !record.over;
            self.unheard = Some(record.id.clone()).filter(|id| live && !self.keepers.contains_key(id));
            self.adopt(&record, begun, live);
            let facts = match self.keepers.get(&record.id) {
                Some(keeper) => keeper.report(self.now),
                None if live => {
                    let exited = record.exit.map(|exit| Fact::Exited { exit, last_lines: Vec::new() });
                    let lost = Fact::KeeperLost { orphans: Vec::new(), why: "killed".into() };
                    exited.into_iter().chain([lost]).collect()
                }
                None => Vec::new(),
            };
            for fact in facts {
                self.step(Input::Fact(record.id.clone(), fact));
            }
        }
        self.save();
    }

    fn adopt(&mut self, record: &SimKeeper, begun: bool, live: bool) {
        let wish = self.registry.get(&record.spec.name);
        let adopted = Adopted {
            runs_as: None,
            counted: wish.map_or(RunNo(0), |wish| wish.counted),
            stopped: wish.map_or(RunNo(0), |wish| wish.stopped),
            last_lines: Vec::new(),
            spec: record.spec.clone(),
            no: record.no,
            id: begun.then(|| record.id.clone()),
            live,
            begun,
            launched: record.launched.map(|at| (2, 1, at)),
            exit: record.exit,
            failure: record.failure.clone(),
            killed: 0,
            wanted: wish.map(|wish| wish.wanted),
            restarts: wish.map_or((0, 0), |wish| wish.restarts),
            log: (0, 0, 0),
            history: false,
        };
        self.step(Input::Adopt(Box::new(adopted)));
    }

    pub fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(deadline) = self.fleet.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline.max(self.now);
            self.step(Input::Deadline);
        }
        self.now = end;
        self.save();
    }

    pub fn make(&mut self, moves: Vec<Move>) {
        for step in moves {
            match step {
                Move::Command(verb, name) => drop(self.step(Input::Command(command(verb, name)))),
                Move::Advance(which, how) => self.advance(which, how),
                Move::Pass(millis) => self.pass(Duration::from_millis(millis.into())),
                Move::Crash(luck) => self.crash(luck),
            }
        }
    }

    /// Lets the keepers go on until none is left; `luck` draws what the first steps are.
    pub fn drain(&mut self, luck: &[u8]) {
        for how in luck.iter().copied().chain(std::iter::repeat_n(255, 20)) {
            self.advance(usize::from(how), how);
        }
        assert!(self.keepers.is_empty(), "still alive: {:?}", self.keepers);
    }

    pub fn phase(&mut self, name: &str) -> Phase {
        let now = self.now;
        let snapshot = self.fleet.snapshot(now);
        snapshot.rows.iter().find(|row| row.name().as_str() == name).unwrap().phase.clone()
    }
}

#[derive(Clone, Debug)]
pub enum Move {
    Command(u8, usize),
    Advance(usize, u8),
    Pass(u16),
    Crash(bool),
}

pub fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0u8..9, 0usize..4).prop_map(|(verb, name)| Move::Command(verb, name)),
        8 => (0usize..8, any::<u8>()).prop_map(|(which, how)| Move::Advance(which, how)),
        2 => (0u16..5000).prop_map(Move::Pass),
        1 => any::<bool>().prop_map(Move::Crash),
    ]
}

pub fn command(verb: u8, name: usize) -> Command {
    let target = Target::one(ProcessName::new(NAMES[name]).unwrap());
    match verb {
        0 | 1 => Command::Start(target),
        2 | 3 => Command::Stop(target),
        4 | 5 => Command::Restart(target),
        6 => Command::Kill(target),
        7 => Command::NextStage(target),
        _ => Command::Up(None),
    }
}
