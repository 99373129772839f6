//! What `--wait` waits for: *accepted* is not *done*, done is read in a snapshot.
//!
//! Called by the verbs after a command was accepted.

use std::sync::Arc;
use std::time::Duration;

use super::attach::{call_next, kept};
use super::code::{Code, Trouble};
use super::print::{Paint, replies};
use super::project::Project;
use crate::control::Line;
use crate::control::client::CONNECT_LIMIT;
use crate::domain::goal::{Awaited, Goal};
use crate::domain::{Accepted, Phase, ProcessName, Row, Snapshot};

/// How long a look at how things stand may take, once the time is up.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// Waits until every process that `accepted` speaks of has reached `goal`, whichever supervisor shows it: where one hands over,
/// `line` leads to the next.
///
/// # Errors
/// `Timeout` with what holds it up; `NoSupervisor` when the supervisor goes and no other comes.
pub async fn reach(
    project: &Project,
    line: &mut Line,
    accepted: &Accepted,
    goal: Goal,
    limit: Option<Duration>,
) -> Result<Arc<Snapshot>, Trouble> {
    let mut awaited = Awaited::of(accepted, goal);
    let waited = reached(project, line, &mut awaited);
    let Some(limit) = limit else { return waited.await };
    if let Ok(found) = tokio::time::timeout(limit, waited).await {
        return found;
    }
    // The time is up; who stands still himself, or has gone, is not waited for either.
    match tokio::time::timeout(LAST_LOOK, line.look()).await {
        Ok(Ok(Some(now))) => Err(Trouble::Timeout(late(&now, &awaited, limit))),
        Ok(Ok(None)) | Err(_) => Err(Trouble::Timeout(unanswered(limit))),
        Ok(Err(error)) => Err(error.into()),
    }
}

async fn reached(project: &Project, line: &mut Line, awaited: &mut Awaited) -> Result<Arc<Snapshot>, Trouble> {
    loop {
        if let Some(snapshot) = line.reach(awaited).await? {
            return Ok(snapshot);
        }
        *line = call_next(project).await?.ok_or_else(|| unattended(project, &awaited.names))?;
        // Revisions begin anew with each supervisor, and what the one before accepted is on the disk.
        awaited.revision = 0;
    }
}

/// What to say where the supervisor has gone and no other came: that nobody waits any longer, and who of these lives on.
pub fn unattended<'a>(project: &Project, names: impl IntoIterator<Item = &'a ProcessName>) -> Trouble {
    let kept = kept(project);
    let mut alive: Vec<_> = names.into_iter().filter(|name| kept.contains(name)).map(ToString::to_string).collect();
    alive.sort();
    let next = match alive.as_slice() {
        [] => "`pm up -d` starts one".to_owned(),
        [one] => format!("{one} runs on under its keeper, `pm up -d` adopts it"),
        more => format!("{} run on under their keepers, `pm up -d` adopts them", more.join(", ")),
    };
    let limit = CONNECT_LIMIT.as_secs();
    Trouble::NoSupervisor(format!(
        "the supervisor has gone, and no other came within {limit} s, so the wait ends; {next}"
    ))
}

/// The exit code of a verb that brought these processes where they stand now.
pub fn verdict(snapshot: &Snapshot, accepted: &Accepted) -> Code {
    let names: Vec<_> = accepted.concerned().collect();
    let bad = |row: &Arc<Row>| {
        names.contains(&row.name()) && matches!(row.phase, Phase::Failed { .. } | Phase::Unknown { .. })
    };
    if snapshot.rows.iter().any(bad) { Code::ProcessFailed } else { Code::Done }
}

/// What to say where the time is up and the supervisor does not say how things stand.
pub fn unanswered(limit: Duration) -> String {
    let limit = super::print::figures::length(limit);
    format!("not done after {limit}, and the supervisor does not answer any more; `pm ps` tries again")
}

fn late(snapshot: &Snapshot, awaited: &Awaited, limit: Duration) -> String {
    let standing: Vec<_> = awaited.missing(snapshot).map(|row| replies::standing_of(Paint::new(false), row)).collect();
    let limit = super::print::figures::length(limit);
    format!("not done after {limit}: {}; it goes on, `pm ps` shows how", standing.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::print::samples;
    use super::*;
    use crate::domain::ProcessName;

    fn speaking_of(names: &[&str]) -> Accepted {
        let affected = names.iter().map(|name| ProcessName::new(name).unwrap()).collect();
        Accepted { revision: 42, affected, unchanged: vec![] }
    }

    /// What a verb that waits for `goal` would answer now, or what it would go on waiting for.
    fn asked(goal: Goal, names: &[&str]) -> Result<Code, String> {
        let (snapshot, accepted) = (samples::snapshot(), speaking_of(names));
        let awaited = Awaited::of(&accepted, goal);
        let waits = late(&snapshot, &awaited, Duration::from_millis(50));
        if awaited.is_reached(&snapshot) { Ok(verdict(&snapshot, &accepted)) } else { Err(waits) }
    }

    #[test]
    fn up_is_running_or_over() {
        assert_eq!(asked(Goal::Up, &["api", "job"]), Ok(Code::Done));
        assert_eq!(asked(Goal::Up, &["api", "early"]), Ok(Code::ProcessFailed));
        let late = asked(Goal::Up, &["api", "new", "retry"]).unwrap_err();
        assert!(late.contains("new: starting") && late.contains("retry: backoff"), "{late}");
        assert!(!late.contains("api"), "{late}");
    }

    #[test]
    fn tried_does_not_wait_for_further_attempts() {
        assert_eq!(asked(Goal::Tried, &["api", "job", "retry"]), Ok(Code::Done));
        assert_eq!(asked(Goal::Tried, &["early"]), Ok(Code::ProcessFailed));
        asked(Goal::Tried, &["new"]).unwrap_err();
    }

    #[test]
    fn down_is_nothing_alive() {
        assert_eq!(asked(Goal::Down, &["off", "idle"]), Ok(Code::Done));
        for alive in ["api", "db", "new", "retry", "lost"] {
            asked(Goal::Down, &[alive]).unwrap_err();
        }
    }

    #[test]
    fn an_older_snapshot_proves_nothing() {
        let later = Accepted { revision: 43, ..speaking_of(&["api"]) };
        assert!(!Awaited::of(&later, Goal::Up).is_reached(&samples::snapshot()));
    }
}
