//! Output that nobody writes any more, packed where its process asks for it: closed segments of a living run, and everything
//! of runs that are over.
//!
//! When there is something to do shows in the snapshot, so nothing is looked up while nothing happens. One thread does it, one
//! file after the other, behind everybody else and for a fifth of its time at most; `logs::packing` knows how. Without a
//! supervisor nothing is packed, and nothing misses it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::inbox::{Inbox, Note};
use super::retention::survey;
use crate::domain::{ProcessName, Row, RunNo};
use crate::logs::packing::pack_run;
use crate::platform::background;
use crate::platform::lock::FileLock;
use crate::wire::layout::Layout;

/// A supervisor has better things to do when it starts.
const SETTLE: Duration = Duration::from_secs(1);
/// How many times as long as it works the thread rests.
const REST: u32 = 4;
/// How long to wait for a keeper that is about to leave, and for a supervisor that has just left.
const PATIENCE: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Sees what is to be packed and hands it to the thread.
#[derive(Debug)]
pub struct Packing {
    layout: Layout,
    inbox: Inbox,
    begin_at: Instant,
    /// What was handed on of each process.
    seen: HashMap<ProcessName, Stage>,
    /// What waits to be handed on.
    wanted: Batch,
    thread: Option<Thread>,
}

/// The way to the thread, which ends when this is dropped, in the middle of a file too.
#[derive(Debug)]
struct Thread {
    batches: SyncSender<Batch>,
    _held: SyncSender<()>,
}

/// Processes to look after, and whether their last run is over.
type Batch = BTreeMap<ProcessName, bool>;

/// How far a process is: with each of these something more is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stage {
    run: Option<RunNo>,
    over: bool,
    segments: u64,
}

impl Stage {
    fn of(row: &Row) -> Self {
        let run = row.run.as_ref();
        let segments = run.map_or(0, |run| run.log_end / row.spec.log.segment_bytes.max(1));
        Self { run: run.map(|run| run.no), over: run.is_none_or(|run| run.over), segments }
    }
}

impl Packing {
    /// Nothing is done before the first look, and no thread made before there is something to do.
    pub fn new(layout: Layout, inbox: Inbox) -> Self {
        let begin_at = Instant::now() + SETTLE;
        Self { layout, inbox, begin_at, seen: HashMap::new(), wanted: Batch::new(), thread: None }
    }

    /// Has packed what was closed since the last look; never waits.
    pub fn look(&mut self, rows: &[Arc<Row>]) {
        for row in rows.iter().filter(|row| row.spec.log.compress) {
            let stage = Stage::of(row);
            if self.seen.get(row.name()) != Some(&stage) {
                self.wanted.insert(row.name().clone(), stage.over);
                self.seen.insert(row.name().clone(), stage);
            }
        }
        if self.wanted.is_empty() || Instant::now() < self.begin_at {
            return;
        }
        let thread = self.thread.take().or_else(|| self.start().ok());
        // Not taken means that the thread is still at the last batch: this one grows meanwhile.
        if thread.as_ref().is_some_and(|thread| thread.batches.try_send(self.wanted.clone()).is_ok()) {
            self.wanted.clear();
        }
        self.thread = thread;
    }

    fn start(&self) -> io::Result<Thread> {
        let (batches, waiting) = sync_channel(0);
        let (held, leaving) = sync_channel(0);
        let packer = Packer { layout: self.layout.clone(), inbox: self.inbox.clone(), leaving, told: None };
        std::thread::Builder::new().name("packer".into()).spawn(move || packer.run(&waiting))?;
        Ok(Thread { batches, _held: held })
    }
}

/// What the thread has.
struct Packer {
    layout: Layout,
    inbox: Inbox,
    leaving: Receiver<()>,
    /// The last that was told, so that it is not told with every segment.
    told: Option<String>,
}

impl Packer {
    fn run(mut self, batches: &Receiver<Batch>) {
        background::give_way();
        while let Ok(batch) = batches.recv() {
            let lock = self.lock();
            for (name, is_over) in lock.iter().flat_map(|_| &batch) {
                match self.pack(name, *is_over) {
                    // What is not there any more needs no packing.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => return,
                    Err(error) => self.tell(name, &error),
                    Ok(()) => {}
                }
            }
        }
    }

    /// Another supervisor that has handed over may be at its last file.
    fn lock(&self) -> Option<FileLock> {
        let path = self.layout.packing_lock();
        self.patiently(|| FileLock::acquire(&path).ok().flatten())
    }

    fn patiently<T>(&self, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let done = attempt();
            if done.is_some() || Instant::now() >= deadline || !self.rest(BETWEEN_LOOKS) {
                return done;
            }
        }
    }

    fn pack(&self, name: &ProcessName, is_over: bool) -> io::Result<()> {
        let is_unwritten = || {
            let runs = survey::of_process(&self.layout, name, false);
            (!is_over || runs.iter().all(|run| !run.is_written)).then_some(runs)
        };
        // A run is over a moment before its keeper has left.
        let runs = self.patiently(is_unwritten).unwrap_or_else(|| survey::of_process(&self.layout, name, false));
        let mut worked_since = Instant::now();
        let mut go_on = || {
            let stays = self.rest(worked_since.elapsed() * REST);
            worked_since = Instant::now();
            stays
        };
        runs.iter().rev().try_for_each(|run| pack_run(&run.dir, !run.is_written, &mut go_on))
    }

    /// False as soon as the supervisor leaves.
    fn rest(&self, length: Duration) -> bool {
        self.leaving.recv_timeout(length) == Err(RecvTimeoutError::Timeout)
    }

    fn tell(&mut self, name: &ProcessName, error: &io::Error) {
        let text = format!(
            "output of {name} could not be compressed: {error}; it stays as it is, readable, until the next segment is closed"
        );
        if self.told.as_ref() != Some(&text) {
            // Without a supervisor there is nobody to be told.
            drop(self.inbox.blocking_send(Note::Told(text.clone())));
            self.told = Some(text);
        }
    }
}
