//! Where what was printed before meets what is followed: nothing is lost there, and nothing is printed twice.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::history::{Marks, Source, print};
use super::legible::Form;
use super::live::Pace;
use super::printer::Role;
use super::{Live, Printer, RunDir, Sought, Wanted};
use crate::cli::print::Paint;
use crate::domain::{ProcessName, RunNo};
use crate::logs::index::Entry;
use crate::logs::lines::{Line, LineEnd, Stream, StreamFilter};
use crate::logs::pattern::{Case, Pattern};
use crate::logs::segment::{Limits, Writer};
use crate::wire::layout::{INDEX, LOG, run_dir};

fn begin(process: &Path, no: u32) -> (Writer, RunDir) {
    let dir = process.join(run_dir(RunNo(no)));
    std::fs::create_dir_all(&dir).unwrap();
    let writer =
        Writer::create(dir.join(LOG), dir.join(INDEX), Limits { segment_bytes: 1 << 20, segments: 4 }).unwrap();
    (writer, RunDir { name: ProcessName::new("a").unwrap(), no: RunNo(no), dir, over: false, log_end: None })
}

fn needle(before: usize, after: usize) -> Wanted {
    let pattern = Arc::new(Pattern::literal("needle", Case::Smart));
    Wanted { sought: Some(Sought { pattern, inverted: false, before, after }), ..Wanted::default() }
}

fn plain(filter: StreamFilter) -> Printer {
    Printer::new((Paint::new(false), Form::File), None, filter)
}

/// What was printed before, then what comes when `later` has happened, which may be the next run.
fn followed(wanted: Wanted, run: &RunDir, mut printer: Printer, later: impl FnOnce() -> Option<RunDir>) -> String {
    let (filter, wanted, mut text) = (wanted.filter, Arc::new(wanted), Vec::new());
    let mut sources = vec![Source::open(vec![run.clone()], &wanted, true).unwrap().unwrap()];
    print(&mut sources, Marks { runs: false, gaps: true }, &mut printer, &mut text).unwrap();
    let mut live = Live::new(filter).seeking(wanted.sought.clone());
    for source in sources {
        live.go_on_after(source).unwrap();
    }
    let newest = later().unwrap_or_else(|| run.clone());
    while live.print(std::slice::from_ref(&newest), &mut printer, &mut text).unwrap() != Pace::Idle {}
    String::from_utf8(text).unwrap()
}

#[test]
fn what_stands_around_a_match_reaches_over_the_moment_when_following_begins() {
    let process = tempfile::tempdir().unwrap();
    let (mut writer, run) = begin(process.path(), 1);
    writer.append(1, Stream::Stdout, b"a\nneedle 1\n");
    let shown = followed(needle(0, 2), &run, plain(StreamFilter::All), || {
        writer.append(2, Stream::Stdout, b"trace 1\ntrace 2\nz\n");
        None
    });
    assert_eq!(shown, "needle 1\ntrace 1\ntrace 2\n");
    let shown = followed(needle(2, 0), &run, plain(StreamFilter::All), || {
        writer.append(3, Stream::Stdout, b"needle 2\n");
        None
    });
    assert_eq!(shown, "a\nneedle 1\n--\ntrace 2\nz\nneedle 2\n");
}

#[test]
fn what_stands_around_a_match_does_not_reach_into_another_run() {
    let process = tempfile::tempdir().unwrap();
    let (mut writer, run) = begin(process.path(), 1);
    let printer = Printer::json(Form::File, StreamFilter::All);
    let shown = followed(needle(2, 2), &run, printer, || {
        writer.append(1, Stream::Stdout, b"old 1\nold 2\n");
        let (mut writer, run) = begin(process.path(), 2);
        writer.append(3, Stream::Stdout, b"needle\n");
        Some(run)
    });
    assert!(shown.contains("needle") && !shown.contains("old"), "{shown}");
}

#[test]
fn what_is_not_described_yet_is_left_to_who_follows() {
    let process = tempfile::tempdir().unwrap();
    let (mut writer, run) = begin(process.path(), 1);
    writer.append(1, Stream::Stdout, b"out\n");
    let append = |name, bytes: &[u8]| {
        OpenOptions::new().append(true).open(run.dir.join(name)).unwrap().write_all(bytes).unwrap();
    };
    append(LOG, b"err\n");
    let wanted = Wanted { filter: StreamFilter::Stderr, ..Wanted::default() };
    let shown = followed(wanted, &run, plain(StreamFilter::Stderr), || {
        let entry = Entry { time_ms: 2, offset: 4, length: 4, stream: Stream::Stderr, lines: 1 };
        append(INDEX, &entry.to_bytes());
        None
    });
    assert_eq!(shown, "err\n");
}

#[test]
fn the_last_lines_are_lines_however_long_they_are() {
    let process = tempfile::tempdir().unwrap();
    let (mut writer, one) = begin(process.path(), 1);
    writer.append(1, Stream::Stdout, b"1\n2\n3\n4\n5\n");
    let (mut writer, two) = begin(process.path(), 2);
    let long = "y".repeat(50_000);
    writer.append(2, Stream::Stdout, format!("{long}\n{long}\n").as_bytes());
    let wanted = Arc::new(Wanted { last: Some(3), ..Wanted::default() });
    let mut sources = vec![Source::open(vec![one, two], &wanted, false).unwrap().unwrap()];
    let mut text = Vec::new();
    print(&mut sources, Marks { runs: false, gaps: true }, &mut plain(StreamFilter::All), &mut text).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), format!("5\n{long}\n{long}\n"));
}

#[test]
fn a_prompt_that_was_shown_and_interrupted_ends_its_line() {
    let (_, run) = begin(tempfile::tempdir().unwrap().path(), 1);
    let line = |text: &str, stream, end| {
        let bytes = text.into();
        Line { offset: 0, len: 0, bytes, stream, time: None, continued: false, end }
    };
    let texts = [false, true].map(|is_shown_before| {
        let mut printer = Printer::new((Paint::new(true), Form::Coloured), None, StreamFilter::All);
        let mut sink = Vec::new();
        if is_shown_before {
            printer.glimpse(&mut sink, &run, &line("$ ", Stream::Stdout, LineEnd::Open)).unwrap();
        }
        printer.line(&mut sink, &run, &line("$ ", Stream::Stdout, LineEnd::Switched), Role::Line).unwrap();
        printer.line(&mut sink, &run, &line("error", Stream::Stderr, LineEnd::Newline), Role::Line).unwrap();
        printer.finish(&mut sink).unwrap();
        String::from_utf8(sink).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
}
