//! A file of `env_file`: lines of `KEY=value` that become variables, or every fault among them at once.
//!
//! What stands in the file is what a program gets: nothing is expanded, and what is no line of this kind is refused instead
//! of guessed at. Must not tell anything of a value, for what is said here is kept in logs and read by others. Called by
//! `startable` for `pm check`, and by the supervisor at every start.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The variables of a file in its order; where one comes twice, the later one counts.
pub type Variables = Vec<(String, String)>;

/// What may stand around a name and around a value without quotes. The carriage return belongs to the end of a line.
const BLANK: [char; 3] = [' ', '\t', '\r'];

/// More than this, in bytes, no system hands to a program.
const MAX_BYTES: u64 = 8 << 20;

/// The longest name that is told, in bytes: a longer one is rather a piece of a key that lost its quotes.
const MAX_TOLD_BYTES: usize = 60;

/// Why a file gives no variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is a directory.
    Directory,
    /// There is a fifo, a socket or a device: to open or read it may take for ever, or do something.
    Special,
    /// The system refuses it, and says this.
    Unreadable(String),
    /// It is larger than anything a program can be given.
    TooLarge,
    /// Some of its lines are no variables, in the order of the file. Never empty.
    Faults(Vec<Fault>),
}

/// One line that is no variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its number, from 1.
    pub line: usize,
    /// The name in it, where it is surely one.
    pub key: Option<String>,
    /// What is wrong with it.
    pub what: Wrong,
}

/// What may be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It has no `=`.
    NoValue,
    /// What stands in front of its `=` can be no name.
    Name,
    /// The quote in front of its value is never closed.
    Unclosed,
    /// More than a comment follows the quote that closes its value.
    Behind,
    /// Its value holds a NUL character.
    Nul,
    /// It is no UTF-8.
    Encoding,
}

/// Reads the file at `path`, symbolic links followed. Only a regular file is opened, so nobody is held up.
///
/// # Errors
/// It is no regular file, it cannot be read, or it has faults: all of them.
pub fn read(path: &Path) -> Result<Variables, Unusable> {
    let unreadable = |error: std::io::Error| Unusable::Unreadable(error.to_string());
    let found = fs::metadata(path).map_err(unreadable)?;
    if found.is_dir() {
        return Err(Unusable::Directory);
    }
    if !found.is_file() {
        return Err(Unusable::Special);
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Unusable::TooLarge);
    }
    parse(&bytes).map_err(Unusable::Faults)
}

/// Reads the content of a file.
///
/// # Errors
/// Every fault in it.
pub fn parse(bytes: &[u8]) -> Result<Variables, Vec<Fault>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + memchr::memchr_iter(b'\n', &bytes[..error.valid_up_to()]).count();
        vec![Fault { line, key: None, what: Wrong::Encoding }]
    })?;
    let mut lines = Lines { rest: text.strip_prefix('\u{feff}').unwrap_or(text), number: 0 };
    let (mut variables, mut faults) = (Variables::new(), Vec::new());
    while !lines.rest.is_empty() {
        match lines.variable() {
            Ok(variable) => variables.extend(variable),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(variables) } else { Err(faults) }
}

/// What is not read yet, and the number of the line that was taken last.
struct Lines<'a> {
    rest: &'a str,
    number: usize,
}

impl<'a> Lines<'a> {
    fn take(&mut self) -> &'a str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        self.number += 1;
        line
    }

    /// The variable of the next line, and of those over which its value goes on; `None` for a comment or a blank line.
    fn variable(&mut self) -> Result<Option<(String, String)>, Fault> {
        let from = self.rest;
        let line = self.take();
        let bare = line.trim_matches(BLANK);
        if bare.is_empty() || bare.starts_with('#') {
            return Ok(None);
        }
        let Some((head, value)) = line.split_once('=') else { return Err(self.fault(None, Wrong::NoValue)) };
        let key = name(head);
        if !is_name(key) {
            return Err(self.fault(None, Wrong::Name));
        }
        let quoted = value.trim_start_matches(BLANK);
        let value = match quoted.chars().next().filter(|first| ['"', '\''].contains(first)) {
            None => unquoted(value).to_owned(),
            // Every part of `line` lies in `from` at the same place.
            Some(quote) => self.quoted(key, quote, &from[line.len() - quoted.len() + 1..])?,
        };
        if value.contains('\0') {
            return Err(self.fault(Some(key), Wrong::Nul));
        }
        Ok(Some((key.to_owned(), value)))
    }

    /// The value that begins in `text` behind a `quote`; the line of that has been taken.
    fn quoted(&mut self, key: &str, quote: char, text: &'a str) -> Result<String, Fault> {
        let Some((value, end)) = up_to(quote, text) else {
            let fault = self.fault(Some(key), Wrong::Unclosed);
            // All of it stands in the quote: to read it as lines would tell of faults where there is one.
            self.rest = "";
            return Err(fault);
        };
        self.number += text[..end].matches('\n').count();
        self.rest = &text[end..];
        // The line in which the quote closes was counted as it began.
        self.number -= 1;
        let behind = self.take();
        let comment = behind.trim_start_matches(BLANK);
        if comment.is_empty() || (comment.starts_with('#') && comment.len() < behind.len()) {
            Ok(value)
        } else {
            Err(self.fault(Some(key), Wrong::Behind))
        }
    }

    fn fault(&self, key: Option<&str>, what: Wrong) -> Fault {
        let key = key.filter(|key| may_be_told(key)).map(str::to_owned);
        Fault { line: self.number, key, what }
    }
}

/// The name in what stands in front of a `=`: `export` is for shells that read the same file.
fn name(head: &str) -> &str {
    let head = head.trim_matches(BLANK);
    match head.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start_matches(BLANK),
        Some(_) | None => head,
    }
}

/// Names are what the system takes, but for what is a slip: a blank, a quote, a comment.
fn is_name(key: &str) -> bool {
    !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || c.is_control() || "\"'`#".contains(c))
}

fn may_be_told(key: &str) -> bool {
    key.len() <= MAX_TOLD_BYTES && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// A value without quotes: up to the end of the line, or up to a `#` behind a blank.
fn unquoted(value: &str) -> &str {
    let comment = value.match_indices('#').find(|(at, _)| value[..*at].ends_with([' ', '\t']));
    value[..comment.map_or(value.len(), |(at, _)| at)].trim_matches(BLANK)
}

/// The value up to the closing `quote` and the place behind that; `None` where nothing closes it. Lines end in `\n`, however
/// those of the file do.
fn up_to(quote: char, text: &str) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let follows = text[at + c.len_utf8()..].chars().next();
        match c {
            _ if c == quote => return Some((value, at + c.len_utf8())),
            '\r' if follows == Some('\n') => {}
            '\\' if quote == '"' => match follows.and_then(escaped) {
                Some(meant) => {
                    value.push(meant);
                    chars.next();
                }
                None => value.push(c),
            },
            _ => value.push(c),
        }
    }
    None
}

/// What a character behind a backslash in `"…"` means; with any other one the backslash is one.
fn escaped(c: char) -> Option<char> {
    match c {
        'n' => Some('\n'),
        't' => Some('\t'),
        'r' => Some('\r'),
        '"' | '\\' | '$' => Some(c),
        _ => None,
    }
}

impl Fault {
    /// Which line it is, of the file at `path`.
    pub fn place(&self, path: &Path) -> String {
        let key = self.key.as_ref().map(|key| format!(" ({key})")).unwrap_or_default();
        format!("line {} of {}{key}", self.line, path.display())
    }
}

impl Wrong {
    /// What is wrong, in a few words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoValue => "it has no \"=\"",
            Self::Name => "what stands in front of \"=\" is no name",
            Self::Unclosed => "the quote in front of the value is never closed",
            Self::Behind => "something follows the quote that closes the value",
            Self::Nul => "the value holds a NUL character",
            Self::Encoding => "it is not UTF-8 text",
        }
    }

    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoValue => "write it like KEY=value, or begin it with # to make it a comment",
            Self::Name => "use letters, digits and _ for the name, such as PORT=8000",
            Self::Unclosed => "close the quote; a value that begins with a quote of its own goes into the other kind",
            Self::Behind => "write \\\" for a quote within \"…\", or put the whole value into '…'",
            Self::Nul => "remove it; for binary data let the program read a file",
            Self::Encoding => "save the file as UTF-8",
        }
    }
}

impl Unusable {
    /// What is the matter with the file at `path`, in one line. Of several faults it tells the first.
    pub fn what(&self, path: &Path) -> String {
        let shown = path.display();
        match self {
            Self::Directory => format!("{shown} is a directory"),
            Self::Special => format!("{shown} is a fifo, a socket or a device"),
            Self::Unreadable(why) => format!("{shown} cannot be read: {why}"),
            Self::TooLarge => format!("{shown} is larger than {} MiB", MAX_BYTES >> 20),
            Self::Faults(faults) => {
                let Some(first) = faults.first() else { return format!("{shown} has faults") };
                let told = format!("{} is no variable: {}", first.place(path), first.what.words());
                match faults.len() {
                    1 => told,
                    many => format!("{told} (`pm check` shows {} more)", many - 1),
                }
            }
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Directory | Self::Special | Self::TooLarge => "name a file of KEY=value lines",
            Self::Unreadable(_) => "correct the path, or its permissions",
            Self::Faults(faults) => faults.first().map_or("mend the file", |first| first.what.hint()),
        }
    }
}
