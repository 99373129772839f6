//! `pm status --pid` and `pm stop --pid`: what `supervisor::bare` sees and does, printed. No config or supervisor is needed.

use std::io::Write;
use std::time::Duration;

use super::code::{Code, Outcome, Trouble};
use super::output::{Out, note};
use super::print::bare::page;
use super::print::figures::length;
use crate::platform::identity::{Identity, Proven};
use crate::platform::sweep::SweepReport;
use crate::platform::{clock, processes};
use crate::supervisor::bare;
use crate::wire::json::{BareStatus, Swept, TreeEntry};

/// Prints everything to be seen of a process.
///
/// # Errors
/// There is no such process.
pub async fn status(out: &mut Out, pid: u32) -> Outcome {
    let Some(bare) = bare::look(pid).await else {
        return Err(Trouble::Denied(bare::missing(pid)));
    };
    if out.json {
        let mut status = BareStatus::of(
            (pid, bare.parent_pid),
            (&bare.name, &bare.command),
            (bare.started_at, bare.zombie),
            (&bare.tree_usage, &bare.tree),
        );
        look_closer(&mut status.tree);
        out.document(&status)?;
    } else {
        for line in page(out.paint, &bare, clock::now()) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(Code::Done)
}

/// What each of these runs and since when, which no sample tells. Who has gone since, or stands elsewhere, is left as it is.
pub fn look_closer(tree: &mut [TreeEntry]) {
    for entry in tree.iter_mut().filter(|entry| processes::parent(entry.pid) == Some(entry.parent_pid)) {
        if let Some(identity) = Identity::of(entry.pid) {
            let command = processes::command_line(entry.pid).unwrap_or_default();
            entry.complete(command, clock::started_at(identity.start_ticks));
        }
    }
}

/// Stops a process and everything below it: by the default ladder, or by force; for as long as `limit` allows.
///
/// # Errors
/// It is not there, not ours, or one that is never touched; not in time.
pub async fn stop(out: &mut Out, pid: u32, force: bool, limit: Option<Duration>) -> Outcome {
    let proven = Proven::open(pid).map_err(|why| Trouble::Denied(why.to_string()))?;
    let swept = bare::stop(proven, force, |stage| {
        note(&format!("stage {} of {}: {} to {}", stage.number, stage.of, stage.signal, count(stage.members)));
    });
    let report = match limit {
        None => swept.await,
        Some(limit) => tokio::time::timeout(limit, swept).await.map_err(|_| late(pid, limit))?,
    };
    tell(out, pid, &report)
}

/// Unlike a stop that a keeper walks, this one ends with us.
fn late(pid: u32, limit: Duration) -> Trouble {
    let limit = length(limit);
    Trouble::Timeout(format!(
        "not done after {limit}: of {pid} and what is below it something lives, and nobody goes on with the stop; \
         `pm stop --pid {pid} --force` kills it"
    ))
}

fn tell(out: &mut Out, pid: u32, report: &SweepReport) -> Outcome {
    let SweepReport { ended, killed, left } = report;
    let fault = report.fault();
    if out.json {
        out.document(&Swept { pid, ended: *ended, killed: *killed, left: left.clone() })?;
    } else if fault.is_none() {
        writeln!(out, "{pid}: stopped; {} ended, {killed} had to be killed", count(*ended))?;
    }
    fault.map_or(Ok(Code::Done), |fault| Err(Trouble::ProcessFailed(fault)))
}

fn count(n: u32) -> String {
    if n == 1 { "1 process".to_owned() } else { format!("{n} processes") }
}
