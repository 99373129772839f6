//! Where keepers do not exist yet: no children, no signals.

use crate::domain::{ExitStatus, Signal};

/// A process below us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// Its pid.
    pub pid: u32,
    /// Its parent.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// When it started.
    pub start: u64,
}

/// The answer of one look at the dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaped {
    /// This one ended so.
    One(u32, ExitStatus),
    /// Children live, none is dead.
    NoneDead,
    /// There are no children.
    NoChildren,
}

/// There are no children.
pub const fn reap() -> Reaped {
    Reaped::NoChildren
}

/// Reaches nobody.
pub const fn signal_group(_group: u32, _signal: Signal) -> bool {
    false
}

/// Reaches nobody.
pub const fn signal_child(_pid: u32, _signal: Signal) -> bool {
    false
}

/// Reaches nobody.
pub const fn signal_relative(_relative: &Relative, _signal: Signal) -> bool {
    false
}

/// Nobody.
pub fn each_child(_met: impl FnMut(u32)) {}

/// Nobody.
pub const fn descendants() -> Vec<Relative> {
    Vec::new()
}

/// Not known.
pub const fn start_ticks(_pid: u32) -> Option<u64> {
    None
}
