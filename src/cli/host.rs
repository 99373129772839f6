//! A supervisor in this process, on a thread of its own, and the door to it for everybody else.
//!
//! Used by the dashboard, by `pm up` in the foreground, by the demo, and by the headless supervisor. Whatever they do on their
//! thread, and however long they wait for a terminal or a reader there, supervising goes on.

use std::any::Any;
use std::convert::Infallible;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use super::code::Trouble;
use super::project::Project;
use crate::control::server;
use crate::domain::{Command, Refusal, Shutdown, Target};
use crate::platform::local::Listener;
use crate::platform::refresh::Refreshes;
use crate::platform::termination::Terminations;
use crate::platform::{first, launch, processes};
use crate::supervisor::{self, Handle, LeftBehind, Options, Running, StartError};
use crate::wire::layout::Layout;

/// A supervisor that runs here. Dropped before it has left, it leaves; whatever lives runs on under its keepers.
#[derive(Debug)]
pub struct Hosted {
    /// To talk to it.
    pub handle: Handle,
    /// When this is closed before it was told, the thread sees to it that the supervisor leaves.
    left: oneshot::Receiver<LeftBehind>,
    thread: Option<JoinHandle<()>>,
    /// Disconnected with the end of the thread.
    ended: mpsc::Receiver<Infallible>,
}

/// Why there is none.
#[derive(Debug)]
pub enum NotHosted {
    /// Another one lives, with this pid if that could be read.
    Another(Option<u32>),
    /// It could not be started.
    Trouble(Trouble),
}

impl From<Trouble> for NotHosted {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Starts a supervisor for `project` in this process and opens the door to it.
///
/// # Errors
/// Another one lives, or the system will not have it.
pub async fn host(project: &Project, headless: bool) -> Result<Hosted, NotHosted> {
    let exe = launch::own_exe().map_err(Trouble::from)?;
    let options = Options {
        project: project.info.clone(),
        specs: project.specs.clone(),
        keep: project.keep,
        layout: project.layout.clone(),
        exe,
        headless,
    };
    let (up, is_up) = oneshot::channel();
    let (gone, left) = oneshot::channel();
    let (living, ended) = mpsc::channel();
    let told = Told { up, gone, _living: living };
    let spawned = thread::Builder::new().name("supervisor".into()).spawn(move || supervise(options, told));
    let thread = spawned.map_err(Trouble::from)?;
    match is_up.await {
        Ok(handle) => Ok(Hosted { handle: handle?, left, thread: Some(thread), ended }),
        // It ended without a word.
        Err(_) => go_on_with_panic(thread.join()),
    }
}

/// What goes between the supervisor's thread and the one that started it. Either end may be gone, and that does no harm.
struct Told {
    up: oneshot::Sender<Result<Handle, NotHosted>>,
    gone: oneshot::Sender<LeftBehind>,
    _living: mpsc::Sender<Infallible>,
}

/// The supervisor's thread, from its start to its end.
fn supervise(options: Options, told: Told) {
    let Told { up, mut gone, _living } = told;
    let runtime = match super::runtime() {
        Ok(runtime) => runtime,
        Err(trouble) => return drop(up.send(Err(trouble.into()))),
    };
    let layout = options.layout.clone();
    runtime.block_on(async {
        match open(options, &layout.control_socket()).await {
            Ok((running, listener, knocks)) => {
                let door = tokio::spawn(server::serve(listener, knocks, running.handle.clone()));
                tokio::spawn(first::reap_strangers());
                drop(up.send(Ok(running.handle.clone())));
                let mut task = running.task;
                let left = tokio::select! {
                    left = &mut task => left,
                    () = gone.closed() => {
                        drop(running.handle.send(Command::Shutdown(Shutdown::Detach)).await);
                        task.await
                    }
                };
                match left {
                    Ok(left) => {
                        // Clients are told the last news.
                        drop(door.await);
                        remove_empty(&layout);
                        drop(gone.send(left));
                    }
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                }
            }
            Err(why) => drop(up.send(Err(why))),
        }
    });
    runtime.shutdown_timeout(super::LINGER);
}

/// The supervisor, and the socket at which it is to be reached.
async fn open(options: Options, socket: &Path) -> Result<(Running, Listener, Refreshes), NotHosted> {
    processes::check_view().map_err(|why| Trouble::Other(anyhow::Error::msg(why)))?;
    // Before anybody can learn who we are: to be asked for a door would end us.
    let knocks = Refreshes::listen().map_err(Trouble::from)?;
    let running = match supervisor::start(options).await {
        Ok(running) => running,
        Err(StartError::AlreadyRunning { project: _, pid }) => return Err(NotHosted::Another(pid)),
        Err(error @ (StartError::Files { .. } | StartError::Threads(_))) => {
            return Err(Trouble::Other(error.into()).into());
        }
    };
    // Only who holds the project's lock gets here, so a socket file that is there is stale.
    match Listener::bind(socket) {
        Ok(listener) => Ok((running, listener, knocks)),
        Err(error) => {
            // Nobody could reach it; what it adopted runs on and waits for the next one.
            let _ = running.handle.send(Command::Shutdown(Shutdown::Detach)).await;
            let _ = running.task.await;
            Err(Trouble::with(error, format!("cannot listen at {}", socket.display())).into())
        }
    }
}

/// The directories of sockets, unless one of them is still in use: then removing refuses.
fn remove_empty(layout: &Layout) {
    let _ = std::fs::remove_dir(layout.keeper_sockets()).and_then(|()| std::fs::remove_dir(layout.runtime()));
}

/// A thread that ended without what it owed has panicked, and that goes on here.
fn go_on_with_panic<T>(ended: Result<(), Box<dyn Any + Send>>) -> T {
    match ended {
        Err(panic) => std::panic::resume_unwind(panic),
        Ok(()) => unreachable!("the supervisor's thread ended without a word"),
    }
}

impl Hosted {
    /// Waits until the supervisor has left and its last news are told. A panic of the supervisor goes on here.
    pub async fn left(mut self) -> LeftBehind {
        match (&mut self.left).await {
            Ok(left) => left,
            Err(_) => go_on_with_panic(self.thread.take().map_or(Ok(()), JoinHandle::join)),
        }
    }

    /// Leaves now; whatever lives runs on under its keepers.
    pub async fn detach(self) -> LeftBehind {
        // A supervisor that is gone already has left, too.
        let _ = self.handle.send(Command::Shutdown(Shutdown::Detach)).await;
        self.left().await
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.left.close();
        // A disk that stands still shall not keep the program from its end.
        let _ = self.ended.recv_timeout(super::LINGER);
    }
}

/// Turns requests to end into what they mean, one after the other: stop everything; every stop's next stage, now; leave and
/// let the keepers finish. Never ends by itself but in error; `say` tells the person what was understood.
///
/// # Errors
/// The system will not tell us of signals.
pub async fn heed_terminations(handle: &Handle, say: impl FnMut(&str)) -> Result<(), Trouble> {
    let stop = (Command::Shutdown(Shutdown::Stop), "stopping everything; again: go to the next stage at once");
    heed(handle, [stop].into_iter().chain(harder()), say).await
}

/// As [`heed_terminations`], for when everything is being stopped already.
///
/// # Errors
/// The system will not tell us of signals.
pub async fn hurry(handle: &Handle, say: impl FnMut(&str)) -> Result<(), Trouble> {
    heed(handle, harder().into_iter(), say).await
}

fn harder() -> [(Command, &'static str); 2] {
    [
        (Command::NextStage(Target::all()), "next stage for everything; again: leave, and let the stops finish alone"),
        (Command::Shutdown(Shutdown::Detach), "leaving; the keepers finish alone, `pm up -d` shows how it went"),
    ]
}

async fn heed(
    handle: &Handle,
    answers: impl Iterator<Item = (Command, &'static str)>,
    mut say: impl FnMut(&str),
) -> Result<(), Trouble> {
    let mut terminations = Terminations::listen()?;
    for (command, understood) in answers {
        terminations.next().await;
        say(understood);
        match handle.send(command).await {
            // One that has left needs no telling.
            Ok(_) | Err(Refusal::Gone) => {}
            Err(refusal) => say(&refusal.to_string()),
        }
    }
    std::future::pending().await
}
