//! What happens to the newest run of a process, and what that makes of its phase.

use std::time::Duration;

use super::{Machine, Phase, Then, Wanted};
use crate::domain::effect::{Fact, RunOrder, Step};
use crate::domain::event::{Cause, What};
use crate::domain::exit::{Exit, ExitStatus};
use crate::domain::phase::{Stage, Stopping};
use crate::domain::run::SpawnFailure;
use crate::domain::signal::Signal;
use crate::domain::spec::{Orphans, StopLadder};
use crate::domain::time::Timestamp;

/// A start that was heard of so much later or earlier than it was is told by a clock that has been set.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

impl Machine {
    /// Takes a fact about the newest run. Facts about earlier runs are the fleet's to drop.
    pub fn learn(&mut self, step: &mut Step<'_>, fact: Fact) {
        match fact {
            Fact::Launched { pid, keeper_pid, at } => self.launched(step, pid, keeper_pid, at),
            Fact::LaunchFailed(failure) => self.launch_failed(step, failure),
            Fact::StageEntered(stage) => self.stage_entered(step, stage),
            Fact::Held => self.change_stopping(step, |stopping| stopping.held = true),
            Fact::Exited { exit, last_lines } => self.exited(step, exit, last_lines),
            Fact::Stuck(pids) => {
                self.say(step, What::Stuck { pids: pids.clone() });
                self.change_stopping(step, |stopping| stopping.stuck = pids);
            }
            Fact::Emptied { killed } => self.emptied(step, killed),
            Fact::Grew { end, lines, lost } => self.grew(step, (end, lines, lost)),
            Fact::OrderRefused(why) => self.say(step, What::Refused { command: "order".into(), why }),
            Fact::KeeperLost { orphans, why } => self.keeper_lost(step, orphans, &why),
            Fact::OrphansGone { killed } => self.orphans_gone(step, killed, "its keeper is gone"),
        }
    }

    /// Whose doing it is that this happened.
    pub fn cause_of(&self, fact: &Fact) -> Cause {
        match fact {
            Fact::Launched { .. } => self.asked,
            Fact::StageEntered(_) | Fact::Held | Fact::Emptied { .. } if matches!(self.phase, Phase::Stopping(_)) => {
                self.asked
            }
            // Somebody asked the keeper itself.
            Fact::StageEntered(_) | Fact::Held => Cause::Keeper,
            Fact::LaunchFailed(_)
            | Fact::Exited { .. }
            | Fact::Stuck(_)
            | Fact::Emptied { .. }
            | Fact::Grew { .. }
            | Fact::OrderRefused(_)
            | Fact::KeeperLost { .. }
            | Fact::OrphansGone { .. } => Cause::Itself,
        }
    }

    fn launched(&mut self, step: &mut Step<'_>, pid: u32, keeper_pid: u32, at: Timestamp) {
        let Some(run) = &mut self.run else { return };
        let is_found_again = run.adopted && !run.answered;
        let is_new = run.pid != Some(pid);
        run.recounting = run.adopted || run.answered;
        run.answered = true;
        // Keepers go by the wall. Where that has been set back, what has just happened would lie in the past.
        let is_plausible = run.recounting || at.since(step.now).max(step.now.since(at)) < CLOCKS_DIFFER;
        run.started_at.get_or_insert(if is_plausible { at } else { step.now });
        run.heard_at.get_or_insert(step.now);
        (run.pid, run.keeper_pid) = (Some(pid), Some(keeper_pid));
        self.updated = step.now;
        if is_found_again {
            self.say(step, What::Adopted { pid, keeper_pid });
        } else if is_new {
            self.say(step, What::Launched { pid, keeper_pid });
        }
        if self.run.as_ref().is_some_and(|run| !run.recounting) {
            self.tell_what_is_due(step);
        }
        self.pass_time(step);
    }

    fn launch_failed(&mut self, step: &mut Step<'_>, failure: SpawnFailure) {
        self.end_run(0);
        if matches!(self.phase, Phase::Stopping(_)) {
            self.stop_is_done(step);
        } else {
            self.spawn_failed(step, failure);
        }
    }

    pub(super) fn tell_what_is_due(&self, step: &mut Step<'_>) {
        if let Some(order) = &self.due {
            self.tell(step, order.clone());
        }
    }

    fn stage_entered(&mut self, step: &mut Step<'_>, stage: Stage) {
        // A kill is confirmed by nothing less.
        let is_confirmed = stage.signal == Signal::Kill || self.due != Some(RunOrder::Kill);
        self.due = self.due.take().filter(|_| !is_confirmed);
        // Leftovers of a run whose main process has ended, and orphans, are swept without a change of phase.
        let is_about_the_run = self.run.as_ref().is_some_and(|run| run.exit.is_none() && !run.orphaned);
        if is_about_the_run && !matches!(self.phase, Phase::Stopping(_)) {
            self.find_stopping(step, stage.since);
        }
        self.say(step, What::StageEntered { number: stage.number, of: stage.of, signal: stage.signal });
        self.change_stopping(step, |stopping| {
            stopping.stage = Some(stage);
            stopping.held = false;
        });
    }

    fn exited(&mut self, step: &mut Step<'_>, exit: Exit, last_lines: Vec<String>) {
        let Some(run) = &mut self.run else { return };
        if run.exit.is_some() {
            return;
        }
        run.exit = Some(exit);
        self.updated = step.now;
        self.say(step, What::Exited { exit });
        if matches!(self.phase, Phase::Stopping(_)) {
            return;
        }
        if exit.was_asked_for() {
            self.find_stopping(step, exit.at);
            return;
        }
        self.ended(step, exit, last_lines);
    }

    fn emptied(&mut self, step: &mut Step<'_>, killed: u32) {
        if !self.has_live_run() {
            return;
        }
        self.end_run(killed);
        self.updated = step.now;
        self.say(step, What::Emptied { killed });
        if matches!(self.phase, Phase::Stopping(_)) {
            self.stop_is_done(step);
        } else if let Some(run) = self.run.as_mut().filter(|run| run.exit.is_none()) {
            run.exit = Some(Exit::unseen(step.now));
            self.lost(step, "its keeper did not tell how it ended");
        }
    }

    fn grew(&mut self, step: &mut Step<'_>, log: (u64, u64, u64)) {
        let Some(run) = &mut self.run else { return };
        run.log = log;
        let was_recounting = std::mem::take(&mut run.recounting);
        // Told when it begins and whenever it has doubled: it may grow twenty times a second.
        let is_loss_news = log.2 > 0 && log.2 / 2 >= run.loss_told;
        if is_loss_news {
            run.loss_told = log.2;
        }
        if was_recounting {
            // Everything was told anew. What it has not mentioned, it has not heard of.
            self.tell_what_is_due(step);
        }
        if is_loss_news {
            self.say(step, What::LogLost { bytes: log.2 });
        }
    }

    fn keeper_lost(&mut self, step: &mut Step<'_>, orphans: Vec<u32>, why: &str) {
        let Some(run) = &mut self.run else { return };
        if run.over {
            return;
        }
        run.orphaned = true;
        step.cause = Cause::Keeper;
        let was_to_be_killed = self.due.take() == Some(RunOrder::Kill);
        if orphans.is_empty() {
            self.orphans_gone(step, 0, why);
            return;
        }
        let ended_already = run.exit.is_some();
        if matches!(self.phase, Phase::Stopping(_)) {
            self.sweep(step, if was_to_be_killed { StopLadder::new(Vec::new()) } else { self.spec.stop.clone() });
        } else if self.spec.orphans == Orphans::Stop {
            self.sweep(step, self.spec.stop.clone());
            // How it ended may be known already, and what follows from that stands.
            if !ended_already {
                self.become_unknown(step, orphans, format!("{why}; what is left of it is being stopped"));
            }
        } else if !ended_already {
            self.become_unknown(step, orphans, format!("{why}; it runs on, but its output and exit code are not kept"));
        }
    }

    pub(super) fn become_unknown(&mut self, step: &mut Step<'_>, orphans: Vec<u32>, why: String) {
        let since = step.now;
        self.enter(step, Phase::Unknown { since, orphans, why });
    }

    /// `why` says what became of the keeper.
    fn orphans_gone(&mut self, step: &mut Step<'_>, killed: u32, why: &str) {
        let Some(run) = self.run.as_mut().filter(|run| !run.over) else { return };
        let ended_before = run.exit.is_some();
        if !ended_before {
            run.exit = Some(Exit::unseen(step.now));
        }
        self.end_run(killed);
        if matches!(self.phase, Phase::Stopping(_)) {
            self.stop_is_done(step);
        } else if !ended_before {
            self.lost(step, &format!("{why}, and nothing of it is left"));
        }
    }

    /// A stop that this supervisor has not asked for: begun by an earlier one, or by a signal to the keeper.
    fn find_stopping(&mut self, step: &mut Step<'_>, since: Timestamp) {
        self.asked = Cause::Keeper;
        let is_being_recounted = self.run.as_ref().is_some_and(|run| run.adopted && run.recounting);
        let started_at = self.run.as_ref().and_then(|run| run.started_at);
        let limit_at = started_at.zip(self.spec.time_limit).map(|(at, limit)| at + limit);
        // What its keeper stops because its time was up is not begun anew.
        let is_over_limit = limit_at.is_some_and(|at| at <= since);
        let then =
            if is_being_recounted && !is_over_limit && self.wanted == Wanted::Up { Then::Start } else { Then::Stay };
        if then == Then::Stay {
            self.wanted = Wanted::Down;
        }
        self.enter(step, Phase::Stopping(Stopping { since, stage: None, held: false, then, stuck: Vec::new() }));
    }

    fn change_stopping(&mut self, step: &mut Step<'_>, change: impl FnOnce(&mut Stopping)) {
        if let Phase::Stopping(stopping) = &mut self.phase {
            change(stopping);
            self.updated = step.now;
        }
    }

    fn end_run(&mut self, killed: u32) {
        self.due = None;
        if let Some(run) = &mut self.run {
            run.over = true;
            run.killed = killed;
        }
    }

    fn stop_is_done(&mut self, step: &mut Step<'_>) {
        let Phase::Stopping(stopping) = &self.phase else { return };
        match stopping.then {
            Then::Start => self.begin(step),
            Then::Stay => self.come_to_rest(step),
        }
    }

    /// Stopped, by whoever's doing; or as it had ended before, where an earlier supervisor knew so when it was asked to stop it.
    pub(super) fn come_to_rest(&mut self, step: &mut Step<'_>) {
        let (exit, killed) = self.run.as_ref().map_or((None, 0), |run| (run.exit, run.killed));
        match exit.filter(|_| !self.was_stopped()) {
            Some(exit) if exit.status == ExitStatus::Unknown => {
                self.become_unknown(step, Vec::new(), "nothing is known about how it ended".to_owned());
            }
            Some(exit) => self.rest(step, exit, Vec::new()),
            None => self.enter(step, Phase::Stopped { exit, killed }),
        }
    }
}
