//! The rules of the house, read out of the source: which room may import which, how long a file and a function may be,
//! and what may stand only in one place. Fails with a list of every breach and what to do about it.
//!
//! The source is split into tokens as the compiler does it, so comments and strings never count, macros and tests always do.

#[path = "architecture/rules.rs"]
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{Breach, check};

/// Who may import whom. A room missing here may be imported by nobody and may import nothing.
const ARROWS: &[(&str, &[&str])] = &[
    ("main", &["cli", "keeper"]),
    (
        "cli",
        &[
            "tui",
            "control",
            "config",
            "supervisor",
            "keeper",
            "logs",
            "emulator",
            "wire",
            "sense",
            "platform",
            "domain",
        ],
    ),
    ("tui", &["supervisor", "logs", "emulator", "platform", "domain"]),
    ("control", &["supervisor", "wire", "platform", "domain"]),
    ("supervisor", &["wire", "logs", "sense", "platform", "domain"]),
    ("keeper", &["wire", "logs", "platform", "domain"]),
    ("sense", &["platform", "domain"]),
    ("logs", &["wire", "platform", "domain"]),
    ("wire", &["domain"]),
    ("config", &["domain"]),
    ("platform", &["domain"]),
    ("domain", &[]),
    ("emulator", &[]),
];

/// What may be named only in some rooms: the names, the rooms (empty: none), and where it belongs instead.
const ONLY_IN: &[(&[&str], &[&str], &str)] = &[
    (&["ratatui", "crossterm", "tui_input"], &["tui"], "the screen is the business of `tui`"),
    (&["alacritty_terminal"], &["emulator"], "what emulates a terminal can be replaced in one room"),
    (&["anyhow"], &["cli", "main"], "below the edge an error is a type of its own (thiserror)"),
];

/// What some rooms may not name, and why.
const NOT_IN: &[(&[&str], &[&str], &str)] = &[
    (
        &["tokio", "tokio_util", "futures_util"],
        &["keeper", "domain", "logs", "wire", "config", "emulator"],
        "these rooms are synchronous; awaiting belongs to the shells around them",
    ),
    (&["serde", "serde_json"], &["keeper"], "the keeper encodes with its own hands and little memory (wire::keeper)"),
];

/// Breaches that are meant: file, the text of the breach begins with this, and why.
const MEANT: &[(&str, &str, &str)] = &[
    (
        "domain/spec.rs",
        "cfg(windows)",
        "which shell a `shell` line is for is part of what the line means; it decides nothing else",
    ),
    (
        "supervisor/environment.rs",
        "supervisor ► config",
        "env files are read anew at every start, by the one reader that `pm check` reads them with; nothing else of config",
    ),
];

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 70;

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a source directory") {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_house_keeps_its_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files.sort();
    assert!(files.len() > 20, "only {} files found below {}", files.len(), root.display());
    let mut breaches = Vec::new();
    for file in &files {
        let relative = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(file).expect("a readable source file");
        breaches.extend(check(&relative, &text).into_iter().filter(|breach| !is_meant(&relative, breach)));
    }
    let list: Vec<String> = breaches.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{} rules of the house are broken:\n{}\n", list.len(), list.join("\n"));
}

fn is_meant(file: &str, breach: &Breach) -> bool {
    MEANT.iter().any(|(in_file, what, _)| *in_file == file && breach.what.starts_with(what))
}

#[test]
fn every_room_has_its_arrows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(&root).expect("src") {
        let path = entry.expect("a directory entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let listed = ARROWS.iter().any(|(room, _)| *room == name);
        assert!(
            listed || name == "lib",
            "src/{name} is a room without arrows; add it to ARROWS and to ARCHITECTURE.md"
        );
    }
}

/// The sources directly in this directory, each with its name and its text.
fn texts_in(dir: &str) -> Vec<(String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let paths = fs::read_dir(&dir).expect("a directory").map(|entry| entry.expect("a directory entry").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|ext| ext == "rs"));
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("a readable source file"))
    };
    sources.map(read).collect()
}

#[test]
fn what_is_for_windows_alone_is_run_there() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows/ci.yml");
    let jobs = fs::read_to_string(path).expect("the jobs");
    let (_, windows) = jobs.split_once("\n  windows:\n").expect("a job for Windows");
    let only_there: Vec<_> =
        texts_in("tests").into_iter().filter(|(_, text)| text.contains("#![cfg(windows)]")).collect();
    assert!(!only_there.is_empty(), "no test is for Windows alone");
    for (name, _) in only_there {
        assert!(windows.contains(&format!("--test {name}")), "the Windows job leaves tests/{name}.rs out");
    }
}

#[test]
fn every_bench_can_be_enforced() {
    let benches = texts_in("benches");
    assert!(benches.len() > 4, "only {} benches found", benches.len());
    for (name, text) in benches {
        assert!(text.contains("figures::bench("), "benches/{name}.rs has no budget that `--enforce` would hold it to");
    }
}

mod the_checker {
    use super::*;

    #[track_caller]
    fn one(file: &str, text: &str, line: usize, what: &str) {
        let full = format!("//! Top.\n{text}");
        let found = check(file, &full);
        assert_eq!(found.len(), 1, "{file}: {text}\nfound: {found:?}");
        assert!(found[0].what.contains(what), "{}", found[0]);
        assert_eq!(found[0].line, line + 1, "{}", found[0]);
    }

    #[track_caller]
    fn none(file: &str, text: &str) {
        let found = check(file, &format!("//! Top.\n{text}"));
        assert!(found.is_empty(), "{file}: {text}\nfound: {found:?}");
    }

    #[test]
    fn reports_a_broken_arrow() {
        one("domain/phase.rs", "use crate::platform::clock;", 1, "domain ► platform");
        one("tui/view.rs", "\nuse crate::config::File;", 2, "tui ► config");
        one("supervisor/mod.rs", "use crate::{domain::Exit, keeper::{a, b}};", 1, "supervisor ► keeper");
        one("wire/record.rs", "fn f() { crate::logs::tail::last(3); }", 1, "wire ► logs");
        one("logs/tail.rs", "fn f() { println!(\"{}\", crate::tui::X); }", 1, "logs ► tui");
        one("logs/tail.rs", "#[cfg(test)] mod tests { use crate::keeper::run; }", 1, "logs ► keeper");
        one("main.rs", "fn main() { pm::tui::run(); }", 1, "main ► tui");
    }

    #[test]
    fn follows_super_out_of_a_room() {
        one("logs/tail.rs", "use super::super::tui::Model;", 1, "logs ► tui");
        one("logs/mod.rs", "use super::tui::Model;", 1, "logs ► tui");
        one("logs/tail.rs", "mod tests { use super::super::super::tui::Model; }", 1, "logs ► tui");
        none("logs/tail.rs", "use super::super::domain::Exit;");
        none("logs/tail.rs", "mod tests { use super::super::index::Entry; use super::*; }");
    }

    #[test]
    fn lets_allowed_arrows_pass() {
        none("cli/mod.rs", "use crate::{tui::App, control::{client, server}, domain::*};");
        none("platform/spawn.rs", "use crate::domain::Signal; use crate::platform::x; use crate::wirelike as w;");
        none("lib.rs", "pub mod cli;\npub mod tui;");
        none("main.rs", "fn main() { pm::keeper::main(); pm::cli::main(); }");
    }

    #[test]
    fn comments_and_strings_do_not_count() {
        none(
            "domain/a.rs",
            "// use crate::tui::X; todo!()\n/* unsafe { crate::cli::x() } */ /// `crate::tui`\nfn f() {}",
        );
        none(
            "domain/a.rs",
            r##"const A: &str = "crate::tui::x unsafe todo!() ratatui"; const B: &str = r#"dbg!("x")"#;"##,
        );
    }

    #[test]
    fn reports_what_stands_in_the_wrong_place() {
        one("logs/a.rs", "fn f() { unsafe { g() } }", 1, "unsafe");
        one("keeper/a.rs", "#[cfg(target_os = \"linux\")]\nfn f() {}", 1, "cfg(target_os)");
        one("keeper/a.rs", "fn f() {}\n#[cfg(all(test, not(unix)))]\nfn g() {}", 2, "cfg(unix)");
        one("cli/a.rs", "fn f() -> bool { cfg!(windows) }", 1, "cfg(windows)");
        one("cli/a.rs", "use ratatui::Frame;", 1, "ratatui");
        one("supervisor/a.rs", "fn f() { crossterm::event::poll(); }", 1, "crossterm");
        one("keeper/a.rs", "use tokio::net::UnixStream;", 1, "tokio");
        one("keeper/a.rs", "use serde::Serialize;", 1, "serde");
        one("logs/a.rs", "fn f() -> anyhow::Result<()> { g() }", 1, "anyhow");
        none("platform/a.rs", "#[cfg(unix)]\nfn f() { unsafe { g() } }");
        none("platform/a.rs", "#[cfg(test)] mod tests {}");
        none("sense/mod.rs", "#[cfg(test)]\n#[cfg(unix)]\nmod tests;");
        none("sense/mod.rs", "#[cfg(all(test, unix))]\nmod tests { #[cfg(windows)] fn f() {} }");
        none("config/tests/files.rs", "fn f() -> bool { cfg!(windows) }");
        one("sense/tests.rs", "#[cfg(target_os = \"linux\")] fn f() {}", 1, "cfg(target_os)");
        one("sense/mod.rs", "#[cfg(unix)]\nmod testsuite;", 1, "cfg(unix)");
        none("tui/a.rs", "use ratatui::Frame; use crossterm::event; async fn f() { tokio::task::yield_now().await }");
    }

    #[test]
    fn reports_unfinished_work_anywhere() {
        one("cli/a.rs", "fn f() { todo!() }", 1, "todo!");
        one("tui/a.rs", "fn f() { unimplemented!(\"later\") }", 1, "unimplemented!");
        one("platform/a.rs", "#[cfg(test)] mod tests { fn f() { dbg!(1); } }", 1, "dbg!");
    }

    #[test]
    fn reports_long_files_and_functions_and_a_missing_top() {
        let long = "\n".repeat(FILE_LINES);
        one("cli/a.rs", &long, FILE_LINES, "501 lines");
        let body = "    g();\n".repeat(FUNCTION_LINES - 1);
        one("cli/a.rs", &format!("fn busy<T: Fn(u8)>(f: fn(u8)) {{\n{body}}}"), 1, "busy");
        none("cli/a.rs", &format!("fn busy() {{\n{}}}", "    g();\n".repeat(FUNCTION_LINES - 2)));
        none("cli/a.rs", "trait T { fn a(&self);\n fn b(&self) {} }");
        let found = check("cli/a.rs", "// not a module text\nfn f() {}\n");
        assert!(found.len() == 1 && found[0].what.contains("//!"), "{found:?}");
    }
}
