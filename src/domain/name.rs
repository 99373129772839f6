//! The name of a process: the stable key under which it is known, whatever its pid.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Longest name in bytes; it has to fit into a directory name even when every byte is escaped.
pub const MAX_LEN: usize = 64;

/// A valid process name such as `api` or `ollama:main`: letters, digits and `_ - . : @ +`. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcessName(Arc<str>);

/// Why a text is not a process name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No character at all.
    #[error("a process name cannot be empty")]
    Empty,
    /// More than [`MAX_LEN`] bytes.
    #[error("a process name has at most {MAX_LEN} bytes, this one has {0}")]
    TooLong(usize),
    /// A character that a name cannot carry.
    #[error("a process name cannot contain {0:?}; use letters, digits and _ - . : @ +")]
    BadCharacter(char),
    /// A first character that shells, options or file systems would misread.
    #[error("a process name cannot start with {0:?}")]
    BadStart(char),
    /// A word with a meaning of its own on the command line.
    #[error("\"{0}\" is reserved: on the command line it means something else")]
    Reserved(String),
}

impl ProcessName {
    /// Checks `text` and makes it a name.
    ///
    /// # Errors
    /// The first rule that `text` breaks.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.len() > MAX_LEN {
            return Err(NameError::TooLong(text.len()));
        }
        if let Some(bad) = text.chars().find(|c| !c.is_alphanumeric() && !"_-.:@+".contains(*c)) {
            return Err(NameError::BadCharacter(bad));
        }
        match text.chars().next() {
            None => Err(NameError::Empty),
            Some(start @ ('-' | '.' | '+' | '@' | ':')) => Err(NameError::BadStart(start)),
            Some(_) if text == "all" => Err(NameError::Reserved(text.to_owned())),
            Some(_) => Ok(Self(text.into())),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first colon of a `group:name`, if there is one.
    pub fn group(&self) -> Option<&str> {
        self.0.split_once(':').map(|(group, _)| group)
    }

    /// The name as a directory name that every file system takes: `:` and other rare characters become `%XX`.
    pub fn as_dir_name(&self) -> String {
        let mut dir = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
                dir.push(char::from(byte));
            } else {
                dir.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
            }
        }
        dir
    }

    /// Reads back what [`Self::as_dir_name`] wrote; `None` for a directory that is none of ours.
    pub fn from_dir_name(dir: &str) -> Option<Self> {
        let mut bytes = Vec::with_capacity(dir.len());
        let mut rest = dir.bytes();
        while let Some(byte) = rest.next() {
            if byte == b'%' {
                let hex = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
            } else {
                bytes.push(byte);
            }
        }
        Self::new(std::str::from_utf8(&bytes).ok()?).ok()
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(nibble & 15)])
}

impl fmt::Display for ProcessName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for ProcessName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl TryFrom<String> for ProcessName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(&text)
    }
}

impl From<ProcessName> for String {
    fn from(name: ProcessName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl Borrow<str> for ProcessName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(ProcessName::new("ollama:main").is_ok());
        assert!(ProcessName::new("größe-1.2").is_ok());
        assert_eq!(ProcessName::new(""), Err(NameError::Empty));
        assert_eq!(ProcessName::new("a b"), Err(NameError::BadCharacter(' ')));
        assert_eq!(ProcessName::new("a/b"), Err(NameError::BadCharacter('/')));
        assert_eq!(ProcessName::new("$x"), Err(NameError::BadCharacter('$')));
        assert_eq!(ProcessName::new("-x"), Err(NameError::BadStart('-')));
        assert_eq!(ProcessName::new("all"), Err(NameError::Reserved("all".into())));
        assert_eq!(ProcessName::new(&"x".repeat(65)), Err(NameError::TooLong(65)));
    }

    #[test]
    fn directory_names_round_trip() {
        for text in ["api", "ollama:main", "größe", "a@b+c"] {
            let name = ProcessName::new(text).unwrap();
            let dir = name.as_dir_name();
            assert!(dir.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.%".contains(&b)), "{dir}");
            assert_eq!(ProcessName::from_dir_name(&dir), Some(name));
        }
        assert_eq!(ProcessName::from_dir_name("%zz"), None);
        assert_eq!(ProcessName::from_dir_name("lost+found%"), None);
    }
}
