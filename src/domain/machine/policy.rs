//! What follows the end of a run that nobody asked for: completed, back-off, failed, unknown.

use super::{Machine, Phase, Wanted};
use crate::domain::effect::{RunOrder, Step};
use crate::domain::exit::Exit;
use crate::domain::phase::Failure;
use crate::domain::run::{RunNo, SpawnFailure};
use crate::domain::spec::RestartWhen;

impl Machine {
    /// The main process ended by itself.
    pub(super) fn ended(&mut self, step: &mut Step<'_>, exit: Exit, last_lines: Vec<String>) {
        let started_at = self.run.as_ref().and_then(|run| run.started_at).unwrap_or(exit.at);
        // On a wall that was set back it has ended before it was started.
        let uptime = if exit.at < started_at { step.now.since(started_at) } else { exit.at.since(started_at) };
        if uptime >= self.spec.restart.healthy_after {
            (self.row, self.counted) = (0, RunNo(0));
        }
        let failure = if !exit.is_success() && uptime < self.spec.early_exit {
            self.sweep_failed_start(step);
            Failure::EarlyExit { exit, after_ms: u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX), last_lines }
        } else {
            Failure::Exited { exit }
        };
        match self.spec.restart.when {
            RestartWhen::No | RestartWhen::OnFailure if exit.is_success() => {
                self.enter(step, Phase::Completed { exit });
            }
            RestartWhen::OnFailure | RestartWhen::Always => self.back_off(step, failure),
            RestartWhen::No => self.enter(step, Phase::Failed { why: failure }),
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
    pub(super) fn rest(&mut self, step: &mut Step<'_>, exit: Exit) {
        let killed = self.run.as_ref().map_or(0, |run| run.killed);
        // Ended by itself, and stopped by hand while it waited for its restart.
        let was_stopped_waiting = self.resting && self.wanted == Wanted::Down;
        let phase = if exit.was_asked_for() || was_stopped_waiting {
            Phase::Stopped { exit: Some(exit), killed }
        } else if exit.is_success() {
            Phase::Completed { exit }
        } else {
            Phase::Failed { why: Failure::Exited { exit } }
        };
        self.enter(step, phase);
    }

    fn back_off(&mut self, step: &mut Step<'_>, why: Failure) {
        let policy = self.spec.restart;
        // An earlier supervisor may have counted this end, and waited: that attempt is still to be made.
        let is_counted = self.counted == self.last_no;
        if policy.limit > 0 && self.row >= policy.limit && !is_counted {
            let failure = Failure::StartLimit { restarts: self.row, last: Box::new(why) };
            self.enter(step, Phase::Failed { why: failure });
            return;
        }
        self.row += u32::from(!is_counted);
        self.counted = self.last_no;
        let until = step.now + policy.wait(self.row);
        self.enter(step, Phase::Backoff { until, attempt: self.row, limit: policy.limit, why });
    }
}
