//! Getting to the project's supervisor, wherever it runs: call it or attach to it, or start a headless one first.
//!
//! Used by every verb that needs a handle.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::code::Trouble;
use super::host::{self, Hosted, NotHosted};
use super::project::Project;
use crate::control::{self, ConnectError, Line};
use crate::domain::{ProcessName, Refusal, Snapshot};
use crate::platform::{launch, lock};
use crate::supervisor::Handle;

/// How long a supervisor that holds the lock may take until its socket answers.
const BORN_WITHIN: Duration = Duration::from_secs(10);
/// Between two attempts; each costs some hundredths of it.
const PAUSE: Duration = Duration::from_millis(1);
/// Between two looks for the next supervisor; each costs some files.
const LOOK_FOR_NEXT: Duration = Duration::from_millis(20);
/// A supervisor whose socket does not answer for so long is asked to make it anew, and then again; it may just be starting.
const ASK_AFTER: Duration = Duration::from_millis(100);
const ASK_EVERY: Duration = Duration::from_millis(500);
/// Lines of a dead supervisor's log that go into the error.
const LAST_LINES: usize = 10;

/// Where the supervisor is.
pub enum Seat {
    /// In this process.
    Here(Hosted),
    /// In another one.
    There(Handle),
}

impl Seat {
    /// To talk to it.
    pub const fn handle(&self) -> &Handle {
        match self {
            Self::Here(hosted) => &hosted.handle,
            Self::There(handle) => handle,
        }
    }
}

/// Attaches to the supervisor that runs.
///
/// # Errors
/// `NoSupervisor`, with the number of processes that are alive nevertheless.
pub async fn attach(project: &Project) -> Result<Handle, Trouble> {
    find(project, control::connect).await
}

/// Calls the supervisor that runs, to ask and to be shown only what is asked for.
///
/// # Errors
/// As [`attach`].
pub async fn call(project: &Project) -> Result<Line, Trouble> {
    find(project, Line::open).await
}

/// Calls whoever comes after a supervisor that has gone, as one does that hands over; `None` when nobody comes within
/// [`control::client::CONNECT_LIMIT`].
///
/// # Errors
/// Somebody comes, but cannot be talked to.
pub async fn call_next(project: &Project) -> Result<Option<Line>, Trouble> {
    find_next(project, Line::open).await
}

/// As [`call_next`], to be shown everything.
///
/// # Errors
/// As [`call_next`].
pub async fn attach_next(project: &Project) -> Result<Option<Handle>, Trouble> {
    find_next(project, control::connect).await
}

/// What the supervisor that runs knows now.
///
/// # Errors
/// As [`attach`]; `Gone` when it leaves just then.
pub async fn snapshot(project: &Project) -> Result<Arc<Snapshot>, Trouble> {
    Ok(call(project).await?.look().await?.ok_or(Refusal::Gone)?)
}

async fn find<T>(project: &Project, open: impl AsyncFn(&Path) -> Result<T, ConnectError>) -> Result<T, Trouble> {
    match open(&project.control_socket()).await {
        Ok(found) => Ok(found),
        Err(ConnectError::NoSupervisor) if being_born(project) => wait_for(project, open).await,
        Err(ConnectError::NoSupervisor) => Err(Trouble::NoSupervisor(nobody(project))),
        Err(error) => Err(error.into()),
    }
}

async fn find_next<T>(
    project: &Project,
    open: impl AsyncFn(&Path) -> Result<T, ConnectError>,
) -> Result<Option<T>, Trouble> {
    let deadline = Instant::now() + control::client::CONNECT_LIMIT;
    loop {
        match find(project, &open).await {
            Err(Trouble::NoSupervisor(_)) if Instant::now() < deadline => sleep(LOOK_FOR_NEXT).await,
            Err(Trouble::NoSupervisor(_)) => return Ok(None),
            answer => return answer.map(Some),
        }
    }
}

/// Attaches to the supervisor that runs, or starts one in this process.
///
/// # Errors
/// It could not be started.
pub async fn attach_or_host(project: &Project) -> Result<Seat, Trouble> {
    match control::connect(&project.control_socket()).await {
        Ok(handle) => return Ok(Seat::There(handle)),
        Err(ConnectError::NoSupervisor) => {}
        Err(error) => return Err(error.into()),
    }
    match host::host(project, false).await {
        Ok(hosted) => Ok(Seat::Here(hosted)),
        Err(NotHosted::Another(_)) => wait_for(project, control::connect).await.map(Seat::There),
        Err(NotHosted::Trouble(trouble)) => Err(trouble),
    }
}

/// Attaches to the supervisor that runs, or starts a headless one.
///
/// # Errors
/// It could not be started; its last words are in the message.
pub async fn attach_or_spawn(project: &Project) -> Result<Handle, Trouble> {
    find_or_start(project, control::connect).await
}

/// Calls the supervisor that runs, or starts a headless one.
///
/// # Errors
/// As [`attach_or_spawn`].
pub async fn call_or_spawn(project: &Project) -> Result<Line, Trouble> {
    find_or_start(project, Line::open).await
}

async fn find_or_start<T>(
    project: &Project,
    open: impl AsyncFn(&Path) -> Result<T, ConnectError>,
) -> Result<T, Trouble> {
    match open(&project.control_socket()).await {
        Ok(found) => Ok(found),
        Err(ConnectError::NoSupervisor) => start(project, open).await,
        Err(error) => Err(error.into()),
    }
}

/// Starts a headless supervisor and attaches to it.
///
/// # Errors
/// It died before it answered; its last words are in the message.
pub async fn spawn(project: &Project) -> Result<Handle, Trouble> {
    start(project, control::connect).await
}

async fn start<T>(project: &Project, open: impl AsyncFn(&Path) -> Result<T, ConnectError>) -> Result<T, Trouble> {
    let log = project.layout.supervisor_log();
    launch_dirs(project)?;
    let old_len = std::fs::metadata(&log).map_or(0, |meta| meta.len());
    let exe = launch::own_exe()?;
    let args: Vec<_> = std::iter::once("__supervisor".into()).chain(project.to_args()).collect();
    let mut child = launch::spawn_detached(&exe, &args, &log).map_err(|error| {
        let (exe, log) = (exe.display(), log.display());
        Trouble::with(error, format!("{exe} cannot be started with its output in {log}"))
    })?;
    let deadline = Instant::now() + BORN_WITHIN;
    loop {
        match open(&project.control_socket()).await {
            Ok(found) => return Ok(found),
            Err(ConnectError::NoSupervisor) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(status) = child.try_wait()? {
            // It may have lost a race against another one, which answers by now or soon.
            if being_born(project) {
                return wait_for(project, open).await;
            }
            return Err(stillborn(&log, old_len, &status.to_string()));
        }
        if Instant::now() >= deadline {
            let how =
                format!("it lives as process {}, but has not answered in {} s", child.id(), BORN_WITHIN.as_secs());
            return Err(stillborn(&log, old_len, &how));
        }
        sleep(PAUSE).await;
    }
}

/// Names of processes with a living keeper, whether a supervisor runs or not.
pub fn kept(project: &Project) -> Vec<ProcessName> {
    super::project::kept(&project.layout).collect()
}

/// Whether somebody holds the project's lock.
pub fn being_born(project: &Project) -> bool {
    super::project::is_held(&project.layout)
}

async fn wait_for<T>(project: &Project, open: impl AsyncFn(&Path) -> Result<T, ConnectError>) -> Result<T, Trouble> {
    let deadline = Instant::now() + control::client::CONNECT_LIMIT;
    let mut ask_at = Instant::now() + ASK_AFTER;
    loop {
        if Instant::now() >= ask_at {
            project.ask_for_socket();
            ask_at += ASK_EVERY;
        }
        match open(&project.control_socket()).await {
            Err(ConnectError::NoSupervisor) if Instant::now() < deadline && being_born(project) => sleep(PAUSE).await,
            Err(ConnectError::NoSupervisor) if being_born(project) => {
                let pid = lock::holder(&project.layout.lock()).unwrap_or_default();
                return Err(Trouble::Denied(format!(
                    "a supervisor runs for project {} (pid {pid}), but does not answer at {}; try again, and if it stays so, \
                     end it with `kill -9 {pid}`: what runs goes on under its keepers, and `pm up -d` adopts it",
                    project.info.name,
                    project.control_socket().display()
                )));
            }
            Err(ConnectError::NoSupervisor) => return Err(Trouble::NoSupervisor(nobody(project))),
            answer => return Ok(answer?),
        }
    }
}

fn nobody(project: &Project) -> String {
    let name = project.called();
    match kept(project).as_slice() {
        // Only `pm run` can start anything where there is no config.
        [] if project.info.config.is_none() => {
            let file = crate::config::FILE_NAME;
            format!(
                "no supervisor runs here: there is no {file} here or in a directory above, \
                 and nothing was started with `pm run`; name a config with -f FILE"
            )
        }
        [] => format!("no supervisor runs for {name}; `pm up -d` starts one, `pm` opens the dashboard"),
        [one] => format!(
            "no supervisor runs for {name}, but {one} is alive under its keeper; `pm up -d` starts a supervisor, which adopts it"
        ),
        more => format!(
            "no supervisor runs for {name}, but {} processes are alive under their keepers; \
             `pm up -d` starts a supervisor, which adopts them",
            more.len()
        ),
    }
}

fn launch_dirs(project: &Project) -> Result<(), Trouble> {
    let dir = project.layout.state();
    let made = crate::platform::files::create_private(dir);
    made.map_err(|error| Trouble::with(error, format!("cannot make {}", dir.display())))
}

fn stillborn(log: &Path, old_len: u64, how: &str) -> Trouble {
    let said = last_words(log, old_len).unwrap_or_default();
    let said =
        if said.is_empty() { format!("it said nothing, perhaps because the disk is full ({how})") } else { said };
    Trouble::Other(anyhow::anyhow!("the supervisor did not come up ({}):\n{said}", log.display()))
}

fn last_words(log: &Path, old_len: u64) -> std::io::Result<String> {
    let mut file = std::fs::File::open(log)?;
    file.seek(SeekFrom::Start(old_len))?;
    let mut bytes = Vec::new();
    file.take(64 << 10).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(LAST_LINES)..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::snapshot::ProjectInfo;
    use crate::domain::spec::Keep;
    use crate::wire::layout::Layout;

    #[test]
    fn whoever_has_no_config_is_not_told_to_start_it() {
        let base = tempfile::tempdir().unwrap();
        let says = |config: Option<&str>| {
            let (name, root, id) = ("shop".to_owned(), base.path().to_owned(), "shop-1".to_owned());
            let info = ProjectInfo { name, root, config: config.map(Into::into), id: id.clone() };
            let layout = Layout::new(&base.path().join("state"), &base.path().join("run"), &id);
            nobody(&Project { info, specs: Vec::new(), names: Vec::new(), keep: Keep::default(), layout })
        };
        let (with, without) = (says(Some("/shop/pm.toml")), says(None));
        assert!(with.contains("project shop") && with.contains("`pm up -d`"), "{with}");
        assert!(without.contains("there is no pm.toml") && !without.contains("`pm up"), "{without}");
    }
}
