//! Points in time as people write them when they look for a place in a log: `14:03`, `2026-11-20T14:03`, `-5m`, `5m ago`.
//!
//! Knows no clock: what time it is, and where, comes in. Used by `pm logs --since` and the dashboard's *go to time*.

use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::friendly::SpanParser;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, SpanRelativeTo, Zoned};

use crate::domain::Timestamp;

/// Not a point in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is no point in time: write a time of day (14:03, 14:03:07), a date (2026-11-20, 2026-11-20T14:03) or how long \
     ago (-5m, \"2h ago\")"
)]
pub struct TimeError {
    /// What was written.
    pub text: String,
}

/// The point in time `text` means now, in this time zone.
///
/// A time of day is the last one that was; a date without a time is its midnight; a length of time is so long ago, with or
/// without a minus or *ago*. `now`, `today` and `yesterday` are understood too.
///
/// # Errors
/// It is none of these.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, TimeError> {
    let fault = || TimeError { text: text.to_owned() };
    let here = zoned(now, zone).ok_or_else(fault)?;
    let word = text.trim();
    // With a zone of its own it needs none of ours.
    if let Ok(instant) = word.parse::<jiff::Timestamp>() {
        return point(instant).ok_or_else(fault);
    }
    if let Some(length) = length_ago(word) {
        return Ok(Timestamp(now.millis().saturating_sub(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))));
    }
    if let Some(time) = time_of_day(word) {
        return last_time_of_day(&here, time).ok_or_else(fault);
    }
    let date = match word {
        "now" => return Ok(now),
        "today" => Some(here.date()),
        "yesterday" => here.date().yesterday().ok(),
        _ => word.parse::<Date>().ok().filter(|_| !word.contains(':')),
    };
    let local = match date {
        Some(date) => date.to_datetime(Time::midnight()),
        None => word.parse::<DateTime>().map_err(|_| fault())?,
    };
    local.to_zoned(zone.clone()).ok().and_then(|zoned| point(zoned.timestamp())).ok_or_else(fault)
}

/// The two ends of a stretch of time, either of which may be open.
///
/// An end that is a time of day belongs to the beginning before it: of `23:50` to `0:10`, the latter is on the next day.
///
/// # Errors
/// One of them is no point in time.
pub fn parse_range(
    since: Option<&str>,
    until: Option<&str>,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(Option<Timestamp>, Option<Timestamp>), TimeError> {
    let begin = since.map(|text| parse(text, now, zone)).transpose()?;
    let mut end = until.map(|text| parse(text, now, zone)).transpose()?;
    let is_time_of_day = until.is_some_and(|text| time_of_day(text.trim()).is_some());
    if let (Some(from), Some(to)) = (begin, end)
        && to < from
        && is_time_of_day
    {
        end = zoned(to, zone).and_then(|to| to.tomorrow().ok()).and_then(|to| point(to.timestamp())).or(end);
    }
    Ok((begin, end))
}

fn zoned(time: Timestamp, zone: &TimeZone) -> Option<Zoned> {
    Some(jiff::Timestamp::from_millisecond(i64::try_from(time.millis()).ok()?).ok()?.to_zoned(zone.clone()))
}

/// What was before 1970 is as good as the beginning.
fn point(instant: jiff::Timestamp) -> Option<Timestamp> {
    u64::try_from(instant.as_millisecond().max(0)).ok().map(Timestamp)
}

/// `14:03`, `4:03`, `14:03:07`, `14:03:07.5`.
fn time_of_day(word: &str) -> Option<Time> {
    let hour = word.split_once(':')?.0;
    if hour.is_empty() || !hour.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let padded = if hour.len() == 1 { format!("0{word}") } else { word.to_owned() };
    padded.parse().ok()
}

fn last_time_of_day(here: &Zoned, time: Time) -> Option<Timestamp> {
    let on = |date: Date| date.to_datetime(time).to_zoned(here.time_zone().clone()).ok();
    let today = on(here.date())?;
    let last = if today.timestamp() > here.timestamp() { on(here.date().yesterday().ok()?)? } else { today };
    point(last.timestamp())
}

fn length_ago(word: &str) -> Option<Duration> {
    let word = word.strip_prefix('-').unwrap_or(word).trim_start();
    let word = word.strip_suffix("ago").map_or(word, str::trim_end);
    let begins_well = word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(|c: char| c.is_alphabetic());
    if !begins_well {
        return None;
    }
    let parser = SpanParser::new();
    let signed: SignedDuration = parser.parse_span(word).ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(signed).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 14:30:00 in a zone two hours ahead.
    fn here() -> (Timestamp, TimeZone) {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let now: jiff::Timestamp = "2026-11-20T12:30:00Z".parse().unwrap();
        (Timestamp(now.as_millisecond() as u64), zone)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (now, zone) = here();
        let found = parse(text, now, &zone).unwrap();
        let expected: jiff::Timestamp = expected.parse().unwrap();
        assert_eq!(found.millis() as i64, expected.as_millisecond(), "{text}: {found:?}");
    }

    #[test]
    fn times_of_day_are_the_last_ones() {
        check("14:03", "2026-11-20T12:03:00Z");
        check(" 14:03:07 ", "2026-11-20T12:03:07Z");
        check("14:03:07.250", "2026-11-20T12:03:07.250Z");
        check("9:05", "2026-11-20T07:05:00Z");
        check("14:30", "2026-11-20T12:30:00Z");
        check("14:31", "2026-11-19T12:31:00Z");
        check("0:00", "2026-11-19T22:00:00Z");
    }

    #[test]
    fn dates() {
        check("2026-11-20T14:03", "2026-11-20T12:03:00Z");
        check("2026-11-20 14:03:07", "2026-11-20T12:03:07Z");
        check("2026-11-20T14:03:07Z", "2026-11-20T14:03:07Z");
        check("2026-11-20T14:03:07-05:00", "2026-11-20T19:03:07Z");
        check("2026-11-18", "2026-11-17T22:00:00Z");
        check("today", "2026-11-19T22:00:00Z");
        check("yesterday", "2026-11-18T22:00:00Z");
        check("now", "2026-11-20T12:30:00Z");
        check("1960-01-01", "1970-01-01T00:00:00Z");
    }

    #[test]
    fn lengths_of_time_are_ago() {
        for text in ["-5m", "5m", "5m ago", "5 minutes ago", "-300s", "- 5m"] {
            check(text, "2026-11-20T12:25:00Z");
        }
        check("1h30m", "2026-11-20T11:00:00Z");
        check("2 days ago", "2026-11-18T12:30:00Z");
        check("999999h", "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_none_says_what_would_be() {
        let (now, zone) = here();
        for text in ["", "soon", "25:00", "14:03x", "5", "-5", "2026-13-01", "m", ":03", "14:", "-14:03"] {
            let fault = parse(text, now, &zone).unwrap_err();
            assert!(fault.to_string().starts_with(&format!("\"{text}\" is no point in time: write")), "{fault}");
        }
    }

    #[test]
    fn a_range_may_go_over_midnight() {
        let (now, zone) = here();
        let range = |since, until| {
            let (since, until) = parse_range(since, until, now, &zone).unwrap();
            let shown = |time: Timestamp| jiff::Timestamp::from_millisecond(time.millis() as i64).unwrap().to_string();
            (since.map(shown), until.map(shown))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(range(Some("23:50"), Some("0:10")), (some("2026-11-19T21:50:00Z"), some("2026-11-19T22:10:00Z")));
        assert_eq!(range(Some("13:00"), Some("15:00")), (some("2026-11-20T11:00:00Z"), some("2026-11-20T13:00:00Z")));
        assert_eq!(range(None, Some("-5m")), (None, some("2026-11-20T12:25:00Z")));
        assert!(parse_range(Some("x"), None, now, &zone).is_err());
    }
}
