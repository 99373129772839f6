//! How grave a line says it is: `ERROR`, `level=warn`, `"level":"info"`, the numbers of pino and syslog, and the like.
//!
//! A guess from the beginning of the line, where loggers put it; the first word that says a level decides. Knows no file.
//! Used by patterns, by the table's counts and by views that colour lines.

use std::ops::Range;

use super::ansi;

/// Bytes of a line that are looked at: loggers put the level first, and a long line must not cost more.
const HEAD_BYTES: usize = 256;
/// The same for JSON, where the level may come after the time, the host and the message.
const JSON_HEAD_BYTES: usize = 8 << 10;

/// How grave a line is. Graver is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Errors, and whatever is worse.
    Error,
    /// Warnings.
    Warn,
    /// Information and notices.
    Info,
    /// For who is looking for a fault.
    Debug,
    /// Every step.
    Trace,
}

impl Level {
    /// All of them, the gravest first.
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    /// The level of this line (as the process wrote it, without its newline), if it says one.
    pub fn of(raw_line: &[u8]) -> Option<Self> {
        let limit = if raw_line.first() == Some(&b'{') { JSON_HEAD_BYTES } else { 4 * HEAD_BYTES };
        let head = &raw_line[..raw_line.len().min(limit)];
        find(&ansi::plain(head)).map(|(level, _)| level)
    }

    /// The word for people.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    /// What loggers call it, in lower case.
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "error" | "err" | "eror" | "fatal" | "critical" | "crit" | "panic" | "severe" | "emerg" | "emergency"
            | "alert" => Self::Error,
            "warn" | "warning" | "wrn" => Self::Warn,
            "info" | "information" | "inf" | "notice" => Self::Info,
            "debug" | "dbg" | "dbug" => Self::Debug,
            "trace" | "trc" | "trce" => Self::Trace,
            _ => return None,
        })
    }

    /// Pino and bunyan count in tens upward, syslog and GELF from 0 downward.
    const fn numbered(number: u32) -> Option<Self> {
        match number {
            0..=3 | 50..=69 => Some(Self::Error),
            4 | 40..=49 => Some(Self::Warn),
            5 | 6 | 30..=39 => Some(Self::Info),
            7 | 20..=29 => Some(Self::Debug),
            10..=19 => Some(Self::Trace),
            _ => None,
        }
    }
}

/// A regular expression for something that stands in every line in which [`find`] finds this level or a graver one.
pub(super) fn hint(level: Level) -> String {
    let words = match level {
        Level::Error => "err|eror|fatal|crit|panic|severe|emerg|alert|fail|exception|traceback",
        Level::Warn => "err|eror|fatal|crit|panic|severe|emerg|alert|fail|exception|traceback|warn|wrn",
        Level::Info | Level::Debug | Level::Trace => {
            "err|eror|fatal|crit|panic|severe|emerg|alert|fail|exception|traceback|warn|wrn|inf|notice|debug|dbg|dbug|tra?ce?"
        }
    };
    format!(r"(?i:{words}|level|severity|lvl)|^[EFWI]\d\d\d\d ")
}

/// The level a plain line says, and where it says so.
pub(super) fn find(plain: &str) -> Option<(Level, Range<usize>)> {
    let json = plain.trim_start().starts_with('{');
    let head = until(plain, if json { JSON_HEAD_BYTES } else { HEAD_BYTES });
    if json { in_json(head) } else { in_words(head) }
}

/// The beginning of `text`, at most `max` bytes of it, ending at the edge of a character.
fn until(text: &str, max: usize) -> &str {
    let mut end = text.len().min(max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Keys under which JSON loggers write the level.
const KEYS: [&str; 6] = ["level", "severity", "lvl", "levelname", "log.level", "loglevel"];

fn in_json(head: &str) -> Option<(Level, Range<usize>)> {
    let mut at = 0;
    while let Some(quote) = head[at..].find('"').map(|found| at + found) {
        let end = closing_quote(head, quote)?;
        let word = &head[quote + 1..end];
        at = end + 1;
        let rest = head[at..].trim_start();
        if let Some(value) = rest.strip_prefix(':')
            && KEYS.iter().any(|key| key.eq_ignore_ascii_case(word))
        {
            let value = value.trim_start();
            let start = head.len() - value.len();
            return valued(value).map(|(level, range)| (level, start + range.start..start + range.end));
        }
    }
    None
}

/// Where the string that begins at `quote` ends.
fn closing_quote(text: &str, quote: usize) -> Option<usize> {
    let mut escaped = false;
    let inside = &text.as_bytes()[quote + 1..];
    let len = inside.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })?;
    Some(quote + 1 + len)
}

/// The level a value begins with: `"error"`, `error` or `50`.
fn valued(value: &str) -> Option<(Level, Range<usize>)> {
    let start = value.len() - value.trim_start_matches(['"', '\'']).len();
    let word = &value[start..];
    let len = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
    let word = &word[..len];
    let level = match word.parse() {
        Ok(number) => Level::numbered(number),
        Err(_) => Level::named(&word.to_ascii_lowercase()),
    };
    level.map(|level| (level, start..start + len))
}

fn in_words(head: &str) -> Option<(Level, Range<usize>)> {
    if let Some(level) = of_klog(head.as_bytes()) {
        return Some((level, 0..1));
    }
    let bytes = head.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let len = bytes[at..].iter().take_while(|byte| belongs(**byte)).count();
        if len >= 3
            && let Some((level, range)) = said(head, at..at + len)
        {
            return Some((level, range));
        }
        at += len.max(1);
    }
    None
}

/// Is it part of a word? Underscores, and every byte of a character beyond ASCII, join words.
const fn belongs(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The header of Go's klog: `E1120 14:03:07.000000 …`.
fn of_klog(head: &[u8]) -> Option<Level> {
    let [kind, month_day @ .., b' ', _, _, b':'] = head.get(..9)? else { return None };
    if !month_day.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match kind {
        b'E' | b'F' => Some(Level::Error),
        b'W' => Some(Level::Warn),
        b'I' => Some(Level::Info),
        _ => None,
    }
}

/// What the word at `range` says about the level of the line, if anything.
fn said(head: &str, range: Range<usize>) -> Option<(Level, Range<usize>)> {
    let bytes = head.as_bytes();
    let word = &head[range.clone()];
    let next = bytes.get(range.end).copied();
    let lower = word.to_ascii_lowercase();
    if next == Some(b'=') && KEYS.contains(&lower.as_str()) {
        let start = range.end + 1;
        return valued(&head[start..]).map(|(level, value)| (level, start + value.start..start + value.end));
    }
    let level = Level::named(&lower);
    if word.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return level.or_else(|| matches!(word, "FAIL" | "FAILED").then_some(Level::Error)).map(|level| (level, range));
    }
    let frame = range.start.checked_sub(1).map(|before| bytes[before]).zip(next);
    let framed = matches!(frame, Some((b'[', b']') | (b'<', b'>') | (b'(', b')') | (b'|', b'|')));
    let before = head[..range.start].trim_end().bytes().last();
    let opens = before.is_none_or(|byte| !byte.is_ascii_alphabetic());
    let announced = next == Some(b':') || lower == "error" && next == Some(b'[');
    let thrown = next == Some(b':') && (word.ends_with("Error") || word.ends_with("Exception"));
    let short = matches!(lower.as_str(), "fail" | "fatal" | "panic") && before.is_none() && next == Some(b':');
    let broken = lower == "panicked" && head[range.end..].starts_with(" at")
        || word == "Traceback" && head[range.end..].starts_with(" (most recent call last)");
    if thrown || short || broken {
        return Some((Level::Error, range));
    }
    level.filter(|_| framed || announced && opens).map(|level| (level, range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<(Level, &str)>) {
        let plain = ansi::plain(line.as_bytes());
        let found = find(&plain).map(|(level, range)| (level, &plain[range]));
        assert_eq!(found, expected, "{line}");
        assert_eq!(Level::of(line.as_bytes()), expected.map(|(level, _)| level), "{line}");
    }

    #[test]
    fn words_of_loggers() {
        check("2026-11-20T14:03:07Z ERROR it broke", Some((Level::Error, "ERROR")));
        check("2026-11-20 14:03:07,123 - app.db - WARNING - slow", Some((Level::Warn, "WARNING")));
        check("[info] listening", Some((Level::Info, "info")));
        check("14:03 \x1b[32mDEBUG\x1b[0m x", Some((Level::Debug, "DEBUG")));
        check("npm ERR! code E404", Some((Level::Error, "ERR")));
        check("<warn> x", Some((Level::Warn, "warn")));
        check("fail: Microsoft.AspNetCore[0]", Some((Level::Error, "fail")));
        check("dbug: Microsoft.AspNetCore[0]", Some((Level::Debug, "dbug")));
        check("E1120 14:03:07.000000    1 main.go:3] no", Some((Level::Error, "E")));
        check("I1120 14:03:07.000000    1 main.go:3] ERROR", Some((Level::Info, "I")));
        check(" INFO request ended with ERROR", Some((Level::Info, "INFO")));
        check("--- FAIL: TestThing (0.00s)", Some((Level::Error, "FAIL")));
    }

    #[test]
    fn words_of_compilers_and_exceptions() {
        check("error[E0308]: mismatched types", Some((Level::Error, "error")));
        check("warning: unused variable", Some((Level::Warn, "warning")));
        check("main.c:3:5: error: expected ;", Some((Level::Error, "error")));
        check("TypeError: x is not a function", Some((Level::Error, "TypeError")));
        check("Uncaught Error: no", Some((Level::Error, "Error")));
        check("java.lang.IllegalStateException: no", Some((Level::Error, "IllegalStateException")));
        check("Traceback (most recent call last):", Some((Level::Error, "Traceback")));
        check("thread 'main' panicked at src/main.rs:2:5:", Some((Level::Error, "panicked")));
        check("panic: runtime error: index out of range", Some((Level::Error, "panic")));
    }

    #[test]
    fn fields() {
        check("time=12:00 level=error msg=\"x\"", Some((Level::Error, "error")));
        check("lvl=\"warn\" msg=x", Some((Level::Warn, "warn")));
        check(r#"{"time":1,"level":"info","msg":"ERROR"}"#, Some((Level::Info, "info")));
        check(r#"{"msg":"\"level\":\"error\"","level": 50}"#, Some((Level::Error, "50")));
        check(r#"{"level":30,"time":1}"#, Some((Level::Info, "30")));
        check(r#"{"severity":"WARNING"}"#, Some((Level::Warn, "WARNING")));
        check(r#"{"level":3}"#, Some((Level::Error, "3")));
        check(r#"{"level":"#, None);
        check(r#"{"type":"error"}"#, None);
        check(r#"{"level"#, None);
    }

    #[test]
    fn words_that_only_look_like_one() {
        check("no errors, for more info see the manual", None);
        check("for more info: see the manual", None);
        check("ERROR_CODE=0 MIRROR TERROR", None);
        check("the information desk", None);
        check("größeERROR", None);
        check("", None);
        check(&format!("{} ERROR", "x".repeat(300)), None);
    }

    #[test]
    fn graver_is_less() {
        assert!(Level::ALL.is_sorted());
        assert_eq!(Level::ALL.map(Level::word), ["error", "warn", "info", "debug", "trace"]);
    }
}
