//! The supervisor's clock: wall time at its start plus elapsed time, so that it never jumps.

use tokio::time::Instant;

use crate::domain::Timestamp;
use crate::platform;

/// Turns elapsed time into points in time and back. Follows tokio's clock, so paused tests control it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Timestamp,
    instant: Instant,
}

impl Clock {
    /// A clock that agrees with the wall now.
    pub fn start() -> Self {
        Self { wall: platform::clock::now(), instant: Instant::now() }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.wall + self.instant.elapsed()
    }

    /// The instant at which this clock will show `at`.
    pub fn instant(&self, at: Timestamp) -> Instant {
        self.instant + at.since(self.wall)
    }
}
