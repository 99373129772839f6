//! `pm down`: everything stopped, and the supervisor gone.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cli::args::{Down, Place};
use crate::cli::attach::{being_born, kept, spawn};
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::{Out, note};
use crate::cli::print::{figures, replies};
use crate::cli::project::Project;
use crate::control::{self, ConnectError};
use crate::domain::{Command, Phase, ProcessName, Refusal, Row, Shutdown, Snapshot, Target};
use crate::supervisor::Handle;
use crate::wire::json::Ended;

/// How often to look whether the supervisor has let go of its lock.
const LOOK: Duration = Duration::from_millis(5);
/// How long it may hold the lock after its last word.
const LET_GO_WITHIN: Duration = Duration::from_secs(5);

/// Ends the supervisor, and with it everything it runs, unless that shall be left running.
///
/// # Errors
/// Not in time; the supervisor does not answer.
pub async fn down(out: &mut Out, place: &Place, args: &Down) -> Outcome {
    let project = Project::locate(place)?;
    let how = if args.detach { Shutdown::Detach } else { Shutdown::Stop };
    let limit = args.timeout.map(|limit| limit.0);
    let handle = match control::connect(&project.control_socket()).await {
        Ok(handle) => handle,
        Err(ConnectError::NoSupervisor) if being_born(&project) => crate::cli::attach::attach(&project).await?,
        Err(ConnectError::NoSupervisor) => {
            let alive = kept(&project);
            if alive.is_empty() || args.detach {
                return nothing(out, &project, &alive);
            }
            note(&format!("no supervisor runs, but {} alive; starting one to stop what is left", are(alive.len())));
            spawn(&project).await?
        }
        Err(ConnectError::VersionMismatch { theirs, pid }) => {
            note(&format!("the supervisor (pid {pid}) runs version {theirs}; asking it to go all the same"));
            return by_request(out, &project, how, (pid, limit)).await;
        }
        Err(ConnectError::Full { clients, pid }) => {
            note(&format!(
                "{clients} clients are attached to the supervisor (pid {pid}); asking it to go all the same"
            ));
            return by_request(out, &project, how, (pid, limit)).await;
        }
        Err(error) => return Err(error.into()),
    };
    let before = handle.snapshot();
    let last = end(&handle, how, limit).await?;
    until_unlocked(&project).await?;
    report(out, how, &before, &last)
}

/// Sends the command and follows the supervisor to its end; the last it showed comes back.
async fn end(handle: &Handle, how: Shutdown, limit: Option<Duration>) -> Result<Arc<Snapshot>, Trouble> {
    if how == Shutdown::Stop && handle.snapshot().shutting_down.is_some() {
        // Whoever asks twice is in a hurry.
        note("everything is being stopped already; entering the next stage of every stop now");
        // Refused where a stop is over or has not begun, and both will have an end.
        drop(handle.send(Command::NextStage(Target::all())).await);
    }
    tell(handle, Command::Shutdown(how)).await?;
    let mut watch = handle.watch();
    let gone = async { while watch.changed().await.is_ok() {} };
    let Some(limit) = limit else {
        gone.await;
        return Ok(handle.snapshot());
    };
    if tokio::time::timeout(limit, gone).await.is_ok() {
        return Ok(handle.snapshot());
    }
    let snapshot = handle.snapshot();
    let late = snapshot.rows.iter().filter(|row| is_alive(row));
    let late: Vec<_> = late.map(|row| replies::standing_of(crate::cli::print::Paint::new(false), row)).collect();
    let limit = figures::length(limit);
    Err(Trouble::Timeout(format!("not down after {limit}: {}; it goes on, `pm next all` hurries", late.join("; "))))
}

/// A supervisor that goes before it answers does what is wanted of it.
async fn tell(handle: &Handle, command: Command) -> Result<(), Trouble> {
    match handle.send(command).await {
        Ok(_) | Err(Refusal::Gone) => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn until_unlocked(project: &Project) -> Result<(), Trouble> {
    let deadline = Instant::now() + LET_GO_WITHIN;
    while being_born(project) {
        if Instant::now() >= deadline {
            return Err(Trouble::Timeout(
                "the supervisor said goodbye, but has not left; `pm down` tries again".into(),
            ));
        }
        sleep(LOOK).await;
    }
    Ok(())
}

async fn by_request(out: &mut Out, project: &Project, how: Shutdown, (pid, limit): (u32, Option<Duration>)) -> Outcome {
    let socket = project.control_socket();
    let left = async {
        control::client::ask_to_leave(&socket, how).await?;
        until_unlocked(project).await
    };
    match limit {
        None => left.await?,
        Some(limit) => tokio::time::timeout(limit, left).await.unwrap_or_else(|_| {
            let limit = figures::length(limit);
            Err(Trouble::Timeout(format!(
                "not down after {limit}: the supervisor (pid {pid}) is still there; it goes on, `pm down` waits for it again"
            )))
        })?,
    }
    if out.json {
        out.document(&Ended { supervisor_pid: Some(pid), ..Ended::default() })?;
    } else {
        writeln!(out, "the supervisor (pid {pid}) has left")?;
    }
    Ok(Code::Done)
}

fn nothing(out: &mut Out, project: &Project, left: &[ProcessName]) -> Outcome {
    let names: Vec<_> = left.iter().map(ToString::to_string).collect();
    if out.json {
        out.document(&Ended { left_running: names, ..Ended::default() })?;
    } else if names.is_empty() {
        writeln!(out, "nothing of {} was running", project.called())?;
    } else {
        writeln!(out, "no supervisor was running; {} on", run(names.len()))?;
    }
    Ok(Code::Done)
}

fn report(out: &mut Out, how: Shutdown, before: &Snapshot, last: &Snapshot) -> Outcome {
    let was_alive = |name: &ProcessName| before.rows.iter().any(|row| row.name() == name && is_alive(row));
    let (alive, ended): (Vec<_>, Vec<_>) =
        last.rows.iter().filter(|row| was_alive(row.name()) || is_alive(row)).partition(|row| is_alive(row));
    let killed = ended.iter().map(|row| match row.phase {
        Phase::Stopped { killed, .. } => killed,
        Phase::Starting { .. }
        | Phase::Running { .. }
        | Phase::Stopping(_)
        | Phase::Backoff { .. }
        | Phase::Completed { .. }
        | Phase::Failed { .. }
        | Phase::Unknown { .. } => 0,
    });
    let names = |rows: &[&Arc<Row>]| rows.iter().map(|row| row.name().to_string()).collect::<Vec<_>>();
    let end = Ended {
        stopped: names(&ended),
        left_running: names(&alive),
        killed: killed.sum(),
        supervisor_pid: Some(last.supervisor.pid),
    };
    if out.json {
        out.document(&end)?;
    } else {
        for row in &ended {
            let line = replies::standing_of(out.paint, row);
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{}", sentence(how, &end))?;
    }
    Ok(if how == Shutdown::Stop && !end.left_running.is_empty() { Code::ProcessFailed } else { Code::Done })
}

/// Something of it lives, be it only what a run that is over left behind.
fn is_alive(row: &Row) -> bool {
    row.phase.is_live() || row.has_live_run()
}

fn sentence(how: Shutdown, end: &Ended) -> String {
    let killed = match end.killed {
        0 => String::new(),
        1 => ", 1 process had to be killed".to_owned(),
        n => format!(", {n} processes had to be killed"),
    };
    match (how, end.left_running.len()) {
        (Shutdown::Stop, 0) if end.stopped.is_empty() => "nothing was running; the supervisor has left".to_owned(),
        (Shutdown::Stop, 0) => format!("{} stopped{killed}; the supervisor has left", count(end.stopped.len())),
        (Shutdown::Stop, n) => {
            format!(
                "{} stopped{killed}; {} could not be ended, `pm up -d` finds them again",
                count(end.stopped.len()),
                count(n)
            )
        }
        (Shutdown::Detach, 0) => "nothing was running; the supervisor has left".to_owned(),
        (Shutdown::Detach, n) => format!("the supervisor has left, {} on; `pm up -d` adopts what runs", run(n)),
    }
}

/// `1 process is`, `2 processes are`.
fn are(n: usize) -> String {
    format!("{} {}", count(n), if n == 1 { "is" } else { "are" })
}

/// `1 process runs`, `2 processes run`.
fn run(n: usize) -> String {
    format!("{} {}", count(n), if n == 1 { "runs" } else { "run" })
}

fn count(n: usize) -> String {
    figures::count(n as u64, "process")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::print::samples;

    #[tokio::test]
    async fn a_supervisor_that_has_left_already_is_down() {
        let (handle, backend) = Handle::channel(Arc::new(samples::snapshot()));
        drop(backend);
        let last = end(&handle, Shutdown::Stop, None).await.expect("gone is what was asked for");
        assert_eq!(last.revision, samples::snapshot().revision);
    }
}
