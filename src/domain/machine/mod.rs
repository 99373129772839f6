//! One process: its phase, its newest run, and how they change. Pure: time comes in, effects go out.
//!
//! `command` holds what somebody asks for, `fact` what happens to the run, `policy` what follows an end. Called by
//! `domain::fleet` alone.

mod command;
mod fact;
mod policy;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::effect::{Adopted, Effect, LaunchOrder, RunOrder, Step, Wanted};
use super::event::{Cause, What};
use super::exit::Exit;
use super::phase::{Failure, Phase, Stopping, Then};
use super::run::{RunId, RunNo};
use super::spec::{ProcessSpec, StopLadder};
use super::time::Timestamp;

/// The newest run of a process.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number.
    pub no: RunNo,
    /// Its id.
    pub id: RunId,
    /// Its keeper's pid, once known.
    pub keeper_pid: Option<u32>,
    /// Its main process's pid, once known.
    pub pid: Option<u32>,
    /// When that was spawned, by its keeper's clock.
    pub started_at: Option<Timestamp>,
    /// When we heard of that, by our own.
    pub heard_at: Option<Timestamp>,
    /// How that ended.
    pub exit: Option<Exit>,
    /// Nothing of it is left.
    pub over: bool,
    /// How many had to be killed.
    pub killed: u32,
    /// Bytes, lines and lost bytes of output.
    pub log: (u64, u64, u64),
    /// Lost bytes when that was last told.
    pub loss_told: u64,
    /// Rows and columns its terminal was given last.
    pub screen: Option<(u16, u16)>,
    /// Its keeper is dead; what is left of it can only be swept.
    pub orphaned: bool,
    /// What it runs, where that is not what the process is meant to be by now.
    pub runs_as: Option<String>,
    /// It was begun under an earlier supervisor.
    pub adopted: bool,
    /// Its keeper has spoken to this supervisor.
    pub answered: bool,
    /// Its keeper is telling everything anew, because the connection is new; it ends with the size of the log.
    pub recounting: bool,
}

impl Run {
    fn new(no: RunNo, id: RunId) -> Self {
        Self {
            no,
            id,
            keeper_pid: None,
            pid: None,
            started_at: None,
            heard_at: None,
            exit: None,
            over: false,
            killed: 0,
            log: (0, 0, 0),
            loss_told: 0,
            screen: None,
            orphaned: false,
            runs_as: None,
            adopted: false,
            answered: false,
            recounting: false,
        }
    }
}

/// The state of one process.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What it is meant to be. A changed spec takes effect at the next start.
    pub spec: Arc<ProcessSpec>,
    /// Where it stands.
    pub phase: Phase,
    /// Its newest run.
    pub run: Option<Run>,
    /// What is wanted of it.
    pub wanted: Wanted,
    /// Restarts by policy since the last start by hand.
    pub restarts: u32,
    /// Restarts by policy in a row, without staying alive in between.
    pub row: u32,
    /// The last run whose end is counted in it.
    pub counted: RunNo,
    /// The last run that somebody had stopped, or put an end to the restarts of.
    pub stopped: RunNo,
    /// Since when the project knows it.
    pub created: Timestamp,
    /// When phase or run last changed.
    pub updated: Timestamp,
    /// Who had it started, or stopped, last: what its keeper tells of that is their doing.
    asked: Cause,
    /// Found after a crash in a state of rest: the next plain `up` leaves it so.
    pub resting: bool,
    /// The number of its newest run.
    pub last_no: RunNo,
    /// The stop or kill that the keeper has not confirmed yet, by entering a stage. It may have been lost on the way, with
    /// the connection or the supervisor before, so it is told again to a keeper that answers without having entered one.
    due: Option<RunOrder>,
}

impl Machine {
    /// A process that never ran, or whose newest run has number `last_no`.
    pub fn new(spec: Arc<ProcessSpec>, now: Timestamp, last_no: RunNo) -> Self {
        Self {
            spec,
            phase: Phase::Stopped { exit: None, killed: 0 },
            run: None,
            wanted: Wanted::Down,
            restarts: 0,
            row: 0,
            counted: RunNo(0),
            stopped: RunNo(0),
            created: now,
            updated: now,
            asked: Cause::Policy,
            resting: false,
            last_no,
            due: None,
        }
    }

    /// When this machine wants to be stepped next.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match (&self.phase, &self.run) {
            (Phase::Backoff { until, .. }, _) => Some(*until),
            (Phase::Starting { .. }, Some(run)) => run.heard_at.map(|at| at + self.spec.early_exit),
            (
                Phase::Starting { .. }
                | Phase::Stopped { .. }
                | Phase::Running { .. }
                | Phase::Stopping(_)
                | Phase::Completed { .. }
                | Phase::Failed { .. }
                | Phase::Unknown { .. },
                _,
            ) => None,
        }
    }

    /// The deadline has come, or any other time.
    pub fn pass_time(&mut self, step: &mut Step<'_>) {
        if self.next_deadline().is_none_or(|deadline| deadline > step.now) {
            return;
        }
        if let Some(since) = self.run.as_ref().and_then(|run| run.started_at)
            && matches!(self.phase, Phase::Starting { .. })
        {
            self.enter(step, Phase::Running { since });
        } else if matches!(self.phase, Phase::Backoff { .. }) {
            self.restarts += 1;
            self.begin(step);
        }
    }

    /// Takes over what a record says of the newest run.
    pub fn adopt(&mut self, step: &mut Step<'_>, adopted: Adopted) {
        let id = adopted.id.clone().unwrap_or_else(|| step.ids.draw());
        let mut run = Run::new(adopted.no, id);
        if let Some((pid, keeper_pid, at)) = adopted.launched {
            (run.pid, run.keeper_pid, run.started_at) = (Some(pid), Some(keeper_pid), Some(at));
        }
        run.adopted = true;
        run.runs_as.clone_from(&adopted.runs_as);
        run.recounting = adopted.live;
        // A run that lives tells its own end, and what it says is decided upon; its record would only come before it.
        run.exit = adopted.exit.filter(|_| !adopted.live);
        run.killed = adopted.killed;
        run.over = !adopted.live;
        run.log = adopted.log;
        self.last_no = adopted.no;
        self.wanted = adopted.wanted.unwrap_or_else(|| guess_wanted(&adopted));
        (self.restarts, self.row) = adopted.restarts;
        (self.counted, self.stopped) = (adopted.counted, adopted.stopped);
        let since = run.started_at;
        self.created = since.map_or(self.created, |since| since.min(self.created));
        self.run = Some(run);
        self.resting = !adopted.history;
        if adopted.live {
            let now = step.now;
            self.enter(step, since.map_or(Phase::Starting { since: now }, |since| Phase::Running { since }));
            if adopted.wanted == Some(Wanted::Down) {
                // Somebody had asked for a stop, and nobody knows how far that went.
                self.due = Some(RunOrder::Stop(self.spec.stop.clone()));
                self.enter_stopping(step, Then::Stay);
            }
        } else {
            self.settle(step, adopted);
        }
    }

    /// The run was over before this supervisor came: says how it ended, and goes on where that is due.
    fn settle(&mut self, step: &mut Step<'_>, adopted: Adopted) {
        let goes_on = !adopted.history && self.wanted == Wanted::Up;
        match (adopted.failure, adopted.exit) {
            (Some(failure), _) if goes_on => self.spawn_failed(step, failure),
            // Stopped by hand while it waited for the next attempt.
            (Some(_), _) if self.was_stopped() => self.come_to_rest(step),
            (Some(failure), _) => {
                let is_final = !failure.is_transient();
                let failure = Failure::Spawn { failure };
                let why = if is_final { failure } else { self.as_it_was(failure) };
                self.enter(step, Phase::Failed { why });
            }
            (None, Some(exit)) if goes_on && exit.was_asked_for() => self.begin(step),
            (None, Some(exit)) if goes_on => self.ended(step, exit, adopted.last_lines),
            (None, Some(exit)) => self.rest(step, exit, adopted.last_lines),
            (None, None) if !adopted.begun && goes_on => self.begin(step),
            (None, None) if !adopted.begun => self.enter(step, Phase::Stopped { exit: None, killed: 0 }),
            (None, None) => {
                let why = "nothing is recorded about how it ended";
                if let Some(run) = &mut self.run {
                    run.exit = Some(Exit::unseen(step.now));
                }
                if goes_on { self.lost(step, why) } else { self.become_unknown(step, Vec::new(), why.to_owned()) }
            }
        }
    }

    /// Sends `order` to the keeper of the current run.
    fn tell(&self, step: &mut Step<'_>, order: RunOrder) {
        if let Some(run) = &self.run {
            step.effect(Effect::Tell(run.id.clone(), order));
        }
    }

    /// Launches a new run, or first empties the tree of the old one.
    fn begin(&mut self, step: &mut Step<'_>) {
        if self.has_live_run() {
            self.begin_stop(step, Then::Start);
            return;
        }
        self.last_no.0 += 1;
        let id = step.ids.draw();
        self.run = Some(Run::new(self.last_no, id.clone()));
        self.due = None;
        let since = step.now;
        self.enter(step, Phase::Starting { since });
        step.effect(Effect::Launch(Box::new(LaunchOrder { spec: self.spec.clone(), no: self.last_no, id })));
    }

    /// Asks the tree of the current run to end by the ladder.
    fn begin_stop(&mut self, step: &mut Step<'_>, then: Then) {
        let order = RunOrder::Stop(self.spec.stop.clone());
        self.begin_stop_with(step, then, order);
    }

    /// Has the tree of the current run ended by `order`.
    fn begin_stop_with(&mut self, step: &mut Step<'_>, then: Then, order: RunOrder) {
        self.send_or_defer(step, order);
        self.enter_stopping(step, then);
    }

    fn enter_stopping(&mut self, step: &mut Step<'_>, then: Then) {
        let since = step.now;
        self.enter(step, Phase::Stopping(Stopping { since, stage: None, held: false, then, stuck: Vec::new() }));
    }

    /// Has the tree stopped or killed: tells the keeper at once, or as soon as it has launched; sweeps where there is no
    /// keeper any more.
    fn send_or_defer(&mut self, step: &mut Step<'_>, order: RunOrder) {
        let Some(run) = &self.run else { return };
        if run.orphaned {
            let ladder = match &order {
                RunOrder::Stop(ladder) => ladder.clone(),
                RunOrder::Kill
                | RunOrder::NextStage
                | RunOrder::Hold
                | RunOrder::Signal(_)
                | RunOrder::Input(_)
                | RunOrder::Resize(..) => StopLadder::new(Vec::new()),
            };
            self.sweep(step, ladder);
        } else {
            if run.pid.is_some() {
                self.tell(step, order.clone());
            }
            self.due = Some(order);
        }
    }

    /// Has what is left of a run without a keeper stopped.
    fn sweep(&self, step: &mut Step<'_>, ladder: StopLadder) {
        if let Some(run) = &self.run {
            step.effect(Effect::Sweep(run.id.clone(), ladder));
        }
    }

    /// Goes to `phase`, and says so where a person could see a difference.
    fn enter(&mut self, step: &mut Step<'_>, phase: Phase) {
        let (from, to) = (self.phase.word(), phase.word());
        let why = phase.why();
        let differs = from != to || self.phase.why() != why;
        if step.cause != Cause::Itself && matches!(phase, Phase::Starting { .. } | Phase::Stopping(_)) {
            self.asked = step.cause;
        }
        self.phase = phase;
        self.updated = step.now;
        if differs {
            self.say(step, What::Changed { from, to, why });
        }
    }

    /// Adds an event about this process and its current run.
    fn say(&self, step: &mut Step<'_>, what: What) {
        let run = self.run.as_ref().map(|run| (run.no, run.id.clone()));
        step.event(Some(self.spec.name.clone()), run, what);
    }
}

/// What was wanted of a run whose registry entry is lost: as it was when last seen.
fn guess_wanted(adopted: &Adopted) -> Wanted {
    let stopped_as_asked = adopted.exit.is_some_and(|exit| exit.was_asked_for());
    if adopted.live || !stopped_as_asked { Wanted::Up } else { Wanted::Down }
}
