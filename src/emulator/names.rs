//! Names of keys as people type them: `ctrl-c`, `alt-x`, `shift-tab`, `f5`, `pgup`, `x`.

use std::str::FromStr;

use super::keys::{KeyName, Press};

/// A word that names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no key; write a character, enter, esc, tab, space, backspace, up, down, left, right, home, end, pgup, pgdn, \
     insert, delete or f1 to f20, with ctrl-, alt- or shift- in front where needed"
)]
pub struct UnknownKey(String);

/// Every key with a name of more than one letter.
const NAMES: &[(&str, KeyName)] = &[
    ("enter", KeyName::Enter),
    ("return", KeyName::Enter),
    ("esc", KeyName::Esc),
    ("escape", KeyName::Esc),
    ("tab", KeyName::Tab),
    ("space", KeyName::Char(' ')),
    ("backspace", KeyName::Backspace),
    ("up", KeyName::Up),
    ("down", KeyName::Down),
    ("left", KeyName::Left),
    ("right", KeyName::Right),
    ("home", KeyName::Home),
    ("end", KeyName::End),
    ("pgup", KeyName::PageUp),
    ("pageup", KeyName::PageUp),
    ("pgdn", KeyName::PageDown),
    ("pagedown", KeyName::PageDown),
    ("insert", KeyName::Insert),
    ("ins", KeyName::Insert),
    ("delete", KeyName::Delete),
    ("del", KeyName::Delete),
    ("minus", KeyName::Char('-')),
];

impl FromStr for Press {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let mut press = Self::plain(KeyName::Esc);
        let mut rest = text;
        while let Some((word, after)) = split_modifier(rest) {
            match word.to_ascii_lowercase().as_str() {
                "ctrl" | "control" | "c" => press.ctrl = true,
                "alt" | "meta" | "m" => press.alt = true,
                "shift" | "s" => press.shift = true,
                _unknown => return Err(UnknownKey(text.to_owned())),
            }
            rest = after;
        }
        press.key = key(rest).ok_or_else(|| UnknownKey(text.to_owned()))?;
        if press.shift
            && let KeyName::Char(c) = press.key
        {
            // A terminal knows no shift beside a character: it is the other character.
            press.key = KeyName::Char(c.to_uppercase().next().unwrap_or(c));
            press.shift = false;
        }
        Ok(press)
    }
}

/// `ctrl-x` is a modifier and a key; `-` and `ctrl--` end in the key minus.
fn split_modifier(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(['-', '+'])?;
    (!word.is_empty() && !rest.is_empty()).then_some((word, rest))
}

fn key(word: &str) -> Option<KeyName> {
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return (!letter.is_control()).then_some(KeyName::Char(letter));
    }
    let lower = word.to_ascii_lowercase();
    if let Some((_, key)) = NAMES.iter().find(|(name, _)| *name == lower) {
        return Some(*key);
    }
    let number = lower.strip_prefix('f')?.parse().ok()?;
    (1..=20).contains(&number).then_some(KeyName::F(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Press>();
        assert_eq!(read("C-x"), read("ctrl-x"));
        assert_eq!(read("M-x"), read("alt+x"));
        assert_eq!(read("PageUp"), read("pgup"));
        assert_eq!(read("shift-a").map(|press| press.key), Ok(KeyName::Char('A')));
        assert_eq!(read("-").map(|press| press.key), Ok(KeyName::Char('-')));
        assert_eq!(read("ctrl--").map(|press| (press.key, press.ctrl)), Ok((KeyName::Char('-'), true)));
        for wrong in ["", "f0", "f21", "hyper-x", "ctrl-", "enterr", "\u{1b}"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("is no key") && error.contains("pgup"), "{wrong:?}: {error}");
        }
    }
}
