//! What a person types to go somewhere in a log: `50%`, `14:03`, `-5m`, `+30s`, `1234`. Pure: the time is handed in.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp as Instant};

use crate::domain::{RunNo, Timestamp};

use super::page::Target;

/// From where the typed text counts.
#[derive(Clone, Debug)]
pub struct Here {
    /// The time it is.
    pub now: Timestamp,
    /// In which times of day are written.
    pub zone: TimeZone,
    /// The run in view.
    pub run: RunNo,
    /// The time of the line in view.
    pub line: Option<Timestamp>,
}

/// What may be typed, for who typed something else.
pub const FORMS: &str = "50%  14:03  14:03:20  -5m (before now)  +30s (from here)  1234 (line)";

/// What `text` means.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str, here: &Here) -> Result<Target, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("nothing to go to; {FORMS}"));
    }
    if let Some(number) = text.strip_suffix('%') {
        return match number.trim().parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Target::Percent(percent)),
            Ok(_) | Err(_) => Err(format!("{text} is not between 0% and 100%")),
        };
    }
    let digits = text.replace([',', '_'], "");
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return match digits.parse() {
            Ok(number) if number > 0 => Ok(Target::Line(here.run, number)),
            Ok(_) | Err(_) => Err("lines are counted from 1".to_owned()),
        };
    }
    time(text, here).map(Target::Time)
}

fn time(text: &str, here: &Here) -> Result<Timestamp, String> {
    if let Some(ago) = text.strip_prefix('-') {
        return Ok(Timestamp(here.now.0.saturating_sub(length(ago)?)));
    }
    if let Some(later) = text.strip_prefix('+') {
        let line = here.line.ok_or("the line in view has no time to count from; -5m counts from now")?;
        return Ok(Timestamp(line.0 + length(later)?));
    }
    let unknown = || format!("{text:?} is not understood; {FORMS}");
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(Timestamp(instant.as_millisecond().max(0) as u64));
    }
    if let Ok(moment) = text.parse::<DateTime>() {
        return in_zone(moment, here).ok_or_else(unknown);
    }
    // Ten past nine without the zero is as clear.
    let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
    let clock: Time = padded.parse().map_err(|_unread| unknown())?;
    let now = Instant::from_millisecond(here.now.0 as i64).map_err(|_out_of_range| unknown())?;
    let today = now.to_zoned(here.zone.clone()).date();
    let at = in_zone(today.to_datetime(clock), here).ok_or_else(unknown)?;
    if at <= here.now {
        return Ok(at);
    }
    // A time that is still to come was meant for yesterday.
    let yesterday = today.yesterday().map_err(|_out_of_range| unknown())?;
    in_zone(yesterday.to_datetime(clock), here).ok_or_else(unknown)
}

fn in_zone(moment: DateTime, here: &Here) -> Option<Timestamp> {
    let zoned = moment.to_zoned(here.zone.clone()).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond().max(0) as u64))
}

/// Milliseconds of a length such as `5m` or `1h30m`.
fn length(text: &str) -> Result<u64, String> {
    let length: SignedDuration =
        text.trim().parse().map_err(|_unread| format!("{text:?} is no length of time; write 30s, 5m or 1h30m"))?;
    u64::try_from(length.as_millis()).map_err(|_negative| format!("{text:?} is no length of time"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture::{NOW, ago};

    fn go(text: &str) -> Result<Target, String> {
        parse(text, &Here { now: NOW, zone: TimeZone::UTC, run: RunNo(3), line: Some(ago(600)) })
    }

    #[test]
    fn all_the_forms_a_person_types() {
        let at = |secs| Ok(Target::Time(ago(secs)));
        let cases = [
            ("50%", Ok(Target::Percent(50.0))),
            (" 99.5 % ", Ok(Target::Percent(99.5))),
            ("1,234", Ok(Target::Line(RunNo(3), 1234))),
            ("-5m", at(300)),
            ("-1h30m", at(5400)),
            ("+30s", at(570)),
            ("14:02", at(31)),
            ("14:02:31", at(0)),
            ("9:00", at(5 * 3600 + 2 * 60 + 31)),
            ("14:03", at(24 * 3600 - 29)),
            ("2026-11-20 14:00", at(151)),
            ("2026-11-20T14:00:00Z", at(151)),
        ];
        for (text, expected) in cases {
            assert_eq!(go(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_answered_with_what_is() {
        for text in ["", "101%", "-5 x", "noon", "25:00", "0", "-", "+", "-%", "１２"] {
            let error = go(text).unwrap_err();
            assert!(error.len() > 10, "{text}: {error}");
        }
        assert!(go("noon").unwrap_err().contains("14:03"));
    }
}
