//! A supervisor in this process, and the door to it for everybody else.
//!
//! Used by the dashboard, by `pm up` in the foreground, by the demo, and by the headless supervisor.

use tokio::task::JoinHandle;

use super::code::Trouble;
use super::project::Project;
use crate::control::server;
use crate::domain::{Command, Shutdown, Target};
use crate::platform::local::Listener;
use crate::platform::termination::Terminations;
use crate::supervisor::{self, Handle, LeftBehind, StartError};

/// A supervisor that runs here.
#[derive(Debug)]
pub struct Hosted {
    /// To talk to it.
    pub handle: Handle,
    task: JoinHandle<LeftBehind>,
    door: JoinHandle<()>,
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
    let exe = std::env::current_exe().map_err(Trouble::from)?;
    let options = supervisor::Options {
        project: project.info.clone(),
        specs: project.specs.clone(),
        keep: project.keep,
        layout: project.layout.clone(),
        exe,
        headless,
    };
    let running = match supervisor::start(options).await {
        Ok(running) => running,
        Err(StartError::AlreadyRunning { project: _, pid }) => return Err(NotHosted::Another(pid)),
        Err(error @ (StartError::Files { .. } | StartError::Threads(_))) => {
            return Err(Trouble::Other(error.into()).into());
        }
    };
    // Only who holds the project's lock gets here, so a socket file that is there is stale.
    let socket = project.layout.control_socket();
    let listener = match Listener::bind(&socket) {
        Ok(listener) => listener,
        Err(error) => {
            // Nobody could reach it; what it adopted runs on and waits for the next one.
            let _ = running.handle.send(Command::Shutdown(Shutdown::Detach)).await;
            let _ = running.task.await;
            let error = anyhow::Error::from(error);
            return Err(Trouble::from(error.context(format!("cannot listen at {}", socket.display()))).into());
        }
    };
    let mut watch = running.handle.watch();
    let gone = async move { while watch.changed().await.is_ok() {} };
    let door = tokio::spawn(server::serve(listener, running.handle.clone(), gone));
    Ok(Hosted { handle: running.handle, task: running.task, door })
}

impl Hosted {
    /// Waits until the supervisor has left and its last news are told.
    ///
    /// # Errors
    /// The runtime is being torn down. A panic of the supervisor goes on here.
    pub async fn left(self) -> Result<LeftBehind, Trouble> {
        let left = match self.task.await {
            Ok(left) => left,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => return Err(Trouble::Other(error.into())),
        };
        let _ = self.door.await;
        Ok(left)
    }

    /// Leaves now; whatever lives runs on under its keepers.
    ///
    /// # Errors
    /// As [`Self::left`].
    pub async fn detach(self) -> Result<LeftBehind, Trouble> {
        // A supervisor that is gone already has left, too.
        let _ = self.handle.send(Command::Shutdown(Shutdown::Detach)).await;
        self.left().await
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
        if let Err(refusal) = handle.send(command).await {
            say(&refusal.to_string());
        }
    }
    std::future::pending().await
}
