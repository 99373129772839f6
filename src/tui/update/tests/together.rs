//! The logs of several processes as one: whose, from where to where, what can be done with them, and the way back.

use crate::domain::{Command, Target};
use crate::logs::lines::Stream;
use crate::tui::fixture::{name, run, running, stopped};
use crate::tui::layout::Pane;
use crate::tui::message::Effect;
use crate::tui::script::Script;

/// Three processes that take turns, a line a second, the newest one now.
fn taking_turns(count: u64) -> Script {
    let mut script = Script::new(vec![running("web", 10), running("api", 20), running("db", 30), stopped("later")]);
    for number in 0..count {
        let process = ["web", "api", "db"][(number % 3) as usize];
        let stream = if number % 10 == 4 { Stream::Stderr } else { Stream::Stdout };
        script.write_at(process, count - number, stream, format!("{process} {number:04}\n").as_bytes());
    }
    script
}

fn numbers(script: &Script) -> Vec<u64> {
    script.texts_in_view().iter().filter_map(|text| text.split(' ').nth(1)?.parse().ok()).collect()
}

/// They follow each other without a hole.
fn range(script: &Script) -> (u64, u64) {
    let numbers = numbers(script);
    let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
    assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
    (first, last)
}

#[test]
fn all_logs_are_one_and_follow_until_the_key_is_pressed_again() {
    let mut script = taking_turns(600);
    script.keys("A");
    assert_eq!(range(&script).1, 599);
    let screen = script.screen();
    assert!(screen.contains("log  web api db later  following"), "{screen}");
    assert!(screen.contains("\n db    db 0599") && screen.contains("\n api   api 0598"), "{screen}");
    script.write_at("api", 0, Stream::Stdout, b"api 0600\n");
    assert_eq!(range(&script).1, 600);
    assert_eq!(script.model.pane, Pane::Log);
    script.keys("A");
    assert_eq!((script.model.pane, script.texts_in_view().last().map(String::as_str)), (Pane::Table, Some("web 0597")));
    script.keys("A esc");
    assert!(script.model.together.is_none() && script.model.log.joined.is_none());
}

#[test]
fn marks_or_a_filter_choose_whose() {
    let mut script = taking_turns(90);
    script.keys("space space A");
    assert!(script.texts_in_view().iter().all(|text| !text.starts_with("db")), "{}", script.screen());
    assert!(script.screen().contains("log  web api  following"), "{}", script.screen());
    script.keys("A u / d b enter A");
    assert!(script.texts_in_view().iter().all(|text| text.starts_with("db")), "{}", script.screen());
    assert!(script.toast().contains("the log of db"), "{}", script.toast());
    // What is marked meanwhile is for the next time.
    script.keys("tab esc esc A");
    assert!(script.toast().contains("all processes"), "{}", script.toast());
}

#[test]
fn the_whole_of_all_can_be_paged_through_in_both_directions() {
    let mut script = taking_turns(600);
    script.keys("A");
    let page = u64::from(script.model.log.size.1) - 1;
    let mut first = range(&script).0;
    while first > 0 {
        first = first.saturating_sub(page);
        script.keys("PgUp");
        assert_eq!(range(&script).0, first);
        assert!(script.model.log.lines.len() < 60, "{} lines are kept", script.model.log.lines.len());
    }
    while !script.model.log.follow {
        first += page;
        script.keys("PgDn");
        let (shown, last) = range(&script);
        assert!(script.model.log.follow && last == 599 || shown == first, "{shown} {first}");
    }
    assert_eq!(script.keys("g").texts_in_view()[0], "web 0000");
    assert_eq!(range(script.keys("G")).1, 599);
}

#[test]
fn a_place_is_kept_while_output_flows() {
    let mut script = taking_turns(300);
    script.keys("A PgUp");
    let view = script.texts_in_view();
    let read = script.pages_read;
    for number in 300..360 {
        script.write_at(["web", "api", "db"][number % 3], 0, Stream::Stdout, format!("x {number:04}\n").as_bytes());
    }
    assert_eq!(script.texts_in_view(), view);
    assert!(script.pages_read <= read + 2, "{} pages were read", script.pages_read - read);
    assert!(script.screen().contains("60 new below, G follows"), "{}", script.screen());
    assert!(script.screen().contains("paused at 14:0"), "{}", script.screen());
    script.keys("PgDn PgDn PgDn PgDn PgDn PgDn");
    assert!(script.model.log.follow && numbers(&script).contains(&359), "{}", script.screen());
}

#[test]
fn times_and_hundredths_of_the_time_are_gone_to_and_lines_are_not_counted() {
    let mut script = taking_turns(600);
    let go = |script: &mut Script, text: &str| {
        script.keys("ctrl-g").types(text).keys("enter");
        range(script).0
    };
    script.keys("A");
    assert_eq!(go(&mut script, "-5m"), 300);
    assert_eq!(go(&mut script, "+10s"), 310);
    assert_eq!(go(&mut script, "14:00"), 600 - 151);
    assert_eq!(go(&mut script, "50%"), 300);
    assert_eq!(go(&mut script, "0%"), 0);
    script.keys("ctrl-g").types("123").keys("enter");
    assert!(script.screen().contains("lines are counted in the log of one process"), "{}", script.screen());
    script.keys("esc [");
    assert!(script.toast().contains("runs are those of one process; A goes back to that of web"), "{}", script.toast());
    script.keys("#");
    assert!(script.toast().contains("lines are counted"), "{}", script.toast());
}

#[test]
fn searching_goes_from_log_to_log_in_the_order_of_time() {
    let mut script = taking_turns(600);
    let at = |script: &Script| {
        let place = script.model.log.searches.now.as_ref().and_then(|search| search.current);
        let line = script.model.log.lines.iter().find(|line| Some(line.at) == place);
        line.map_or_else(String::new, crate::tui::page::LogLine::text)
    };
    script.keys("A /").types("55").keys("enter");
    assert_eq!(at(&script), "api 0559");
    for expected in ["web 0558", "db 0557", "api 0556", "web 0555"] {
        assert_eq!(at(script.keys("N")), expected);
    }
    assert_eq!(at(script.keys("n n")), "db 0557");
    assert_eq!(at(script.keys("N N N N N N N N")), "db 0455", "0556 to 0550 come before");
    script.keys("g /").types("0599").keys("enter");
    assert_eq!(at(&script), "db 0599");
    script.keys("n");
    assert!(script.toast().contains("other end"), "{}", script.toast());
    script.keys("/").types("nothing like it");
    assert!(script.screen().contains("no match"), "{}", script.screen());
    script.keys("esc esc esc");
    assert!(script.model.together.is_none());
}

#[test]
fn filters_apply() {
    let mut script = taking_turns(600);
    script.keys("A &").types("11").keys("enter");
    assert_eq!(
        numbers(&script),
        [11, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 211, 311, 411, 511]
            .into_iter()
            .rev()
            .take(usize::from(script.model.log.size.1))
            .rev()
            .collect::<Vec<_>>()
    );
    script.write_at("web", 0, Stream::Stdout, b"web 0711\n");
    script.write_at("web", 0, Stream::Stdout, b"web 0712\n");
    assert_eq!(numbers(&script).last(), Some(&711));
    // Lines around a match are those of its own log.
    script.keys("+ PgUp PgUp PgUp g");
    assert_eq!(script.texts_in_view()[..3], ["db 0008", "db 0011", "db 0014"]);
    script.keys("esc t t");
    assert!(numbers(&script).iter().all(|number| number % 10 == 4), "{}", script.screen());
    script.keys("t &").types("!1").keys("enter");
    assert!(numbers(&script).iter().all(|number| !number.to_string().contains('1')), "{}", script.screen());
}

#[test]
fn what_is_copied_are_the_lines_themselves_and_a_file_says_whose_they_are() {
    let mut script = taking_turns(600);
    script.keys("A v k k y");
    assert_eq!(script.copied().as_deref(), Some("web 0597\napi 0598\ndb 0599"));
    script.keys("v PgUp PgUp PgUp y");
    assert!(script.copied().unwrap().lines().count() > 30);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("saved.log");
    script.keys("v k ctrl-s ctrl-u").types(path.to_str().unwrap()).keys("enter");
    assert_eq!(std::fs::read_to_string(path).unwrap(), "api   | api 0598\ndb    | db 0599\n");
    script.keys("G |");
    let (_, file, line) = script.viewed().unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().nth(line - 1), Some("db    | db 0599"));
    std::fs::remove_file(file).unwrap();
    script.write_at("db", 0, Stream::Stderr, b"ERROR db broke\n  at a place\n");
    script.write_at("web", 0, Stream::Stdout, b"web goes on\n");
    script.keys("ctrl-y");
    assert!(script.copied().unwrap().ends_with("ERROR db broke\n  at a place"));
    script.keys("g e");
    assert!(script.texts_in_view().contains(&"ERROR db broke".to_owned()), "{}", script.screen());
}

#[test]
fn a_run_that_begins_and_a_process_that_never_ran_join() {
    let mut script = taking_turns(30);
    script.keys("A");
    let mut web = running("web", 10);
    web.run = Some(run("web", 2, 11));
    script.rows(vec![web, running("api", 20), running("db", 30), running("later", 40), running("new", 50)]);
    script.write_at("later", 0, Stream::Stdout, b"later 0030\n");
    script.write_at("web", 0, Stream::Stdout, b"web 0031\n");
    script.write_at("new", 0, Stream::Stdout, b"new 0032\n");
    let mut shown = numbers(&script);
    shown.sort_unstable();
    assert_eq!(shown.last(), Some(&32));
    assert!(script.texts_in_view().contains(&"web 0031".to_owned()), "{}", script.screen());
    assert!(script.screen().contains("── web  run 2  14:02:31 ──"), "{}", script.screen());
    assert!(script.texts_in_view().contains(&"later 0030".to_owned()), "{}", script.screen());
}

#[test]
fn a_mark_stands_between_the_lines_of_several() {
    let mut script = taking_turns(300);
    script.keys("A PgUp PgUp m G '");
    assert!(script.screen().contains("── mark 1"), "{}", script.screen());
    script.keys("A A '");
    assert!(script.toast().contains("no mark is set"), "{}", script.toast());
}

#[test]
fn names_have_a_column_and_a_colour_of_their_own() {
    let mut script = taking_turns(30);
    script.keys("A T");
    let screen = script.screen();
    assert!(screen.contains("\n db    14:02:30.000 db 0029"), "{screen}");
    let buffer = crate::tui::script::buffer(&script.model);
    let log = script.model.areas().log;
    let colour = |row: u16| buffer[(log.x + 1, log.y + row)].fg;
    assert_eq!(colour(0), colour(3));
    assert_ne!(colour(0), colour(1));
}

#[test]
fn keys_that_need_one_process_leave_the_logs_of_several() {
    let mut script = taking_turns(30);
    script.keys("A tab enter");
    assert!(script.model.together.is_none() && script.model.zoom && script.model.pane == Pane::Log);
    script.keys("esc A tab j");
    assert!(script.model.log.joined.is_some(), "another row is selected, and that is all");
    script.keys("A");
    assert!(script.texts_in_view().iter().all(|text| text.starts_with("api")));
    assert!(script.effects.iter().all(|effect| !matches!(effect, Effect::Send(..))));
}

#[test]
fn orders_are_about_the_marked_ones_whose_logs_are_read() {
    let mut script = taking_turns(30);
    let names = |names: &[&str]| Target::Names(names.iter().map(|text| name(text)).collect());
    script.keys("space space A");
    assert_eq!(script.keys("x y").sent(), [Command::Stop(names(&["web", "api"]))]);
    // The filter chose whose; what is marked behind it is not among them.
    script.keys("A u g space /").types("db").keys("enter u");
    assert_eq!(script.selected(), "db");
    script.keys("A");
    assert_eq!(script.keys("x").sent(), [Command::Stop(names(&["db"]))]);
}
