//! The verbs and their flags. The first line of each is what `pm --help` shows.

use std::path::PathBuf;

use clap::Args;

use super::Length;
use crate::domain::spec::RestartWhen;
use crate::domain::{PhaseWord, ProcessName};

/// Where the project is.
#[derive(Clone, Debug, Default, Args)]
pub struct Place {
    /// The config file [default: pm.toml here or in a directory above]
    #[arg(short, long, value_name = "FILE", help_heading = "Everywhere")]
    pub file: Option<PathBuf>,
    /// Do as if started in this directory
    #[arg(short = 'C', long = "dir", value_name = "DIR", help_heading = "Everywhere")]
    pub dir: Option<PathBuf>,
}

/// Where the project is, for the verbs whose `-f` means *follow*.
#[derive(Clone, Debug, Default, Args)]
pub struct LogPlace {
    /// The config file [default: pm.toml here or in a directory above]
    #[arg(long, value_name = "FILE", help_heading = "Everywhere")]
    pub file: Option<PathBuf>,
    /// Do as if started in this directory
    #[arg(short = 'C', long = "dir", value_name = "DIR", help_heading = "Everywhere")]
    pub dir: Option<PathBuf>,
}

impl From<LogPlace> for Place {
    fn from(place: LogPlace) -> Self {
        Self { file: place.file, dir: place.dir }
    }
}

/// Wait until it is done.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Waiting {
    /// Wait until it is done, not only accepted
    #[arg(short, long)]
    pub wait: bool,
    /// Wait at most this long (30s, 1m30s), then exit 124; implies --wait
    #[arg(short, long, value_name = "DURATION")]
    pub timeout: Option<Length>,
}

/// Start everything with autostart, or the named ones, and print what they say
///
/// Without -d it stays in the foreground, prints what the processes print, each line with its process in front, and
/// stops everything on Ctrl-C (again: go to the next stage at once; a third time: leave, and let the stops finish alone).
/// It ends by itself when nothing runs any more, with 1 if a process failed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm up                    everything, output on this terminal
  pm up -d --wait          in the background; return when all run
  pm up -d 'agent:*'       only some")]
pub struct Up {
    #[command(flatten)]
    pub place: Place,
    /// Leave it running in the background
    #[arg(short, long)]
    pub detach: bool,
    /// Only these: names, globs, all
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Stop everything and end the supervisor
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm down                  stop all, wait until nothing is left
  pm down --detach         end the supervisor only; the processes run on")]
pub struct Down {
    #[command(flatten)]
    pub place: Place,
    /// End the supervisor only; the processes run on and the next supervisor adopts them
    #[arg(long)]
    pub detach: bool,
    /// Wait at most this long (30s, 1m30s), then exit 124
    #[arg(short, long, value_name = "DURATION")]
    pub timeout: Option<Length>,
}

/// List the processes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm ps
  pm ps 'agent:*' --state running --state failed
  pm ps --json | jq '.processes[].name'")]
pub struct Ps {
    #[command(flatten)]
    pub place: Place,
    /// Only these: names, globs, all
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Only those in this state (stopped, starting, running, stopping, backoff, completed, failed, unknown); may be repeated
    #[arg(short, long = "state", visible_alias = "status", value_name = "STATE", value_parser = phase_word)]
    pub states: Vec<PhaseWord>,
    /// Only those of this kind (command, shell); may be repeated
    #[arg(short, long = "kind", value_name = "KIND")]
    pub kinds: Vec<String>,
}

/// Show everything about one process
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm status api
  pm status --pid 4711     any process of this machine, supervised or not")]
pub struct Status {
    #[command(flatten)]
    pub place: Place,
    /// Which
    #[arg(value_name = "NAME", required_unless_present = "pid")]
    pub name: Option<String>,
    /// A bare pid instead of a name
    #[arg(long, value_name = "PID", conflicts_with = "name")]
    pub pid: Option<u32>,
}

/// Start processes; those that run are left alone
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm start api worker
  pm start all --wait --timeout 30s")]
pub struct Start {
    #[command(flatten)]
    pub place: Place,
    /// Names, globs, all
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Stop processes, their whole trees, by their ladder of signals
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm stop api --wait
  pm stop all --force      straight to KILL
  pm stop --pid 4711       any process of yours, with everything below it")]
pub struct Stop {
    #[command(flatten)]
    pub place: Place,
    /// Names, globs, all
    #[arg(value_name = "NAME", required_unless_present = "pid")]
    pub names: Vec<String>,
    /// A bare pid instead of names
    #[arg(long, value_name = "PID", conflicts_with = "names")]
    pub pid: Option<u32>,
    /// Straight to KILL
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Some processes, and whether to wait for them: all that `restart`, `kill`, `hold` and `next` take.
#[derive(Debug, Args)]
pub struct Change {
    #[command(flatten)]
    pub place: Place,
    /// Names, globs, all
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Forget processes that `pm run` started or that have left pm.toml, and remove what they printed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm remove job-17
  pm remove old-api        what has left pm.toml and is over; `pm ps` does not list it
  pm remove 'job-*'        those that are over; what runs, and what pm.toml defines, stays")]
pub struct Remove {
    #[command(flatten)]
    pub place: Place,
    /// Names, globs, all
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
}

/// Send one signal to processes, nothing more
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm signal nginx HUP
  pm signal 'worker:*' USR1")]
pub struct Signal {
    #[command(flatten)]
    pub place: Place,
    /// Names, globs, all
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// TERM, SIGHUP, 10 …
    #[arg(value_name = "SIGNAL", required = true)]
    pub signal: crate::domain::Signal,
}

/// Run a command that no config knows, supervised like the others
///
/// Without --wait it is left running in the background, once it has survived its first 100 ms. With --wait its output is
/// printed as it comes, and pm ends with 0 if it succeeded, with 1 if it failed (the message and --json say how), and with
/// 124 if its time was up. What it reads is typed with `pm send`; the input of this command is not passed on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm run -- python3 -m http.server
  pm run --name job --wait --timeout 30s -- make test
  pm run --wait --json -- sh -c 'echo hello; exit 3'")]
pub struct Run {
    #[command(flatten)]
    pub place: Place,
    /// Its name [default: that of the program]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// What it is for, shown with its details
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Where to run it [default: here]
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// A variable of its environment; may be repeated
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// When to start it again: no, on-failure, always
    #[arg(long, value_name = "WHEN", default_value = "no", value_parser = restart_when)]
    pub restart: RestartWhen,
    /// Give it a terminal of its own
    #[arg(long)]
    pub tty: bool,
    /// Wait for its end and print its output; exit 1 if it failed
    #[arg(short, long)]
    pub wait: bool,
    /// Stop it after this long (30s, 1m30s) and exit 124; implies --wait
    #[arg(short, long, value_name = "DURATION")]
    pub timeout: Option<Length>,
    /// The command
    #[arg(value_name = "CMD", last = true, required = true)]
    pub command: Vec<String>,
}

/// Wait until processes have ended; exit 1 if one of them failed
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm wait job
  pm wait 'test:*' --timeout 10m && echo all passed")]
pub struct Wait {
    #[command(flatten)]
    pub place: Place,
    /// Names, globs, all
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// At most this long (30s, 1m30s), then exit 124
    #[arg(short, long, value_name = "DURATION")]
    pub timeout: Option<Length>,
}

/// Show the terminal of a process here and give it the keyboard; ctrl-] or F12 leaves
///
/// For processes with `tty = true` (or started with `pm run --tty`). The process gets every key and the size of this
/// terminal; ctrl-] twice sends it one. Exit 1 if it ends while attached and failed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm attach agent:one
  pm attach shell")]
pub struct Attach {
    #[command(flatten)]
    pub place: Place,
    /// Which
    #[arg(value_name = "NAME", value_parser = one_name)]
    pub name: ProcessName,
}

/// Write a line or keys to the standard input or the terminal of a process
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm send agent:one 'yes, go on'
  pm send repl -n q
  pm send shell --key ctrl-c
  pm send editor --key esc --key : --key q --key enter")]
pub struct Send {
    #[command(flatten)]
    pub place: Place,
    /// Which
    #[arg(value_name = "NAME", value_parser = one_name)]
    pub name: ProcessName,
    /// What; a newline follows it, unless keys do
    #[arg(value_name = "TEXT", required_unless_present = "keys", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Without the end of line
    #[arg(short, long)]
    pub no_newline: bool,
    /// A key: ctrl-c, alt-x, enter, esc, up, f1 …, after the text; may be repeated
    #[arg(short, long = "key", value_name = "KEY", allow_hyphen_values = true)]
    pub keys: Vec<crate::cli::verbs::send::NamedKey>,
}

/// Print what happened, also when no supervisor runs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm events -n 50
  pm events -f --json | jq 'select(.event == \"exited\")'")]
pub struct Events {
    #[command(flatten)]
    pub place: LogPlace,
    /// Go on with what happens from now on
    #[arg(short, long)]
    pub follow: bool,
    /// The last N [default: 100 on a terminal, all elsewhere]
    #[arg(short = 'n', long, value_name = "N")]
    pub lines: Option<usize>,
}

/// Print the totals: running, failed, zombies, processor, memory
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm summary
  pm summary --json | jq .failed")]
pub struct Summary {
    #[command(flatten)]
    pub place: Place,
}

/// Check the config and show every fault at once; exit 2 if there is one
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm check
  pm check -f other.toml --json")]
pub struct Check {
    #[command(flatten)]
    pub place: Place,
}

/// Open the dashboard on a built-in project of small misbehaving programs; leaves nothing behind
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  pm demo
  pm demo --plain          as lines, without the dashboard")]
pub struct Demo {
    /// Print lines instead of opening the dashboard
    #[arg(long)]
    pub plain: bool,
}

/// A supervisor without a screen, as `pm up -d` starts it.
#[derive(Debug, Args)]
pub struct Hosted {
    /// The config file.
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// The directory of a project without one.
    #[arg(long)]
    pub adhoc: Option<PathBuf>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err(format!("{text:?} sets nothing; write KEY=VALUE")),
    }
}

fn restart_when(text: &str) -> Result<RestartWhen, String> {
    match text {
        "no" => Ok(RestartWhen::No),
        "on-failure" => Ok(RestartWhen::OnFailure),
        "always" => Ok(RestartWhen::Always),
        _ => Err("write no, on-failure or always".to_owned()),
    }
}

fn phase_word(text: &str) -> Result<PhaseWord, String> {
    let found = PhaseWord::ALL.into_iter().find(|word| word.as_str() == text);
    found.ok_or_else(|| format!("the states are {}", PhaseWord::ALL.map(PhaseWord::as_str).join(", ")))
}

/// The name of one process, where `all` and globs have no meaning.
fn one_name(text: &str) -> Result<ProcessName, String> {
    ProcessName::new(text).map_err(|why| format!("{why}; this takes the name of one process"))
}
