//! One key press in the form the key table speaks of.
//!
//! Terminals differ in whether they report shift with a capital letter; here a letter is just the letter it types.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With the control key.
    pub ctrl: bool,
    /// With the alt key.
    pub alt: bool,
    /// With shift, where the character does not say so itself.
    pub shift: bool,
}

impl Key {
    /// A character as typed.
    pub const fn char(c: char) -> Self {
        Self::code(KeyCode::Char(c))
    }

    /// A character with the control key.
    pub const fn ctrl(c: char) -> Self {
        Self { ctrl: true, ..Self::char(c) }
    }

    /// A character with the alt key.
    pub const fn alt(c: char) -> Self {
        Self { alt: true, ..Self::char(c) }
    }

    /// A key without a character.
    pub const fn code(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// The key with shift.
    pub const fn shift(code: KeyCode) -> Self {
        Self { shift: true, ..Self::code(code) }
    }

    /// A function key.
    pub const fn function(number: u8) -> Self {
        Self::code(KeyCode::F(number))
    }

    /// The character it types, if it types one.
    pub const fn typed(&self) -> Option<char> {
        if let KeyCode::Char(c) = self.code
            && !self.ctrl
            && !self.alt
        {
            return Some(c);
        }
        None
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let shift = event.modifiers.contains(KeyModifiers::SHIFT);
        let says_shift_itself = matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab);
        let mut code = event.code;
        if let KeyCode::Char(c) = &mut code
            && ctrl
        {
            c.make_ascii_lowercase();
        }
        if code == KeyCode::Tab && shift {
            code = KeyCode::BackTab;
        }
        Self { code, ctrl, alt, shift: shift && !says_shift_itself && code != KeyCode::BackTab }
    }
}

impl fmt::Display for Key {
    #[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum; it names its other keys itself")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if self.shift {
            f.write_str("shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            KeyCode::Enter => f.write_str("enter"),
            KeyCode::Esc => f.write_str("esc"),
            KeyCode::Tab => f.write_str("tab"),
            KeyCode::BackTab => f.write_str("shift-tab"),
            KeyCode::Up => f.write_str("up"),
            KeyCode::Down => f.write_str("down"),
            KeyCode::Left => f.write_str("left"),
            KeyCode::Right => f.write_str("right"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_that_report_shift_and_those_that_do_not_agree() {
        let plain = Key::from(KeyEvent::new(KeyCode::Char('X'), KeyModifiers::NONE));
        let shifted = Key::from(KeyEvent::new(KeyCode::Char('X'), KeyModifiers::SHIFT));
        assert_eq!(plain, shifted);
        assert_eq!(plain, Key::char('X'));
        assert_eq!(Key::from(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)), Key::code(KeyCode::BackTab));
        assert_eq!(Key::from(KeyEvent::new(KeyCode::Char('C'), KeyModifiers::CONTROL)), Key::ctrl('c'));
        assert_eq!(Key::from(KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT)), Key::shift(KeyCode::Left));
    }

    #[test]
    fn keys_are_named_as_people_name_them() {
        let named = [Key::char(' '), Key::ctrl('x'), Key::function(9), Key::shift(KeyCode::Left)];
        assert_eq!(named.map(|key| key.to_string()), ["space", "ctrl-x", "F9", "shift-left"]);
    }
}
