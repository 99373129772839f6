//! Which modes a stretch of output leaves a terminal in, found without emulating it: for a log too long to be played again.
//!
//! Looks at `ESC [ ? numbers h` and `l`, at the shape of the cursor and at a full reset, and at nothing else. Used before the last part of a
//! log is fed to an [`super::Emulator`].

use std::collections::BTreeMap;

use memchr::memchr;

/// Modes that outlive what was printed after them. The alternate screen comes first: switching to it clears.
const KEPT: [u16; 12] = [1049, 1, 7, 25, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 2004];
/// No sequence of interest is longer, in bytes.
const LONGEST: usize = 64;

/// What was seen so far.
#[derive(Debug, Default)]
pub struct Survey {
    modes: BTreeMap<u16, bool>,
    /// How the cursor is to look: the digit of `ESC [ digit space q`.
    cursor: Option<u8>,
    /// The end of the piece before, where a sequence may have begun.
    carried: Vec<u8>,
}

impl Survey {
    /// Looks at the next piece.
    pub fn look(&mut self, bytes: &[u8]) {
        if !self.carried.is_empty() {
            let mut joined = std::mem::take(&mut self.carried);
            joined.extend_from_slice(&bytes[..bytes.len().min(LONGEST)]);
            if bytes.len() <= LONGEST {
                self.scan(&joined);
                return;
            }
            // What begins in here ends in here; what it leaves over begins again below.
            self.scan(&joined);
            self.carried.clear();
        }
        self.scan(bytes);
    }

    fn scan(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while let Some(found) = memchr(0x1b, &bytes[at..]) {
            let start = at + found;
            let rest = &bytes[start + 1..];
            match rest {
                [b'c', ..] => (self.modes, self.cursor) = (BTreeMap::new(), None),
                [b'[', digit @ b'0'..=b'6', b' ', b'q', ..] => self.cursor = Some(*digit),
                [b'[', b'?', parameters @ ..] => {
                    if self.set(parameters).is_none() && rest.len() < LONGEST {
                        return bytes[start..].clone_into(&mut self.carried);
                    }
                }
                [] | [b'['] | [b'[', b'0'..=b'6'] | [b'[', b'0'..=b'6', b' '] => {
                    return bytes[start..].clone_into(&mut self.carried);
                }
                [..] => {}
            }
            at = start + 1;
        }
    }

    /// `None`: it goes on beyond these bytes.
    fn set(&mut self, parameters: &[u8]) -> Option<()> {
        let end = parameters.iter().take(LONGEST).position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
        let on = match parameters[end] {
            b'h' => true,
            b'l' => false,
            _other => return Some(()),
        };
        for number in parameters[..end].split(|byte| *byte == b';') {
            let number = std::str::from_utf8(number).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
            if KEPT.contains(&number) {
                self.modes.remove(&number);
                self.modes.insert(number, on);
            }
        }
        Some(())
    }

    /// The sequences that bring a fresh terminal into these modes.
    pub fn preamble(&self) -> Vec<u8> {
        let seen = KEPT.iter().filter_map(|mode| Some((mode, self.modes.get(mode)?)));
        let sequence = |(mode, on): (&u16, &bool)| format!("\x1b[?{mode}{}", if *on { 'h' } else { 'l' });
        let cursor = self.cursor.map(|digit| format!("\x1b[{} q", char::from(digit)));
        seen.map(sequence).chain(cursor).collect::<String>().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[&[u8]]) -> String {
        let mut survey = Survey::default();
        for piece in pieces {
            survey.look(piece);
        }
        String::from_utf8(survey.preamble()).unwrap()
    }

    #[test]
    fn the_last_word_counts_and_the_alternate_screen_comes_first() {
        let given = b"x\x1b[?25l\x1b[?2004;1h text \x1b[?1049h\x1b[?25h\x1b[31m\x1b[?2026h\x1b[?1006$p";
        let expected = "\x1b[?1049h\x1b[?1h\x1b[?25h\x1b[?2004h";
        assert_eq!(of(&[given]), expected);
        assert_eq!(of(&given.chunks(1).collect::<Vec<_>>()), expected);
        for cut in 0..given.len() {
            assert_eq!(of(&[&given[..cut], &given[cut..]]), expected, "cut at {cut}");
        }
        assert_eq!(of(&[b"\x1b[?1049h\x1b[?1049l"]), "\x1b[?1049l");
        assert_eq!(of(&[b"\x1b[?1049h\x1bc"]), "");
        let given = b"\x1b[5 q\x1b[?1049h\x1b[3 q\x1b[31m\x1b[9 q\x1b[3";
        for cut in 0..given.len() {
            assert_eq!(of(&[&given[..cut], &given[cut..]]), "\x1b[?1049h\x1b[3 q", "cut at {cut}");
        }
        assert_eq!(of(&[b"\x1b[5 q\x1bc"]), "");
    }

    #[test]
    fn a_long_piece_after_a_cut_is_seen_once_and_whole() {
        let long = [b"?1049h".to_vec(), vec![b'x'; 1000], b"\x1b[?1049l".to_vec(), vec![b'y'; 1000]].concat();
        assert_eq!(of(&[b"\x1b[", &long]), "\x1b[?1049l");
        assert_eq!(of(&[b"\x1b[?1", &[b'1'; 5000], b"h\x1b[?25l"]), "\x1b[?25l", "a number that never ends");
    }
}
