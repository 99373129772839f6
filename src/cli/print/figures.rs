//! Numbers as people read them: sizes, shares, lengths and points of time.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::Timestamp;
use crate::domain::time::Human;

/// A size: `0B`, `512K`, `12.3M`, `1.5G`; binary units.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["B", "K", "M", "G", "T", "P"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 || value >= 99.95 {
        format!("{value:.0}{}", UNITS[unit])
    } else {
        format!("{value:.1}{}", UNITS[unit])
    }
}

/// A share in percent: one decimal below ten, none above.
pub fn percent(value: f32) -> String {
    if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// So many of something whose plural takes an s, or an es behind an s: `1 line`, `2 processes`.
pub fn count(n: impl Into<u64>, of_what: &str) -> String {
    match (n.into(), of_what.ends_with('s')) {
        (1, _) => format!("1 {of_what}"),
        (n, true) => format!("{n} {of_what}es"),
        (n, false) => format!("{n} {of_what}s"),
    }
}

/// A length of time.
pub fn length(length: Duration) -> String {
    Human(length).to_string()
}

/// A time of day with milliseconds, with the date before it when that is not `today`'s.
pub fn clock(at: Timestamp, today: Timestamp, zone: &TimeZone) -> String {
    let zoned = |at: Timestamp| {
        jiff::Timestamp::from_millisecond(at.millis() as i64).unwrap_or_default().to_zoned(zone.clone())
    };
    let (at, today) = (zoned(at), zoned(today));
    if at.date() == today.date() {
        at.strftime("%H:%M:%S%.3f").to_string()
    } else {
        at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_at_most() {
        let table = [
            (0, "0B"),
            (999, "999B"),
            (1024, "1.0K"),
            (500 << 10, "500K"),
            (123 << 20, "123M"),
            (1536 << 20, "1.5G"),
            (u64::MAX, "16384P"),
        ];
        for (bytes, text) in table {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([0_u64, 1, 2].map(|n| count(n, "line")), ["0 lines", "1 line", "2 lines"]);
        assert_eq!([1_u64, 3].map(|n| count(n, "process")), ["1 process", "3 processes"]);
    }

    #[test]
    fn the_date_is_told_when_it_is_another() {
        let noon = Timestamp(1_700_000_000_000);
        assert_eq!(clock(noon, noon, &TimeZone::UTC), "22:13:20.000");
        assert_eq!(clock(noon, Timestamp(1_800_000_000_000), &TimeZone::UTC), "2023-11-14 22:13:20.000");
    }
}
