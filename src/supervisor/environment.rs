//! The environment a child gets: what it inherits, of the supervisor or of whoever ran it, then the files, then what the spec
//! sets, then what it is asked for where none of these decided it, then who it is.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::env_file::{self, Unusable};
use crate::domain::effect::LaunchOrder;
use crate::domain::spec::AskColor;
use crate::domain::{ProcessSpec, SpawnFailure, SpawnStep};
use crate::wire::keeper::Texts;

/// Variables a service manager sets for the process it started; handed on, they would let a child speak in our name.
const NOT_HANDED_ON: [&str; 9] = [
    "NOTIFY_SOCKET",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
];

/// What tells a program which terminal it is at, and is no longer true at one of ours.
const OTHER_TERMINALS: [&str; 14] = [
    "TMUX",
    "TMUX_PANE",
    "STY",
    "ZELLIJ",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "TERM_SESSION_ID",
    "VTE_VERSION",
    "WT_SESSION",
    "KITTY_WINDOW_ID",
    "WEZTERM_PANE",
    "WINDOWID",
    "LINES",
    "COLUMNS",
];
/// What our terminal is: `emulator` speaks this.
const OUR_TERMINAL: [(&str, &str); 2] = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];

/// Whoever sets one of these has decided about colour: <https://no-color.org>, <https://force-color.org>,
/// <https://bixense.com/clicolors>.
const DECIDES_COLOR: [&str; 4] = ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"];

/// What asks for colour where no terminal is. The first two are agreed upon (chalk and all of node, Rich, pytest, Python
/// itself, Ruby and Go tools; BSD and `CMake` tools, what is made with clap), the others are the own words of tools that are
/// supervised often and know neither.
const ASKS_FOR_COLOR: [(&str, &str); 6] = [
    ("FORCE_COLOR", "1"),
    ("CLICOLOR_FORCE", "1"),
    ("CARGO_TERM_COLOR", "always"),
    ("PY_COLORS", "1"),
    ("ANSIBLE_FORCE_COLOR", "1"),
    ("DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION", "1"),
];

/// Asked for colour, programs made with Rich take the pipe for a terminal and animate on it; this asks for colour alone.
const ASKS_FOR_NO_ANIMATION: (&str, &str) = ("TTY_INTERACTIVE", "0");

/// What asks a program not to gather its output while no terminal is there. The libraries of C, Go and node have no such
/// variable: there the first gathers and the others do not.
const ASKS_FOR_OUTPUT: (&str, &str) = ("PYTHONUNBUFFERED", "1");

/// The variables this process was given and a child may have, in the order of their names. One that is no UTF-8 cannot be
/// written in `pm.toml` either, and is left out.
pub fn own() -> Vec<(String, String)> {
    let all = std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
    let mut own: Vec<_> = all.filter(|(key, _)| !NOT_HANDED_ON.contains(&key.as_str())).collect();
    own.sort_unstable();
    own
}

/// The variables of a run, as `KEY=value`. What inherits from nobody else inherits `own`. Files are read anew at every start,
/// so a changed `.env` is seen.
///
/// # Errors
/// An `env_file` that cannot be read, or has a line that is no variable, by its number. The failure is told in events and in
/// `pm ps`, so nothing of a value is in it.
pub fn assemble(own: &[(String, String)], order: &LaunchOrder, project: &str) -> Result<Texts, SpawnFailure> {
    let spec = &order.spec;
    let mut files = Vec::new();
    for file in &spec.env_files {
        files.extend(env_file::read(file).map_err(|why| unusable(file, &why))?);
    }
    let inherited = spec.inherited.as_deref().unwrap_or(own).iter().map(borrowed);
    let mut env: Variables<'_> = inherited.filter(|(key, _)| is_inherited(key, spec.color)).collect();
    if spec.tty {
        seat_at_our_terminal(&mut env);
    }
    env.extend(files.iter().map(borrowed));
    env.extend(spec.env.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    ask(&mut env, spec);
    env.extend([("PM_PROCESS", spec.name.as_str()), ("PM_RUN_ID", order.id.as_str()), ("PM_PROJECT", project)]);
    let mut texts = Texts::default();
    for (key, value) in env {
        texts.push(&[key, "=", value]);
    }
    Ok(texts)
}

/// In the order of their names.
type Variables<'a> = BTreeMap<&'a str, &'a str>;

fn borrowed((key, value): &(String, String)) -> (&str, &str) {
    (key, value)
}

/// Asks for colour and for output as it comes, where nobody has decided otherwise.
fn ask(env: &mut Variables<'_>, spec: &ProcessSpec) {
    let is_decided = |key: &str| env.get(key).is_some_and(|value| key != "NO_COLOR" || !value.is_empty());
    let colour = match spec.color {
        AskColor::Auto => !spec.tty && !DECIDES_COLOR.into_iter().any(is_decided),
        AskColor::Always => true,
        AskColor::Never | AskColor::Inherit => false,
    };
    let mut set = |(key, value)| {
        env.entry(key).or_insert(value);
    };
    if colour {
        ASKS_FOR_COLOR.into_iter().for_each(&mut set);
        if !spec.tty {
            set(ASKS_FOR_NO_ANIMATION);
        }
    }
    if spec.color == AskColor::Never {
        set(("NO_COLOR", "1"));
    }
    if spec.unbuffered && !spec.tty {
        set(ASKS_FOR_OUTPUT);
    }
}

/// Where the spec decides about colour, what was only inherited gives way.
fn is_inherited(key: &str, color: AskColor) -> bool {
    match color {
        AskColor::Auto | AskColor::Inherit => true,
        AskColor::Always | AskColor::Never => !DECIDES_COLOR.contains(&key),
    }
}

/// The terminal of the child is ours, whatever terminal we were started at.
fn seat_at_our_terminal(env: &mut Variables<'_>) {
    env.retain(|key, _| !OTHER_TERMINALS.contains(key));
    env.extend(OUR_TERMINAL);
}

fn unusable(file: &Path, why: &Unusable) -> SpawnFailure {
    let message = format!("env_file: {}; {}, then start it again", why.what(file), why.hint());
    SpawnFailure { step: SpawnStep::Prepare, errno: 0, message }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::spec::Program;
    use crate::domain::{ProcessName, ProcessSpec, RunId, RunNo};

    fn order(change: impl FnOnce(&mut ProcessSpec)) -> LaunchOrder {
        let name = ProcessName::new("api").unwrap();
        let mut spec = ProcessSpec::new(name, Program::Shell("true".into()), "/".into());
        change(&mut spec);
        LaunchOrder { spec: Arc::new(spec), no: RunNo(1), id: RunId::derive(0, 0) }
    }

    #[test]
    fn later_files_win_and_the_spec_wins_over_files() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        std::fs::write(&one, "A=1\nB=1\nC=1\n").unwrap();
        std::fs::write(&two, "B=2\nC=2\n").unwrap();
        let order = order(|spec| {
            spec.env_files = vec![one, two];
            spec.env.insert("C".into(), "3".into());
        });
        let env = assemble(&own(), &order, "shop").unwrap();
        for expected in ["A=1", "B=2", "C=3", "PM_PROCESS=api", "PM_PROJECT=shop", "PM_RUN_ID=".trim_end()] {
            assert!(env.iter().any(|entry| entry.starts_with(expected)), "{expected} in {env:?}");
        }
    }

    #[test]
    fn a_child_with_a_terminal_is_told_which_one_it_is_unless_its_spec_says_so() {
        let mut env: Variables<'_> = [("TERM", "dumb"), ("TMUX", "x"), ("LINES", "3"), ("EDITOR", "vi")].into();
        seat_at_our_terminal(&mut env);
        assert!(env.keys().eq(&["COLORTERM", "EDITOR", "TERM"]));
        assert_eq!(env["TERM"], "xterm-256color");
        let order = order(|spec| {
            spec.tty = true;
            spec.env.insert("TERM".into(), "vt100".into());
        });
        assert!(assemble(&own(), &order, "shop").unwrap().iter().any(|entry| entry == "TERM=vt100"));
    }

    #[test]
    fn colour_and_output_are_asked_for_where_nobody_decided() {
        let asked = |set: &[(&'static str, &'static str)], change: &dyn Fn(&mut ProcessSpec)| {
            let order = order(|spec| change(spec));
            let mut env = set.iter().copied().collect();
            ask(&mut env, &order.spec);
            ["FORCE_COLOR", "CLICOLOR_FORCE", "NO_COLOR", "PYTHONUNBUFFERED"]
                .map(|key| env.get(key).copied().unwrap_or_default())
        };
        let nothing: &[(&'static str, &'static str)] = &[];
        let table = [
            (nothing, AskColor::Auto, false, ["1", "1", "", "1"]),
            (&[], AskColor::Auto, true, ["", "", "", ""]),
            (&[("NO_COLOR", "1")], AskColor::Auto, false, ["", "", "1", "1"]),
            // An empty NO_COLOR says nothing, by its own definition.
            (&[("NO_COLOR", "")], AskColor::Auto, false, ["1", "1", "", "1"]),
            (&[("FORCE_COLOR", "0")], AskColor::Auto, false, ["0", "", "", "1"]),
            (&[("CLICOLOR", "0")], AskColor::Auto, false, ["", "", "", "1"]),
            (&[("PYTHONUNBUFFERED", "")], AskColor::Auto, false, ["1", "1", "", ""]),
            (&[("FORCE_COLOR", "3")], AskColor::Always, false, ["3", "1", "", "1"]),
            (&[], AskColor::Always, true, ["1", "1", "", ""]),
            (&[], AskColor::Never, false, ["", "", "1", "1"]),
            (&[], AskColor::Never, true, ["", "", "1", ""]),
            (&[], AskColor::Inherit, false, ["", "", "", "1"]),
        ];
        for (set, color, tty, expected) in table {
            let change = |spec: &mut ProcessSpec| (spec.color, spec.tty) = (color, tty);
            assert_eq!(asked(set, &change), expected, "{set:?} {color:?} tty {tty}");
        }
        assert_eq!(asked(&[], &|spec| spec.unbuffered = false), ["1", "1", "", ""]);
        let kept = |color| DECIDES_COLOR.iter().filter(|key| is_inherited(key, color)).count();
        assert_eq!([AskColor::Auto, AskColor::Inherit, AskColor::Always, AskColor::Never].map(kept), [4, 4, 0, 0]);
    }

    #[test]
    fn who_ran_it_hands_on_all_or_nothing() {
        let own = [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "1".to_owned())];
        let order = order(|spec| {
            spec.inherited = Some(vec![("B".into(), "2".into()), ("C".into(), "2".into())]);
            spec.env.insert("C".into(), "3".into());
        });
        let env = assemble(&own, &order, "shop").unwrap();
        let of = |key: &str| env.iter().find_map(|entry| entry.strip_prefix(key)).map(str::to_owned);
        assert_eq!([of("A="), of("B="), of("C=")], [None, Some("2".into()), Some("3".into())]);
    }

    /// What a child gets of a file that reads `text`: the variables, or why it is not started.
    fn of_file(text: &str) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".env");
        std::fs::write(&file, text).unwrap();
        let order = order(|spec| {
            spec.env_files = vec![file];
            spec.color = AskColor::Inherit;
            spec.unbuffered = false;
        });
        let env = assemble(&[], &order, "shop").map_err(|failure| failure.message)?;
        Ok(env.iter().filter(|entry| !entry.starts_with("PM_")).map(str::to_owned).collect())
    }

    #[test]
    fn what_stands_in_a_file_is_what_the_child_gets() {
        for line in ["PW=pa$$word9", "HASH=$2y$10$abcdefgh", "J={\"a\":1}", "P=My App", "WIN=C:\\Users\\me", "MY-KEY=1"]
        {
            assert_eq!(of_file(&format!("{line}\n")), Ok(vec![line.to_owned()]));
        }
        for (line, expected) in [
            ("PW3=\"s3cr$t!\"", "PW3=s3cr$t!"),
            ("P=\"$HOME\"", "P=$HOME"),
            ("\u{feff}A=1\r\n", "A=1"),
            ("PEM=\"one\ntwo\"", "PEM=one\ntwo"),
        ] {
            assert_eq!(of_file(line), Ok(vec![expected.to_owned()]));
        }
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_never_by_its_value() {
        for text in
            ["A=1\nAPI_KEY=\"hunter2\n", "A=1\nAPI_KEY='hunter2' 'hunter2'\n", "A=1\nhunter2\n", "\nB C=hunter2\n"]
        {
            let message = of_file(text).unwrap_err();
            assert!(message.contains("line 2 of ") && message.contains(".env"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
            assert_eq!(message.contains("API_KEY"), text.contains("API_KEY"), "{message}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let failure =
            assemble(&own(), &order(|spec| spec.env_files = vec!["/nowhere/.env".into()]), "shop").unwrap_err();
        assert_eq!(failure.step, SpawnStep::Prepare);
        assert!(failure.message.contains("/nowhere/.env"), "{}", failure.message);
    }
}
