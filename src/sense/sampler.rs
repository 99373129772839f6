//! One pass over all trees: who belongs to them now and then, their figures each time.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::machine::Machine;
use super::tree::{Loose, Tree};
use crate::domain::Usage;
use crate::domain::snapshot::{MachineLoad, TreeProcess};
use crate::platform::processes::{Families, Known, ProcessEntry, newest_pid, scan_others};
use crate::platform::stat::{StatBuf, stat_buf};

/// How long a birth may go unseen.
const SCAN_EVERY: Duration = Duration::from_secs(2);
/// How long a scan is trusted although the system says that nobody was born, and how long a stranger is trusted to be one: both are
/// wrong only when numbers wrapped round to the very same one.
const SCAN_ANYWAY: Duration = Duration::from_mins(1);

/// A scan costs at most this share of a core, however often trees change …
const SCAN_SHARE: u32 = 400;
/// … but no change stays unseen for longer.
const SCAN_AT_LAST: Duration = Duration::from_secs(5);

/// A run whose tree is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root {
    /// Everything below it is the tree, itself excluded. 0 when nobody keeps the run: then the main process and
    /// everything below it is the tree.
    pub keeper_pid: u32,
    /// Shown first.
    pub main_pid: Option<u32>,
}

/// The figures of one run.
#[derive(Clone, Debug)]
pub struct TreeSample {
    /// Sums over the tree.
    pub usage: Usage,
    /// Main process first, parents before children. The very same memory as last time when nothing differs.
    pub processes: Arc<[TreeProcess]>,
}

/// What one pass found.
#[derive(Clone, Debug)]
pub struct Sample {
    /// One for each root, in the same order.
    pub trees: Vec<TreeSample>,
    /// The machine's own figures.
    pub machine: MachineLoad,
    /// What the pass took.
    pub took: Duration,
}

/// Remembers from pass to pass what makes the next one cheap. One for the whole program.
#[derive(Debug)]
pub struct Sampler {
    machine: Machine,
    trees: Vec<Tree>,
    /// Nobody of these is below a root, so neither is anybody born by them. Scans leave them out.
    strangers: Known,
    /// Since when there are some.
    strangers_since: Option<Instant>,
    /// Of the last scan: members of trees, and who was not known to be a stranger.
    entries: Vec<ProcessEntry>,
    families: Families,
    scanned: Option<Scanned>,
    /// Runs came or went, or processes ended, since the last scan.
    is_changed: bool,
    buf: StatBuf,
}

#[derive(Clone, Copy, Debug)]
struct Scanned {
    at: Instant,
    took: Duration,
    newest_pid: Option<u64>,
}

impl Sampler {
    /// Knows nobody yet.
    pub fn new() -> Self {
        Self {
            machine: Machine::new(),
            trees: Vec::new(),
            strangers: Known::default(),
            strangers_since: None,
            entries: Vec::new(),
            families: Families::default(),
            scanned: None,
            is_changed: false,
            buf: stat_buf(),
        }
    }

    /// Looks at the machine and at these trees. Processor shares are those since the last call; the first is 0. Blocks,
    /// about 4 µs per process on Linux. When who belongs where has to be found out anew, 8 µs more for each of them and 1 µs per
    /// process of the whole machine; the first time, and once a minute, 8 µs for those too.
    pub fn sample(&mut self, roots: &[Root]) -> Sample {
        let begun = Instant::now();
        let machine = self.machine.sample();
        self.is_changed |= self.adopt(roots);
        if !self.trees.is_empty() {
            if (self.is_changed && self.can_afford_scan(begun)) || self.is_scan_due(begun) {
                self.scan(begun);
            }
            // Somebody went: its children stand elsewhere now.
            if self.read(begun) {
                self.is_changed = true;
                if self.can_afford_scan(begun) {
                    self.scan(begun);
                    self.read(begun);
                }
            }
        }
        let trees = self.trees.iter_mut().map(|tree| {
            let (usage, processes) = tree.show();
            TreeSample { usage, processes }
        });
        Sample { trees: trees.collect(), machine, took: begun.elapsed() }
    }

    /// Makes the trees those of the roots; answers whether that changed anything.
    fn adopt(&mut self, roots: &[Root]) -> bool {
        if self.trees.iter().map(|tree| &tree.root).eq(roots) {
            return false;
        }
        let whose = |root: &Root| if root.keeper_pid == 0 { root.main_pid.unwrap_or(0) } else { root.keeper_pid };
        let mut old: HashMap<_, _> = self.trees.drain(..).map(|tree| (whose(&tree.root), tree)).collect();
        let mut were_strangers = false;
        self.trees.extend(roots.iter().map(|root| {
            let known = old.remove(&whose(root));
            were_strangers |= known.is_none() && self.strangers.contains(whose(root));
            let mut tree = known.unwrap_or_else(|| Tree::new(*root));
            tree.root = *root;
            tree
        }));
        if were_strangers {
            self.strangers.clear();
        }
        true
    }

    fn is_scan_due(&self, now: Instant) -> bool {
        let Some(last) = self.scanned else { return true };
        let age = now.duration_since(last.at);
        let nobody_born = || last.newest_pid.is_some() && newest_pid() == last.newest_pid;
        age >= SCAN_ANYWAY || (age >= SCAN_EVERY && !nobody_born())
    }

    /// The last scan is so long ago that another one costs little in proportion.
    fn can_afford_scan(&self, now: Instant) -> bool {
        let Some(last) = self.scanned else { return true };
        now.duration_since(last.at) >= (last.took * SCAN_SHARE).min(SCAN_AT_LAST)
    }

    fn scan(&mut self, now: Instant) {
        let begun = Instant::now();
        // Asked before, so that a birth during the scan is not taken for seen.
        let newest_pid = newest_pid();
        self.is_changed = false;
        if self.strangers_since.is_none_or(|since| now.duration_since(since) >= SCAN_ANYWAY) {
            self.strangers.clear();
            self.strangers_since = Some(now);
        }
        scan_others(&mut self.entries, &mut self.strangers);
        self.families.sort(&self.entries);
        let mut loose = Loose::new();
        for tree in &mut self.trees {
            tree.release(now, &mut loose);
        }
        for tree in &mut self.trees {
            tree.regroup(&self.entries, &self.families, &mut loose);
        }
        self.find_strangers();
        self.scanned = Some(Scanned { at: now, took: begun.elapsed(), newest_pid });
    }

    /// Remembers who descends from strangers alone, up to where nobody has a parent, and the keepers themselves. Who stands below
    /// somebody that the scan did not see is looked at again.
    fn find_strangers(&mut self) {
        let keepers: HashSet<u32> = self.trees.iter().map(|tree| tree.root.keeper_pid).collect();
        let members: HashSet<u32> = self.trees.iter().flat_map(Tree::pids).collect();
        let is_below_strangers = |pid| pid == 0 || (self.strangers.contains(pid) && !keepers.contains(&pid));
        let indices = (0..).zip(&self.entries);
        let mut waiting: Vec<usize> =
            indices.filter(|(_, entry)| is_below_strangers(entry.parent_pid)).map(|(index, _)| index).collect();
        while let Some(index) = waiting.pop() {
            let entry = &self.entries[index];
            if !members.contains(&entry.pid) && self.strangers.insert(entry) && !keepers.contains(&entry.pid) {
                waiting.extend(self.families.children(entry.pid));
            }
        }
    }

    fn read(&mut self, now: Instant) -> bool {
        let mut gone = false;
        for tree in &mut self.trees {
            gone |= tree.read(now, &mut self.buf);
        }
        gone
    }
}

impl Default for Sampler {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::platform::unsupported::OS;
    use crate::sense::tests::Keeper;

    fn keeper() -> Keeper {
        Keeper::run("sleep 100 & wait")
    }

    /// Scans until each root has a process.
    fn settle(sampler: &mut Sampler, roots: &[Root]) {
        let deadline = Instant::now() + Duration::from_secs(20);
        sampler.adopt(roots);
        loop {
            sampler.scan(Instant::now());
            if sampler.trees.iter().all(|tree| tree.pids().count() == 1) {
                return;
            }
            assert!(Instant::now() < deadline, "{:?}", sampler.trees);
            std::thread::yield_now();
        }
    }

    #[test]
    fn strangers_are_looked_at_once_and_those_of_a_tree_every_time() {
        let keeper = keeper();
        let root = keeper.root();
        let mut sampler = Sampler::new();
        settle(&mut sampler, &[root]);
        sampler.scan(Instant::now());
        let member = sampler.trees[0].pids().next().unwrap();
        let is_seen = |sampler: &Sampler, pid| sampler.entries.iter().any(|entry| entry.pid == pid);
        assert!(is_seen(&sampler, member) && !sampler.strangers.contains(member));
        // Elsewhere everybody is looked at every time.
        for stranger in [std::process::id(), root.keeper_pid] {
            assert_eq!(sampler.strangers.contains(stranger), OS == "Linux");
            assert_eq!(is_seen(&sampler, stranger), OS != "Linux");
        }
        sampler.scan(Instant::now() + SCAN_ANYWAY);
        assert!(is_seen(&sampler, std::process::id()), "they are not trusted for ever");
    }

    #[test]
    fn whose_processes_were_strangers_is_a_run_like_any_other() {
        let keepers = [keeper(), keeper()];
        let [first, second] = [keepers[0].root(), keepers[1].root()];
        let mut sampler = Sampler::new();
        settle(&mut sampler, &[first]);
        let deadline = Instant::now() + Duration::from_secs(20);
        let child_of_second = loop {
            sampler.scan(Instant::now() + SCAN_ANYWAY);
            if let Some(entry) = sampler.entries.iter().find(|entry| entry.parent_pid == second.keeper_pid) {
                break entry.pid;
            }
            assert!(Instant::now() < deadline);
        };
        for stranger in [second.keeper_pid, child_of_second] {
            assert_eq!(sampler.strangers.contains(stranger), OS == "Linux");
        }
        settle(&mut sampler, &[first, second]);
        assert_eq!(sampler.trees[1].pids().next(), Some(child_of_second));
        // And what is no run any more is a stranger again.
        let child_of_first = sampler.trees[0].pids().next().unwrap();
        sampler.adopt(&[second]);
        sampler.scan(Instant::now());
        assert_eq!(sampler.strangers.contains(child_of_first), OS == "Linux");
        sampler.adopt(&[first, second]);
        sampler.scan(Instant::now());
        assert_eq!(sampler.trees[0].pids().next(), Some(child_of_first));
    }
}
