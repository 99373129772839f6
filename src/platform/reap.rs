//! What only the parent of a tree may do: collect its dead and signal its living.
//!
//! No pid is signalled that is not provably ours at that moment: a direct child cannot lose its pid before it is reaped here, and
//! anything further down is held by a pidfd while its line of parents is looked at. Called by the keeper.

use crate::domain::ExitStatus;

#[cfg(unix)]
use super::unix::reap as system;
#[cfg(windows)]
use super::windows::reap as system;

pub use system::{
    adrift, descendants, each_child, lives_on, reap, signal_child, signal_group, signal_relative, start_ticks,
};

/// A process below us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Its pid.
    pub pid: u32,
    /// Its parent when it was looked at.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// When it started: in clock ticks since boot on Linux, in microseconds since the epoch elsewhere.
    pub start: u64,
}

/// The answer of one look at the dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaped {
    /// This one ended so, and its pid is free again.
    One(u32, ExitStatus),
    /// Children live, none is dead.
    NoneDead,
    /// There are no children. Nothing is left of the tree then, unless its group [`lives_on`].
    NoChildren,
}
