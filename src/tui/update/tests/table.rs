//! Selecting, ordering, filtering, marking, trees.

use crate::domain::snapshot::MachineLoad;
use crate::domain::{Phase, Snapshot, Usage};
use crate::tui::fixture::{NOW, backoff, failed, running, shop, stopped, with_zombie};
use crate::tui::message::{Mouse, Msg};
use crate::tui::order::SortBy;
use crate::tui::script::Script;

#[test]
fn the_first_process_is_selected_and_j_k_move() {
    let mut script = Script::new(shop());
    assert_eq!(script.selected(), "claude:refactor");
    assert_eq!(script.keys("j j").selected(), "api");
    assert_eq!(script.keys("k").selected(), "web");
    assert_eq!(script.keys("G").selected(), "migrate");
    assert_eq!(script.keys("j").selected(), "migrate", "the end is the end");
    assert_eq!(script.keys("g").selected(), "claude:refactor");
    assert_eq!(script.keys("3").selected(), "api");
}

#[test]
fn a_selection_is_a_process_and_not_a_row() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20), running("c", 30)]);
    script.keys("j");
    script.rows(vec![running("new", 5), running("c", 30), running("a", 10), running("b", 20)]);
    assert_eq!(script.selected(), "b");
}

#[test]
fn when_the_selected_process_goes_its_neighbour_is_selected() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20), running("c", 30)]);
    script.keys("j");
    assert_eq!(script.rows(vec![running("a", 10), running("c", 30)]).selected(), "c");
    assert_eq!(script.rows(vec![running("a", 10)]).selected(), "a");
    assert_eq!(script.rows(vec![]).selected(), "-");
    assert_eq!(script.rows(vec![running("z", 10)]).selected(), "z");
}

#[test]
fn ordering_keeps_the_selected_row_on_its_line_of_the_screen() {
    let rows = |busy: usize| {
        (0..100).map(move |at| {
            let mut row = running(&format!("p{at:02}"), 1000 + at as u32);
            row.usage.cpu_percent = if at == busy { 99.0 } else { 50.0 - at as f32 / 4.0 };
            row
        })
    };
    let mut script = Script::new(rows(0).collect());
    script.keys("P").keys("PgDn PgDn PgDn j");
    let (name, line) = (script.selected().to_owned(), script.model.table.selected_item - script.model.table.first);
    script.rows(rows(90).collect());
    assert_eq!(script.selected(), name);
    assert_eq!(script.model.table.selected_item - script.model.table.first, line);
    assert_eq!(script.listed()[0], "p90");
}

#[test]
fn letters_order_and_0_goes_back() {
    let mut script = Script::new(vec![stopped("z"), running("b", 30), running("a", 20)]);
    assert_eq!(script.keys("N").listed(), ["a", "b", "z"]);
    assert_eq!(script.keys("I").listed(), ["b", "a", "z"]);
    assert_eq!(script.keys("0").listed(), ["z", "b", "a"]);
    assert_eq!(script.keys(">").listed(), ["a", "b", "z"], "the first column to the right is the name");
    assert_eq!(script.keys("<").listed(), ["z", "b", "a"]);
}

#[test]
fn a_filter_hides_rows_while_it_is_typed_and_esc_brings_them_back() {
    let mut script = Script::new(shop());
    script.keys("/").types("state:failed");
    assert_eq!(script.listed(), ["worker", "mailer"]);
    assert_eq!(script.selected(), "worker", "a hidden process is not selected");
    script.keys("esc");
    assert_eq!(script.listed().len(), 10);
    assert_eq!(script.selected(), "claude:refactor", "esc undoes it all");
    script.keys("/").types("!state:failed cpu>10").keys("enter");
    assert_eq!(script.listed(), ["claude:refactor", "web", "api", "postgres", "codex:tests", "redis"]);
    assert!(script.screen().contains("6 of 10"), "{}", script.screen());
    script.keys("esc");
    assert_eq!(script.listed().len(), 10);
}

#[test]
fn letters_typed_into_a_filter_are_text() {
    let mut script = Script::new(shop());
    script.keys("/").types("xXrQ?");
    assert_eq!(script.sent(), []);
    assert_eq!(script.model.table.filter_text, "xXrQ?");
    assert!(script.listed().is_empty());
    assert!(script.screen().contains("The filter hides every process"));
}

#[test]
fn what_is_wrong_with_a_filter_is_said_while_it_is_typed_and_kept() {
    for (text, fault) in [
        ("cpu>", "cpu> needs a number"),
        ("redis pid:x", "pid: needs a number"),
        ("/^(a|b/", "/^(a|b/: unclosed group"),
    ] {
        let mut script = Script::sized((100, 24), shop());
        let typed = script.keys("/").types(text).screen();
        let kept = script.keys("enter").screen();
        assert!([&typed, &kept].iter().all(|screen| screen.contains(fault)), "{text}:\n{typed}\n{kept}");
        assert_eq!(script.selected() == "redis", text.starts_with("redis"), "{text}");
    }
}

#[test]
fn a_filter_that_has_no_room_in_the_heading_is_seen_to_be_cut() {
    let mut script = Script::sized((60, 16), shop());
    let screen = script.keys("/").types("state:running group:claude kind:command").screen();
    let heading = screen.lines().nth(1).unwrap();
    assert!(heading.contains("… esc clears"), "{heading}");
}

#[test]
fn an_arrow_down_is_the_largest_first_whatever_the_column() {
    let mut off = stopped("off");
    off.usage.cpu_percent = 0.0;
    let mut script = Script::new(vec![off, running("b", 30), running("a", 20)]);
    let mut order = |keys: &str| {
        let screen = script.keys(keys).screen();
        let heading = screen.lines().nth(1).unwrap();
        let said = heading.split(" by ").nth(1).unwrap_or_default().split(" ─").next().unwrap_or_default();
        (said.to_owned(), script.listed().join(" "))
    };
    let says = |said: &str, listed: &str| (said.to_owned(), listed.to_owned());
    assert_eq!(order("N"), says("pid ↑", "a b off"));
    assert_eq!(order("I"), says("pid ↓", "b a off"), "who has none is last both ways");
    assert_eq!(order("0 >"), says("name ↑", "a b off"));
    assert_eq!(order("I"), says("name ↓", "off b a"));
    for (key, name) in [("M", "memory"), ("P", "cpu"), ("T", "time")] {
        assert_eq!(order(key), (format!("{name} ↓"), "b a off".to_owned()));
        assert_eq!(order("I"), (format!("{name} ↑"), "b a off".to_owned()));
    }
}

#[test]
fn what_was_not_measured_yet_is_no_figure() {
    let mut fresh = running("fresh", 10);
    fresh.usage = Usage::default();
    fresh.tree = std::sync::Arc::new([]);
    let mut script = Script::sized((140, 30), vec![fresh, running("web", 20)]);
    let screen = script.screen();
    let line = screen.lines().find(|line| line.contains(" fresh ")).unwrap();
    let figures = line.split("healthy").next().unwrap();
    assert!(!figures.contains("0.0") && !figures.contains(" 0 ") && !figures.contains('▁'), "{screen}");
    let mut snapshot = Snapshot::clone(&script.model.snapshot);
    snapshot.machine = MachineLoad::default();
    script.msg(Msg::Snapshot(std::sync::Arc::new(snapshot)));
    let screen = script.screen();
    assert!(!screen.contains("of 0") && !screen.contains("0/0"), "{screen}");
    assert!(script.keys("d").screen().contains("not measured yet"), "{}", script.screen());
}

#[test]
fn who_never_ran_has_no_history() {
    let mut waiting = stopped("waiting");
    waiting.phase = Phase::Starting { since: NOW };
    let mut script = Script::sized((140, 30), vec![waiting, running("web", 20)]);
    for _ in 0..12 {
        script.wait(1000).rows(vec![stopped("waiting"), running("web", 20)]);
    }
    let screen = script.screen();
    let line = screen.lines().find(|line| line.contains(" waiting ")).unwrap();
    assert!(!line.contains('▁'), "{screen}");
}

#[test]
fn a_failed_row_is_one_key_away() {
    let mut script = Script::new(vec![running("a", 1), failed("b", 2), running("c", 3), backoff("d", 4)]);
    assert_eq!(script.keys("!").selected(), "b");
    assert_eq!(script.keys("!").selected(), "d");
    assert_eq!(script.keys("!").selected(), "b");
    let mut calm = Script::new(vec![running("a", 1)]);
    assert_eq!(calm.keys("!").toast(), "nothing is in trouble");
}

#[test]
fn a_number_without_a_process_says_so() {
    let mut script = Script::new(vec![running("a", 1)]);
    assert_eq!(script.keys("7").toast(), "there is no process number 7 here");
    assert_eq!(script.selected(), "a");
}

#[test]
fn trees_unfold_one_by_one_or_all_at_once() {
    let mut script = Script::sized((140, 30), vec![running("a", 10), with_zombie("web", 20)]);
    assert_eq!(script.keys("j l").model.table.items.len(), 4);
    assert_eq!(script.keys("h").model.table.items.len(), 2);
    assert_eq!(script.keys("t").model.table.items.len(), 4);
    assert!(script.screen().contains("parent node (28) has not reaped it"), "{}", script.screen());
    assert_eq!(script.keys("h").model.table.items.len(), 2);
    assert_eq!(script.keys("g l").toast(), "a has no children");
}

#[test]
fn a_mark_survives_as_long_as_its_process() {
    let mut script = Script::new(vec![running("a", 10), running("b", 20)]);
    script.keys("space");
    assert_eq!(script.selected(), "b");
    assert_eq!(script.model.table.marks.len(), 1);
    script.rows(vec![running("b", 20)]);
    assert!(script.model.table.marks.is_empty());
    script.keys("space u");
    assert!(script.model.table.marks.is_empty());
}

#[test]
fn a_click_selects_and_the_wheel_scrolls_what_is_under_it() {
    let mut script = Script::new(shop());
    let areas = script.model.areas();
    script.msg(Msg::Mouse(Mouse::Press, 5, areas.table.y + 2));
    assert_eq!(script.selected(), "api");
    script.msg(Msg::Mouse(Mouse::WheelDown, 5, areas.table.y));
    assert_eq!(script.selected(), "worker");
    script.log("worker", 500);
    script.msg(Msg::Mouse(Mouse::WheelUp, 5, areas.log.y));
    assert!(!script.model.log.follow);
    assert_eq!(script.selected(), "worker");
    script.msg(Msg::Mouse(Mouse::Press, 5, areas.log.y));
    assert_eq!(script.model.pane, crate::tui::layout::Pane::Log);
    // A list that lies on top has it for itself.
    let top = script.model.log.top;
    script.keys("?");
    script.msg(Msg::Mouse(Mouse::WheelDown, 5, areas.log.y));
    script.msg(Msg::Mouse(Mouse::WheelDown, 5, areas.log.y));
    script.msg(Msg::Mouse(Mouse::WheelUp, 5, areas.log.y));
    assert_eq!(script.model.finder.as_ref().map(|finder| finder.focused), Some(3));
    script.msg(Msg::Mouse(Mouse::WheelUp, 5, areas.log.y));
    script.msg(Msg::Mouse(Mouse::WheelUp, 5, areas.log.y));
    assert_eq!(script.model.finder.as_ref().map(|finder| finder.focused), Some(0));
    assert_eq!(script.model.log.top, top);
}

#[test]
fn a_click_on_the_head_of_a_column_orders_by_it_and_again_the_other_way_round() {
    let mut script = Script::new(shop());
    let head = script.model.areas().table_head;
    let screen = script.screen();
    let heads = screen.lines().nth(usize::from(head.y) + 1).unwrap();
    let mut click = |title: &str| {
        let column = heads.find(title).unwrap() as u16;
        script.msg(Msg::Mouse(Mouse::Press, column, head.y + 1));
        (script.model.table.sort, script.model.table.inverted)
    };
    assert_eq!(click("MEM"), (SortBy::Memory, false));
    assert_eq!(click("MEM"), (SortBy::Memory, true));
    assert_eq!(click("NAME"), (SortBy::Name, false));
    assert_eq!(click("STATE"), (SortBy::State, false));
    // The gap behind a head belongs to it, too.
    let column = heads.find("CPU%").unwrap() as u16 - 2;
    script.msg(Msg::Mouse(Mouse::Press, column, head.y + 1));
    assert_eq!(script.model.table.sort, SortBy::Pid);
    script.msg(Msg::Mouse(Mouse::Press, column + 1, head.y + 1));
    assert_eq!(script.model.table.sort, SortBy::Cpu);
    // The title above is no head of a column.
    script.msg(Msg::Mouse(Mouse::Press, 5, head.y));
    assert_eq!(script.model.table.sort, SortBy::Cpu);
}

#[test]
fn rows_do_not_move_while_a_question_is_open() {
    let rows = |a: f32, b: f32| {
        [("a", a), ("b", b)]
            .map(|(name, cpu)| {
                let mut row = running(name, 10);
                row.usage.cpu_percent = cpu;
                row
            })
            .to_vec()
    };
    let mut script = Script::new(rows(90.0, 10.0));
    script.keys("P X").rows(rows(10.0, 90.0));
    assert_eq!(script.listed(), ["a", "b"]);
    script.keys("esc");
    assert_eq!(script.listed(), ["b", "a"]);
}
