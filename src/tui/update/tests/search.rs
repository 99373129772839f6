//! Searching in the log pane: typing, next and previous, what is counted, errors, runs.

use ratatui::style::Modifier;

use crate::logs::lines::Stream;
use crate::logs::pattern::Case;
use crate::tui::fixture::{run, running};
use crate::tui::message::Effect;
use crate::tui::page::Job;
use crate::tui::script::{Script, buffer};

/// A thousand lines, every hundredth of which holds a needle.
fn haystack() -> Script {
    let mut script = Script::new(vec![running("web", 10), running("api", 20)]);
    let text: String = (0..1000)
        .map(|number| if number % 100 == 7 { format!("a Needle {number}\n") } else { format!("hay {number}\n") })
        .collect();
    script.write("web", Stream::Stdout, text.as_bytes());
    script.keys("tab");
    script
}

/// The text of the match one is at.
fn current(script: &Script) -> String {
    let place = script.model.log.searches.now.as_ref().and_then(|search| search.current);
    let line = script.model.log.lines.iter().find(|line| Some(line.at) == place && line.is_output());
    line.map_or_else(|| "-".to_owned(), crate::tui::page::LogLine::text)
}

#[test]
fn who_follows_searches_backwards_and_finds_while_typing() {
    let mut script = haystack();
    script.keys("/").types("nee");
    assert_eq!(current(&script), "a Needle 907");
    assert!(!script.model.log.follow && script.texts_in_view().contains(&"a Needle 907".to_owned()));
    let screen = script.screen();
    assert!(screen.contains("/nee") && screen.contains("match 10 of 10"), "{screen}");
    assert!(screen.contains("ctrl-r regex") && screen.contains("smart case"), "{screen}");
    script.types("dle 3");
    assert_eq!(current(&script), "a Needle 307");
    assert!(script.screen().contains("match 1 of 1"), "{}", script.screen());
    script.types("x");
    assert!(script.screen().contains("no match"), "{}", script.screen());
    script.keys("enter");
    assert!(script.model.entry.is_none() && script.screen().contains("/needle 3x"));
}

#[test]
fn n_and_capital_n_go_on_from_match_to_match_and_round_the_end() {
    let mut script = haystack();
    script.keys("g /").types("needle").keys("enter");
    assert_eq!(current(&script), "a Needle 7");
    for expected in [107, 207, 307] {
        script.keys("n");
        assert_eq!(current(&script), format!("a Needle {expected}"));
        assert!(script.screen().contains(&format!("match {} of 10", expected / 100 + 1)), "{}", script.screen());
    }
    script.keys("N N N N");
    assert_eq!(current(&script), "a Needle 907");
    assert!(script.toast().contains("other end"), "{}", script.toast());
    script.keys("n");
    assert_eq!(current(&script), "a Needle 7");
}

#[test]
fn n_pressed_faster_than_it_is_found_adds_up() {
    let mut script = haystack();
    script.keys("g /").types("needle").keys("enter");
    script.holding = true;
    script.keys("n n n n").deliver();
    assert_eq!(current(&script), "a Needle 407");
    script.holding = true;
    script.keys("N N N N N N").deliver();
    assert_eq!(current(&script), "a Needle 807", "round the end");
}

#[test]
fn esc_gives_up_typing_and_goes_back_to_where_one_was() {
    let mut script = haystack();
    script.keys("/").types("needle").keys("esc");
    assert!(script.model.log.follow && script.model.log.searches.now.is_none());
    script.keys("PgUp PgUp");
    let place = script.texts_in_view();
    script.keys("/").types("needle 1").keys("esc");
    assert_eq!(script.texts_in_view(), place);
    script.keys("/").types("needle").keys("enter /").types("hay").keys("esc");
    let kept = script.model.log.searches.now.as_ref().map(|search| search.wanted.text.as_str());
    assert_eq!(kept, Some("needle"), "the search before is back");
    script.keys("esc");
    assert!(script.model.log.searches.now.is_none(), "esc ends the search and nothing else");
    assert_eq!(script.model.pane, crate::tui::layout::Pane::Log);
}

#[test]
fn a_wrong_expression_is_told_with_its_column_and_nothing_is_lost() {
    let mut script = haystack();
    script.keys("/ ctrl-r").types("need");
    let text = script.texts_in_view();
    script.types("(le");
    let screen = script.screen();
    assert!(screen.contains("unclosed group at column 5"), "{screen}");
    assert_eq!(script.texts_in_view(), text);
    script.keys("enter");
    assert!(script.model.entry.is_some(), "enter does not throw it away");
    script.types("|dl)\\w +7$").keys("enter");
    assert_eq!(current(&script), "-", "it is right, and matches nothing");
    script.keys("/").types("ne{2}d.. [24]").keys("enter");
    assert_eq!(current(&script), "a Needle 207", "the mode stays");
}

#[test]
fn case_is_smart_and_can_be_told() {
    let mut script = haystack();
    script.keys("/").types("needle");
    assert!(current(&script).contains("Needle"));
    script.keys("ctrl-t");
    assert_eq!(current(&script), "-");
    assert!(script.screen().contains("Aa") && script.screen().contains("no match"), "{}", script.screen());
    script.keys("ctrl-t");
    assert_eq!(script.model.log.searches.now.as_ref().unwrap().wanted.case, Case::Insensitive);
    assert!(current(&script).contains("Needle"));
    script.keys("ctrl-t enter / up");
    assert!(script.screen().contains("/needle"), "{}", script.screen());
}

#[test]
fn every_match_in_view_is_marked_and_the_one_at_hand_otherwise() {
    let mut script = haystack();
    script.write("web", Stream::Stdout, "日本 needle needle\n\x1b[32mnee\x1b[1mdle\x1b[0m\n".as_bytes());
    script.keys("/").types("needle").keys("enter");
    let log = script.model.areas().log;
    let marked = |script: &Script, y: u16| -> Vec<u16> {
        let buffer = buffer(&script.model);
        (0..log.right() - 1).filter(|x| buffer[(*x, log.y + y)].modifier.contains(Modifier::REVERSED)).collect()
    };
    let last = log.height - 1;
    assert_eq!(marked(&script, last - 1), [6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18]);
    assert_eq!(marked(&script, last), [1, 2, 3, 4, 5, 6], "colours do not split a match");
    let bold = |script: &Script, y: u16| buffer(&script.model)[(6, log.y + y)].modifier.contains(Modifier::UNDERLINED);
    assert!(bold(&script, last) && !bold(&script, last - 1));
    script.keys("w");
    assert_eq!(marked(&script, last), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_column_at_the_right_shows_where_matches_are() {
    let mut script = haystack();
    script.keys("/").types("needle 9").keys("enter");
    let (log, buffer) = (script.model.areas().log, buffer(&script.model));
    let column: String = (log.y..log.bottom()).map(|y| buffer[(log.right() - 1, y)].symbol()).collect();
    assert_eq!(column.matches('■').count(), 1, "{column}");
    assert_eq!(column.chars().position(|c| c == '■'), Some(usize::from(log.height) * 9 / 10), "{column}");
}

#[test]
fn a_match_far_to_the_right_is_brought_into_view() {
    let mut script = Script::new(vec![running("web", 10)]);
    let long = format!("{}needle{}\n", "x".repeat(500), "y".repeat(100));
    script.write("web", Stream::Stdout, format!("{long}short needle\n").as_bytes());
    script.keys("tab /").types("needle").keys("enter N");
    assert!(script.screen().contains("xneedley"), "{}", script.screen());
    script.keys("n");
    assert!(script.screen().contains("short needle") && script.model.log.left == 0, "{}", script.screen());
}

#[test]
fn the_count_goes_on_while_output_flows() {
    let mut script = haystack();
    script.keys("/").types("needle").keys("enter");
    for _ in 0..3 {
        script.write("web", Stream::Stdout, b"one more needle\n");
    }
    assert!(script.screen().contains("match 10 of 13"), "{}", script.screen());
    script.write("web", Stream::Stdout, b"a line in the mak");
    script.write("web", Stream::Stdout, b"ing: needle\n");
    assert!(script.screen().contains("match 10 of 14"), "{}", script.screen());
}

#[test]
fn earlier_runs_are_searched_too() {
    let mut script = haystack();
    let mut row = running("web", 10);
    row.run = Some(run("web", 2, 11));
    script.rows(vec![row, running("api", 20)]);
    script.write("web", Stream::Stdout, b"nothing\na needle of the second run\n");
    script.keys("/").types("needle").keys("enter");
    assert_eq!(current(&script), "a needle of the second run");
    assert!(script.screen().contains("match 11 of 11"), "{}", script.screen());
    script.keys("N");
    assert_eq!(current(&script), "a Needle 907");
    assert!(script.screen().contains("match 10 of 11"), "{}", script.screen());
    script.keys("n n");
    assert_eq!(current(&script), "a Needle 7");
}

#[test]
fn e_goes_from_error_to_error() {
    let mut script = Script::new(vec![running("web", 10)]);
    for number in 0..300 {
        let line = match number % 100 {
            10 => format!("ERROR {number}\n"),
            50 => format!("{{\"level\":\"error\",\"n\":{number}}}\n"),
            70 => format!("WARN {number}\n"),
            _quiet => format!("no errors here {number}\n"),
        };
        script.write("web", Stream::Stdout, line.as_bytes());
    }
    let cursor = |script: &Script| {
        let place = script.model.log.cursor.unwrap();
        script.model.log.lines[script.model.log.index_of(place)].text()
    };
    script.keys("tab E");
    assert!(cursor(&script).contains("250"), "{}", cursor(&script));
    assert_eq!(cursor(script.keys("E")), "ERROR 210");
    assert_eq!(cursor(script.keys("e W")), "WARN 270");
    assert_eq!(cursor(script.keys("e")), "ERROR 10", "round the end");
    script.keys("G e");
    assert!(
        cursor(&script).contains("250"),
        "who follows has none before them and means the newest: {}",
        cursor(&script)
    );
    assert_eq!(cursor(script.keys("G W")), "WARN 270");
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, b"all is well\n").keys("tab e");
    assert!(script.toast().contains("no line says ERROR"), "{}", script.toast());
}

#[test]
fn a_find_that_takes_long_shows_how_far_it_is_and_can_be_called_off() {
    let mut script = haystack();
    script.keys("g /").types("needle").keys("enter");
    script.holding = true;
    script.keys("n");
    let Some(finding) = script.model.log.searches.finding.clone() else { panic!("nothing is being found") };
    script.msg(crate::tui::message::Msg::Finding(finding.ticket(), 38));
    assert!(script.screen().contains("searching 38 %"), "{}", script.screen());
    script.keys("j");
    assert!(script.model.log.searches.finding.is_some(), "other keys do their work meanwhile");
    script.keys("esc");
    assert!(script.toast().contains("called off") && script.model.log.searches.now.is_some());
    script.deliver();
    assert_eq!(current(&script), "a Needle 7", "what comes later is no longer wanted");
}

#[test]
fn a_search_stays_when_another_process_is_looked_at() {
    let mut script = haystack();
    script.write("api", Stream::Stdout, b"a needle of the api\n");
    script.keys("/").types("needle").keys("enter tab j");
    assert!(script.screen().contains("1 match"), "{}", script.screen());
}

#[test]
fn while_nothing_changes_nothing_is_searched() {
    let mut script = haystack();
    script.keys("/").types("needle").keys("enter");
    script.effects.clear();
    script.holding = true;
    script.msg(crate::tui::message::Msg::Tick);
    script.rows(vec![running("web", 10)]);
    let jobs = script.effects.iter().filter(|effect| matches!(effect, Effect::Job(Job::Count(_)))).count();
    assert_eq!(jobs, 0);
}

#[test]
fn alt_r_reads_the_search_that_is_kept_as_an_expression_and_back() {
    let mut script = haystack();
    let is_regex = |script: &Script| script.model.log.searches.now.as_ref().map(|search| search.wanted.regex);
    script.keys("g /").types("needle [34]07").keys("enter");
    assert!(script.screen().contains("no match"), "{}", script.screen());
    assert_eq!(script.keys("alt-r").sent(), []);
    assert_eq!(current(&script), "a Needle 307");
    assert!(script.screen().contains("match 1 of 2") && script.screen().contains("regex"), "{}", script.screen());
    // In the table, too: the line that shows it stays.
    assert_eq!(script.keys("tab alt-r").sent(), []);
    assert_eq!(is_regex(&script), Some(false));
    assert!(script.screen().contains("no match"), "{}", script.screen());
    script.keys("tab /").types("(").keys("enter alt-r");
    assert_eq!(is_regex(&script), Some(false), "what is no expression stays a text");
    assert!(script.toast().contains("no regular expression"), "{}", script.toast());
    script.keys("esc alt-r");
    assert!(script.toast().contains("nothing is searched for"), "{}", script.toast());
}
