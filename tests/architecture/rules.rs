//! Reads one source file and names every rule of the house it breaks. Knows tokens, not types.

use std::fmt;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{ARROWS, FILE_LINES, FUNCTION_LINES, NOT_IN, ONLY_IN};

/// One rule broken in one place.
#[derive(Debug)]
pub struct Breach {
    pub file: String,
    pub line: usize,
    pub what: String,
    pub rule: &'static str,
    pub next: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what, rule, next } = self;
        write!(f, "  src/{file}:{line}: {what}\n      rule: {rule}\n      do:   {next}")
    }
}

/// Every breach in `text`, the content of `src/<file>`.
pub fn check(file: &str, text: &str) -> Vec<Breach> {
    let mut reader = Reader { file, room: room_of(file), in_tests: is_test_file(file), breaches: Vec::new() };
    reader.shape(text);
    match TokenStream::from_str(text) {
        Ok(tokens) => reader.walk(&tokens, depth_of(file)),
        Err(error) => reader.report(
            error.span().start().line,
            format!("cannot be read: {error}"),
            "a source file is Rust",
            "make it compile first".into(),
        ),
    }
    reader.breaches.sort_by_key(|breach| breach.line);
    reader.breaches
}

/// The first part of the path: a directory, or a file of the same rank (`main`, `lib`).
fn room_of(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// How many modules deep the file's own module lies below the crate: 0 for `lib.rs`, 1 for `logs/mod.rs`.
fn depth_of(file: &str) -> usize {
    let parts = file.split('/').count();
    let own = file.ends_with("mod.rs") || file == "lib.rs" || file == "main.rs";
    if own { parts - 1 } else { parts }
}

/// A file of nothing but tests: `tests.rs`, `reader_tests.rs`, anything below `tests/`.
fn is_test_file(file: &str) -> bool {
    file.ends_with("tests.rs") || file.contains("/tests/")
}

struct Reader<'a> {
    file: &'a str,
    room: &'a str,
    /// What is read now is a test, or decides whether a module of tests is compiled.
    in_tests: bool,
    breaches: Vec<Breach>,
}

impl Reader<'_> {
    fn report(&mut self, line: usize, what: String, rule: &'static str, next: String) {
        self.breaches.push(Breach { file: self.file.to_owned(), line, what, rule, next });
    }

    /// What needs no tokens: the top and the length.
    fn shape(&mut self, text: &str) {
        if !text.starts_with("//!") {
            let next = "say what it is for, what it must not know and who calls it";
            self.report(1, "no `//!` in the first line".into(), "every file opens with `//!`", next.into());
        }
        let lines = text.lines().count();
        if lines > FILE_LINES {
            let next = "split it by subject into modules named after nouns";
            self.report(lines, format!("{lines} lines"), "no file over 500 lines", next.into());
        }
    }

    fn walk(&mut self, tokens: &TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let rest = &tokens[at + 1..];
            match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    let line = token.span().start().line;
                    self.word(&word, line, rest);
                    self.path(&word, line, &tokens[..at], rest, depth);
                }
                TokenTree::Group(group) => {
                    let module = module_of(group, &tokens[..at]);
                    let outside = self.in_tests;
                    self.in_tests |= module.as_deref() == Some("tests") || leads_to_tests(group, rest);
                    self.walk(&group.stream(), depth + usize::from(module.is_some()));
                    self.in_tests = outside;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Words that are a breach wherever they stand, or in the wrong room.
    fn word(&mut self, word: &str, line: usize, rest: &[TokenTree]) {
        match word {
            "unsafe" if self.room != "platform" => self.report(
                line,
                "unsafe".into(),
                "`unsafe` only in `platform`",
                "put the call behind a safe function of `platform`".into(),
            ),
            "cfg" | "cfg_attr" if self.room != "platform" => self.cfg(rest),
            "todo" | "unimplemented" | "dbg" if is_punct(rest.first(), '!') => self.report(
                line,
                format!("{word}!"),
                "no unfinished work and no debugging output",
                "finish it, or take it out".into(),
            ),
            "fn" => self.function(line, rest),
            _ => self.outsider(word, line, rest),
        }
    }

    fn cfg(&mut self, rest: &[TokenTree]) {
        let group = rest.iter().take(2).find_map(|token| match token {
            TokenTree::Group(group) => Some(group),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
        });
        let mut systems = Vec::new();
        if let Some(group) = group {
            systems_in(&group.stream(), &mut systems);
        }
        for (name, line) in systems {
            // A test of real processes runs where there are some.
            if self.in_tests && matches!(name.as_str(), "unix" | "windows") {
                continue;
            }
            self.report(
                line,
                format!("cfg({name})"),
                "what differs between systems is told apart only in `platform`",
                "ask `platform` for a function or a constant that exists everywhere".into(),
            );
        }
    }

    fn function(&mut self, line: usize, rest: &[TokenTree]) {
        let Some(TokenTree::Ident(name)) = rest.first() else { return };
        let body = rest.iter().find_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(Some(group)),
            TokenTree::Punct(end) if end.as_char() == ';' => Some(None),
            TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => None,
        });
        let Some(Some(body)) = body else { return };
        let lines = body.span_close().end().line - line + 1;
        if lines > FUNCTION_LINES {
            let next = "give its steps names of their own";
            self.report(line, format!("fn {name} has {lines} lines"), "no function over 70 lines", next.into());
        }
    }

    /// Crates that are somebody's business.
    fn outsider(&mut self, word: &str, line: usize, rest: &[TokenTree]) {
        if !is_path(rest) && !is_punct(rest.first(), ';') {
            return;
        }
        for (names, rooms, why) in ONLY_IN {
            if names.contains(&word) && !rooms.contains(&self.room) {
                let rule = "some crates are used in one room only";
                self.report(line, format!("{word} in `{}`", self.room), rule, format!("move it: {why}"));
            }
        }
        for (names, rooms, why) in NOT_IN {
            if names.contains(&word) && rooms.contains(&self.room) {
                let rule = "some rooms do without some crates";
                self.report(line, format!("{word} in `{}`", self.room), rule, format!("do without it: {why}"));
            }
        }
    }

    /// A path that starts at the crate, or climbs up to it.
    fn path(&mut self, word: &str, line: usize, before: &[TokenTree], rest: &[TokenTree], depth: usize) {
        if !is_path(rest) || is_punct(before.last(), ':') {
            return;
        }
        let tail = match word {
            "crate" => Some(&rest[2..]),
            "pm" if self.room == "main" => Some(&rest[2..]),
            "super" => out_of_the_room(rest, depth),
            _ => None,
        };
        if let Some(tail) = tail {
            self.arrows(tail, line);
        }
    }

    fn arrows(&mut self, tail: &[TokenTree], line: usize) {
        match tail.first() {
            Some(TokenTree::Ident(to)) => self.arrow(&to.to_string(), line),
            Some(TokenTree::Group(group)) => self.arrows_of_group(group),
            Some(TokenTree::Punct(star)) if star.as_char() == '*' => self.report(
                line,
                "crate::*".into(),
                "an import says which room it comes from",
                "name what is needed".into(),
            ),
            Some(TokenTree::Punct(_) | TokenTree::Literal(_)) | None => {}
        }
    }

    /// `{a::X, b::{Y, Z}}`: the first word of each entry is a room.
    fn arrows_of_group(&mut self, group: &Group) {
        let mut first = true;
        for token in group.stream() {
            match &token {
                TokenTree::Ident(to) if first => self.arrow(&to.to_string(), token.span().start().line),
                TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            first = is_punct(Some(&token), ',');
        }
    }

    fn arrow(&mut self, to: &str, line: usize) {
        let from = self.room;
        let is_room = ARROWS.iter().any(|(room, _)| *room == to);
        let allowed = ARROWS.iter().find(|(room, _)| *room == from).map_or(&[][..], |(_, to)| to);
        if !is_room || to == from || from == "lib" || allowed.contains(&to) {
            return;
        }
        let next = format!("`{from}` may import {}; let the caller hand it in, or move the code", listed(allowed));
        self.report(line, format!("{from} ► {to}"), "rooms import along the arrows only", next);
    }
}

fn listed(rooms: &[&str]) -> String {
    if rooms.is_empty() { "nothing".into() } else { rooms.join(", ") }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_path(rest: &[TokenTree]) -> bool {
    is_punct(rest.first(), ':') && is_punct(rest.get(1), ':')
}

/// The name of the module whose body `group` is.
fn module_of(group: &Group, before: &[TokenTree]) -> Option<String> {
    let [.., TokenTree::Ident(keyword), TokenTree::Ident(name)] = before else { return None };
    (group.delimiter() == Delimiter::Brace && keyword == "mod").then(|| name.to_string())
}

/// `group` is the attribute of a `mod tests`, perhaps with further attributes in between.
fn leads_to_tests(group: &Group, mut rest: &[TokenTree]) -> bool {
    while is_punct(rest.first(), '#') && rest.len() > 2 {
        rest = &rest[2..];
    }
    let [TokenTree::Ident(keyword), TokenTree::Ident(name), ..] = rest else { return false };
    group.delimiter() == Delimiter::Bracket && keyword == "mod" && name == "tests"
}

/// What follows `super::super::…` when that climbs to the top of the crate; the first `super` is already read.
fn out_of_the_room(rest: &[TokenTree], depth: usize) -> Option<&[TokenTree]> {
    let mut climbed = 1;
    let mut rest = rest.get(2..)?;
    while matches!(rest.first(), Some(TokenTree::Ident(word)) if word == "super") && is_path(&rest[1..]) {
        climbed += 1;
        rest = &rest[3..];
    }
    (climbed >= depth).then_some(rest)
}

fn systems_in(tokens: &TokenStream, found: &mut Vec<(String, usize)>) {
    const SYSTEMS: &[&str] = &["target_os", "target_family", "target_env", "target_vendor", "unix", "windows"];
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(word) if SYSTEMS.contains(&word.to_string().as_str()) => {
                found.push((word.to_string(), token.span().start().line));
            }
            TokenTree::Group(group) => systems_in(&group.stream(), found),
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
