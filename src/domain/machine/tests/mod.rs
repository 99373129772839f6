//! Scripts as sentences: what happens on the left, what the machine does about it on the right.

mod keepers;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::command::{Command, Shutdown, Target};
use crate::domain::effect::{Adopted, Effect, Fact, Input, Outcome, RunOrder, Wanted};
use crate::domain::event::What;
use crate::domain::exit::{Exit, ExitBy, ExitStatus};
use crate::domain::fleet::Fleet;
use crate::domain::name::ProcessName;
use crate::domain::phase::{Phase, Stage};
use crate::domain::run::{RunId, RunNo, SpawnFailure, SpawnStep};
use crate::domain::signal::Signal;
use crate::domain::snapshot::{ProjectInfo, SupervisorInfo};
use crate::domain::spec::{Orphans, ProcessSpec, Program, Restart, RestartWhen};
use crate::domain::time::Timestamp;

/// One process `p` under a script of steps separated by `;`. A step is a command (`start`), a fact (`launched`,
/// `exited 1`, `emptied`), or a length of time that passes (`100ms`).
struct Script {
    fleet: Fleet,
    now: Timestamp,
    runs: Vec<RunId>,
    told: Vec<String>,
}

fn spec(policy: &str) -> ProcessSpec {
    let name = ProcessName::new("p").unwrap();
    let mut spec = ProcessSpec::new(name, Program::Command(vec!["true".into()]), "/".into());
    let when = match policy {
        "always" => RestartWhen::Always,
        "on-failure" | "limit 2" | "orphans stop, on-failure" => RestartWhen::OnFailure,
        "no" | "orphans stop" => RestartWhen::No,
        other => panic!("no policy {other}"),
    };
    spec.restart = Restart { when, limit: if policy == "limit 2" { 2 } else { 0 }, ..Restart::default() };
    if policy.starts_with("orphans stop") {
        spec.orphans = Orphans::Stop;
    }
    spec
}

fn fleet(specs: Vec<ProcessSpec>) -> Fleet {
    let project = ProjectInfo { name: "t".into(), id: "t".into(), root: "/".into(), config: None };
    let supervisor = SupervisorInfo { pid: 1, started_at: Timestamp(0), version: "0".into(), headless: true };
    let run_dir = Arc::new(|name: &ProcessName, no: RunNo| format!("/{name}/{no}").into());
    Fleet::new(Timestamp(0), Arc::new(project), Arc::new(supervisor), specs, 7, run_dir)
}

impl Script {
    fn new(policy: &str) -> Self {
        Self { fleet: fleet(vec![spec(policy)]), now: Timestamp(0), runs: Vec::new(), told: Vec::new() }
    }

    fn run(mut self, script: &str) -> Self {
        for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
            self.step(step);
        }
        self
    }

    fn step(&mut self, step: &str) {
        if let Ok(length) = step.parse::<jiff::SignedDuration>() {
            return self.pass(length.unsigned_abs());
        }
        let input = self.input(step);
        let outcome = self.fleet.step(self.now, input);
        self.tell(&outcome);
    }

    fn pass(&mut self, length: Duration) {
        let end = self.now + length;
        while let Some(deadline) = self.fleet.next_deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline.max(self.now);
            let outcome = self.fleet.step(self.now, Input::Deadline);
            self.tell(&outcome);
        }
        self.now = end;
    }

    fn input(&self, step: &str) -> Input {
        let all = Target::all;
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        let run = self.runs.last().cloned().unwrap_or_else(|| RunId::derive(0, 0));
        let fact = |fact| Input::Fact(run.clone(), fact);
        match word {
            "up" => Input::Command(Command::Up(None)),
            "start" => Input::Command(Command::Start(all())),
            "stop" => Input::Command(Command::Stop(all())),
            "restart" => Input::Command(Command::Restart(all())),
            "kill" => Input::Command(Command::Kill(all())),
            "next" => Input::Command(Command::NextStage(all())),
            "hold" => Input::Command(Command::Hold(all())),
            "remove" => Input::Command(Command::Remove(all())),
            "down" => Input::Command(Command::Shutdown(Shutdown::Stop)),
            "detach" => Input::Command(Command::Shutdown(Shutdown::Detach)),
            "launched" => fact(Fact::Launched { pid: 10, keeper_pid: 9, at: self.now }),
            "missing" => fact(Fact::LaunchFailed(failure(SpawnStep::Program))),
            "nofork" => fact(Fact::LaunchFailed(failure(SpawnStep::Fork))),
            "stage" => fact(Fact::StageEntered(self.stage(rest))),
            "held" => fact(Fact::Held),
            "exited" => fact(Fact::Exited { exit: self.exit(rest), last_lines: vec!["oops".into()] }),
            "emptied" => fact(Fact::Emptied { killed: rest.parse().unwrap_or(0) }),
            "lost" => fact(Fact::KeeperLost { orphans: pids(rest), why: "keeper killed".into() }),
            "grew" => fact(Fact::Grew { end: 1, lines: 1, lost: rest.parse().unwrap_or(0) }),
            "swept" => fact(Fact::OrphansGone { killed: 1 }),
            "adopt" => Input::Adopt(Box::new(self.adopted(rest))),
            other => panic!("no step {other}"),
        }
    }

    fn stage(&self, number: &str) -> Stage {
        let number = number.parse().unwrap();
        Stage { number, of: 3, signal: Signal::Term, since: self.now, until: self.now }
    }

    /// `7`, `TERM`, `0 stage 1`, `KILL kill`, `TERM limit`.
    fn exit(&self, text: &str) -> Exit {
        let mut words = text.split(' ');
        let what = words.next().unwrap();
        let status = what.parse().map_or_else(|_| ExitStatus::Signal(what.parse().unwrap()), ExitStatus::Code);
        let by = match (words.next(), words.next()) {
            (Some("stage"), Some(stage)) => ExitBy::StopStage(stage.parse().unwrap()),
            (Some("kill"), _) => ExitBy::Kill,
            (Some("limit"), _) => ExitBy::Limit,
            _ => ExitBy::Itself,
        };
        Exit { status, by, at: self.now }
    }

    /// `live up`, `born up`, `dying TERM stage 1 up`, `exit 3 up`, `counted 3 up`, `stopped 3 down`, `lingering 3 up`, `exit 0 stage 1 down`, `history 1 up`,
    /// `reboot up`, `nothing up`, `void up`.
    fn adopted(&self, text: &str) -> Adopted {
        let (kind, rest) = text.split_once(' ').unwrap();
        let (rest, wanted) = rest.rsplit_once(' ').unwrap_or(("", rest));
        Adopted {
            runs_as: None,
            counted: RunNo(if matches!(kind, "counted" | "lingering") { 4 } else { 0 }),
            // Who lives and is to be down was asked to stop.
            stopped: RunNo(if kind == "stopped" || (kind == "live" && wanted == "down") { 4 } else { 0 }),
            last_lines: Vec::new(),
            spec: Arc::new(spec("on-failure")),
            no: RunNo(4),
            id: Some(self.runs.last().cloned().unwrap_or_else(|| RunId::derive(0, 0))),
            live: matches!(kind, "live" | "dying" | "born" | "lingering"),
            begun: kind != "void",
            launched: (!matches!(kind, "void" | "born")).then_some((10, 9, self.now)),
            exit: matches!(kind, "exit" | "counted" | "stopped" | "lingering" | "history" | "dying")
                .then(|| self.exit(rest)),
            failure: None,
            killed: 0,
            wanted: Some(if wanted == "up" { Wanted::Up } else { Wanted::Down }),
            restarts: if matches!(kind, "counted" | "lingering") { (0, 1) } else { (0, 0) },
            log: (0, 0, 0),
            history: matches!(kind, "history" | "reboot"),
        }
    }

    fn tell(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            if let What::Changed { from, to, .. } = &event.what
                && from != to
            {
                self.told.push(to.to_string());
            }
        }
        for effect in &outcome.effects {
            self.told.push(match effect {
                Effect::Launch(order) => {
                    self.runs.push(order.id.clone());
                    format!("launch#{}", order.no)
                }
                Effect::Tell(_, RunOrder::Stop(_)) => "tell-stop".into(),
                Effect::Tell(_, RunOrder::Kill) => "tell-kill".into(),
                Effect::Tell(_, RunOrder::NextStage) => "tell-next".into(),
                Effect::Tell(_, RunOrder::Hold) => "tell-hold".into(),
                Effect::Tell(_, other) => format!("{other:?}"),
                Effect::Sweep(..) => "sweep".into(),
                Effect::Leave => "leave".into(),
            });
        }
        if let Some(Err(refusal)) = &outcome.reply {
            self.told.push(format!("refused({refusal})"));
        }
    }

    fn row(&mut self) -> Arc<crate::domain::Row> {
        self.fleet.snapshot(self.now).rows[0].clone()
    }
}

fn failure(step: SpawnStep) -> SpawnFailure {
    SpawnFailure { step, errno: 2, message: "nope".into() }
}

fn pids(text: &str) -> Vec<u32> {
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

#[track_caller]
fn check(policy: &str, script: &str, expect: &str) {
    assert_eq!(Script::new(policy).run(script).told.join(" "), expect, "\n   policy {policy}: {script}");
}

const RUNNING: &str = "start; launched; 100ms; ";

#[test]
fn a_start_is_running_after_the_early_window() {
    check("no", "start; launched", "starting launch#1");
    check("no", "start; launched; 99ms", "starting launch#1");
    check("no", "start; launched; 100ms", "starting launch#1 running");
    check("no", "start; start; launched; 1s; start", "starting launch#1 running");
}

#[test]
fn the_policy_decides_what_follows_an_end() {
    let ran = "starting launch#1 running ";
    let after = |policy: &str, exit: &str, expect: &str| {
        check(policy, &format!("{RUNNING} 1s; exited {exit}; emptied"), &format!("{ran}{expect}"));
    };
    after("no", "0", "completed");
    after("no", "7", "failed");
    after("no", "SEGV", "failed");
    after("on-failure", "0", "completed");
    after("on-failure", "7", "backoff");
    after("always", "0", "backoff");
    after("always", "7", "backoff");
}

#[test]
fn who_asks_for_what_is_going_on_already_is_one_of_those_who_wait_for_it() {
    let mut script = Script::new("no");
    for (before, command) in [("", "start"), ("", "start"), ("launched; 100ms", "stop"), ("stage 1", "stop")] {
        script = script.run(before);
        let input = script.input(command);
        let outcome = script.fleet.step(script.now, input);
        script.tell(&outcome);
        let Some(Ok(accepted)) = outcome.reply else { panic!("{:?}", outcome.reply) };
        assert_eq!((accepted.affected.len(), accepted.unchanged.len()), (1, 0), "{command} after {before:?}");
    }
    assert_eq!(script.told.join(" "), "starting launch#1 running stopping tell-stop");
}

#[test]
fn an_exit_in_the_early_window_is_a_failed_start() {
    let mut script = Script::new("no").run("start; launched; 50ms; exited 3; emptied");
    let row = script.row();
    assert_eq!(row.phase.why().unwrap(), "failed start: exit 3 after 50 ms: oops");
    check("no", "start; launched; 50ms; exited 0; emptied", "starting launch#1 completed");
}

#[test]
fn a_failed_start_leaves_nothing_half_started() {
    check(
        "no",
        "start; launched; exited 1; stage 1; emptied 3; start",
        "starting launch#1 failed tell-stop starting launch#2",
    );
    check(
        "no",
        "start; launched; 100ms; exited 1; start; emptied",
        "starting launch#1 running failed stopping tell-stop starting launch#2",
    );
}

#[test]
fn kill_is_told_alone() {
    check(
        "no",
        &format!("{RUNNING} kill; exited KILL kill; emptied 1"),
        "starting launch#1 running stopping tell-kill stopped",
    );
    check(
        "no",
        &format!("{RUNNING} stop; kill; kill"),
        "starting launch#1 running stopping tell-stop tell-kill tell-kill",
    );
}

#[test]
fn back_off_grows_and_ends_at_the_limit() {
    check(
        "limit 2",
        "start; launched; exited 1; emptied; 200ms; launched; exited 1; emptied; 400ms; launched; exited 1; emptied; 1h",
        "starting launch#1 backoff tell-stop starting launch#2 backoff tell-stop starting launch#3 failed tell-stop",
    );
    let mut script = Script::new("limit 2").run("start; launched; exited 1; emptied; 199ms");
    assert!(matches!(script.row().phase, Phase::Backoff { attempt: 1, limit: 2, .. }));
}

#[test]
fn sustained_uptime_resets_the_back_off() {
    let once = "launched; 10s; exited 1; emptied; 200ms; ";
    let script = Script::new("limit 2").run(&format!("start; {}", once.repeat(8)));
    assert_eq!(script.runs.len(), 9, "{:?}", script.told);
    let hasty = "launched; 9s; exited 1; emptied; 30s; ";
    let script = Script::new("limit 2").run(&format!("start; {}", hasty.repeat(8)));
    assert_eq!(script.runs.len(), 3, "{:?}", script.told);
}

#[test]
fn a_manual_stop_wins() {
    check(
        "always",
        &format!("{RUNNING} stop; exited TERM stage 1; emptied; 1h"),
        "starting launch#1 running stopping tell-stop stopped",
    );
    // B4: during the back-off wait.
    check("always", &format!("{RUNNING} exited 1; emptied; stop; 1h"), "starting launch#1 running backoff stopped");
    // An exit by itself that crosses the stop on its way.
    check(
        "always",
        &format!("{RUNNING} stop; exited 1; emptied; 1h"),
        "starting launch#1 running stopping tell-stop stopped",
    );
}

#[test]
fn what_its_keeper_stopped_because_its_time_was_up_has_failed_and_is_not_begun_anew() {
    for policy in ["no", "on-failure", "always"] {
        check(
            policy,
            &format!("{RUNNING} stage 1; exited TERM limit; emptied; 1h"),
            "starting launch#1 running stopping failed",
        );
        check(policy, &format!("{RUNNING} exited TERM limit; emptied; 1h"), "starting launch#1 running failed");
    }
    check("on-failure", "adopt exit 0 limit up; 1h; up; 1h", "failed");
    check("on-failure", "adopt exit 0 limit up; start", "failed starting launch#5");
    let asked = format!("{RUNNING} stage 1; restart; exited TERM limit; emptied");
    check("no", &asked, "starting launch#1 running stopping starting launch#2");
    let mut script = Script::new("no").run(&format!("{RUNNING} exited TERM limit; emptied"));
    let why = script.fleet.snapshot(script.now).rows[0].phase.why().unwrap();
    assert_eq!(why, "over its time limit: SIGTERM");
}

#[test]
fn commands_in_every_order_leave_one_instance() {
    check(
        "no",
        &format!("{RUNNING} restart; restart; restart; exited TERM stage 1; emptied; launched; 1s"),
        "starting launch#1 running stopping tell-stop starting launch#2 running",
    );
    // B2: start while stopping.
    check(
        "no",
        &format!("{RUNNING} stop; start; start; exited TERM stage 1; emptied; launched"),
        "starting launch#1 running stopping tell-stop starting launch#2",
    );
    check(
        "no",
        &format!("{RUNNING} restart; stop; exited TERM stage 1; emptied; 1h"),
        "starting launch#1 running stopping tell-stop stopped",
    );
    // Stop while starting: the order waits for the keeper.
    check("no", "start; stop; launched; exited TERM stage 1; emptied", "starting launch#1 stopping tell-stop stopped");
    check("no", "start; stop; missing", "starting launch#1 stopping stopped");
    check(
        "no",
        "start; restart; launched; exited TERM stage 1; emptied; launched; 1s",
        "starting launch#1 stopping tell-stop starting launch#2 running",
    );
    check("no", "restart; launched; 1s", "starting launch#1 running");
}

#[test]
fn stages_can_be_hurried_and_held() {
    check(
        "no",
        &format!("{RUNNING} stop; stage 1; next; stage 2; hold; kill; exited KILL kill; emptied 1"),
        "starting launch#1 running stopping tell-stop tell-next tell-hold tell-kill stopped",
    );
    check("no", "next", "refused(p is stopped: only a stop in progress has a next stage; `pm stop` begins one)");
}

#[test]
fn leftovers_are_emptied_before_a_new_run() {
    check(
        "no",
        &format!("{RUNNING} exited 0; start; emptied 2; launched"),
        "starting launch#1 running completed stopping tell-stop starting launch#2",
    );
    check(
        "always",
        &format!("{RUNNING} exited 1; 200ms; emptied; launched"),
        "starting launch#1 running backoff stopping tell-stop starting launch#2",
    );
    check(
        "no",
        &format!("{RUNNING} exited 0; stop; emptied"),
        "starting launch#1 running completed stopping tell-stop stopped",
    );
}

#[test]
fn what_a_person_must_mend_is_not_tried_again() {
    check("always", "start; missing; 1h", "starting launch#1 failed");
    check("always", "start; nofork; 200ms", "starting launch#1 backoff starting launch#2");
}

#[test]
fn shutdown_stops_everything_and_leaves() {
    check(
        "always",
        &format!("{RUNNING} down; start; exited TERM stage 1; emptied"),
        "starting launch#1 running stopping tell-stop \
         refused(the supervisor is shutting down; start it again with `pm up -d`) stopped leave",
    );
    check("no", "down", "leave");
    check("no", &format!("{RUNNING} detach"), "starting launch#1 running leave");
    check("no", &format!("{RUNNING} down; 29s"), "starting launch#1 running stopping tell-stop");
    check("no", &format!("{RUNNING} down; 30s"), "starting launch#1 running stopping tell-stop leave");
}

#[test]
fn only_what_is_over_is_removed() {
    check("no", "remove", "");
    let refused = "refused(p is running: only what is over can be removed; `pm stop` ends it)";
    check("no", &format!("{RUNNING} remove"), &format!("starting launch#1 running {refused}"));
    check(
        "no",
        &format!("{RUNNING} exited 0; remove"),
        "starting launch#1 running completed \
         refused(p is completed: only what is over can be removed; `pm stop` ends it)",
    );
    check("no", &format!("{RUNNING} exited 0; emptied; remove"), "starting launch#1 running completed");
}
