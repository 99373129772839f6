//! The row filter: words that all have to hold. `text`, `!text`, `agent:*`, `/^web-\d/`, `state:failed`, `kind:shell`, `pid:4711`,
//! `cpu>50`, `mem>100M`.
//!
//! There is no grammar to learn beyond that: what is no condition is looked for as it stands. A condition that is not complete,
//! or is none anybody could meet, hides nothing, and [`Filter::fault`] says what is wrong with it.

use globset::GlobMatcher;

use crate::domain::pattern::{Letters, glob};
use crate::domain::{Health, PhaseWord, Row};
use crate::logs::pattern::{Case, Pattern};

/// A parsed filter; empty matches every row.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
    /// What is wrong with the first word that is at fault.
    fault: Option<String>,
}

#[derive(Clone, Debug)]
struct Term {
    inverted: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// In the name, the command or the reason.
    Text(String),
    /// Every name of this shape, as on the command line, and whatever has it as a text.
    Glob(String, GlobMatcher),
    /// A name, command or reason in which this matches.
    Regex(Pattern),
    /// Phase or health word begins so.
    State(String),
    /// The part of the name before the colon.
    Group(String),
    /// It runs a command, or a line of a shell.
    Kind(String),
    /// The main process or any other of its tree has this pid.
    Pid(u32),
    /// A figure is above or below a limit.
    Figure(Figure, Side, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Cpu,
    Memory,
    Threads,
    Restarts,
    Zombies,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

impl Filter {
    /// Reads a filter as typed.
    pub fn parse(text: &str) -> Self {
        let mut filter = Self::default();
        for word in text.split_whitespace() {
            match Term::parse(word) {
                Ok(term) => filter.terms.extend(term),
                Err(fault) => _ = filter.fault.get_or_insert(fault),
            }
        }
        filter
    }

    /// What is wrong with it, in a few words.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// It lets everything through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The row satisfies every term.
    pub fn matches(&self, row: &Row) -> bool {
        self.terms.iter().all(|term| term.test.holds(row) != term.inverted)
    }
}

impl Term {
    fn parse(word: &str) -> Result<Option<Self>, String> {
        let (inverted, bare) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        if bare.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { inverted, test: Test::parse(bare)? }))
    }
}

impl Test {
    fn parse(written: &str) -> Result<Self, String> {
        let expression =
            written.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).filter(|text| !text.is_empty());
        if let Some(text) = expression {
            let pattern = Pattern::regex(text, Case::Insensitive);
            return pattern.map(Self::Regex).map_err(|fault| format!("{written}: {fault}"));
        }
        let word = &written.to_lowercase();
        if word.contains(['*', '?'])
            && let Some(shape) = glob(word, Letters::AnyCase)
        {
            return Ok(Self::Glob(word.clone(), shape));
        }
        if let Some((key, value)) = word.split_once(':') {
            match key {
                "state" | "health" => return one_of(&states(), key, value).map(Self::State),
                "group" if value.is_empty() => return Err("group: needs a name".to_owned()),
                "group" => return Ok(Self::Group(value.to_owned())),
                "kind" => return one_of(&["command", "shell"], key, value).map(Self::Kind),
                "pid" => return value.parse().map(Self::Pid).map_err(|_| "pid: needs a number".to_owned()),
                _other => {}
            }
        }
        Ok(Self::figure(word)?.unwrap_or_else(|| Self::Text(word.to_owned())))
    }

    fn figure(word: &str) -> Result<Option<Self>, String> {
        let Some(at) = word.find(['<', '>']) else { return Ok(None) };
        let figure = match &word[..at] {
            "cpu" => Figure::Cpu,
            "mem" | "memory" => Figure::Memory,
            "thr" | "threads" => Figure::Threads,
            "restarts" => Figure::Restarts,
            "zombies" => Figure::Zombies,
            // A redirection in a command is text as well, but nobody writes one to a file whose name is a figure.
            other if is_word(other) && word[at + 1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let sign = &word[at..=at];
                return Err(format!(
                    "{other}{sign} is no figure; write cpu>50 mem>100M threads>9 restarts>1 zombies>0"
                ));
            }
            _other => return Ok(None),
        };
        let side = if word[at..].starts_with('>') { Side::Above } else { Side::Below };
        let limit = number(&word[at + 1..])
            .ok_or_else(|| format!("{} needs a number, as {}", &word[..=at], figure.example()))?;
        Ok(Some(Self::Figure(figure, side, limit)))
    }

    fn holds(&self, row: &Row) -> bool {
        match self {
            Self::Text(text) => contains_text(row, text),
            Self::Glob(text, shape) => shape.is_match(row.name().as_str()) || contains_text(row, text),
            Self::Regex(pattern) => {
                let why = row.phase.why();
                let argv = row.spec.program.argv();
                let mut texts = argv.iter().map(String::as_str).chain([row.name().as_str()]).chain(why.as_deref());
                texts.any(|text| pattern.is_match(text.as_bytes()))
            }
            Self::State(word) => {
                row.phase.word().as_str().starts_with(word.as_str()) || row.health.as_str().starts_with(word.as_str())
            }
            Self::Group(group) => row.name().group().is_some_and(|found| found.to_lowercase() == *group),
            Self::Kind(kind) => row.spec.program.kind().starts_with(kind.as_str()),
            Self::Pid(pid) => row.pid() == Some(*pid) || row.tree.iter().any(|process| process.pid == *pid),
            Self::Figure(figure, side, limit) => {
                let value = figure.of(row);
                match side {
                    Side::Above => value > *limit,
                    Side::Below => value < *limit,
                }
            }
        }
    }
}

/// The words of phases and of health, each once.
fn states() -> Vec<&'static str> {
    let mut words: Vec<_> = PhaseWord::ALL.map(PhaseWord::as_str).into();
    for word in Health::ALL.map(Health::as_str) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// The beginning of one of these words, as far as it was typed.
fn one_of(words: &[&str], key: &str, typed: &str) -> Result<String, String> {
    if words.iter().any(|word| word.starts_with(typed)) {
        return Ok(typed.to_owned());
    }
    Err(format!("{key}: is one of {}", words.join(" ")))
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic)
}

impl Figure {
    const fn example(self) -> &'static str {
        match self {
            Self::Cpu => "cpu>50",
            Self::Memory => "mem>100M",
            Self::Threads => "threads>9",
            Self::Restarts => "restarts>1",
            Self::Zombies => "zombies>0",
        }
    }

    fn of(self, row: &Row) -> f64 {
        match self {
            Self::Cpu => f64::from(row.usage.cpu_percent),
            Self::Memory => row.usage.memory_bytes as f64,
            Self::Threads => f64::from(row.usage.threads),
            Self::Restarts => f64::from(row.restarts),
            Self::Zombies => f64::from(row.usage.zombies),
        }
    }
}

fn contains_text(row: &Row, text: &str) -> bool {
    row.name().as_str().to_lowercase().contains(text)
        || row.spec.program.argv().iter().any(|part| part.to_lowercase().contains(text))
        || row.phase.why().is_some_and(|why| why.to_lowercase().contains(text))
}

/// A number with an optional `k`, `m`, `g` (powers of 1024) or `%`.
fn number(text: &str) -> Option<f64> {
    let bare = text.trim_end_matches(['%', 'b']);
    let scale = match bare.chars().last()? {
        'k' => 1024.0,
        'm' => 1024.0 * 1024.0,
        'g' => 1024.0 * 1024.0 * 1024.0,
        _digit => return bare.parse().ok().filter(|value: &f64| value.is_finite()),
    };
    bare[..bare.len() - 1].parse::<f64>().ok().map(|value| value * scale).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::ProcessSpec;
    use crate::domain::spec::Program;
    use crate::tui::fixture::shop;

    fn names(filter: &str) -> Vec<String> {
        let filter = Filter::parse(filter);
        shop().iter().filter(|row| filter.matches(row)).map(|row| row.name().to_string()).collect()
    }

    #[test]
    fn words_have_to_hold_all_together() {
        assert_eq!(names("").len(), 10);
        assert_eq!(names("RED"), ["redis"]);
        assert_eq!(names("refused"), ["mailer"], "reasons are looked into");
        assert_eq!(names("!state:running !state:stopping"), ["worker", "mailer", "storybook", "migrate"]);
        assert_eq!(names("state:zombie"), ["web"], "health is a state, too");
        assert_eq!(names("group:codex"), ["codex:tests"]);
        assert_eq!((names("kind:command").len(), names("kind:shell").len()), (10, 0));
        assert_eq!(names("zombies>0"), ["web"]);
        assert_eq!(names("restarts>1"), ["worker", "mailer"]);
        assert_eq!(names("mem>300m cpu<50 re"), ["claude:refactor", "postgres", "redis"]);
        assert_eq!(names("mem>400M"), Vec::<String>::new());
    }

    #[test]
    fn a_line_of_a_shell_is_a_kind() {
        let mut row = shop().remove(0);
        let mut spec = ProcessSpec::clone(&row.spec);
        spec.program = Program::Shell("make | tee log".to_owned());
        row.spec = Arc::new(spec);
        assert!(Filter::parse("kind:shell").matches(&row) && !Filter::parse("kind:command").matches(&row));
    }

    #[test]
    fn globs_and_expressions_are_those_of_the_command_line_and_of_the_log() {
        assert_eq!(names("codex:*"), ["codex:tests"]);
        assert_eq!(names("*S"), ["postgres", "codex:tests", "redis"]);
        assert_eq!(names("/^red/"), ["redis"]);
        assert_eq!(names("/^(red|POST)/ state:running"), ["postgres", "redis"]);
        assert_eq!(names("!/./"), Vec::<String>::new());
        assert_eq!(names("/").len(), names("//").len());
    }

    #[test]
    fn a_pid_is_that_of_any_process_of_the_tree() {
        assert_eq!((names("pid:41207"), names("pid:41189")), (vec!["claude:refactor".into()], vec!["web".into()]));
        assert_eq!(names("pid:1"), Vec::<String>::new());
    }

    #[test]
    fn a_word_with_a_fault_hides_nothing() {
        for faulty in
            ["cpu>", "!mem<x", "/(/", "pid:", "pid:web", "!/[/", "group:", "!group:", "state:bogus", "kind:zz"]
        {
            assert_eq!(names(faulty).len(), 10, "{faulty}");
        }
        assert_eq!(names("cpu> redis"), ["redis"], "the others hold");
    }

    #[test]
    fn every_word_of_a_state_is_one_to_filter_by() {
        for word in PhaseWord::ALL.map(PhaseWord::as_str).into_iter().chain(Health::ALL.map(Health::as_str)) {
            assert_eq!(Filter::parse(&format!("state:{word}")).fault(), None, "{word}");
        }
        let fault = Filter::parse("state:foo").fault().map(str::to_owned).unwrap_or_default();
        assert!(fault.matches("failed").count() == 1 && fault.ends_with("healthy zombie"), "{fault}");
    }

    #[test]
    fn a_figure_that_is_none_is_said_to_be_none() {
        let fault = |text: &str| Filter::parse(text).fault().map(str::to_owned).unwrap_or_default();
        assert!(fault("uptime>5").starts_with("uptime> is no figure"), "{}", fault("uptime>5"));
        assert!(fault("!rss<5").starts_with("rss< is no figure"));
        assert_eq!(fault("cpu>abc"), "cpu> needs a number, as cpu>50");
        assert_eq!(names("uptime>5").len(), 10);
        assert_eq!((fault("server>out.log"), fault("2>&1"), fault(">5")), Default::default(), "text of a command");
    }

    #[test]
    fn what_is_no_condition_is_text() {
        assert_eq!(names("!"), names(""));
        assert_eq!(names("codex:tests"), ["codex:tests"], "a name with a colon is found as it stands");
    }
}
