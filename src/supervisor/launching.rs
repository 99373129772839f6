//! Performing `Effect::Launch`: environment, run directory, keeper; then the conversation with it.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc, oneshot};

use super::contact::Contact;
use super::environment;
use super::inbox::Inbox;
use super::keepers::{Keepers, Spawned};
use super::link::{self, Subject};
use crate::domain::effect::{LaunchOrder, RunOrder};
use crate::domain::snapshot::ProjectInfo;
use crate::domain::{SpawnFailure, SpawnStep};
use crate::wire::keeper::{Launch, Order, VERSION};
use crate::wire::layout::Layout;

/// Launches prepared at the same time: more only makes them wait for each other's system calls.
const AT_ONCE: usize = 4;

type Prepared = oneshot::Sender<Result<Spawned, SpawnFailure>>;

/// What is to be prepared, and by how many workers.
#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<(LaunchOrder, Prepared)>,
    workers: usize,
    is_closed: bool,
}

impl Waiting {
    /// Adds one order, unless it is too late for that; true when it needs another worker.
    fn push(&mut self, order: (LaunchOrder, Prepared)) -> bool {
        if self.is_closed {
            return false;
        }
        self.orders.push_back(order);
        let another = self.workers < AT_ONCE;
        self.workers += usize::from(another);
        another
    }

    /// Takes no more orders and forgets those that wait; true when workers are still at theirs.
    fn close(&mut self) -> bool {
        self.is_closed = true;
        self.orders.clear();
        self.workers > 0
    }

    /// The next order for a worker, which is done when there is none.
    fn next(&mut self) -> Option<(LaunchOrder, Prepared)> {
        let next = self.orders.pop_front();
        self.workers -= usize::from(next.is_none());
        next
    }
}

/// What every launch of a supervisor needs.
#[derive(Debug)]
pub struct Launcher {
    /// Makes keepers.
    pub keepers: Arc<dyn Keepers>,
    /// The project's id.
    pub project: String,
    /// The project's name for people.
    pub project_name: String,
    /// Where its files lie.
    pub layout: Layout,
    /// The umask children get.
    pub umask: u32,
    /// The soft limit of open files children get; 0 leaves it.
    pub open_files: u64,
    own: Vec<(String, String)>,
    waiting: Mutex<Waiting>,
    /// Told when no worker is left of a closed launcher.
    idle: Notify,
}

impl Launcher {
    /// A launcher of such keepers for `project`.
    pub fn new(keepers: Arc<dyn Keepers>, project: &ProjectInfo, layout: Layout) -> Self {
        let (project, project_name) = (project.id.clone(), project.name.clone());
        let open_files = crate::platform::launch::raise_open_files();
        let umask = crate::platform::launch::current_umask();
        let own = environment::own();
        Self {
            keepers,
            project,
            project_name,
            layout,
            umask,
            open_files,
            own,
            waiting: Mutex::default(),
            idle: Notify::new(),
        }
    }

    /// Launches one run and stays with it until nothing is left of it.
    pub async fn run(self: Arc<Self>, order: LaunchOrder, orders: mpsc::Receiver<RunOrder>, inbox: Inbox) {
        let subject = Subject::new(&self.layout, order.id.clone(), order.spec.clone(), order.no);
        let contact = Contact { subject, orders, inbox, keepers: Arc::clone(&self.keepers) };
        match self.launch(order).await {
            Ok(keeper) => contact.stay_with_child(keeper).await,
            Err(failure) => contact.give_up(failure).await,
        }
    }

    async fn launch(self: Arc<Self>, order: LaunchOrder) -> Result<Spawned, SpawnFailure> {
        let (told, prepared) = oneshot::channel();
        if self.waiting().push((order, told)) {
            let launcher = self.clone();
            tokio::task::spawn_blocking(move || launcher.work());
        }
        let lost = "the program that prepares runs broke down";
        prepared.await.unwrap_or_else(|_| Err(failure(SpawnStep::Prepare, 0, lost.into())))
    }

    /// Begins nothing any more, and waits for what has begun: after that all there is to find of it lies on the disk. What
    /// waited in vain is begun by the next supervisor.
    pub async fn close(&self) {
        if self.waiting().close() {
            self.idle.notified().await;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocking: prepares one after the other until none waits.
    fn work(&self) {
        loop {
            let mut waiting = self.waiting();
            let Some((order, told)) = waiting.next() else {
                if waiting.is_closed && waiting.workers == 0 {
                    self.idle.notify_one();
                }
                return;
            };
            drop(waiting);
            // A panic is told by the hook, and as a failed start; the others wait for this worker all the same.
            let prepared = catch_unwind(AssertUnwindSafe(|| self.prepare(&order)));
            if let Ok(prepared) = prepared {
                drop(told.send(prepared));
            }
        }
    }

    /// Blocking: files and the spawn itself.
    fn prepare(&self, order: &LaunchOrder) -> Result<Spawned, SpawnFailure> {
        let env = environment::assemble(&self.own, order, &self.project_name)?;
        let spec = &order.spec;
        let dir = self.layout.run(&spec.name, order.no);
        let unmade = |error: io::Error| {
            let text = format!("the run directory {} cannot be made: {error}; free or mend the disk", dir.display());
            failure(SpawnStep::Prepare, error.raw_os_error().unwrap_or(0), text)
        };
        if dir.exists() {
            // Whatever it is, it is no run of ours: nothing in it is written over.
            return Err(failure(SpawnStep::Prepare, 0, format!("{} is there already; start it again", dir.display())));
        }
        crate::platform::files::create_private(&dir).map_err(unmade)?;
        if spec.source.is_none() {
            // No config knows it, so the next supervisor learns of it here.
            let text = serde_json::to_vec(&**spec).unwrap_or_default();
            crate::platform::files::write_atomic(&self.layout.process_spec(&spec.name), &text).map_err(unmade)?;
        }
        let launch = Launch {
            version: VERSION,
            project: self.project.clone(),
            name: spec.name.to_string(),
            no: order.no,
            id: order.id.clone(),
            dir: text(&dir)?,
            lock: text(&self.layout.process_lock(&spec.name))?,
            socket: text(&self.layout.keeper_socket(&order.id))?,
            argv: spec.program.argv(),
            cwd: text(&spec.cwd)?,
            env,
            umask: self.umask,
            open_files: self.open_files,
            tty: spec.tty.then_some((24, 80)),
            stop: link::wire_ladder(&spec.stop),
            segment_bytes: spec.log.segment_bytes,
            segments: spec.log.segments,
            limit_ms: spec.time_limit.map_or(0, |limit| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX).max(1)),
        };
        let label = format!("{}/{}", self.project, spec.name);
        let first = Order::Launch(Box::new(launch)).to_frame();
        self.keepers.spawn(&label, &first).map_err(|error| unspawned(&error))
    }
}

fn unspawned(error: &io::Error) -> SpawnFailure {
    let text = format!("the keeper could not be spawned: {error}; the system may be short of processes or memory");
    failure(SpawnStep::Keeper, error.raw_os_error().unwrap_or(0), text)
}

fn text(path: &std::path::Path) -> Result<String, SpawnFailure> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| failure(SpawnStep::Prepare, 0, format!("the path {} is not UTF-8", path.display())))
}

fn failure(step: SpawnStep, errno: i32, message: String) -> SpawnFailure {
    SpawnFailure { step, errno, message }
}
