//! `pm attach`: the terminal we are at shows that of one process, and its keyboard is that process's.
//!
//! What the process prints goes through an emulator and is drawn; not one byte of it reaches our terminal as it came.

use std::io::Write;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::dashboard::{has_terminal, options, show, successor};
use crate::cli::args::{Attach, Place};
use crate::cli::attach::attach as reach;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::domain::{PhaseWord, ProcessName, Row, Snapshot};
use crate::supervisor::Handle;
use crate::tui::{self, Leave};

/// One that is being started has a process by then, or another phase.
const STARTS_WITHIN: Duration = Duration::from_secs(5);

/// Attaches until the person leaves or the process ends.
///
/// # Errors
/// No supervisor, no such process, one without a terminal or that does not run; no terminal here.
pub async fn attach(out: &mut Out, place: &Place, args: &Attach) -> Outcome {
    let project = Project::locate(place)?;
    let handle = reach(&project).await?;
    let row = settled(&handle, &args.name).await?;
    refuse(&row, &project)?;
    if out.json || !has_terminal() {
        let name = &args.name;
        return Err(Trouble::Usage(format!(
            "attach {name}: this needs a terminal to draw on and to read keys from; `pm logs {name} -f` shows what it \
             prints, `pm send {name} TEXT` types a line"
        )));
    }
    let run = row.run.as_ref().map(|run| run.no);
    let (successor, last) = successor(project, handle.clone());
    let options = tui::Options { solo: Some(args.name.clone()), successor: Some(successor), ..options(out)? };
    let leave = show(&handle, options).await?;
    let handle = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
    tell(out, &handle, &args.name, leave, run)
}

/// The process as it stands; one that is just being started is waited for.
async fn settled(handle: &Handle, name: &ProcessName) -> Result<Row, Trouble> {
    let find = |snapshot: &Snapshot| snapshot.rows.iter().find(|row| row.name() == name).cloned();
    let mut watch = handle.watch();
    let is_there = |snapshot: &Arc<Snapshot>| {
        find(snapshot).is_none_or(|row| row.pid().is_some() || row.phase.word() != PhaseWord::Starting)
    };
    // A supervisor that goes away meanwhile is noticed by whoever asks it next.
    drop(tokio::time::timeout(STARTS_WITHIN, watch.wait_for(is_there)).await);
    if let Some(row) = find(&handle.snapshot()) {
        return Ok(Row::clone(&row));
    }
    let known = crate::cli::select::names(&handle.snapshot());
    crate::cli::select::select(&known, &[name.to_string()]).map(drop)?;
    Err(Trouble::Denied(format!("{name} has gone; `pm ps` lists what is there")))
}

fn refuse(row: &Row, project: &Project) -> Result<(), Trouble> {
    let name = row.name();
    if !row.spec.tty {
        return Err(Trouble::Denied(format!(
            "{name} has no terminal to attach to: set `tty = true` for it (or `pm run --tty`), then restart it; \
             `pm logs {name} -f` shows what it prints, `pm send {name} TEXT` types a line"
        )));
    }
    if row.pid().is_none() {
        let phase = row.phase.word().in_a_sentence();
        return Err(Trouble::Denied(format!("{name} is {phase}, so there is nothing to attach to; `pm start {name}`")));
    }
    let is = |variable: &str, value: &str| std::env::var(variable).is_ok_and(|found| found == value);
    if is("PM_PROCESS", name.as_str()) && is("PM_PROJECT", &project.info.id) {
        return Err(Trouble::Denied(format!("this is the terminal of {name} already; it cannot show itself")));
    }
    Ok(())
}

fn tell(
    out: &mut Out,
    handle: &Handle,
    name: &ProcessName,
    leave: Leave,
    run: Option<crate::domain::RunNo>,
) -> Outcome {
    let snapshot = handle.snapshot();
    let row = snapshot.rows.iter().find(|row| row.name() == name);
    let view = row.and_then(|row| row.run.as_ref());
    match leave {
        Leave::Ended | Leave::Stopped => {
            let exit = view.filter(|view| Some(view.no) == run).and_then(|view| view.exit);
            match exit {
                Some(exit) => writeln!(out, "{name} has ended: {}", exit.status)?,
                None => writeln!(out, "{name} has ended; `pm status {name}` tells how it stands")?,
            }
            let failed = exit.is_some_and(|exit| !exit.is_success());
            Ok(if failed { Code::ProcessFailed } else { Code::Done })
        }
        Leave::Detach | Leave::Emergency | Leave::Terminated => {
            writeln!(out, "{name} runs on; `pm attach {name}` shows it again")?;
            Ok(Code::Done)
        }
        Leave::SupervisorGone => Err(Trouble::NoSupervisor(format!(
            "the supervisor has gone; {name} runs on under its keeper: `pm up -d` adopts it, then `pm attach {name}`"
        ))),
    }
}
