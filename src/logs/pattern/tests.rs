//! What patterns match, and how they say what is wrong with them.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(pattern: &Pattern, line: &str, expected: &[&str]) {
    assert_eq!(pattern.is_match(line.as_bytes()), !expected.is_empty(), "{line:?}");
    let plain = ansi::plain(line.as_bytes());
    let found: Vec<&str> = pattern.find(&plain).into_iter().map(|range| &plain[range]).collect();
    assert_eq!(found, expected, "{line:?}");
}

#[test]
fn smart_case_is_that_of_the_pattern() {
    check(&Pattern::literal("error", Case::Smart), "an Error or ERROR", &["Error", "ERROR"]);
    check(&Pattern::literal("Error", Case::Smart), "an Error or ERROR", &["Error"]);
    check(&Pattern::literal("error", Case::Sensitive), "an Error or ERROR", &[]);
    check(&Pattern::literal("ERROR", Case::Insensitive), "an error", &["error"]);
    check(&Pattern::literal("größe", Case::Smart), "GRÖSSE GRÖßE", &["GRÖßE"]);
    check(&Pattern::literal("a.b[", Case::Smart), "axb[ A.B[", &["A.B["]);
    check(&Pattern::literal("404", Case::Smart), "404 1404", &["404", "404"]);
}

#[test]
fn smart_case_of_an_expression_looks_at_its_letters_only() {
    let smart = |text| Pattern::regex(text, Case::Smart).unwrap();
    check(&smart(r"\Serr\W"), "xERR!", &["xERR!"]);
    check(&smart(r"\Serr[A-F]"), "xERRA", &[]);
    check(&smart(r"\p{Lu}x"), "AX", &["AX"]);
    check(&smart("(?P<Name>e)rr"), "ERR", &["ERR"]);
    check(&Pattern::regex("Err", Case::Insensitive).unwrap(), "eRR", &["eRR"]);
}

#[test]
fn escape_sequences_neither_split_nor_make_a_match() {
    let error = Pattern::literal("error", Case::Smart);
    check(&error, "an \x1b[31mer\x1b[1mror\x1b[0m", &["error"]);
    check(&error, "\x1b]0;error\x07nothing", &[]);
    check(&Pattern::literal("31m", Case::Smart), "\x1b[31mred", &[]);
    check(&Pattern::literal("100%", Case::Smart), "  1%\r 50%\r100%", &["100%"]);
    check(&Pattern::literal("50%", Case::Smart), "  1%\r 50%\r100%", &[]);
    check(&Pattern::literal("ab", Case::Smart), "ax\x08b", &["ab"]);
    check(&Pattern::literal("a       b", Case::Smart), "a\tb", &["a       b"]);
}

#[test]
fn edges_are_those_of_the_line() {
    let regex = |text| Pattern::regex(text, Case::Smart).unwrap();
    check(&regex("^b$"), "b\r", &["b"]);
    check(&regex(r"\Ab\z"), "b", &["b"]);
    check(&regex("(?m)^b$"), "b", &["b"]);
    check(&regex("x*"), "axx", &["xx"]);
    assert!(regex("x*").is_match(b"a") && regex("^$").is_match(b"") && Pattern::literal("", Case::Smart).is_match(b""));
    assert!(Pattern::literal("", Case::Smart).find("abc").is_empty());
    assert!(regex(r"a[^x]b").is_match(b"a b") && !Pattern::literal("a\nb", Case::Smart).is_match(b"a"));
}

#[test]
fn a_level_is_found_where_it_is_said() {
    let warn = Pattern::level(Level::Warn);
    check(&warn, "12:00 \x1b[31mERROR\x1b[0m no", &["ERROR"]);
    check(&warn, "12:00 WARN no", &["WARN"]);
    check(&warn, "12:00 INFO yes", &[]);
}

#[test]
fn faults_have_a_column() {
    let fault = |text| Pattern::regex(text, Case::Smart).map(drop).unwrap_err();
    assert_eq!(fault("ö(a").to_string(), "unclosed group at column 2");
    assert_eq!(fault("a**[").column, 4);
    assert_eq!(fault(r"a\n").column, 1);
    assert!(Pattern::regex("[\\r\\n]", Case::Smart).is_ok());
    assert!(fault(r"\n").message.contains("line feed"));
    assert!(fault(r"(\w{1000}){1000}").message.contains("too large"), "{}", fault(r"(\w{1000}){1000}").message);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matching_and_finding_agree(needle in "[a-cA-C \\[31m]{1,3}", line in "[a-cA-C \\[31m\x1b\r\t\x08é]{0,24}") {
        for case in [Case::Smart, Case::Sensitive, Case::Insensitive] {
            let pattern = Pattern::literal(&needle, case);
            let plain = ansi::plain(line.as_bytes());
            prop_assert_eq!(pattern.is_match(line.as_bytes()), !pattern.find(&plain).is_empty());
            let regex = Pattern::regex(&regex_syntax::escape(&needle), case).unwrap();
            prop_assert_eq!(pattern.find(&plain), regex.find(&plain));
        }
    }
}
