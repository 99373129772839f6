//! The record in a run directory: what runs there and how it ended, for a supervisor that was not there to see it.
//!
//! Lines of `key=value`, at most 4 KiB, the last line a checksum of all before it. A file holds one version behind the other, as
//! the run went on; the last one that is whole counts. Written by the keeper, read by whoever adopts. Knows no file. Unknown
//! keys are ignored, so that an older reader understands a later keeper.

use std::fmt::Write;

use crate::domain::{Exit, ExitBy, ExitStatus, RunId, RunNo, Signal, SpawnFailure, SpawnStep, Timestamp};

/// Version of this format.
pub const VERSION: u16 = 1;
/// No version of a record is longer, in bytes.
pub const MAX_BYTES: usize = 4096;
/// Ends a text that was cut short.
pub const CUT: char = '…';
/// A run is told of this often at most: when it is about to be started, when its main process runs, when that has ended, and when
/// nothing is left.
pub const VERSIONS: usize = 4;

/// What is known of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Version of the format it was written in.
    pub version: u16,
    /// Project id.
    pub project: String,
    /// Process name.
    pub name: String,
    /// Run number.
    pub no: RunNo,
    /// Run id.
    pub id: RunId,
    /// Pid of the keeper.
    pub keeper_pid: u32,
    /// When the keeper started, in clock ticks since boot; with pid and boot id it proves who it is. 0 where not known.
    pub keeper_start: u64,
    /// Which boot of the machine these pids belong to; empty where not known.
    pub boot_id: String,
    /// Pid of the main process, 0 before it was started.
    pub pid: u32,
    /// When the main process started, in clock ticks since boot. 0 where not known.
    pub pid_start: u64,
    /// When it was started, in milliseconds since the epoch.
    pub started_at: u64,
    /// What was executed, quoted for a shell, for people; perhaps cut short.
    pub command: String,
    /// Where.
    pub cwd: String,
    /// How far it came.
    pub state: RecordState,
}

/// How far a run came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// About to be started. Where its keeper is dead, nobody knows whether it did start anything.
    Launching,
    /// The main process runs.
    Running,
    /// The main process was reaped; others of its tree live.
    Exited(RecordedExit),
    /// Nothing is left.
    Emptied {
        /// How the main process ended.
        exit: RecordedExit,
        /// How many processes ended after KILL was sent to them.
        killed: u32,
        /// When the last one was reaped, in milliseconds since the epoch.
        at: u64,
    },
    /// It never ran.
    Failed(SpawnFailure),
}

/// How the main process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedExit {
    /// Code or signal.
    pub status: ExitStatus,
    /// Whose doing.
    pub by: ExitBy,
    /// When, in milliseconds since the epoch.
    pub at: u64,
}

impl From<RecordedExit> for Exit {
    fn from(RecordedExit { status, by, at }: RecordedExit) -> Self {
        Self { status, by, at: Timestamp(at) }
    }
}

/// A text that is no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Longer than all versions of any record.
    #[error("it is longer than {max} bytes", max = MAX_BYTES * VERSIONS)]
    TooLong,
    /// The checksum is missing or does not match: cut short or altered.
    #[error("it was cut short or altered (its checksum does not match)")]
    Damaged,
    /// A key is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A value cannot be understood.
    #[error("{0} cannot be understood")]
    Malformed(&'static str),
}

impl Record {
    /// The record as text, at most [`MAX_BYTES`] long: command, directory and message are cut short where they must be.
    pub fn render(&self) -> String {
        let mut out = String::with_capacity(1024);
        line(&mut out, "version", self.version);
        text(&mut out, "project", &self.project, 200);
        text(&mut out, "name", &self.name, 300);
        line(&mut out, "no", self.no);
        line(&mut out, "id", &self.id);
        line(&mut out, "keeper_pid", self.keeper_pid);
        line(&mut out, "keeper_start", self.keeper_start);
        text(&mut out, "boot_id", &self.boot_id, 64);
        line(&mut out, "pid", self.pid);
        line(&mut out, "pid_start", self.pid_start);
        line(&mut out, "started_at", self.started_at);
        text(&mut out, "command", &self.command, 1000);
        text(&mut out, "cwd", &self.cwd, 1000);
        self.state.render(&mut out);
        let sum = checksum(out.as_bytes());
        let _ = writeln!(out, "sum={sum:016x}");
        out
    }

    /// As [`Self::parse`]; a version torn in the middle of a character takes none of those before with it.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn read(source: &[u8]) -> Result<Self, RecordError> {
        Self::parse(&String::from_utf8_lossy(source))
    }

    /// Reads the last version back that is whole.
    ///
    /// # Errors
    /// None is whole, or it tells of something that cannot be.
    pub fn parse(source: &str) -> Result<Self, RecordError> {
        if source.len() > MAX_BYTES * VERSIONS {
            return Err(RecordError::TooLong);
        }
        let keys = Keys(verified(source)?);
        Ok(Self {
            version: keys.number("version")?,
            project: keys.text("project")?,
            name: keys.text("name")?,
            no: RunNo(keys.number("no")?),
            id: RunId::parse(keys.raw("id")?).ok_or(RecordError::Malformed("id"))?,
            keeper_pid: keys.number("keeper_pid")?,
            keeper_start: keys.number("keeper_start")?,
            boot_id: keys.text("boot_id")?,
            pid: keys.number("pid")?,
            pid_start: keys.number("pid_start")?,
            started_at: keys.number("started_at")?,
            command: keys.text("command")?,
            cwd: keys.text("cwd")?,
            state: RecordState::read(&keys)?,
        })
    }
}

impl RecordState {
    /// The word in the record.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Launching => "launching",
            Self::Running => "running",
            Self::Exited(_) => "exited",
            Self::Emptied { .. } => "emptied",
            Self::Failed(_) => "failed",
        }
    }

    fn render(&self, out: &mut String) {
        line(out, "state", self.word());
        match self {
            Self::Launching | Self::Running => {}
            Self::Exited(exit) => exit.render(out),
            Self::Emptied { exit, killed, at } => {
                exit.render(out);
                line(out, "killed", killed);
                line(out, "emptied_at", at);
            }
            Self::Failed(failure) => {
                line(out, "failure_step", step_word(failure.step));
                line(out, "failure_errno", failure.errno);
                text(out, "failure_message", &failure.message, 600);
            }
        }
    }

    fn read(keys: &Keys<'_>) -> Result<Self, RecordError> {
        Ok(match keys.raw("state")? {
            "launching" => Self::Launching,
            "running" => Self::Running,
            "exited" => Self::Exited(RecordedExit::read(keys)?),
            "emptied" => Self::Emptied {
                exit: RecordedExit::read(keys)?,
                killed: keys.number("killed")?,
                at: keys.number("emptied_at")?,
            },
            "failed" => Self::Failed(SpawnFailure {
                step: step_of(keys.raw("failure_step")?).ok_or(RecordError::Malformed("failure_step"))?,
                errno: keys.number("failure_errno")?,
                message: keys.text("failure_message")?,
            }),
            _ => return Err(RecordError::Malformed("state")),
        })
    }
}

impl RecordedExit {
    fn render(&self, out: &mut String) {
        match self.status {
            ExitStatus::Code(code) => line(out, "exit_code", code),
            ExitStatus::Signal(Signal::Number(number)) => line(out, "exit_signal", number),
            ExitStatus::Signal(signal) => line(out, "exit_signal", signal),
            ExitStatus::Unknown => {}
        }
        line(out, "by", self.by);
        line(out, "exited_at", self.at);
    }

    fn read(keys: &Keys<'_>) -> Result<Self, RecordError> {
        let status = match (keys.raw("exit_code"), keys.raw("exit_signal")) {
            (Ok(code), _) => ExitStatus::Code(code.parse().map_err(|_| RecordError::Malformed("exit_code"))?),
            (Err(_), Ok(signal)) => {
                ExitStatus::Signal(signal.parse().map_err(|_| RecordError::Malformed("exit_signal"))?)
            }
            (Err(_), Err(_)) => ExitStatus::Unknown,
        };
        let by = by_of(keys.raw("by")?).ok_or(RecordError::Malformed("by"))?;
        Ok(Self { status, by, at: keys.number("exited_at")? })
    }
}

/// Whose doing, from the words `ExitBy` is shown with.
fn by_of(word: &str) -> Option<ExitBy> {
    match word {
        "itself" => Some(ExitBy::Itself),
        "kill" => Some(ExitBy::Kill),
        "limit" => Some(ExitBy::Limit),
        "unknown" => Some(ExitBy::Unknown),
        stage => stage.strip_prefix("stop stage ")?.parse().ok().map(ExitBy::StopStage),
    }
}

const STEPS: [(SpawnStep, &str); 8] = [
    (SpawnStep::Prepare, "prepare"),
    (SpawnStep::Keeper, "keeper"),
    (SpawnStep::Lock, "lock"),
    (SpawnStep::Cwd, "cwd"),
    (SpawnStep::Program, "program"),
    (SpawnStep::Terminal, "terminal"),
    (SpawnStep::Log, "log"),
    (SpawnStep::Fork, "fork"),
];

fn step_word(step: SpawnStep) -> &'static str {
    STEPS.iter().find(|(known, _)| *known == step).map_or("prepare", |(_, word)| word)
}

fn step_of(word: &str) -> Option<SpawnStep> {
    STEPS.iter().find(|(_, known)| *known == word).map(|(step, _)| *step)
}

/// The lines of a record whose checksum was found right.
struct Keys<'a>(&'a str);

impl<'a> Keys<'a> {
    fn raw(&self, key: &'static str) -> Result<&'a str, RecordError> {
        let found = self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        found.ok_or(RecordError::Missing(key))
    }

    fn number<T: std::str::FromStr>(&self, key: &'static str) -> Result<T, RecordError> {
        self.raw(key)?.parse().map_err(|_| RecordError::Malformed(key))
    }

    fn text(&self, key: &'static str) -> Result<String, RecordError> {
        unescape(self.raw(key)?).ok_or(RecordError::Malformed(key))
    }
}

/// The last version whose checksum is right, without it. What follows (a version cut short, room that was set aside) does not
/// count.
fn verified(source: &str) -> Result<&str, RecordError> {
    let mut sums = source.rmatch_indices("\nsum=").map(|(at, _)| source.split_at(at + 1));
    sums.find_map(|(before, tail)| whole_version(before, tail)).ok_or(RecordError::Damaged)
}

/// The version that ends `before`, when `tail` begins with its checksum.
fn whole_version<'a>(before: &'a str, tail: &str) -> Option<&'a str> {
    let (digits, _) = tail.strip_prefix("sum=")?.split_once('\n')?;
    let told = u64::from_str_radix(digits, 16).ok()?;
    // No value holds a line break, so the last line that looks like the first of a version is one.
    let begin = before.rfind("\nversion=").map_or(0, |at| at + 1);
    let body = &before[begin..];
    (told == checksum(body.as_bytes())).then_some(body)
}

/// FNV-1a, 64 bits: enough to notice a torn write.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn line(out: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "{key}={value}");
}

/// A text on one line, `\` and line breaks escaped, cut at `limit` bytes of escaped text with an ellipsis.
fn text(out: &mut String, key: &str, value: &str, limit: usize) {
    let _ = write!(out, "{key}=");
    let start = out.len();
    for c in value.chars() {
        if out.len() - start + 4 > limit {
            out.push(CUT);
            break;
        }
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            other => out.push(other),
        }
    }
    out.push('\n');
}

fn unescape(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                '0' => '\0',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests;
