//! What to look for in a log: a text, a regular expression or a level, matched against the text a person sees.
//!
//! Escape sequences neither split nor make a match, because every line is matched as `ansi::plain` shows it. Knows no file
//! and no offsets. Made by the dashboard and the command line, used by `search` over whole logs and by views to mark matches.

mod lanes;
mod syntax;

use std::ops::Range;

use memchr::memmem;
use regex_automata::Input;
use regex_automata::meta::Regex;

use super::ansi;
use super::level::{self, Level};
use syntax::Hint;
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
    care: Care,
    /// Matches in every line that may match, and in others; to be asked instead where many lines are searched at once.
    hint: Option<Hint>,
    /// It was given as a text, whatever finds it.
    is_text: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    Literal(Box<memmem::Finder<'static>>),
    Regex(Regex),
    /// Lines as grave as this, or graver.
    Level(Level),
    /// It holds a control character, of which none are shown.
    Never,
}

impl Pattern {
    /// Lines that hold this text. An empty text is in every line; one with a control character in none, but a tab stands
    /// for the blanks it is shown as.
    pub fn literal(text: &str, case: Case) -> Self {
        let folded = match case {
            Case::Sensitive => false,
            Case::Insensitive => true,
            Case::Smart => !text.chars().any(char::is_uppercase),
        };
        let has_case = text.chars().any(|c| c.is_alphabetic() || c.to_lowercase().ne([c]) || c.to_uppercase().ne([c]));
        let kind = if text.chars().any(|c| c.is_control() && c != '\t') {
            Kind::Never
        } else if folded && has_case || text.contains('\t') {
            let case = if folded { Case::Insensitive } else { Case::Sensitive };
            syntax::compile(&regex_syntax::escape(text), case)
                .map_or(Kind::Never, |compiled| Kind::Regex(compiled.regex))
        } else {
            Kind::Literal(Box::new(memmem::Finder::new(text).into_owned()))
        };
        Self { kind, care: Care::for_text(text), hint: None, is_text: true }
    }

    /// Lines in which this regular expression matches, in the syntax of the `regex` crate. `^` and `$` are the edges of the
    /// line, and no match reaches beyond them.
    ///
    /// # Errors
    /// What is wrong with the expression, and at which column.
    pub fn regex(text: &str, case: Case) -> Result<Self, PatternError> {
        let compiled = syntax::compile(text, case)?;
        let hint = compiled.hint;
        Ok(Self { kind: Kind::Regex(compiled.regex), care: Care::beside(hint.as_ref()), hint, is_text: false })
    }

    /// Lines of this level or a graver one.
    pub fn level(level: Level) -> Self {
        let Ok(compiled) = syntax::compile(&level::hint(level), Case::Sensitive) else {
            return Self { kind: Kind::Level(level), care: Care::Full, hint: None, is_text: false };
        };
        let care = Care::beside(compiled.hint.as_ref());
        Self {
            kind: Kind::Level(level),
            care,
            hint: Some(compiled.hint.unwrap_or(Hint::Regex(compiled.regex))),
            is_text: false,
        }
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
            Kind::Never => Vec::new(),
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

    /// Does a text stand where these two pieces of one line meet, partly in either? An expression is never asked: it may mean
    /// the beginning and the end of what it is shown.
    pub(super) fn is_match_across(&self, before: &[u8], after: &[u8]) -> bool {
        if !self.is_text {
            return false;
        }
        let edge = ansi::plain(before).len();
        let both = [before, after].concat();
        self.find(&ansi::plain(&both)).iter().any(|range| range.start < edge && edge < range.end)
    }

    /// Does it match in this line, which is plain already?
    fn matches_text(&self, plain: &str) -> bool {
        match &self.kind {
            Kind::Never => false,
            Kind::Literal(finder) => finder.find(plain.as_bytes()).is_some(),
            Kind::Regex(regex) => ends_at(regex, plain.as_bytes(), 0).is_some(),
            Kind::Level(least) => level::find(plain).is_some_and(|(level, _)| level <= *least),
        }
    }

    /// A place in the first line from `from` on that may match. None of the lines has anything in it that [`Self::care`] names,
    /// but carriage returns may come before the line feeds; `from` is the beginning of a line.
    pub(super) fn candidate(&self, lines: &[u8], from: usize) -> Option<usize> {
        match (&self.kind, &self.hint) {
            (Kind::Regex(_) | Kind::Level(_), Some(Hint::Regex(regex))) | (Kind::Regex(regex), _) => {
                ends_at(regex, lines, from)
            }
            (Kind::Literal(finder), _) => finder.find(&lines[from..]).map(|at| from + at),
            (Kind::Never, _) => None,
            (Kind::Level(_), Some(Hint::Lanes(_)) | None) => Some(from),
        }
    }

    /// A place in each of the lines that may match, where all are found at once. They are such as [`Self::candidate`] is asked
    /// about, and end with a line feed.
    pub(super) fn candidates(&self, lines: &[u8]) -> Option<Vec<usize>> {
        match &self.hint {
            Some(Hint::Lanes(walker)) => Some(walker.places(lines)),
            Some(Hint::Regex(_)) | None => None,
        }
    }

    /// Does a line with a candidate always match?
    pub(super) const fn is_sure(&self) -> bool {
        match self.kind {
            Kind::Never | Kind::Literal(_) | Kind::Regex(_) => self.hint.is_none(),
            Kind::Level(_) => false,
        }
    }

    /// Which lines must be made plain before they are searched.
    pub(super) const fn care(&self) -> Care {
        self.care
    }
}

/// Which bytes may make a difference between a line as it lies in the log and as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// Whatever is shown otherwise than it lies there.
    Full,
    /// Invalid UTF-8; the pattern itself looks out for the rest.
    Encoding,
    /// What can move, hide or repeat other text: escapes, backspaces, carriage returns within a line. No character of the
    /// pattern can come from a picture or a number that is shown for something else.
    Movements,
    /// The same, and tabs, because there is a blank in the pattern.
    MovementsAndTabs,
}

impl Care {
    const fn beside(hint: Option<&Hint>) -> Self {
        if hint.is_some() { Self::Encoding } else { Self::Full }
    }

    /// For a text: pictures stand for control characters, `<U+0085>` for what else is not shown, U+FFFD for invalid UTF-8.
    fn for_text(text: &str) -> Self {
        let pictured = |c| matches!(c, '\u{2400}'..='\u{2426}' | char::REPLACEMENT_CHARACTER | '<' | '>');
        let in_number = |c: char| matches!(c, 'u' | 'U' | '+') || c.is_ascii_hexdigit();
        if text.chars().any(pictured) || text.chars().all(in_number) {
            Self::Full
        } else if text.contains([' ', '\t']) {
            Self::MovementsAndTabs
        } else {
            Self::Movements
        }
    }
}

/// Where some match ends, the one that is known first.
fn ends_at(regex: &Regex, text: &[u8], from: usize) -> Option<usize> {
    regex.search_half(&Input::new(text).range(from..).earliest(true)).map(|found| found.offset())
}

#[cfg(test)]
mod tests;
