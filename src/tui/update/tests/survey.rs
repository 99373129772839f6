//! All logs at once, the last error, and text in files.

use crate::logs::lines::Stream;
use crate::tui::fixture::{run, running};
use crate::tui::layout::Pane;
use crate::tui::script::Script;

fn three() -> Script {
    let mut script = Script::new(vec![running("web", 10), running("api", 20), running("db", 30)]);
    script.write_at("web", 300, Stream::Stdout, b"starting\nconnection refused by db\n");
    script.write_at("db", 200, Stream::Stdout, b"starting\nConnection from web refused\n");
    script.write_at("api", 100, Stream::Stderr, b"all is well\n");
    script
}

#[test]
fn all_logs_are_searched_at_once_and_a_line_is_jumped_to() {
    let mut script = three();
    script.keys("ctrl-f").types("connection").keys("enter");
    let screen = script.screen();
    let lines: Vec<&str> = screen.lines().filter(|line| line.contains("onnection ")).map(str::trim).collect();
    assert!(lines[1].contains("db  Connection from web refused"), "newest first: {screen}");
    assert!(lines[2].contains("web connection refused by db"), "{screen}");
    script.keys("j enter");
    assert_eq!(script.selected(), "web");
    assert_eq!(script.model.pane, Pane::Log);
    assert!(script.model.results.is_none());
    let search = script.model.log.searches.now.as_ref().unwrap();
    assert_eq!(search.current, script.model.log.cursor);
    assert!(script.screen().contains("match 1 of 1"), "{}", script.screen());
    let cursor = script.model.log.index_of(script.model.log.cursor.unwrap());
    assert_eq!(script.model.log.lines[cursor].text(), "connection refused by db");
}

#[test]
fn earlier_runs_are_looked_through_and_a_hidden_process_is_shown() {
    let mut script = three();
    let mut row = running("web", 10);
    row.run = Some(run("web", 2, 11));
    script.rows(vec![row, running("api", 20), running("db", 30)]);
    script.write("web", Stream::Stdout, b"second run\n");
    script.keys("/").types("api").keys("enter ctrl-f").types("refused by").keys("enter enter");
    assert_eq!(script.selected(), "web");
    assert_eq!(script.model.log.run_in_view().unwrap().0, 1);
    assert!(script.texts_in_view().contains(&"connection refused by db".to_owned()));
}

#[test]
fn what_is_nowhere_is_told_and_esc_closes() {
    let mut script = three();
    script.keys("ctrl-f").types("nowhere").keys("enter");
    assert!(script.screen().contains("no line in any log"), "{}", script.screen());
    script.keys("enter esc");
    assert!(script.model.results.is_none());
    script.keys("ctrl-f ctrl-r").types("conn(").keys("enter");
    assert!(script.screen().contains("at column 5"), "{}", script.screen());
}

#[test]
fn the_last_error_is_copied_with_what_belongs_to_it() {
    let mut script = Script::new(vec![running("web", 10)]);
    let text =
        "INFO one\nINFO two\nINFO three\nINFO four\n\x1b[31mERROR\x1b[0m it broke\n  at a.js:1\n\tat b.js:2\nINFO on\n";
    script.write("web", Stream::Stdout, text.as_bytes()).keys("tab ctrl-y");
    let expected = "INFO two\nINFO three\nINFO four\nERROR it broke\n  at a.js:1\n\tat b.js:2";
    assert_eq!(script.copied().as_deref(), Some(expected));
    let mut script = three();
    script.keys("tab ctrl-y");
    assert_eq!(script.copied(), None);
    assert!(script.toast().contains("nothing copied"), "{}", script.toast());
}

#[test]
fn text_is_saved_under_a_name_and_nothing_is_overwritten_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("out.txt");
    let mut script = Script::sized((200, 24), vec![running("web", 10)]);
    script.log("web", 100).keys("enter v k ctrl-s");
    assert!(script.screen().contains("save to> web-run1.log"), "{}", script.screen());
    let name = path.display().to_string();
    script.keys("ctrl-u").types(&name).keys("enter");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "line00098\nline00099\n");
    assert!(script.toast().starts_with("2 lines saved to"), "{}", script.toast());
    assert!(script.model.log.follow, "the selection has done its work");
    script.keys("ctrl-s ctrl-u").types(&name).keys("enter");
    assert!(script.screen().contains("is there already") && script.model.menu.is_some(), "{}", script.screen());
    script.keys("enter");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "line00098\nline00099\n", "the harmless answer is the default");
    script.keys("ctrl-s ctrl-u").types(&name).keys("enter y");
    let saved = std::fs::read_to_string(&path).unwrap();
    assert_eq!(saved.lines().count(), usize::from(script.model.log.size.1), "{saved:?} {:?}", script.texts_in_view());
    script.keys("ctrl-s ctrl-u").types("/no/such/directory/x").keys("enter");
    assert!(script.toast().starts_with("not saved to /no/such"), "{}", script.toast());
}
