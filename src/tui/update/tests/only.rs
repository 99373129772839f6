//! Showing only the lines that match: in both directions, with context, while output flows.

use proptest::prelude::*;

use crate::logs::lines::Stream;
use crate::tui::fixture::{run, running};
use crate::tui::script::Script;

fn with_numbers(count: u64) -> Script {
    let mut script = Script::new(vec![running("web", 10)]);
    script.log("web", count).keys("tab");
    script
}

#[test]
fn only_lines_that_match_are_shown_and_new_ones_come() {
    let mut script = with_numbers(1000);
    script.keys("&").types("7");
    let shown = script.texts_in_view();
    assert!(shown.iter().all(|line| line.contains('7')), "{shown:?}");
    assert_eq!(shown.last().map(String::as_str), Some("line00997"));
    assert!(script.screen().contains("only “7”"), "{}", script.screen());
    script.types("7").keys("enter");
    assert_eq!(script.texts_in_view().last().map(String::as_str), Some("line00977"));
    script.log("web", 1100);
    assert_eq!(script.texts_in_view().last().map(String::as_str), Some("line01077"));
    assert!(script.model.log.follow);
    script.keys("esc");
    assert_eq!(script.texts_in_view().last().map(String::as_str), Some("line01099"));
    assert_eq!(script.model.pane, crate::tui::layout::Pane::Log, "esc shows all lines and no more");
}

#[test]
fn whatever_is_typed_and_undone_one_is_where_one_was() {
    let mut script = with_numbers(3000);
    script.keys("ctrl-g").types("50%").keys("enter");
    let before = script.texts_in_view();
    for typed in ["zzz", "7", "z7", "29"] {
        script.keys("&").types(typed).keys("esc");
        assert_eq!(script.texts_in_view(), before, "{typed}");
    }
    // One stream that is empty, and all again.
    script.keys("t t t");
    assert_eq!(script.texts_in_view(), before);
    // Who moves within what is shown is somewhere else.
    script.keys("&").types("00").keys("enter j j j");
    let top = script.texts_in_view()[0].clone();
    script.keys("esc");
    assert_eq!(script.texts_in_view()[0], top);
}

#[test]
fn it_can_be_scrolled_through_to_both_ends() {
    let mut script = with_numbers(3000);
    script.keys("&").types("50").keys("enter");
    let mut seen = script.texts_in_view();
    for _ in 0..40 {
        script.keys("PgUp");
        seen.extend(script.texts_in_view());
    }
    assert_eq!(script.texts_in_view()[0], "line00050");
    seen.sort();
    seen.dedup();
    let expected: Vec<String> = (0..3000).map(|n| format!("line{n:05}")).filter(|line| line.contains("50")).collect();
    assert_eq!(seen, expected);
    script.keys("g j j");
    assert_eq!(script.texts_in_view()[0], "line00250");
    while !script.model.log.follow {
        script.keys("PgDn");
    }
    assert_eq!(script.texts_in_view().last().map(String::as_str), Some("line02950"));
}

#[test]
fn context_and_the_inverse() {
    let mut script = with_numbers(100);
    script.keys("&").types("0042").keys("enter +");
    assert_eq!(script.texts_in_view(), ["line00041", "line00042", "line00043"]);
    assert!(script.screen().contains("±1"), "{}", script.screen());
    script.keys("+");
    assert_eq!(script.texts_in_view().len(), 7);
    script.keys("+");
    assert_eq!(script.texts_in_view(), ["line00042"]);
    script.keys("esc &").types("!000").keys("enter");
    assert!(script.screen().contains("no line is like that"), "{}", script.screen());
    script.keys("& backspace").types("1").keys("enter");
    assert!(script.texts_in_view().iter().all(|line| !line.contains("001")), "{:?}", script.texts_in_view());
}

#[test]
fn a_wrong_expression_changes_nothing_and_esc_undoes() {
    let mut script = with_numbers(100);
    script.keys("& ctrl-r").types("line0009[");
    assert!(script.screen().contains("at column"), "{}", script.screen());
    assert_eq!(script.texts_in_view().len(), 10);
    script.keys("enter");
    assert!(script.model.entry.is_some());
    script.types("57]").keys("enter");
    assert_eq!(script.texts_in_view(), ["line00095", "line00097"]);
    script.keys("&").types("x").keys("esc");
    assert_eq!(script.texts_in_view(), ["line00095", "line00097"]);
}

#[test]
fn a_search_goes_from_shown_line_to_shown_line() {
    let mut script = with_numbers(1000);
    script.keys("&").types("9").keys("enter g /").types("line001").keys("enter n n");
    let search = script.model.log.searches.now.as_ref().unwrap();
    assert_eq!(search.current.map(|place| place.offset / 10), Some(129));
    script.keys("v k k y");
    let copied = script.copied();
    assert_eq!(copied.as_deref(), Some("line00109\nline00119\nline00129"));
}

#[test]
fn what_was_in_view_stays_near_when_all_lines_come_back() {
    let mut script = with_numbers(3000);
    script.keys("&").types("1500").keys("enter");
    script.keys("k /").types("1500").keys("enter esc esc");
    assert!(script.texts_in_view().contains(&"line01500".to_owned()), "{:?}", script.texts_in_view());
}

#[test]
fn an_unfinished_line_appears_when_it_begins_to_match() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, b"one match\nnot this\nanother ma").keys("tab &").types("match").keys("enter");
    assert_eq!(script.texts_in_view(), ["one match"]);
    script.write("web", Stream::Stdout, b"tch");
    assert_eq!(script.texts_in_view(), ["one match", "another match"]);
    script.write("web", Stream::Stdout, b" and more\nnothing\n");
    assert_eq!(script.texts_in_view(), ["one match", "another match and more"]);
}

#[test]
fn context_is_completed_by_lines_to_come() {
    let mut script = Script::new(vec![running("web", 10)]);
    script.write("web", Stream::Stdout, b"a\nb\nc\nmatch\n").keys("tab &").types("match").keys("enter +");
    assert_eq!(script.texts_in_view(), ["c", "match"]);
    script.write("web", Stream::Stdout, b"d\ne\nf\n");
    assert_eq!(script.texts_in_view(), ["c", "match", "d"]);
    script.write("web", Stream::Stdout, b"match again\n");
    assert_eq!(script.texts_in_view(), ["c", "match", "d", "f", "match again"]);
}

#[test]
fn earlier_runs_are_filtered_too() {
    let mut script = with_numbers(100);
    let mut row = running("web", 10);
    row.run = Some(run("web", 2, 11));
    script.rows(vec![row]);
    script.log("web", 50).keys("&").types("0007").keys("enter");
    let texts = script.texts_in_view();
    assert_eq!(texts[..2], ["line00007", "line00070"]);
    assert_eq!(texts[10..], ["line00079", "", "line00007"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the pieces output comes in, and however one moves: what is shown is what a plain look at all lines shows.
    #[test]
    fn what_is_shown_is_what_matches(
        lines in prop::collection::vec((0u8..6, any::<bool>()), 1..120),
        pieces in prop::collection::vec(20usize..400, 1..12),
        presses in 0usize..3, inverse in any::<bool>(), down in any::<bool>(),
    ) {
        let word = |n: u8| ["match", "other", "x", "", "more text", "none"][usize::from(n)];
        let all: String = lines.iter().flat_map(|(n, _)| [word(*n), "\n"]).collect();
        let mut script = Script::sized((80, 20), vec![running("web", 10)]);
        script.keys("enter &").types(if inverse { "!match" } else { "match" }).keys("enter").keys(&"+ ".repeat(presses));
        let mut rest = all.as_bytes();
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at((*piece).min(rest.len()));
            script.write("web", Stream::Stdout, now);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        let context = [0, 1, 3][presses];
        let is_hit = |at: usize| (word(lines[at].0) == "match") != inverse;
        let shown = |at: usize| (at.saturating_sub(context)..=(at + context).min(lines.len() - 1)).any(is_hit);
        let expected: Vec<usize> = (0..lines.len()).filter(|at| shown(*at)).collect();
        let texts: Vec<&str> = expected.iter().map(|at| word(lines[*at].0)).collect();
        let height = usize::from(script.model.log.size.1);
        let tail = &texts[texts.len().saturating_sub(height)..];
        prop_assert_eq!(script.texts_in_view(), tail, "following");
        script.keys("g");
        let head = &texts[..texts.len().min(height)];
        prop_assert_eq!(script.texts_in_view(), head, "from the top");
        if down && texts.len() > height {
            script.keys(&"j ".repeat(texts.len() - height));
            prop_assert_eq!(script.texts_in_view(), tail, "walked down");
        }
    }
}

#[test]
fn walking_down_through_lines_with_context_comes_to_an_end() {
    // Pages of this log have a few lines more than were asked for, above and below.
    let numbers = "442243050221021030544140255143011405132140330043543523555412311132424253404152232355\
                   025512021444101215322222253501";
    let word = |n: char| ["match", "other", "x", "", "more text", "none"][n.to_digit(10).unwrap() as usize];
    let all: String = numbers.chars().flat_map(|n| [word(n), "\n"]).collect();
    let mut script = Script::sized((80, 20), vec![running("web", 10)]);
    script.keys("enter &").types("match").keys("enter C C");
    for piece in all.as_bytes().chunks(63) {
        script.write("web", Stream::Stdout, piece);
    }
    script.keys("g").keys(&"j ".repeat(100));
    assert!(script.model.log.follow);
}

#[test]
fn a_line_that_came_in_two_pieces_is_one() {
    let numbers = "42134554414421241032350515551455230052512445015";
    let word = |n: char| ["match", "other", "x", "", "more text", "none"][n.to_digit(10).unwrap() as usize];
    let all: String = numbers.chars().flat_map(|n| [word(n), "\n"]).collect();
    let expected: Vec<&str> = numbers.chars().map(word).filter(|word| *word != "match").collect();
    let mut script = Script::sized((80, 20), vec![running("web", 10)]);
    script.keys("enter &").types("!match").keys("enter");
    let (first, rest) = all.as_bytes().split_at(100);
    script.write("web", Stream::Stdout, first).write("web", Stream::Stdout, rest);
    script.keys("g");
    let shown = script.texts_in_view();
    assert_eq!(shown, expected[..shown.len()]);
}
