//! The one table of keys of `pm.toml`: unknown-key suggestions, type messages and the reference all come from it.
//!
//! Must not know how a key is read. The readers of this room look keys up here; the README embeds [`reference()`].

use std::fmt::Write as _;

/// The table a key stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// The file itself.
    Top,
    /// `[project]`
    Project,
    /// `[process.NAME]`
    Process,
    /// `restart = { … }`
    Restart,
    /// An entry of `stop = [ … ]`
    Stop,
    /// `log = { … }`
    Log,
}

impl Section {
    /// Every section, in the order of the reference.
    pub const ALL: [Self; 6] = [Self::Top, Self::Project, Self::Process, Self::Restart, Self::Stop, Self::Log];

    /// What the section is called in a message.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Top => "pm.toml",
            Self::Project => "[project]",
            Self::Process => "[process.NAME]",
            Self::Restart => "restart = { … }",
            Self::Stop => "an entry of stop = [ … ]",
            Self::Log => "log = { … }",
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Where it stands.
    pub section: Section,
    /// The key as it is typed.
    pub name: &'static str,
    /// What it takes, in words that follow "takes".
    pub types: &'static str,
    /// What holds when it is not given.
    pub default: &'static str,
    /// What it is for, in one line.
    pub doc: &'static str,
    /// How it is typed.
    pub example: &'static str,
    /// What other programs call it; used for suggestions only.
    pub elsewhere: &'static [&'static str],
}

macro_rules! keys {
    ($($section:ident $name:literal: $types:literal, default $default:literal, $doc:literal, $example:literal
       $(, not $elsewhere:expr)?;)+) => {
        /// Every key, in the order of the reference.
        pub const KEYS: &[Key] = &[$(Key {
            section: Section::$section, name: $name, types: $types, default: $default, doc: $doc, example: $example,
            elsewhere: { const NONE: &[&str] = &[]; let _all = NONE; $(let _all: &[&str] = $elsewhere;)? _all },
        }),+];
    };
}

keys! {
    Top "project": "a table", default "none", "The project itself.", "[project]";
    Top "process": "a table of processes", default "none", "The processes, one table each; shown in the order of the file.",
        "[process.api]", not &["processes", "proc", "service", "services", "program", "programs", "procs", "daemons"];
    Project "name": "a string", default "the name of the directory", "What the project is called.", "name = \"shop\"",
        not &["title"];
    Project "log_total": "a size", default "no limit",
        "What the output of all processes may take on disk together; the oldest runs go first.", "log_total = \"20GiB\"",
        not &["log_size", "log_bytes", "max_log_size", "disk"];
    Project "log_age": "a duration", default "no limit",
        "How long output is kept after its run has ended.", "log_age = \"30d\"", not &["log_days", "retention", "max_log_age"];
    Project "log_compress": "true or false", default "false",
        "Whether output that is not written any more is compressed, of every process whose `log` does not say.", "log_compress = true",
        not &["compress", "compression", "gzip", "zstd"];
    Process "command": "a list of strings, or a string", default "required, or `shell`",
        "The program and its arguments, without a shell. A string is split into words like a shell splits them; nothing in it is expanded.",
        "command = [\"python3\", \"-m\", \"http.server\"]", not &["cmd", "exec", "run", "args", "argv", "program", "script", "entrypoint"];
    Process "shell": "a string", default "required, or `command`",
        "A line for the shell (`/bin/sh -c`, on Windows `cmd /C`), with pipes, variables and all.", "shell = \"make | tee make.out\"",
        not &["sh"];
    Process "description": "a string", default "none",
        "What it is for, shown with its details.", "description = \"the API of the shop\"",
        not &["desc", "about", "comment", "summary", "doc", "help"];
    Process "cwd": "a string", default "the directory of the file",
        "Where it runs; relative to the directory of the file.", "cwd = \"web\"",
        not &["dir", "directory", "workdir", "working_dir", "working_directory", "path", "chdir"];
    Process "env": "a table of strings", default "empty",
        "Variables on top of the inherited environment and of `env_file`.", "env = { PORT = \"8000\" }",
        not &["environment", "vars", "envs", "variables"];
    Process "env_file": "a string, or a list of strings", default "none",
        "Files of `KEY=value` lines, read anew at every start; later files win. Nothing in them is expanded.", "env_file = [\".env\"]",
        not &["env_files", "dotenv", "envfile"];
    Process "autostart": "true or false", default "true",
        "Started with the project; `false` waits until it is started by hand.", "autostart = false",
        not &["auto_start", "enabled", "start"];
    Process "restart": "\"no\", \"on-failure\" or \"always\", or a table", default "\"no\"",
        "When it is started again after it ended by itself, with growing waits; a table sets them.", "restart = \"on-failure\"",
        not &["autorestart", "restart_policy", "availability", "retry", "retries"];
    Process "stop": "a list of { signal, wait }", default "TERM 10s, TERM 5s, KILL",
        "How it is stopped: each stage sends a signal to its group and waits. After the last stage everything left of its tree is killed.",
        "stop = [{ signal = \"INT\", wait = \"3s\" }, { signal = \"KILL\" }]",
        not &["stop_signal", "stopsignal", "shutdown", "kill_signal", "stop_timeout"];
    Process "tty": "true or false", default "false",
        "Runs on a terminal of its own instead of pipes; stdout and stderr then come as one.", "tty = true",
        not &["pty", "is_tty", "terminal", "interactive"];
    Process "color": "\"auto\", \"always\", \"never\" or \"inherit\"", default "\"auto\"",
        "Whether it is asked for colour by the variables programs heed (`FORCE_COLOR`, `CLICOLOR_FORCE` …). `auto` asks on pipes, unless its environment says something about colour (`NO_COLOR` too); `always` asks whatever was inherited; `never` sets `NO_COLOR`; `inherit` changes nothing.",
        "color = \"auto\"", not &["colour", "colors", "colours", "force_color", "ansi"];
    Process "unbuffered": "true or false", default "true",
        "On pipes it is asked not to sit on its output (`PYTHONUNBUFFERED`), unless its environment says so already.", "unbuffered = true",
        not &["buffered", "line_buffered"];
    Process "early_exit": "a duration", default "\"100ms\"",
        "An end so soon after the start, other than with exit 0, is a failed start.", "early_exit = \"100ms\"", not &["startsecs", "start_window"];
    Process "orphans": "\"adopt\" or \"stop\"", default "\"adopt\"",
        "What happens to its processes when the keeper that watches them was killed.", "orphans = \"adopt\"";
    Process "log": "a table", default "see below",
        "How much of its output is kept on disk.", "log = { segment = \"64MiB\", segments = 4, runs = 10 }",
        not &["logs", "logging", "log_file", "stdout_logfile", "log_location"];
    Restart "when": "\"no\", \"on-failure\" or \"always\"", default "required",
        "After which ends it is started again.", "when = \"on-failure\"", not &["policy", "on"];
    Restart "first_wait": "a duration", default "\"200ms\"",
        "The wait before the first restart; doubles with each further one.", "first_wait = \"200ms\"",
        not &["wait", "delay", "backoff", "backoff_seconds"];
    Restart "max_wait": "a duration", default "\"30s\"", "The longest wait.", "max_wait = \"30s\"", not &["max_delay", "max_backoff"];
    Restart "healthy_after": "a duration", default "\"10s\"",
        "So long alive, and the count of restarts begins anew.", "healthy_after = \"10s\"", not &["reset_after", "min_uptime"];
    Restart "limit": "a whole number", default "16",
        "So many restarts in a row without staying alive, and it is given up as failed; 0 never gives up.", "limit = 16",
        not &["max_restarts", "max_retries", "retries", "attempts", "max"];
    Stop "signal": "a string", default "required",
        "The signal of this stage, by name.", "signal = \"TERM\"", not &["sig", "kill", "send"];
    Stop "wait": "a duration", default "\"10s\", for KILL \"0s\"",
        "How long until the next stage.", "wait = \"10s\"", not &["timeout", "grace", "delay", "after"];
    Log "segment": "a size", default "\"64MiB\"",
        "A segment is closed at this size and a new one begun; at least 1KiB.", "segment = \"64MiB\"", not &["size", "max_size", "bytes"];
    Log "segments": "a whole number", default "4",
        "Segments kept of each run, the current one included.", "segments = 4", not &["files", "max_files", "backups", "max_backups"];
    Log "runs": "a whole number", default "10", "Runs kept, the current one included.", "runs = 10", not &["keep", "history"];
    Log "total": "a size", default "no limit",
        "What the output of all its runs may take on disk; the oldest go first, and a run is kept within it by its segments.",
        "total = \"1GiB\"", not &["total_size", "max_total", "limit"];
    Log "age": "a duration", default "no limit",
        "How long output is kept after its run has ended.", "age = \"14d\"", not &["max_age", "days", "expire", "retention"];
    Log "compress": "true or false", default "`log_compress` of the project",
        "Whether closed segments, and all output of runs that are over, are compressed (LZ4). They are read, searched and followed as before.",
        "compress = true", not &["compression", "gzip", "zstd", "lz4", "pack"];
}

/// The key `name` of `section`.
pub fn key(section: Section, name: &str) -> Option<&'static Key> {
    of(section).find(|key| key.name == name)
}

/// The keys of one section, in the order of the reference.
pub fn of(section: Section) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section)
}

/// What somebody may have meant by the unknown key `typed` of `section`, as a sentence.
pub(super) fn suggest(section: Section, typed: &str) -> String {
    let folded = fold(typed);
    if let Some(key) = called(section, &folded) {
        return format!("pm calls it \"{}\": {}", key.name, key.example);
    }
    if let Some(name) = nearest(&folded, of(section).map(|key| key.name)) {
        return format!("did you mean \"{name}\"?");
    }
    if let Some(key) = KEYS.iter().find(|key| key.name == folded && key.section != Section::Top) {
        return format!("\"{}\" belongs into {}", key.name, key.section.title());
    }
    let known: Vec<_> = of(section).map(|key| key.name).collect();
    format!("remove it; {} takes {}", section.title(), enumerate(&known))
}

/// Whether the unknown key `typed` of a process was meant to be its `command` or `shell`.
pub(super) fn means_program(typed: &str) -> bool {
    let folded = fold(typed);
    let meant = match called(Section::Process, &folded) {
        Some(key) => Some(key.name),
        None => nearest(&folded, of(Section::Process).map(|key| key.name)),
    };
    key(Section::Process, typed).is_none() && matches!(meant, Some("command" | "shell"))
}

fn fold(typed: &str) -> String {
    typed.to_lowercase().replace('-', "_")
}

/// The key of `section` that is called `folded` here or elsewhere.
fn called(section: Section, folded: &str) -> Option<&'static Key> {
    of(section).find(|key| key.name == folded || key.elsewhere.contains(&folded))
}

/// The word of `known` that `typed` is most likely a slip of.
pub(super) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = |word: &str| strsim::damerau_levenshtein(typed, word);
    let best = known.into_iter().min_by_key(|word| slips(word))?;
    (slips(best) <= best.chars().count().div_ceil(3)).then_some(best)
}

/// `a, b and c`
pub(super) fn enumerate(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The reference of all keys in Markdown, one table per section.
pub fn reference() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = String::new();
    for section in Section::ALL {
        let _ = write!(
            out,
            "### `{}`\n\n| key | takes | default | what it does | example |\n|---|---|---|---|---|\n",
            section.title()
        );
        for key in of(section) {
            let (types, default, doc) = (cell(key.types), cell(key.default), cell(key.doc));
            let _ = writeln!(out, "| `{}` | {types} | {default} | {doc} | `{}` |", key.name, cell(key.example));
        }
        out.push('\n');
    }
    out.trim_end().to_owned() + "\n"
}
