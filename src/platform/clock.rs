//! What time it is, and which boot of the machine this is. The only place that reads the system clock for records.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::domain::Timestamp;

#[cfg(not(target_os = "linux"))]
use super::elsewhere::identity::started_at as system_started_at;
#[cfg(target_os = "linux")]
use super::linux::identity::started_at as system_started_at;
#[cfg(unix)]
use super::unix::boot::read_boot_id;
#[cfg(windows)]
use super::windows::boot::read_boot_id;

/// The wall clock.
pub fn now() -> Timestamp {
    let elapsed = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// The wall is followed when it is ahead by more than this.
const LEAP: Duration = Duration::from_secs(1);

/// The time of day as it advances steadily: never back, and on only where the wall is ahead by far, because the machine slept or
/// its clock was set. Follows tokio's clock, so paused tests control it.
#[derive(Debug)]
pub struct Clock {
    wall: Timestamp,
    instant: Instant,
    /// By how much the wall has gone ahead of elapsed time, in milliseconds.
    ahead: AtomicU64,
}

impl Clock {
    /// A clock that agrees with the wall now.
    pub fn start() -> Self {
        Self { wall: now(), instant: Instant::now(), ahead: AtomicU64::new(0) }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.follow(self.wall + self.instant.elapsed(), now())
    }

    fn follow(&self, elapsed: Timestamp, wall: Timestamp) -> Timestamp {
        let steady = elapsed + Duration::from_millis(self.ahead.load(Ordering::Relaxed));
        if wall <= steady + LEAP {
            return steady;
        }
        let ahead = wall.since(elapsed).as_millis();
        self.ahead.fetch_max(u64::try_from(ahead).unwrap_or(u64::MAX), Ordering::Relaxed);
        wall
    }

    /// The instant at which this clock will show `at`.
    pub fn instant(&self, at: Timestamp) -> Instant {
        Instant::now() + at.since(self.now())
    }
}

/// When a process started that says so in the unit of [`super::identity::Identity::start_ticks`]. Exact to 10 ms on
/// Linux, to a second elsewhere.
pub fn started_at(start_ticks: u64) -> Timestamp {
    system_started_at(start_ticks, now())
}

/// Identifies this boot of the machine, so that a pid written down before a reboot is not mistaken for a live one.
/// Empty where the system does not say.
pub fn boot_id() -> &'static str {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    BOOT_ID.get_or_init(read_boot_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_in_this_century() {
        assert!(now() > Timestamp(1_700_000_000_000));
    }

    #[test]
    fn a_clock_follows_the_wall_ahead_and_never_goes_back() {
        let clock = Clock { wall: Timestamp(1_000_000), instant: Instant::now(), ahead: AtomicU64::new(0) };
        let follow = |elapsed, wall| clock.follow(Timestamp(elapsed), Timestamp(wall)).0;
        assert_eq!(follow(1_000_500, 1_001_500), 1_000_500, "a small step is none");
        assert_eq!(follow(1_001_000, 400_000), 1_001_000, "set back");
        assert_eq!(follow(1_002_000, 4_602_000), 4_602_000, "an hour asleep");
        assert_eq!(follow(1_003_000, 4_603_000), 4_603_000);
        assert_eq!(follow(1_004_000, 1_004_000), 4_604_000, "set back once more");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_knows_its_boot() {
        assert_eq!(boot_id().len(), 36);
    }
}
