//! All processes of the machine in one pass, and who descends from whom.
//!
//! Knows nothing of runs; called by `sense` for membership and by `sweep` to find what is to be stopped.

use std::collections::HashMap;

use super::stat::{ShortName, is_dead};

#[cfg(not(target_os = "linux"))]
use super::elsewhere::processes as system;
#[cfg(target_os = "linux")]
use super::linux::processes as system;

/// One process as a pass found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessEntry {
    /// Its pid.
    pub pid: u32,
    /// Its parent's pid.
    pub parent_pid: u32,
    /// As in [`super::stat::Stat::state`].
    pub state: char,
    /// When it started, in the unit of `identity`.
    pub start_ticks: u64,
    /// Its short name.
    pub comm: ShortName,
    /// The number of its directory's inode in `/proc`; 0 where there is no such thing.
    pub inode: u64,
}

impl ProcessEntry {
    /// It has ended; nobody has reaped it.
    pub const fn is_zombie(&self) -> bool {
        is_dead(self.state)
    }
}

/// Says what is wrong where the system shows us the processes of others: what is stopped could not be found among them.
///
/// # Errors
/// `/proc` is that of another pid namespace.
pub fn check_view() -> Result<(), String> {
    system::check_view()
}

/// Replaces `entries` by all processes there are now. Its memory is used again. Blocks: 6 to 10 µs per process on Linux.
pub fn scan(entries: &mut Vec<ProcessEntry>) {
    scan_others(entries, &mut Known::default());
}

/// Replaces `entries` by the processes there are now besides those that are known. Those that have ended are known no more.
/// Blocks: 1 µs per known process, for the others as [`scan`].
pub fn scan_others(entries: &mut Vec<ProcessEntry>, known: &mut Known) {
    entries.clear();
    system::scan(entries, known);
}

/// Processes that need not be looked at again as long as they live. Where the system has no way to tell that cheaply, nobody is
/// ever known.
///
/// A process is told by its pid and the inode of its directory in `/proc`, which the listing of `/proc` has as well. The kernel
/// makes the inode anew for another process of that pid, and perhaps for the same one when memory is short: then it is looked
/// at once more.
#[derive(Debug, Default)]
pub struct Known(pub(super) HashMap<u32, u64>);

impl Known {
    /// It is known.
    pub fn contains(&self, pid: u32) -> bool {
        self.0.contains_key(&pid)
    }

    /// Makes it known; answers whether it is now and was not before.
    pub fn insert(&mut self, entry: &ProcessEntry) -> bool {
        entry.inode != 0 && self.0.insert(entry.pid, entry.inode).is_none()
    }

    /// Nobody is known any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// A number that differs from the last one when a process was made meanwhile; `None` where the system does not say it.
/// A missed birth is possible (pids wrap round), so scan now and then even so.
pub fn newest_pid() -> Option<u64> {
    system::newest_pid()
}

/// Our own processes with `key=value` in the environment they were started with. Blocks.
pub fn find_by_env(key: &str, value: &str) -> Vec<u32> {
    system::find_by_env(key, value)
}

/// Program and arguments; empty for a zombie, `None` when there is no such process or nobody may look.
pub fn command_line(pid: u32) -> Option<Vec<String>> {
    system::command_line(pid)
}

/// The parent's pid.
pub fn parent(pid: u32) -> Option<u32> {
    system::parent(pid)
}

/// A process below another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descendant {
    /// Where it stands in the entries.
    pub index: usize,
    /// How far below: a child is 0.
    pub depth: u16,
}

/// Who is whose child in one pass, made once for many questions.
#[derive(Debug, Default)]
pub struct Families {
    /// Parent's pid and index of the child, sorted.
    pairs: Vec<(u32, usize)>,
}

impl Families {
    /// Sorts the entries by parent. The memory of the last time is used again.
    pub fn sort(&mut self, entries: &[ProcessEntry]) {
        self.pairs.clear();
        self.pairs.extend(entries.iter().enumerate().map(|(index, entry)| (entry.parent_pid, index)));
        self.pairs.sort_unstable_by_key(|&(parent, index)| (parent, entries[index].pid));
    }

    /// Indices of the children of `pid`, by pid.
    pub fn children(&self, pid: u32) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let first = self.pairs.partition_point(|(parent, _)| *parent < pid);
        let end = first + self.pairs[first..].partition_point(|(parent, _)| *parent == pid);
        self.pairs[first..end].iter().map(|(_, index)| *index)
    }

    /// Everything below `root_pid`, itself excluded: each parent directly before its own, siblings by pid.
    pub fn descendants(&self, entries: &[ProcessEntry], root_pid: u32) -> Vec<Descendant> {
        let mut found = Vec::new();
        let mut waiting: Vec<_> = self.children(root_pid).rev().map(|index| Descendant { index, depth: 0 }).collect();
        while let Some(next) = waiting.pop() {
            let pid = entries[next.index].pid;
            // A pass is no snapshot: with pids used twice meanwhile it may even show a circle.
            if pid == root_pid || found.len() > entries.len() {
                continue;
            }
            found.push(next);
            let depth = next.depth.saturating_add(1);
            waiting.extend(self.children(pid).rev().map(|index| Descendant { index, depth }));
        }
        found
    }
}

/// As [`Families::descendants`], for one question only.
pub fn descendants(entries: &[ProcessEntry], root_pid: u32) -> Vec<Descendant> {
    let mut families = Families::default();
    families.sort(entries);
    families.descendants(entries, root_pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pid: u32, parent_pid: u32) -> ProcessEntry {
        ProcessEntry { pid, parent_pid, state: 'S', start_ticks: 0, comm: ShortName::new(b"x"), inode: 0 }
    }

    fn below(pairs: &[(u32, u32)], root: u32) -> Vec<(u32, u16)> {
        let entries: Vec<_> = pairs.iter().map(|&(pid, parent)| entry(pid, parent)).collect();
        descendants(&entries, root).iter().map(|found| (entries[found.index].pid, found.depth)).collect()
    }

    #[test]
    fn parents_come_before_their_children_and_siblings_by_pid() {
        let pairs = [(9, 3), (1, 0), (4, 2), (3, 2), (2, 1), (5, 1), (7, 3), (8, 4)];
        assert_eq!(below(&pairs, 2), [(3, 0), (7, 1), (9, 1), (4, 0), (8, 1)]);
        assert_eq!(below(&pairs, 9), []);
        assert_eq!(below(&pairs, 77), []);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(below(&[(2, 3), (3, 2)], 2), [(3, 0)]);
        assert!(below(&[(2, 3), (3, 4), (4, 3)], 1).is_empty());
        assert!(below(&[(1, 1)], 1).is_empty());
    }

    #[test]
    fn a_scan_finds_us_below_our_parent() {
        let mut entries = Vec::new();
        scan(&mut entries);
        let own = std::process::id();
        let us = entries.iter().find(|entry| entry.pid == own).unwrap();
        // Who was started from outside of what the system shows has no parent.
        assert_eq!(parent(own).unwrap_or(0), us.parent_pid);
        let found = descendants(&entries, us.parent_pid);
        assert!(us.parent_pid == 0 || found.iter().any(|found| entries[found.index].pid == own));
        assert!(command_line(own).unwrap()[0].contains("pm"));
    }
}
