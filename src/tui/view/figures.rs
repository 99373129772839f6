//! Figures as short as a column allows.

use std::time::Duration;

/// Bytes in at most five cells: `0`, `812K`, `9.4M`, `310M`, `1.1G`.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 6] = ["", "K", "M", "G", "T", "P"];
    scaled(value, 1024.0, &UNITS)
}

/// The same where it stands alone and is not read down a column: a bare number would be a number of what?
pub fn size(value: u64) -> String {
    let text = bytes(value);
    if text.ends_with(|last: char| last.is_ascii_digit()) { format!("{text} B") } else { text }
}

/// `1 line`, `48,211 lines`.
pub fn lines(count: u64) -> String {
    format!("{} line{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// A number in at most four cells: `0`, `999`, `1.2k`, `48k`, `3.4M`.
pub fn short(value: u64) -> String {
    const UNITS: [&str; 5] = ["", "k", "M", "G", "T"];
    scaled(value, 1000.0, &UNITS)
}

fn scaled(value: u64, base: f64, units: &[&str]) -> String {
    let mut scaled = value as f64;
    let mut unit = 0;
    while scaled >= 999.5 && unit + 1 < units.len() {
        scaled /= base;
        unit += 1;
    }
    if unit == 0 || scaled >= 9.95 {
        format!("{scaled:.0}{}", units[unit])
    } else {
        format!("{scaled:.1}{}", units[unit])
    }
}

/// Percent in at most five cells: `0.0`, `38.4`, `142`, `12k`.
pub fn percent(value: f32) -> String {
    if value >= 9999.5 {
        format!("{:.0}k", value / 1000.0)
    } else if value >= 99.95 {
        format!("{value:.0}")
    } else {
        format!("{:.1}", value.max(0.0))
    }
}

/// A length of time in at most four cells: `2s`, `18m`, `2h`, `41d`.
pub fn age(length: Duration) -> String {
    let secs = length.as_secs();
    match secs {
        0..=59 => format!("{secs}s"),
        60..=3599 => format!("{}m", secs / 60),
        3600..=86_399 => format!("{}h", secs / 3600),
        _days => format!("{}d", secs / 86_400),
    }
}

/// Time left: tenths below ten seconds.
pub fn countdown(left: Duration) -> String {
    let tenths = left.as_millis().div_ceil(100);
    if tenths < 100 {
        format!("{}.{}s", tenths / 10, tenths % 10)
    } else {
        age(Duration::from_millis(tenths as u64 * 100))
    }
}

/// A number with thousands marked: `48,211`.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let sizes = [0, 812, 999, 1000, 9_900_000, 325_000_000, 1_200_000_000, u64::MAX];
        assert_eq!(sizes.map(bytes), ["0", "812", "999", "1.0K", "9.4M", "310M", "1.1G", "16384P"]);
        assert_eq!([0.0, 38.44, 99.96, 1420.0, 12_345.0].map(percent), ["0.0", "38.4", "100", "1420", "12k"]);
        assert_eq!([0, 999, 1200, 48_211, 3_400_000].map(short), ["0", "999", "1.2k", "48k", "3.4M"]);
        assert_eq!([2, 1100, 7300, 3_600_000].map(|secs| age(Duration::from_secs(secs))), ["2s", "18m", "2h", "41d"]);
        assert_eq!([5040, 9990, 62_000].map(|ms| countdown(Duration::from_millis(ms))), ["5.1s", "10s", "1m"]);
        assert_eq!([0, 63, 999, 1000].map(size), ["0 B", "63 B", "999 B", "1.0K"]);
        assert_eq!([0, 1, 1234].map(lines), ["0 lines", "1 line", "1,234 lines"]);
        assert_eq!([7, 999, 48_211, 1_000_000].map(thousands), ["7", "999", "48,211", "1,000,000"]);
    }
}
