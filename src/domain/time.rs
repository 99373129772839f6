//! Points in time as plain numbers, so that the middle of the house needs no clock.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch.
///
/// Inside the supervisor it advances monotonically (wall time at start plus elapsed time), so deadlines survive a
/// changed system clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(length.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// Shows a length of time the way people write it in `pm.toml`: `350ms`, `4s`, `2m 5s`, `3h 10m`, `2d 4h`.
#[derive(Clone, Copy, Debug)]
pub struct Human(pub Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let secs = self.0.as_secs();
        match secs {
            0 => write!(f, "{millis}ms"),
            1..=9 if millis % 1000 >= 100 => write!(f, "{secs}.{}s", millis % 1000 / 100),
            1..=59 => write!(f, "{secs}s"),
            60..=3599 => pair(f, secs / 60, 'm', secs % 60, 's'),
            3600..=86_399 => pair(f, secs / 3600, 'h', secs % 3600 / 60, 'm'),
            _ => pair(f, secs / 86_400, 'd', secs % 86_400 / 3600, 'h'),
        }
    }
}

fn pair(f: &mut fmt::Formatter<'_>, big: u64, big_unit: char, small: u64, small_unit: char) -> fmt::Result {
    if small == 0 { write!(f, "{big}{big_unit}") } else { write!(f, "{big}{big_unit} {small}{small_unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_write_them() {
        let shown = |millis| Human(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(350), "350ms");
        assert_eq!(shown(4_000), "4s");
        assert_eq!(shown(4_250), "4.2s");
        assert_eq!(shown(125_000), "2m 5s");
        assert_eq!(shown(120_000), "2m");
        assert_eq!(shown(11_400_000), "3h 10m");
        assert_eq!(shown(187_200_000), "2d 4h");
    }

    #[test]
    fn since_never_goes_below_zero() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert_eq!(Timestamp(9).since(Timestamp(5)), Duration::from_millis(4));
    }
}
