//! Stopping ourselves with TSTP, or with STOP where the kernel would drop a TSTP.
#![allow(unsafe_code, reason = "rustix panics where a pid namespace answers 0")]

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
    let (here, there) = (place(0), place(parent.as_raw_nonzero().get()));
    let same_session = there.session.is_some() && here.session == there.session;
    let other_group = there.group.is_some() && here.group != there.group;
    !(same_session && other_group)
}

/// The session and the group of a process, 0 meaning ourselves.
struct Place {
    session: Option<libc::pid_t>,
    group: Option<libc::pid_t>,
}

/// By way of libc: rustix takes an answer of 0 for impossible, but that is what a pid namespace answers for a session or
/// group whose leader is outside of it.
fn place(pid: libc::pid_t) -> Place {
    let known = |id: libc::pid_t| (id >= 0).then_some(id);
    // SAFETY: both calls only read what the kernel knows of a process, and take any number.
    let (session, group) = unsafe { (libc::getsid(pid), libc::getpgid(pid)) };
    Place { session: known(session), group: known(group) }
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
