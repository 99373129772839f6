//! All processes by `/proc`. One directory descriptor, one buffer, no allocation per process.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use rustix::fs::{Mode, OFlags, RawDir};

use super::stat;
use crate::platform::processes::{Known, ProcessEntry};
use crate::platform::stat::{StatBuf, StatFile, stat_buf};

pub fn check_view() -> Result<(), String> {
    let (ours, shown) = (std::process::id(), fs::read_link("/proc/self"));
    match shown {
        Ok(shown) if shown.to_str() != Some(ours.to_string().as_str()) => Err(format!(
            "/proc shows process {ours} as {}: it is that of another pid namespace; mount one of its own (unshare --mount-proc)",
            shown.display()
        )),
        // Without any, what needs it says so.
        Ok(_) | Err(_) => Ok(()),
    }
}

pub fn scan(entries: &mut Vec<ProcessEntry>, known: &mut Known) {
    let mut buf = stat_buf();
    let mut path = String::with_capacity(24);
    let mut known_still = HashMap::with_capacity(known.0.len());
    each_pid(|proc, pid, inode| {
        if known.0.get(&pid) == Some(&inode) {
            known_still.insert(pid, inode);
        } else {
            entries.extend(read_entry(proc, pid, inode, &mut path, &mut buf));
        }
    });
    known.0 = known_still;
}

/// Calls `visit` with `/proc`, and every pid in it with the inode of its directory.
fn each_pid(mut visit: impl FnMut(&OwnedFd, u32, u64)) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(proc) = rustix::fs::open("/proc", flags, Mode::empty()) else { return };
    let mut space = [MaybeUninit::uninit(); 8192];
    let mut dir = RawDir::new(&proc, &mut space);
    while let Some(Ok(entry)) = dir.next() {
        if let Some(pid) = entry.file_name().to_str().ok().and_then(|name| name.parse().ok()) {
            visit(&proc, pid, entry.ino());
        }
    }
}

/// `None` for a process that went meanwhile.
fn read_entry(proc: &OwnedFd, pid: u32, inode: u64, path: &mut String, buf: &mut StatBuf) -> Option<ProcessEntry> {
    path.clear();
    write!(path, "{pid}/stat").ok()?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(proc, path.as_str(), flags, Mode::empty()).ok()?;
    let stat = stat::read(file.as_fd(), buf).ok()?;
    Some(ProcessEntry {
        pid,
        parent_pid: stat.parent_pid,
        state: stat.state,
        start_ticks: stat.start_ticks,
        comm: stat.comm,
        inode,
    })
}

/// The last field of `/proc/loadavg`: the pid given out last.
pub fn newest_pid() -> Option<u64> {
    let mut buf = [0; 128];
    let len = File::open("/proc/loadavg").ok()?.read(&mut buf).ok()?;
    str::from_utf8(&buf[..len]).ok()?.split_whitespace().next_back()?.parse().ok()
}

pub fn find_by_env(key: &str, value: &str) -> Vec<u32> {
    let wanted = format!("{key}={value}").into_bytes();
    let own = rustix::process::geteuid().as_raw();
    let mut found = Vec::new();
    let mut environ = Vec::new();
    each_pid(|_, pid, _| {
        if has_env(pid, own, &wanted, &mut environ) {
            found.push(pid);
        }
    });
    found
}

fn has_env(pid: u32, own_uid: u32, wanted: &[u8], environ: &mut Vec<u8>) -> bool {
    let path = format!("/proc/{pid}/environ");
    // The file belongs to whoever the process belongs to; root reads every one and has to look.
    let is_ours = |file: &File| own_uid == 0 || file.metadata().is_ok_and(|meta| meta.uid() == own_uid);
    let Ok(mut file) = File::open(path) else { return false };
    environ.clear();
    is_ours(&file)
        && file.read_to_end(environ).is_ok()
        && memchr::memmem::find_iter(environ, wanted).any(|at| {
            let begins = at == 0 || environ[at - 1] == 0;
            let ends = environ.get(at + wanted.len()).is_none_or(|byte| *byte == 0);
            begins && ends
        })
}

pub fn command_line(pid: u32) -> Option<Vec<String>> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let bytes = bytes.strip_suffix(&[0]).unwrap_or(&bytes);
    let parts = bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    Some(if bytes.is_empty() { Vec::new() } else { parts.collect() })
}

pub fn parent(pid: u32) -> Option<u32> {
    StatFile::open(pid).ok()?.read(&mut stat_buf()).ok().map(|stat| stat.parent_pid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[test]
    fn a_process_is_found_by_its_environment_and_no_other() {
        let mut child = Command::new("/bin/sleep").arg("100").env("PM_TEST_MARK", "marked-7").spawn().unwrap();
        // An exec lets its parent go on before the new environment can be read.
        let deadline = Instant::now() + Duration::from_secs(10);
        while find_by_env("PM_TEST_MARK", "marked-7") != [child.id()] {
            assert!(Instant::now() < deadline, "not found by its environment");
        }
        assert!(find_by_env("PM_TEST_MARK", "marked").is_empty());
        assert!(find_by_env("TEST_MARK", "marked-7").is_empty());
        assert_eq!(command_line(child.id()), Some(vec!["/bin/sleep".into(), "100".into()]));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(command_line(child.id()), None);
    }

    #[test]
    fn who_is_known_is_not_looked_at_again_while_it_lives() {
        let mut child = Command::new("/bin/sleep").arg("100").spawn().unwrap();
        let (mut entries, mut known) = (Vec::new(), Known::default());
        let find = |entries: &[ProcessEntry], pid| entries.iter().find(|entry| entry.pid == pid).copied();
        scan(&mut entries, &mut known);
        let (us, it) = (find(&entries, std::process::id()).unwrap(), find(&entries, child.id()).unwrap());
        assert!(known.insert(&us) && known.insert(&it) && !known.insert(&it));
        // As if its pid had belonged to somebody else.
        assert!(known.insert(&ProcessEntry { pid: us.parent_pid, inode: 7, ..us }));
        entries.clear();
        scan(&mut entries, &mut known);
        assert_eq!((find(&entries, us.pid), find(&entries, it.pid)), (None, None));
        assert!(known.contains(us.pid) && !known.contains(us.parent_pid), "of the other one nothing is known");
        child.kill().unwrap();
        child.wait().unwrap();
        scan(&mut entries, &mut known);
        assert!(known.contains(us.pid) && !known.contains(it.pid));
        known.clear();
        entries.clear();
        scan(&mut entries, &mut known);
        assert!(find(&entries, us.pid).is_some());
    }

    #[test]
    fn a_birth_changes_the_newest_pid() {
        let before = newest_pid().unwrap();
        Command::new("/bin/true").status().unwrap();
        assert_ne!(newest_pid().unwrap(), before);
    }
}
