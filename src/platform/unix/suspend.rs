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
    let same_session = process::getsid(Some(parent)).ok() == process::getsid(None).ok();
    let other_group = process::getpgid(Some(parent)).is_ok_and(|group| group != process::getpgrp());
    !(same_session && other_group)
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
