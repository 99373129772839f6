//! Starting `pm` itself again: as a keeper, or as a headless supervisor. The child of a keeper is none of its business.
//!
//! A keeper is a copy of a small template process (see `zygote`) or executed. No `pre_exec` anywhere: with it `std` forks,
//! which copies the page tables of the whole supervisor; without it `std` uses `posix_spawn`, whose cost does not grow with
//! the heap.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, PoisonError};

use super::local;
use super::zygote::Zygote;
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

/// A keeper that was just spawned.
#[derive(Debug)]
pub struct Keeper {
    /// Our end of the socket it was born with.
    pub stream: KeeperStream,
    /// What of its first order did not fit into the socket.
    pub unsent: Vec<u8>,
    /// To be reaped, sooner or later.
    pub child: KeeperChild,
}

/// Our end of a keeper's first socket, not yet bound to a runtime, so that the spawn can happen on any thread.
#[derive(Debug)]
pub struct KeeperStream(pub(super) system::RawStream);

impl KeeperStream {
    /// The end for use in tasks. Needs a runtime.
    pub fn into_stream(self) -> io::Result<local::Stream> {
        system::into_stream(self.0).map(local::Stream)
    }
}

/// The keeper as our child. While nobody reaps it, its pid stays its own; that is why it is reaped once only, by its owner.
#[derive(Debug)]
pub struct KeeperChild {
    pid: u32,
    end: Option<ChildEnd>,
}

impl KeeperChild {
    /// How it ended, if it did; it is no zombie afterwards. Never waits.
    pub fn try_reap(&mut self) -> io::Result<Option<ChildEnd>> {
        if self.end.is_none() {
            self.end = system::reap(self.pid)?;
        }
        Ok(self.end)
    }
}

/// Makes keepers out of one executable: as copies of a template where the system can do that, else by executing it each time.
#[derive(Debug)]
pub struct Spawner {
    exe: PathBuf,
    /// Made when the first keeper is wanted, and anew when it fails.
    template: Mutex<Option<Zygote>>,
}

impl Spawner {
    /// Keepers of `exe`, or of the program that runs, should that file be gone.
    pub const fn new(exe: PathBuf) -> Self {
        Self { exe, template: Mutex::new(None) }
    }

    /// A keeper: `pm __keeper <label>`, a socket as its standard input, nothing of our environment but `PATH`, `HOME`, `LANG`
    /// and `XDG_*`, in `/`. What it shall run it is told through the socket, beginning with `first`. May be called from many
    /// threads.
    ///
    /// # Errors
    /// What the system says to the socket or the spawn; [`super::Unsupported`] on Windows.
    pub fn spawn(&self, label: &str, first: &[u8]) -> io::Result<Keeper> {
        let (raw, pid) = self.copy(label).or_else(|_| {
            let (ours, theirs) = system::keeper_socket()?;
            system::execute_keeper(&self.exe()?, label, theirs).map(|pid| (ours, pid))
        })?;
        // One that has died already is found to be dead by whoever talks to it.
        let sent = system::send_now(&raw, first).unwrap_or(0);
        let (stream, child) = (KeeperStream(raw), KeeperChild { pid, end: None });
        Ok(Keeper { stream, unsent: first[sent..].to_vec(), child })
    }

    fn exe(&self) -> io::Result<PathBuf> {
        // The system marks the name of what runs and is no longer there.
        let mut gone = self.exe.clone().into_os_string();
        gone.push(" (deleted)");
        if std::env::current_exe().is_ok_and(|now| now.as_os_str() == gone) { own_exe() } else { Ok(self.exe.clone()) }
    }

    /// A copy of the template, which knows nothing yet: one that comes late, when another keeper was made in its place, finds its
    /// socket closed and ends.
    fn copy(&self, label: &str) -> io::Result<(system::RawStream, u32)> {
        let mut template = self.template.lock().unwrap_or_else(PoisonError::into_inner);
        let zygote = match template.take() {
            Some(zygote) => zygote,
            None => Zygote::start(&self.exe()?)?,
        };
        let (ours, theirs) = system::keeper_socket()?;
        // One that fails is not put back.
        let pid = zygote.copy(label, theirs)?;
        *template = Some(zygote);
        Ok((ours, pid))
    }
}

/// Starts `exe` to outlive us, with its output appended to `log` (created with mode 0600). It shall call
/// [`leave_caller`] first thing; until then a Ctrl-C at our terminal ends it, as it ends us.
///
/// # Errors
/// What opening the log or the spawn answers.
pub fn spawn_detached(exe: &Path, args: &[OsString], log: &Path) -> io::Result<Child> {
    system::spawn_detached(exe, args, log)
}

/// Leaves whoever called us: the terminal and its session, so that neither a hang-up nor a Ctrl-C reaches us, every descriptor but
/// the first three (a lock, the end of a pipe), and the directory, whose disk somebody may want to take away. Only for a process
/// that has opened nothing yet.
pub fn leave_caller() {
    system::leave_caller();
}

/// Undoes what a caller may have set of our signals and we cannot live with. For the first lines of `main`.
pub fn clean_signals() {
    system::clean_signals();
}

/// What to execute to start this program again: where it was started from, and where that file is gone (it was replaced, as every
/// `cargo install` does), the file that runs.
///
/// # Errors
/// What the system answers.
pub fn own_exe() -> io::Result<PathBuf> {
    let exe = std::env::current_exe()?;
    Ok(if exe.exists() { exe } else { system::running_exe().unwrap_or(exe) })
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
