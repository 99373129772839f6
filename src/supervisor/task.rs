//! The one task that owns all state: it takes inputs from everywhere, steps the core, and performs what comes out.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::Instant;

use super::handle::{Backend, Request};
use super::inbox::{Inbox, Note};
use super::journal::Journal;
use super::launching::Launcher;
use super::link::ORDERS;
use super::packing::Packing;
use super::removal;
use super::retention::{Retention, prune};
use super::sampling::Sampling;
use super::start::LeftBehind;
use super::store::RegistryStore;
use crate::domain::effect::{Effect, Fact, Input, LaunchOrder, RunOrder};
use crate::domain::fleet::Fleet;
use crate::domain::{Command, Event, PhaseWord, ProcessName, Refusal, RunId, RunNo, SpawnStep, Target, What};
use crate::platform::clock::Clock;

/// Notes taken before the next snapshot is made, at most: a storm of facts costs one snapshot, not one each.
const BATCH: usize = 256;
/// Between two snapshots, for each process in them: making one takes some 20 ns a process, and a microsecond more for each that
/// has changed, so they never take much of a core, and the first change after a while is shown at once.
const PUBLISH_PAUSE_PER_ROW: Duration = Duration::from_micros(4);
/// The same while nobody watches: who wants to know asks for a look. A little less than from one sample to the next, so that
/// each is shown as it comes in and nobody has to be woken for it later.
const PUBLISH_PAUSE_UNWATCHED: Duration = Duration::from_millis(900);

/// The task's state and its hands.
pub struct Task {
    pub(super) fleet: Fleet,
    pub(super) clock: Clock,
    pub(super) backend: Backend,
    pub(super) inbox: Inbox,
    pub(super) notes: mpsc::Receiver<Note>,
    pub(super) launcher: Arc<Launcher>,
    pub(super) journal: Journal,
    pub(super) store: RegistryStore,
    pub(super) retention: Retention,
    pub(super) packing: Packing,
    pub(super) sampling: Sampling,
    pub(super) orders: HashMap<RunId, mpsc::Sender<RunOrder>>,
    pub(super) leaving: bool,
    pub(super) published_at: Instant,
}

impl Task {
    /// Runs until the fleet says to leave.
    pub async fn run(mut self) -> LeftBehind {
        while !self.leaving {
            let unpublished = self.publish_if_due();
            let deadline = self.fleet.next_deadline().map(|at| self.clock.instant(at));
            let others = [unpublished, self.store.due(), self.retention.due()];
            let deadline = deadline.into_iter().chain(others.into_iter().flatten()).min();
            tokio::select! {
                // Facts before commands: what is decided about a process is decided on what is known of it.
                biased;
                Some(note) = self.notes.recv() => self.take_notes(note),
                Some(request) = self.backend.requests.recv() => self.serve(request).await,
                () = sleep_until(deadline), if deadline.is_some() => self.pass_time().await,
            }
        }
        self.leave().await
    }

    /// Tells the core what has happened and performs what it decides.
    pub(super) fn step(&mut self, input: Input) {
        let outcome = self.fleet.step(self.clock.now(), input);
        if self.fleet.take_registry_change() {
            self.store.note_change();
        }
        self.carry_out(outcome.effects, outcome.events);
    }

    fn carry_out(&mut self, effects: Vec<Effect>, events: Vec<Event>) {
        for effect in effects {
            self.perform(effect);
        }
        for event in events {
            self.tell(event);
        }
    }

    fn take_notes(&mut self, first: Note) {
        self.take_note(first);
        for _ in 1..BATCH {
            let Ok(note) = self.notes.try_recv() else { return };
            self.take_note(note);
        }
    }

    fn take_note(&mut self, note: Note) {
        match note {
            Note::Fact(run, fact) => {
                let has_begun = had_the_lock(&fact);
                self.step(Input::Fact(run.clone(), fact));
                if has_begun {
                    self.prune(&run);
                }
            }
            Note::Sampled(sampled, machine) => {
                self.step(Input::Sample(sampled, machine));
                self.packing.look(&self.backend.snapshots.borrow().rows);
            }
            Note::Told(text) => self.announce(What::Noted { text }),
            Note::Unlinked(run) => {
                drop(self.orders.remove(&run));
                self.retention.note_end();
            }
        }
    }

    /// Removes the runs that are too many with this one, whose keeper holds the lock by now.
    fn prune(&self, run: &RunId) {
        let Some((spec, no)) = self.fleet.begun(run).filter(|(spec, no)| no.0 > spec.log.runs) else { return };
        let (process, keep) = (self.launcher.layout.process(&spec.name), spec.log.runs);
        // Beside the start: to free what an old run printed may take longer than that.
        tokio::task::spawn_blocking(move || prune(&process, no, keep));
    }

    async fn serve(&mut self, request: Request) {
        let (command, reply) = match request {
            Request::Command(command, reply) => (command, reply),
            Request::Look(shown) => {
                self.publish();
                let _ = shown.send(());
                return;
            }
        };
        let prepared =
            if let Command::Remove(target) = &command { self.remove(target) } else { Ok((command, Vec::new())) };
        let (command, kept) = match prepared {
            Ok(prepared) => prepared,
            Err(refusal) => {
                let event = self.fleet.refuse_removal(self.clock.now(), &refusal);
                self.tell(event);
                return drop(reply.send(Err(refusal)));
            }
        };
        let mut outcome = self.fleet.step(self.clock.now(), Input::Command(command));
        if let Some(Ok(accepted)) = &mut outcome.reply {
            accepted.unchanged.extend(kept);
        }
        if self.fleet.take_registry_change() {
            // What somebody wants is on disk before it is done, so that no death of ours can turn it round.
            self.write_registry().await;
        }
        self.carry_out(outcome.effects, outcome.events);
        // The snapshot goes out before the reply, so that whoever waits for the revision finds it.
        self.publish();
        if let Some(answer) = outcome.reply {
            // The asker may have gone in the meantime; what was asked for is done all the same.
            drop(reply.send(answer));
        }
    }

    /// Removes from the disk what is to be forgotten, before it is; answers whom that leaves to be forgotten, and what the disk
    /// keeps. Also those are meant of whom the disk alone knows: what has left the config.
    fn remove(&mut self, target: &Target) -> Result<(Command, Vec<(ProcessName, String)>), Refusal> {
        let layout = &self.launcher.layout;
        let past: Vec<_> = removal::kept(layout).into_iter().filter(|name| !self.fleet.has(name)).collect();
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for name in self.fleet.meant(target, &past)? {
            let removed = if self.fleet.is_removable(&name) { removal::remove(layout, &name) } else { Ok(()) };
            match removed {
                Ok(()) => gone.push(name),
                Err(error) => kept.push((name, format!("it cannot be removed: {error}"))),
            }
        }
        match kept.as_slice() {
            [(name, reason)] if gone.is_empty() => {
                return Err(Refusal::NotNow { name: name.clone(), phase: "over".into(), reason: reason.clone() });
            }
            _several => {}
        }
        for name in gone.iter().filter(|name| past.contains(name)) {
            self.fleet.count_on(name.clone(), RunNo(0));
        }
        Ok((Command::Remove(Target::Names(gone)), kept))
    }

    async fn write_registry(&mut self) {
        if let Some(text) = self.store.write(self.fleet.wishes()).await {
            self.announce(What::Noted { text });
        }
    }

    async fn pass_time(&mut self) {
        if self.store.due().is_some_and(|due| due <= Instant::now()) {
            self.write_registry().await;
        }
        if self.retention.due().is_some_and(|due| due <= Instant::now()) {
            let snapshot = self.fleet.snapshot(self.clock.now());
            let processes = snapshot.rows.iter().map(|row| (row.name().clone(), row.spec.log)).collect();
            self.retention.look(processes, self.inbox.clone());
        }
        if self.fleet.next_deadline().is_some_and(|at| at <= self.clock.now()) {
            self.step(Input::Deadline);
        }
    }

    /// Shows what has changed, now or at the time that is returned. A snapshot costs something for each process, so in a storm of
    /// changes one is made for many of them.
    fn publish_if_due(&mut self) -> Option<Instant> {
        let rows = u32::try_from(self.backend.snapshots.borrow().rows.len()).unwrap_or(u32::MAX);
        let least = if self.backend.is_watched() { Duration::ZERO } else { PUBLISH_PAUSE_UNWATCHED };
        let due = self.published_at + PUBLISH_PAUSE_PER_ROW.saturating_mul(rows).max(least);
        if self.is_published() || due <= Instant::now() {
            self.publish();
            return None;
        }
        Some(due)
    }

    fn is_published(&self) -> bool {
        self.backend.snapshots.borrow().revision == self.fleet.revision()
    }

    /// Shows what has changed since the last time, if anything has.
    fn publish(&mut self) {
        if !self.is_published() {
            let snapshot = self.fleet.snapshot(self.clock.now());
            self.sampling.show(&snapshot);
            self.backend.snapshots.send_replace(snapshot);
            self.published_at = Instant::now();
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Launch(order) => self.launch(*order),
            Effect::Tell(run, order) => self.give(&run, order),
            // Who was in touch with its keeper stays with what is left of it.
            Effect::Sweep(run, ladder) => self.give(&run, RunOrder::Stop(ladder)),
            Effect::Leave => self.leaving = true,
        }
    }

    fn launch(&mut self, order: LaunchOrder) {
        let (orders, waiting) = mpsc::channel(ORDERS);
        self.orders.insert(order.id.clone(), orders);
        tokio::spawn(self.launcher.clone().run(order, waiting, self.inbox.clone()));
    }

    fn give(&mut self, run: &RunId, order: RunOrder) {
        let Some(orders) = self.orders.get(run) else { return };
        match orders.try_send(order) {
            // Closed means that the keeper has gone; what became of the run is the next thing we hear.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(_)) => {
                let why = format!("its keeper has not read the last {ORDERS} orders; ask again in a moment");
                self.step(Input::Fact(run.clone(), Fact::OrderRefused(why)));
            }
        }
    }

    pub(super) fn tell(&mut self, event: Event) {
        let event = Arc::new(event);
        self.journal.write(&event);
        // Without a listener there is nobody to tell; the journal has it.
        drop(self.backend.events.send(event));
    }

    async fn leave(mut self) -> LeftBehind {
        self.launcher.close().await;
        self.publish();
        let snapshot = self.fleet.snapshot(self.clock.now());
        self.store.finish(self.fleet.wishes(), self.fleet.is_shut_down()).await;
        self.journal.close();
        let count =
            |word| u32::try_from(snapshot.rows.iter().filter(|row| row.phase.word() == word).count()).unwrap_or(0);
        let live = snapshot.rows.iter().filter(|row| row.phase.is_live()).map(|row| row.name().clone()).collect();
        LeftBehind { live, failed: count(PhaseWord::Failed) + count(PhaseWord::Unknown) }
    }
}

/// The keeper of the run came as far as to hold the lock of its process: nothing older is alive.
const fn had_the_lock(fact: &Fact) -> bool {
    match fact {
        Fact::Launched { .. } => true,
        Fact::LaunchFailed(failure) => {
            !matches!(failure.step, SpawnStep::Lock | SpawnStep::Prepare | SpawnStep::Keeper)
        }
        Fact::StageEntered(_)
        | Fact::Held
        | Fact::Exited { .. }
        | Fact::Stuck(_)
        | Fact::Emptied { .. }
        | Fact::Grew { .. }
        | Fact::OrderRefused(_)
        | Fact::KeeperLost { .. }
        | Fact::OrphansGone { .. } => false,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    if let Some(deadline) = deadline {
        tokio::time::sleep_until(deadline).await;
    }
}
