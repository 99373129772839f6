//! Keepers whose clock differs, that were killed, or that an earlier supervisor began.

use super::{RUNNING, Script, check};
use crate::domain::effect::{Effect, Fact, Input};
use crate::domain::event::What;
use crate::domain::exit::{Exit, ExitBy, ExitStatus};
use crate::domain::phase::{Failure, Phase};
use crate::domain::signal::Signal;
use crate::domain::time::Timestamp;

#[test]
fn a_keeper_whose_clock_differs_holds_up_nothing() {
    let hour = 3_600_000;
    for at in [10 * hour, 12 * hour] {
        let mut script = Script::new("no");
        script.now = Timestamp(11 * hour);
        script.step("start");
        let launched = Fact::Launched { pid: 10, keeper_pid: 9, at: Timestamp(at) };
        let run = script.runs[0].clone();
        let outcome = script.fleet.step(script.now, Input::Fact(run.clone(), launched));
        script.tell(&outcome);
        script.step("100ms");
        assert_eq!(script.told.join(" "), "starting launch#1 running");
        assert_eq!(script.row().phase, Phase::Running { since: Timestamp(11 * hour) });
        // An hour's uptime is no early exit, though its keeper's clock says that it has ended before it began.
        script.now = Timestamp(12 * hour);
        let exit = Exit { status: ExitStatus::Code(3), by: ExitBy::Itself, at: Timestamp(at) };
        script.fleet.step(script.now, Input::Fact(run, Fact::Exited { exit, last_lines: Vec::new() }));
        assert_eq!(script.row().phase, Phase::Failed { why: Failure::Exited { exit, last_lines: Vec::new() } }, "{at}");
    }
}

#[test]
fn a_lost_keeper_leaves_an_unknown_never_a_guess() {
    check("no", &format!("{RUNNING} lost"), "starting launch#1 running unknown");
    check("on-failure", &format!("{RUNNING} lost; 200ms"), "starting launch#1 running backoff starting launch#2");
    check("on-failure", &format!("{RUNNING} lost 10 11; 1h"), "starting launch#1 running unknown");
    check(
        "on-failure",
        &format!("{RUNNING} lost 10; stop; swept; 1h"),
        "starting launch#1 running unknown stopping sweep stopped",
    );
    check(
        "on-failure",
        &format!("{RUNNING} lost 10; restart; swept; launched"),
        "starting launch#1 running unknown stopping sweep starting launch#2",
    );
    // Who lives is not replaced by a start.
    check("on-failure", &format!("{RUNNING} lost 10; start; up; 1h"), "starting launch#1 running unknown");
    check("no", &format!("{RUNNING} lost; start"), "starting launch#1 running unknown starting launch#2");
    check("orphans stop", &format!("{RUNNING} lost 10; swept"), "starting launch#1 running unknown sweep");
    check(
        "orphans stop, on-failure",
        &format!("{RUNNING} lost 10; stage 1; swept; 200ms"),
        "starting launch#1 running unknown sweep backoff starting launch#2",
    );
    // How it ended was known before: what follows from that stands.
    check(
        "orphans stop, on-failure",
        &format!("{RUNNING} 1s; exited 3; lost 10; swept; 1h"),
        "starting launch#1 running backoff sweep starting launch#2",
    );
    check(
        "orphans stop",
        &format!("{RUNNING} exited 0; lost 10; swept; 1h; stop"),
        "starting launch#1 running completed sweep",
    );
    check(
        "orphans stop, on-failure",
        &format!("{RUNNING} 1s; exited 3; lost 10; 200ms; swept"),
        "starting launch#1 running backoff sweep stopping sweep starting launch#2",
    );
    check(
        "no",
        &format!("{RUNNING} stop; lost 10; swept"),
        "starting launch#1 running stopping tell-stop sweep stopped",
    );
    let mut script = Script::new("no").run(&format!("{RUNNING} lost"));
    assert_eq!(script.row().exit().unwrap().status, ExitStatus::Unknown);
}

#[test]
fn adoption_goes_on_where_the_last_supervisor_was() {
    check("on-failure", "adopt live up; up", "running");
    // C3: it died while nobody looked, and its policy is carried out.
    check("on-failure", "adopt exit 3 up; 200ms", "backoff starting launch#5");
    check("on-failure", "adopt exit 0 up; up; 1h", "completed");
    // Stopped as asked stays so, through the first `up`.
    let mut script = Script::new("on-failure").run("adopt exit 0 stage 1 down; up; 1h");
    assert_eq!(script.row().phase.word().as_str(), "stopped");
    check("on-failure", "adopt exit 0 stage 1 down; start", "starting launch#5");
    // It was to be restarted, and had just been stopped for that.
    check("on-failure", "adopt exit 0 stage 1 up", "starting launch#5");
    // Stopped by hand while it waited for its restart.
    let mut script = Script::new("on-failure").run("adopt stopped 3 down; up; 1h");
    assert_eq!(script.row().phase.word().as_str(), "stopped");
    // It had ended before: what it was is what it is.
    let mut script = Script::new("on-failure").run("adopt exit 3 down; up; 1h");
    assert_eq!(script.row().phase.word().as_str(), "failed");
    let mut script = Script::new("on-failure").run("adopt exit 0 down; up; 1h");
    assert_eq!(script.row().phase.word().as_str(), "completed");
    // After an orderly end everything is history, and `up` starts it.
    check("on-failure", "adopt history 1 up; 1h; up", "failed starting launch#5");
    check("on-failure", "adopt nothing down", "unknown");
}

#[test]
fn a_run_that_was_dying_when_it_was_adopted_is_seen_to_its_end() {
    // The record knew of the exit, and the keeper tells it once more: what was due after the stop is done.
    check(
        "on-failure",
        "adopt dying TERM stage 1 up; launched; stage 1; exited TERM stage 1; grew; emptied; launched; 1s",
        "running stopping starting launch#5 running",
    );
    check(
        "on-failure",
        "adopt dying TERM stage 1 down; launched; stage 1; exited TERM stage 1; grew; emptied",
        "running stopping stopped",
    );
    check(
        "on-failure",
        "adopt dying 0 up; launched; exited 0; grew; stop; emptied",
        "running completed stopping tell-stop stopped",
    );
    check(
        "on-failure",
        "adopt dying TERM stage 1 up; exited TERM stage 1; emptied",
        "running stopping starting launch#5",
    );
}

#[test]
fn a_stop_that_got_lost_on_its_way_is_told_again() {
    // Asked of the supervisor before, which died of it.
    check(
        "always",
        "adopt live down; launched; grew; stage 1; grew; exited TERM stage 1; emptied; up; 1h",
        "running stopping tell-stop stopped",
    );
    // It had arrived: a stop that was held is not hurried by being asked for twice.
    check("always", "adopt live down; launched; stage 1; grew", "running stopping");
    check("always", "adopt live down; lost 10; swept", "running stopping sweep stopped");
    check("always", "adopt born down; launched; grew; stage 1", "starting stopping tell-stop");
    // The connection broke between the order and the stage it leads to.
    check("no", &format!("{RUNNING} stop; launched; grew"), "starting launch#1 running stopping tell-stop tell-stop");
    check(
        "no",
        &format!("{RUNNING} stop; stage 1; launched; stage 1; grew"),
        "starting launch#1 running stopping tell-stop",
    );
    check(
        "no",
        &format!("{RUNNING} stop; stage 1; kill; launched; stage 1; grew"),
        "starting launch#1 running stopping tell-stop tell-kill tell-kill",
    );
    // Its keeper did not read, and it was asked for once more.
    check(
        "no",
        &format!("{RUNNING} stop; stop; stage 1; stop"),
        "starting launch#1 running stopping tell-stop tell-stop",
    );
    check(
        "no",
        &format!("{RUNNING} stop; kill; stop"),
        "starting launch#1 running stopping tell-stop tell-kill tell-kill",
    );
    // One that was held walks on.
    check(
        "no",
        &format!("{RUNNING} stop; stage 1; hold; held; stop; stage 2; stop"),
        "starting launch#1 running stopping tell-stop tell-hold tell-stop",
    );
    // Asked for before there was anybody to ask.
    check(
        "no",
        "start; stop; next; hold; launched",
        "starting launch#1 stopping refused(p is stopping: its stop has not \
         begun; try again in a moment) refused(p is stopping: its stop has not begun; try again in a moment) tell-stop",
    );
}

#[test]
fn what_never_began_begins_now() {
    check("no", "adopt void up; launched; 1s", "starting launch#5 running");
    check("no", "adopt void down; up", "");
    check("no", "adopt void down; start", "starting launch#5");
}

#[test]
fn what_a_reboot_cut_off_is_history() {
    check("on-failure", "adopt reboot up; 1h", "unknown");
    check("on-failure", "adopt reboot up; 1h; up; launched; 1s", "unknown starting launch#5 running");
    // Nobody shows the pid of a process that is not there.
    let mut script = Script::new("on-failure").run("adopt reboot up");
    assert_eq!((script.row().pid(), script.row().exit().unwrap().status), (None, ExitStatus::Unknown));
}

#[test]
fn a_wait_that_an_earlier_supervisor_had_begun_is_no_further_attempt() {
    let attempt = |script: &str| {
        let row = Script::new("on-failure").run(script).row();
        let Phase::Backoff { attempt, .. } = row.phase else { panic!("{row:?}") };
        attempt
    };
    assert_eq!(attempt("adopt exit 3 up"), 1);
    assert_eq!(attempt("adopt counted 3 up"), 1, "it was counted when the wait began");
    assert_eq!(attempt("adopt lingering 3 up; launched; exited 3; grew"), 1, "also where something of it lives still");
    let mut counted = Script::new("on-failure").run("adopt counted 3 up; 200ms");
    assert_eq!(counted.told.join(" "), "backoff starting launch#5");
    counted = counted.run("launched; 100ms; exited 3; emptied");
    assert!(matches!(counted.row().phase, Phase::Backoff { attempt: 2, .. }), "{:?}", counted.row().phase);
}

#[test]
fn an_end_by_itself_is_followed_by_policy_though_its_leftovers_are_being_stopped() {
    // A failed start whose leftovers a supervisor was stopping when it died. The keeper tells the end before the stage.
    check("no", "adopt live up; launched; exited 3; stage 1; grew; emptied; 1h", "running failed tell-stop");
    let told = "adopt live up; launched; exited TERM stage 1; stage 1; grew; emptied";
    check("no", told, "running stopping starting launch#5");
}

#[test]
fn a_signal_to_the_keeper_of_an_adopted_run_stops_it_for_good() {
    check("no", "adopt live up; launched; grew; stage 1; exited TERM stage 1; emptied; 1h", "running stopping stopped");
}

#[test]
fn a_kill_outlives_the_keeper_that_had_not_confirmed_it() {
    let mut script = Script::new("no").run(&format!("{RUNNING} stop; stage 1; kill"));
    let run = script.runs[0].clone();
    let lost = Fact::KeeperLost { orphans: vec![10], why: "killed".into() };
    let outcome = script.fleet.step(script.now, Input::Fact(run, lost));
    let [Effect::Sweep(_, ladder)] = outcome.effects.as_slice() else { panic!("{:?}", outcome.effects) };
    assert_eq!(ladder.stages().iter().map(|stage| stage.signal).collect::<Vec<_>>(), [Signal::Kill]);
}

#[test]
fn lost_output_is_told_when_it_begins_and_when_it_has_doubled() {
    let mut told = 0;
    let mut script = Script::new("no").run(RUNNING);
    for lost in 1..=1000 {
        let fact = Fact::Grew { end: 1, lines: 1, lost };
        let outcome = script.fleet.step(script.now, Input::Fact(script.runs[0].clone(), fact));
        told += outcome.events.iter().filter(|event| matches!(event.what, What::LogLost { .. })).count();
    }
    assert_eq!(told, 10, "1, 2, 4 … 512");
    assert_eq!(script.row().run.as_ref().unwrap().log_lost, 1000);
}

#[test]
fn a_stop_from_outside_that_a_reconnection_tells_of_is_no_restart() {
    let told = format!("{RUNNING} launched; stage 1; exited TERM stage 1; grew; emptied; 1h");
    check("always", &told, "starting launch#1 running stopping stopped");
}
