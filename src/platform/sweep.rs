//! Stopping processes that nobody here parents: what a killed keeper left behind, or a tree named by a bare pid.
//!
//! The one place where somebody signals who does not reap. So each process is proven before: held by a pidfd, then found
//! to be a member once more, and only then signalled. What cannot be proven is left alone and reported.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::identity::Proven;
use crate::domain::Signal;

/// After the last stage, how long KILL is repeated until a scan finds nobody.
const KILL_WITHIN: Duration = Duration::from_secs(10);
/// How long one pass of KILL waits before it looks for newborn members.
const KILL_PASS: Duration = Duration::from_millis(200);

/// How long after finding nobody to look again: who is in the middle of an exec has no environment to be found by for some
/// microseconds.
pub const LOOK_TWICE: Duration = Duration::from_millis(10);

/// A stage that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Which, from 1.
    pub number: u8,
    /// Of how many.
    pub of: u8,
    /// What is sent.
    pub signal: Signal,
    /// To how many processes.
    pub members: u32,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Processes that ended before KILL was sent to them.
    pub ended: u32,
    /// Processes that ended after KILL was sent to them.
    pub killed: u32,
    /// Processes still there: those that do not go, and those that are not ours to signal.
    pub left: Vec<u32>,
}

impl SweepReport {
    /// Who is still there and why, in a sentence; `None` where nobody is.
    pub fn fault(&self) -> Option<String> {
        let left = self.left.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        (!left.is_empty())
            .then(|| format!("could not be ended: pid {left}; they are another user's, or the system holds them"))
    }
}

/// Sends each stage's signal to every process that `find` names, waits until all of them ended or the stage's time is up,
/// and goes on; at the end it sends KILL until `find` names nobody, for ten seconds at most. `find` blocks and is called
/// off the runtime. KILL is the last stage whether it is in the ladder or not.
pub async fn sweep<F>(find: F, ladder: &[(Signal, Duration)], mut on_stage: impl FnMut(Stage)) -> SweepReport
where
    F: FnMut() -> Vec<u32> + Send + 'static,
{
    let polite = if let [before @ .., (Signal::Kill, _)] = ladder { before } else { ladder };
    let of = u8::try_from(polite.len() + 1).unwrap_or(u8::MAX);
    let mut sweep =
        Sweep { find: Some(find), held: HashMap::new(), refused: HashSet::new(), report: SweepReport::default() };
    let last = std::iter::once((Signal::Kill, KILL_WITHIN));
    for (at, (signal, wait)) in polite.iter().copied().chain(last).enumerate() {
        let deadline = Instant::now() + wait;
        if sweep.is_over().await {
            break;
        }
        on_stage(Stage { number: at as u8 + 1, of, signal, members: sweep.held.len() as u32 });
        sweep.run_stage(signal, deadline).await;
    }
    sweep.finish()
}

struct Sweep<F> {
    /// Away while it runs on a blocking thread.
    find: Option<F>,
    held: HashMap<u32, Held>,
    /// Members that could not be proven in the last pass.
    refused: HashSet<u32>,
    report: SweepReport,
}

struct Held {
    proven: Proven,
    sent: Option<Signal>,
}

impl<F: FnMut() -> Vec<u32> + Send + 'static> Sweep<F> {
    /// Signals who is there and who is born meanwhile, until nobody is left or the time is up.
    async fn run_stage(&mut self, signal: Signal, deadline: Instant) {
        loop {
            self.send(signal);
            let until = if signal == Signal::Kill { deadline.min(Instant::now() + KILL_PASS) } else { deadline };
            self.wait(until).await;
            if Instant::now() >= deadline || self.is_over().await {
                return;
            }
        }
    }

    /// Nobody, twice.
    async fn is_over(&mut self) -> bool {
        if self.pass().await > 0 {
            return false;
        }
        tokio::time::sleep(LOOK_TWICE).await;
        self.pass().await == 0
    }

    /// To each member once per signal; KILL each time.
    fn send(&mut self, signal: Signal) {
        for held in self.held.values_mut().filter(|held| held.sent != Some(signal) || signal == Signal::Kill) {
            // An end that came first is noticed by the next pass.
            if held.proven.signal(signal).is_ok() && signal != Signal::Kill {
                // Whoever is stopped could not even react; a signal that stops is meant to stay.
                let wake = !matches!(signal, Signal::Stop | Signal::Tstp);
                let _ = if wake { held.proven.signal(Signal::Cont) } else { Ok(()) };
            }
            held.sent = Some(signal);
        }
    }

    async fn wait(&self, until: Instant) {
        for held in self.held.values() {
            if timeout_at(until, held.proven.ended()).await.is_err() {
                return;
            }
        }
    }

    /// Forgets who ended, holds on to who is new, and says how many there are.
    async fn pass(&mut self) -> usize {
        self.forget_the_dead();
        let found = self.found().await;
        let mut newly: Vec<Proven> = Vec::new();
        self.refused.clear();
        for pid in found.into_iter().filter(|pid| !self.held.contains_key(pid)) {
            match Proven::open(pid) {
                Ok(proven) => newly.push(proven),
                Err(_) => _ = self.refused.insert(pid),
            }
        }
        if !newly.is_empty() || !self.refused.is_empty() {
            // Who is a member still, and alive still, is the very one that is held.
            let members: HashSet<u32> = self.found().await.into_iter().collect();
            self.refused.retain(|pid| members.contains(pid));
            newly.retain(|proven| members.contains(&proven.identity().pid) && proven.is_alive());
        }
        self.held.extend(newly.into_iter().map(|proven| (proven.identity().pid, Held { proven, sent: None })));
        self.held.len()
    }

    fn forget_the_dead(&mut self) {
        let report = &mut self.report;
        self.held.retain(|_, held| {
            let alive = held.proven.is_alive();
            match (alive, held.sent) {
                (true, _) => {}
                (false, Some(Signal::Kill)) => report.killed += 1,
                (false, _) => report.ended += 1,
            }
            alive
        });
    }

    async fn found(&mut self) -> Vec<u32> {
        let Some(mut find) = self.find.take() else { return Vec::new() };
        match tokio::task::spawn_blocking(move || (find(), find)).await {
            Ok((found, find)) => {
                self.find = Some(find);
                found
            }
            // It panicked, or the runtime ends; either way there is nobody to be found any more.
            Err(_) => Vec::new(),
        }
    }

    fn finish(mut self) -> SweepReport {
        self.forget_the_dead();
        self.report.left = self.held.keys().chain(&self.refused).copied().collect();
        self.report.left.sort_unstable();
        self.report
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::platform::identity::Identity;
    use crate::platform::members::Members;
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    /// A shell script that says when it is ready.
    fn script(text: &str) -> Child {
        let mut child = Command::new("/bin/sh").args(["-c", text]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        child
    }

    async fn sweep_tree(child: &mut Child, ladder: &[(Signal, Duration)]) -> (SweepReport, Vec<Stage>) {
        let mut members = Members::of_tree(Identity::of(child.id()).unwrap());
        let mut stages = Vec::new();
        let report = sweep(move || members.find(), ladder, |stage| stages.push(stage)).await;
        assert!(child.wait().is_ok());
        (report, stages)
    }

    #[tokio::test]
    async fn a_tree_that_listens_ends_at_the_first_stage() {
        let mut child = script("sleep 100 & sleep 100 & echo ready; wait");
        let ladder = [(Signal::Term, Duration::from_secs(10)), (Signal::Kill, Duration::ZERO)];
        let (report, stages) = sweep_tree(&mut child, &ladder).await;
        assert_eq!(report, SweepReport { ended: 3, killed: 0, left: vec![] });
        assert_eq!(stages, [Stage { number: 1, of: 2, signal: Signal::Term, members: 3 }]);
    }

    #[tokio::test]
    async fn a_tree_that_ignores_everything_is_killed_with_what_left_its_session() {
        let text =
            "export PM_TEST_RUN=sweep-all; trap '' TERM; (setsid sleep 100 &); sh -c 'sleep 100 & echo ready; wait'";
        let mut child = script(text);
        let mut members = Members::of_env("PM_TEST_RUN", "sweep-all");
        let mut stages = Vec::new();
        let ladder = [(Signal::Term, Duration::from_millis(50))];
        let report = sweep(move || members.find(), &ladder, |stage| stages.push(stage)).await;
        // The outer shell has the variable for its children only; nobody to signal is left below it, so it ends.
        child.wait().unwrap();
        assert_eq!((report.ended, report.killed, report.left), (0, 3, vec![]));
        assert_eq!(stages.last().map(|stage| (stage.number, stage.signal)), Some((2, Signal::Kill)));
    }

    #[tokio::test]
    async fn who_forks_while_it_is_swept_leaves_nobody_behind() {
        let text = "echo ready; while :; do (setsid sleep 100 &); sleep 0.005; done";
        let mut child = script(&format!("PM_TEST_RUN=sweep-storm exec sh -c \"trap '' TERM; {text}\""));
        let mut members = Members::of_env("PM_TEST_RUN", "sweep-storm");
        let ladder = [(Signal::Term, Duration::from_millis(200))];
        let report = sweep(move || members.find(), &ladder, |_| {}).await;
        child.wait().unwrap();
        assert!(report.killed >= 1 && report.left.is_empty(), "{report:?}");
        assert!(Members::of_env("PM_TEST_RUN", "sweep-storm").find().is_empty());
    }

    #[tokio::test]
    async fn a_stopped_process_is_woken_to_end() {
        let mut child = script("trap 'exit 7' TERM; echo ready; kill -STOP $$; while :; do sleep 0.01; done");
        let mut buf = crate::platform::stat::stat_buf();
        let stat = crate::platform::stat::StatFile::open(child.id()).unwrap();
        while stat.read(&mut buf).unwrap().state != 'T' {
            tokio::task::yield_now().await;
        }
        let (report, _) = sweep_tree(&mut child, &[(Signal::Term, Duration::from_secs(10))]).await;
        assert_eq!((report.killed, report.left), (0, vec![]));
        assert_eq!(child.wait().unwrap().code(), Some(7));
    }

    #[tokio::test]
    async fn what_cannot_be_proven_is_left_and_reported() {
        let report = sweep(|| vec![1], &[(Signal::Term, Duration::ZERO)], |_| {}).await;
        assert_eq!(report, SweepReport { ended: 0, killed: 0, left: vec![1] });
        let nobody = sweep(Vec::new, &[], |_| unreachable!("nobody to signal")).await;
        assert_eq!(nobody, SweepReport::default());
    }
}
