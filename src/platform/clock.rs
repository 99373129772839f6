//! What time it is, and which boot of the machine this is. The only place that reads the system clock for records.

use std::sync::OnceLock;
use std::time::SystemTime;

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
    #[cfg(target_os = "linux")]
    fn linux_knows_its_boot() {
        assert_eq!(boot_id().len(), 36);
    }
}
