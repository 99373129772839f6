//! `pm up`: everything started; in the background, or in the foreground as lines of output.

mod plain;

use std::cell::Cell;
use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::change::{Doing, finish};
use crate::cli::args::{Place, Up};
use crate::cli::attach::{Seat, attach_or_host, being_born, call_or_spawn};
use crate::cli::changed::note_changes;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::host::{Hosted, heed_terminations};
use crate::cli::output::{Out, note, note_in_passing};
use crate::cli::printing::{Printing, stands_still};
use crate::cli::project::Project;
use crate::cli::select::select;
use crate::domain::goal::Goal;
use crate::domain::{Accepted, Command, Phase, ProcessName, Row, RunId, Snapshot, Target};
use crate::platform::termination::Terminations;
use crate::supervisor::Handle;
use plain::Plain;

/// Starts everything with autostart, or what was named.
///
/// # Errors
/// No config or one with faults; no supervisor could be started; refused.
pub async fn up(out: &mut Out, place: &Place, args: &Up) -> Outcome {
    let project = Project::open_or_adhoc(place)?;
    let target = (!args.names.is_empty()).then(|| Target::Patterns(args.names.clone()));
    if !args.detach {
        if args.waiting.wait || args.waiting.timeout.is_some() {
            return Err(Trouble::Usage("--wait and --timeout go with -d; without it `pm up` stays anyway".to_owned()));
        }
        return foreground(out, &project, target).await;
    }
    if !being_born(&project) {
        // A name nobody has starts no supervisor that would only say so.
        let kept = crate::logs::runs::processes(project.layout.runs().as_path());
        let known: Vec<_> = project.names.iter().cloned().chain(kept).collect();
        select(&known, &args.names)?;
    }
    let mut line = call_or_spawn(&project).await?;
    let answer = line.ask(Command::Up(target)).await?;
    note_changes(&project, &mut line).await;
    let accepted = answer?;
    if !out.json && accepted.affected.is_empty() && accepted.unchanged.is_empty() {
        writeln!(out, "nothing of project {} starts by itself; `pm start NAME` starts it", project.info.name)?;
    }
    finish(out, &project, &mut line, &accepted, Doing { words: "starting", goal: Goal::Up }, args.waiting).await
}

/// Starts what was asked for and prints what is said and what happens, until nothing will change any more or somebody asks
/// us to end.
///
/// # Errors
/// As [`up`].
pub async fn foreground(out: &mut Out, project: &Project, target: Option<Target>) -> Outcome {
    let seat = attach_or_host(project).await?;
    begin(out, seat, target).await
}

/// Where a supervisor runs already, prints what is said and what happens there until somebody asks us to end, and asks it for
/// nothing. Where none runs, as [`foreground`].
///
/// # Errors
/// As [`up`].
pub async fn watch(out: &mut Out, project: &Project) -> Outcome {
    match attach_or_host(project).await? {
        Seat::There(handle) => look_on(out, &handle).await,
        seat @ Seat::Here(_) => begin(out, seat, None).await,
    }
}

/// Starts what was asked for, and prints.
async fn begin(out: &mut Out, seat: Seat, target: Option<Target>) -> Outcome {
    let handle = seat.handle().clone();
    let plain = Plain::new(out, &handle)?;
    let before = handle.look().await;
    let accepted = handle.send(Command::Up(target)).await?;
    let concern = Concern::of(&accepted, &before);
    match seat {
        Seat::There(handle) => attached(out, plain, &handle, (accepted, concern)).await,
        Seat::Here(hosted) => hosting(out, plain, hosted, (accepted, concern)).await,
    }
}

/// What the exit code speaks of.
struct Concern {
    /// What was asked for.
    names: HashSet<ProcessName>,
    /// The last runs of all processes before that. What failed earlier, and was let be, is no failure of this.
    earlier: HashSet<RunId>,
}

impl Concern {
    fn of(accepted: &Accepted, before: &Snapshot) -> Self {
        let run_id = |row: &Arc<Row>| row.run.as_ref().map(|run| run.id.clone());
        Self {
            names: accepted.concerned().cloned().collect(),
            earlier: before.rows.iter().filter_map(run_id).collect(),
        }
    }

    fn verdict(&self, snapshot: &Snapshot) -> Code {
        let is_new = |row: &Row| row.run.as_ref().is_some_and(|run| !self.earlier.contains(&run.id));
        let concerns = |row: &Row| self.names.contains(row.name()) || is_new(row);
        let bad = |row: &Row| matches!(row.phase, Phase::Failed { .. } | Phase::Unknown { .. });
        if snapshot.rows.iter().any(|row| bad(row) && concerns(row)) { Code::ProcessFailed } else { Code::Done }
    }
}

/// The supervisor is another process: whatever happens here, it goes on.
async fn attached(
    out: &mut Out,
    mut plain: Plain,
    handle: &Handle,
    (accepted, concern): (Accepted, Concern),
) -> Outcome {
    let show = async move |out: &mut Out| plain.show(out, &accepted).await.map(|()| plain.is_gone);
    beside(out, handle, show, || concern.verdict(&handle.snapshot())).await
}

/// The same where nothing was asked for, so nothing is settled either.
async fn look_on(out: &mut Out, handle: &Handle) -> Outcome {
    let mut plain = Plain::new(out, handle)?;
    let show = async move |out: &mut Out| plain.look_on(out).await.map(|()| plain.is_gone);
    beside(out, handle, show, || Code::Done).await
}

/// Prints beside a supervisor in another process until it has gone, which `show` tells, or somebody asks us to end.
async fn beside(
    out: &mut Out,
    handle: &Handle,
    show: impl AsyncFnOnce(&mut Out) -> Result<bool, Trouble> + Send + 'static,
    verdict: impl FnOnce() -> Code,
) -> Outcome {
    let pid = handle.snapshot().supervisor.pid;
    note(&format!("the supervisor (pid {pid}) runs elsewhere and goes on without us; `pm down` stops everything"));
    let mut terminations = Terminations::listen()?;
    let mut printing = Printing::begin(out, show)?;
    tokio::select! {
        is_gone = printing.ended(out) => {
            if is_gone? {
                note("the supervisor has gone; `pm up -d` starts one and adopts what runs");
                return Ok(Code::NoSupervisor);
            }
            Ok(verdict())
        }
        _ = terminations.next() => Ok(Code::Done),
    }
}

/// The supervisor is in this process: it ends with us.
async fn hosting(out: &mut Out, mut plain: Plain, hosted: Hosted, (accepted, concern): (Accepted, Concern)) -> Outcome {
    let handle = hosted.handle.clone();
    let is_asked = Cell::new(false);
    let heed = heed_terminations(&handle, |understood| {
        is_asked.set(true);
        note_in_passing(understood);
    });
    tokio::pin!(heed);
    let is_shown = Arc::new(AtomicBool::new(false));
    let (shown, far) = (is_shown.clone(), handle.clone());
    let mut printing =
        Printing::begin(out, async move |out: &mut Out| plain.show_to_the_end(out, (&far, &accepted), &shown).await)?;
    let left = tokio::select! {
        left = hosted.left() => left,
        error = &mut heed => return error.map(|()| Code::Done),
    };
    // Who reads slowly gets everything, unless somebody wants us to end.
    let progress = printing.progress.clone();
    let may_give_up = || is_asked.get() || !is_shown.load(Ordering::Relaxed);
    tokio::select! {
        printed = printing.ended(out) => printed?,
        () = stands_still(progress, may_give_up) => {
            note_in_passing("nobody reads what is said, so the end of it is not printed; `pm logs` and `pm events` show it");
        }
        error = &mut heed => return error.map(|()| Code::Done),
    }
    if !left.live.is_empty() {
        let names: Vec<_> = left.live.iter().map(ToString::to_string).collect();
        let names = names.join(", ");
        note_in_passing(&format!("still alive under their keepers: {names}; `pm up -d` adopts them"));
    }
    Ok(concern.verdict(&handle.snapshot()))
}
