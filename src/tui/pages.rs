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

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
    use std::io::Write;
    use std::path::Path;

    use super::*;
    use crate::tui::fixture::running;
    use crate::tui::model::log::LogPane;

    /// As `wire::layout` calls it, which this room does not know.
    const LOG: &str = "out.log";

    fn append(dir: &Path, text: &str) {
        let mut log = OpenOptions::new().create(true).append(true).open(dir.join(LOG)).unwrap();
        log.write_all(text.as_bytes()).unwrap();
    }

    fn texts(pane: &LogPane) -> Vec<String> {
        pane.lines.iter().map(|line| line.spans.iter().map(|span| span.text.as_str()).collect()).collect()
    }

    /// Tells the pane how long the file is, and reads what it asks for.
    fn look(pane: &mut LogPane, reader: &Pages, dir: &Path) {
        let mut row = running("web", 10);
        if let Some(run) = &mut row.run {
            run.dir = dir.to_path_buf();
            run.log_end = std::fs::metadata(dir.join(LOG)).map_or(0, |meta| meta.len());
        }
        pane.show(Some(&row));
        while let Some(request) = pane.next_request() {
            let result = reader.read(&request);
            pane.take_page(&request, result);
        }
    }

    #[test]
    fn a_line_still_being_written_is_shown_and_completed_in_place() {
        let (dir, pages, mut pane) = (tempfile::tempdir().unwrap(), Pages::default(), LogPane::default());
        pane.resize(80, 4);
        append(dir.path(), "one\ntwo\nthr");
        look(&mut pane, &pages, dir.path());
        assert_eq!(texts(&pane), ["one", "two", "thr"]);
        append(dir.path(), "ee\nfour\n");
        look(&mut pane, &pages, dir.path());
        assert_eq!(texts(&pane), ["one", "two", "three", "four"]);
    }

    #[test]
    fn while_paused_a_line_that_was_incomplete_is_completed_as_well() {
        let (dir, pages, mut pane) = (tempfile::tempdir().unwrap(), Pages::default(), LogPane::default());
        pane.resize(80, 4);
        append(dir.path(), "a\nb\nc\nd\nincom");
        look(&mut pane, &pages, dir.path());
        pane.scroll(-1, 5);
        append(dir.path(), "plete\nnext\n");
        look(&mut pane, &pages, dir.path());
        assert_eq!(texts(&pane), ["a", "b", "c", "d", "incomplete", "next"]);
        assert_eq!(pane.top, (0, 0));
    }

    #[test]
    fn a_file_that_is_not_there_yet_is_a_process_that_has_not_printed() {
        let (dir, pages, mut pane) = (tempfile::tempdir().unwrap(), Pages::default(), LogPane::default());
        pane.resize(80, 3);
        look(&mut pane, &pages, &dir.path().join("not/yet"));
        assert_eq!((texts(&pane).len(), pane.error.as_deref()), (0, None));
    }

    #[test]
    fn colours_come_through_and_control_characters_do_not() {
        let (dir, pages, mut pane) = (tempfile::tempdir().unwrap(), Pages::default(), LogPane::default());
        pane.resize(80, 3);
        append(dir.path(), "\x1b[1;31mred\x1b[0m \x1b[2Jplain\x07\n");
        look(&mut pane, &pages, dir.path());
        let spans = &pane.lines[0].spans;
        assert_eq!(spans[0].text, "red");
        assert_eq!(spans[0].style, Style::new().fg(Color::Indexed(1)).add_modifier(Modifier::BOLD));
        assert!(texts(&pane)[0].chars().all(|c| !c.is_control()), "{:?}", texts(&pane));
    }

    #[test]
    fn a_large_file_is_read_a_screen_at_a_time() {
        let (dir, pages, mut pane) = (tempfile::tempdir().unwrap(), Pages::default(), LogPane::default());
        pane.resize(80, 40);
        let lines: Vec<String> = (0..100_000).map(|number| format!("line {number}")).collect();
        append(dir.path(), &(lines.join("\n") + "\n"));
        look(&mut pane, &pages, dir.path());
        assert_eq!(texts(&pane).last().map(String::as_str), Some("line 99999"));
        for _ in 0..200 {
            pane.scroll(-39, 100_000);
            look(&mut pane, &pages, dir.path());
            assert!(pane.lines.len() <= 160, "{}", pane.lines.len());
        }
        let first = pane.first_row().0;
        assert_eq!(texts(&pane)[first], format!("line {}", 100_000 - 40 - 200 * 39));
    }
}
