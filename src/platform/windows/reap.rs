//! Where keepers do not exist yet: no children, no signals.

use crate::domain::Signal;
use crate::platform::reap::{Reaped, Relative};

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

/// Nobody.
pub const fn adrift(_main: u32) -> Vec<Relative> {
    Vec::new()
}

/// It does not.
pub const fn lives_on(_main: u32) -> bool {
    false
}

/// Not known.
pub const fn start_ticks(_pid: u32) -> Option<u64> {
    None
}
