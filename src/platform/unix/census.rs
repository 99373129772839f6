//! Who descends from us where there is no Linux `/proc`.
//!
//! macOS tells parents and groups; it has no pidfd, so the check and the signal lie a moment apart. Other systems tell nothing here,
//! and a stop reaches the process group and what was reaped.
#![allow(unsafe_code, reason = "libproc has no safe wrapper")]

use super::reap::with_descendants;
use crate::domain::Signal;
use crate::platform::reap::Relative;

/// Calls `met` with each direct child.
pub fn each_child(mut met: impl FnMut(u32)) {
    let me = std::process::id();
    all().iter().filter(|relative| relative.parent == me).for_each(|relative| met(relative.pid));
}

/// Of the group that the main process led, those who lost their parent to its end, and everything below them: another parent has
/// them, and nobody tells us of their end. Who left the group as well is not found.
pub fn adrift(main: u32) -> Vec<Relative> {
    let members = group(main);
    if members.is_empty() {
        return members;
    }
    let is_first = |relative: &&Relative| !members.iter().any(|member| member.pid == relative.parent);
    with_descendants(members.iter().filter(is_first).copied().collect(), &all())
}

/// Somebody is left of the group that the main process led, which was reaped.
pub fn lives_on(main: u32) -> bool {
    !group(main).is_empty()
}

/// The members of this group without its leader, and nobody where it has one: a number with a leader belongs to strangers, for ours was reaped.
fn group(main: u32) -> Vec<Relative> {
    let members = members_of(main);
    if members.iter().any(|member| member.pid == main) { Vec::new() } else { members }
}

/// Sends to a descendant that is still the one that was seen.
pub fn signal_relative(relative: &Relative, signal: Signal) -> bool {
    look(relative.pid).is_some_and(|now| now.start == relative.start) && super::reap::kill(relative.pid as i32, signal)
}

/// When a process started, in seconds since the epoch: the unit of `platform::identity`, which compares it later.
pub fn start_ticks(pid: u32) -> Option<u64> {
    look(pid).map(|relative| relative.start / 1_000_000)
}

/// Every process there is.
#[cfg(target_os = "macos")]
pub fn all() -> Vec<Relative> {
    // SAFETY: the list is valid for `room` bytes.
    listed(|list, room| unsafe { libc::proc_listallpids(list, room) })
}

#[cfg(target_os = "macos")]
fn members_of(group: u32) -> Vec<Relative> {
    // SAFETY: the list is valid for `room` bytes.
    listed(|list, room| unsafe { libc::proc_listpgrppids(group as i32, list, room) })
}

/// What a call of libproc lists, which takes a place and its room in bytes and gives how many there are. The dead are no longer looked up.
#[cfg(target_os = "macos")]
fn listed(list: impl FnOnce(*mut libc::c_void, i32) -> i32) -> Vec<Relative> {
    let mut pids = vec![0i32; 8192];
    let room = i32::try_from(size_of_val(pids.as_slice())).unwrap_or(i32::MAX);
    let count = list(pids.as_mut_ptr().cast(), room);
    pids.truncate(usize::try_from(count).unwrap_or_default());
    pids.into_iter().filter_map(|pid| look(pid as u32)).collect()
}

#[cfg(target_os = "macos")]
fn look(pid: u32) -> Option<Relative> {
    let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    // SAFETY: the structure is plain numbers, for which zero is a value.
    let mut info: libc::proc_bsdinfo = unsafe { std::mem::zeroed() };
    // SAFETY: `info` is valid for `size` bytes.
    let got = unsafe { libc::proc_pidinfo(pid as i32, libc::PROC_PIDTBSDINFO, 0, (&raw mut info).cast(), size) };
    let start = info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec;
    (got == size).then_some(Relative { pid, parent: info.pbi_ppid, group: info.pbi_pgid, start })
}

/// Nobody.
#[cfg(not(target_os = "macos"))]
pub const fn all() -> Vec<Relative> {
    Vec::new()
}

#[cfg(not(target_os = "macos"))]
const fn members_of(_group: u32) -> Vec<Relative> {
    Vec::new()
}

#[cfg(not(target_os = "macos"))]
fn look(_pid: u32) -> Option<Relative> {
    None
}
