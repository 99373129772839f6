//! From text to a tree of TOML, with every syntax error in it instead of the first alone.
//!
//! Must not know the keys. The parser mends what it can, so the readers behind it still see the rest of the file.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::diagnostic::Diagnostic;

/// A parsed file, as far as it could be parsed.
pub(super) struct Parsed<'d> {
    pub(super) table: Spanned<DeTable<'d>>,
    pub(super) faults: Vec<Diagnostic>,
    /// Where the text could not be read, or was read twice, so that something may be missing or misread behind it.
    pub(super) torn_at: Vec<usize>,
}

pub(super) fn parse(text: &str) -> Parsed<'_> {
    let (table, mut errors) = DeTable::parse_recoverable(text);
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let (mut faults, mut torn_at) = (Vec::new(), Vec::new());
    let mut doubled_header = None;
    for error in errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        if error.message() != "duplicate key" {
            torn_at.push(span.start);
            faults.push(describe(text, span, error.message()));
            continue;
        }
        let header = header_of(text, span.start);
        let is_header = header.as_ref().is_some_and(|line| line.contains(&span.start));
        // A second [process.api] repeats most keys of the first; they vanish together with it.
        if is_header {
            doubled_header.clone_from(&header);
            torn_at.push(span.start);
        } else if header.is_some() && header == doubled_header {
            continue;
        }
        faults.push(doubled(text, span, is_header));
    }
    Parsed { table, faults, torn_at }
}

/// Whether nothing was typed at `span`: where no value can be read the parser puts one of its own, with no other place than
/// the very beginning, where no value can stand. The syntax error tells what is wrong, and where.
pub(super) fn made_up(span: &Range<usize>) -> bool {
    span.end == 0
}

/// Whether a finding at `span` rests on what the parser had to guess: it touches a syntax error, its header has one, or the
/// parser made the value up.
pub(super) fn guessed(text: &str, span: &Range<usize>, faults: &[Diagnostic]) -> bool {
    if made_up(span) && !faults.is_empty() {
        return true;
    }
    let header = header_of(text, span.start);
    faults.iter().filter_map(|fault| fault.span.as_ref()).any(|fault| {
        let touches = |place: &Range<usize>| fault.start <= place.end && place.start <= fault.end;
        touches(span) || fault.is_empty() && header.as_ref().is_some_and(touches)
    })
}

/// The line of the table header that governs the place `at`.
fn header_of(text: &str, at: usize) -> Option<Range<usize>> {
    let mut end = text[at..].find('\n').map_or(text.len(), |i| at + i);
    loop {
        let start = text[..end].rfind('\n').map_or(0, |i| i + 1);
        if text[start..end].trim_start().starts_with('[') {
            return Some(start..end);
        }
        end = start.checked_sub(1)?;
    }
}

fn doubled(text: &str, span: Range<usize>, is_header: bool) -> Diagnostic {
    let key = text[span.clone()].trim_matches(['"', '\'']);
    let in_process = header_of(text, span.start).is_some_and(|line| text[line].trim_start().starts_with("[process."));
    let first = first_like(text, span.start, is_header);
    let label = first.map_or_else(|| "given twice".to_owned(), |line| format!("first given in line {line}"));
    let (message, hint) = if is_header {
        let subject = if in_process { "process " } else { "" };
        (format!("{subject}{key:?} is defined twice"), "rename one of them, or put their keys under one header")
    } else {
        (format!("the key {key:?} is given twice"), "keep one of them")
    };
    Diagnostic::fault(span, message).because(label).hint(hint)
}

/// The line, from 1, in which the header or key at `at` was given for the first time.
fn first_like(text: &str, at: usize, is_header: bool) -> Option<usize> {
    let squeeze = |line: &str| {
        let stem = if is_header { line.split(']').next() } else { line.split('=').next() };
        stem.unwrap_or_default().replace([' ', '\t', '"', '\''], "")
    };
    let here = text[..at].matches('\n').count();
    let same = squeeze(text.lines().nth(here)?);
    let from =
        if is_header { 0 } else { header_of(text, at).map_or(0, |header| text[..header.start].matches('\n').count()) };
    let found = text.lines().skip(from).take(here - from).position(|line| squeeze(line) == same);
    found.map(|offset| from + offset + 1)
}

fn describe(text: &str, span: Range<usize>, message: &str) -> Diagnostic {
    let (what, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let typed = text.get(span.clone()).unwrap_or_default();
    let hint = if what.starts_with("string values must be quoted") {
        match typed {
            "yes" | "on" | "True" | "TRUE" => "write true".into(),
            "no" | "off" | "False" | "FALSE" => "write false, or \"no\" where a text is meant".into(),
            text => format!("put it into quotes: \"{text}\""),
        }
    } else if what.contains("string") {
        "close the string with the quote it began with; write \\\" for a quote inside it".into()
    } else if what.contains("missing comma") {
        "put a comma between them, or each on a line of its own".into()
    } else if what.contains("array") {
        "close the list with ]".into()
    } else if what.contains("inline table") {
        "an inline table is { key = value, key = value }".into()
    } else if what.contains("unclosed table") {
        "close the header with ]; a name with other characters than letters, digits, _ and - needs quotes: [process.\"a:b\"]".into()
    } else if what.contains("unquoted key") {
        "put the key into quotes".into()
    } else if what.contains("assignment") || what.contains("key") {
        "write key = value".into()
    } else {
        "write key = value; strings in quotes, lists in [ ], tables in { }".into()
    };
    let label = if expected.is_empty() { String::new() } else { format!("expected {expected}") };
    Diagnostic::fault(span, format!("not valid TOML: {what}")).because(label).hint(hint)
}
