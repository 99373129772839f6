//! A line of JSON as people read it: level, time and message, then the rest as `key=value` in the same row or each in its own.

use ratatui::style::{Color, Modifier, Style};
use serde_json::{Map, Value};

use crate::logs::level::Level;
use crate::tui::page::{Json, LogSpan};

/// Where loggers write these, in the order they are looked for.
const LEVELS: &[&str] = &["level", "severity", "lvl", "levelname", "log.level"];
const TIMES: &[&str] = &["time", "timestamp", "ts", "@timestamp", "date", "datetime"];
const MESSAGES: &[&str] = &["msg", "message", "event", "text"];
const DIM: Style = Style::new().add_modifier(Modifier::DIM);

/// The line in pieces; `None` where it is to be shown as it was printed, or is no JSON object.
pub(super) fn shown(line: &[u8], json: Json) -> Option<Vec<LogSpan>> {
    if json == Json::AsPrinted {
        return None;
    }
    let line = line.trim_ascii();
    if !(line.starts_with(b"{") && line.ends_with(b"}")) {
        return None;
    }
    let mut object: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let mut spans = head(Level::of(line), &mut object);
    match json {
        Json::AsPrinted => {}
        Json::Folded => {
            for (key, value) in object {
                spans.push(LogSpan { text: format!("  {}=", clean(&key)), style: DIM });
                spans.push(LogSpan { text: in_one_row(&value), style: Style::new() });
            }
        }
        Json::Pretty => object.iter().for_each(|(key, value)| spread(key, value, &mut spans)),
    }
    Some(spans).filter(|spans| !spans.is_empty())
}

/// What every logger writes, taken out of the object.
fn head(level: Option<Level>, object: &mut Map<String, Value>) -> Vec<LogSpan> {
    let mut spans = Vec::new();
    take(object, LEVELS);
    if let Some(level) = level {
        spans.push(LogSpan { text: format!("{:<5} ", level.word().to_uppercase()), style: style_of(level) });
    }
    if let Some(time) = take(object, TIMES) {
        spans.push(LogSpan { text: format!("{} ", in_one_row(&time)), style: DIM });
    }
    if let Some(message) = take(object, MESSAGES) {
        spans.push(LogSpan { text: in_one_row(&message), style: Style::new() });
    }
    spans
}

/// A key and its value in a row of their own, or in several: what is nested is indented, and a text is broken where it says so.
fn spread(key: &str, value: &Value, spans: &mut Vec<LogSpan>) {
    if !spans.is_empty() {
        spans.push(LogSpan::row_break());
    }
    spans.push(LogSpan { text: format!("    {}: ", clean(key)), style: DIM });
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    };
    let is_text = value.is_string() && text.contains('\n');
    for (row, line) in text.lines().enumerate() {
        let indent = match (row, is_text) {
            (0, false) => "",
            (_, true) => "      ",
            (_, false) => "    ",
        };
        if row > 0 || is_text {
            spans.push(LogSpan::row_break());
        }
        spans.push(LogSpan { text: format!("{indent}{}", clean(line)), style: Style::new() });
    }
}

fn take(object: &mut Map<String, Value>, keys: &[&str]) -> Option<Value> {
    let key = keys.iter().find(|key| object.contains_key(**key))?;
    object.shift_remove(*key)
}

/// A value without quotes where it needs none.
fn in_one_row(value: &Value) -> String {
    match value {
        Value::String(text) => clean(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            clean(&value.to_string())
        }
    }
}

/// Control characters in a string of JSON are the child's as well: they are made visible as everywhere in a log.
fn clean(text: &str) -> String {
    crate::logs::ansi::plain(text.replace('\n', "⏎ ").as_bytes()).into_owned()
}

fn style_of(level: Level) -> Style {
    match level {
        Level::Error => Style::new().fg(Color::Indexed(1)).add_modifier(Modifier::BOLD),
        Level::Warn => Style::new().fg(Color::Indexed(3)),
        Level::Info => Style::new().fg(Color::Indexed(2)),
        Level::Debug | Level::Trace => Style::new().add_modifier(Modifier::DIM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str, json: Json) -> Option<String> {
        shown(line.as_bytes(), json).map(|spans| spans.into_iter().map(|span| span.text).collect())
    }

    #[test]
    fn a_json_line_is_folded_and_anything_else_is_left() {
        let line = r#"{"time":"12:00","level":"warn","msg":"slow","ms":250,"who":{"id":1}}"#;
        assert_eq!(text(line, Json::AsPrinted), None);
        assert_eq!(text(line, Json::Folded).as_deref(), Some(r#"WARN  12:00 slow  ms=250  who={"id":1}"#));
        let odd = r#"{"level":50,"msg":"bad\u001b[2J\nline"}"#;
        assert_eq!(text(odd, Json::Folded).as_deref(), Some("ERROR bad⏎ line"));
        for other in ["", "{}", "{", "{}x", "[1]", "level=info msg=x", "{\"a\":}"] {
            assert_eq!((text(other, Json::Folded), text(other, Json::Pretty)), (None, None), "{other}");
        }
    }

    #[test]
    fn pretty_is_a_row_for_each_value_and_breaks_texts_where_they_say_so() {
        let line = r#"{"level":"warn","msg":"slow","ms":250,"who":{"id":1,"of":[]},"stack":"at a\n  at \u001b[1mb","none":""}"#;
        let expected = "WARN  slow\n    ms: 250\n    who: {\n      \"id\": 1,\n      \"of\": []\n    }\n    stack: \n      at a\n        \
                        at b\n    none: ";
        assert_eq!(text(line, Json::Pretty).as_deref(), Some(expected));
        assert_eq!(text(r#"{"a":1,"b":2}"#, Json::Pretty).as_deref(), Some("    a: 1\n    b: 2"));
    }
}
