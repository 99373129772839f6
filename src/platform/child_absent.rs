//! Where keepers do not exist yet: every start is refused.

use super::poll::Fd;

/// What to start.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The program.
    pub program: &'a str,
    /// Arguments, the first being the name it is called by.
    pub argv: &'a [&'a str],
    /// The whole environment, as `KEY=value`.
    pub env: &'a [&'a str],
    /// Where.
    pub cwd: &'a str,
    /// Its umask.
    pub umask: u32,
    /// Its soft limit of open files.
    pub open_files: u64,
    /// The size of its terminal, if it gets one.
    pub tty: Option<(u16, u16)>,
}

/// A child that runs its program.
#[derive(Debug)]
pub struct Spawned {
    /// Its pid.
    pub pid: u32,
    /// Our ends.
    pub ends: Ends,
}

/// Our ends of what the child reads and writes.
#[derive(Debug)]
pub enum Ends {
    /// Three pipes.
    Pipes {
        /// To its standard input.
        stdin: Fd,
        /// From its standard output.
        stdout: Fd,
        /// From its standard error.
        stderr: Fd,
    },
    /// One terminal.
    Terminal(Fd),
}

/// The step at which a start failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedAt {
    /// Arguments or environment hold a NUL byte.
    Text,
    /// No pipe or terminal could be had.
    Ends,
    /// No process could be had.
    Fork,
    /// The directory cannot be entered.
    Cwd,
    /// The program cannot be executed.
    Exec,
}

/// Why a start failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Where.
    pub at: FailedAt,
    /// The system's error number.
    pub errno: i32,
}

/// Always refused.
pub const fn spawn(_plan: &Plan<'_>) -> Result<Spawned, Failed> {
    Err(Failed { at: FailedAt::Fork, errno: 0 })
}
