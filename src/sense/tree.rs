//! The processes of one run, each with a descriptor that stays open from scan to scan.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::reaped::Reaped;
use super::sampler::Root;
use crate::domain::Usage;
use crate::domain::snapshot::{OsStatus, TreeProcess};
use crate::platform::clock;
use crate::platform::processes::{Descendant, Families, ProcessEntry};
use crate::platform::stat::{ShortName, Stat, StatBuf, StatFile, is_gone, ticks_per_second};

/// Members of all trees by pid, on their way from one scan to the next.
pub type Loose = HashMap<u32, Member>;

/// One run's tree.
#[derive(Debug)]
pub struct Tree {
    pub root: Root,
    members: Vec<Member>,
    reaped: Reaped,
    /// Pid, parent and ticks of those that a scan has not found again yet.
    missing: Vec<(u32, u32, u64)>,
    /// What that share was when it was shown last.
    reaped_percent: f32,
    usage: Usage,
    /// What was shown last; handed out again as long as nothing differs.
    shown: Arc<[TreeProcess]>,
    /// Who is in the tree differs from what was shown.
    changed: bool,
}

/// One process of a tree.
#[derive(Debug)]
pub struct Member {
    pid: u32,
    start_ticks: u64,
    depth: u16,
    file: StatFile,
    /// When the processor time was last read, and how much it was.
    read: Option<(Instant, u64)>,
    /// That of the children it had reaped by then.
    reaped_ticks: Option<u64>,
    /// Since when it has been found dead and not reaped.
    dead_since: Option<Instant>,
    figures: Figures,
}

/// What is shown of one process.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figures {
    parent_pid: u32,
    name: ShortName,
    status: OsStatus,
    zombie: bool,
    cpu_percent: f32,
    memory_bytes: u64,
    threads: u32,
}

impl Tree {
    pub fn new(root: Root) -> Self {
        let (reaped, reaped_percent) = (Reaped::default(), 0.0);
        let (members, missing, usage) = (Vec::new(), Vec::new(), Usage::default());
        Self { root, members, reaped, missing, reaped_percent, usage, shown: Arc::default(), changed: true }
    }

    /// Its processes.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.members.iter().map(|member| member.pid)
    }

    /// Lets go of the members before a scan puts them in order again.
    pub fn release(&mut self, now: Instant, loose: &mut Loose) {
        self.reaped.begin(now);
        let known = |member: &Member| (member.pid, member.figures.parent_pid, member.ticks());
        self.missing = self.members.iter().map(known).collect();
        loose.extend(self.members.drain(..).map(|member| (member.pid, member)));
    }

    /// Takes its members out of a scan; those it knows keep their descriptor and their last reading.
    pub fn regroup(&mut self, entries: &[ProcessEntry], families: &Families, loose: &mut Loose) {
        self.changed = true;
        let mut returned = 0;
        for found in self.find(entries, families) {
            let entry = &entries[found.index];
            let known = loose.remove(&entry.pid).filter(|member| member.start_ticks == entry.start_ticks);
            returned += usize::from(known.is_some());
            // Whoever went since the scan is no member any more.
            if let Some(mut member) = known.or_else(|| Member::open(entry, self.reaped.pass_before())) {
                member.depth = found.depth;
                self.members.push(member);
            }
        }
        if returned == self.missing.len() {
            return self.missing.clear();
        }
        let there: HashSet<u32> = self.pids().collect();
        for (pid, parent_pid, ticks) in self.missing.drain(..).filter(|(pid, ..)| !there.contains(pid)) {
            self.reaped.lose(pid, parent_pid, ticks);
        }
    }

    fn find(&self, entries: &[ProcessEntry], families: &Families) -> Vec<Descendant> {
        if self.root.keeper_pid != 0 {
            let mut found = families.descendants(entries, self.root.keeper_pid);
            main_first(&mut found, |at| Some(entries[at].pid) == self.root.main_pid);
            return found;
        }
        // Nobody keeps it: the main process stands for itself.
        let Some(main_pid) = self.root.main_pid else { return Vec::new() };
        let Some(index) = entries.iter().position(|entry| entry.pid == main_pid) else { return Vec::new() };
        let below = families.descendants(entries, main_pid).into_iter();
        let below = below.map(|found| Descendant { depth: found.depth.saturating_add(1), ..found });
        std::iter::once(Descendant { index, depth: 0 }).chain(below).collect()
    }

    /// Reads everybody's figures. Answers whether somebody is gone, so that a scan is due.
    pub fn read(&mut self, now: Instant, buf: &mut StatBuf) -> bool {
        let before = self.members.len();
        self.reaped.begin(now);
        self.members.retain_mut(|member| match member.file.read(buf) {
            Ok(stat) => {
                self.reaped.gain(member.pid, member.gained(&stat));
                self.changed |= member.take(now, &stat);
                true
            }
            Err(error) if is_gone(&error) => {
                self.reaped.lose(member.pid, member.figures.parent_pid, member.ticks());
                false
            }
            Err(_) => true,
        });
        let gone = self.members.len() < before;
        self.changed |= gone;
        gone
    }

    /// The sums and the processes as of the last reading.
    pub fn show(&mut self) -> (Usage, Arc<[TreeProcess]>) {
        let reaped_percent = self.reaped.percent();
        if self.changed || reaped_percent.to_bits() != self.reaped_percent.to_bits() {
            (self.changed, self.reaped_percent) = (false, reaped_percent);
            let nobody = Usage { cpu_percent: reaped_percent, ..Usage::default() };
            self.usage = self.members.iter().fold(nobody, |sum, member| add(sum, &member.figures));
            let same = self.shown.len() == self.members.len()
                && self.shown.iter().zip(&self.members).all(|(shown, member)| member.is_shown_by(shown));
            if !same {
                self.shown = self.members.iter().map(Member::show).collect();
            }
        }
        (self.usage, Arc::clone(&self.shown))
    }
}

impl Member {
    /// Takes hold of a process. What it used is counted from its birth on, if others were looked at before; what it has reaped, if
    /// it was born since they were.
    fn open(entry: &ProcessEntry, pass_before: Option<Instant>) -> Option<Self> {
        let born = pass_before.and_then(|_| Instant::now().checked_sub(age(entry)));
        let file = StatFile::open(entry.pid).ok()?;
        let figures = Figures {
            parent_pid: entry.parent_pid,
            name: entry.comm,
            status: OsStatus::Unknown,
            zombie: false,
            cpu_percent: 0.0,
            memory_bytes: 0,
            threads: 0,
        };
        Some(Self {
            pid: entry.pid,
            start_ticks: entry.start_ticks,
            depth: 0,
            file,
            read: born.map(|at| (at, 0)),
            reaped_ticks: born.filter(|born| Some(*born) >= pass_before).map(|_| 0),
            dead_since: None,
            figures,
        })
    }

    /// Processor time it has used as far as was seen, and its children that it has reaped.
    fn ticks(&self) -> u64 {
        self.read.map_or(0, |(_, ticks)| ticks) + self.reaped_ticks.unwrap_or(0)
    }

    /// What children that it has reaped since the last reading had used.
    fn gained(&mut self, stat: &Stat) -> u64 {
        let before = self.reaped_ticks.replace(stat.reaped_ticks).unwrap_or(stat.reaped_ticks);
        stat.reaped_ticks.saturating_sub(before)
    }

    /// Takes a reading in; answers whether anything shown differs.
    fn take(&mut self, now: Instant, stat: &Stat) -> bool {
        let before = self.figures;
        let is_dead = stat.is_zombie();
        self.figures = Figures {
            parent_pid: stat.parent_pid,
            name: stat.comm,
            status: OsStatus::of_letter(stat.state),
            zombie: self.is_zombie(now, is_dead),
            cpu_percent: self.cpu_percent(now, stat.cpu_ticks),
            memory_bytes: stat.memory_bytes,
            threads: if is_dead { 0 } else { stat.threads },
        };
        self.figures != before
    }

    /// Everybody is dead for a moment before the parent has reaped them: who is found so by two passes is not reaped.
    fn is_zombie(&mut self, now: Instant, is_dead: bool) -> bool {
        self.dead_since = is_dead.then(|| self.dead_since.unwrap_or(now));
        self.dead_since.is_some_and(|since| since < now)
    }

    /// Of one core, since the last reading; a second reading of the same pass answers as the first.
    fn cpu_percent(&mut self, now: Instant, ticks: u64) -> f32 {
        let Some((then, ticks_then)) = self.read else {
            self.read = Some((now, ticks));
            return 0.0;
        };
        let elapsed_s = now.duration_since(then).as_secs_f64();
        if elapsed_s <= 0.0 {
            return self.figures.cpu_percent;
        }
        self.read = Some((now, ticks));
        let used_s = ticks.saturating_sub(ticks_then) as f64 / ticks_per_second() as f64;
        (used_s / elapsed_s * 100.0) as f32
    }

    fn show(&self) -> TreeProcess {
        let Figures { parent_pid, name, status, zombie, cpu_percent, memory_bytes, threads } = self.figures;
        let (pid, depth, name) = (self.pid, self.depth, name.as_str().to_owned());
        TreeProcess { pid, parent_pid, depth, name, status, zombie, cpu_percent, memory_bytes, threads }
    }

    fn is_shown_by(&self, shown: &TreeProcess) -> bool {
        let figures = &self.figures;
        shown.pid == self.pid
            && shown.depth == self.depth
            && shown.parent_pid == figures.parent_pid
            && shown.name == figures.name.as_str()
            && (shown.status, shown.zombie) == (figures.status, figures.zombie)
            && shown.cpu_percent.to_bits() == figures.cpu_percent.to_bits()
            && shown.memory_bytes == figures.memory_bytes
            && shown.threads == figures.threads
    }
}

/// How long ago the process was started.
fn age(entry: &ProcessEntry) -> Duration {
    clock::now().since(clock::started_at(entry.start_ticks))
}

fn add(sum: Usage, figures: &Figures) -> Usage {
    Usage {
        cpu_percent: sum.cpu_percent + figures.cpu_percent,
        memory_bytes: sum.memory_bytes + figures.memory_bytes,
        threads: sum.threads + figures.threads,
        pids: sum.pids + 1,
        zombies: sum.zombies + u32::from(figures.zombie),
    }
}

/// Moves the main process and what is below it to the front; what the keeper collected stands behind it.
fn main_first(found: &mut [Descendant], is_main: impl Fn(usize) -> bool) {
    let Some(start) = found.iter().position(|found| found.depth == 0 && is_main(found.index)) else { return };
    let len = 1 + found[start + 1..].iter().take_while(|found| found.depth > 0).count();
    found[..start + len].rotate_right(len);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_process_moves_to_the_front_with_its_own() {
        let of = |pairs: &[(usize, u16)]| -> Vec<_> {
            pairs.iter().map(|&(index, depth)| Descendant { index, depth }).collect()
        };
        let mut found = of(&[(1, 0), (2, 1), (3, 0), (4, 1), (5, 2), (6, 0)]);
        main_first(&mut found, |index| index == 3);
        assert_eq!(found, of(&[(3, 0), (4, 1), (5, 2), (1, 0), (2, 1), (6, 0)]));
        let before = found.clone();
        main_first(&mut found, |index| index == 99);
        assert_eq!(found, before);
    }
}
