//! One line of the event log, `events.jsonl`, and of `pm events --json`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::json::ExitView;
use crate::domain::PhaseWord;
use crate::domain::event::{Event, What};

/// An event as scripts read it. Fields that do not apply are absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine<'a> {
    /// RFC 3339, UTC, milliseconds.
    pub time: Cow<'a, str>,
    /// Counts up within one supervisor.
    pub seq: u64,
    /// The process; absent for the supervisor's own events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Cow<'a, str>>,
    /// The run's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<u32>,
    /// The run's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Cow<'a, str>>,
    /// `user`, `policy`, `adoption`, `shutdown`, `itself`, `keeper`.
    pub cause: Cow<'a, str>,
    /// What kind of event: `changed`, `launched`, `exited` …
    pub event: Cow<'a, str>,
    /// The phase before, for `changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<PhaseWord>,
    /// The phase after, for `changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<PhaseWord>,
    /// How it ended, for `exited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<ExitView>,
    /// The whole event as a sentence.
    pub text: Cow<'a, str>,
}

impl<'a> EventLine<'a> {
    /// The line that tells `event`.
    pub fn new(event: &'a Event) -> Self {
        let (from, to) = change(&event.what).unzip();
        Self {
            time: Cow::Owned(rfc3339(event.at.millis())),
            seq: event.seq,
            process: event.process.as_ref().map(|name| Cow::Borrowed(name.as_str())),
            run: event.run.as_ref().map(|(no, _)| no.0),
            run_id: event.run.as_ref().map(|(_, id)| Cow::Borrowed(id.as_str())),
            cause: Cow::Borrowed(event.cause.as_str()),
            event: Cow::Borrowed(kind(&event.what)),
            from,
            to,
            exit: exit(&event.what),
            text: Cow::Owned(event.what.to_string()),
        }
    }
}

/// A point in time for scripts and people alike: RFC 3339, UTC, with milliseconds.
pub fn rfc3339(millis: u64) -> String {
    let time = jiff::Timestamp::from_millisecond(i64::try_from(millis).unwrap_or(i64::MAX)).unwrap_or_default();
    format!("{time:.3}")
}

const fn change(what: &What) -> Option<(PhaseWord, PhaseWord)> {
    if let What::Changed { from, to, .. } = what { Some((*from, *to)) } else { None }
}

fn exit(what: &What) -> Option<ExitView> {
    if let What::Exited { exit } = what { Some(exit.into()) } else { None }
}

const fn kind(what: &What) -> &'static str {
    match what {
        What::SupervisorStarted { .. } => "supervisor_started",
        What::SupervisorLeft { .. } => "supervisor_left",
        What::Changed { .. } => "changed",
        What::Launched { .. } => "launched",
        What::Adopted { .. } => "adopted",
        What::StageEntered { .. } => "stage_entered",
        What::Exited { .. } => "exited",
        What::Emptied { .. } => "emptied",
        What::Stuck { .. } => "stuck",
        What::LogLost { .. } => "log_lost",
        What::Removed => "removed",
        What::Refused { .. } => "refused",
        What::Noted { .. } => "noted",
    }
}

#[cfg(test)]
mod tests;
