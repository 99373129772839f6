//! What only the parent of a tree may do: collect its dead and signal its living.
//!
//! No pid is signalled that is not provably ours at that moment: a direct child cannot lose its pid before it is reaped here, and
//! anything further down is held by a pidfd while its line of parents is looked at. Called by the keeper.
#![allow(unsafe_code, reason = "waitpid, kill and pidfd calls are made here and nowhere else")]

use std::io;

use crate::domain::{ExitStatus, Signal};

#[cfg_attr(target_os = "linux", path = "reap/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "reap/other.rs")]
mod census;

pub use census::{Relative, descendants, each_child, signal_relative, start_ticks};

/// The answer of one look at the dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaped {
    /// This one ended so, and its pid is free again.
    One(u32, ExitStatus),
    /// Children live, none is dead.
    NoneDead,
    /// There are no children: nothing is left of the tree.
    NoChildren,
}

/// Collects one dead child, without waiting.
pub fn reap() -> Reaped {
    loop {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the answer.
        match unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) } {
            0 => return Reaped::NoneDead,
            pid if pid > 0 => match exit_status(status) {
                Some(exit) => return Reaped::One(pid as u32, exit),
                None => {}
            },
            _ if io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD) => return Reaped::NoChildren,
            _ => {}
        }
    }
}

fn exit_status(status: i32) -> Option<ExitStatus> {
    if libc::WIFEXITED(status) {
        Some(ExitStatus::Code(libc::WEXITSTATUS(status)))
    } else if libc::WIFSIGNALED(status) {
        Some(ExitStatus::Signal(signal_of(libc::WTERMSIG(status))))
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

fn kill(pid: i32, signal: Signal) -> bool {
    // SAFETY: kill touches no memory of ours. 0 and -1 would mean "everybody" and are never pids of ours.
    pid != 0 && pid != -1 && unsafe { libc::kill(pid, number_of(signal)) } == 0
}

/// Every named signal with its number on this system.
const NUMBERS: [(Signal, i32); 22] = [
    (Signal::Term, libc::SIGTERM),
    (Signal::Kill, libc::SIGKILL),
    (Signal::Int, libc::SIGINT),
    (Signal::Hup, libc::SIGHUP),
    (Signal::Quit, libc::SIGQUIT),
    (Signal::Usr1, libc::SIGUSR1),
    (Signal::Usr2, libc::SIGUSR2),
    (Signal::Cont, libc::SIGCONT),
    (Signal::Stop, libc::SIGSTOP),
    (Signal::Tstp, libc::SIGTSTP),
    (Signal::Abrt, libc::SIGABRT),
    (Signal::Alrm, libc::SIGALRM),
    (Signal::Bus, libc::SIGBUS),
    (Signal::Fpe, libc::SIGFPE),
    (Signal::Ill, libc::SIGILL),
    (Signal::Pipe, libc::SIGPIPE),
    (Signal::Segv, libc::SIGSEGV),
    (Signal::Sys, libc::SIGSYS),
    (Signal::Trap, libc::SIGTRAP),
    (Signal::Winch, libc::SIGWINCH),
    (Signal::Xcpu, libc::SIGXCPU),
    (Signal::Xfsz, libc::SIGXFSZ),
];

/// The number of a signal on this system.
pub fn number_of(signal: Signal) -> i32 {
    match signal {
        Signal::Number(number) => number,
        named => NUMBERS.iter().find(|(known, _)| *known == named).map_or(0, |(_, number)| *number),
    }
}

/// The signal of a number on this system, by name where it has one.
pub fn signal_of(number: i32) -> Signal {
    NUMBERS.iter().find(|(_, known)| *known == number).map_or(Signal::Number(number), |(signal, _)| *signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_a_number_and_comes_back() {
        for signal in Signal::NAMED {
            assert!(number_of(*signal) > 0, "{signal}");
            assert_eq!(signal_of(number_of(*signal)), *signal);
        }
    }
}
