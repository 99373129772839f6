//! Any process by its pid.

use crate::domain::Usage;
use crate::platform::identity::Identity;
use crate::platform::sweep::SweepReport;
use crate::supervisor::bare::Bare;
use crate::tui::fixture::{ago, running};
use crate::tui::message::{Effect, Msg};
use crate::tui::script::Script;

fn identity() -> Identity {
    Identity { pid: 4711, start_ticks: 99, boot_id: "boot".into() }
}

fn seen(zombie: bool) -> Box<Bare> {
    Box::new(Bare {
        identity: identity(),
        parent_pid: 1,
        name: "node".into(),
        command: vec!["node".into(), "server.js".into()],
        started_at: ago(90),
        zombie,
        usage: Usage { cpu_percent: 1.0, memory_bytes: 1 << 20, threads: 7, pids: 1, zombies: 0 },
        tree_usage: Usage::default(),
        tree: Vec::new().into(),
    })
}

#[test]
fn a_pid_is_looked_at_and_stopped_once_that_is_chosen() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.keys("p").types("4711").keys("enter");
    assert_eq!(script.effects, [Effect::LookAt(4711)]);
    for (key, force) in [("s", false), ("k", true)] {
        script.effects.clear();
        script.msg(Msg::Looked(4711, Some(seen(false))));
        let screen = script.screen();
        for part in ["pid 4711: node", "node server.js", "up 1m 30s", "parent 1", "threads 7"] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
        // Who it is was bound when it was seen: a stranger of the same pid is another.
        script.keys(key);
        assert_eq!(script.effects, [Effect::Sweep(identity(), force)]);
        assert!(script.toast().starts_with("pid 4711 is being"), "{}", script.toast());
    }
    script.effects.clear();
    script.msg(Msg::Looked(4711, Some(seen(false)))).keys("enter");
    assert_eq!(script.effects, [], "the harmless answer is the focused one");
}

#[test]
fn what_is_no_pid_or_is_not_there_is_said() {
    let mut script = Script::new(vec![running("a", 10)]);
    for text in ["web", "-1", "4294967296", "1.5"] {
        script.keys("p").types(text).keys("enter");
        let fault = script.model.entry.as_ref().and_then(|entry| entry.fault.clone()).unwrap_or_default();
        assert!(fault.contains("is no pid"), "{text}: {fault}");
        script.keys("esc");
    }
    script.keys("p").keys("enter");
    assert!(script.model.entry.is_none() && script.effects.is_empty());
    script.msg(Msg::Looked(7, None));
    assert_eq!(script.toast(), "there is no process 7, or it ended just now");
    script.msg(Msg::Looked(4711, Some(seen(true))));
    assert!(!script.screen().contains("stop it"), "a zombie cannot be stopped: {}", script.screen());
}

#[test]
fn keys_that_are_meant_for_a_line_answer_no_question() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.keys("n").types("ma").msg(Msg::Looked(4711, Some(seen(false)))).types("ks").keys("enter");
    assert!(script.model.menu.is_none());
    assert!(!script.effects.iter().any(|effect| matches!(effect, Effect::Sweep(..))), "{:?}", script.effects);
}

#[test]
fn one_that_runs_here_is_named_and_what_came_of_a_stop_is_told() {
    let mut script = Script::new(vec![running("api", 4711)]);
    script.msg(Msg::Looked(4711, Some(seen(false))));
    assert!(script.screen().contains("It runs here as api"), "{}", script.screen());
    script.keys("esc").msg(Msg::Swept(4711, Ok(SweepReport { ended: 2, killed: 1, left: vec![] })));
    assert_eq!(script.toast(), "4711: stopped; 2 ended, 1 had to be killed");
    script.msg(Msg::Swept(4711, Ok(SweepReport { ended: 0, killed: 0, left: vec![4711, 4712] })));
    assert!(script.toast().starts_with("could not be ended: pid 4711, 4712"), "{}", script.toast());
    script.msg(Msg::Swept(4711, Err("there is no process 4711".into())));
    assert_eq!(script.toast(), "there is no process 4711");
}
