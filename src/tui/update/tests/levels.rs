//! Errors and warnings are counted for what is on the screen, when it has grown, and not more often than once a second.

use std::collections::BTreeSet;

use ratatui::style::Color;

use crate::domain::Row;
use crate::logs::lines::Stream;
use crate::tui::fixture::running;
use crate::tui::message::Msg;
use crate::tui::script::{Script, buffer};

fn processes(n: u32) -> Vec<Row> {
    (0..n).map(|i| running(&format!("p{i:02}"), 100 + i)).collect()
}

/// The line of the table for a process.
fn line<'a>(screen: &'a str, process: &str) -> &'a str {
    screen.lines().find(|line| line.contains(&format!(" {process} "))).unwrap_or_default()
}

#[test]
fn each_row_in_view_shows_its_errors_and_warnings() {
    let mut script = Script::sized((120, 24), vec![running("web", 10), running("api", 20), running("db", 30)]);
    script.write("web", Stream::Stdout, b"ERROR one\nWARN two\nWARN three\n");
    script.write("db", Stream::Stdout, b"warning: x\n");
    let screen = script.screen();
    assert!(line(&screen, "web").contains(" 1/2 "), "{screen}");
    assert!(line(&screen, "db").contains(" 0/1 "), "{screen}");
    assert!(!line(&screen, "api").contains('/'), "{screen}");
    let cells = buffer(&script.model);
    let (y, line) = screen.lines().zip(0..).find_map(|(l, y)| l.contains(" web ").then_some((y, l))).unwrap();
    let x = line.split(" 1/2 ").next().unwrap().chars().count() as u16 + 1;
    assert_eq!([x, x + 2].map(|x| cells[(x, y)].fg), [Color::Red, Color::Yellow]);
    assert!(screen.contains("E1 W2"), "the title shows the same count: {screen}");
    assert_eq!(script.counted, [["web"], ["db"]]);
}

#[test]
fn a_row_is_counted_once_a_second_at_most_and_only_when_it_has_grown() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, b"ERROR one\n");
    assert_eq!(script.model.next_wake(), None, "nothing is awaited");
    for _ in 0..20 {
        script.wait(10).write("web", Stream::Stdout, b"ERROR more\n");
    }
    assert_eq!(script.counted.len(), 1);
    assert!(script.screen().contains("E1"), "{}", script.screen());
    let due = script.model.next_wake().expect("somebody has to look again");
    script.now = due;
    script.msg(Msg::Tick);
    assert_eq!((script.counted.len(), script.model.next_wake()), (2, None));
    assert!(script.screen().contains("E21"), "{}", script.screen());
    script.wait(60_000).msg(Msg::Tick).keys("j k");
    assert_eq!(script.counted.len(), 2, "nothing has grown");
}

#[test]
fn rows_that_are_not_in_view_cost_nothing() {
    let mut script = Script::sized((100, 24), processes(60));
    for i in 0..60 {
        script.wait(1000).write(&format!("p{i:02}"), Stream::Stdout, b"ERROR\n");
    }
    let height = usize::from(script.model.areas().table.height);
    let counted = |script: &Script| script.counted.concat().into_iter().collect::<BTreeSet<_>>();
    assert_eq!(counted(&script).len(), height);
    script.counted.clear();
    script.wait(1000).keys("G");
    assert_eq!(counted(&script).len(), height, "those that came into view, at once");
    script.keys("z tab").counted.clear();
    script.wait(1000).write("p59", Stream::Stdout, b"ERROR\n").wait(1000).write("p58", Stream::Stdout, b"ERROR\n");
    assert_eq!(script.counted.concat(), ["p59"], "in the log alone there is only the title");
    assert!(Script::sized((84, 24), processes(3)).screen().contains("E/W"));
    let mut narrow = Script::sized((80, 24), processes(3));
    narrow.wait(1000).write("p02", Stream::Stdout, b"ERROR\n");
    assert_eq!((narrow.counted.len(), narrow.screen().contains("E/W")), (0, false));
}

#[test]
fn a_count_on_its_way_is_not_asked_for_again_and_a_new_run_is_counted_anew() {
    let mut script = Script::sized((120, 24), vec![running("web", 10)]);
    script.holding = true;
    script.write("web", Stream::Stdout, b"ERROR one\n");
    assert!(line(&script.screen(), "web").contains('…'), "{}", script.screen());
    script.wait(5000).write("web", Stream::Stdout, b"ERROR two\n");
    assert_eq!(script.counted.len(), 1);
    script.deliver();
    assert!(line(&script.screen(), "web").contains(" 2/0 "), "{}", script.screen());
    let mut next = running("web", 11);
    if let Some(run) = &mut next.run {
        run.no = crate::domain::RunNo(2);
        run.dir = "/state/runs/web/000002".into();
    }
    script.wait(5000).rows(vec![next]);
    assert!(!line(&script.screen(), "web").contains("2/0"), "{}", script.screen());
    script.wait(5000).write("web", Stream::Stdout, b"WARN\n");
    assert!(line(&script.screen(), "web").contains(" 0/1 "), "{}", script.screen());
}

#[test]
fn rows_are_ordered_by_errors_and_then_all_are_counted() {
    let mut script = Script::sized((120, 24), processes(30));
    script.write("p29", Stream::Stdout, b"ERROR\n").wait(1000);
    script.write("p28", Stream::Stdout, b"WARN\n").wait(1000).write("p27", Stream::Stdout, b"ERROR\nERROR\n");
    assert!(script.counted.is_empty());
    script.wait(1000).keys("< <");
    assert_eq!(script.model.table.sort.label(), "by errors");
    assert_eq!(script.listed()[..4], ["p27", "p29", "p28", "p00"]);
    script.wait(1000).write("p05", Stream::Stdout, b"ERROR\nERROR\nERROR\n");
    assert_eq!(script.listed()[0], "p05");
}
