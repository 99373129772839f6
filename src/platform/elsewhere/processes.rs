//! All processes by way of sysinfo.

use std::ffi::OsString;

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessesToUpdate, UpdateKind};

use super::stat::{name, state, with_process, with_table};
use crate::platform::processes::{Known, ProcessEntry};

#[allow(clippy::unnecessary_wraps, reason = "another system can say no")]
pub fn check_view() -> Result<(), String> {
    Ok(())
}

pub fn scan(entries: &mut Vec<ProcessEntry>, _nobody: &mut Known) {
    let kind = ProcessRefreshKind::nothing();
    // A table that cannot be had is an empty one: whoever asks sees nobody, and stops nobody.
    let _ = with_table(|table| {
        table.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        entries.extend(table.processes().values().map(entry));
    });
}

fn entry(process: &Process) -> ProcessEntry {
    ProcessEntry {
        pid: process.pid().as_u32(),
        parent_pid: process.parent().map_or(0, Pid::as_u32),
        state: state(process.status()),
        start_ticks: process.start_time(),
        comm: name(process),
        inode: 0,
    }
}

pub fn newest_pid() -> Option<u64> {
    None
}

pub fn find_by_env(key: &str, value: &str) -> Vec<u32> {
    let wanted = OsString::from(format!("{key}={value}"));
    let kind = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    let found = with_table(|table| {
        table.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let ours = table.processes().values().filter(|process| process.environ().contains(&wanted));
        ours.map(|process| process.pid().as_u32()).collect()
    });
    found.unwrap_or_default()
}

pub fn command_line(pid: u32) -> Option<Vec<String>> {
    let kind = ProcessRefreshKind::nothing().with_cmd(UpdateKind::Always);
    let lossy = |part: &OsString| part.to_string_lossy().into_owned();
    with_process(pid, kind, |process| process.cmd().iter().map(lossy).collect()).ok()
}

pub fn parent(pid: u32) -> Option<u32> {
    with_process(pid, ProcessRefreshKind::nothing(), |process| process.parent().map(Pid::as_u32)).ok()?
}
