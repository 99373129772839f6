//! All logs at once, the last error, and text in files.

use std::sync::Arc;

use crate::domain::{ProcessSpec, Row};
use crate::logs::lines::Stream;
use crate::tui::fixture::{run, running};
use crate::tui::layout::Pane;
use crate::tui::message::{Mouse, Msg};
use crate::tui::script::Script;
use crate::tui::view::figures::size;
use crate::tui::viewer::Viewer;

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
fn a_click_focuses_a_line_and_a_second_one_jumps_to_it() {
    let mut script = three();
    script.keys("ctrl-f").types("connection").keys("enter");
    let screen = script.screen();
    let y = screen.lines().position(|line| line.contains("connection refused by db")).unwrap() as u16;
    script.msg(Msg::Mouse(Mouse::Press, 20, y));
    assert_eq!(script.model.results.as_ref().unwrap().focused, 1);
    script.msg(Msg::Mouse(Mouse::Press, 20, y + 1)).msg(Msg::Mouse(Mouse::Press, 0, y));
    assert_eq!(script.model.results.as_ref().unwrap().focused, 1, "where no line is nothing happens");
    script.msg(Msg::Mouse(Mouse::Press, 20, y));
    assert_eq!((script.selected(), script.model.results.is_none()), ("web", true));
}

#[test]
fn a_find_of_a_process_that_is_gone_is_told() {
    let mut script = three();
    script.keys("ctrl-f").types("refused by").keys("enter");
    script.rows(vec![running("api", 20)]).keys("enter");
    assert!(script.screen().contains("web is gone from the table"), "{}", script.screen());
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

#[test]
fn a_viewer_gets_a_file_of_the_lines_shown_and_the_line_to_show() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.log("web", 1000).keys("tab ctrl-g").types("500").keys("enter |");
    let viewed = script.viewed();
    let Some((Viewer::Pager, path, line)) = viewed else { panic!("{viewed:?}") };
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!((line, text.lines().nth(line - 1)), (500, Some("line00499")));
    assert_eq!(text.lines().count(), 1000);
    std::fs::remove_file(path).unwrap();
    // What is too much for a viewer is said in the first line of the file.
    let long = [&[b'x'; 99][..], b"\n"].concat().repeat(170_000);
    script.write("web", Stream::Stdout, &long).keys("G |");
    let viewed = script.viewed();
    let Some((_, path, line)) = viewed else { panic!("{}", script.toast()) };
    let text = std::fs::read_to_string(&path).unwrap();
    let (first, shown) = (text.lines().next().unwrap(), text.lines().nth(line - 1).unwrap());
    assert!(first.contains(" before this and 0 B behind it are left out; ctrl-s in pm saves all"), "{first}");
    assert!(shown.starts_with("xx"), "{}", &shown[..shown.len().min(40)]);
    std::fs::remove_file(path).unwrap();
    script.keys("&").types("50").keys("enter G o");
    let Some((Viewer::Editor, path, line)) = script.viewed() else { panic!("no editor") };
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().nth(line - 1), Some("line00950"));
    assert_eq!(text.lines().count(), line, "only what is shown");
    std::fs::remove_file(path).unwrap();
    script.msg(Msg::Viewed(Viewer::Pager, Err("less did not show the log: not found".into())));
    assert!(script.toast().contains("less did not"));
}

#[test]
fn the_config_is_edited_at_the_entry_and_what_has_none_is_told() {
    let job = running("job", 20);
    let job = Row { spec: Arc::new(ProcessSpec { source: None, ..ProcessSpec::clone(&job.spec) }), ..job };
    let mut script = Script::new(vec![running("web", 10), job]);
    script.keys("e");
    let Some((Viewer::Config, path, line)) = script.viewed() else { panic!("{}", script.toast()) };
    assert_eq!((path.to_str(), line), (Some("/home/me/shop/pm.toml"), 12));
    script.msg(Msg::Viewed(Viewer::Config, Ok(())));
    assert!(script.toast().contains("`pm down --detach`, then `pm up -d`"), "{}", script.toast());
    script.keys("j d e");
    assert!(script.viewed().is_none());
    assert!(script.toast().starts_with("job was started by `pm run`"), "{}", script.toast());
}

#[test]
fn errors_and_warnings_are_counted_in_the_title() {
    let mut script = Script::sized((120, 24), vec![running("web", 10), running("api", 20)]);
    script.write("web", Stream::Stdout, b"ERROR one\nWARN two\nINFO three\nerror: four\n");
    assert!(script.screen().contains("E2 W1"), "{}", script.screen());
    let many = "INFO\n".repeat(50);
    script.write("web", Stream::Stdout, many.as_bytes()).keys("K");
    script.wait(1000).write("web", Stream::Stderr, b"FATAL five\nERROR six\n");
    assert!(script.screen().contains("2 new below, 2 errors"), "{}", script.screen());
    script.keys("tab G");
    assert!(script.screen().contains("E4 W1"), "{}", script.screen());
    script.keys("esc j");
    assert!(!script.screen().contains("E4"), "{}", script.screen());
}

// The names of removed files that are open must be gone at once.
#[cfg(unix)]
#[test]
fn clearing_a_log_asks_and_removes_what_nobody_writes() {
    let mut script = Script::sized((120, 24), vec![running("web", 10)]);
    script.log("web", 30);
    let mut row = running("web", 11);
    row.run = Some(run("web", 2, 11));
    script.rows(vec![row]);
    script.log("web", 8).keys("tab C");
    assert!(script.screen().contains("What web printed in all its runs goes"), "{}", script.screen());
    script.keys("enter");
    assert!(script.screen().contains("line00007"), "the harmless answer comes first");
    script.keys("C y");
    assert!(
        script.toast().contains("1 earlier run removed; the segment that is being written stays"),
        "{}",
        script.toast()
    );
    script.keys("C y");
    let text = script.toast();
    assert!(text.starts_with("web: there is nothing that can go; the segment that is being written stays"), "{text}");
    let dir = script.dir_of("web").unwrap();
    assert!(dir.exists() && !dir.parent().unwrap().join("000001").exists());
    assert_eq!(script.keys("g").texts_in_view()[0], "line00000");
    assert_eq!(script.keys("G").texts_in_view().len(), 8, "of this run alone");
    std::fs::write(dir.join("record"), "it is over").unwrap();
    script.keys("C y");
    assert!(!script.toast().contains("stays"), "{}", script.toast());
    assert!(script.texts_in_view().is_empty(), "{:?}", script.texts_in_view());
}

#[test]
fn details_tell_what_the_kept_runs_take_on_disk_and_look_again_when_it_grows() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, "x".repeat(100_000).as_bytes());
    script.keys("d");
    let dir = script.dir_of("web").unwrap();
    let taken = |dir: &std::path::Path| crate::logs::disk::usage_of_runs(dir.parent().unwrap());
    let said = |script: &Script, bytes: u64| script.screen().contains(&format!("{} in 1 kept run", size(bytes)));
    let before = taken(&dir).0;
    assert!(said(&script, before), "{}", script.screen());
    script.wait(100).write("web", Stream::Stdout, "y".repeat(900_000).as_bytes());
    assert!(said(&script, before), "not twice in a moment: {}", script.screen());
    let due = script.model.next_wake().expect("somebody looks again");
    script.now = due;
    script.msg(Msg::Tick);
    assert!(said(&script, taken(&dir).0) && taken(&dir).0 > 1_000_000, "{}", script.screen());
    script.keys("esc").wait(5000).msg(Msg::Tick);
    assert_eq!(script.model.next_wake(), None, "nobody looks when nobody sees it");
}

#[test]
fn json_is_folded_on_request_and_copied_as_it_is() {
    let mut script = Script::sized((120, 24), vec![running("web", 10)]);
    let line = r#"{"level":"error","msg":"no route","time":"12:00","path":"/x"}"#;
    script.write("web", Stream::Stdout, format!("plain\n{line}\n").as_bytes()).keys("tab");
    assert_eq!(script.texts_in_view(), ["plain", line]);
    script.keys("J");
    assert_eq!(script.texts_in_view(), ["plain", "ERROR 12:00 no route  path=/x"]);
    script.keys("v y");
    assert_eq!(script.copied().as_deref(), Some(line));
    script.keys("J J");
    assert_eq!(script.texts_in_view()[1], line);
}

#[test]
fn json_is_spread_over_rows_on_request_and_seen_scrolled_and_copied_so() {
    let mut script = Script::sized((120, 24), vec![running("web", 10)]);
    let line = r#"{"level":"error","msg":"no route","stack":"at a\n at b","path":"/x"}"#;
    script.write("web", Stream::Stdout, format!("first\n{line}\nlast\n").as_bytes()).keys("tab J J");
    let rows = ["first", "ERROR no route", "    stack: ", "      at a", "       at b", "    path: /x", "last"];
    let screen = script.screen();
    let at = |text: &str| screen.lines().position(|row| row.trim_end().ends_with(text.trim_end()));
    let places: Vec<_> = rows.iter().map(|row| at(row)).collect();
    let first = places[0].expect("the first line is in view");
    assert_eq!(places, (first..first + rows.len()).map(Some).collect::<Vec<_>>(), "{screen}");
    // Whole lines are what was printed.
    script.keys("v k y");
    assert_eq!(script.copied(), Some(format!("{line}\nlast")));
}
