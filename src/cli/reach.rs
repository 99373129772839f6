//! What `--wait` waits for: *accepted* is not *done*, done is read in a snapshot.
//!
//! Called by the verbs after a command was accepted.

use std::sync::Arc;
use std::time::Duration;

use super::code::{Code, Trouble};
use super::print::{Paint, replies};
use crate::domain::{Accepted, Phase, ProcessName, Row, Snapshot};
use crate::supervisor::Handle;

/// Where the processes of a command shall get to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Running beyond the early-crash window, or ended for good.
    Up,
    /// As [`Self::Up`], or waiting to be started again: what became of the first attempt is known.
    Tried,
    /// Nothing of them alive, and nothing about to start.
    Down,
    /// Nothing will change without a command.
    Settled,
}

impl Goal {
    /// Whether a process in this phase has got there.
    pub const fn is_reached(self, phase: &Phase) -> bool {
        match self {
            Self::Up => matches!(phase, Phase::Running { .. }) || phase.is_settled(),
            Self::Tried => {
                matches!(phase, Phase::Running { .. } | Phase::Backoff { .. } | Phase::Unknown { .. })
                    || phase.is_settled()
            }
            Self::Down => phase.is_settled(),
            Self::Settled => phase.is_settled() || matches!(phase, Phase::Unknown { .. }),
        }
    }
}

/// Waits until every process that `accepted` speaks of has reached `goal`.
///
/// # Errors
/// `Timeout` with what holds it up; `Refused(Gone)` when the supervisor goes.
pub async fn reach(
    handle: &Handle,
    accepted: &Accepted,
    goal: Goal,
    limit: Option<Duration>,
) -> Result<Arc<Snapshot>, Trouble> {
    let names: Vec<_> = concerned(accepted).cloned().collect();
    let done = |snapshot: &Snapshot| missing(snapshot, &names, goal).next().is_none();
    let waited = handle.wait_until(accepted, done);
    let found = match limit {
        None => waited.await,
        Some(limit) => match tokio::time::timeout(limit, waited).await {
            Ok(found) => found,
            Err(_) => return Err(Trouble::Timeout(late(&handle.snapshot(), &names, goal, limit))),
        },
    };
    found.ok_or(Trouble::Refused(crate::domain::Refusal::Gone))
}

/// The exit code of a verb that brought these processes where they stand now.
pub fn verdict(snapshot: &Snapshot, accepted: &Accepted) -> Code {
    let names: Vec<_> = concerned(accepted).collect();
    let bad = |row: &Arc<Row>| {
        names.contains(&row.name()) && matches!(row.phase, Phase::Failed { .. } | Phase::Unknown { .. })
    };
    if snapshot.rows.iter().any(bad) { Code::ProcessFailed } else { Code::Done }
}

fn concerned(accepted: &Accepted) -> impl Iterator<Item = &ProcessName> {
    accepted.affected.iter().chain(accepted.unchanged.iter().map(|(name, _)| name))
}

fn missing<'a>(snapshot: &'a Snapshot, names: &'a [ProcessName], goal: Goal) -> impl Iterator<Item = &'a Arc<Row>> {
    snapshot.rows.iter().filter(move |row| names.contains(row.name()) && !goal.is_reached(&row.phase))
}

fn late(snapshot: &Snapshot, names: &[ProcessName], goal: Goal, limit: Duration) -> String {
    let standing: Vec<_> =
        missing(snapshot, names, goal).map(|row| replies::standing_of(Paint::new(false), row)).collect();
    let limit = super::print::figures::length(limit);
    format!("not done after {limit}: {}; it goes on, `pm ps` shows how", standing.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::print::samples;
    use super::*;

    fn speaking_of(names: &[&str]) -> Accepted {
        let affected = names.iter().map(|name| ProcessName::new(name).unwrap()).collect();
        Accepted { revision: 42, affected, unchanged: vec![] }
    }

    async fn asked(goal: Goal, names: &[&str]) -> Result<Code, Trouble> {
        let (handle, _backend) = Handle::channel(Arc::new(samples::snapshot()));
        let accepted = speaking_of(names);
        let end = reach(&handle, &accepted, goal, Some(Duration::from_millis(50))).await?;
        Ok(verdict(&end, &accepted))
    }

    #[tokio::test(start_paused = true)]
    async fn up_is_running_or_over() {
        assert_eq!(asked(Goal::Up, &["api", "job"]).await.unwrap(), Code::Done);
        assert_eq!(asked(Goal::Up, &["api", "early"]).await.unwrap(), Code::ProcessFailed);
        let late = asked(Goal::Up, &["api", "new", "retry"]).await.unwrap_err();
        assert!(matches!(late, Trouble::Timeout(_)));
        let text = late.to_string();
        assert!(text.contains("new: starting") && text.contains("retry: backoff"), "{text}");
        assert!(!text.contains("api"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn tried_does_not_wait_for_further_attempts() {
        assert_eq!(asked(Goal::Tried, &["api", "job", "retry"]).await.unwrap(), Code::Done);
        assert_eq!(asked(Goal::Tried, &["early"]).await.unwrap(), Code::ProcessFailed);
        assert_eq!(asked(Goal::Tried, &["new"]).await.unwrap_err().code(), Code::Timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn down_is_nothing_alive() {
        assert_eq!(asked(Goal::Down, &["off", "idle"]).await.unwrap(), Code::Done);
        for alive in ["api", "db", "new", "retry", "lost"] {
            assert_eq!(asked(Goal::Down, &[alive]).await.unwrap_err().code(), Code::Timeout, "{alive}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_supervisor_that_goes_is_told_apart() {
        let (handle, backend) = Handle::channel(Arc::new(samples::snapshot()));
        drop(backend);
        let error = reach(&handle, &speaking_of(&["api", "new"]), Goal::Up, None).await.unwrap_err();
        assert_eq!(error.code(), Code::NoSupervisor);
    }

    #[tokio::test(start_paused = true)]
    async fn an_older_snapshot_proves_nothing() {
        let (handle, _backend) = Handle::channel(Arc::new(samples::snapshot()));
        let later = Accepted { revision: 43, ..speaking_of(&["api"]) };
        let waited = reach(&handle, &later, Goal::Up, Some(Duration::from_secs(1))).await;
        assert_eq!(waited.unwrap_err().code(), Code::Timeout);
    }
}
