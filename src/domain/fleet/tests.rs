//! The whole fleet under a deterministic simulator of keepers: laws that hold for any order of commands and facts.

mod laws;
mod ledger;
mod simulator;

use crate::domain::effect::Sampled;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::snapshot::Usage;
use crate::domain::spec::Program;
use simulator::{NAMES, Simulator, a_move};

proptest! {
    /// Never two live runs of one process (asserted at every launch), and a stop at the end brings everything to rest.
    #[test]
    fn any_order_of_commands_leaves_one_instance_and_can_be_stopped(moves in prop::collection::vec(a_move(), 1..200)) {
        let mut sim = Simulator::new();
        sim.make(moves);
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

    /// What was asked to be down comes to rest though the supervisor that was asked is dead, and stays so.
    #[test]
    fn a_stop_outlives_the_supervisor_that_was_asked_for_it(moves in prop::collection::vec(a_move(), 1..200), luck: bool) {
        let mut sim = Simulator::new();
        sim.make(moves);
        sim.crash(luck);
        for which in 0..40 {
            sim.advance(which, 255);
        }
        sim.pass(Duration::from_hours(1));
        for name in sim.down.clone() {
            let phase = sim.phase(name.as_str());
            prop_assert!(phase.is_settled(), "{name} is {phase:?} after a stop");
            prop_assert!(sim.keepers.values().all(|keeper| keeper.spec.name != name), "{name} lives");
        }
    }

    /// A shutdown always ends in leaving, whatever was going on.
    #[test]
    fn a_shutdown_always_leaves(moves in prop::collection::vec(a_move(), 1..60)) {
        let mut sim = Simulator::new();
        sim.make(moves);
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
fn who_comes_behind_one_that_is_removed_is_still_known_by_its_run() {
    let mut sim = Simulator::new();
    let name = |text: &str| ProcessName::new(text).unwrap();
    for process in ["a", "b", "group:c"] {
        sim.step(Input::Command(Command::Start(Target::one(name(process))))).unwrap().unwrap();
        sim.advance(0, 255);
    }
    sim.step(Input::Command(Command::Stop(Target::one(name("b"))))).unwrap().unwrap();
    for _ in 0..20 {
        sim.advance(1, 255);
    }
    let last = sim.fleet.machines[1].last_no;
    let outcome = sim.fleet.step(sim.now, Input::Command(Command::Remove(Target::one(name("b")))));
    assert_eq!(outcome.effects, []);
    let accepted = outcome.reply.unwrap().unwrap();
    let rows = sim.fleet.snapshot(sim.now);
    assert_eq!(accepted.revision, rows.revision);
    assert!(rows.rows.iter().all(|row| *row.name() != name("b")));
    assert!(sim.fleet.wishes().all(|(of, _)| of != name("b")));
    // A fact about the last one reaches the last one.
    let run = rows.rows[1].run.as_ref().unwrap().id.clone();
    sim.fleet.step(sim.now, Input::Fact(run, Fact::Grew { end: 7, lines: 1, lost: 0 }));
    assert_eq!(sim.fleet.snapshot(sim.now).rows[1].run.as_ref().unwrap().log_end, 7);
    // One that is added under the old name begins behind, and its runs are counted on.
    let spec = ProcessSpec::new(name("b"), Program::Command(vec!["true".into()]), "/".into());
    let outcome = sim.fleet.step(sim.now, Input::Command(Command::Add(Box::new(spec))));
    assert!(matches!(outcome.effects.as_slice(), [Effect::Launch(order)] if order.no.0 == last.0 + 1));
}

#[test]
fn zombies_change_the_row_and_other_figures_pass() {
    let mut sim = Simulator::new();
    let start = Command::Start(Target::one(ProcessName::new("a").unwrap()));
    sim.step(Input::Command(start)).unwrap().unwrap();
    sim.advance(0, 255);
    let run = sim.fleet.snapshot(sim.now).rows[0].run.as_ref().unwrap().id.clone();
    let mut updated = |memory_bytes, zombies| {
        sim.now = sim.now + Duration::from_secs(1);
        let usage = Usage { memory_bytes, zombies, pids: 2, ..Usage::default() };
        let sampled = vec![Sampled { run: run.clone(), usage, tree: Arc::new([]) }];
        sim.step(Input::Sample(sampled, MachineLoad::default()));
        sim.fleet.snapshot(sim.now).rows[0].last_updated == sim.now
    };
    assert_eq!([updated(7, 0), updated(8, 1), updated(9, 1), updated(9, 0)], [false, true, false, true]);
}

#[test]
fn figures_that_come_after_the_end_are_of_nobody() {
    let mut sim = Simulator::new();
    let one = || Target::one(ProcessName::new("a").unwrap());
    sim.step(Input::Command(Command::Start(one()))).unwrap().unwrap();
    sim.advance(0, 255);
    let run = sim.fleet.snapshot(sim.now).rows[0].run.as_ref().unwrap().id.clone();
    let sampled = |sim: &mut Simulator| {
        let usage = Usage { memory_bytes: 7, pids: 1, ..Usage::default() };
        let sampled = vec![Sampled { run: run.clone(), usage, tree: Arc::new([]) }];
        sim.step(Input::Sample(sampled, MachineLoad::default()));
        sim.fleet.snapshot(sim.now).rows[0].usage.memory_bytes
    };
    assert_eq!(sampled(&mut sim), 7);
    sim.step(Input::Command(Command::Kill(one()))).unwrap().unwrap();
    for _ in 0..20 {
        sim.advance(0, 255);
    }
    assert_eq!(sim.phase("a").word().as_str(), "stopped");
    assert_eq!(sampled(&mut sim), 0, "taken while it lived, told when it was gone");
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
