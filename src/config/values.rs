//! Values with a grammar of their own: durations, sizes, signals, and words from a short list.
//!
//! Must not know which key they belong to beyond its name. Used by `policy` and `process`.

use std::time::Duration;

use bytesize::ByteSize;
use jiff::fmt::friendly::SpanParser;
use jiff::{SignedDuration, SpanRelativeTo};

use super::diagnostic::Diagnostic;
use super::keys;
use super::reader::{Field, Findings};
use crate::domain::Signal;

/// No duration that is asked for is longer: sums with the clock must not overflow, on any system.
pub const LONGEST_DURATION: Duration = Duration::from_hours(366 * 24);

/// Below this a segment would be rotated with every few lines.
const SMALLEST_SEGMENT_BYTES: u64 = 1 << 10;

/// Above this no file system in use goes.
const LARGEST_SEGMENT_BYTES: u64 = 1 << 43;

pub(super) fn duration(field: Field<'_, '_>, findings: &mut Findings) -> Option<Duration> {
    let value = field.value.get_ref();
    let bare = value.as_integer().map(ToString::to_string).or_else(|| value.as_float().map(ToString::to_string));
    if let Some(number) = bare {
        findings.push(without_unit(field, &number));
        return None;
    }
    let text = field.text(findings)?;
    match parse_duration(text) {
        Some(duration) if duration <= LONGEST_DURATION => Some(duration),
        Some(_) => {
            let fault = Diagnostic::fault(field.span(), format!("{text:?} is too long for \"{}\"", field.key.name));
            findings.push(fault.because("more than a year").hint("write at most \"366d\""));
            None
        }
        None => {
            findings.push(bad_duration(field, text));
            None
        }
    }
}

/// What `jiff` calls the friendly format, with days of 24 hours: `10s`, `500ms`, `1m30s`, `1h 5m`, `2 days`.
fn parse_duration(text: &str) -> Option<Duration> {
    let parser = SpanParser::new();
    if let Ok(duration) = parser.parse_unsigned_duration(text) {
        return Some(duration);
    }
    let span = parser.parse_span(text).ok()?;
    let signed: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(signed).ok()
}

fn without_unit(field: Field<'_, '_>, number: &str) -> Diagnostic {
    let name = field.key.name;
    let number = number.trim_start_matches(['-', '+']);
    Diagnostic::fault(field.span(), format!("\"{name}\" needs a unit"))
        .because("a number alone is no duration")
        .hint(format!("write {name} = \"{number}s\" for seconds, or \"{number}ms\" for milliseconds"))
}

fn bad_duration(field: Field<'_, '_>, text: &str) -> Diagnostic {
    let number = text.trim();
    if !number.is_empty() && number.trim_start_matches('-').parse::<f64>().is_ok_and(f64::is_finite) {
        return without_unit(field, number);
    }
    if parse_duration(number.trim_start_matches('-').trim_end_matches("ago").trim()).is_some() {
        let fault = Diagnostic::fault(field.span(), format!("\"{}\" cannot be negative", field.key.name));
        return fault.because("a negative duration").hint(format!("write it like {}", field.key.example));
    }
    Diagnostic::fault(field.span(), format!("{text:?} is not a duration"))
        .because("not a number with a unit")
        .hint("write a number and a unit, such as \"500ms\", \"10s\" or \"1m30s\"")
}

/// A size in bytes that a log segment, or all of them, may have.
pub(super) fn size(field: Field<'_, '_>, findings: &mut Findings) -> Option<u64> {
    let name = field.key.name;
    let value = field.value.get_ref();
    let bare = value.as_integer().map(ToString::to_string);
    let bare = bare.or_else(|| value.as_str().filter(|text| text.trim().parse::<f64>().is_ok()).map(str::to_owned));
    if let Some(number) = bare {
        let number = number.trim().trim_start_matches('-');
        let fault = Diagnostic::fault(field.span(), format!("\"{name}\" needs a unit"));
        let hint = format!("write {name} = \"{number}MiB\", or \"{number}B\" for bytes");
        findings.push(fault.because("a number alone is no size").hint(hint));
        return None;
    }
    let text = field.text(findings)?;
    let Ok(size) = text.parse::<ByteSize>() else {
        let fault = Diagnostic::fault(field.span(), format!("{text:?} is not a size"));
        findings.push(fault.because("not a number with a unit").hint("write it like \"64MiB\", \"512KiB\" or \"1GB\""));
        return None;
    };
    let (least, most) = (ByteSize(SMALLEST_SEGMENT_BYTES), ByteSize(LARGEST_SEGMENT_BYTES));
    if size < least || size > most {
        let fault = Diagnostic::fault(field.span(), format!("\"{name}\" cannot be {text:?}"));
        findings.push(fault.because("must be from 1KiB to 8TiB").hint(format!("write it like {}", field.key.example)));
        return None;
    }
    Some(size.as_u64())
}

pub(super) fn signal(field: Field<'_, '_>, findings: &mut Findings) -> Option<Signal> {
    if let Some(number) = field.value.get_ref().as_integer() {
        let hint = format!("write its name, such as signal = \"TERM\", or the number in quotes: signal = \"{number}\"");
        findings.push(field.wrong_type().hint(hint));
        return None;
    }
    let text = field.text(findings)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let upper = text.trim().to_ascii_uppercase();
        let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
        let hint = match keys::nearest(bare, Signal::NAMED.iter().filter_map(|signal| signal.name())) {
            Some(name) => format!("did you mean \"{name}\"?"),
            None => {
                "write a name such as \"TERM\", \"INT\", \"HUP\" or \"KILL\", or a number from \"1\" to \"64\"".into()
            }
        };
        let fault = Diagnostic::fault(field.span(), format!("{text:?} is not a signal"));
        findings.push(fault.because("no signal has this name").hint(hint));
    }
    parsed
}

/// One of the words of `choices`.
pub(super) fn choice<T: Copy>(field: Field<'_, '_>, choices: &[(&str, T)], findings: &mut Findings) -> Option<T> {
    let text = field.text(findings)?;
    let chosen = choices.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
    if chosen.is_none() {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        let folded = text.trim().to_lowercase().replace([' ', '_'], "-");
        let meant = match folded.as_str() {
            "never" | "false" | "off" if words.contains(&"no") => Some("no"),
            "no" | "none" | "false" | "off" => Some("never"),
            "true" | "yes" | "unless-stopped" => Some("always"),
            "failure" | "onfailure" | "on-error" | "on-crash" => Some("on-failure"),
            other => keys::nearest(other, words.iter().copied()),
        };
        let hint = match meant.filter(|word| words.contains(word)) {
            Some(word) => format!("did you mean \"{word}\"?"),
            None => format!("write {}", field.key.example),
        };
        let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let fault = Diagnostic::fault(field.span(), format!("\"{}\" cannot be {text:?}", field.key.name));
        findings.push(fault.because(format!("one of {}", quoted.join(", "))).hint(hint));
    }
    chosen
}
