//! `pm logs` as it is typed, and what of it makes no sense together.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{Level, Place};

/// Where the project is, for the verb whose `-f` means *follow* and whose `-C` means *context*.
#[derive(Clone, Debug, Default, Args)]
pub struct SearchPlace {
    /// The config file [default: pm.toml here or in a directory above]
    #[arg(long, value_name = "FILE", help_heading = "Everywhere")]
    pub file: Option<PathBuf>,
    /// Do as if started in this directory
    #[arg(long, value_name = "DIR", help_heading = "Everywhere")]
    pub dir: Option<PathBuf>,
}

impl From<SearchPlace> for Place {
    fn from(place: SearchPlace) -> Self {
        Self { file: place.file, dir: place.dir }
    }
}

/// Print what processes printed, search it, count it, clear it; also when no supervisor runs
///
/// Prints the last run of each process: on a terminal its last 100 lines, into a pipe or a file all of them. With --since or
/// --until it looks through all runs that are kept. Several processes are merged by time, each line with its process in
/// front. On a terminal, and with --color always, colours are kept; elsewhere the text is plain. Control sequences never get
/// through, and a progress bar is printed as its last state.
///
/// --grep looks for a text; an upper-case letter in it makes it tell upper and lower case apart. It prints all lines that
/// match, and exits with 1 when there is none, as grep does.
///
/// TIME is a length of time ago (10m, -5m, 1h30m), the last time the clock showed it (14:03, 14:03:07), a date, or a date and
/// time (2026-11-20T14:03, with Z or an offset if not local).
#[derive(Clone, Debug, Default, Args)]
#[command(group = ArgGroup::new("sought").args(["grep", "level"]))]
#[command(after_help = "\
Examples:
  pm logs api -f
  pm logs api --stderr -n 100
  pm logs api web 'agent:*' -f        merged, in the order of time
  pm logs api --grep 'timeout' -C 3 --all-runs
  pm logs all --grep 'GET /\\d+' --regex --since 14:03 --count
  pm logs --all --since 10m --json > bundle.jsonl
  pm logs api --run 3 --timestamps
  pm logs api --clear                 what its earlier runs printed goes")]
pub struct Logs {
    #[command(flatten)]
    pub place: SearchPlace,
    /// Names, globs, all
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub names: Vec<String>,
    /// All processes, as the name all
    #[arg(long, conflicts_with = "names")]
    pub all: bool,
    /// Go on with what is printed from now on
    #[arg(short, long, conflicts_with_all = ["until", "count"])]
    pub follow: bool,
    /// The last N lines, with --grep the last N matches [default: 100 on a terminal, all elsewhere and with --grep, --since]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<usize>,
    /// Only standard output
    #[arg(long, conflicts_with = "stderr")]
    pub stdout: bool,
    /// Only standard error
    #[arg(long)]
    pub stderr: bool,
    /// Of this run [default: the last one]
    #[arg(long, value_name = "N", conflicts_with = "all_runs")]
    pub run: Option<u32>,
    /// Of all runs that are kept, with a line where each begins
    #[arg(long)]
    pub all_runs: bool,
    /// What was printed at this time or later
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// What was printed before this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// The time in front of each line
    #[arg(short, long)]
    pub timestamps: bool,
    /// Only lines with this text
    #[arg(short = 'g', long, value_name = "PATTERN", allow_hyphen_values = true, help_heading = "Search")]
    pub grep: Option<String>,
    /// PATTERN is a regular expression (syntax of the Rust crate regex)
    #[arg(short = 'E', long, requires = "grep", help_heading = "Search")]
    pub regex: bool,
    /// Upper and lower case are the same
    #[arg(short = 'i', long, requires = "grep", conflicts_with = "case_sensitive", help_heading = "Search")]
    pub ignore_case: bool,
    /// Upper and lower case differ, also where PATTERN has no upper-case letter
    #[arg(short = 's', long, requires = "grep", help_heading = "Search")]
    pub case_sensitive: bool,
    /// Only lines of this level or a graver one: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", help_heading = "Search")]
    pub level: Option<Level>,
    /// Only lines that do not match
    #[arg(short = 'v', long, requires = "sought", help_heading = "Search")]
    pub invert_match: bool,
    /// N lines before and after each match too
    #[arg(short = 'C', long, value_name = "N", requires = "sought", help_heading = "Search")]
    pub context: Option<usize>,
    /// N lines before each match too
    #[arg(short = 'B', long, value_name = "N", requires = "sought", help_heading = "Search")]
    pub before_context: Option<usize>,
    /// N lines after each match too
    #[arg(short = 'A', long, value_name = "N", requires = "sought", help_heading = "Search")]
    pub after_context: Option<usize>,
    /// How many lines match, per process, instead of the lines
    #[arg(short = 'c', long, requires = "sought", help_heading = "Search")]
    #[arg(conflicts_with_all = ["timestamps", "context", "before_context", "after_context"])]
    pub count: bool,
    /// Remove from disk what was printed: earlier runs, and what the last one printed if it has ended
    #[arg(long, conflicts_with_all = ["follow", "lines", "stdout", "stderr", "all_runs", "since", "until", "timestamps", "sought"])]
    pub clear: bool,
}
