//! Runs whose keeper died: finding what is left of them, watching it, stopping it. Each process is proven to be theirs.

use std::time::Duration;

use super::inbox::{Inbox, Note};
use super::link::Subject;
use crate::domain::effect::Fact;
use crate::domain::phase::Stage;
use crate::domain::{RunId, Signal, StopLadder};
use crate::platform::identity::{Identity, Proven};
use crate::platform::members::Members;
use crate::platform::{clock, sweep};

/// The variable in a child's environment that says which run it belongs to.
pub const RUN_ID_VARIABLE: &str = "PM_RUN_ID";

/// Between two looks at processes whose end cannot be waited for.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// So many processes of a run are held at a time; each takes a descriptor. The others are looked for when these have ended.
const HELD: usize = 64;

/// Tells that the keeper of a run is gone, and watches what is left of the run until that is gone too.
pub async fn report_lost(inbox: &Inbox, subject: &Subject, why: String) {
    let (mut members, mut left) = find(members(subject)).await;
    if left.is_empty() {
        tokio::time::sleep(sweep::LOOK_TWICE).await;
        (members, left) = find(members).await;
    }
    let nothing_left = left.is_empty();
    let fact = Fact::KeeperLost { orphans: left.clone(), why };
    drop(inbox.send(Note::Fact(subject.id.clone(), fact)).await);
    if !nothing_left {
        watch(inbox.clone(), subject.id.clone(), members, left).await;
    }
}

/// What belongs to a run: who was started with its id in the environment, and the main process even where its environment does
/// not tell any more (`env -i`, a program that writes its title there); everything below them.
fn members(subject: &Subject) -> Members {
    let members = Members::of_env(RUN_ID_VARIABLE, subject.id.as_str());
    let Some(record) = subject.record() else { return members };
    members.and(&Identity { pid: record.pid, start_ticks: record.pid_start, boot_id: record.boot_id })
}

/// Performs `Effect::Sweep`: the ladder, then KILL, until nothing of the run is found any more.
pub async fn stop(inbox: Inbox, subject: Subject, ladder: StopLadder) {
    let stages: Vec<(Signal, Duration)> = ladder.stages().iter().map(|stage| (stage.signal, stage.wait)).collect();
    let (told, waits) = (inbox.clone(), stages.clone());
    let mut members = members(&subject);
    let id = subject.id;
    let find = move || members.find();
    let report = sweep::sweep(find, &stages, |stage| {
        let since = clock::now();
        let wait = waits.get(usize::from(stage.number) - 1).map_or(Duration::ZERO, |(_, wait)| *wait);
        let entered = Stage { number: stage.number, of: stage.of, signal: stage.signal, since, until: since + wait };
        // A full inbox costs the display of one stage, never the stage.
        drop(told.try_send(Note::Fact(id.clone(), Fact::StageEntered(entered))));
    });
    let report = report.await;
    let fact =
        if report.left.is_empty() { Fact::OrphansGone { killed: report.killed } } else { Fact::Stuck(report.left) };
    drop(inbox.send(Note::Fact(id, fact)).await);
}

/// Blocking look-ups happen off the task; the members come back, because they remember whose children they have seen.
async fn find(mut members: Members) -> (Members, Vec<u32>) {
    let found = tokio::task::spawn_blocking(move || {
        let found = members.find();
        (members, found)
    });
    // Only a panic in the look-up gets here; nothing found is then the honest answer.
    found.await.unwrap_or_else(|_| (Members::of_env(RUN_ID_VARIABLE, ""), Vec::new()))
}

/// Waits, without polling where the system allows it, until every process of the run has ended.
async fn watch(inbox: Inbox, id: RunId, mut members: Members, mut left: Vec<u32>) {
    while !left.is_empty() && !inbox.is_closed() {
        // All of them now: a pid may be another's by the time that one before it has ended. Not to be opened means that it has
        // ended in the meantime, or is another user's by now.
        let held: Vec<_> = left.iter().filter_map(|pid| Proven::open(*pid).ok()).take(HELD).collect();
        if held.is_empty() {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        for proven in held {
            tokio::select! {
                () = proven.ended() => {}
                () = inbox.closed() => return,
            }
        }
        (members, left) = find(members).await;
    }
    drop(inbox.send(Note::Fact(id, Fact::OrphansGone { killed: 0 })).await);
}
