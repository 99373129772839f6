//! The dead of our tree and its living.
#![allow(unsafe_code, reason = "waitpid and kill have no safe wrapper that fits")]

use std::io;

#[cfg(not(target_os = "linux"))]
use super::census;
use crate::domain::{ExitStatus, Signal};
#[cfg(target_os = "linux")]
use crate::platform::linux::census;
use crate::platform::reap::{Reaped, Relative};
use crate::platform::signals;

pub use census::{adrift, each_child, lives_on, signal_relative, start_ticks};

/// Everything below us, parents before their children.
pub fn descendants() -> Vec<Relative> {
    let me = std::process::id();
    let all = census::all();
    with_descendants(all.iter().filter(|relative| relative.parent == me).copied().collect(), &all)
}

/// These and everything below them, parents before their children. None of these may be below another of them.
pub(super) fn with_descendants(mut found: Vec<Relative>, all: &[Relative]) -> Vec<Relative> {
    let me = std::process::id();
    let mut next = 0;
    while let Some(parent) = found.get(next).map(|relative| relative.pid) {
        found.extend(all.iter().filter(|relative| relative.parent == parent && relative.pid != me));
        next += 1;
    }
    found
}

/// Collects one dead child, without waiting.
pub fn reap() -> Reaped {
    loop {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the answer.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
            0 => return Reaped::NoneDead,
            pid if pid > 0 => {
                if let Some(exit) = exit_status(status) {
                    return Reaped::One(pid as u32, exit);
                }
            }
            _ if io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD) => return Reaped::NoChildren,
            _ => {}
        }
    }
}

fn exit_status(status: i32) -> Option<ExitStatus> {
    if libc::WIFEXITED(status) {
        Some(ExitStatus::Code(libc::WEXITSTATUS(status)))
    } else if libc::WIFSIGNALED(status) {
        Some(ExitStatus::Signal(signals::from_number(libc::WTERMSIG(status))))
    } else {
        None
    }
}

/// Sends to the process group `group`. Only for a group whose leader is our child and not yet reaped.
pub fn signal_group(group: u32, signal: Signal) -> bool {
    kill(-(group as i32), signal)
}

/// Sends to one process. Only for our own child, not yet reaped.
pub fn signal_child(pid: u32, signal: Signal) -> bool {
    kill(pid as i32, signal)
}

pub(super) fn kill(pid: i32, signal: Signal) -> bool {
    let Some(number) = signals::number(signal) else { return false };
    // SAFETY: kill touches no memory of ours. 0 and -1 would mean "everybody" and are never pids of ours.
    pid != 0 && pid != -1 && unsafe { libc::kill(pid, number) } == 0
}
