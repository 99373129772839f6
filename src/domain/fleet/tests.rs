//! The whole fleet under a deterministic simulator of keepers: laws that hold for any order of commands and facts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::exit::{Exit, ExitBy, ExitStatus};
use crate::domain::signal::Signal;
use crate::domain::spec::{Program, Restart, RestartWhen};

/// What one simulated keeper will do next.
#[derive(Debug)]
struct SimKeeper {
    process: ProcessName,
    launched: bool,
    stopping: bool,
    exited: bool,
}

/// Keepers as the fleet's effects make them, driven by numbers drawn by proptest.
struct Simulator {
    fleet: Fleet,
    now: Timestamp,
    keepers: HashMap<RunId, SimKeeper>,
    left: bool,
}

const NAMES: [&str; 4] = ["a", "b", "group:c", "group:d"];

impl Simulator {
    fn new() -> Self {
        let project = ProjectInfo { name: "t".into(), id: "t".into(), root: "/".into(), config: None };
        let supervisor = SupervisorInfo { pid: 1, started_at: Timestamp(0), version: "0".into(), headless: true };
        let policies = [RestartWhen::No, RestartWhen::OnFailure, RestartWhen::Always, RestartWhen::Always];
        let specs = NAMES.iter().zip(policies).map(|(name, when)| {
            let name = ProcessName::new(name).unwrap();
            let mut spec = ProcessSpec::new(name, Program::Command(vec!["x".into()]), "/".into());
            spec.restart = Restart { when, limit: 5, ..Restart::default() };
            spec
        });
        let run_dir: RunDir = Arc::new(|name, no| format!("/{name}/{no}").into());
        let fleet = Fleet::new(Timestamp(0), project.into(), supervisor.into(), specs.collect(), 1, run_dir);
        Self { fleet, now: Timestamp(0), keepers: HashMap::new(), left: false }
    }

    fn step(&mut self, input: Input) -> Option<Reply> {
        let before = self.fleet.revision();
        let outcome = self.fleet.step(self.now, input);
        assert!(self.fleet.revision() >= before, "a revision never goes back");
        for effect in outcome.effects {
            match effect {
                Effect::Launch(order) => {
                    let process = order.spec.name.clone();
                    let twin = self.keepers.values().find(|keeper| keeper.process == process);
                    assert!(twin.is_none(), "{process} was launched while a run of it lives");
                    let keeper = SimKeeper { process, launched: false, stopping: false, exited: false };
                    self.keepers.insert(order.id, keeper);
                }
                Effect::Tell(run, RunOrder::Stop(_) | RunOrder::Kill) => {
                    let keeper = self.keepers.get_mut(&run).expect("a stop is told to a living keeper");
                    assert!(keeper.launched, "a stop is told after the launch");
                    keeper.stopping = true;
                }
                Effect::Tell(..) => {}
                Effect::Sweep(run, _) => {
                    self.keepers.entry(run).and_modify(|keeper| keeper.stopping = true);
                }
                Effect::Leave => self.left = true,
            }
        }
        outcome.reply
    }

    /// Lets keeper number `which` do the next thing it can do; `how` draws what.
    fn advance(&mut self, which: usize, how: u8) {
        let mut ids: Vec<RunId> = self.keepers.keys().cloned().collect();
        ids.sort();
        let Some(id) = ids.get(which % ids.len().max(1)).cloned() else { return };
        let at = self.now;
        let keeper = self.keepers.get_mut(&id).expect("just listed");
        let fact = match (keeper.launched, keeper.exited, keeper.stopping) {
            (false, ..) if how < 20 => {
                self.keepers.remove(&id);
                let message = "no".to_owned();
                let step = if how < 10 { super::super::SpawnStep::Fork } else { super::super::SpawnStep::Program };
                Fact::LaunchFailed(super::super::SpawnFailure { step, errno: 0, message })
            }
            (false, ..) => {
                keeper.launched = true;
                Fact::Launched { pid: 2, keeper_pid: 1, at }
            }
            (true, ..) if how < 10 => {
                self.keepers.remove(&id);
                Fact::KeeperLost { orphans: Vec::new(), why: "killed".into() }
            }
            (true, false, stopping) => {
                keeper.exited = true;
                let by = if stopping { ExitBy::StopStage(1) } else { ExitBy::Itself };
                let status =
                    if how < 128 { ExitStatus::Code(i32::from(how % 3)) } else { ExitStatus::Signal(Signal::Term) };
                Fact::Exited { exit: Exit { status, by, at }, last_lines: Vec::new() }
            }
            (true, true, _) => {
                self.keepers.remove(&id);
                Fact::Emptied { killed: 0 }
            }
        };
        self.step(Input::Fact(id, fact));
    }

    fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(deadline) = self.fleet.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline.max(self.now);
            self.step(Input::Deadline);
        }
        self.now = end;
    }

    fn phase(&mut self, name: &str) -> Phase {
        let now = self.now;
        let snapshot = self.fleet.snapshot(now);
        snapshot.rows.iter().find(|row| row.name().as_str() == name).unwrap().phase.clone()
    }
}

#[derive(Clone, Debug)]
enum Move {
    Command(u8, usize),
    Advance(usize, u8),
    Pass(u16),
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        (0u8..9, 0usize..4).prop_map(|(verb, name)| Move::Command(verb, name)),
        (0usize..8, any::<u8>()).prop_map(|(which, how)| Move::Advance(which, how)),
        (0u16..5000).prop_map(Move::Pass),
    ]
}

fn command(verb: u8, name: usize) -> Command {
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

proptest! {
    /// Never two live runs of one process (asserted at every launch), and a stop at the end brings everything to rest.
    #[test]
    fn any_order_of_commands_leaves_one_instance_and_can_be_stopped(moves in prop::collection::vec(a_move(), 1..200)) {
        let mut sim = Simulator::new();
        for step in moves {
            match step {
                Move::Command(verb, name) => drop(sim.step(Input::Command(command(verb, name)))),
                Move::Advance(which, how) => sim.advance(which, how),
                Move::Pass(millis) => sim.pass(Duration::from_millis(millis.into())),
            }
        }
        sim.step(Input::Command(Command::Stop(Target::all()))).unwrap().unwrap();
        for _ in 0..20 {
            sim.advance(0, 255);
        }
        prop_assert!(sim.keepers.is_empty(), "still alive: {:?}", sim.keepers);
        sim.pass(Duration::from_hours(1));
        for name in NAMES {
            let phase = sim.phase(name);
            prop_assert!(phase.is_settled(), "{name} is {phase:?} after a stop");
        }
        prop_assert!(sim.keepers.is_empty(), "a stopped process was started again: {:?}", sim.keepers);
    }

    /// A shutdown always ends in leaving, whatever was going on.
    #[test]
    fn a_shutdown_always_leaves(moves in prop::collection::vec(a_move(), 1..60)) {
        let mut sim = Simulator::new();
        for step in moves {
            match step {
                Move::Command(verb, name) => drop(sim.step(Input::Command(command(verb, name)))),
                Move::Advance(which, how) => sim.advance(which, how),
                Move::Pass(millis) => sim.pass(Duration::from_millis(millis.into())),
            }
        }
        sim.step(Input::Command(Command::Shutdown(Shutdown::Stop)));
        sim.pass(Duration::from_secs(31));
        prop_assert!(sim.left);
    }
}

#[test]
fn targets_take_names_globs_and_all() {
    let mut sim = Simulator::new();
    let mut affected = |patterns: &[&str]| {
        let target = Target::Patterns(patterns.iter().map(ToString::to_string).collect());
        let reply = sim.step(Input::Command(Command::Start(target))).unwrap();
        reply.map(|accepted| accepted.affected.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(affected(&["group:*"]).unwrap(), "group:c group:d");
    assert_eq!(affected(&["b", "a", "a"]).unwrap(), "a b");
    let refusal = affected(&["aa"]).unwrap_err();
    assert_eq!(refusal.to_string(), "no process matches \"aa\"; did you mean \"a\"?");
    assert_eq!(affected(&["nothing*"]).unwrap_err().to_string(), "no process matches \"nothing*\"; `pm ps` lists them");
}

#[test]
fn snapshots_share_rows_that_have_not_changed() {
    let mut sim = Simulator::new();
    let first = sim.fleet.snapshot(sim.now);
    sim.step(Input::Command(Command::Start(Target::one(ProcessName::new("b").unwrap())))).unwrap().unwrap();
    let second = sim.fleet.snapshot(sim.now);
    assert!(second.revision > first.revision);
    assert!(Arc::ptr_eq(&first.rows[0], &second.rows[0]));
    assert!(!Arc::ptr_eq(&first.rows[1], &second.rows[1]));
}
