//! Every fault as people read it: `faults.txt` holds a config and, below it, the text that has to come out.
//!
//! With `UPDATE_FAULTS=1` in the environment the file is written anew from what comes out; read the difference.

use std::fmt::Write as _;
use std::path::Path;

use super::findings;
use super::paper::Paper;
use crate::config::keys::{self, Section};
use crate::config::{Diagnostics, Kind, parse};

const CASES: &str = include_str!("faults.txt");

struct Case<'a> {
    title: &'a str,
    toml: &'a str,
    expected: &'a str,
}

fn cases() -> Vec<Case<'static>> {
    let case = |block: &'static str| {
        let (title, rest) = block.split_once('\n').unwrap();
        let (toml, expected) = rest.split_once("\n----\n").unwrap_or((rest, ""));
        Case { title, toml, expected: expected.trim_end() }
    };
    CASES.split("==== ").skip(1).map(case).collect()
}

/// The findings as text, behind their kinds where that is more than a fault.
fn shown(found: &Diagnostics) -> String {
    let kinds: Vec<_> = found.iter().filter(|item| item.kind != Kind::Fault).map(|item| item.kind).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!("{kinds:?}\n") };
    if found.is_empty() { "nothing".into() } else { kinds + &found.render(false) }
}

#[test]
fn every_fault_is_shown_with_its_place_and_what_to_do() {
    if std::path::MAIN_SEPARATOR != '/' {
        return; // The paths in these texts are written as Unix writes them.
    }
    let mut wrong = String::new();
    let mut renewed = String::new();
    for case in cases() {
        let actual = shown(&findings(case.toml));
        let _ = write!(renewed, "==== {}\n{}\n----\n{actual}\n\n", case.title, case.toml.trim_end_matches("\n----"));
        if actual != case.expected {
            let _ = writeln!(wrong, "{}: expected\n{}\nbut got\n{actual}\n", case.title, case.expected);
        }
    }
    if std::env::var_os("UPDATE_FAULTS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/tests/faults.txt"), renewed).unwrap();
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_finding_says_why_and_what_to_do_next() {
    for case in cases() {
        for item in &findings(case.toml) {
            assert!(item.suggestion.as_ref().is_some_and(|hint| !hint.is_empty()), "{}: {item:?}", case.title);
            let whole_file = item.line == 0;
            assert!(whole_file || !item.label.is_empty() || item.message.contains("TOML"), "{}: {item:?}", case.title);
        }
    }
}

#[test]
fn a_value_that_could_not_be_read_has_no_other_fault() {
    for key in keys::KEYS {
        // What is required besides it is there.
        let (header, required) = match key.section {
            Section::Top => ("", ""),
            Section::Project => ("[project]\n", ""),
            Section::Process => ("[process.a]\n", ""),
            Section::Restart => ("[process.a.restart]\n", "when = \"no\"\n"),
            Section::Stop => ("[[process.a.stop]]\n", "signal = \"INT\"\n"),
            Section::Log => ("[process.a.log]\n", ""),
        };
        let required = if required.starts_with(key.name) { "" } else { required };
        let toml = format!("{header}{required}{} = = 3\n", key.name);
        let line = toml.lines().count();
        let found = findings(&toml);
        assert!(!found.is_empty(), "{toml}");
        for item in &found {
            assert!(item.message.starts_with("not valid TOML") && item.line == line, "{toml}{item:?}");
        }
    }
}

#[test]
fn ten_faults_give_ten_findings_in_order() {
    let text = r#"[project]
nam = "shop"
[process.api]
command = "nosuch 'x"
cwd = "~/web"
tty = "yes"
early_exit = 5
[process.API]
shell = ""
restart = "sometimes"
stop = [{ signal = "TREM", wait = "-1s" }]
log = { runs = 0 }
"#;
    let found = findings(text);
    let places: Vec<_> = found.iter().map(|item| (item.line, item.column)).collect();
    let expected = [(2, 1), (4, 11), (5, 7), (6, 7), (7, 14), (8, 10), (9, 9), (10, 11), (11, 20), (11, 35), (12, 16)];
    assert_eq!(places, expected, "{found}");
    assert!(found.iter().all(|item| item.kind == Kind::Fault));
}

#[test]
fn json_has_places_in_characters_and_what_to_do() {
    let found = findings("[process.api]\ncommand = \"true\"\n\"größe\" = 1\ntty = 1\n");
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(
        json[0],
        serde_json::json!({
            "file": "/p/pm.toml", "line": 3, "column": 1, "end_line": 3, "end_column": 8, "severity": "error",
            "kind": "fault", "process": "api",
            "message": "process \"api\": unknown key \"größe\": not a key of [process.NAME]",
            "suggestion": "remove it; [process.NAME] takes command, shell, description, cwd, env, env_file, autostart, restart, stop, \
                           tty, color, unbuffered, early_exit, orphans and log",
        })
    );
    assert_eq!(json[1]["line"], 4);
    assert_eq!(json.as_array().unwrap().len(), 2);
}

#[test]
fn colour_comes_on_request_only() {
    let found = findings("[process.api]\n");
    assert!(!found.render(false).contains('\u{1b}'));
    assert!(found.render(true).contains('\u{1b}'));
    assert_eq!(found.summary().unwrap(), "/p/pm.toml: 1 error");
}

#[test]
fn no_control_character_of_a_file_reaches_who_reads_what_was_found() {
    let toml = "[project]\n\"\\u001b[2Jx\" = 1\n[process.a]\nshell = \"x\u{9b}31m\"\ncwd = \"\\u001b]0;PWNED\\u0007\\u001b[31mred\"\n\
                [process.\"\\u001b[31mb\"]\ncommand = [\"\\u001b[31m\"]\n[\"\\u001b[2Jx\"]\nshell = \"x\u{9b}31m\"\n";
    let file = Path::new("/p/\u{1b}[31mevil/pm.toml");
    let found = parse(toml, file, &Paper).unwrap_err();
    let shown = format!("{}\n{}", found.render(false), found.summary().unwrap());
    let obeyed: Vec<_> = shown.lines().filter(|line| line.contains(char::is_control)).collect();
    assert!(obeyed.is_empty(), "{obeyed:#?}");
    let named = parse("", file, &Paper).unwrap();
    assert!(named.name.ends_with("[31mevil") && !named.name.contains(char::is_control), "{:?}", named.name);
    assert!(named.id.starts_with("31mevil-"), "{}", named.id);
}
