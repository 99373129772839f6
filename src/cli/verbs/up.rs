//! `pm up`: everything started; in the background, or in the foreground as lines of output.

use std::io::Write;
use std::sync::Arc;

use tokio::sync::{broadcast, watch};

use super::change::{Doing, finish};
use crate::cli::args::{Place, Up};
use crate::cli::attach::{Seat, attach_or_host, being_born, call_or_spawn};
use crate::cli::changed::note_changes;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::host::{Hosted, heed_terminations};
use crate::cli::output::{Out, note};
use crate::cli::print::events::sentence;
use crate::cli::print::prefix::Prefixes;
use crate::cli::project::Project;
use crate::cli::select::{names, select};
use crate::cli::tails::live::{Pace, grown};
use crate::cli::tails::{Live, Printer, runs};
use crate::domain::goal::Goal;
use crate::domain::{Accepted, Command, Event, Phase, Shutdown, Snapshot, Target, What};
use crate::logs::lines::StreamFilter;
use crate::platform::termination::Terminations;
use crate::supervisor::Handle;
use crate::wire::events::EventLine;

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
    let handle = seat.handle().clone();
    let mut plain = Plain::new(out, &handle)?;
    let accepted = handle.send(Command::Up(target)).await?;
    match seat {
        Seat::There(handle) => attached(out, &mut plain, &handle, &accepted).await,
        Seat::Here(hosted) => hosting(out, &mut plain, hosted, &accepted).await,
    }
}

/// The supervisor is another process: whatever happens here, it goes on.
async fn attached(out: &mut Out, plain: &mut Plain, handle: &Handle, accepted: &Accepted) -> Outcome {
    let pid = handle.snapshot().supervisor.pid;
    note(&format!("the supervisor (pid {pid}) runs elsewhere and goes on without us; `pm down` stops everything"));
    let mut terminations = Terminations::listen()?;
    tokio::select! {
        ended = plain.show(out, accepted) => {
            ended?;
            if plain.is_gone {
                note("the supervisor has gone; `pm up -d` starts one and adopts what runs");
                return Ok(Code::NoSupervisor);
            }
            Ok(verdict(&handle.snapshot()))
        }
        _ = terminations.next() => Ok(Code::Done),
    }
}

/// The supervisor is in this process: it ends with us.
async fn hosting(out: &mut Out, plain: &mut Plain, hosted: Hosted, accepted: &Accepted) -> Outcome {
    let handle = hosted.handle.clone();
    let heed = heed_terminations(&handle, note);
    tokio::pin!(heed);
    let shown = tokio::select! {
        ended = plain.show(out, accepted) => ended,
        error = &mut heed => return error.map(|()| Code::Done),
    };
    if shown.is_err() {
        note("what is said cannot be printed any more; everything is being stopped");
    }
    // Else everything is settled, or the supervisor is leaving as it was asked to, and this changes nothing more.
    let _ = handle.send(Command::Shutdown(Shutdown::Stop)).await;
    let left = tokio::select! {
        left = hosted.left() => left,
        error = &mut heed => return error.map(|()| Code::Done),
    };
    shown.and_then(|()| plain.catch_up(out))?;
    if !left.live.is_empty() {
        let names: Vec<_> = left.live.iter().map(ToString::to_string).collect();
        note(&format!("still alive under their keepers: {}; `pm up -d` adopts them", names.join(", ")));
    }
    Ok(verdict(&handle.snapshot()))
}

fn verdict(snapshot: &Snapshot) -> Code {
    let bad = snapshot.rows.iter().any(|row| matches!(row.phase, Phase::Failed { .. } | Phase::Unknown { .. }));
    if bad { Code::ProcessFailed } else { Code::Done }
}

/// Output and events as lines.
struct Plain {
    watch: watch::Receiver<Arc<Snapshot>>,
    events: broadcast::Receiver<Arc<Event>>,
    live: Live,
    printer: Printer,
    is_gone: bool,
}

impl Plain {
    /// From now on: what was printed before belongs to somebody else's screen.
    fn new(out: &Out, handle: &Handle) -> Result<Self, Trouble> {
        let snapshot = handle.snapshot();
        let mut live = Live::new(StreamFilter::All);
        for run in runs::of_snapshot(&snapshot) {
            live.skip(&run)?;
        }
        let printer = if out.json {
            Printer::json(out.form(), StreamFilter::All)
        } else {
            Printer::new((out.paint, out.form()), Some(Prefixes::new(out.paint, names(&snapshot))), StreamFilter::All)
        };
        Ok(Self { watch: handle.watch(), events: handle.events(), live, printer, is_gone: false })
    }

    /// Prints until every process is settled, or the supervisor has gone.
    async fn show(&mut self, out: &mut Out, accepted: &Accepted) -> Result<(), Trouble> {
        loop {
            let snapshot = self.watch.borrow_and_update().clone();
            let pace = self.print(out, &snapshot)?;
            let settled =
                snapshot.rows.iter().all(|row| row.phase.is_settled() && row.run.as_ref().is_none_or(|run| run.over));
            if pace != Pace::More && snapshot.revision >= accepted.revision && settled {
                self.live.print_rest(&mut self.printer, out)?;
                return Ok(out.flush()?);
            }
            tokio::select! {
                alive = grown(&mut self.watch, pace) => if !alive {
                    self.is_gone = true;
                    self.catch_up(out)?;
                    return Ok(());
                },
                Ok(event) = self.events.recv() => self.event(out, &event)?,
            }
        }
    }

    /// Prints what is there.
    fn print(&mut self, out: &mut Out, snapshot: &Snapshot) -> Result<Pace, Trouble> {
        while let Ok(event) = self.events.try_recv() {
            self.event(out, &event)?;
        }
        let pace = self.live.print(&runs::of_snapshot(snapshot), &mut self.printer, out)?;
        out.flush()?;
        Ok(pace)
    }

    /// The last news of a supervisor that has left.
    fn catch_up(&mut self, out: &mut Out) -> Result<(), Trouble> {
        let snapshot = self.watch.borrow_and_update().clone();
        while self.print(out, &snapshot)? == Pace::More {}
        self.live.print_rest(&mut self.printer, out)?;
        self.printer.finish(out)?;
        Ok(out.flush()?)
    }

    fn event(&mut self, out: &mut Out, event: &Event) -> Result<(), Trouble> {
        let line = EventLine::new(event);
        if out.json {
            return Ok(out.document(&line)?);
        }
        let worth_a_line = match &event.what {
            What::Changed { .. }
            | What::Adopted { .. }
            | What::StageEntered { .. }
            | What::Stuck { .. }
            | What::LogLost { .. }
            | What::Removed
            | What::Refused { .. }
            | What::Noted { .. } => true,
            What::SupervisorStarted { .. }
            | What::SupervisorLeft { .. }
            | What::Launched { .. }
            | What::Exited { .. }
            | What::Emptied { .. } => false,
        };
        if worth_a_line {
            let text = format!("── {}", sentence(out.paint, &line));
            self.printer.note(out, event.process.as_ref(), &text)?;
        }
        Ok(())
    }
}
