//! Scripts as sentences, and laws that hold for any script.

use proptest::prelude::*;

use super::*;

/// Plays a script such as `0 stop TERM 50 KILL; 50 tick; 51 main SIGKILL; 51 none` and gives the effects as words.
fn play(script: &str) -> String {
    play_with(Machine::new(), script)
}

fn play_with(mut machine: Machine, script: &str) -> String {
    let mut all = Vec::new();
    for line in script.split(';') {
        let mut words = line.split_whitespace();
        let now = words.next().unwrap().parse().unwrap();
        let input = input(words.next().unwrap(), &words.collect::<Vec<_>>());
        all.extend(machine.step(now, input).into_iter().map(|effect| format!("{now} {}", told(effect))));
    }
    all.join("; ")
}

#[test]
fn an_end_is_the_limits_doing_once_its_time_is_up_and_not_before() {
    let limited = || Machine::new().within(Some((30, vec![(Signal::Term, 10)])));
    assert_eq!(limited().next_deadline_ms(), Some(30));
    let table = [
        ("29 tick; 29 main 0", "29 exit 0 by itself"),
        ("30 tick; 31 main 0", "30 group TERM; 30 group CONT; 30 stage 1/2 TERM 10; 31 exit 0 by limit"),
        ("30 tick; 40 tick; 41 main SIGKILL", "SIGKILL by limit"),
        ("30 tick; 31 kill; 32 main SIGKILL", "SIGKILL by limit"),
        ("5 stop TERM 50; 30 tick; 31 main SIGTERM", "SIGTERM by stop stage 1"),
        ("5 kill; 30 tick; 31 main SIGKILL", "SIGKILL by kill"),
    ];
    for (script, expected) in table {
        let played = play_with(limited(), script);
        assert!(played.ends_with(expected), "{script}: {played}");
    }
    let left_over = play_with(limited(), "5 main 0; 30 tick; 90 tick");
    assert_eq!(left_over, "5 exit 0 by itself", "what a run has left behind has no limit");
}

fn input(verb: &str, rest: &[&str]) -> Input {
    match verb {
        "stop" => Input::Stop(rest.chunks(2).map(|pair| (pair[0].parse().unwrap(), wait(pair.get(1)))).collect()),
        "next" => Input::NextStage,
        "hold" => Input::Hold,
        "kill" => Input::Kill,
        "signal" => Input::Signal(rest[0].parse().unwrap()),
        "main" => Input::MainReaped(status(rest[0])),
        "other" => Input::OtherReaped(status(rest[0])),
        "none" => Input::NoChildren,
        "adrift" => Input::Adrift,
        "output" => Input::Output,
        "end" => Input::OutputEnded,
        "tick" => Input::Tick,
        other => panic!("no such input: {other}"),
    }
}

fn wait(word: Option<&&str>) -> u64 {
    word.map_or(0, |word| word.parse().unwrap())
}

fn status(word: &str) -> ExitStatus {
    word.parse().map_or_else(|_| ExitStatus::Signal(word.parse().unwrap()), ExitStatus::Code)
}

fn told(effect: Effect) -> String {
    match effect {
        Effect::SignalGroup(signal) => format!("group {signal}"),
        Effect::SignalTree(signal) => format!("tree {signal}"),
        Effect::SignalStragglers(signal) => format!("stragglers {signal}"),
        Effect::KillMain => "kill main".into(),
        Effect::KillPass => "pass".into(),
        Effect::Stage { number, of, signal, wait } => format!("stage {number}/{of} {signal} {wait}"),
        Effect::Held => "held".into(),
        Effect::Exited(status, by) => format!("{status} by {by}"),
        Effect::Stuck => "stuck".into(),
        Effect::Look => "look".into(),
        Effect::Finish(killed) => format!("finish {killed}"),
    }
}

fn check(script: &str, expect: &str) {
    assert_eq!(play(script), expect, "{script}");
}

#[test]
fn an_end_by_itself_is_told_before_the_output_has_ended() {
    check("5 main 7; 5 none; 6 end", "5 exit 7 by itself; 6 finish 0");
    check("5 end; 9 main 0; 9 none", "9 exit 0 by itself; 9 finish 0");
}

#[test]
fn the_ladder_climbs_with_time_and_ends_in_kill() {
    check(
        "0 stop TERM 1000 TERM 50; 499 tick; 500 tick; 1000 tick; 1025 tick; 1050 tick; 1051 main KILL; 1051 none; 1051 end",
        "0 group TERM; 0 group CONT; 0 stage 1/3 TERM 1000; 500 stragglers TERM; 500 stragglers CONT; \
         1000 group TERM; 1000 group CONT; 1000 stage 2/3 TERM 50; 1025 stragglers TERM; 1025 stragglers CONT; \
         1050 kill main; 1050 stage 3/3 KILL 0; 1051 SIGKILL by stop stage 3; 1051 finish 1",
    );
}

#[test]
fn a_stop_that_works_ends_in_its_stage() {
    check(
        "0 stop INT 9000; 3 main INT; 3 none; 3 end",
        "0 group INT; 0 group CONT; 0 stage 1/2 INT 9000; 3 SIGINT by stop stage 1; 3 finish 0",
    );
}

#[test]
fn when_the_leader_is_gone_its_number_is_not_signalled_again() {
    check(
        "0 stop TERM 20; 1 main TERM; 10 tick; 20 tick; 20 tick; 21 other KILL; 21 none; 21 end",
        "0 group TERM; 0 group CONT; 0 stage 1/2 TERM 20; 1 SIGTERM by stop stage 1; 10 stragglers TERM; 10 stragglers CONT; \
         20 stage 2/2 KILL 0; 20 pass; 21 finish 1",
    );
    check("1 main 0; 2 signal USR1", "1 exit 0 by itself; 2 tree USR1");
}

#[test]
fn hold_waits_for_the_next_order() {
    check(
        "0 stop HUP 1; 0 hold; 0 hold; 50000 tick; 50001 next",
        "0 group HUP; 0 group CONT; 0 stage 1/2 HUP 1; 0 stragglers HUP; 0 stragglers CONT; 0 held; \
         50001 kill main; 50001 stage 2/2 KILL 0",
    );
    check(
        "0 stop QUIT 500; 10 hold; 4000 stop USR1 1; 4400 tick; 4500 tick",
        "0 group QUIT; 0 stage 1/2 QUIT 500; 10 held; 4000 stage 1/2 QUIT 500; 4000 stragglers QUIT; 4500 kill main; 4500 stage 2/2 KILL 0",
    );
}

#[test]
fn kill_overtakes_a_ladder_and_is_a_kill() {
    check(
        "0 stop TERM 9000; 5 kill; 6 main KILL; 6 other KILL; 6 other 0; 6 none; 6 end",
        "0 group TERM; 0 group CONT; 0 stage 1/2 TERM 9000; 5 kill main; 5 stage 1/1 KILL 0; 6 SIGKILL by kill; 6 finish 2",
    );
}

#[test]
fn what_does_not_die_is_told_after_ten_seconds_and_tried_once_a_second() {
    let mut machine = Machine::new();
    machine.step(0, Input::Kill);
    let mut passes = Vec::new();
    let mut stuck = 0;
    while let Some(at) = machine.next_deadline_ms().filter(|at| *at < 15_500) {
        let effects = machine.step(at, Input::Tick);
        passes.push(at);
        machine.step(at, Input::PassDone);
        stuck += effects.iter().filter(|effect| **effect == Effect::Stuck).count();
    }
    assert_eq!(stuck, 1);
    assert_eq!(passes.iter().filter(|at| **at >= 11_500).count(), 4);
    assert!(passes.len() < 130, "{}", passes.len());
}

#[test]
fn a_pass_that_took_long_is_followed_by_a_rest_as_long() {
    let mut machine = Machine::new();
    machine.step(0, Input::MainReaped(ExitStatus::Code(0)));
    assert_eq!(machine.step(10, Input::Kill).last(), Some(&Effect::KillPass));
    machine.step(40, Input::PassDone);
    machine.step(41, Input::OtherReaped(ExitStatus::Code(0)));
    assert_eq!(machine.next_deadline_ms(), Some(70));
    assert_eq!(machine.step(70, Input::Tick), [Effect::KillPass]);
}

#[test]
fn a_stranger_who_holds_the_pipe_delays_the_end_but_not_for_ever() {
    check("0 main 0; 0 none; 199 tick; 200 tick", "0 exit 0 by itself; 200 finish 0");
    let chatter: Vec<_> = (1..=21).map(|n| format!("{} output", n * 100)).collect();
    check(&format!("0 main 0; 0 none; {}", chatter.join("; ")), "0 exit 0 by itself; 2000 finish 0");
}

#[test]
fn leftovers_are_kept_without_a_deadline() {
    let mut machine = Machine::new();
    machine.step(5, Input::MainReaped(ExitStatus::Code(0)));
    machine.step(6, Input::Output);
    assert_eq!(machine.next_deadline_ms(), None);
}

#[test]
fn what_another_parent_has_is_looked_for_until_it_is_gone() {
    check(
        "0 main 0; 0 adrift; 999 tick; 1000 tick; 1000 adrift; 1010 stop TERM 100; 1050 tick; 1050 adrift; 1110 tick; 1110 adrift; 1110 none; 1110 end",
        "0 exit 0 by itself; 1000 look; 1010 tree TERM; 1010 tree CONT; 1010 stage 1/2 TERM 100; 1050 look; \
         1110 stage 2/2 KILL 0; 1110 look; 1110 pass; 1110 finish 0",
    );
    let mut machine = Machine::new();
    machine.step(0, Input::MainReaped(ExitStatus::Code(0)));
    machine.step(0, Input::Adrift);
    assert_eq!(machine.next_deadline_ms(), Some(1000));
    machine.step(10, Input::Stop(vec![(Signal::Term, 40), (Signal::Kill, 0)]));
    assert_eq!(machine.next_deadline_ms(), Some(50));
}

fn any_input() -> impl Strategy<Value = Input> {
    let signal = || proptest::sample::select(Signal::NAMED);
    let status = || {
        prop_oneof![
            (0..256).prop_map(ExitStatus::Code),
            proptest::sample::select(Signal::NAMED).prop_map(ExitStatus::Signal)
        ]
    };
    prop_oneof![
        proptest::collection::vec((signal(), 0u64..500), 0..4).prop_map(Input::Stop),
        Just(Input::NextStage),
        Just(Input::Hold),
        Just(Input::Kill),
        signal().prop_map(Input::Signal),
        status().prop_map(Input::MainReaped),
        status().prop_map(Input::OtherReaped),
        Just(Input::Output),
        Just(Input::Adrift),
        Just(Input::OutputEnded),
        Just(Input::PassDone),
        Just(Input::Tick),
        Just(Input::Tick),
    ]
}

proptest! {
    #[test]
    fn laws_of_any_run(script in proptest::collection::vec((0u64..400, any_input()), 0..40)) {
        let mut machine = Machine::new();
        let mut now = 0;
        let mut effects = Vec::new();
        for (wait, input) in script {
            now += wait;
            effects.extend(machine.step(now, input));
        }
        let gone = effects.iter().position(|effect| matches!(effect, Effect::Exited(..)));
        let after = &effects[gone.unwrap_or(effects.len())..];
        prop_assert!(!after.iter().any(|e| matches!(e, Effect::SignalGroup(_) | Effect::KillMain)), "a reaped leader's number was used");
        prop_assert!(effects.iter().filter(|e| matches!(e, Effect::Exited(..))).count() <= 1);
        prop_assert!(!effects.iter().any(|e| matches!(e, Effect::Finish(_))), "it left before everything was reaped");
        let (mut stage, mut is_held) = (0, false);
        for effect in &effects {
            if let Effect::Stage { number, of: 2.., .. } = effect {
                // One that was held begins once more.
                prop_assert!(*number > stage || (is_held && *number == stage), "stages went back: {:?}", effects);
                (stage, is_held) = (*number, false);
            }
            is_held |= *effect == Effect::Held;
        }
        // Whatever came before: once nothing is left, it leaves within the longest drain.
        effects = machine.step(now, Input::NoChildren);
        for _ in 0..2 {
            effects.extend(machine.step(now + DRAIN_TOTAL_MS, Input::Tick));
        }
        prop_assert_eq!(effects.iter().filter(|e| matches!(e, Effect::Finish(_))).count(), 1);
        prop_assert_eq!(machine.next_deadline_ms(), None);
    }

    #[test]
    fn a_stop_reaches_kill_in_the_time_of_its_stages(stages in proptest::collection::vec((proptest::sample::select(Signal::NAMED), 0u64..500), 0..6)) {
        let total: u64 = stages.iter().map(|(_, wait)| wait).sum();
        let mut machine = Machine::new();
        let mut effects = machine.step(0, Input::Stop(stages));
        while let Some(at) = machine.next_deadline_ms().filter(|at| *at <= total) {
            effects.extend(machine.step(at, Input::Tick));
            if effects.contains(&Effect::KillMain) { break; }
        }
        prop_assert!(effects.contains(&Effect::KillMain));
    }
}
