//! Points in time as people type them: `10m` ago, `14:03`, `2026-11-20 14:03:07`.
//!
//! Pure: what time it is now is told by the caller. Used by the command line and wherever a log is entered by time.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, SpanRelativeTo, Zoned};

use crate::domain::Timestamp;

/// Why a text is no point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no time; write 10m (ago), 14:03, 14:03:07, 2026-11-20, 2026-11-20T14:03 or 2026-11-20T14:03:07Z")]
pub struct MomentError {
    text: String,
}

/// The point in time that `text` means at `now`, in the zone of `now`.
///
/// A length of time, with or without a minus in front, is so long ago; a time of day is the last time the clock showed it; a
/// date is its midnight; a date and a time stand for themselves, and are in UTC or another zone when they say so.
///
/// # Errors
/// The text is none of these.
pub fn parse(text: &str, now: &Zoned) -> Result<Timestamp, MomentError> {
    let text = text.trim();
    let error = || MomentError { text: text.to_owned() };
    let found = word(text, now).or_else(|| absolute(text, now)).or_else(|| clock(text, now)).or_else(|| ago(text, now));
    let millis = found.ok_or_else(error)?.timestamp().as_millisecond();
    u64::try_from(millis).map(Timestamp).map_err(|_| error())
}

fn word(text: &str, now: &Zoned) -> Option<Zoned> {
    match text {
        "now" => Some(now.clone()),
        "today" => now.start_of_day().ok(),
        "yesterday" => now.yesterday().ok()?.start_of_day().ok(),
        _ => None,
    }
}

fn absolute(text: &str, now: &Zoned) -> Option<Zoned> {
    let zone = || now.time_zone().clone();
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds: f64 = seconds.parse().ok()?;
        return Some(jiff::Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()?.to_zoned(zone()));
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.to_zoned(zone()));
    }
    // A text that begins with four digits and a dash is a date; jiff would also take `1403` for a time.
    text.get(4..5).filter(|dash| *dash == "-")?;
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0))).ok()?;
    civil.to_zoned(zone()).ok()
}

/// The last time the clock showed this.
fn clock(text: &str, now: &Zoned) -> Option<Zoned> {
    let time: Time = text.contains(':').then(|| text.parse().ok()).flatten()?;
    let today = now.date().to_datetime(time).to_zoned(now.time_zone().clone()).ok()?;
    if today <= *now {
        return Some(today);
    }
    now.date().yesterday().ok()?.to_datetime(time).to_zoned(now.time_zone().clone()).ok()
}

fn ago(text: &str, now: &Zoned) -> Option<Zoned> {
    let length = text.strip_suffix("ago").unwrap_or(text).trim().trim_start_matches('-');
    let span: Span = length.parse().ok()?;
    let length: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    now.checked_sub(length).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<String> {
        let now: Zoned = "2026-11-20T14:30:00+01:00[Europe/Paris]".parse().unwrap();
        let at = parse(text, &now).ok()?;
        Some(jiff::Timestamp::from_millisecond(at.0 as i64).unwrap().to_string())
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let table = [
            ("now", "2026-11-20T13:30:00Z"),
            ("10m", "2026-11-20T13:20:00Z"),
            ("-5m", "2026-11-20T13:25:00Z"),
            ("1h30m", "2026-11-20T12:00:00Z"),
            ("1h 30m ago", "2026-11-20T12:00:00Z"),
            ("90s", "2026-11-20T13:28:30Z"),
            ("500ms", "2026-11-20T13:29:59.5Z"),
            ("2 days", "2026-11-18T13:30:00Z"),
            ("14:03", "2026-11-20T13:03:00Z"),
            ("14:03:07.250", "2026-11-20T13:03:07.25Z"),
            // Later than now: yesterday's.
            ("23:00", "2026-11-19T22:00:00Z"),
            ("today", "2026-11-19T23:00:00Z"),
            ("yesterday", "2026-11-18T23:00:00Z"),
            ("2026-11-20", "2026-11-19T23:00:00Z"),
            ("2026-11-20T14:03", "2026-11-20T13:03:00Z"),
            ("2026-11-20 14:03:07", "2026-11-20T13:03:07Z"),
            ("2026-11-20T14:03:07Z", "2026-11-20T14:03:07Z"),
            ("2026-11-20T14:03:07+02:00", "2026-11-20T12:03:07Z"),
            ("@1763650800", "2025-11-20T15:00:00Z"),
        ];
        for (text, expected) in table {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for wrong in ["", "soon", "10", "25:00", "2026-13-01", "-", "1 parsec", "99999999d"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
