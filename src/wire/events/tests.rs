//! The line of each kind of event, as scripts read it: these snapshots change only by additions.

use super::*;
use crate::domain::event::Cause;
use crate::domain::{Exit, ExitBy, ExitStatus, ProcessName, RunId, RunNo, Signal, Timestamp};

/// One of each kind, with who it is about. A kind that is new does not compile until it has a place here.
fn kinds() -> Vec<(Cause, What)> {
    let exit = |status, by| What::Exited { exit: Exit { status, by, at: Timestamp(1_700_000_000_000) } };
    let kinds = vec![
        (Cause::Adoption, What::SupervisorStarted { version: "1.2.3".into() }),
        (Cause::Policy, What::Changed { from: PhaseWord::Stopped, to: PhaseWord::Starting, why: None }),
        (Cause::User, What::Launched { pid: 4712, keeper_pid: 4711 }),
        (Cause::Adoption, What::Adopted { pid: 4712, keeper_pid: 4711 }),
        (Cause::User, What::StageEntered { number: 1, of: 3, signal: Signal::Term }),
        (Cause::Itself, exit(ExitStatus::Code(7), ExitBy::Itself)),
        (Cause::Itself, exit(ExitStatus::Signal(Signal::Kill), ExitBy::StopStage(3))),
        (Cause::Itself, exit(ExitStatus::Signal(Signal::Segv), ExitBy::Itself)),
        (Cause::Keeper, exit(ExitStatus::Unknown, ExitBy::Unknown)),
        (Cause::Itself, What::Emptied { killed: 2 }),
        (
            Cause::Itself,
            What::Changed {
                from: PhaseWord::Running,
                to: PhaseWord::Backoff,
                why: Some("restart 1 of 16 after exit 7".into()),
            },
        ),
        (Cause::Shutdown, What::Stuck { pids: vec![4712, 4713] }),
        (Cause::Itself, What::LogLost { bytes: 4096 }),
        (Cause::User, What::Removed),
        (Cause::User, What::Refused { command: "hold".into(), why: "only a stop in progress can be held".into() }),
        (Cause::Policy, What::Noted { text: "its log is in the way: \"\u{1b}[2J\"\n".into() }),
        (Cause::Shutdown, What::SupervisorLeft { left_running: 1 }),
    ];
    for (_, what) in &kinds {
        match what {
            What::SupervisorStarted { .. }
            | What::SupervisorLeft { .. }
            | What::Changed { .. }
            | What::Launched { .. }
            | What::Adopted { .. }
            | What::StageEntered { .. }
            | What::Exited { .. }
            | What::Emptied { .. }
            | What::Stuck { .. }
            | What::LogLost { .. }
            | What::Removed
            | What::Refused { .. }
            | What::Noted { .. } => {}
        }
    }
    kinds
}

fn events() -> impl Iterator<Item = Event> {
    (1..).zip(kinds()).map(|(seq, (cause, what))| {
        let is_its_own = matches!(what, What::SupervisorStarted { .. } | What::SupervisorLeft { .. });
        let process = (!is_its_own).then(|| ProcessName::new("agent:one").unwrap());
        let run = process.as_ref().map(|_| (RunNo(3), RunId::derive(1, 1)));
        Event { seq, at: Timestamp(1_700_000_000_000 + seq * 250), process, run, cause, what }
    })
}

#[test]
fn every_kind_has_its_line() {
    let lines: Vec<String> = events().map(|event| serde_json::to_string(&EventLine::new(&event)).unwrap()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_line_that_is_read_is_the_one_that_was_written() {
    for event in events() {
        let written = EventLine::new(&event);
        let line = serde_json::to_string(&written).unwrap();
        assert_eq!(serde_json::from_str::<EventLine<'_>>(&line).unwrap(), written, "{line}");
    }
}
