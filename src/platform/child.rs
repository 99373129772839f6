//! Starts the program of a run in a session of its own, with nothing inherited that it was not given. Called by the keeper.

use super::poll::Fd;
#[cfg(unix)]
use super::unix::child as system;
#[cfg(windows)]
use super::windows::child as system;

pub use system::spawn;

/// What to start.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    /// The program: absolute, or relative to `cwd`. No search is made.
    pub program: &'a str,
    /// Arguments, the first being the name it is called by.
    pub argv: &'a [&'a str],
    /// The whole environment, as `KEY=value`.
    pub env: &'a [&'a str],
    /// Where.
    pub cwd: &'a str,
    /// Its umask.
    pub umask: u32,
    /// Its soft limit of open files; 0 leaves it as it is.
    pub open_files: u64,
    /// The size of its terminal, if it gets one.
    pub tty: Option<(u16, u16)>,
}

/// A child that runs its program.
#[derive(Debug)]
pub struct Spawned {
    /// Its pid, also that of its process group and session.
    pub pid: u32,
    /// Our ends.
    pub ends: Ends,
}

/// Our ends of what the child reads and writes. All non-blocking.
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
    Terminal {
        /// Our side.
        master: Fd,
        /// The child's side once more. While it is open, a child that closes its own has not lost its terminal, and can open
        /// it again. So the terminal does not end by itself; it is let go when nothing is left of the run.
        slave: Fd,
    },
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
