//! The sampler's thread: one pass a second over what is shown to run, the answer into the inbox.
//!
//! It keeps its own time, so that the supervisor's task is woken once a second and not to say that a second has passed.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::inbox::{Inbox, Note};
use crate::domain::effect::Sampled;
use crate::domain::snapshot::RunView;
use crate::domain::{RunId, Snapshot};
use crate::sense::{Root, Sampler};

/// How often the figures are taken.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);
/// When they are taken for the first time.
const FIRST_AFTER: Duration = Duration::from_millis(100);

/// The supervisor's end: what the next pass is to look at.
#[derive(Debug)]
pub struct Sampling(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wanted: Mutex<Wanted>,
    ended: Condvar,
}

#[derive(Debug)]
struct Wanted {
    newest: Arc<Snapshot>,
    is_over: bool,
}

impl Sampling {
    /// Starts the thread. It ends with this value.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(inbox: Inbox, newest: Arc<Snapshot>) -> std::io::Result<Self> {
        let wanted = Mutex::new(Wanted { newest, is_over: false });
        let shared = Arc::new(Shared { wanted, ended: Condvar::new() });
        let seen = Arc::clone(&shared);
        std::thread::Builder::new().name("sampler".into()).spawn(move || sample_all(&seen, &inbox))?;
        Ok(Self(shared))
    }

    /// This is what runs from now on. Wakes nobody.
    pub fn show(&self, snapshot: &Arc<Snapshot>) {
        self.0.lock().newest = Arc::clone(snapshot);
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.ended.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // Each of the two values is whole at every moment.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until then; `None` when there is nobody to look for any more.
    fn wait_until(&self, due: Instant) -> Option<Arc<Snapshot>> {
        let mut wanted = self.lock();
        loop {
            if wanted.is_over {
                return None;
            }
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Some(wanted.newest.clone());
            }
            wanted = self.ended.wait_timeout(wanted, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn sample_all(shared: &Shared, inbox: &Inbox) {
    let mut sampler = Sampler::new();
    let mut due = Instant::now() + FIRST_AFTER;
    while let Some(newest) = shared.wait_until(due) {
        let (runs, roots): (Vec<&RunId>, Vec<Root>) =
            newest.rows.iter().filter_map(|row| root(row.run.as_ref()?)).unzip();
        let sample = sampler.sample(&roots);
        let figures = runs.into_iter().zip(sample.trees).map(|(run, tree)| Sampled {
            run: run.clone(),
            usage: tree.usage,
            tree: tree.processes,
        });
        if inbox.blocking_send(Note::Sampled(figures.collect(), sample.machine)).is_err() {
            return;
        }
        // A pass that took longer than a second is not made up for.
        due = (due + SAMPLE_EVERY).max(Instant::now());
    }
}

/// What is to be looked at of a run: everything below its keeper, or its main process where nobody keeps it.
fn root(run: &RunView) -> Option<(&RunId, Root)> {
    let is_there = !run.over && (run.keeper_pid.is_some() || run.pid.is_some());
    is_there.then(|| (&run.id, Root { keeper_pid: run.keeper_pid.unwrap_or(0), main_pid: run.pid }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RunNo;

    #[test]
    fn what_is_below_the_keeper_is_looked_at_and_the_main_process_where_nobody_keeps_it() {
        let wanted = |keeper_pid, pid, over| {
            let run = RunView {
                no: RunNo(1),
                id: RunId::derive(7, 1),
                keeper_pid,
                pid,
                started_at: None,
                exit: None,
                over,
                dir: "/runs/web/1".into(),
                log_end: 0,
                log_lines: 0,
                log_lost: 0,
                runs_as: None,
                screen: None,
            };
            root(&run).map(|(_, root)| (root.keeper_pid, root.main_pid))
        };
        assert_eq!(wanted(Some(19), Some(20), false), Some((19, Some(20))));
        assert_eq!(wanted(Some(19), None, false), Some((19, None)));
        assert_eq!(wanted(None, Some(20), false), Some((0, Some(20))));
        assert_eq!(wanted(None, None, false), None, "it is only being started");
        assert_eq!(wanted(Some(19), Some(20), true), None);
    }
}
