//! What somebody asks of one process, in every phase it can be in.

use super::{Machine, Phase, Then, Wanted};
use crate::domain::command::{MAX_INPUT, Refusal};
use crate::domain::effect::{RunOrder, Step, Verdict};
use crate::domain::event::What;
use crate::domain::phase::Stopping;
use crate::domain::run::RunNo;
use crate::domain::spec::Orphans;

impl Machine {
    /// Start by hand: forgets back-off and start limit. One that is stopping starts again afterwards.
    pub fn start(&mut self, step: &mut Step<'_>) -> Verdict {
        (self.wanted, self.stopped) = (Wanted::Up, RunNo(0));
        self.resting = false;
        match &self.phase {
            // It is on its way to where it is wanted, and who waits is told how that went.
            Phase::Starting { .. } => Verdict::Affected,
            Phase::Running { .. } => Verdict::Unchanged("is running already".into()),
            Phase::Stopping(stopping) if stopping.then == Then::Start => Verdict::Affected,
            Phase::Stopping(stopping) => {
                let stopping = Stopping { then: Then::Start, ..stopping.clone() };
                (self.restarts, self.row) = (0, 0);
                self.enter(step, Phase::Stopping(stopping));
                Verdict::Affected
            }
            Phase::Unknown { orphans, .. } if !orphans.is_empty() && self.spec.orphans == Orphans::Adopt => {
                Verdict::Unchanged("runs on without a keeper and is left so; restart replaces it".into())
            }
            Phase::Stopped { .. }
            | Phase::Backoff { .. }
            | Phase::Completed { .. }
            | Phase::Failed { .. }
            | Phase::Unknown { .. } => self.begin_by_hand(step),
        }
    }

    /// Begins anew, after what is left was stopped, without regard to what came of earlier starts.
    fn begin_by_hand(&mut self, step: &mut Step<'_>) -> Verdict {
        (self.restarts, self.row) = (0, 0);
        self.begin(step);
        Verdict::Affected
    }

    /// Start by autostart: as by hand, but what was at rest when it was found after a crash is left so, once.
    pub fn autostart(&mut self, step: &mut Step<'_>) -> Verdict {
        if std::mem::take(&mut self.resting) {
            return Verdict::Unchanged(format!("was found {} and is left so", self.phase.word().in_a_sentence()));
        }
        if matches!(self.phase, Phase::Backoff { .. }) {
            return Verdict::Unchanged("waits for its next restart".into());
        }
        self.start(step)
    }

    /// Stop by the ladder. Wins over policy and back-off.
    pub fn stop(&mut self, step: &mut Step<'_>) -> Verdict {
        if matches!(&self.phase, Phase::Stopping(stopping) if stopping.then == Then::Stay) {
            self.stop_again(step);
        }
        let ladder = RunOrder::Stop(self.spec.stop.clone());
        self.stop_with(step, ladder)
    }

    /// Straight to the end, also from the midst of a stop.
    pub fn kill(&mut self, step: &mut Step<'_>) -> Verdict {
        let is_stopping = matches!(self.phase, Phase::Stopping(_));
        let verdict = self.stop_with(step, RunOrder::Kill);
        if is_stopping {
            self.send_or_defer(step, RunOrder::Kill);
            return Verdict::Affected;
        }
        verdict
    }

    fn stop_with(&mut self, step: &mut Step<'_>, order: RunOrder) -> Verdict {
        self.wanted = Wanted::Down;
        self.resting = false;
        if self.phase.is_settled() && !self.has_live_run() {
            return Verdict::Unchanged("is not running".into());
        }
        self.stopped = self.last_no;
        match &self.phase {
            Phase::Stopping(stopping) if stopping.then == Then::Stay => {}
            Phase::Stopping(stopping) => {
                let stopping = Stopping { then: Then::Stay, ..stopping.clone() };
                self.enter(step, Phase::Stopping(stopping));
            }
            Phase::Starting { .. } | Phase::Running { .. } => self.begin_stop_with(step, Then::Stay, order),
            Phase::Stopped { .. }
            | Phase::Completed { .. }
            | Phase::Failed { .. }
            | Phase::Backoff { .. }
            | Phase::Unknown { .. }
                if self.has_live_run() =>
            {
                self.begin_stop_with(step, Then::Stay, order);
            }
            Phase::Backoff { .. }
            | Phase::Stopped { .. }
            | Phase::Completed { .. }
            | Phase::Failed { .. }
            | Phase::Unknown { .. } => self.come_to_rest(step),
        }
        Verdict::Affected
    }

    /// A stop in progress is asked for once more: one that is held walks on, and one that its keeper has not confirmed may
    /// never have reached it.
    fn stop_again(&mut self, step: &mut Step<'_>) {
        let is_held = matches!(&self.phase, Phase::Stopping(stopping) if stopping.held);
        let has_keeper = self.run.as_ref().is_some_and(|run| run.pid.is_some() && !run.orphaned);
        if self.due.is_some() && has_keeper {
            self.tell_what_is_due(step);
        } else if is_held {
            self.send_or_defer(step, RunOrder::Stop(self.spec.stop.clone()));
        }
    }

    /// Stop, then start. One that does not run is started, after what is left of it was stopped.
    pub fn restart(&mut self, step: &mut Step<'_>) -> Verdict {
        if matches!(self.phase, Phase::Stopping(_)) {
            return self.start(step);
        }
        (self.wanted, self.stopped) = (Wanted::Up, RunNo(0));
        self.resting = false;
        self.begin_by_hand(step)
    }

    /// A stop in progress: on to the next stage.
    pub fn next_stage(&mut self, step: &mut Step<'_>) -> Result<Verdict, Refusal> {
        let Phase::Stopping(stopping) = &mut self.phase else {
            return Err(self.not_now("only a stop in progress has a next stage; `pm stop` begins one"));
        };
        match &self.run {
            Some(run) if run.orphaned => self.send_or_defer(step, RunOrder::Kill),
            Some(run) if run.pid.is_none() => return Err(self.not_now("its stop has not begun; try again in a moment")),
            Some(_) | None => {
                stopping.held = false;
                self.tell(step, RunOrder::NextStage);
            }
        }
        Ok(Verdict::Affected)
    }

    /// A stop in progress: no further stage by itself.
    pub fn hold(&mut self, step: &mut Step<'_>) -> Result<Verdict, Refusal> {
        match &self.phase {
            Phase::Stopping(stopping) if stopping.held => Ok(Verdict::Unchanged("is held already".into())),
            Phase::Stopping(_) if self.run.as_ref().is_some_and(|run| run.orphaned) => {
                Err(self.not_now("its keeper is dead, so the stop cannot be held"))
            }
            Phase::Stopping(_) if self.run.as_ref().is_some_and(|run| run.pid.is_none()) => {
                Err(self.not_now("its stop has not begun; try again in a moment"))
            }
            Phase::Stopping(_) => {
                self.tell(step, RunOrder::Hold);
                Ok(Verdict::Affected)
            }
            Phase::Stopped { .. }
            | Phase::Starting { .. }
            | Phase::Running { .. }
            | Phase::Backoff { .. }
            | Phase::Completed { .. }
            | Phase::Failed { .. }
            | Phase::Unknown { .. } => Err(self.not_now("only a stop in progress can be held")),
        }
    }

    /// A piece of input, as much as its keeper takes at once.
    pub fn input(&mut self, step: &mut Step<'_>, bytes: Vec<u8>) -> Result<Verdict, Refusal> {
        if bytes.len() > MAX_INPUT {
            let (given, most) = (bytes.len(), MAX_INPUT);
            return Err(self.not_now(&format!("{given} bytes of input are too many at once; send {most} at most")));
        }
        self.pass_on(step, RunOrder::Input(bytes))
    }

    /// Anything that needs a keeper with a living process: a signal, input, a new screen size.
    pub fn pass_on(&mut self, step: &mut Step<'_>, order: RunOrder) -> Result<Verdict, Refusal> {
        match &self.run {
            Some(run) if !run.over && !run.orphaned && run.pid.is_some() => {
                self.tell(step, order);
                Ok(Verdict::Affected)
            }
            Some(run) if !run.over && run.orphaned => {
                Err(self.not_now("its keeper is dead; it can only be stopped or restarted"))
            }
            Some(run) if !run.over => Err(self.not_now("it has no process yet; try again in a moment")),
            Some(_) | None => Err(self.not_now("it has no process; start it first")),
        }
    }

    /// Another size for its terminal, remembered for whoever looks at it from elsewhere.
    pub fn resize(&mut self, step: &mut Step<'_>, rows: u16, cols: u16) -> Result<Verdict, Refusal> {
        let verdict = self.pass_on(step, RunOrder::Resize(rows, cols))?;
        if let Some(run) = &mut self.run {
            run.screen = Some((rows, cols));
        }
        Ok(verdict)
    }

    /// To be forgotten, with all it printed.
    pub fn remove(&mut self, step: &mut Step<'_>) -> Result<Verdict, Refusal> {
        self.check_removable()?;
        self.say(step, What::Removed);
        Ok(Verdict::Affected)
    }

    /// Only what no config defines can be forgotten, and only when nothing of it can be alive.
    pub fn check_removable(&self) -> Result<(), Refusal> {
        if let Some(place) = self.spec.defined_at() {
            let reason = format!("it is defined at {place}; what is taken out there goes with the next start");
            return Err(self.not_now(&reason));
        }
        if self.is_over() { Ok(()) } else { Err(self.not_now("only what is over can be removed; `pm stop` ends it")) }
    }

    /// Nothing of it is alive, and nothing is about to be.
    pub fn is_over(&self) -> bool {
        self.phase.is_settled() && !self.has_live_run()
    }

    fn not_now(&self, reason: &str) -> Refusal {
        Refusal::NotNow {
            name: self.spec.name.clone(),
            phase: self.phase.word().in_a_sentence().to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// Something of its newest run lives, or may: also what its main process or its keeper has left behind.
    pub fn has_live_run(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.over)
    }
}
