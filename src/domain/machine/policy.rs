//! What follows the end of a run that nobody asked for: completed, back-off, failed, unknown.

use super::{Machine, Phase, Wanted};
use crate::domain::effect::{RunOrder, Step};
use crate::domain::exit::{Exit, ExitBy};
use crate::domain::phase::Failure;
use crate::domain::run::{RunNo, SpawnFailure};
use crate::domain::spec::RestartWhen;

impl Machine {
    /// The main process ended by itself.
    pub(super) fn ended(&mut self, step: &mut Step<'_>, exit: Exit, last_lines: Vec<String>) {
        if exit.by == ExitBy::Limit {
            return self.rest(step, exit, last_lines);
        }
        let failure = self.failure(step, exit, last_lines);
        if matches!(failure, Failure::EarlyExit { .. }) {
            self.sweep_failed_start(step);
        }
        match self.spec.restart.when {
            RestartWhen::No | RestartWhen::OnFailure if exit.is_success() => {
                self.enter(step, Phase::Completed { exit });
            }
            RestartWhen::OnFailure | RestartWhen::Always => self.back_off(step, failure),
            RestartWhen::No => self.enter(step, Phase::Failed { why: failure }),
        }
    }

    /// What went wrong, where that was no success. One that has lived long enough has no restarts in a row behind it.
    fn failure(&mut self, step: &Step<'_>, exit: Exit, last_lines: Vec<String>) -> Failure {
        let started_at = self.run.as_ref().and_then(|run| run.started_at).unwrap_or(exit.at);
        // On a wall that was set back it has ended before it was started.
        let uptime = if exit.at < started_at { step.now.since(started_at) } else { exit.at.since(started_at) };
        if uptime >= self.spec.restart.healthy_after {
            (self.row, self.counted) = (0, RunNo(0));
        }
        if !exit.is_success() && uptime < self.spec.early_exit {
            Failure::EarlyExit { exit, after_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX), last_lines }
        } else {
            Failure::Exited { exit, last_lines }
        }
    }

    /// A failed start leaves nothing half started behind.
    fn sweep_failed_start(&self, step: &mut Step<'_>) {
        if self.run.as_ref().is_some_and(|run| !run.over && !run.orphaned) {
            self.tell(step, RunOrder::Stop(self.spec.stop.clone()));
        }
    }

    /// It never ran. What a person has to mend is not tried again; what passes is.
    pub(super) fn spawn_failed(&mut self, step: &mut Step<'_>, failure: SpawnFailure) {
        let transient = failure.is_transient();
        let why = Failure::Spawn { failure };
        match self.spec.restart.when {
            RestartWhen::OnFailure | RestartWhen::Always if transient => self.back_off(step, why),
            RestartWhen::No | RestartWhen::OnFailure | RestartWhen::Always => self.enter(step, Phase::Failed { why }),
        }
    }

    /// Nobody knows how it ended.
    pub(super) fn lost(&mut self, step: &mut Step<'_>, why: &str) {
        match self.spec.restart.when {
            RestartWhen::OnFailure | RestartWhen::Always if self.wanted == Wanted::Up => {
                self.back_off(step, Failure::Lost);
            }
            RestartWhen::No | RestartWhen::OnFailure | RestartWhen::Always => {
                let since = step.now;
                self.enter(step, Phase::Unknown { since, orphans: Vec::new(), why: why.to_owned() });
            }
        }
    }

    /// Shows an end that is history: no policy follows it.
    pub(super) fn rest(&mut self, step: &mut Step<'_>, exit: Exit, last_lines: Vec<String>) {
        let killed = self.run.as_ref().map_or(0, |run| run.killed);
        let phase = if exit.by == ExitBy::Limit {
            Phase::Failed { why: Failure::OverLimit { exit, limit: self.spec.time_limit } }
        } else if exit.was_asked_for() || self.was_stopped() {
            Phase::Stopped { exit: Some(exit), killed }
        } else {
            let failure = self.failure(step, exit, last_lines);
            let is_always = self.spec.restart.when == RestartWhen::Always;
            if exit.is_success() && !(is_always && self.is_at_limit()) {
                Phase::Completed { exit }
            } else {
                Phase::Failed { why: self.as_it_was(failure) }
            }
        };
        self.enter(step, phase);
    }

    /// Somebody stopped its newest run, or put an end to the restarts of it.
    pub(super) fn was_stopped(&self) -> bool {
        self.stopped == self.last_no
    }

    /// It was started again as often as it may be. An earlier supervisor may have counted this end, and waited: that attempt is
    /// still to be made.
    fn is_at_limit(&self) -> bool {
        let limit = self.spec.restart.limit;
        limit > 0 && self.row >= limit && self.counted != self.last_no
    }

    /// What went wrong last, or that it was given up then.
    pub(super) fn as_it_was(&self, failure: Failure) -> Failure {
        let is_given_up = self.spec.restart.when != RestartWhen::No && self.is_at_limit();
        if is_given_up { self.give_up(failure) } else { failure }
    }

    fn give_up(&self, last: Failure) -> Failure {
        Failure::StartLimit { restarts: self.row, last: Box::new(last) }
    }

    fn back_off(&mut self, step: &mut Step<'_>, why: Failure) {
        let policy = self.spec.restart;
        if self.is_at_limit() {
            let why = self.give_up(why);
            return self.enter(step, Phase::Failed { why });
        }
        self.row += u32::from(self.counted != self.last_no);
        self.counted = self.last_no;
        let until = step.now + policy.wait(self.row);
        self.enter(step, Phase::Backoff { until, attempt: self.row, limit: policy.limit, why });
    }
}
