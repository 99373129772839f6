//! Processes held by pidfd.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::stat;
use crate::domain::Timestamp;
use crate::platform::identity::NotProven;
use crate::platform::stat::{StatFile, stat_buf};
use crate::platform::unix::kill;

#[derive(Debug)]
pub struct Hold(OwnedFd);

impl Hold {
    pub fn open(pid: u32) -> Result<Self, NotProven> {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(NotProven::NotFound { pid })?;
        rustix::process::pidfd_open(number, PidfdFlags::empty())
            .map(Self)
            .map_err(|errno| not_proven(pid, errno.into()))
    }

    pub fn signal(&self, number: i32) -> io::Result<()> {
        Ok(rustix::process::pidfd_send_signal(&self.0, kill::signal(number)?)?)
    }

    /// A pidfd becomes readable when its process ends, before it is reaped.
    pub fn is_alive(&self) -> bool {
        let mut polled = [PollFd::new(&self.0, PollFlags::IN)];
        let ended = rustix::event::poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        ended == Ok(0)
    }

    pub async fn ended(&self) {
        match watch(self.0.as_fd()) {
            Ok(watched) if watched.readable().await.is_ok() => {}
            // Out of descriptors or memory: looking now and then needs neither.
            Ok(_) | Err(_) => {
                while self.is_alive() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

#[allow(unsafe_code, reason = "the runtime takes descriptors on trust")]
fn watch(fd: BorrowedFd<'_>) -> io::Result<AsyncFd<BorrowedFd<'_>>> {
    // SAFETY: the descriptor is borrowed for as long as the result lives, so it stays open and the same.
    Ok(unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?)
}

pub fn start_ticks(pid: u32) -> Option<u64> {
    StatFile::open(pid).ok()?.read(&mut stat_buf()).ok().map(|stat| stat.start_ticks)
}

/// Start times count from the boot, with the time the machine slept included.
pub fn started_at(start_ticks: u64, now: Timestamp) -> Timestamp {
    let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let up_ms = up.tv_sec.unsigned_abs() * 1000 + up.tv_nsec.unsigned_abs() / 1_000_000;
    let started_ms = start_ticks * 1000 / stat::ticks_per_second();
    Timestamp(now.millis().saturating_sub(up_ms) + started_ms)
}

/// By the same rule as kill(2): our uid is its real or its saved one, or we are root. `/proc/PID` itself belongs to root
/// when a process lets nobody look into it, so its owner would be the wrong one to ask.
pub fn uid_if_not_ours(pid: u32) -> Option<u32> {
    let own = rustix::process::geteuid().as_raw();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    let uids: Vec<u32> = line.split_whitespace().filter_map(|uid| uid.parse().ok()).collect();
    let (real, saved) = (uids.first()?, uids.get(2)?);
    (own != 0 && own != *real && own != *saved).then_some(*real)
}

pub fn not_proven(pid: u32, source: io::Error) -> NotProven {
    match source.raw_os_error() {
        Some(libc::EPERM) => NotProven::AccessDenied { pid, uid: uid_if_not_ours(pid).unwrap_or(0) },
        _ if stat::is_gone(&source) => NotProven::NotFound { pid },
        // What pidfd_open says of a number that is a thread, or no pid at all.
        Some(libc::EINVAL | libc::ENOENT) => NotProven::NotFound { pid },
        _ => NotProven::Platform { pid, source },
    }
}
