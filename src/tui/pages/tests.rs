//! Pages of real files, as the pane asks for them.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use ratatui::style::{Color, Modifier, Style};

use super::history::History;
use super::*;
use crate::domain::{ProcessName, RunNo};
use crate::logs::index::Entry;
use crate::logs::lines::Stream;
use crate::logs::segment::{Limits, Writer};
use crate::tui::fixture::running;
use crate::tui::model::log::LogPane;
use crate::tui::page::{CopyRequest, Cut, LineFilter, Look, Place, PrintRequest, Source, Subject, Target, Wanted};
use crate::tui::viewer::Viewer;

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
    pane.scroll(-1);
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
        pane.scroll(-39);
        look(&mut pane, &pages, dir.path());
        assert!(pane.lines.len() <= 160, "{}", pane.lines.len());
    }
    let first = pane.first_row().0;
    assert_eq!(texts(&pane)[first], format!("line {}", 100_000 - 40 - 200 * 39));
}

#[test]
fn what_the_index_does_not_describe_yet_is_read_again() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("000001");
    std::fs::create_dir(&dir).unwrap();
    let source = Source { name: ProcessName::new("web").unwrap(), newest: RunNo(1), dir: dir.clone() };
    let limits = Limits { segment_bytes: 1 << 20, segments: 4 };
    let mut writer = Writer::create(dir.join(LOG), dir.join("out.idx"), limits).unwrap();
    writer.append(1000, Stream::Stdout, b"out\n");
    // The bytes come first, and a moment later what says that it was an error.
    append(&dir, "err\n");
    let mut history = History::open(&source).unwrap();
    let page = |history: &mut History, from| {
        history.refresh(&source).unwrap();
        let stretch = history.forward(Place::new(RunNo(1), from), 10, &Look::default(), None).unwrap();
        let streams: Vec<Stream> = stretch.lines.iter().map(|(_, line)| line.stream).collect();
        (streams, stretch.end.offset, history.settled(&stretch).unwrap().offset)
    };
    assert_eq!(page(&mut history, 0), (vec![Stream::Stdout, Stream::Stdout], 8, 4));
    // Who reads on there gets on, whether it comes or not.
    assert_eq!(page(&mut history, 4), (vec![Stream::Stdout], 8, 8));
    let entry = Entry { time_ms: 1001, offset: 4, length: 4, stream: Stream::Stderr, lines: 1 };
    let mut index = OpenOptions::new().append(true).open(dir.join("out.idx")).unwrap();
    index.write_all(&entry.to_bytes()).unwrap();
    assert_eq!(page(&mut history, 4), (vec![Stream::Stderr], 8, 8));
    assert_eq!(page(&mut history, 0), (vec![Stream::Stdout, Stream::Stderr], 8, 8));
}

/// An empty log of run `no`.
fn begin(home: &Path, no: u32) -> (Writer, Source) {
    let dir = home.join(format!("{no:06}"));
    std::fs::create_dir(&dir).unwrap();
    let limits = Limits { segment_bytes: 1 << 20, segments: 4 };
    let writer = Writer::create(dir.join(LOG), dir.join("out.idx"), limits).unwrap();
    (writer, Source { name: ProcessName::new("web").unwrap(), newest: RunNo(no), dir })
}

#[test]
fn a_line_is_found_by_its_number_though_the_log_has_grown() {
    let home = tempfile::tempdir().unwrap();
    let (mut writer, source) = begin(home.path(), 1);
    let mut history = History::open(&source).unwrap();
    let mut write = |numbers: std::ops::Range<u64>| {
        numbers.for_each(|number| writer.append(number, Stream::Stdout, format!("{number:06}\n").as_bytes()));
    };
    write(0..300);
    history.refresh(&source).unwrap();
    let stretch = history.all_back(Place::MAX, 100, StreamFilter::All).unwrap();
    history.settled(&stretch).unwrap();
    write(300..4000);
    history.refresh(&source).unwrap();
    for number in [1500, 700, 100, 2000, 3000, 3500] {
        let place = history.resolve(Target::Line(RunNo(1), number)).unwrap();
        assert_eq!(place.offset, (number - 1) * 7, "line {number}");
    }
}

#[test]
fn a_copy_breaks_between_runs_and_where_lines_were_left_out() {
    let home = tempfile::tempdir().unwrap();
    begin(home.path(), 1).0.append(1, Stream::Stdout, b"panic: it broke");
    let (mut writer, source) = begin(home.path(), 2);
    writer.append(2, Stream::Stdout, b"starting\n50 % it");
    writer.append(2, Stream::Stderr, b"noise\n");
    writer.append(2, Stream::Stdout, b" done\nquit\n");
    let copy = |look: Look| {
        let (subject, cut) = (Subject::One(source.clone()), Cut::Lines);
        let request = CopyRequest { subject, look, from: Place::default(), to: Place::MAX, cut };
        excerpt::excerpt(&mut Book::open(&request.subject).unwrap(), &request).unwrap()
    };
    let all = copy(Look::default());
    assert_eq!((all.text.as_str(), all.lines), ("panic: it broke\nstarting\n50 % itnoise\n done\nquit", 5));
    let wanted = Wanted { text: "it".into(), ..Wanted::default() };
    let filter = Some(LineFilter { wanted, ..LineFilter::default() });
    assert_eq!(copy(Look { filter, ..Look::default() }).text, "panic: it broke\n50 % it\nquit");
}

#[test]
fn a_viewer_opens_at_the_line_whatever_long_lines_come_before() {
    let home = tempfile::tempdir().unwrap();
    let (mut writer, source) = begin(home.path(), 1);
    writer.append(1, Stream::Stdout, &vec![b'x'; 100_000]);
    writer.append(1, Stream::Stdout, b"\nhere\n");
    let (subject, look, at) = (Subject::One(source), Look::default(), Place::new(RunNo(1), 100_001));
    let mut book = Book::open(&subject).unwrap();
    let request = PrintRequest { subject, look, at, viewer: Viewer::Pager };
    let (path, line) = excerpt::print(&mut book, &request).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!((line, text.lines().nth(line - 1)), (2, Some("here")));
}
