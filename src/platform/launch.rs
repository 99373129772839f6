//! Starting `pm` itself again: as a keeper, or as a headless supervisor. The child of a keeper is none of its business.
//!
//! No `pre_exec` anywhere: with it `std` forks, which copies the page tables of the whole supervisor; without it `std`
//! uses `posix_spawn`, whose cost does not grow with the heap.

use std::io;
use std::path::Path;
use std::process::{Child, ExitStatus};

use super::local;
use crate::domain::Signal;

#[cfg(unix)]
use super::unix::launch as system;
#[cfg(windows)]
use super::windows::launch as system;

/// The hidden mode `main` looks for first.
pub const KEEPER_ARG: &str = "__keeper";

/// How a process we spawned ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildEnd {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(Signal),
}

impl From<ExitStatus> for ChildEnd {
    fn from(status: ExitStatus) -> Self {
        system::signal_of(status).map_or_else(|| Self::Code(status.code().unwrap_or(-1)), Self::Signal)
    }
}

/// A keeper that was just spawned.
#[derive(Debug)]
pub struct Keeper {
    /// Its pid.
    pub pid: u32,
    /// Our end of the socket it was born with.
    pub stream: KeeperStream,
    /// To be reaped, sooner or later.
    pub child: KeeperChild,
}

/// Our end of a keeper's first socket, not yet bound to a runtime, so that the spawn can happen on any thread.
#[derive(Debug)]
pub struct KeeperStream(system::RawStream);

impl KeeperStream {
    /// The end for use in tasks. Needs a runtime.
    pub fn into_stream(self) -> io::Result<local::Stream> {
        system::into_stream(self.0).map(local::Stream)
    }
}

/// The keeper as our child. While nobody reaps it, its pid stays its own.
#[derive(Debug)]
pub struct KeeperChild(Child);

impl KeeperChild {
    /// How it ended, if it did; it is no zombie afterwards. Never waits.
    pub fn try_reap(&mut self) -> io::Result<Option<ChildEnd>> {
        Ok(self.0.try_wait()?.map(ChildEnd::from))
    }

    /// Waits for its end. Blocks.
    pub fn reap(&mut self) -> io::Result<ChildEnd> {
        self.0.wait().map(ChildEnd::from)
    }
}

/// Starts `exe` as a keeper: `pm __keeper <label>`, a socket as its standard input, nothing of our environment but `PATH`,
/// `HOME`, `LANG` and `XDG_*`, in `/`. What it shall run it is told through the socket. May be called from many threads.
///
/// # Errors
/// What the system says to the socket or the spawn; [`super::Unsupported`] on Windows.
pub fn spawn_keeper(exe: &Path, label: &str) -> io::Result<Keeper> {
    let (raw, child) = system::spawn_keeper(exe, label)?;
    Ok(Keeper { pid: child.id(), stream: KeeperStream(raw), child: KeeperChild(child) })
}

/// Starts `exe` to outlive us, with its output appended to `log` (created with mode 0600). It shall call
/// [`leave_session`] first thing; until then a Ctrl-C at our terminal ends it, as it ends us.
///
/// # Errors
/// What opening the log or the spawn answers.
pub fn spawn_detached(exe: &Path, args: &[String], log: &Path) -> io::Result<Child> {
    system::spawn_detached(exe, args, log)
}

/// Leaves the terminal and its session, so that neither a hang-up nor a Ctrl-C reaches us. Nothing to do where we lead a
/// session or a group already.
pub fn leave_session() {
    system::leave_session();
}

/// Raises the soft limit of open files to the hard one. Returns the soft limit we were born with, which children shall
/// get back; 0 where there is no such limit.
pub fn raise_open_files() -> u64 {
    system::raise_open_files()
}

/// The umask we were born with, for children.
pub fn current_umask() -> u32 {
    system::current_umask()
}
