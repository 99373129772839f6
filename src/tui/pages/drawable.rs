//! Lines as bytes become lines that can be drawn: colours kept, control characters gone.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};

use super::json;
use crate::logs::ansi::{self, Colour};
use crate::logs::lines::Line;
use crate::tui::page::{Json, LineKind, LogLine, LogSpan, Place};

/// Lines with their colours; a piece of a cut line goes on in the colours of the piece before.
pub(super) fn drawable(lines: &[(Place, Line)], json: Json) -> Vec<LogLine> {
    // Between two pieces of one log there may be lines of others.
    let mut carried: BTreeMap<u32, ansi::Style> = BTreeMap::new();
    lines.iter().map(|(at, line)| draw(*at, line, carried.entry(at.log).or_default(), json)).collect()
}

fn draw(at: Place, line: &Line, carried: &mut ansi::Style, json: Json) -> LogLine {
    if !line.continued {
        *carried = ansi::Style::default();
    }
    let spans = json::shown(&line.bytes, json).unwrap_or_else(|| as_printed(line, carried));
    LogLine {
        at,
        len: line.len,
        time: line.time,
        kind: LineKind::Output(line.stream),
        continued: line.continued,
        number: None,
        spans,
    }
}

fn as_printed(line: &Line, carried: &mut ansi::Style) -> Vec<LogSpan> {
    let spans = ansi::spans_from(&line.bytes, carried).into_iter();
    spans.map(|span| LogSpan { text: span.text.into_owned(), style: style(span.style) }).collect()
}

fn style(from: ansi::Style) -> Style {
    let mut style = Style::new();
    style.fg = from.fg.map(colour);
    style.bg = from.bg.map(colour);
    let modifiers = [
        (from.bold, Modifier::BOLD),
        (from.dim, Modifier::DIM),
        (from.italic, Modifier::ITALIC),
        (from.underline, Modifier::UNDERLINED),
        (from.reverse, Modifier::REVERSED),
        (from.strike, Modifier::CROSSED_OUT),
    ];
    for (_, modifier) in modifiers.into_iter().filter(|(set, _)| *set) {
        style = style.add_modifier(modifier);
    }
    style
}

const fn colour(from: Colour) -> Color {
    match from {
        Colour::Palette(index) => Color::Indexed(index),
        Colour::Rgb(red, green, blue) => Color::Rgb(red, green, blue),
    }
}
