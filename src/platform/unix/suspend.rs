//! Stopping ourselves with TSTP, or with STOP where the kernel would drop a TSTP.

use std::io;

use rustix::process::{self, Signal};
use tokio::signal::unix::{SignalKind, signal};

use crate::platform::Unsupported;

#[allow(clippy::unnecessary_wraps, reason = "other systems refuse")]
pub fn suspend_self() -> Result<(), Unsupported> {
    // Both calls can only fail for want of permission, which nobody wants towards himself.
    if is_group_orphaned() {
        let _ = process::kill_process(process::getpid(), Signal::STOP);
    } else {
        let _ = process::kill_current_process_group(Signal::TSTP);
    }
    Ok(())
}

/// Nobody outside the group but inside the session could wake it, so the kernel drops TSTP (POSIX, "orphaned process
/// group"). Judged by our own parent, which is a shell whenever there is one.
fn is_group_orphaned() -> bool {
    let Some(parent) = process::getppid() else { return true };
    let parent = parent.as_raw_nonzero().get();
    !(session_of(parent) == session_of(0) && group_of(parent).is_some_and(|group| Some(group) != group_of(0)))
}

/// The session of a process, 0 being ourselves; `None` when it is gone, or when its leader lives outside our pid namespace.
/// That leader has no number here and the kernel answers 0, for which the type of the safe wrapper has no room.
#[allow(unsafe_code, reason = "the safe wrapper panics where the kernel answers 0")]
fn session_of(pid: libc::pid_t) -> Option<libc::pid_t> {
    // SAFETY: takes and returns a number, touches no memory.
    let session = unsafe { libc::getsid(pid) };
    (session > 0).then_some(session)
}

/// The process group of a process, as [`session_of`].
#[allow(unsafe_code, reason = "the safe wrapper panics where the kernel answers 0")]
fn group_of(pid: libc::pid_t) -> Option<libc::pid_t> {
    // SAFETY: takes and returns a number, touches no memory.
    let group = unsafe { libc::getpgid(pid) };
    (group > 0).then_some(group)
}

#[derive(Debug)]
pub struct Wakes(tokio::signal::unix::Signal);

impl Wakes {
    pub fn listen() -> io::Result<Self> {
        signal(SignalKind::from_raw(libc::SIGCONT)).map(Self)
    }

    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::platform::suspend::Wakes;
    use rustix::process::{self, Signal};

    #[tokio::test]
    async fn a_wake_is_noticed() {
        let mut wakes = Wakes::listen().unwrap();
        process::kill_process(process::getpid(), Signal::CONT).unwrap();
        wakes.next().await;
    }
}
