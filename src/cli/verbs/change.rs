//! `pm start`, `stop`, `restart`, `kill`, `hold`, `next`, `remove`: one command to some processes, and what came of it.

use std::io::{self, Write};

use crate::cli::args::{Change, Place, Remove, Start, Stop, Waiting};
use crate::cli::attach::call;
use crate::cli::bare;
use crate::cli::changed::note_changes;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::print::replies;
use crate::cli::project::Project;
use crate::cli::reach::{reach, verdict};
use crate::cli::select::is_meant;
use crate::config;
use crate::control::Line;
use crate::domain::goal::Goal;
use crate::domain::{Accepted, Command, ProcessName, Snapshot, Target};
use crate::wire::json::Done;

/// What a verb does, in the words of its report.
#[derive(Clone, Copy, Debug)]
pub struct Doing {
    /// `api: stopping`.
    pub words: &'static str,
    /// What `--wait` waits for.
    pub goal: Goal,
}

/// `pm start`.
///
/// # Errors
/// No supervisor, refused, or not in time.
pub async fn start(out: &mut Out, place: &Place, args: &Start) -> Outcome {
    let doing = Doing { words: "starting", goal: Goal::Up };
    change(out, place, Command::Start, &args.names, doing, args.waiting).await
}

/// `pm stop`.
///
/// # Errors
/// As [`start`]; for a bare pid also that it is not ours to stop.
pub async fn stop(out: &mut Out, place: &Place, args: &Stop) -> Outcome {
    if let Some(pid) = args.pid {
        return bare::stop(out, pid, args.force, args.waiting.timeout.map(|limit| limit.0)).await;
    }
    if args.force {
        return kill_all(out, place, &args.names, args.waiting).await;
    }
    let doing = Doing { words: "stopping", goal: Goal::Down };
    change(out, place, Command::Stop, &args.names, doing, args.waiting).await
}

/// `pm restart`.
///
/// # Errors
/// As [`start`].
pub async fn restart(out: &mut Out, place: &Place, args: &Change) -> Outcome {
    let doing = Doing { words: "restarting", goal: Goal::Up };
    change(out, place, Command::Restart, &args.names, doing, args.waiting).await
}

/// `pm kill`.
///
/// # Errors
/// As [`start`].
pub async fn kill(out: &mut Out, place: &Place, args: &Change) -> Outcome {
    kill_all(out, place, &args.names, args.waiting).await
}

/// `pm hold`.
///
/// # Errors
/// As [`start`].
pub async fn hold(out: &mut Out, place: &Place, args: &Change) -> Outcome {
    let doing = Doing { words: "held at its stage; `pm next` goes on", goal: Goal::Held };
    change(out, place, Command::Hold, &args.names, doing, args.waiting).await
}

/// `pm next`.
///
/// # Errors
/// As [`start`].
pub async fn next(out: &mut Out, place: &Place, args: &Change) -> Outcome {
    let doing = Doing { words: "entering its next stage", goal: Goal::Past };
    change(out, place, Command::NextStage, &args.names, doing, args.waiting).await
}

/// `pm remove`.
///
/// # Errors
/// As [`start`].
pub async fn remove(out: &mut Out, place: &Place, args: &Remove) -> Outcome {
    let doing = Doing { words: "removed", goal: Goal::Settled };
    let project = Project::locate(place)?;
    let mut line = call(&project).await?;
    if let Some(name) = newly_defined(&project, &mut line, &args.names).await? {
        return Err(Trouble::Denied(format!(
            "{name} is in the config again, which the supervisor has not read yet; `pm down --detach`, then `pm up -d` reads it"
        )));
    }
    order(out, &project, &mut line, Command::Remove(Target::Patterns(args.names.clone())), doing, Waiting::default())
        .await
}

/// One of these names that the config defines by now, and the supervisor does not know: to it, it is gone for good.
async fn newly_defined(project: &Project, line: &mut Line, names: &[String]) -> Result<Option<ProcessName>, Trouble> {
    let Some(Ok(config)) = project.info.config.as_deref().map(config::load) else { return Ok(None) };
    let Some(snapshot) = line.look().await? else { return Ok(None) };
    let is_new = |name: &ProcessName| !snapshot.rows.iter().any(|row| row.name() == name) && is_meant(name, names);
    Ok(config.processes.into_iter().map(|spec| spec.name).find(is_new))
}

async fn kill_all(out: &mut Out, place: &Place, names: &[String], waiting: Waiting) -> Outcome {
    let doing = Doing { words: "being killed", goal: Goal::Down };
    change(out, place, Command::Kill, names, doing, waiting).await
}

async fn change(
    out: &mut Out,
    place: &Place,
    command: fn(Target) -> Command,
    names: &[String],
    doing: Doing,
    waiting: Waiting,
) -> Outcome {
    let project = Project::locate(place)?;
    let mut line = call(&project).await?;
    order(out, &project, &mut line, command(Target::Patterns(names.to_vec())), doing, waiting).await
}

async fn order(
    out: &mut Out,
    project: &Project,
    line: &mut Line,
    command: Command,
    doing: Doing,
    waiting: Waiting,
) -> Outcome {
    let answer = line.ask(command).await?;
    if doing.goal == Goal::Up {
        note_changes(project, line).await;
    }
    finish(out, project, line, &answer?, doing, waiting).await
}

/// Reports what was accepted, or waits and reports how it ended.
///
/// # Errors
/// Not in time; the supervisor went, and no other came.
pub async fn finish(
    out: &mut Out,
    project: &Project,
    line: &mut Line,
    accepted: &Accepted,
    doing: Doing,
    waiting: Waiting,
) -> Outcome {
    if !waiting.wait && waiting.timeout.is_none() {
        report(out, doing.words, accepted, None)?;
        return Ok(Code::Done);
    }
    let end = reach(project, line, accepted, doing.goal, waiting.timeout.map(|limit| limit.0)).await?;
    report(out, doing.words, accepted, Some(&end))?;
    Ok(match doing.goal {
        Goal::Down | Goal::Held | Goal::Past => Code::Done,
        Goal::Up | Goal::Tried | Goal::Settled => verdict(&end, accepted),
    })
}

/// Prints what `accepted` speaks of; with `end`, how it stands then.
///
/// # Errors
/// `BrokenPipe` when nobody reads any more.
pub fn report(out: &mut Out, words: &str, accepted: &Accepted, end: Option<&Snapshot>) -> io::Result<()> {
    if out.json {
        return out.document(&Done::of(accepted, end));
    }
    for line in replies::lines(out.paint, words, accepted, end) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
