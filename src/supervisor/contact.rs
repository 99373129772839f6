//! Staying in touch with one keeper: the first conversation, reconnecting, and finding out what became of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::inbox::{Inbox, Note, tell};
use super::keepers::{Connection, Keepers, Spawned};
use super::link::{self, Ended, Subject, converse};
use super::orphans;
use crate::domain::effect::{Fact, RunOrder};
use crate::domain::{Signal, SpawnFailure};
use crate::platform::identity::{Identity, Proven};
use crate::platform::launch::ChildEnd;
use crate::platform::lock;
use crate::wire::keeper::{Order, VERSION};
use crate::wire::record::{RecordState, RecordedExit};

/// How often a keeper that lives but does not answer is called again, and how long apart: 2 s in all. Then it is said, and
/// the calls become rare. They end when it answers or dies.
const CALLS: u32 = 40;
const BETWEEN_CALLS: Duration = Duration::from_millis(50);
const BETWEEN_LATE_CALLS: Duration = Duration::from_secs(1);
/// It is asked for a new socket at every so many-th call.
const ASK_EVERY: u32 = 10;

/// One run, who gives it orders, and who is told about it.
#[derive(Debug)]
pub struct Contact {
    /// The run.
    pub subject: Subject,
    /// Orders for its keeper.
    pub orders: mpsc::Receiver<RunOrder>,
    /// Where facts go.
    pub inbox: Inbox,
    /// How its keeper is reached.
    pub keepers: Arc<dyn Keepers>,
}

impl Contact {
    /// Stays with a keeper we have just spawned; it is reaped as soon as it ends.
    pub async fn stay_with_child(mut self, keeper: Spawned) {
        self.stay_and_reap(keeper).await;
        self.unlink().await;
    }

    /// There is no keeper to stay with.
    pub async fn give_up(self, failure: SpawnFailure) {
        self.tell(Fact::LaunchFailed(failure)).await;
        self.unlink().await;
    }

    /// Nobody of us will hear of this run any more.
    async fn unlink(self) {
        drop(self.inbox.send(Note::Unlinked(self.subject.id)).await);
    }

    async fn stay_and_reap(&mut self, keeper: Spawned) {
        let Spawned { stream, unsent, end } = keeper;
        let ended = match stream {
            Ok(stream) => converse(stream, unsent, &mut self.orders, &self.inbox, &self.subject).await,
            Err(_) => Ended::Early,
        };
        match self.stay(ended).await {
            Parting::Over => drop(end.await),
            Parting::Left => {}
            Parting::Dead => {
                let why = died(end.await);
                self.tell_the_end(why).await;
            }
        }
    }

    /// Stays with the keeper of a run that an earlier supervisor began.
    pub async fn adopt(mut self) {
        let was_alive = lock::holder(&self.subject.lock).is_some();
        if self.stay(Ended::Early).await == Parting::Dead {
            let when = if was_alive { "" } else { " while no supervisor ran" };
            self.tell_the_end(format!("its keeper was killed{when}")).await;
        }
        self.unlink().await;
    }

    /// Reconnects after every conversation that ended before its time.
    async fn stay(&mut self, mut ended: Ended) -> Parting {
        let mut pause = BETWEEN_CALLS;
        loop {
            match ended {
                Ended::Over => return Parting::Over,
                Ended::Left => return Parting::Left,
                Ended::Early => {}
            }
            let stream = match self.reach().await {
                Ok(stream) => stream,
                Err(parting) => return parting,
            };
            let attach = Order::Attach { version: VERSION }.to_frame();
            let begun = Instant::now();
            ended = converse(stream, attach, &mut self.orders, &self.inbox, &self.subject).await;
            if ended == Ended::Early && begun.elapsed() < BETWEEN_LATE_CALLS {
                // A keeper that has died is found dead all the same; one that hangs up at once is not called without pause.
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BETWEEN_LATE_CALLS);
            } else {
                pause = BETWEEN_CALLS;
            }
        }
    }

    /// A connection to the keeper as long as it lives. One whose socket has vanished is asked to make a new one.
    async fn reach(&self) -> Result<Box<dyn Connection>, Parting> {
        let mut calls = 0;
        loop {
            if let Ok(stream) = self.keepers.call(&self.subject.socket).await {
                return Ok(stream);
            }
            let keeper = lock::holder(&self.subject.lock).ok_or(Parting::Dead)?;
            if self.inbox.is_closed() {
                return Err(Parting::Left);
            }
            if calls % ASK_EVERY == 0 {
                self.ask_for_socket(keeper);
            }
            if calls == CALLS {
                self.tell(Fact::OrderRefused(link::silent(keeper))).await;
            }
            tokio::time::sleep(if calls < CALLS { BETWEEN_CALLS } else { BETWEEN_LATE_CALLS }).await;
            calls = calls.saturating_add(1);
        }
    }

    /// Signals the keeper, once it is proven to be the one of this run.
    fn ask_for_socket(&self, keeper_pid: u32) {
        let Some(record) = self.subject.record() else { return };
        let identity = Identity { pid: record.keeper_pid, start_ticks: record.keeper_start, boot_id: record.boot_id };
        if record.keeper_pid == keeper_pid
            && let Ok(proven) = Proven::prove(&identity)
        {
            // A refused signal means that it is gone; the next call will see that.
            drop(proven.signal(Signal::Usr1));
        }
    }

    /// The keeper is gone: its record knows how the run ended, or nobody does.
    async fn tell_the_end(&mut self, why: String) {
        // A keeper that was killed could not take its socket away. Nobody else binds this name: it is the run's id.
        drop(std::fs::remove_file(&self.subject.socket));
        let state = self.subject.record().map(|record| record.state);
        match state {
            Some(RecordState::Emptied { exit, killed, .. }) => {
                self.tell(exited(exit)).await;
                self.tell(Fact::Emptied { killed }).await;
            }
            Some(RecordState::Failed(failure)) => self.tell(Fact::LaunchFailed(failure)).await,
            Some(RecordState::Exited(exit)) => {
                self.tell(exited(exit)).await;
                orphans::stay(&self.inbox, &self.subject, &mut self.orders, why).await;
            }
            Some(RecordState::Launching | RecordState::Running) | None => {
                orphans::stay(&self.inbox, &self.subject, &mut self.orders, why).await;
            }
        }
    }

    async fn tell(&self, fact: Fact) {
        tell(&self.inbox, &self.subject.id, fact).await;
    }
}

/// Why the contact is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parting {
    /// Nothing is left of the run.
    Over,
    /// The supervisor leaves; the keeper stays.
    Left,
    /// The keeper is dead.
    Dead,
}

fn exited(exit: RecordedExit) -> Fact {
    Fact::Exited { exit: exit.into(), last_lines: Vec::new() }
}

fn died(end: Option<ChildEnd>) -> String {
    match end {
        Some(ChildEnd::Signal(signal)) => format!("its keeper was killed by SIG{signal}"),
        Some(ChildEnd::Code(code)) => format!("its keeper ended with code {code}"),
        None => "its keeper is gone".to_owned(),
    }
}
