//! What people see: snapshots, events and replies as text. Pure: a value and a paint go in, text comes out.
//!
//! Called by the verbs. Nothing here knows a file, a handle or standard output.

pub mod bare;
pub mod events;
pub mod figures;
pub mod paint;
pub mod prefix;
pub mod processes;
pub mod replies;
pub mod status;
pub mod summary;
pub mod table;

pub use paint::{Paint, Tone};

#[cfg(test)]
mod contract;
#[cfg(test)]
pub mod samples;

use std::borrow::Cow;
use std::fmt::Write;

/// `text` on one line and harmless: control characters, which may come from a child's output, become visible escapes.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if char.is_control() {
            // Writing to a String cannot fail.
            let _ = write!(safe, "{}", char.escape_default());
        } else {
            safe.push(char);
        }
    }
    Cow::Owned(safe)
}

/// As [`clean`], but for the ends of lines.
pub fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_lines};

    #[test]
    fn control_characters_are_shown_and_not_obeyed() {
        assert_eq!(clean("größe 5 µs → ok"), "größe 5 µs → ok");
        assert_eq!(clean("a\u{1b}[2Jb\nc\u{9b}d"), "a\\u{1b}[2Jb\\nc\\u{9b}d");
        assert_eq!(clean_lines("a\u{1b}[2Jb\n\nc\r\n"), "a\\u{1b}[2Jb\n\nc\\r\n");
    }
}
