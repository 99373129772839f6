//! A line cut into text that can be shown as it is and things that mean something else.
//!
//! Each byte is looked at a bounded number of times, whatever a hostile line holds. Knows no styles and no columns.

use super::params::Params;

/// What a line is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Free of control characters and bidirectional overrides.
    Text(&'a str),
    /// A C0 control character or DEL without a meaning here, as its picture.
    Picture(char),
    /// A C1 control character or a bidirectional override, to be shown by its number.
    Numbered(char),
    /// To the next tab stop.
    Tab,
    /// To the first column.
    Return,
    /// One column back.
    Backspace,
    /// The parameters of a style.
    Sgr(&'a str),
    /// Erase in line: 0 to the end, 1 to the cursor, 2 all.
    Erase(u16),
    /// To this column, counted from 1.
    Column(u16),
    /// Columns ahead.
    Ahead(u16),
    /// Columns back.
    Back(u16),
}

/// The tokens of a line.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// What the sequence that begins at this ESC means, if anything. Moves behind it.
    fn escape(&mut self) -> Option<Token<'a>> {
        self.at += 1;
        let kind = self.byte(self.at)?;
        match kind {
            b'[' => {
                self.at += 1;
                self.control_sequence()
            }
            b']' => {
                self.at += 1;
                self.skip_command();
                None
            }
            b'P' | b'X' | b'^' | b'_' => {
                self.at += 1;
                self.skip_string();
                None
            }
            b' '..=b'/' => {
                self.skip_while(|byte| matches!(byte, b' '..=b'/'));
                self.skip_one_of(0x30..=0x7e);
                None
            }
            0x30..=0x7e => {
                self.at += 1;
                None
            }
            _ => Some(Token::Picture('␛')),
        }
    }

    /// A style of one number of at most two digits, which is nearly all there is.
    fn short_style(&mut self) -> Option<Token<'a>> {
        let start = self.at + 2;
        let len = match self.text.as_bytes().get(self.at..)? {
            [0x1b, b'[', b'm', ..] => 0,
            [0x1b, b'[', b'0'..=b'9', b'm', ..] => 1,
            [0x1b, b'[', b'0'..=b'9', b'0'..=b'9', b'm', ..] => 2,
            _ => return None,
        };
        self.at = start + len + 1;
        Some(Token::Sgr(&self.text[start..start + len]))
    }

    /// CSI: parameters, intermediates, one final byte. Anything else ends it without effect, and is not part of it.
    fn control_sequence(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        self.skip_while(|byte| matches!(byte, 0x30..=0x3f));
        let params = &self.text[start..self.at];
        let params_end = self.at;
        self.skip_while(|byte| matches!(byte, b' '..=b'/'));
        let private = params_end != self.at || params.bytes().any(|byte| byte > b';');
        let last = self.skip_one_of(0x40..=0x7e)?;
        if private {
            return None;
        }
        if last == b'm' {
            return Some(Token::Sgr(params));
        }
        let n = Params::of(params).next().map_or(0, |first| first.code());
        match last {
            b'K' => Some(Token::Erase(n)),
            // The rest of the screen begins with the rest of the line; a cleared screen does not unsay a log.
            b'J' if n == 0 => Some(Token::Erase(0)),
            b'G' | b'`' => Some(Token::Column(n.max(1))),
            b'C' | b'a' => Some(Token::Ahead(n.max(1))),
            b'D' => Some(Token::Back(n.max(1))),
            _ => None,
        }
    }

    /// OSC: up to BEL or ST. Another escape sequence, CAN or SUB break it off.
    fn skip_command(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            match (byte, self.byte(self.at + 1)) {
                (0x1b, Some(b'\\')) | (0xc2, Some(0x9c)) => {
                    self.at += 2;
                    return;
                }
                (0x1b, _) => return,
                (0x07 | 0x18 | 0x1a, _) => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    /// DCS, SOS, PM, APC: up to ST. CAN or SUB break it off; anything else may be in it.
    fn skip_string(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            match (byte, self.byte(self.at + 1)) {
                (0x1b, Some(b'\\')) | (0xc2, Some(0x9c)) => {
                    self.at += 2;
                    return;
                }
                (0x18 | 0x1a, _) => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn skip_while(&mut self, belongs: impl Fn(u8) -> bool) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(|byte| !belongs(*byte)).unwrap_or(rest.len());
    }

    fn skip_one_of(&mut self, range: std::ops::RangeInclusive<u8>) -> Option<u8> {
        let byte = self.byte(self.at).filter(|byte| range.contains(byte))?;
        self.at += 1;
        Some(byte)
    }

    fn numbered(&mut self) -> Option<Token<'a>> {
        let odd = self.text[self.at..].chars().next()?;
        self.at += odd.len_utf8();
        Some(Token::Numbered(odd))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while let Some(first) = self.byte(self.at) {
            let shown = if first < b' ' { 0 } else { shown_len(&self.text.as_bytes()[self.at..]) };
            if shown > 0 {
                let text = &self.text[self.at..self.at + shown];
                self.at += shown;
                return Some(Token::Text(text));
            }
            if first >= 0x80 {
                return self.numbered();
            }
            if first == 0x1b {
                match self.short_style().or_else(|| self.escape()) {
                    Some(token) => return Some(token),
                    None => continue,
                }
            }
            self.at += 1;
            return Some(match first {
                b'\t' => Token::Tab,
                b'\r' => Token::Return,
                0x08 => Token::Backspace,
                0x7f => Token::Picture('␡'),
                control => Token::Picture(char::from_u32(0x2400 + u32::from(control)).unwrap_or('␀')),
            });
        }
        None
    }
}

/// Whether these bytes, which need not be UTF-8, hold no control character but tabs, and no bidirectional override.
pub(super) fn is_harmless(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        rest = &rest[shown_len(rest)..];
        match rest {
            [] => return true,
            [b'\t', behind @ ..] => rest = behind,
            [..] => return false,
        }
    }
}

/// How many of these bytes can be shown as they are. They are UTF-8 and begin at a character.
fn shown_len(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += printable_ascii_len(&bytes[at..]);
        match bytes[at..] {
            [0xc2, second, ..] if second >= 0xa0 => at += 2,
            [0xe2, second, third, ..] if !overrides(second, third) => at += 3,
            [0x00..=0x7f | 0xc2 | 0xe2, ..] | [] => return at,
            // The rest of the character follows as bytes of its own.
            _ => at += 1,
        }
    }
}

/// How many of these bytes come before the first that is neither printable nor ASCII, looked at in words of eight.
fn printable_ascii_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    const TOPS: u64 = 0x80 * ONES;
    let (words, rest) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let no_del = word ^ (0x7f * ONES);
        let control = word.wrapping_sub(0x20 * ONES) & !word;
        let del = no_del.wrapping_sub(ONES) & !no_del;
        // A borrow can mark a byte above a marked one wrongly, but never the lowest.
        let marked = (control | del | word) & TOPS;
        if marked != 0 {
            return i * 8 + marked.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().position(|byte| !matches!(byte, 0x20..=0x7e)).unwrap_or(rest.len())
}

/// U+202A–202E and U+2066–2069, of which the first byte is E2.
const fn overrides(second: u8, third: u8) -> bool {
    matches!((second, third), (0x80, 0xaa..=0xae) | (0x81, 0xa6..=0xa9))
}
