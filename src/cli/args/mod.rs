//! The command line as it is typed. Turns words into types and decides nothing; `cli` dispatches on what comes out.
//!
//! `-f` before the verb always means the config file, as with docker compose, so that `pm logs -f` and `pm events -f` may
//! mean *follow* as everybody expects.

#![allow(missing_docs, reason = "what a flag is for stands in its help text; flattened groups have none")]

mod length;
mod level;
mod logs;
mod verbs;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub use length::Length;
pub use level::Level;
pub use logs::{Logs, SearchPlace};
pub use verbs::{
    Attach, Change, Check, Demo, Down, Events, Hosted, LogPlace, Place, Ps, Remove, Run, Send, Signal, Start, Status,
    Stop, Summary, Up, Wait, Waiting,
};

use super::code;

const EXAMPLES: &str = "\
Examples:
  pm                       open the dashboard on the pm.toml found here or above
  pm up -d                 start everything in the background
  pm ps                    how it stands
  pm logs api -f           follow one process
  pm run -- sleep 100      supervise something no config knows
  pm down                  stop everything, the supervisor included

NAME takes a name, a glob such as 'agent:*', or all.";

/// Supervises processes: agents, dev servers, services, jobs. Without a verb it opens the dashboard.
#[derive(Debug, Parser)]
#[command(name = "pm", version, after_help = EXAMPLES, after_long_help = long_help(), max_term_width = 110)]
pub struct Args {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub style: Style,
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

/// How to print.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Style {
    /// Print JSON, errors included
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Colour the output: auto, always, never; auto means on a terminal, unless `NO_COLOR` is set
    #[arg(long, value_name = "WHEN", default_value = "auto", hide_possible_values = true, global = true)]
    #[arg(help_heading = "Everywhere")]
    pub color: ColorWhen,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// When standard output is a terminal and `NO_COLOR` is not set
    #[default]
    Auto,
    /// Also into a pipe
    Always,
    /// Not at all
    Never,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Verb {
    Up(Up),
    Down(Down),
    Ps(Ps),
    Status(Status),
    Start(Start),
    Stop(Stop),
    /// Stop processes, then start them again; those that do not run are started
    #[command(after_help = "\
Examples:
  pm restart api --wait    return when it runs again
  pm restart all")]
    Restart(Change),
    /// Kill processes, their whole trees, at once
    #[command(after_help = "\
Examples:
  pm kill 'agent:*'
  pm kill api --wait       return when nothing of it is left")]
    Kill(Change),
    /// Keep stops in progress at their stage
    #[command(after_help = "\
Examples:
  pm hold api              the stop of api stays at its stage; pm next api goes on")]
    Hold(Change),
    /// Let stops in progress enter their next stage now
    #[command(after_help = "\
Examples:
  pm next api              no more patience with api
  pm next all")]
    Next(Change),
    Signal(Signal),
    Remove(Remove),
    Logs(Logs),
    Run(Run),
    Wait(Wait),
    Attach(Attach),
    Send(Send),
    Events(Events),
    Summary(Summary),
    Check(Check),
    Demo(Demo),
    #[command(name = "__supervisor", hide = true)]
    Supervisor(Hosted),
}

fn long_help() -> String {
    format!("{EXAMPLES}\n\n{}", code::HELP)
}

impl Args {
    /// Where the project is: what stands behind the verb wins over what stands before it.
    pub fn place(&self) -> Place {
        let behind = self.verb.as_ref().map(Verb::place).unwrap_or_default();
        let first = |behind: Option<PathBuf>, before: &Option<PathBuf>| behind.or_else(|| before.clone());
        Place { file: first(behind.file, &self.place.file), dir: first(behind.dir, &self.place.dir) }
    }
}

impl Verb {
    fn place(&self) -> Place {
        match self {
            Self::Up(verb) => verb.place.clone(),
            Self::Down(verb) => verb.place.clone(),
            Self::Ps(verb) => verb.place.clone(),
            Self::Status(verb) => verb.place.clone(),
            Self::Start(verb) => verb.place.clone(),
            Self::Stop(verb) => verb.place.clone(),
            Self::Restart(verb) | Self::Kill(verb) | Self::Hold(verb) | Self::Next(verb) => verb.place.clone(),
            Self::Signal(verb) => verb.place.clone(),
            Self::Remove(verb) => verb.place.clone(),
            Self::Logs(verb) => verb.place.clone().into(),
            Self::Run(verb) => verb.place.clone(),
            Self::Wait(verb) => verb.place.clone(),
            Self::Attach(verb) => verb.place.clone(),
            Self::Send(verb) => verb.place.clone(),
            Self::Events(verb) => verb.place.clone().into(),
            Self::Summary(verb) => verb.place.clone(),
            Self::Check(verb) => verb.place.clone(),
            Self::Demo(_) | Self::Supervisor(_) => Place::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Args {
        Args::try_parse_from(shlex::split(line).unwrap()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn fails(line: &str) -> clap::Error {
        Args::try_parse_from(shlex::split(line).unwrap()).expect_err(line)
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn f_is_the_file_before_the_verb_and_follow_behind_logs() {
        let args = parse("pm -f a.toml logs api -f");
        assert_eq!(args.place().file, Some("a.toml".into()));
        assert!(matches!(args.verb, Some(Verb::Logs(Logs { follow: true, .. }))));
        assert_eq!(parse("pm up -f b.toml").place().file, Some("b.toml".into()));
        assert_eq!(parse("pm -f a.toml up -f b.toml").place().file, Some("b.toml".into()));
        assert_eq!(parse("pm logs api --file c.toml").place().file, Some("c.toml".into()));
        assert_eq!(parse("pm -C /tmp ps").place().dir, Some("/tmp".into()));
    }

    #[test]
    fn json_and_color_go_anywhere() {
        assert!(parse("pm --json ps").style.json);
        assert!(parse("pm ps --json").style.json);
        assert_eq!(parse("pm ps --color never").style.color, ColorWhen::Never);
    }

    #[test]
    fn a_command_to_run_is_taken_as_it_is() {
        let args = parse("pm run --name x --wait --timeout 30s -- sh -c 'exit 3' --json -f");
        let Some(Verb::Run(run)) = args.verb else { panic!() };
        assert_eq!(run.command, ["sh", "-c", "exit 3", "--json", "-f"]);
        assert_eq!(run.timeout.unwrap().0.as_secs(), 30);
        assert!(!args.style.json);
        fails("pm run");
        fails("pm run sleep 5");
    }

    #[test]
    fn what_makes_no_sense_is_a_usage_error() {
        for line in ["pm frobnicate", "pm stop", "pm signal api", "pm stop --pid x", "pm wait api --timeout soon"] {
            assert_eq!(fails(line).exit_code(), 2, "{line}");
        }
        fails("pm status api --pid 5");
        for line in
            ["api --stdout --stderr", "", "api --all", "api --regex", "api -v", "api -C 3", "api --count", "api -i"]
        {
            fails(&format!("pm logs {line}"));
        }
        for line in
            ["--run 3 --all-runs", "--grep x -i -s", "--grep x --level error", "--grep x --count -f", "-f --until 5m"]
        {
            fails(&format!("pm logs api {line}"));
        }
        for line in ["-f", "--grep x", "-n 3", "--since 5m", "--all-runs", "--stderr", "-t"] {
            fails(&format!("pm logs api --clear {line}"));
        }
        parse("pm logs --all --since -5m --until -1m --grep -x -C 3 -v -i -n 5 --all-runs --stderr -t --json");
        parse("pm logs api --level error -A 3 -f");
        fails("pm run --env X -- true");
    }

    #[test]
    fn every_verb_has_an_example_in_its_help() {
        for verb in Args::command().get_subcommands_mut().filter(|verb| !verb.is_hide_set()) {
            let name = verb.get_name().to_owned();
            let help = verb.render_long_help().to_string();
            assert!(help.contains(&format!("  pm {name}")), "{name}:\n{help}");
        }
    }
}
