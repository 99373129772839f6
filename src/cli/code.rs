//! Exit codes and the errors that end a verb: part of the interface, like the flags.
//!
//! Every error that reaches a person ends here, where it gets its code, its word for scripts and its one line on standard
//! error. Used by every verb.

use std::process::ExitCode;

use crate::control::ConnectError;
use crate::domain::Refusal;
use crate::platform::Unsupported;
use crate::wire::json::{Failed, Fault};

/// How `pm` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// What was asked for was done.
    Done = 0,
    /// A process failed: the one waited for, or one that was to be started. Or nothing was found.
    ProcessFailed = 1,
    /// The command line, the config, or the surroundings (a directory that cannot be written) are at fault.
    Usage = 2,
    /// No supervisor runs for the project.
    NoSupervisor = 3,
    /// The supervisor said no, and why.
    Refused = 4,
    /// A bug in `pm` itself.
    Bug = 70,
    /// It was not done in time.
    Timeout = 124,
}

impl Code {
    /// Nothing matches what `pm logs --grep` looked for: 1, as with grep.
    pub const NOTHING_FOUND: Self = Self::ProcessFailed;
}

/// The table of codes as `pm --help` shows it.
pub const HELP: &str = "\
Exit codes:
  0    done
  1    a process failed; logs --grep: nothing matched
  2    usage, config, or surroundings (a directory that cannot be written)
  3    no supervisor runs for this project
  4    the supervisor refused, and said why
  70   a bug in pm
  124  not done within --timeout";

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a verb ended without doing what was asked for. Its text stands after `pm: `.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A process failed.
    #[error("{0}")]
    ProcessFailed(String),
    /// The command line asks for what makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The config is missing or at fault.
    #[error("{0}")]
    Config(String),
    /// No supervisor runs.
    #[error("{0}")]
    NoSupervisor(String),
    /// The supervisor said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody other than the supervisor said no: the platform, or another user's socket.
    #[error("{0}")]
    Denied(String),
    /// Time is up.
    #[error("{0}")]
    Timeout(String),
    /// The reader of standard output has gone, which is its right.
    #[error("nobody reads the output any more")]
    BrokenPipe,
    /// The surroundings are at fault.
    #[error("{0:#}")]
    Other(anyhow::Error),
}

/// What a verb answers.
pub type Outcome = Result<Code, Trouble>;

impl Trouble {
    /// What could not be done, to what. What the platform refuses stays a refusal.
    pub fn with(error: impl Into<anyhow::Error>, what: String) -> Self {
        error.into().context(what).into()
    }

    /// The exit code.
    pub const fn code(&self) -> Code {
        match self {
            Self::BrokenPipe => Code::Done,
            Self::ProcessFailed(_) => Code::ProcessFailed,
            Self::Usage(_) | Self::Config(_) | Self::Other(_) => Code::Usage,
            Self::NoSupervisor(_) | Self::Refused(Refusal::Gone) => Code::NoSupervisor,
            Self::Refused(_) | Self::Denied(_) => Code::Refused,
            Self::Timeout(_) => Code::Timeout,
        }
    }

    /// The word for scripts.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BrokenPipe => "broken_pipe",
            Self::ProcessFailed(_) => "failed",
            Self::Usage(_) => "usage",
            Self::Config(_) => "config",
            Self::Other(_) => "surroundings",
            Self::NoSupervisor(_) | Self::Refused(Refusal::Gone) => "no_supervisor",
            Self::Refused(_) | Self::Denied(_) => "refused",
            Self::Timeout(_) => "timeout",
        }
    }

    /// The error as `--json` prints it.
    pub fn for_scripts(&self) -> Failed {
        Failed { error: Fault { kind: self.kind(), message: self.to_string() } }
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        let broken_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
        // What the system cannot do is a no, however deep it was said, and says itself what to do.
        let refusal = || error.chain().find_map(|cause| Unsupported::within(cause.downcast_ref()?));
        if error.downcast_ref().is_some_and(broken_pipe) {
            Self::BrokenPipe
        } else if let Some(refusal) = refusal() {
            Self::Denied(refusal.to_string())
        } else {
            Self::Other(error)
        }
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl From<ConnectError> for Trouble {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::NoSupervisor => {
                Self::NoSupervisor(format!("{error}; `pm up -d` starts one, `pm` opens the dashboard"))
            }
            ConnectError::VersionMismatch { .. }
            | ConnectError::Full { .. }
            | ConnectError::NotYours(_)
            | ConnectError::NoAnswer => Self::Denied(error.to_string()),
            ConnectError::Io(_) => anyhow::Error::from(error).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_has_its_documented_code() {
        let text = || "x".to_owned();
        let table = [
            (Trouble::ProcessFailed(text()), 1, "failed"),
            (Trouble::Usage(text()), 2, "usage"),
            (Trouble::Config(text()), 2, "config"),
            (Trouble::NoSupervisor(text()), 3, "no_supervisor"),
            (Trouble::Refused(Refusal::Gone), 3, "no_supervisor"),
            (Trouble::Refused(Refusal::Busy), 4, "refused"),
            (Trouble::Denied(text()), 4, "refused"),
            (Trouble::Timeout(text()), 124, "timeout"),
            (Trouble::BrokenPipe, 0, "broken_pipe"),
        ];
        for (trouble, code, kind) in table {
            assert_eq!((trouble.code() as u8, trouble.kind()), (code, kind), "{trouble:?}");
            assert!(HELP.contains(&format!("\n  {code:<5}")), "{code} is not documented");
        }
        assert!(HELP.contains(&format!("\n  {:<5}", Code::Bug as u8)));
    }

    #[test]
    fn errors_for_scripts_have_a_kind_and_a_message() {
        let json = serde_json::to_value(Trouble::Refused(Refusal::ShuttingDown).for_scripts()).unwrap();
        assert_eq!(json["error"]["kind"], "refused");
        assert!(json["error"]["message"].as_str().unwrap().contains("shutting down"));
    }

    #[test]
    fn what_the_system_cannot_do_is_refused_however_deep_it_was_said() {
        let refusal = Unsupported { what: "flying", instead: "walk" };
        let connecting = Trouble::from(ConnectError::from(std::io::Error::from(refusal)));
        let listening = anyhow::Error::from(std::io::Error::from(refusal)).context("cannot listen");
        for trouble in [connecting, Trouble::from(listening)] {
            assert_eq!((trouble.code(), trouble.to_string()), (Code::Refused, refusal.to_string()));
        }
    }

    #[test]
    fn a_reader_that_left_is_no_trouble() {
        let error = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(Trouble::from(error).code(), Code::Done);
    }
}
