//! Descriptors that are waited for with `poll`, and a read buffer that goes back to the system. Called by the keeper.
//!
//! Knows nothing of what flows through a descriptor.

use std::io;

#[cfg(unix)]
use super::unix::poll as system;
#[cfg(windows)]
use super::windows::poll as system;

pub use system::{Buffer, Fd, Watch};

/// What a descriptor is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Bytes or the end.
    Read,
    /// Room.
    Write,
    /// Either.
    Both,
}

/// What a descriptor is ready for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    /// Bytes, the end, or an error: read to find out.
    pub read: bool,
    /// Room.
    pub write: bool,
}

/// Milliseconds and microseconds of a clock that only goes forward, and the wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Microseconds of the forward clock.
    pub steady_us: u64,
    /// Milliseconds since the epoch.
    pub wall_ms: u64,
}

impl Now {
    /// Both clocks now.
    pub fn read() -> Self {
        system::now()
    }

    /// Milliseconds of the forward clock.
    pub const fn steady_ms(self) -> u64 {
        self.steady_us / 1000
    }
}

/// The error says: not now, try again when `poll` says so.
pub fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}
