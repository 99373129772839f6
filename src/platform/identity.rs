//! Who a pid is. Nobody signals a number without having proven whose it is: pids are given out again.
//!
//! A [`Proven`] holds on to the process itself (a pidfd on Linux), so what was proven stays true for as long as it is held.
//! Called by `sweep`, by adoption, and for `pm stop --pid`.

use std::io;

use super::{Unsupported, clock, signals};
use crate::domain::Signal;

#[cfg(not(target_os = "linux"))]
use super::elsewhere::identity as system;
#[cfg(target_os = "linux")]
use super::linux::identity as system;

/// One process among all that ever had or will have its pid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its pid.
    pub pid: u32,
    /// When it started: clock ticks since the boot on Linux, seconds since the epoch elsewhere.
    pub start_ticks: u64,
    /// In which boot of the machine, see [`clock::boot_id`].
    pub boot_id: String,
}

impl Identity {
    /// Who has this pid now; `None` when nobody has.
    pub fn of(pid: u32) -> Option<Self> {
        let start_ticks = system::start_ticks(pid)?;
        Some(Self { pid, start_ticks, boot_id: clock::boot_id().to_owned() })
    }
}

/// Why nothing was done to a process.
#[derive(Debug, thiserror::Error)]
pub enum NotProven {
    /// Nobody has the pid.
    #[error("there is no process {pid}; `pm ps` lists what pm runs")]
    NotFound {
        /// The pid.
        pid: u32,
    },
    /// It ended already.
    #[error("process {pid} has ended and waits for its parent to reap it; only the parent can do that, or its own end")]
    Ended {
        /// The pid.
        pid: u32,
    },
    /// Somebody else has the pid now.
    #[error("pid {pid} belongs to another process now; the one that was meant is gone, and nothing was touched")]
    Stranger {
        /// The pid.
        pid: u32,
    },
    /// It is another user's.
    #[error("process {pid} belongs to user {uid}; do it as that user, or as root")]
    AccessDenied {
        /// The pid.
        pid: u32,
        /// Whose it is.
        uid: u32,
    },
    /// It is one that `pm` never touches.
    #[error("process {pid} is {who}; pm never stops that, use the system's own tools if you mean it")]
    Untouchable {
        /// The pid.
        pid: u32,
        /// What it is.
        who: &'static str,
    },
    /// The system said something unexpected.
    #[error("the system would not let pm take hold of process {pid}; try again, or use the system's own tools")]
    Platform {
        /// The pid.
        pid: u32,
        /// What it said.
        source: io::Error,
    },
    /// This system cannot do it.
    #[error(transparent)]
    Unsupported(#[from] Unsupported),
}

/// A process that was proven to be the one that was meant.
#[derive(Debug)]
pub struct Proven {
    identity: Identity,
    hold: system::Hold,
}

impl Proven {
    /// Takes hold of the process and then checks that it is the one meant, and ours. In this order, because what is
    /// checked before it is held may be another one when it is.
    ///
    /// # Errors
    /// Says why nothing can be done to it.
    pub fn prove(meant: &Identity) -> Result<Self, NotProven> {
        let proven = Self::open(meant.pid)?;
        let same = proven.identity.start_ticks == meant.start_ticks && proven.identity.boot_id == meant.boot_id;
        if same { Ok(proven) } else { Err(NotProven::Stranger { pid: meant.pid }) }
    }

    /// Takes hold of whoever has this pid now, if it is ours.
    ///
    /// # Errors
    /// Says why nothing can be done to it.
    pub fn open(pid: u32) -> Result<Self, NotProven> {
        match pid {
            0 | 1 => return Err(NotProven::Untouchable { pid, who: "the first process of the system" }),
            own if own == std::process::id() => return Err(NotProven::Untouchable { pid, who: "pm itself" }),
            _ => {}
        }
        let hold = system::Hold::open(pid)?;
        let identity = Identity::of(pid).ok_or(NotProven::NotFound { pid })?;
        let uid = system::uid_if_not_ours(pid);
        // Alive after the checks means that the checks were about the process that is held.
        match (hold.is_alive(), uid) {
            (false, _) => Err(NotProven::Ended { pid }),
            (true, Some(uid)) => Err(NotProven::AccessDenied { pid, uid }),
            (true, None) => Ok(Self { identity, hold }),
        }
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sends a signal to it, and to it alone.
    ///
    /// # Errors
    /// `NotFound` when it is gone and reaped.
    pub fn signal(&self, signal: Signal) -> Result<(), NotProven> {
        let pid = self.identity.pid;
        let refusal = Unsupported { what: "sending a signal", instead: "end the process with the system's own tools" };
        let number = signals::number(signal).ok_or(refusal)?;
        self.hold.signal(number).map_err(|source| system::not_proven(pid, source))
    }

    /// It has not ended. A zombie is not alive.
    pub fn is_alive(&self) -> bool {
        self.hold.is_alive()
    }

    /// Waits for its end. Costs nothing meanwhile on Linux; elsewhere it looks twenty times a second. Needs a runtime.
    pub async fn ended(&self) {
        self.hold.ended().await;
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn sleeper() -> Child {
        Command::new("/bin/sleep").arg("100").spawn().unwrap()
    }

    #[tokio::test]
    async fn a_proven_process_is_signalled_and_its_end_awaited() {
        let mut child = sleeper();
        let proven = Proven::prove(&Identity::of(child.id()).unwrap()).unwrap();
        assert!(proven.is_alive());
        proven.signal(Signal::Term).unwrap();
        proven.ended().await;
        assert!(!proven.is_alive());
        assert!(matches!(Proven::open(child.id()), Err(NotProven::Ended { .. })));
        child.wait().unwrap();
        assert!(matches!(proven.signal(Signal::Kill), Err(NotProven::NotFound { .. })));
        assert!(matches!(Proven::open(child.id()), Err(NotProven::NotFound { .. })));
    }

    #[test]
    fn a_stranger_with_the_same_pid_is_never_signalled() {
        let mut child = sleeper();
        let now = Identity::of(child.id()).unwrap();
        let earlier = Identity { start_ticks: now.start_ticks - 1, ..now.clone() };
        let before_reboot = Identity { boot_id: "another".into(), ..now };
        for stranger in [earlier, before_reboot] {
            assert!(matches!(Proven::prove(&stranger), Err(NotProven::Stranger { .. })));
        }
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn neither_the_first_process_nor_ourselves_can_be_held() {
        for pid in [0, 1, std::process::id()] {
            assert!(matches!(Proven::open(pid), Err(NotProven::Untouchable { .. })));
        }
        assert!(Proven::open(u32::MAX).is_err());
    }
}
