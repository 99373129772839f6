//! Runs whose keeper died: finding what is left of them, watching it, stopping it. Each process is proven to be theirs.
//!
//! One owner for each such run, from the loss of its keeper to its end: who was ever seen to belong to it stays known, and
//! whoever is stopped is counted before it is told that nobody is left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::inbox::{Inbox, Note, tell};
use super::link::Subject;
use crate::domain::effect::{Fact, RunOrder};
use crate::domain::phase::Stage;
use crate::domain::{RunId, Signal, StopLadder};
use crate::platform::identity::{Identity, Proven};
use crate::platform::members::Members;
use crate::platform::sweep::SweepReport;
use crate::platform::{clock, sweep};

/// The variable in a child's environment that says which run it belongs to.
pub const RUN_ID_VARIABLE: &str = "PM_RUN_ID";

/// Between two looks at processes whose end cannot be waited for.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// So many processes of a run are held at a time; each takes a descriptor. The others are looked for when these have ended.
const HELD: usize = 64;

/// Tells that the keeper of a run is gone, and stays with what is left of the run, which is stopped when that is ordered, until
/// nothing is.
pub async fn stay(inbox: &Inbox, subject: &Subject, orders: &mut mpsc::Receiver<RunOrder>, why: String) {
    let orphans = Orphans { inbox, id: &subject.id, members: Arc::new(Mutex::new(members(subject))) };
    let mut left = orphans.find_twice().await;
    orphans.tell(Fact::KeeperLost { orphans: left.clone(), why }).await;
    if left.is_empty() {
        return;
    }
    let mut killed = 0;
    while !left.is_empty() {
        match orphans.wait(&left, orders).await {
            News::Ended => left = orphans.find_twice().await,
            News::Ordered(ladder) => {
                let Some(report) = orphans.stop(ladder, orders).await else { return };
                killed += report.killed;
                left = report.left;
                if !left.is_empty() {
                    orphans.tell(Fact::Stuck(left.clone())).await;
                }
            }
            News::Leaving => return,
        }
    }
    orphans.tell(Fact::OrphansGone { killed }).await;
}

/// What belongs to a run: who was started with its id in the environment, and the main process even where its environment does
/// not tell any more (`env -i`, a program that writes its title there); everything below them.
fn members(subject: &Subject) -> Members {
    let members = Members::of_env(RUN_ID_VARIABLE, subject.id.as_str());
    let Some(record) = subject.record() else { return members };
    members.and(&Identity { pid: record.pid, start_ticks: record.pid_start, boot_id: record.boot_id })
}

/// What is left of one run.
struct Orphans<'a> {
    inbox: &'a Inbox,
    id: &'a RunId,
    /// They remember whose children they have seen. Looked for off the task.
    members: Arc<Mutex<Members>>,
}

/// What ends the wait for those that are left.
enum News {
    /// All that were held have ended.
    Ended,
    /// They are to be stopped.
    Ordered(StopLadder),
    /// The supervisor leaves.
    Leaving,
}

impl Orphans<'_> {
    async fn tell(&self, fact: Fact) {
        tell(self.inbox, self.id, fact).await;
    }

    /// Blocks.
    fn finder(&self) -> impl FnMut() -> Vec<u32> + Send + use<> {
        let members = Arc::clone(&self.members);
        move || members.lock().unwrap_or_else(PoisonError::into_inner).find()
    }

    async fn find(&self) -> Vec<u32> {
        // Only a panic in the look-up fails; nothing found is then the honest answer.
        tokio::task::spawn_blocking(self.finder()).await.unwrap_or_default()
    }

    /// Nobody is nobody twice: see [`sweep::LOOK_TWICE`].
    async fn find_twice(&self) -> Vec<u32> {
        let found = self.find().await;
        if !found.is_empty() {
            return found;
        }
        tokio::time::sleep(sweep::LOOK_TWICE).await;
        self.find().await
    }

    /// Waits, without polling where the system allows it, until all that can be held have ended, or for an order.
    async fn wait(&self, left: &[u32], orders: &mut mpsc::Receiver<RunOrder>) -> News {
        let ended = async {
            // All of them now: a pid may be another's by the time that one before it has ended. Not to be opened means that it
            // has ended in the meantime, or is another user's by now.
            let held: Vec<_> = left.iter().filter_map(|pid| Proven::open(*pid).ok()).take(HELD).collect();
            if held.is_empty() {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            for proven in held {
                proven.ended().await;
            }
        };
        tokio::pin!(ended);
        loop {
            tokio::select! {
                () = &mut ended => return News::Ended,
                order = orders.recv() => match order.map(stops_by) {
                    None => return News::Leaving,
                    Some(Some(ladder)) => return News::Ordered(ladder),
                    // Meant for the keeper, before it was known that there is none.
                    Some(None) => {}
                },
            }
        }
    }

    /// The ladder, then KILL, until nobody is found any more; straight to KILL where that is ordered meanwhile. `None` when the
    /// supervisor leaves.
    async fn stop(&self, ladder: StopLadder, orders: &mut mpsc::Receiver<RunOrder>) -> Option<SweepReport> {
        let at_once = StopLadder::new(Vec::new());
        let mut ladder = &ladder;
        loop {
            let is_last = AtomicBool::new(false);
            let sweep = self.sweep(ladder, &is_last);
            tokio::pin!(sweep);
            loop {
                tokio::select! {
                    report = &mut sweep => return Some(report),
                    order = orders.recv() => match order.map(stops_by) {
                        None => return None,
                        Some(Some(ladder)) if is_kill(&ladder) && !is_last.load(Ordering::Relaxed) => break,
                        // It is being stopped.
                        Some(_) => {}
                    },
                }
            }
            ladder = &at_once;
        }
    }

    /// Tells each stage as it begins; `is_last` is set with the last one.
    async fn sweep(&self, ladder: &StopLadder, is_last: &AtomicBool) -> SweepReport {
        let stages: Vec<(Signal, Duration)> = ladder.stages().iter().map(|stage| (stage.signal, stage.wait)).collect();
        let report = sweep::sweep(self.finder(), &stages, |stage| {
            is_last.store(stage.number == stage.of, Ordering::Relaxed);
            let since = clock::now();
            let wait = stages.get(usize::from(stage.number) - 1).map_or(Duration::ZERO, |(_, wait)| *wait);
            let (number, of, signal, until) = (stage.number, stage.of, stage.signal, since + wait);
            let entered = Fact::StageEntered(Stage { number, of, signal, since, until });
            // A full inbox costs the display of one stage, never the stage.
            drop(self.inbox.try_send(Note::Fact(self.id.clone(), entered)));
        });
        report.await
    }
}

/// The ladder that an order stops by, if it does.
fn stops_by(order: RunOrder) -> Option<StopLadder> {
    match order {
        RunOrder::Stop(ladder) => Some(ladder),
        RunOrder::Kill => Some(StopLadder::new(Vec::new())),
        RunOrder::NextStage | RunOrder::Hold | RunOrder::Signal(_) | RunOrder::Input(_) | RunOrder::Resize(..) => None,
    }
}

fn is_kill(ladder: &StopLadder) -> bool {
    ladder.stages().len() == 1
}
