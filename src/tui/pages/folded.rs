//! A line of JSON as people read it: level, time, message, then the rest as `key=value`.

use ratatui::style::{Color, Modifier, Style};
use serde_json::{Map, Value};

use crate::logs::level::Level;
use crate::tui::page::LogSpan;

/// Where loggers write these, in the order they are looked for.
const LEVELS: &[&str] = &["level", "severity", "lvl", "levelname", "log.level"];
const TIMES: &[&str] = &["time", "timestamp", "ts", "@timestamp", "date", "datetime"];
const MESSAGES: &[&str] = &["msg", "message", "event", "text"];

/// The line in pieces; `None` where it is no JSON object.
pub(super) fn folded(line: &[u8]) -> Option<Vec<LogSpan>> {
    let line = line.trim_ascii();
    if !(line.starts_with(b"{") && line.ends_with(b"}")) {
        return None;
    }
    let mut object: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let mut spans = Vec::new();
    let level = Level::of(line);
    take(&mut object, LEVELS);
    if let Some(level) = level {
        spans.push(LogSpan { text: format!("{:<5} ", level.word().to_uppercase()), style: style_of(level) });
    }
    if let Some(time) = take(&mut object, TIMES) {
        spans.push(LogSpan { text: format!("{} ", plain(&time)), style: Style::new().add_modifier(Modifier::DIM) });
    }
    if let Some(message) = take(&mut object, MESSAGES) {
        spans.push(LogSpan { text: plain(&message), style: Style::new() });
    }
    for (key, value) in object {
        spans.push(LogSpan { text: format!("  {}=", clean(&key)), style: Style::new().add_modifier(Modifier::DIM) });
        spans.push(LogSpan { text: plain(&value), style: Style::new() });
    }
    Some(spans).filter(|spans| !spans.is_empty())
}

fn take(object: &mut Map<String, Value>, keys: &[&str]) -> Option<Value> {
    let key = keys.iter().find(|key| object.contains_key(**key))?;
    object.remove(*key)
}

/// A value without quotes where it needs none.
fn plain(value: &Value) -> String {
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

    fn text(line: &str) -> Option<String> {
        folded(line.as_bytes()).map(|spans| spans.into_iter().map(|span| span.text).collect())
    }

    #[test]
    fn a_json_line_is_folded_and_anything_else_is_left() {
        let line = r#"{"time":"12:00","level":"warn","msg":"slow","ms":250,"who":{"id":1}}"#;
        assert_eq!(text(line).as_deref(), Some(r#"WARN  12:00 slow  ms=250  who={"id":1}"#));
        assert_eq!(text(r#"{"level":50,"msg":"bad\u001b[2J\nline"}"#).as_deref(), Some("ERROR bad⏎ line"));
        for other in ["", "{}", "{", "{}x", "[1]", "level=info msg=x", "{\"a\":}"] {
            assert_eq!(text(other), None, "{other}");
        }
    }
}
