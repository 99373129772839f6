//! Who descends from us, by `/proc`: pids with their parents, and signals that cannot meet a stranger.

use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, RawDir, openat};
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use crate::domain::Signal;
use crate::platform::reap::Relative;
use crate::platform::signals;
use crate::platform::unix::kill;

/// Calls `met` with each direct child. The kernel's own list where it keeps one, else a look at every process there is.
pub fn each_child(mut met: impl FnMut(u32)) {
    let me = std::process::id();
    if let Ok(list) = std::fs::read_to_string(format!("/proc/self/task/{me}/children")) {
        list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).for_each(met);
        return;
    }
    scan(|relative| {
        if relative.parent == me {
            met(relative.pid);
        }
    });
}

/// Every process there is.
pub fn all() -> Vec<Relative> {
    let mut all = Vec::new();
    scan(|relative| all.push(relative));
    all
}

/// Nobody: whoever loses its parent is handed to us, who are the subreaper of the tree.
pub const fn adrift(_main: u32) -> Vec<Relative> {
    Vec::new()
}

/// It does not.
pub const fn lives_on(_main: u32) -> bool {
    false
}

/// Sends to a descendant: takes a hold of the process first, then checks that it still is the one that was seen, below us.
pub fn signal_relative(relative: &Relative, signal: Signal) -> bool {
    let Some(pid) = Pid::from_raw(relative.pid as i32) else { return false };
    let Ok(hold) = pidfd_open(pid, PidfdFlags::empty()) else { return false };
    if !is_below_us(relative) {
        return false;
    }
    let raw = signals::number(signal).and_then(|number| kill::signal(number).ok());
    raw.is_some_and(|raw| pidfd_send_signal(&hold, raw).is_ok())
}

/// The same process as was seen, and its parents lead to us.
fn is_below_us(relative: &Relative) -> bool {
    let me = std::process::id();
    let Some(mut at) = look(relative.pid).filter(|now| now.start == relative.start) else { return false };
    // A line of parents this long is no line any more.
    for _ in 0..64 {
        if at.parent == me {
            return true;
        }
        match look(at.parent) {
            Some(parent) => at = parent,
            None => return false,
        }
    }
    false
}

/// When a process started, in clock ticks since boot.
pub fn start_ticks(pid: u32) -> Option<u64> {
    look(pid).map(|relative| relative.start)
}

fn look(pid: u32) -> Option<Relative> {
    stat(CWD, "/proc/", pid)
}

fn open_proc() -> Option<OwnedFd> {
    openat(CWD, c"/proc", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).ok()
}

/// Looks at every process there is, without allocating: this runs in the middle of fork storms.
fn scan(mut met: impl FnMut(Relative)) {
    let Some(proc_dir) = open_proc() else { return };
    let mut space = [MaybeUninit::<u8>::uninit(); 8192];
    let mut entries = RawDir::new(&proc_dir, &mut space);
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else { return };
        let pid = entry.file_name().to_str().ok().and_then(|name| name.parse().ok());
        if let Some(relative) = pid.and_then(|pid| stat(&proc_dir, "", pid)) {
            met(relative);
        }
    }
}

fn stat(from: impl AsFd, way: &str, pid: u32) -> Option<Relative> {
    let mut path = [0u8; 32];
    write!(&mut path[..], "{way}{pid}/stat").ok()?;
    let path = std::ffi::CStr::from_bytes_until_nul(&path).ok()?;
    let file = openat(from, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut text = [0u8; 512];
    let len = rustix::io::read(&file, &mut text).ok()?;
    parse(pid, &text[..len])
}

/// `pid (comm) state ppid pgrp …`, the 22nd field being the start. `comm` may hold anything, so count from its last bracket.
fn parse(pid: u32, text: &[u8]) -> Option<Relative> {
    let after = text.iter().rposition(|byte| *byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&text[after..]).ok()?.split_ascii_whitespace().skip(1);
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let start = fields.nth(16)?.parse().ok()?;
    Some(Relative { pid, parent, group, start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::reap::descendants;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let text = b"42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3";
        assert_eq!(parse(42, text), Some(Relative { pid: 42, parent: 7, group: 42, start: 987_654 }));
        assert_eq!(parse(42, b"42 (cut"), None);
    }

    #[test]
    fn a_child_is_seen_below_us_and_a_stranger_is_not() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let found = descendants().into_iter().find(|relative| relative.pid == child.id()).unwrap();
        let stranger = Relative { start: found.start + 1, ..found };
        assert!(!signal_relative(&stranger, Signal::Kill));
        assert!(signal_relative(&found, Signal::Kill));
        child.wait().unwrap();
        assert!(!signal_relative(&found, Signal::Kill));
    }
}
