//! One pass over all trees: who belongs to them now and then, their figures each time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::machine::Machine;
use super::tree::{Loose, Tree};
use crate::domain::Usage;
use crate::domain::snapshot::{MachineLoad, TreeProcess};
use crate::platform::processes::{Families, ProcessEntry, newest_pid, scan};
use crate::platform::stat::{StatBuf, stat_buf};

/// How long a birth may go unseen.
const SCAN_EVERY: Duration = Duration::from_secs(2);
/// How long a scan is trusted although the system says that nobody was born: it is wrong when pids wrapped round to the very
/// same one.
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
            entries: Vec::new(),
            families: Families::default(),
            scanned: None,
            is_changed: false,
            buf: stat_buf(),
        }
    }

    /// Looks at the machine and at these trees. Processor shares are those since the last call; the first is 0. Blocks,
    /// about 4 µs per process on Linux, and 8 µs per process of the whole machine when who belongs where has to be
    /// found out anew.
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
        self.trees.extend(roots.iter().map(|root| {
            let mut tree = old.remove(&whose(root)).unwrap_or_else(|| Tree::new(*root));
            tree.root = *root;
            tree
        }));
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
        scan(&mut self.entries);
        self.families.sort(&self.entries);
        let mut loose = Loose::new();
        for tree in &mut self.trees {
            tree.release(&mut loose);
        }
        for tree in &mut self.trees {
            tree.regroup(&self.entries, &self.families, &mut loose);
        }
        self.scanned = Some(Scanned { at: now, took: begun.elapsed(), newest_pid });
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
