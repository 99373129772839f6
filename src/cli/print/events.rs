//! One line of the event log for a person.

use jiff::tz::TimeZone;

use super::{Paint, Tone, clean, figures};
use crate::domain::Timestamp;
use crate::wire::events::EventLine;

/// `12:00:01.250  api#3  running → failed: exit 7  (itself)`.
pub fn line(paint: Paint, event: &EventLine<'_>, today: Timestamp, zone: &TimeZone) -> String {
    let at = event.time.parse::<jiff::Timestamp>().map_or_else(
        |_| clean(&event.time).into_owned(),
        |at| figures::clock(Timestamp(at.as_millisecond().max(0) as u64), today, zone),
    );
    let quiet = |text: String| paint.text(Tone::Quiet, text);
    let cause = quiet(format!("({})", clean(&event.cause)));
    format!("{}  {}  {}  {cause}", quiet(at), subject(event), sentence(paint, event))
}

/// What happened, without when and why.
pub fn sentence(paint: Paint, event: &EventLine<'_>) -> String {
    paint.text(tone(event), clean(&event.text))
}

fn subject(event: &EventLine<'_>) -> String {
    match (&event.process, event.run) {
        (Some(name), Some(no)) => format!("{}#{no}", clean(name)),
        (Some(name), None) => clean(name).into_owned(),
        (None, _) => "pm".to_owned(),
    }
}

fn tone(event: &EventLine<'_>) -> Tone {
    match (event.to, event.event.as_ref()) {
        (Some(to), _) => to.into(),
        (None, "stuck" | "log_lost" | "refused") => Tone::Bad,
        (None, "stage_entered") => Tone::Changing,
        (None, _) => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, Event, PhaseWord, ProcessName, RunId, RunNo, What};

    #[test]
    fn a_line_names_time_run_and_cause_and_obeys_no_control_character() {
        let what =
            What::Changed { from: PhaseWord::Running, to: PhaseWord::Failed, why: Some("exit 7: \x1b[2Jgone".into()) };
        let event = Event {
            seq: 1,
            at: Timestamp(1_700_000_000_000),
            process: Some(ProcessName::new("api").unwrap()),
            run: Some((RunNo(3), RunId::derive(1, 1))),
            cause: Cause::Itself,
            what,
        };
        assert_eq!(
            line(Paint::new(false), &EventLine::new(&event), event.at, &TimeZone::UTC),
            "22:13:20.000  api#3  running → failed: exit 7: \\u{1b}[2Jgone  (itself)"
        );
    }
}
