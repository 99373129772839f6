//! The sampler against real processes: a shell stands in for the keeper.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Root, Sampler, TreeSample};
use crate::domain::Signal;
use crate::platform::identity::{Identity, Proven};
use crate::platform::members::Members;
use crate::platform::unsupported::OS;

/// A shell with its tree, which goes with the test.
pub struct Keeper(Child);

impl Keeper {
    pub fn run(script: &str) -> Self {
        Self(Command::new("/bin/sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap())
    }

    pub fn root(&self) -> Root {
        Root { keeper_pid: self.0.id(), main_pid: None }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let members = Identity::of(self.0.id()).map(|identity| Members::of_tree(identity).find());
        for pid in members.unwrap_or_default() {
            let _ = Proven::open(pid).and_then(|proven| proven.signal(Signal::Kill));
        }
        let _ = self.0.wait();
    }
}

/// Samples ten times a second until `done` is satisfied.
fn sample_until(sampler: &mut Sampler, root: Root, done: impl Fn(&TreeSample) -> bool) -> TreeSample {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let tree = sampler.sample(&[root]).trees.remove(0);
        if done(&tree) {
            return tree;
        }
        assert!(Instant::now() < deadline, "still {tree:?}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn a_zombie_is_counted_with_the_parent_that_does_not_reap_it() {
    let keeper = Keeper::run("sh -c 'sleep 0.05 & exec sleep 100' & wait");
    let tree = sample_until(&mut Sampler::new(), keeper.root(), |tree| tree.usage.zombies == 1);
    assert_eq!(tree.usage.pids, 2);
    let [main, zombie] = &*tree.processes else { panic!("{tree:?}") };
    assert_eq!((main.depth, main.zombie, main.parent_pid), (0, false, keeper.0.id()));
    assert_eq!((zombie.depth, zombie.zombie, zombie.parent_pid), (1, true, main.pid));
    assert_eq!((zombie.threads, zombie.memory_bytes), (0, 0));
    assert_eq!((main.name.as_str(), tree.usage.threads, tree.usage.memory_bytes), ("sleep", 1, main.memory_bytes));
    assert!(main.memory_bytes > 0);

    // Seen once, it may be anybody's child that is reaped in the next moment.
    let mut sampler = Sampler::new();
    let zombies = || sampler.sample(&[keeper.root()]).trees[0].usage.zombies;
    let seen: Vec<_> = std::iter::repeat_with(zombies).take(3).collect();
    assert_eq!(seen, [0, 1, 1]);
}

#[test]
fn a_busy_loop_shows_in_the_sum_and_an_idle_child_does_not() {
    let keeper = Keeper::run("sh -c 'while :; do :; done' & sleep 100 & wait");
    let tree = sample_until(&mut Sampler::new(), keeper.root(), |tree| tree.usage.cpu_percent > 50.0);
    let of = |idle: bool| tree.processes.iter().filter(move |process| (process.name == "sleep") == idle);
    assert!(of(false).any(|process| process.cpu_percent > 50.0), "{tree:?}");
    assert!(of(true).all(|process| process.cpu_percent < 5.0), "{tree:?}");
}

#[test]
fn what_lives_too_shortly_to_be_seen_shows_in_the_sum() {
    // Elsewhere nobody tells what reaped children have used.
    if OS != "Linux" {
        return;
    }
    let keeper = Keeper::run("sh -c 'while :; do i=0; (while [ $i -lt 2000 ]; do i=$((i+1)); done); done' & wait");
    let mut sampler = Sampler::new();
    let (mut all, mut own, mut looks) = (0.0, 0.0, 0.0);
    let deadline = Instant::now() + Duration::from_secs(20);
    // Over some looks, half of the time at least is that of children.
    while looks < 20.0 || all < 2.0 * own || all < 30.0 * looks {
        let tree = sampler.sample(&[keeper.root()]).trees.remove(0);
        all += tree.usage.cpu_percent;
        own += tree.processes.iter().map(|process| process.cpu_percent).sum::<f32>();
        looks += 1.0;
        assert!(Instant::now() < deadline, "{all} of which {own} in {looks} looks, last {tree:?}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
fn the_main_process_comes_first_and_nothing_new_means_the_same_memory() {
    let keeper = Keeper::run("sleep 100 & sleep 100 & wait");
    let mut sampler = Sampler::new();
    let tree = sample_until(&mut sampler, keeper.root(), |tree| {
        tree.usage.pids == 2 && tree.processes.iter().all(|process| process.name == "sleep")
    });
    let root = Root { main_pid: Some(tree.processes[1].pid), ..keeper.root() };
    let main_pid = tree.processes[1].pid;
    let turned = sample_until(&mut sampler, root, |tree| tree.processes[0].pid == main_pid);
    let again = sample_until(&mut sampler, root, |tree| Arc::ptr_eq(&tree.processes, &turned.processes));
    assert_eq!(again.usage, turned.usage);
}

#[test]
fn births_are_seen_soon_and_deaths_at_once() {
    let mut keeper = Keeper::run("read line; sleep 100 & wait $!; sleep 100 & wait");
    let mut sampler = Sampler::new();
    let mut input = keeper.0.stdin.take().unwrap();
    sample_until(&mut sampler, keeper.root(), |tree| tree.usage.pids == 0);
    input.write_all(b"\n").unwrap();
    let tree = sample_until(&mut sampler, keeper.root(), |tree| tree.usage.pids == 1);
    let proven = Proven::open(tree.processes[0].pid).unwrap();
    proven.signal(Signal::Kill).unwrap();
    // The shell reaps it and starts the next.
    let other = |tree: &TreeSample| tree.usage.pids == 1 && tree.processes[0].pid != proven.identity().pid;
    sample_until(&mut sampler, keeper.root(), other);
}

#[test]
fn a_run_that_nobody_keeps_is_shown_by_its_main_process() {
    let keeper = Keeper::run("sleep 100 & wait");
    let root = Root { keeper_pid: 0, main_pid: Some(keeper.0.id()) };
    let tree = sample_until(&mut Sampler::new(), root, |tree| tree.usage.pids == 2);
    assert_eq!(tree.processes[0].pid, keeper.0.id());
    assert_eq!((tree.processes[1].depth, tree.processes[1].parent_pid), (1, keeper.0.id()));
}

#[test]
fn without_a_run_only_the_machine_is_looked_at() {
    let sample = Sampler::new().sample(&[]);
    assert!(sample.trees.is_empty() && sample.machine.cores > 0);
    let gone = Root { keeper_pid: u32::MAX / 3, main_pid: None };
    assert_eq!(Sampler::new().sample(&[gone]).trees[0].usage.pids, 0);
}

/// Prints what passes over 500 idle trees cost; `cargo test --release -- --ignored --nocapture cost_of`.
#[test]
#[ignore = "a measurement, not a check"]
fn cost_of_500_idle_trees() {
    let keepers: Vec<_> = (0..500).map(|_| Keeper::run("sleep 1000 & wait")).collect();
    let roots: Vec<_> = keepers.iter().map(Keeper::root).collect();
    let mut sampler = Sampler::new();
    while sampler.sample(&roots).trees.iter().any(|tree| tree.usage.pids != 1) {
        std::thread::park_timeout(Duration::from_millis(100));
    }
    // Processor time, because the wall clock also counts what others do on the machine meanwhile.
    let mut cost = |what: &str, turns: usize, roots_of: &dyn Fn(usize) -> usize| {
        let before = cpu_ns();
        (0..turns).for_each(|turn| _ = sampler.sample(&roots[roots_of(turn)..]));
        println!("{what}: {} µs of processor time per pass", (cpu_ns() - before) / 1000 / turns as u64);
    };
    cost("500 trees, kept descriptors only", 100, &|_| 0);
    // Other roots each time, so that a scan is due.
    cost("500 trees with a scan of the whole machine", 20, &|turn| turn % 2);
    cost("no tree, the machine only", 100, &|_| 500);
}

/// Processor time of this thread, in nanoseconds.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}
