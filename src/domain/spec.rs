//! What a process is meant to be: a valid description, made by `config` or by `pm run`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exit::Exit;
use super::name::ProcessName;
use super::signal::Signal;
use super::time::{Human, Timestamp};

/// One process as it was asked for. Every path is absolute, every value is in range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessSpec {
    /// Its key in the project.
    pub name: ProcessName,
    /// What it is for, for people.
    #[serde(default)]
    pub description: Option<String>,
    /// What to execute.
    pub program: Program,
    /// Where to execute it.
    pub cwd: PathBuf,
    /// The environment it begins with, each name once; `None` stands for the supervisor's own. On disk and on its way to the
    /// supervisor, but in no snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited: Option<Vec<(String, String)>>,
    /// Variables set on top of what is inherited and of `env_files`.
    pub env: BTreeMap<String, String>,
    /// Files of `KEY=value` lines, read anew at every start; later files win.
    pub env_files: Vec<PathBuf>,
    /// Started by `pm up` and by the dashboard without being asked.
    pub autostart: bool,
    /// What happens when it ends by itself.
    pub restart: Restart,
    /// How it is stopped.
    pub stop: StopLadder,
    /// Runs on a pseudo-terminal instead of pipes.
    pub tty: bool,
    /// Whether it is asked for colour.
    #[serde(default)]
    pub color: AskColor,
    /// It is asked not to sit on its output. Only on pipes: a terminal needs no asking.
    #[serde(default = "yes")]
    pub unbuffered: bool,
    /// An end within this time of the spawn is a failed start, unless it is exit 0.
    pub early_exit: Duration,
    /// Each run is stopped by the ladder when its main process has lived so long. Its keeper sees to that.
    #[serde(default)]
    pub time_limit: Option<Duration>,
    /// What to do with its processes when its keeper was killed.
    pub orphans: Orphans,
    /// How much output is kept.
    pub log: LogLimits,
    /// Where it was defined, such as `pm.toml:12`; `None` for `pm run`.
    pub source: Option<String>,
}

/// The source of what was adopted and is no longer defined anywhere.
pub const NO_LONGER_DEFINED: &str = "no longer in the config";

impl ProcessSpec {
    /// Where it is defined, if it still is: by a config, not by `pm run`.
    pub fn defined_at(&self) -> Option<&str> {
        self.source.as_deref().filter(|source| *source != NO_LONGER_DEFINED)
    }

    /// The line of the config it is defined in, counted from 1.
    pub fn defined_in_line(&self) -> Option<usize> {
        self.defined_at()?.rsplit_once(':')?.1.parse().ok()
    }

    /// What was started at that time and ended so by itself was a failed start.
    pub fn is_failed_start(&self, started_at: Timestamp, exit: &Exit) -> bool {
        exit.has_failed() && exit.at.since(started_at) < self.early_exit
    }

    /// A spec with every default, for `program` in `cwd`.
    pub fn new(name: ProcessName, program: Program, cwd: PathBuf) -> Self {
        Self {
            name,
            description: None,
            program,
            cwd,
            inherited: None,
            env: BTreeMap::new(),
            env_files: Vec::new(),
            autostart: true,
            restart: Restart::default(),
            stop: StopLadder::default(),
            tty: false,
            color: AskColor::Auto,
            unbuffered: true,
            early_exit: Duration::from_millis(100),
            time_limit: None,
            orphans: Orphans::Adopt,
            log: LogLimits::default(),
            source: None,
        }
    }
}

/// What is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Program {
    /// A program and its arguments, handed over as they are. Never empty.
    Command(Vec<String>),
    /// A line for the shell (`/bin/sh -c`, on Windows `cmd /C`).
    Shell(String),
}

impl Program {
    /// `command` or `shell`, the key under which it is configured.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Shell(_) => "shell",
        }
    }

    /// The same within so many bytes, each argument counted with one more, and `…` where it was cut; `None` where it is no longer.
    pub fn cut(&self, limit: usize) -> Option<Self> {
        let within = |text: &str, left: usize| format!("{}…", &text[..text.floor_char_boundary(left)]);
        match self {
            Self::Shell(line) => (line.len() > limit).then(|| Self::Shell(within(line, limit))),
            Self::Command(argv) => {
                let mut left = limit;
                let fits = |arg: &&String| left.checked_sub(arg.len() + 1).inspect(|rest| left = *rest).is_some();
                // Counted first: nearly all of them are within, and nothing is copied then.
                let whole = argv.iter().take_while(fits).count();
                let (whole, rest) = argv.split_at(whole);
                let next = rest.first()?;
                Some(Self::Command(whole.iter().cloned().chain([within(next, left)]).collect()))
            }
        }
    }

    /// What is executed in the end, program first.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Command(argv) => argv.clone(),
            Self::Shell(line) if cfg!(windows) => vec!["cmd".into(), "/C".into(), line.clone()],
            Self::Shell(line) => vec!["/bin/sh".into(), "-c".into(), line.clone()],
        }
    }
}

/// When a process is started again after it ended by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartWhen {
    /// Never.
    #[default]
    No,
    /// After any end but exit code 0.
    OnFailure,
    /// After any end.
    Always,
}

/// The restart policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// After which ends.
    pub when: RestartWhen,
    /// Wait before the first restart; it doubles with each further one.
    pub first_wait: Duration,
    /// The longest wait.
    pub max_wait: Duration,
    /// This long alive, and the count of restarts begins anew.
    pub healthy_after: Duration,
    /// This many restarts in a row without staying alive, and the process is failed. 0 means no limit.
    pub limit: u32,
}

impl Default for Restart {
    fn default() -> Self {
        Self {
            when: RestartWhen::No,
            first_wait: Duration::from_millis(200),
            max_wait: Duration::from_secs(30),
            healthy_after: Duration::from_secs(10),
            limit: 16,
        }
    }
}

impl Restart {
    /// The wait before restart number `attempt` (from 1) of a row: `first_wait` × 2^(attempt − 1), at most `max_wait`.
    pub fn wait(&self, attempt: u32) -> Duration {
        let factor = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_wait.saturating_mul(factor).min(self.max_wait)
    }
}

/// One stage of a stop: send `signal`, then wait so long for the tree to be gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopStage {
    /// Sent to the process group.
    pub signal: Signal,
    /// Until the next stage. After the last stage the tree is killed.
    pub wait: Duration,
}

/// The stages of a stop, in order. Never empty; it always ends in KILL, whatever is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StopLadder(Vec<StopStage>);

impl StopLadder {
    /// Makes a ladder of `stages`, with KILL added at the end where it is missing.
    pub fn new(mut stages: Vec<StopStage>) -> Self {
        if stages.last().is_none_or(|last| last.signal != Signal::Kill) {
            stages.push(StopStage { signal: Signal::Kill, wait: Duration::ZERO });
        }
        Self(stages)
    }

    /// The stages in order; the last one is KILL.
    pub fn stages(&self) -> &[StopStage] {
        &self.0
    }

    /// The longest a stop takes until KILL is sent.
    pub fn until_kill(&self) -> Duration {
        self.0.iter().take(self.0.len() - 1).map(|stage| stage.wait).sum()
    }
}

/// `TERM 10s, TERM 5s, KILL`.
impl fmt::Display for StopLadder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, StopStage { signal, wait }) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{signal}")?;
            if !wait.is_zero() {
                write!(f, " {}", Human(*wait))?;
            }
        }
        Ok(())
    }
}

impl Default for StopLadder {
    /// TERM and 10 s, TERM again and 5 s, KILL.
    fn default() -> Self {
        let term = |secs| StopStage { signal: Signal::Term, wait: Duration::from_secs(secs) };
        Self::new(vec![term(10), term(5)])
    }
}

/// What to do with processes whose keeper was killed: they run on, but nobody keeps their output or their exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Orphans {
    /// Show them as *unknown* and let them run until somebody stops them.
    #[default]
    Adopt,
    /// Stop them, then go on by the restart policy.
    Stop,
}

/// Whether a process is asked for colour, through the variables that programs heed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskColor {
    /// On pipes, where its own environment says nothing about colour.
    #[default]
    Auto,
    /// Whatever the inherited environment says, and on a terminal too.
    Always,
    /// It is asked for none.
    Never,
    /// Its environment stays as it is.
    Inherit,
}

/// What a spec that was written before a field existed means by its absence.
const fn yes() -> bool {
    true
}

/// How much output of a process is kept on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLimits {
    /// A segment is closed and a new one begun at this size, in bytes.
    pub segment_bytes: u64,
    /// Segments kept per run, the current one included; at least 1.
    pub segments: u32,
    /// Runs kept per process, the current one included; at least 1.
    pub runs: u32,
    /// How much all of them may take, and for how long.
    #[serde(default)]
    pub keep: Keep,
    /// What is not written any more is packed.
    #[serde(default)]
    pub compress: bool,
}

/// Limits of what is kept on disk; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Of all output, in bytes. What is being written is bounded by its segments, and goes last.
    pub total_bytes: Option<u64>,
    /// Since a run ended.
    pub max_age: Option<Duration>,
}

impl Keep {
    /// Whether there is a limit at all.
    pub const fn is_limited(&self) -> bool {
        self.total_bytes.is_some() || self.max_age.is_some()
    }
}

impl Default for LogLimits {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, segments: 4, runs: 10, keep: Keep::default(), compress: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_cut_where_it_must_be() {
        let command = |argv: &[&str]| Program::Command(argv.iter().map(ToString::to_string).collect());
        assert_eq!(command(&["echo", "abc"]).cut(9), None);
        assert_eq!(command(&["echo", "abcd", "e"]).cut(8), Some(command(&["echo", "abc…"])));
        assert_eq!(command(&["e"; 1000]).cut(5), Some(command(&["e", "e", "e…"])));
        assert_eq!(Program::Shell("ééé".into()).cut(5), Some(Program::Shell("éé…".into())));
        assert_eq!(Program::Shell("ééé".into()).cut(6), None);
    }

    #[test]
    fn back_off_doubles_up_to_its_cap() {
        let restart = Restart::default();
        let waits: Vec<_> = (1..=10).map(|n| restart.wait(n).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
        assert_eq!(restart.wait(u32::MAX), Duration::from_secs(30));
    }

    #[test]
    fn a_stop_is_polite_for_ten_seconds_and_for_five_and_then_it_kills() {
        let ladder = StopLadder::default();
        let stages: Vec<_> = ladder.stages().iter().map(|stage| (stage.signal, stage.wait.as_secs())).collect();
        assert_eq!(stages, [(Signal::Term, 10), (Signal::Term, 5), (Signal::Kill, 0)]);
    }

    #[test]
    fn every_ladder_ends_in_kill() {
        let int = StopStage { signal: Signal::Int, wait: Duration::from_secs(1) };
        let ladder = StopLadder::new(vec![int]);
        assert_eq!(ladder.stages().last().unwrap().signal, Signal::Kill);
        assert_eq!(ladder.until_kill(), Duration::from_secs(1));
        assert_eq!(StopLadder::new(vec![]).stages().len(), 1);
        assert_eq!(StopLadder::default().until_kill(), Duration::from_secs(15));
    }
}
