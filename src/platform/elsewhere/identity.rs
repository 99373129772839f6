//! Processes by pid and start time, looked at again directly before each signal. On Windows nothing is signalled yet.

use std::io;
use std::time::Duration;

use sysinfo::{Process, ProcessRefreshKind};

use super::stat::{is_gone, look, with_process};
use crate::domain::Timestamp;
use crate::platform::identity::NotProven;
use crate::platform::stat::is_dead;

#[derive(Debug)]
pub struct Hold {
    pid: u32,
    start_ticks: u64,
}

impl Hold {
    #[cfg(unix)]
    pub fn open(pid: u32) -> Result<Self, NotProven> {
        let stat = look(pid).map_err(|source| not_proven(pid, source))?;
        Ok(Self { pid, start_ticks: stat.start_ticks })
    }

    #[cfg(not(unix))]
    pub fn open(_pid: u32) -> Result<Self, NotProven> {
        let instead = "`taskkill /T /PID` ends a process and what it started";
        Err(crate::platform::Unsupported { what: "stopping a process by its pid", instead }.into())
    }

    #[cfg(unix)]
    pub fn signal(&self, number: i32) -> io::Result<()> {
        if self.is_same() {
            crate::platform::unix::kill::send(self.pid, number)
        } else {
            Err(io::Error::from(io::ErrorKind::NotFound))
        }
    }

    #[cfg(not(unix))]
    pub fn signal(&self, _number: i32) -> io::Result<()> {
        let gone = if self.is_same() { io::ErrorKind::Unsupported } else { io::ErrorKind::NotFound };
        Err(io::Error::from(gone))
    }

    pub fn is_alive(&self) -> bool {
        look(self.pid).is_ok_and(|stat| stat.start_ticks == self.start_ticks && !is_dead(stat.state))
    }

    pub async fn ended(&self) {
        while self.is_alive() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn is_same(&self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }
}

pub fn start_ticks(pid: u32) -> Option<u64> {
    with_process(pid, ProcessRefreshKind::nothing(), Process::start_time).ok()
}

/// Start times are seconds since the epoch.
pub fn started_at(start_ticks: u64, _now: Timestamp) -> Timestamp {
    Timestamp(start_ticks * 1000)
}

#[cfg(unix)]
pub fn uid_if_not_ours(pid: u32) -> Option<u32> {
    let own = rustix::process::geteuid().as_raw();
    let kind = ProcessRefreshKind::nothing().with_user(sysinfo::UpdateKind::Always);
    let owner = with_process(pid, kind, |process| process.user_id().map_or(0, |uid| **uid)).ok()?;
    (own != 0 && own != owner).then_some(owner)
}

#[cfg(not(unix))]
pub fn uid_if_not_ours(_pid: u32) -> Option<u32> {
    None
}

pub fn not_proven(pid: u32, source: io::Error) -> NotProven {
    if source.kind() == io::ErrorKind::PermissionDenied {
        NotProven::AccessDenied { pid, uid: uid_if_not_ours(pid).unwrap_or(0) }
    } else if is_gone(&source) {
        NotProven::NotFound { pid }
    } else {
        NotProven::Platform { pid, source }
    }
}
