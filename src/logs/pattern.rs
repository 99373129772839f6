//! What to look for in a log: a text, a regular expression or a level, matched against the text a person sees.
//!
//! Escape sequences neither split nor make a match, because every line is matched as `ansi::plain` shows it. Knows no file
//! and no offsets. Made by the dashboard and the command line, used by `search` over whole logs and by views to mark matches.

mod syntax;

use std::ops::Range;

use memchr::memmem;
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

use super::ansi;
use super::level::{self, Level};
pub use syntax::PatternError;

/// Whether upper and lower case are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Case {
    /// Only when the pattern has an upper-case letter.
    #[default]
    Smart,
    /// Always.
    Sensitive,
    /// Never.
    Insensitive,
}

/// Something to look for. Cheap to share (`Arc`) between threads, dear to make.
#[derive(Clone, Debug)]
pub struct Pattern {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Literal(Box<memmem::Finder<'static>>),
    Regex(Regex),
    Level(Level),
}

impl Pattern {
    /// Lines that hold this text. An empty text is in every line; one with a line feed in none.
    pub fn literal(text: &str, case: Case) -> Self {
        let folded = match case {
            Case::Sensitive => false,
            Case::Insensitive => true,
            Case::Smart => !text.chars().any(char::is_uppercase),
        };
        let has_case = text.chars().any(|c| c.is_alphabetic() || c.to_lowercase().ne([c]) || c.to_uppercase().ne([c]));
        let kind = match syntax::folded_literal(text) {
            Some(regex) if folded && has_case => Kind::Regex(regex),
            Some(_) | None => Kind::Literal(Box::new(memmem::Finder::new(text).into_owned())),
        };
        Self { kind }
    }

    /// Lines in which this regular expression matches, in the syntax of the `regex` crate. `^` and `$` are the edges of the
    /// line, and no match reaches beyond them.
    ///
    /// # Errors
    /// What is wrong with the expression, and at which column.
    pub fn regex(text: &str, case: Case) -> Result<Self, PatternError> {
        syntax::compile(text, case).map(|regex| Self { kind: Kind::Regex(regex) })
    }

    /// Lines of this level or a graver one.
    pub const fn level(level: Level) -> Self {
        Self { kind: Kind::Level(level) }
    }

    /// Does it match somewhere in this line (as the process wrote it, without its newline)?
    pub fn is_match(&self, raw_line: &[u8]) -> bool {
        self.matches_text(&ansi::plain(raw_line))
    }

    /// Where it matches in a line that was made plain by [`ansi::plain`]: ranges of bytes, ascending, none empty.
    ///
    /// For a level it is the word that says it.
    pub fn find(&self, plain: &str) -> Vec<Range<usize>> {
        let all = match &self.kind {
            Kind::Literal(finder) if finder.needle().is_empty() => Vec::new(),
            Kind::Literal(finder) => {
                let len = finder.needle().len();
                finder.find_iter(plain.as_bytes()).map(|at| at..at + len).collect()
            }
            Kind::Regex(regex) => regex.find_iter(plain).map(|found| found.range()).collect(),
            Kind::Level(least) => {
                level::find(plain).filter(|(level, _)| level <= least).map(|(_, range)| range).into_iter().collect()
            }
        };
        all.into_iter().filter(|range: &Range<usize>| !range.is_empty()).collect()
    }

    /// Does it match in this line, which is plain already?
    fn matches_text(&self, plain: &str) -> bool {
        match &self.kind {
            Kind::Literal(finder) => finder.find(plain.as_bytes()).is_some(),
            Kind::Regex(regex) => regex.search_half(&Input::new(plain).anchored(Anchored::No).earliest(true)).is_some(),
            Kind::Level(least) => level::find(plain).is_some_and(|(level, _)| level <= *least),
        }
    }
}

#[cfg(test)]
mod tests;
