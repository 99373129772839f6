//! Decides what a keeper does: which stage of a stop, when to kill, whose doing the end was, how long to drain, when to leave.
//!
//! A function of time and input; it knows no pid, no clock and no descriptor. `post` feeds it and performs what it returns.

use crate::domain::{ExitBy, ExitStatus, Signal};

/// Output of a dead main process is read for so long after its last byte, in milliseconds, once nobody of the tree is left.
pub const DRAIN_SILENCE_MS: u64 = 200;
/// And never longer than this, in milliseconds: whoever holds the pipe then is no descendant.
pub const DRAIN_TOTAL_MS: u64 = 2000;
/// What left the group is looked for so long after a stage began, in milliseconds: most trees are gone by then, and the look is not free.
pub const STRAGGLERS_MS: u64 = 500;
/// The same after the main process was reaped and others were not: then there probably are some.
const STRAGGLERS_SOON_MS: u64 = 50;
/// After this time of killing, in milliseconds, what is left is reported and it is tried on once a second.
pub const STUCK_MS: u64 = 10_000;
/// Waits between passes of the kill loop that changed nothing, in milliseconds. A pass that took longer than its wait is followed by a
/// pause of its own length: each is a look at every process there is, and hundreds of keepers may be at it at the same time.
const PASS_WAITS_MS: [u64; 9] = [1, 1, 2, 3, 5, 10, 20, 50, 100];
/// What is dying of the KILL its group got needs no pass, only this long, in milliseconds.
const DYING_MS: u64 = 2;
const STUCK_PASS_MS: u64 = 1000;
/// How often we look whether those that are adrift still live, in milliseconds, for nobody tells of their end: by itself, and while they
/// are being stopped.
const LOOK_MS: u64 = 1000;
const LOOK_SOON_MS: u64 = 50;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Walk these stages.
    Stop(Vec<(Signal, u64)>),
    /// Enter the next stage now.
    NextStage,
    /// Enter no further stage by yourself.
    Hold,
    /// Kill the whole tree.
    Kill,
    /// Send this and nothing more.
    Signal(Signal),
    /// The main process was reaped.
    MainReaped(ExitStatus),
    /// Another process of the tree was reaped.
    OtherReaped(ExitStatus),
    /// Nothing is left.
    NoChildren,
    /// No child is left, but some of the tree live on below another parent.
    Adrift,
    /// Output was read.
    Output,
    /// Every writer of the output is gone.
    OutputEnded,
    /// The pass over the direct children that was asked for is done.
    PassDone,
    /// Time passed.
    Tick,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send to the group of the main process, which is not reaped yet.
    SignalGroup(Signal),
    /// Send to every descendant.
    SignalTree(Signal),
    /// Send to the descendants that are not in the group of the main process.
    SignalStragglers(Signal),
    /// Send KILL to the main process, not reaped yet, and its group.
    KillMain,
    /// Send KILL to every direct child and its group.
    KillPass,
    /// A stage was entered.
    Stage {
        /// Which, from 1.
        number: u8,
        /// Of how many.
        of: u8,
        /// What was sent.
        signal: Signal,
        /// Milliseconds until the next; 0 for the last.
        wait: u64,
    },
    /// The stop is held at its stage.
    Held,
    /// The main process ended so.
    Exited(ExitStatus, ExitBy),
    /// List those that do not go.
    Stuck,
    /// Look whether anything is left.
    Look,
    /// Nothing is left and nothing more will be read: write the end, report how many were killed, leave.
    Finish(u32),
}

/// The state of one run from its launch on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// When its time is up, and the stages that are walked then. None once it has ended or was stopped before.
    limit: Option<(u64, Vec<(Signal, u64)>)>,
    /// Its time was up: all that follows is the limit's doing.
    is_over_limit: bool,
    stop: Option<Stop>,
    kill: Option<Killing>,
    exit: Option<(ExitStatus, ExitBy)>,
    empty_since: Option<u64>,
    /// When those that are adrift were seen last.
    seen_adrift: Option<u64>,
    last_output: u64,
    output_ended: bool,
    killed: u32,
    finished: bool,
}

/// A ladder being walked.
#[derive(Clone, Debug)]
struct Stop {
    stages: Vec<(Signal, u64)>,
    /// Index of the stage that was entered.
    at: usize,
    next_at: u64,
    held: bool,
    stragglers_at: Option<u64>,
}

impl Stop {
    /// Which stage it is at, from 1, and of how many.
    fn place(&self) -> (u8, u8) {
        ((self.at + 1) as u8, self.stages.len() as u8)
    }
}

#[derive(Clone, Copy, Debug)]
struct Killing {
    by: ExitBy,
    since: u64,
    pass_at: u64,
    /// When the last pass began.
    passed_at: u64,
    /// No pass before this.
    rest_until: u64,
    fruitless: usize,
    stuck_told: bool,
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl Machine {
    /// A run whose main process was just started.
    pub const fn new() -> Self {
        Self {
            limit: None,
            is_over_limit: false,
            stop: None,
            kill: None,
            exit: None,
            empty_since: None,
            seen_adrift: None,
            last_output: 0,
            output_ended: false,
            killed: 0,
            finished: false,
        }
    }

    /// The same, with these stages walked at that time, in milliseconds, should the main process live then.
    #[must_use]
    pub fn within(mut self, limit: Option<(u64, Vec<(Signal, u64)>)>) -> Self {
        self.limit = limit;
        self
    }

    /// Takes `input` at `now_ms`; says what to do.
    pub fn step(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.finished {
            return effects;
        }
        // Many die at once: first they are all collected, then comes one pass over what came up.
        let is_reaping = matches!(input, Input::MainReaped(_) | Input::OtherReaped(_) | Input::PassDone);
        match input {
            Input::Stop(stages) => self.begin_stop(now_ms, stages, &mut effects),
            Input::NextStage => self.next_stage(now_ms, &mut effects),
            Input::Hold => self.hold(&mut effects),
            Input::Kill => self.begin_kill(now_ms, ExitBy::Kill, Some((1, 1)), &mut effects),
            Input::Signal(signal) if self.empty_since.is_none() => effects.push(self.to_all(signal)),
            Input::Signal(_) | Input::Tick => {}
            Input::PassDone => self.pass_done(now_ms),
            Input::MainReaped(status) => {
                self.count(now_ms, status);
                self.main_ended(status, &mut effects);
                self.hasten_stragglers(now_ms);
            }
            Input::OtherReaped(status) => self.count(now_ms, status),
            Input::NoChildren => self.emptied(now_ms, &mut effects),
            Input::Adrift => self.seen_adrift = Some(now_ms),
            Input::Output => self.last_output = now_ms,
            Input::OutputEnded => self.output_ended = true,
        }
        if !is_reaping {
            self.pass_time(now_ms, &mut effects);
        }
        effects
    }

    /// When to come back with [`Input::Tick`], should nothing happen before; `None` for never.
    pub fn next_deadline_ms(&self) -> Option<u64> {
        if self.finished {
            return None;
        }
        if let Some(empty) = self.empty_since {
            return Some(self.drain_deadline(empty));
        }
        let next = match (self.kill, &self.stop) {
            (Some(kill), _) => [Some(kill.pass_at), None],
            (None, Some(stop)) => [(!stop.held).then_some(stop.next_at), stop.stragglers_at],
            (None, None) => [None, None],
        };
        let limit = self.limit.as_ref().map(|(at, _)| *at);
        next.into_iter().chain([self.next_look_ms(), limit]).flatten().min()
    }

    fn next_look_ms(&self) -> Option<u64> {
        let is_stopping = self.stop.is_some() || self.kill.is_some();
        self.seen_adrift.map(|at| at.saturating_add(if is_stopping { LOOK_SOON_MS } else { LOOK_MS }))
    }

    /// The main process has been reaped.
    pub const fn main_is_gone(&self) -> bool {
        self.exit.is_some()
    }

    fn begin_stop(&mut self, now: u64, mut stages: Vec<(Signal, u64)>, effects: &mut Vec<Effect>) {
        if self.empty_since.is_some() || self.kill.is_some() {
            return;
        }
        if let Some(stop) = &mut self.stop {
            // Asked again: the ladder goes on as it stands. One that was held walks again, with the whole wait of its stage.
            if std::mem::take(&mut stop.held) {
                let (signal, wait) = stop.stages[stop.at];
                stop.next_at = now.saturating_add(wait);
                let (number, of) = stop.place();
                effects.push(Effect::Stage { number, of, signal, wait });
            }
            return;
        }
        stages.truncate(usize::from(u8::MAX) - 1);
        if stages.iter().all(|(signal, _)| *signal != Signal::Kill) {
            stages.push((Signal::Kill, 0));
        }
        self.limit = None;
        self.stop = Some(Stop { stages, at: 0, next_at: now, held: false, stragglers_at: None });
        self.enter(now, 0, effects);
    }

    fn next_stage(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if self.kill.is_some() || self.empty_since.is_some() {
            return;
        }
        if let Some(stop) = &mut self.stop {
            stop.held = false;
            let next = stop.at + 1;
            self.enter(now, next, effects);
        }
    }

    fn hold(&mut self, effects: &mut Vec<Effect>) {
        if let (Some(stop), None, None) = (&mut self.stop, self.kill, self.empty_since)
            && !std::mem::replace(&mut stop.held, true)
        {
            effects.push(Effect::Held);
        }
    }

    /// Enters the stage of this index; beyond the last there is none, but the last is KILL and waits for ever.
    fn enter(&mut self, now: u64, index: usize, effects: &mut Vec<Effect>) {
        let Some(stop) = &mut self.stop else { return };
        let Some(&(signal, wait)) = stop.stages.get(index) else { return };
        stop.at = index;
        let (number, of) = stop.place();
        if signal == Signal::Kill {
            self.begin_kill(now, ExitBy::StopStage(number), Some((number, of)), effects);
            return;
        }
        stop.next_at = now.saturating_add(wait);
        stop.stragglers_at = self.exit.is_none().then(|| now.saturating_add(wait.min(STRAGGLERS_MS * 2) / 2));
        effects.push(self.to_all(signal));
        if matches!(signal, Signal::Term | Signal::Hup | Signal::Int) {
            // What is suspended cannot obey.
            effects.push(self.to_all(Signal::Cont));
        }
        effects.push(Effect::Stage { number, of, signal, wait });
    }

    /// The group while its leader holds the number; afterwards the number may be a stranger's, so each by itself.
    fn to_all(&self, signal: Signal) -> Effect {
        if self.exit.is_none() { Effect::SignalGroup(signal) } else { Effect::SignalTree(signal) }
    }

    fn begin_kill(&mut self, now: u64, by: ExitBy, stage: Option<(u8, u8)>, effects: &mut Vec<Effect>) {
        if self.empty_since.is_some() {
            return;
        }
        self.limit = None;
        if let Some(kill) = &mut self.kill {
            // Already at it; an explicit order makes it try again at once.
            kill.pass_at = now;
            return;
        }
        let pass_at = if self.exit.is_none() {
            effects.push(Effect::KillMain);
            // Usually that was all; then no look at the whole system is needed. Its reaping brings this forward.
            now.saturating_add(100)
        } else {
            now
        };
        self.kill =
            Some(Killing { by, since: now, pass_at, passed_at: now, rest_until: now, fruitless: 0, stuck_told: false });
        if let Some((number, of)) = stage {
            effects.push(Effect::Stage { number, of, signal: Signal::Kill, wait: 0 });
        }
    }

    fn count(&mut self, now: u64, status: ExitStatus) {
        let Some(kill) = &mut self.kill else { return };
        self.killed += u32::from(status == ExitStatus::Signal(Signal::Kill));
        // Its children are ours now: look again soon, but not while a pass is due to rest.
        kill.fruitless = 0;
        kill.pass_at = kill.pass_at.min(kill.rest_until.max(now.saturating_add(DYING_MS)));
    }

    fn pass_done(&mut self, now: u64) {
        let Some(kill) = &mut self.kill else { return };
        kill.rest_until = now.saturating_add(now.saturating_sub(kill.passed_at));
        kill.pass_at = kill.pass_at.max(kill.rest_until);
    }

    fn hasten_stragglers(&mut self, now: u64) {
        if let Some(stop) = &mut self.stop {
            stop.stragglers_at = stop.stragglers_at.map(|at| at.min(now.saturating_add(STRAGGLERS_SOON_MS)));
        }
    }

    fn main_ended(&mut self, status: ExitStatus, effects: &mut Vec<Effect>) {
        if self.exit.is_some() {
            return;
        }
        self.limit = None;
        let by = match (self.kill, &self.stop) {
            _ if self.is_over_limit => ExitBy::Limit,
            (Some(kill), _) => kill.by,
            (None, Some(stop)) => ExitBy::StopStage((stop.at + 1) as u8),
            (None, None) => ExitBy::Itself,
        };
        self.exit = Some((status, by));
        effects.push(Effect::Exited(status, by));
    }

    fn emptied(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if self.empty_since.is_none() {
            self.main_ended(ExitStatus::Unknown, effects);
            self.empty_since = Some(now);
            self.last_output = now;
        }
    }

    fn drain_deadline(&self, empty: u64) -> u64 {
        (self.last_output.saturating_add(DRAIN_SILENCE_MS)).min(empty.saturating_add(DRAIN_TOTAL_MS))
    }

    fn pass_time(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if let Some(empty) = self.empty_since {
            if self.output_ended || now >= self.drain_deadline(empty) {
                self.finished = true;
                effects.push(Effect::Finish(self.killed));
            }
            return;
        }
        if let Some((_, stages)) = self.limit.take_if(|(at, _)| now >= *at) {
            self.is_over_limit = true;
            self.begin_stop(now, stages, effects);
        }
        if self.kill.is_some() {
            self.kill_on(now, effects);
        } else {
            self.climb(now, effects);
        }
        if self.next_look_ms().is_some_and(|at| now >= at) {
            self.seen_adrift = None;
            effects.push(Effect::Look);
        }
    }

    fn climb(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Some(stop) = &mut self.stop else { return };
        if stop.stragglers_at.is_some_and(|at| now >= at) {
            stop.stragglers_at = None;
            let signal = stop.stages[stop.at].0;
            effects.push(Effect::SignalStragglers(signal));
            if matches!(signal, Signal::Term | Signal::Hup | Signal::Int) {
                effects.push(Effect::SignalStragglers(Signal::Cont));
            }
        }
        if !stop.held && now >= stop.next_at {
            let next = stop.at + 1;
            self.enter(now, next, effects);
        }
    }

    fn kill_on(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Some(kill) = &mut self.kill else { return };
        if now < kill.pass_at {
            return;
        }
        effects.push(Effect::KillPass);
        kill.passed_at = now;
        let stuck = now.saturating_sub(kill.since) >= STUCK_MS;
        let wait = PASS_WAITS_MS[kill.fruitless.min(PASS_WAITS_MS.len() - 1)];
        kill.fruitless += 1;
        kill.pass_at = now.saturating_add(if stuck { STUCK_PASS_MS } else { wait });
        if stuck && !std::mem::replace(&mut kill.stuck_told, true) {
            effects.push(Effect::Stuck);
        }
    }
}

#[cfg(test)]
mod tests;
