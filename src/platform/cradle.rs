//! What a keeper does to itself at birth, and the system's part of its files and sockets.
//!
//! Called by the keeper only: it changes the whole process (descriptors, session, signals, umask).

#[cfg(unix)]
use super::unix::cradle as system;
#[cfg(windows)]
use super::windows::cradle as system;

pub use system::{Wakeups, accept, listen, may_execute, set_aside, settle, trim_heap};

/// What happened since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// A child ended (`SIGCHLD`).
    pub child: bool,
    /// The keeper shall end (`SIGTERM`).
    pub terminate: bool,
    /// The socket shall be made anew if it is gone (`SIGUSR1`).
    pub refresh: bool,
}

/// Which boot of the machine this is, in the words of `platform::clock`, which compares it later; empty where the system
/// does not say. Known before the copy where a keeper is one.
pub fn boot_id() -> String {
    super::clock::boot_id().to_owned()
}
