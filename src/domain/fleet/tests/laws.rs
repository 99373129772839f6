//! What holds of every launch, every wait and every stop, in any order of commands, facts and deaths.

use std::time::Duration;

use proptest::prelude::*;

use super::simulator::{Move, NAMES, Simulator, a_move};
use crate::domain::command::{Command, Target};
use crate::domain::effect::Input;
use crate::domain::name::ProcessName;
use crate::domain::phase::PhaseWord;

/// Mostly ends and the passing of time, so that rows grow long.
fn a_move_of_a_row() -> impl Strategy<Value = Move> {
    prop_oneof![
        12 => (0usize..8, any::<u8>()).prop_map(|(which, how)| Move::Advance(which, how)),
        6 => (0u16..5000).prop_map(Move::Pass),
        1 => (0u8..9, 0usize..4).prop_map(|(verb, name)| Move::Command(verb, name)),
        1 => any::<bool>().prop_map(Move::Crash),
    ]
}

fn all(of: fn(Target) -> Command) -> Input {
    Input::Command(of(Target::all()))
}

proptest! {
    /// No number and no id is given twice (the ledger asserts it at every launch), and whatever was launched has one end, which is
    /// told as it was.
    #[test]
    fn each_launch_is_one_of_its_own_and_has_exactly_one_end(moves in prop::collection::vec(a_move(), 1..200)) {
        let mut sim = Simulator::new();
        sim.make(moves);
        sim.step(all(Command::Stop)).unwrap().unwrap();
        sim.drain(&[]);
        sim.ledger.assert_closed();
    }

    /// The ledger asserts it whenever a back-off begins.
    #[test]
    fn the_waits_of_a_row_never_fall(moves in prop::collection::vec(a_move_of_a_row(), 1..200)) {
        let mut sim = Simulator::new();
        sim.step(all(Command::Start)).unwrap().unwrap();
        sim.make(moves);
    }

    /// Whatever comes of the launches and of the keepers meanwhile.
    #[test]
    fn what_was_stopped_is_stopped_and_what_had_ended_is_as_it_was(
        moves in prop::collection::vec(a_move(), 1..200),
        luck in prop::collection::vec(any::<u8>(), 0..20),
        dies in prop::option::of(any::<bool>()),
    ) {
        let mut sim = Simulator::new();
        sim.make(moves);
        let ended: Vec<Option<PhaseWord>> =
            sim.fleet.machines.iter().map(|m| m.is_over().then(|| m.phase.word())).collect();
        sim.step(all(Command::Stop)).unwrap().unwrap();
        if let Some(luck) = dies {
            sim.crash(luck);
        }
        sim.drain(&luck);
        sim.pass(Duration::from_hours(1));
        for (name, ended) in NAMES.iter().zip(ended) {
            let word = sim.phase(name).word();
            let is_as_it_was = ended == Some(word);
            // Of a keeper that was lost before it had begun, the next supervisor knows that nothing ran.
            let never_ran = dies.is_some() && ended == Some(PhaseWord::Unknown);
            let is_stopped = (ended.is_none() || never_ran) && word == PhaseWord::Stopped;
            // And of one that was given up because its keepers were killed, that nobody knows how it ended.
            let is_lost = dies.is_some() && ended == Some(PhaseWord::Failed) && word == PhaseWord::Unknown;
            prop_assert!(is_as_it_was || is_stopped || is_lost, "{name} is {word}, was {ended:?}");
        }
    }
}

#[test]
fn the_waits_of_a_row_grow_until_a_start_by_hand() {
    let mut sim = Simulator::new();
    let start = || Input::Command(Command::Start(Target::one(ProcessName::new("group:c").unwrap())));
    let end = |sim: &mut Simulator| {
        // Launched, ended with 0, empty.
        for how in [255, 102, 255] {
            sim.advance(0, how);
        }
        let wait = sim.ledger.wait("group:c").expect("a back-off").as_millis();
        sim.pass(Duration::from_millis(u64::try_from(wait).unwrap()));
        wait
    };
    sim.step(start()).unwrap().unwrap();
    assert_eq!([(); 4].map(|()| end(&mut sim)), [200, 400, 800, 1600]);
    sim.step(Input::Command(Command::Stop(Target::all()))).unwrap().unwrap();
    sim.drain(&[]);
    sim.step(start()).unwrap().unwrap();
    assert_eq!(end(&mut sim), 200);
}
