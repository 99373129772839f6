//! Starting a supervisor: the lock, what was left behind, the task.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::adoption::{Finding, Findings, Survey};
use super::contact::Contact;
use super::handle::Handle;
use super::inbox::NOTES;
use super::journal::Journal;
use super::keepers::Keepers;
use super::launching::Launcher;
use super::link::{self, ORDERS, Subject};
use super::packing::Packing;
use super::removal;
use super::retention::Retention;
use super::sampling::Sampling;
use super::store::RegistryStore;
use super::task::Task;
use crate::domain::effect::{Adopted, Input};
use crate::domain::event::What;
use crate::domain::fleet::Fleet;
use crate::domain::snapshot::{ProjectInfo, SupervisorInfo};
use crate::domain::spec::Keep;
use crate::domain::{ProcessName, ProcessSpec, RunId};
use crate::platform::clock::Clock;
use crate::platform::files::{create_private, write_atomic};
use crate::platform::identity::Identity;
use crate::platform::launch::Spawner;
use crate::platform::lock::{self, FileLock};
use crate::wire::layout::Layout;
use crate::wire::sockets::Sockets;

/// How long a keeper may take to come or to go before the start goes on without it, and how often it is looked at.
const CLEAR_WITHIN: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What a supervisor is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The project it serves.
    pub project: ProjectInfo,
    /// What the config says shall be there.
    pub specs: Vec<ProcessSpec>,
    /// How much output of all of them together is kept.
    pub keep: Keep,
    /// Where the project's files lie.
    pub layout: Layout,
    /// The binary to run as keeper: this one.
    pub exe: PathBuf,
    /// It runs without a screen.
    pub headless: bool,
}

/// A supervisor that runs.
#[derive(Debug)]
pub struct Running {
    /// To talk to it.
    pub handle: Handle,
    /// Ends when it has left.
    pub task: JoinHandle<LeftBehind>,
}

/// What a supervisor left when it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// What runs on under its keepers.
    pub live: Vec<ProcessName>,
    /// How many processes are failed or unknown.
    pub failed: u32,
}

/// Why no supervisor could be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is one already.
    #[error("project {project} has a supervisor already{}", pid.map(|pid| format!(", pid {pid}")).unwrap_or_default())]
    AlreadyRunning {
        /// The project's id.
        project: String,
        /// Its pid, where that could be read.
        pid: Option<u32>,
    },
    /// A directory or file could not be made.
    #[error("{path} cannot be used: {error}; make it writable, or set XDG_STATE_HOME and XDG_RUNTIME_DIR to directories that are", path = path.display())]
    Files {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The system refused a thread.
    #[error("the system refused a thread")]
    Threads(#[source] io::Error),
}

/// Takes the project's lock, adopts what runs, starts the task. Starts no process by itself: that is `Command::Up`.
///
/// # Errors
/// Another supervisor holds the lock, or the files cannot be used.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let lock = take_lock(&options)?;
    tell_where(&options.layout);
    removal::finish(&options.layout);
    let layout = options.layout.clone();
    let specs = options.specs.clone();
    let looked = survey(layout.clone(), specs.clone()).await;
    let known = looked.as_ref().map(|(_, findings)| ids(findings)).unwrap_or_default();
    // Keepers whose records are gone make them anew when they are called.
    let looked =
        if link::call_unknown(&layout.keeper_sockets(), &known).await { survey(layout, specs).await } else { looked };
    let findings = match looked {
        Ok((survey, findings)) => clear_up(&options.layout, survey, findings).await,
        // Only a panic gets here.
        Err(_) => Findings::default(),
    };
    let keepers = Arc::new(Spawner::new(options.exe.clone()));
    let (mut task, handle) = assemble(options, keepers)?;
    begin(&mut task, findings);
    let task = tokio::spawn(async move {
        let left = task.run().await;
        drop(lock);
        left
    });
    Ok(Running { handle, task })
}

async fn survey(layout: Layout, specs: Vec<ProcessSpec>) -> Result<(Survey, Findings), tokio::task::JoinError> {
    tokio::task::spawn_blocking(move || Survey::begin(layout, specs)).await
}

fn ids(findings: &Findings) -> HashSet<RunId> {
    findings.runs.iter().filter_map(|finding| finding.adopted.id.clone()).collect()
}

/// Looks again at what was unclear, all at the same time, and gathers what is to be told about it.
async fn clear_up(layout: &Layout, survey: Survey, mut findings: Findings) -> Findings {
    let deadline = Instant::now() + CLEAR_WITHIN;
    let runs = std::mem::take(&mut findings.runs).into_iter();
    let runs = futures_util::future::join_all(runs.map(|finding| clear(layout, &survey, finding, deadline))).await;
    findings.notes.extend(runs.iter().filter_map(|finding| finding.note.clone()));
    findings.runs = runs;
    findings
}

/// Waits until the record tells of the run, the lock is free, or the keeper itself has said which run it keeps.
async fn clear(layout: &Layout, survey: &Survey, mut finding: Finding, deadline: Instant) -> Finding {
    while let Some(keeper_pid) = finding.keeper.filter(|_| finding.is_unclear) {
        let is_damaged = finding.adopted.id.is_none();
        if is_damaged
            && let Ok(Some(id)) = timeout_at(deadline, link::find_run_of(keeper_pid, &layout.keeper_sockets())).await
        {
            finding.adopted.id = Some(id);
            return finding;
        }
        if Instant::now() >= deadline {
            if is_damaged {
                finding.adopted.live = false;
                let name = &finding.adopted.spec.name;
                let text = format!("{name}: its keeper, pid {keeper_pid}, lives but does not answer; end it by hand");
                finding.note = Some(text);
            }
            return finding;
        }
        sleep(BETWEEN_LOOKS).await;
        let (survey, name) = (survey.clone(), finding.adopted.spec.name.clone());
        let looked = tokio::task::spawn_blocking(move || survey.look_at(name)).await;
        match looked {
            Ok(Some(again)) => finding = again,
            // Removed in the meantime, or a panic: what was seen first is all there is.
            Ok(None) | Err(_) => return finding,
        }
    }
    finding
}

fn take_lock(options: &Options) -> Result<FileLock, StartError> {
    let unusable = |path: PathBuf| move |error| StartError::Files { path, error };
    let layout = &options.layout;
    for dir in [layout.runs(), layout.keeper_sockets()] {
        create_private(&dir).map_err(unusable(dir))?;
    }
    let path = layout.lock();
    FileLock::acquire(&path)
        .map_err(unusable(path.clone()))?
        .ok_or_else(|| StartError::AlreadyRunning { project: options.project.id.clone(), pid: lock::holder(&path) })
}

/// Writes down where the sockets are now, before any keeper is asked for one.
fn tell_where(layout: &Layout) {
    let identity = Identity::of(std::process::id());
    let sockets = identity.map(|Identity { pid, start_ticks, boot_id }| Sockets {
        dir: layout.runtime().to_owned(),
        pid,
        start_ticks,
        boot_id,
    });
    let told = sockets.and_then(|sockets| sockets.render());
    let written = told.is_some_and(|text| write_atomic(&layout.sockets(), text.as_bytes()).is_ok());
    if !written {
        // What an earlier one said would lead astray; without it, whoever has the same environment as we finds the sockets.
        let _ = std::fs::remove_file(layout.sockets());
    }
}

pub(super) fn assemble(options: Options, keepers: Arc<dyn Keepers>) -> Result<(Task, Handle), StartError> {
    let clock = Clock::start();
    let now = clock.now();
    let supervisor = SupervisorInfo {
        pid: std::process::id(),
        started_at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        headless: options.headless,
    };
    let layout = options.layout.clone();
    let run_dir = Arc::new(move |name: &ProcessName, no| layout.run(name, no));
    let project = Arc::new(options.project);
    let mut fleet = Fleet::new(now, project.clone(), Arc::new(supervisor), options.specs, seed(), run_dir);
    let (inbox, notes) = mpsc::channel(NOTES);
    let first = fleet.snapshot(now);
    let (handle, backend) = Handle::channel(Arc::clone(&first));
    let task = Task {
        fleet,
        clock,
        backend,
        notes,
        launcher: Arc::new(Launcher::new(keepers, &project, options.layout.clone())),
        journal: Journal::open(&options.layout.events()),
        retention: Retention::new(options.layout.clone(), options.keep),
        packing: Packing::new(options.layout.clone(), inbox.clone()),
        store: RegistryStore::new(options.layout.registry()),
        sampling: Sampling::start(inbox.clone(), first).map_err(StartError::Threads)?,
        inbox,
        orders: HashMap::new(),
        leaving: false,
        published_at: Instant::now(),
    };
    Ok((task, handle))
}

/// Feeds the core what was found, and gets in touch with every keeper that lives.
pub(super) fn begin(task: &mut Task, findings: Findings) {
    task.announce(What::SupervisorStarted { version: env!("CARGO_PKG_VERSION").to_owned() });
    for text in findings.notes {
        task.announce(What::Noted { text });
    }
    for (name, no) in findings.past {
        task.fleet.count_on(name, no);
    }
    for Finding { adopted, .. } in findings.runs {
        let contact = contact(task, &adopted);
        task.step(Input::Adopt(Box::new(adopted)));
        if let Some(contact) = contact {
            tokio::spawn(contact.adopt());
        }
    }
    for (name, at) in findings.created {
        task.fleet.set_created(&name, at);
    }
}

fn contact(task: &mut Task, adopted: &Adopted) -> Option<Contact> {
    let id: RunId = adopted.id.clone().filter(|_| adopted.live)?;
    let (orders, waiting) = mpsc::channel(ORDERS);
    task.orders.insert(id.clone(), orders);
    let subject = Subject::new(&task.launcher.layout, id, adopted.spec.clone(), adopted.no);
    let keepers = Arc::clone(&task.launcher.keepers);
    Some(Contact { subject, orders: waiting, inbox: task.inbox.clone(), keepers })
}

impl Task {
    /// Tells something about the supervisor itself.
    pub(super) fn announce(&mut self, what: What) {
        let event = self.fleet.announce(self.clock.now(), what);
        self.tell(event);
    }
}

/// A number no other supervisor has drawn: the hasher's keys are random for each process.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    hasher.write_u64(crate::platform::clock::now().millis());
    hasher.finish()
}
