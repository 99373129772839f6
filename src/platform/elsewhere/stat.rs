//! Figures of one process by way of sysinfo.

use std::io;
use std::sync::{Mutex, PoisonError};

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System};

use crate::platform::stat::{ShortName, Stat, StatBuf};

/// The one table sysinfo keeps for us; `None` until it is first asked for.
static TABLE: Mutex<Option<System>> = Mutex::new(None);

#[derive(Debug)]
pub struct StatFile {
    pid: u32,
    start_ticks: u64,
}

impl StatFile {
    pub fn open(pid: u32) -> io::Result<Self> {
        Ok(Self { pid, start_ticks: look(pid)?.start_ticks })
    }

    pub fn read(&self, _buf: &mut StatBuf) -> io::Result<Stat> {
        look(self.pid).and_then(|stat| if stat.start_ticks == self.start_ticks { Ok(stat) } else { Err(gone()) })
    }
}

pub fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// sysinfo counts processor time in milliseconds.
pub fn ticks_per_second() -> u64 {
    1000
}

/// The figures of whoever has this pid now.
pub fn look(pid: u32) -> io::Result<Stat> {
    let kind = ProcessRefreshKind::nothing().with_cpu().with_memory();
    with_process(pid, kind, figures)
}

/// Refreshes one process and asks it.
pub fn with_process<T>(pid: u32, kind: ProcessRefreshKind, ask: impl FnOnce(&Process) -> T) -> io::Result<T> {
    let pid = Pid::from_u32(pid);
    with_table(|table| {
        table.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
        table.process(pid).map(ask).ok_or_else(gone)
    })?
}

/// Lends the table out.
pub fn with_table<T>(ask: impl FnOnce(&mut System) -> T) -> io::Result<T> {
    let mut table = TABLE.lock().unwrap_or_else(PoisonError::into_inner);
    if table.is_none() {
        *table = Some(System::new().map_err(|error| io::Error::other(error.to_string()))?);
    }
    table.as_mut().map(ask).ok_or_else(gone)
}

pub fn state(status: ProcessStatus) -> char {
    match status {
        ProcessStatus::Run => 'R',
        ProcessStatus::Stop | ProcessStatus::Tracing => 'T',
        ProcessStatus::Zombie | ProcessStatus::Dead => 'Z',
        ProcessStatus::UninterruptibleDiskSleep => 'D',
        ProcessStatus::Idle
        | ProcessStatus::Sleep
        | ProcessStatus::Wakekill
        | ProcessStatus::Waking
        | ProcessStatus::Parked
        | ProcessStatus::LockBlocked
        | ProcessStatus::Suspended
        | ProcessStatus::Unknown(_) => 'S',
    }
}

pub fn name(process: &Process) -> ShortName {
    ShortName::new(process.name().as_encoded_bytes())
}

fn figures(process: &Process) -> Stat {
    Stat {
        state: state(process.status()),
        parent_pid: process.parent().map_or(0, Pid::as_u32),
        cpu_ticks: process.accumulated_cpu_time(),
        reaped_ticks: 0,
        threads: process.tasks().map_or(0, |tasks| u32::try_from(tasks.len()).unwrap_or(u32::MAX)),
        memory_bytes: process.memory(),
        start_ticks: process.start_time(),
        comm: name(process),
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the process is gone")
}
