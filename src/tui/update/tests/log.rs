//! The log pane: following, staying, paging through the whole file.

use crate::logs::lines::Stream;
use crate::tui::fixture::{run, running, with_terminal};
use crate::tui::message::{Effect, Msg};
use crate::tui::script::{Script, buffer};

fn with_lines(count: u64) -> Script {
    let mut script = Script::new(vec![running("web", 10), running("api", 20)]);
    script.log("web", count).log("api", 40);
    script
}

#[test]
fn it_opens_at_the_end_and_follows() {
    let mut script = with_lines(1000);
    let height = u64::from(script.model.log.size.1);
    assert_eq!(script.log_in_view(), (1000 - height, 999));
    script.log("web", 1200);
    assert_eq!(script.log_in_view(), (1200 - height, 1199));
}

#[test]
fn scrolling_up_stays_there_while_output_flows() {
    let mut script = with_lines(1000);
    script.keys("K K K");
    let place = script.log_in_view();
    assert_eq!(place.1, 996);
    let read = script.pages_read;
    script.log("web", 5000).log("web", 9000);
    assert_eq!(script.log_in_view(), place);
    assert!(script.pages_read <= read + 1, "no more is read than a screen below");
    assert!(script.screen().contains("8,000 new below"), "{}", script.screen());
    script.keys("J J J");
    assert!(!script.model.log.follow, "this was the end once, but it is no longer");
    assert_eq!(script.keys("tab G").log_in_view().1, 8999);
    assert!(script.model.log.follow);
}

#[test]
fn who_looks_at_another_log_and_comes_back_is_where_they_were() {
    let mut script = with_lines(1000);
    script.keys("K K K");
    let place = script.log_in_view();
    script.keys("j");
    assert_eq!(script.log_in_view().1, 39, "the other one is followed");
    script.log("web", 5000);
    assert_eq!(script.keys("k").log_in_view(), place);
    assert!(script.screen().contains("4,000 new below"), "{}", script.screen());
    // By way of all in one, and past one that has nothing to show.
    assert_eq!(script.keys("A A").log_in_view(), place);
    // From a place that was not read again yet, and from the end, which is followed again.
    assert_eq!(script.keys("j k j k").log_in_view(), place);
    assert_eq!(script.keys("f j k").log_in_view().1, 4999);
    assert!(script.model.log.follow);
}

#[test]
fn reaching_the_end_follows_again() {
    let mut script = with_lines(1000);
    script.keys("ctrl-u");
    assert!(!script.model.log.follow);
    script.keys("ctrl-d ctrl-d");
    assert!(script.model.log.follow);
}

#[test]
fn the_whole_file_can_be_paged_through_in_both_directions() {
    let mut script = with_lines(1000);
    script.keys("tab");
    let page = u64::from(script.model.log.size.1) - 1;
    let mut expected = script.log_in_view().0;
    while expected > 0 {
        expected = expected.saturating_sub(page);
        script.keys("PgUp");
        assert_eq!(script.log_in_view().0, expected);
        assert!(script.model.log.lines.len() < 60, "{} lines are kept", script.model.log.lines.len());
    }
    while !script.model.log.follow {
        expected += page;
        script.keys("PgDn");
        assert!(script.model.log.follow || script.log_in_view().0 == expected, "{expected}");
        assert!(script.model.log.lines.len() < 60, "{} lines are kept", script.model.log.lines.len());
    }
    assert_eq!(script.log_in_view().1, 999);
}

#[test]
fn g_goes_to_the_first_line_kept() {
    let mut script = with_lines(100_000);
    script.keys("tab g");
    assert_eq!(script.log_in_view().0, 0);
    assert!(script.screen().contains("line00000"));
    assert_eq!(script.keys("j j").log_in_view().0, 2);
}

#[test]
fn a_scroll_faster_than_the_disk_arrives_in_the_end() {
    let mut script = with_lines(1000);
    let first = script.log_in_view().0;
    script.holding = true;
    script.keys("tab").keys(&"k ".repeat(50));
    script.deliver();
    script.keys("k");
    let place = script.log_in_view().0;
    assert_eq!(place, first - 51);
}

#[test]
fn another_process_shows_its_own_log() {
    let mut script = with_lines(1000);
    script.keys("K j");
    assert!(script.model.log.follow);
    assert_eq!(script.log_in_view().1, 39);
    assert_eq!(script.model.log.one().unwrap().name.as_str(), "api");
}

#[test]
fn a_page_of_a_log_no_longer_shown_changes_nothing() {
    let mut script = with_lines(1000);
    script.holding = true;
    script.keys("tab PgUp tab").log("web", 1100);
    script.keys("j");
    script.deliver();
    assert_eq!(script.log_in_view().1, 39);
}

/// `web` was restarted: its second run has this many lines.
fn restart(script: &mut Script, lines: u64) {
    let mut row = running("web", 10);
    row.run = Some(run("web", 2, 11));
    script.rows(vec![row, running("api", 20)]);
    script.log("web", lines);
}

#[test]
fn a_restart_goes_on_in_the_same_view_behind_a_boundary() {
    let mut script = with_lines(1000);
    restart(&mut script, 2);
    let texts = script.texts_in_view();
    assert_eq!(texts[texts.len() - 4..], ["line00999", "", "line00000", "line00001"]);
    assert!(script.screen().contains("run 1 ended, nobody knows how   run 2 started"), "{}", script.screen());
    script.log("web", 500);
    assert_eq!(script.log_in_view().1, 499);
}

#[test]
fn the_title_speaks_of_the_run_in_view() {
    let mut script = with_lines(1000);
    script.write("web", Stream::Stderr, b"ERROR of the first\n");
    restart(&mut script, 300);
    script.write("web", Stream::Stderr, b"ERROR of the second\n").wait(1000).msg(Msg::Tick);
    assert!(script.screen().contains(" run 2  301 lines  2.9K  E1 "), "{}", script.screen());
    let screen = script.keys("tab g").screen();
    assert!(screen.contains(" run 1 of 2  9.8K ") && !screen.contains("E1"), "{screen}");
}

#[test]
fn what_is_new_below_is_not_counted_where_only_some_of_it_is_shown() {
    let mut script = with_lines(1000);
    script.write("web", Stream::Stderr, b"one\ntwo\n");
    script.keys("tab t t t k k k");
    script.log("web", 1100);
    assert!(script.screen().contains(" 98 new below, G follows"), "{}", script.screen());
    let screen = script.keys("t").screen();
    assert!(screen.contains(" new below, G follows") && !screen.contains("98 new"), "{screen}");
}

#[test]
fn a_line_that_goes_on_to_the_right_is_seen_to() {
    let mut script = with_lines(1);
    let (width, log) = (usize::from(script.model.log.text_width()), script.model.areas().log);
    let lines = [width - 1, width, width + 1].map(|len| "x".repeat(len) + "\n").concat();
    script.write("web", Stream::Stdout, format!("{lines}{}日日\n", "x".repeat(width - 1)).as_bytes());
    let (cells, x) = (buffer(&script.model), log.x + 1 + width as u16 - 1);
    let last = |line: u16| cells[(x, log.y + line)].symbol().to_owned();
    assert_eq!([1, 2, 3, 4].map(last), [" ", "x", "…", "…"], "{}", script.screen());
    script.keys("tab w");
    assert!(!script.screen().contains('…'), "{}", script.screen());
}

#[test]
fn a_title_without_room_is_seen_to_be_cut() {
    let name = "a-name-that-goes-on-and-on-beyond-what-a-title-has-room-for";
    let script = Script::sized((60, 16), vec![running(name, 10)]);
    let screen = script.screen();
    let title = screen.lines().find(|line| line.contains(" log ")).unwrap();
    assert!(title.contains("… following "), "{title}");
}

#[test]
fn a_run_that_never_began_is_not_said_to_have_ended() {
    let mut script = with_lines(3);
    std::fs::create_dir_all(script.dir_of("web").unwrap().with_file_name("000002")).unwrap();
    let mut row = running("web", 12);
    row.run = Some(run("web", 3, 12));
    script.rows(vec![row, running("api", 20)]);
    script.log("web", 2);
    let screen = script.screen();
    assert!(screen.contains("run 1 ended, nobody knows how   run 2 never began"), "{screen}");
    assert!(screen.contains("── run 3 started"), "{screen}");
}

#[test]
fn a_restart_is_not_forced_on_a_reader() {
    let mut script = with_lines(1000);
    script.keys("K K K");
    let texts = script.texts_in_view();
    restart(&mut script, 50);
    assert_eq!(script.texts_in_view(), texts);
    assert!(script.screen().contains("50 new below"), "{}", script.screen());
    script.keys("tab PgDn");
    assert!(!script.model.log.follow && script.texts_in_view().contains(&"line00000".to_owned()));
    script.keys("PgUp PgUp");
    assert_eq!(script.model.log.run_in_view().unwrap().0, 1);
    assert_eq!(script.keys("G").log_in_view().1, 49);
    assert_eq!(script.model.log.new_lines, 0);
}

#[test]
fn brackets_go_from_run_to_run() {
    let mut script = with_lines(1000);
    restart(&mut script, 400);
    script.keys("tab [");
    assert_eq!(script.texts_in_view()[..3], ["", "line00000", "line00001"]);
    assert_eq!(script.model.log.run_in_view().unwrap().0, 2);
    script.keys("[");
    assert_eq!((script.texts_in_view()[0].as_str(), script.model.log.run_in_view().unwrap().0), ("line00000", 1));
    script.keys("[");
    assert!(script.toast().contains("no earlier run"));
    script.keys("]");
    assert_eq!(script.texts_in_view()[1], "line00000");
    script.keys("]");
    assert!(script.toast().contains("newest run"));
}

#[test]
fn a_prompt_goes_to_a_percentage_a_line_and_a_time() {
    let mut script = with_lines(1000);
    let go = |script: &mut Script, text: &str| {
        script.keys("ctrl-g").types(text).keys("enter");
        assert!(!script.model.log.follow, "{text}");
        script.log_in_view().0
    };
    script.keys("tab");
    assert_eq!(go(&mut script, "50%"), 500);
    assert_eq!(go(&mut script, "0%"), 0);
    assert_eq!(go(&mut script, "123"), 122);
    assert_eq!(go(&mut script, "1"), 0);
    let height = u64::from(script.model.log.size.1);
    assert_eq!(go(&mut script, "100%"), 1000 - height, "the end is not scrolled out of view");
    assert_eq!(go(&mut script, "99999"), 1000 - height);
    assert_eq!(go(&mut script, "-1h"), 0, "all of it is younger than that");
    script.keys("ctrl-g").types("noon").keys("enter");
    assert!(script.screen().contains("is not understood; 50%"), "{}", script.screen());
    assert!(script.model.entry.is_some(), "what was typed is not lost");
    script.keys("esc");
    assert!(script.model.entry.is_none());
}

#[test]
fn a_time_is_found_by_the_index() {
    let mut script = Script::new(vec![running("web", 10)]);
    for minute in 0..60u64 {
        for line in 0..10 {
            let text = format!("minute {minute:02} line {line}\n");
            script.write_at("web", 3600 - minute * 60, Stream::Stdout, text.as_bytes());
        }
    }
    script.keys("tab ctrl-g").types("-30m").keys("enter");
    assert_eq!(script.texts_in_view()[0], "minute 30 line 0");
    script.keys("ctrl-g").types("+5m").keys("enter");
    assert_eq!(script.texts_in_view()[0], "minute 35 line 0");
    script.keys("ctrl-g").types("13:05").keys("enter");
    assert_eq!(script.texts_in_view()[0], "minute 03 line 0", "it is 14:02:31 in this test");
}

#[test]
fn streams_are_told_apart_and_can_be_shown_alone() {
    let mut script = Script::new(vec![running("web", 10)]);
    for number in 0..100 {
        script.write("web", Stream::Stdout, format!("out {number}\n").as_bytes());
        script.write("web", Stream::Stderr, format!("err {number}\n").as_bytes());
    }
    let screen = script.screen();
    assert!(screen.contains("\n▎err 99") && screen.contains("\n out 99"), "{screen}");
    script.keys("tab t");
    assert!(script.texts_in_view().iter().all(|text| text.starts_with("out")));
    assert!(script.screen().contains("only stdout"), "{}", script.screen());
    script.keys("t");
    assert_eq!(script.texts_in_view().last().map(String::as_str), Some("err 99"));
    assert!(script.texts_in_view().iter().all(|text| text.starts_with("err")));
    script.keys("PgUp PgUp").write("web", Stream::Stderr, b"err 100\n");
    let first = script.texts_in_view()[0].clone();
    script.keys("t");
    assert_eq!(script.texts_in_view()[0], first, "what was in view stays in view");
    assert!(script.texts_in_view().iter().any(|text| text.starts_with("out")));
}

#[test]
fn lines_are_numbered_within_their_run() {
    let mut script = with_lines(12_000);
    script.keys("tab #");
    assert!(script.screen().contains("\n 12000 line11999"), "{}", script.screen());
    script.keys("g");
    assert!(script.screen().contains("     1 line00000"), "{}", script.screen());
    script.keys("ctrl-g").types("5,000").keys("enter");
    assert!(script.screen().contains("▌ 5000 line04999"), "{}", script.screen());
    script.keys("#");
    assert!(script.screen().contains("\n line04999"), "{}", script.screen());
}

#[test]
fn a_mark_stays_where_it_was_set() {
    let mut script = with_lines(100);
    script.keys("tab m").log("web", 500);
    script.keys("PgUp PgUp PgUp PgUp m");
    assert!(script.screen().contains("── mark 2"), "{}", script.screen());
    script.keys("G '");
    assert!(script.screen().contains("── mark 2"), "{}", script.screen());
    script.keys("'");
    let screen = script.screen();
    let at =
        screen.lines().position(|line| line.contains("── mark 1  14:02:31 ")).unwrap_or_else(|| panic!("{screen}"));
    assert!(screen.lines().nth(at + 1).unwrap().contains("line00100"), "{screen}");
}

#[test]
fn a_mark_is_taken_away_where_it_stands() {
    let mut script = with_lines(100);
    script.keys("tab PgUp PgUp m");
    let before = script.texts_in_view();
    script.keys("PgUp m G ' m");
    assert_eq!(script.toast(), "mark 1 taken away");
    let without = |text: &String| !text.is_empty();
    assert_eq!(script.texts_in_view()[..9], before.into_iter().filter(without).collect::<Vec<_>>()[..9]);
    assert!(!script.screen().contains("── mark 1"), "{}", script.screen());
    script.keys("'");
    assert!(script.screen().contains("── mark 2"), "{}", script.screen());
    script.keys("m '");
    assert_eq!(script.toast(), "no mark is set in this log; m sets one");
    // While following, each is set where output has come to.
    script.keys("G m m m");
    assert_eq!(script.screen().matches("── mark ").count(), 3, "{}", script.screen());
}

#[test]
fn new_lines_are_counted_only_while_one_reads_elsewhere() {
    let mut script = with_lines(100);
    script.log("web", 200).keys("K").log("web", 250).log("web", 300);
    assert_eq!(script.model.log.new_lines, 100);
    script.keys("tab G").log("web", 400);
    assert_eq!(script.model.log.new_lines, 0);
}

#[test]
fn a_short_log_stands_at_the_top_and_cannot_be_scrolled_away() {
    let mut script = with_lines(3);
    script.keys("tab k k PgUp");
    assert!(script.model.log.follow);
    assert_eq!(script.log_in_view(), (0, 2));
}

#[test]
fn a_growing_terminal_is_filled() {
    let mut script = with_lines(1000);
    script.msg(Msg::Resize(100, 80));
    let height = u64::from(script.model.log.size.1);
    assert_eq!(script.log_in_view(), (1000 - height, 999));
    script.keys("tab k").msg(Msg::Resize(100, 30)).msg(Msg::Resize(100, 120));
    let height = u64::from(script.model.log.size.1);
    let (first, last) = script.log_in_view();
    assert!(last - first + 1 == height || last == 999, "{first} to {last} of {height}");
}

#[test]
fn wrapped_lines_scroll_by_rows() {
    let mut script = Script::sized((60, 20), vec![running("web", 10)]);
    script.log("web", 200).keys("tab w T");
    assert_eq!(script.model.log.text_width(), 46);
    script.keys("k k k");
    assert_eq!(script.log_in_view().1, 196);
}

#[test]
fn a_process_without_output_says_so() {
    let script = Script::new(vec![running("web", 10)]);
    assert!(script.screen().contains("no output yet"));
    let script = Script::new(vec![crate::tui::fixture::stopped("web")]);
    assert!(script.screen().contains("web has not run yet; s starts it"));
}

#[test]
fn the_lines_in_view_are_copied() {
    let mut script = with_lines(3);
    script.keys("tab y");
    assert_eq!(script.effects, [Effect::Copy("line00000\nline00001\nline00002".into())]);
    assert!(script.toast().starts_with("3 lines copied"));
}

#[test]
fn sideways_goes_by_half_pages_and_comes_back() {
    let mut script = with_lines(100);
    script.keys("tab shift-right");
    assert_eq!(script.model.log.left, 0, "short lines have nothing to the side");
    script.keys("w right");
    assert!(script.toast().contains("wrapped"));
}

#[test]
fn columns_scrolled_to_are_not_carried_to_another_process() {
    let mut script = with_lines(100);
    script.model.log.left = 60;
    script.log("web", 120);
    assert_eq!(script.model.log.left, 60, "the same log stays where it was scrolled to");
    script.keys("j");
    assert_eq!(script.model.log.left, 0);
}

#[test]
fn output_that_is_not_in_view_draws_nothing() {
    let mut script = with_lines(100);
    script.model.dirty = false;
    script.log("api", 5000);
    assert!(!script.model.dirty);
    script.log("web", 200);
    assert!(script.model.dirty);
}

#[test]
fn lines_that_are_still_being_read_are_not_called_missing() {
    let mut script = Script::new(vec![running("a", 10)]);
    script.holding = true;
    script.log("a", 3).keys("tab o");
    assert!(script.screen().contains("the lines to show are still being read"), "{}", script.screen());
    script.deliver().keys("o");
    assert!(matches!(script.effects.last(), Some(Effect::View(..))), "{:?}", script.effects);
    let mut silent = Script::new(vec![running("b", 20)]);
    silent.keys("tab o");
    assert!(silent.screen().contains("there are no log lines in view to show"), "{}", silent.screen());
}

#[test]
fn what_prints_on_a_terminal_is_shown_whatever_stream_another_log_was_narrowed_to() {
    let mut script = Script::new(vec![running("web", 10), with_terminal("shell", 20)]);
    script.write("web", Stream::Stdout, b"said\n").write("web", Stream::Stderr, b"complained\n");
    script.log("shell", 100).keys("tab t t");
    assert!(script.screen().contains("complained") && !script.screen().contains("said"), "{}", script.screen());
    // What it printed earlier is read back like any log.
    script.keys("tab j K");
    assert!(script.screen().contains("line000"), "{}", script.screen());
    script.keys("tab t");
    assert_eq!(script.toast(), "shell has a terminal, and all it prints is one stream");
    assert!(script.screen().contains("line000"), "{}", script.screen());
}
