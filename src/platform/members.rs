//! Who belongs to a tree or to a run, told anew at each call, also after parents have gone. Feeds `sweep`.

use std::collections::{HashMap, HashSet};

use super::clock;
use super::identity::Identity;
use super::processes::{Families, ProcessEntry, find_by_env, scan};

/// What makes a process a member.
#[derive(Clone, Debug)]
enum Root {
    /// It is this one, or below it.
    Process(Identity),
    /// It was started with this in its environment, or is below one that was.
    Env(&'static str, String),
}

/// The members of one tree or run.
#[derive(Debug)]
pub struct Members {
    root: Root,
    /// Everybody who was named or ever was found as a member: pid and start. Their children stay members when they are gone.
    known: HashMap<u32, u64>,
    entries: Vec<ProcessEntry>,
    families: Families,
}

impl Members {
    /// This process and everything below it.
    pub fn of_tree(root: Identity) -> Self {
        Self::new(Root::Process(root))
    }

    /// Everything that was started with `key=value` in its environment, and everything below.
    pub fn of_env(key: &'static str, value: &str) -> Self {
        Self::new(Root::Env(key, value.to_owned()))
    }

    /// This process is a member too, and everything below it.
    #[must_use]
    pub fn and(mut self, process: &Identity) -> Self {
        if process.boot_id == clock::boot_id() {
            self.known.insert(process.pid, process.start_ticks);
        }
        self
    }

    fn new(root: Root) -> Self {
        Self { root, known: HashMap::new(), entries: Vec::new(), families: Families::default() }
    }

    /// Who is a member and alive now; never ourselves, what we started, or the first process. Blocks.
    pub fn find(&mut self) -> Vec<u32> {
        scan(&mut self.entries);
        self.families.sort(&self.entries);
        let seeds = self.seeds();
        let mut members = HashSet::new();
        for index in seeds {
            self.collect(index, &mut members);
        }
        let found = members.into_iter().map(|index| self.entries[index]);
        let mut found: Vec<_> = found.map(|entry| (entry.pid, entry.start_ticks)).collect();
        found.sort_unstable();
        self.known.extend(found.iter().copied());
        found.into_iter().map(|(pid, _)| pid).collect()
    }

    /// Indices of the members that need no parent to be one.
    fn seeds(&self) -> Vec<usize> {
        let by_env: HashSet<u32> = match &self.root {
            Root::Process(_) => HashSet::new(),
            Root::Env(key, value) => find_by_env(key, value).into_iter().collect(),
        };
        let is_seed = |entry: &ProcessEntry| {
            let is_root = match &self.root {
                Root::Process(root) => root.pid == entry.pid && root.start_ticks == entry.start_ticks,
                Root::Env(..) => by_env.contains(&entry.pid),
            };
            entry.pid > 1 && (is_root || self.known.get(&entry.pid) == Some(&entry.start_ticks))
        };
        (0..self.entries.len()).filter(|index| is_seed(&self.entries[*index])).collect()
    }

    /// Adds a seed and what is below it, but not what it reaches through ourselves.
    fn collect(&self, seed: usize, members: &mut HashSet<usize>) {
        let own = std::process::id();
        let pid = self.entries[seed].pid;
        if pid == own {
            return;
        }
        let mut ours_at = None;
        let mut add = |index: usize| {
            if !self.entries[index].is_zombie() {
                members.insert(index);
            }
        };
        add(seed);
        for found in self.families.descendants(&self.entries, pid) {
            if ours_at.is_some_and(|depth| found.depth > depth) {
                continue;
            }
            let is_own = self.entries[found.index].pid == own;
            ours_at = is_own.then_some(found.depth);
            if !is_own {
                add(found.index);
            }
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn find_until(members: &mut Members, count: usize) -> Vec<u32> {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        loop {
            let found = members.find();
            if found.len() == count || std::time::Instant::now() > deadline {
                return found;
            }
            std::thread::yield_now();
        }
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_child_stays_a_member_when_its_parent_is_gone() {
        let child = Command::new("/bin/sh").args(["-c", "sleep 100 & sleep 100 & wait"]).spawn().unwrap();
        let pid = child.id();
        let mut members = Members::of_tree(Identity::of(pid).unwrap());
        let all = find_until(&mut members, 3);
        assert!(all.len() == 3 && all.contains(&pid), "{all:?}");
        end(child);
        let left = find_until(&mut members, 2);
        assert_eq!(left, all.iter().copied().filter(|found| *found != pid).collect::<Vec<_>>());
        for pid in left {
            super::super::identity::Proven::open(pid).unwrap().signal(crate::domain::Signal::Kill).unwrap();
        }
        assert!(find_until(&mut members, 0).is_empty());
    }

    #[test]
    fn a_run_is_found_by_its_environment_and_nobody_else_is() {
        let mut command = Command::new("/bin/sleep");
        let child = command.arg("100").env("PM_TEST_RUN", "run-of-members").spawn().unwrap();
        assert_eq!(find_until(&mut Members::of_env("PM_TEST_RUN", "run-of-members"), 1), [child.id()]);
        assert!(Members::of_env("PM_TEST_RUN", "another").find().is_empty());
        end(child);
    }

    #[test]
    fn neither_we_nor_what_we_started_belong_to_a_tree_above_us() {
        let child = Command::new("/bin/sleep").arg("100").spawn().unwrap();
        let parent = super::super::processes::parent(std::process::id()).unwrap();
        let found = Members::of_tree(Identity::of(parent).unwrap()).find();
        assert!(!found.contains(&child.id()) && !found.contains(&std::process::id()), "{found:?}");
        end(child);
    }
}
