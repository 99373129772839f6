//! Pages of a log, read and made drawable away from the screen's task.
//!
//! One reader is kept open on the log in view. Called by the loop on a thread where waiting for a disk is allowed.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ratatui::style::{Color, Modifier, Style};

use crate::logs::ansi::{self, Colour};
use crate::logs::lines::{Line, Stream, StreamFilter};
use crate::logs::reader::LogReader;

use super::message::{Anchor, LogLine, LogSpan, Page, PageRequest};

/// Reads pages. Cheap to clone.
#[derive(Clone, Default)]
pub struct Pages(Arc<Mutex<Option<(PathBuf, LogReader)>>>);

impl Pages {
    /// Reads one page.
    ///
    /// # Errors
    /// What the system says; a log that is not there yet is empty.
    pub fn read(&self, request: &PageRequest) -> io::Result<Page> {
        // A reader left behind by a panic is replaced below where it does not fit, and refreshed anyway.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reader = match kept.take() {
            Some((dir, reader)) if dir == request.dir => reader,
            Some(_) | None => LogReader::open(&request.dir)?,
        };
        let page = read_with(&mut reader, request);
        *kept = Some((request.dir.clone(), reader));
        page
    }
}

fn read_with(reader: &mut LogReader, request: &PageRequest) -> io::Result<Page> {
    reader.refresh()?;
    let (start, end) = (reader.start(), reader.end());
    let page = match request.anchor {
        Anchor::End => reader.page_back(end, request.rows, StreamFilter::All)?,
        Anchor::Before(offset) => reader.page_back(offset, request.rows, StreamFilter::All)?,
        Anchor::Start => reader.page_forward(start, request.rows, StreamFilter::All)?,
        Anchor::From(offset) => reader.page_forward(offset, request.rows, StreamFilter::All)?,
    };
    let mut style = ansi::Style::default();
    let lines = page.lines.iter().map(|line| drawable(line, &mut style)).collect();
    Ok(Page { lines, start: page.start, end: page.end, log_start: start, log_end: end })
}

/// A line with its colours; a piece of a cut line goes on in the colours of the piece before.
fn drawable(line: &Line, carried: &mut ansi::Style) -> LogLine {
    if !line.continued {
        *carried = ansi::Style::default();
    }
    let spans = ansi::spans_from(&line.bytes, carried);
    let spans = spans.into_iter().map(|span| LogSpan { text: span.text.into_owned(), style: style(span.style) });
    LogLine {
        offset: line.offset,
        time: line.time,
        is_error_stream: line.stream == Stream::Stderr,
        is_note: line.stream == Stream::Note,
        continued: line.continued,
        spans: spans.collect(),
    }
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
