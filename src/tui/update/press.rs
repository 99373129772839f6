//! From the keys of the terminal we are at to those of the terminal a child is at.

use crossterm::event::KeyCode;

use crate::emulator::keys::{KeyName, Press};
use crate::tui::key::Key;

/// The key for the child; `None` for what no terminal sends.
#[allow(clippy::wildcard_enum_match_arm, reason = "a foreign enum with keys that no terminal program expects")]
pub fn press_of(key: Key) -> Option<Press> {
    let name = match key.code {
        KeyCode::Char(c) => KeyName::Char(c),
        KeyCode::Enter => KeyName::Enter,
        KeyCode::Tab | KeyCode::BackTab => KeyName::Tab,
        KeyCode::Backspace => KeyName::Backspace,
        KeyCode::Esc => KeyName::Esc,
        KeyCode::Up => KeyName::Up,
        KeyCode::Down => KeyName::Down,
        KeyCode::Left => KeyName::Left,
        KeyCode::Right => KeyName::Right,
        KeyCode::Home => KeyName::Home,
        KeyCode::End => KeyName::End,
        KeyCode::Insert => KeyName::Insert,
        KeyCode::Delete => KeyName::Delete,
        KeyCode::PageUp => KeyName::PageUp,
        KeyCode::PageDown => KeyName::PageDown,
        KeyCode::F(number) => KeyName::F(number),
        KeyCode::Null => KeyName::Char(' '),
        _none_that_has_bytes => return None,
    };
    let is_back_tab = key.code == KeyCode::BackTab;
    let ctrl = key.ctrl || key.code == KeyCode::Null;
    Some(Press { key: name, ctrl, alt: key.alt, shift: key.shift || is_back_tab })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::picture::Modes;

    #[test]
    fn what_was_typed_is_what_arrives() {
        let sent = |key| press_of(key).map(|press| press.encode(Modes::default())).unwrap_or_default();
        assert_eq!(sent(Key::char('x')), b"x");
        assert_eq!(sent(Key::ctrl('c')), b"\x03");
        assert_eq!(sent(Key::ctrl('5')), b"\x1d", "ctrl-] as it reaches us");
        assert_eq!(sent(Key::code(KeyCode::BackTab)), b"\x1b[Z");
        assert_eq!(sent(Key { alt: true, ..Key::char('b') }), b"\x1bb");
        assert_eq!(sent(Key::code(KeyCode::CapsLock)), b"");
    }
}
