//! What `pm up` in the foreground and `pm` without a terminal print: output and events as lines, one under the other.
//!
//! Knows nothing of signals and of where the supervisor is.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{broadcast, watch};

use crate::cli::code::Trouble;
use crate::cli::output::{Out, note};
use crate::cli::print::events::sentence;
use crate::cli::print::prefix::Prefixes;
use crate::cli::select::names;
use crate::cli::tails::live::{Pace, grown};
use crate::cli::tails::{Live, Printer, runs};
use crate::domain::{Accepted, Command, Event, Shutdown, Snapshot, What};
use crate::logs::lines::StreamFilter;
use crate::supervisor::Handle;
use crate::wire::events::EventLine;

/// Output and events as lines.
pub(super) struct Plain {
    watch: watch::Receiver<Arc<Snapshot>>,
    events: broadcast::Receiver<Arc<Event>>,
    live: Live,
    printer: Printer,
    /// The supervisor has gone.
    pub(super) is_gone: bool,
}

impl Plain {
    /// From now on: what was printed before belongs to somebody else's screen.
    pub(super) fn new(out: &Out, handle: &Handle) -> Result<Self, Trouble> {
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
    pub(super) async fn show(&mut self, out: &mut Out, accepted: &Accepted) -> Result<(), Trouble> {
        loop {
            let snapshot = self.watch.borrow_and_update().clone();
            let pace = self.print(out, &snapshot)?;
            let settled = snapshot.rows.iter().all(|row| row.phase.is_settled() && !row.has_live_run());
            if pace != Pace::More && snapshot.revision >= accepted.revision && settled {
                self.live.print_rest(&mut self.printer, out)?;
                return Ok(out.flush()?);
            }
            self.wait(out, pace).await?;
            if self.is_gone {
                return Ok(());
            }
        }
    }

    /// Prints until the supervisor has gone, whatever is settled.
    pub(super) async fn look_on(&mut self, out: &mut Out) -> Result<(), Trouble> {
        while !self.is_gone {
            let snapshot = self.watch.borrow_and_update().clone();
            let pace = self.print(out, &snapshot)?;
            self.wait(out, pace).await?;
        }
        Ok(())
    }

    /// Waits until there is more to print; the last of it is printed here.
    async fn wait(&mut self, out: &mut Out, pace: Pace) -> Result<(), Trouble> {
        tokio::select! {
            alive = grown(&mut self.watch, pace) => if !alive {
                self.is_gone = true;
                self.catch_up(out)?;
            },
            Ok(event) = self.events.recv() => self.event(out, &event)?,
        }
        Ok(())
    }

    /// Prints until every process is settled and says so by `is_shown`, has everything stopped, whatever that is by then, and
    /// prints how it ended.
    pub(super) async fn show_to_the_end(
        &mut self,
        out: &mut Out,
        (handle, accepted): (&Handle, &Accepted),
        is_shown: &AtomicBool,
    ) -> Result<(), Trouble> {
        let shown = self.show(out, accepted).await;
        is_shown.store(true, Ordering::Relaxed);
        if shown.is_err() {
            note("what is said cannot be printed any more; everything is being stopped");
        }
        // Else everything is settled, or the supervisor is leaving as it was asked to, and this changes nothing more.
        let _ = handle.send(Command::Shutdown(Shutdown::Stop)).await;
        while self.watch.changed().await.is_ok() {}
        shown.and_then(|()| self.catch_up(out))
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
