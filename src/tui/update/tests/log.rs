//! The log pane: following, staying, paging through the whole file.

use std::path::Path;

use crate::tui::fixture::{run, running};
use crate::tui::message::{Effect, Msg};
use crate::tui::script::Script;

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
    assert_eq!(script.model.log.source.as_ref().unwrap().dir, Path::new("/state/runs/api/000001"));
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

#[test]
fn a_restart_is_followed_but_not_forced_on_a_reader() {
    let restarted = || {
        let mut row = running("web", 10);
        row.run = Some(run("web", 2, 11));
        vec![row, running("api", 20)]
    };
    let mut script = with_lines(1000);
    script.rows(restarted());
    assert_eq!(script.model.log.source.as_ref().unwrap().run.0, 2);
    let mut script = with_lines(1000);
    script.keys("K").rows(restarted());
    assert_eq!(script.model.log.source.as_ref().unwrap().run.0, 1);
    assert!(script.screen().contains("an older run; G goes to the newest"), "{}", script.screen());
    script.keys("tab G");
    assert_eq!(script.model.log.source.as_ref().unwrap().run.0, 2);
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
    assert_eq!(script.model.log.text_width(), 45);
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
    assert_eq!(script.effects, [Effect::Copy("line00000\nline00001\nline00002\n".into())]);
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
