//! What a terminal sends for a key, a paste, or a change of focus: the bytes xterm sends, which is what programs expect.
//!
//! Pure tables. Knows nothing of who pressed the key.

use super::picture::Modes;

/// A key with what was held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    /// Which.
    pub key: KeyName,
    /// With control.
    pub ctrl: bool,
    /// With alt.
    pub alt: bool,
    /// With shift, where the character does not say so itself.
    pub shift: bool,
}

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning")]
pub enum KeyName {
    Char(char),
    Enter,
    Tab,
    Backspace,
    Esc,
    Up,
    Down,
    Right,
    Left,
    Home,
    End,
    Insert,
    Delete,
    PageUp,
    PageDown,
    F(u8),
}

/// What surrounds pasted text where the child asked for it.
const PASTE: (&str, &str) = ("\x1b[200~", "\x1b[201~");

impl Press {
    /// A key alone.
    pub const fn plain(key: KeyName) -> Self {
        Self { key, ctrl: false, alt: false, shift: false }
    }

    /// The bytes of this key; none for a key that has none.
    pub fn encode(self, modes: Modes) -> Vec<u8> {
        let bare = match self.key {
            KeyName::Char(c) => return self.with_escape(self.character(c)),
            KeyName::Enter if modes.newline => b"\r\n".as_slice(),
            KeyName::Enter => b"\r",
            KeyName::Tab if self.shift => b"\x1b[Z",
            KeyName::Tab => b"\t",
            KeyName::Backspace if self.ctrl => b"\x08",
            KeyName::Backspace => b"\x7f",
            KeyName::Esc => b"\x1b",
            KeyName::Up => return self.cursor(b'A', modes),
            KeyName::Down => return self.cursor(b'B', modes),
            KeyName::Right => return self.cursor(b'C', modes),
            KeyName::Left => return self.cursor(b'D', modes),
            KeyName::Home => return self.cursor(b'H', modes),
            KeyName::End => return self.cursor(b'F', modes),
            KeyName::Insert => return self.numbered(2),
            KeyName::Delete => return self.numbered(3),
            KeyName::PageUp => return self.numbered(5),
            KeyName::PageDown => return self.numbered(6),
            KeyName::F(number) => return self.function(number),
        };
        self.with_escape(bare.to_vec())
    }

    fn with_escape(self, mut bytes: Vec<u8>) -> Vec<u8> {
        if self.alt && !bytes.is_empty() {
            bytes.insert(0, 0x1b);
        }
        bytes
    }

    fn character(self, c: char) -> Vec<u8> {
        if !self.ctrl {
            return c.to_string().into_bytes();
        }
        let code = match c.to_ascii_lowercase() {
            letter @ 'a'..='z' => letter as u8 - b'a' + 1,
            ' ' | '@' | '2' => 0,
            '[' | '3' => 0x1b,
            '\\' | '4' => 0x1c,
            ']' | '5' => 0x1d,
            '^' | '6' => 0x1e,
            '_' | '/' | '7' => 0x1f,
            '?' | '8' => 0x7f,
            other => return other.to_string().into_bytes(),
        };
        vec![code]
    }

    /// 1, and one bit for each of shift, alt and control.
    fn modifier(self) -> u8 {
        1 + u8::from(self.shift) + 2 * u8::from(self.alt) + 4 * u8::from(self.ctrl)
    }

    fn cursor(self, last: u8, modes: Modes) -> Vec<u8> {
        match self.modifier() {
            1 if modes.application_cursor => vec![0x1b, b'O', last],
            1 => vec![0x1b, b'[', last],
            modifier => format!("\x1b[1;{modifier}{}", char::from(last)).into_bytes(),
        }
    }

    fn numbered(self, number: u8) -> Vec<u8> {
        match self.modifier() {
            1 => format!("\x1b[{number}~").into_bytes(),
            modifier => format!("\x1b[{number};{modifier}~").into_bytes(),
        }
    }

    fn function(self, number: u8) -> Vec<u8> {
        match number {
            1..=4 => {
                let last = char::from(b'P' + number - 1);
                match self.modifier() {
                    1 => format!("\x1bO{last}").into_bytes(),
                    modifier => format!("\x1b[1;{modifier}{last}").into_bytes(),
                }
            }
            5 => self.numbered(15),
            6..=10 => self.numbered(number + 11),
            11..=14 => self.numbered(number + 12),
            15 | 16 => self.numbered(number + 13),
            17..=20 => self.numbered(number + 14),
            _none_such => Vec::new(),
        }
    }
}

/// Pasted text as the child is to get it. What would end the paste early is taken out: else text from a web page could type.
pub fn paste(text: &str, modes: Modes) -> Vec<u8> {
    if modes.bracketed_paste {
        let mut inner = text.replace("\r\n", "\r").replace('\n', "\r");
        // Taking one out may bring another together.
        while inner.contains(PASTE.1) {
            inner = inner.replace(PASTE.1, "");
        }
        return [PASTE.0, &inner, PASTE.1].concat().into_bytes();
    }
    text.replace("\r\n", "\r").replace('\n', "\r").into_bytes()
}

/// What the child is told when its window gets or loses the focus; `None` where it does not want to know.
pub const fn focus(focused: bool, modes: Modes) -> Option<&'static [u8]> {
    match (modes.focus, focused) {
        (true, true) => Some(b"\x1b[I"),
        (true, false) => Some(b"\x1b[O"),
        (false, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, modes: Modes) -> String {
        String::from_utf8(name.parse::<Press>().unwrap().encode(modes)).unwrap()
    }

    #[test]
    fn keys_are_sent_as_xterm_sends_them() {
        let plain = Modes::default();
        for (name, bytes) in [
            ("a", "a"),
            ("A", "A"),
            ("é", "é"),
            ("space", " "),
            ("enter", "\r"),
            ("tab", "\t"),
            ("shift-tab", "\x1b[Z"),
            ("backspace", "\x7f"),
            ("esc", "\x1b"),
            ("ctrl-c", "\x03"),
            ("ctrl-C", "\x03"),
            ("ctrl-space", "\0"),
            ("ctrl-]", "\x1d"),
            ("ctrl-\\", "\x1c"),
            ("alt-x", "\x1bx"),
            ("alt-enter", "\x1b\r"),
            ("ctrl-alt-a", "\x1b\x01"),
            ("up", "\x1b[A"),
            ("ctrl-right", "\x1b[1;5C"),
            ("shift-alt-left", "\x1b[1;4D"),
            ("home", "\x1b[H"),
            ("end", "\x1b[F"),
            ("insert", "\x1b[2~"),
            ("delete", "\x1b[3~"),
            ("shift-delete", "\x1b[3;2~"),
            ("pgup", "\x1b[5~"),
            ("pgdn", "\x1b[6~"),
            ("f1", "\x1bOP"),
            ("f4", "\x1bOS"),
            ("shift-f1", "\x1b[1;2P"),
            ("f5", "\x1b[15~"),
            ("f6", "\x1b[17~"),
            ("f10", "\x1b[21~"),
            ("f11", "\x1b[23~"),
            ("f12", "\x1b[24~"),
            ("f20", "\x1b[34~"),
        ] {
            assert_eq!(sent(name, plain), bytes, "{name}");
        }
    }

    #[test]
    fn application_cursor_keys_are_for_bare_arrows_only() {
        let modes = Modes { application_cursor: true, ..Modes::default() };
        assert_eq!(sent("up", modes), "\x1bOA");
        assert_eq!(sent("home", modes), "\x1bOH");
        assert_eq!(sent("ctrl-up", modes), "\x1b[1;5A");
        assert_eq!(sent("f1", modes), "\x1bOP");
    }

    #[test]
    fn a_paste_cannot_end_itself() {
        let modes = Modes { bracketed_paste: true, ..Modes::default() };
        let given = "a\nb\x1b[20\x1b[201~1~; rm -rf ~\r\n";
        assert_eq!(String::from_utf8(paste(given, modes)).unwrap(), "\x1b[200~a\rb; rm -rf ~\r\x1b[201~");
        assert_eq!(paste("a\nb", Modes::default()), b"a\rb");
    }
}
