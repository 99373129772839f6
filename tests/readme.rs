//! The README says what the program says: its tables come from the definitions, and every verb and exit code is there.
//!
//! `PM_UPDATE_README=1 cargo test --test readme` writes the tables anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use pm::cli::args::Args;
use pm::cli::code;
use pm::config::keys;
use pm::tui::keymap::{Context, TABLE};

const UPDATE: &str = "PM_UPDATE_README";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    std::fs::read_to_string(path()).expect("README.md")
}

/// The text between `<!-- NAME -->` and `<!-- end of NAME -->` has to be `expected`.
#[track_caller]
fn agrees(name: &str, expected: &str) {
    let text = readme();
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("README.md has no line {begin}"));
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("README.md has no line {end}"));
    if found.trim() == expected.trim() {
        return;
    }
    if std::env::var_os(UPDATE).is_some() {
        let text = format!("{before}{begin}\n{}\n\n{end}{after}", expected.trim());
        std::fs::write(path(), text).expect("README.md can be written");
        return;
    }
    let differs = expected.trim().lines().find(|line| !found.contains(line));
    panic!(
        "README.md: the part {name:?} is not what the program says; {UPDATE}=1 cargo test --test readme -- --test-threads=1 \
         writes it anew. First line that is missing: {differs:?}"
    );
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn the_keys_are_those_of_the_key_table() {
    let mut out = String::new();
    for context in [Context::Table, Context::Log, Context::Selecting, Context::Reading, Context::Everywhere] {
        let _ = write!(out, "**In: {}**\n\n| key | what it does |\n|---|---|\n", context.title());
        for binding in TABLE.iter().filter(|binding| binding.context == context) {
            let keys: Vec<_> = binding.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(out, "| {} | {} |", cell(&keys.join(" ")), cell(binding.help));
        }
        out.push('\n');
    }
    agrees("keys", &out);
}

#[test]
fn the_verbs_are_those_of_the_command_line() {
    let mut out = "| verb | what it does |\n|---|---|\n".to_owned();
    let args = Args::command();
    for verb in args.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let about = verb.get_about().expect("a line for every verb").to_string();
        let _ = writeln!(out, "| `pm {}` | {} |", verb.get_name(), cell(&about));
    }
    agrees("verbs", &out);
    let text = readme();
    let shown: Vec<_> = text.split("\n```").skip(1).step_by(2).collect();
    for verb in args.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let example = format!("\npm {}", verb.get_name());
        assert!(shown.iter().any(|block| block.contains(&example)), "no example of `pm {}`", verb.get_name());
    }
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let mut out = "| code | meaning |\n|---|---|\n".to_owned();
    for line in code::HELP.lines().skip(1) {
        let (code, meaning) = line.trim().split_once(' ').expect("a code and its meaning");
        let _ = writeln!(out, "| {code} | {} |", cell(meaning.trim()));
    }
    agrees("exit codes", &out);
}

#[test]
fn the_configuration_is_that_of_the_reader() {
    agrees("configuration", &keys::reference());
}

#[test]
fn the_examples_of_a_config_have_no_fault() {
    let text = readme();
    let blocks: Vec<_> = text.split("\n```toml\n").skip(1).collect();
    assert!(!blocks.is_empty(), "README.md shows no pm.toml");
    let dir = tempfile::tempdir().expect("a directory");
    for block in blocks {
        let (toml, _) = block.split_once("\n```").expect("the end of the block");
        let file = dir.path().join("pm.toml");
        std::fs::write(&file, toml).expect("a file");
        for made in ["web", "agents"] {
            std::fs::create_dir_all(dir.path().join(made)).expect("a directory");
        }
        let project = pm::config::load(&file).unwrap_or_else(|faults| panic!("{}\n{toml}", faults.render(false)));
        assert!(!project.processes.is_empty(), "{toml}");
    }
}

#[test]
fn what_it_shows_and_links_is_there() {
    let text = readme();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if !link.contains("://") && !link.starts_with('#') {
            assert!(root.join(link).exists(), "README.md links to {link}, which is not there");
        }
    }
    let picture = std::fs::read_to_string(root.join("assets/dashboard.svg")).expect("the picture");
    assert!(text.contains("](assets/dashboard.svg)"), "README.md does not show the dashboard");
    assert!(picture.matches(">running<").count() >= 5, "the picture shows fewer than five live processes");
}
