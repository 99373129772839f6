//! A child's bytes made harmless for our terminal, without swallowing text.
//!
//! Escape sequences are dropped; colours (SGR) may be kept. A sequence that never ends is dropped up to the end of its line,
//! so that nothing a child prints can take more than its own line. Works on bytes, because lines may be cut anywhere.

/// Parameters of a sequence longer than this are no colours.
const PARAMETERS_MAX: usize = 64;
const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Cleans the bytes of one process, line by line.
#[derive(Clone, Debug)]
pub struct Cleaner {
    keep_colours: bool,
    state: State,
    /// A colour is on.
    coloured: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Text,
    /// After ESC, and after its intermediate bytes.
    Escape,
    /// In a control sequence, with its parameters so far.
    Control(Vec<u8>),
    /// In a string (title, hyperlink, device control) that ends with BEL or ESC.
    String,
    /// After the first byte of what may be a control character of the upper half (U+0080 to U+009F).
    Upper,
}

impl Cleaner {
    /// Drops all sequences, or keeps colours.
    pub const fn new(keep_colours: bool) -> Self {
        Self { keep_colours, state: State::Text, coloured: false }
    }

    /// Appends what may be shown of `bytes`, which may be any part of a line.
    pub fn clean(&mut self, bytes: &[u8], shown: &mut Vec<u8>) {
        for &byte in bytes {
            let state = std::mem::replace(&mut self.state, State::Text);
            self.state = match state {
                State::Text => self.text(byte, shown),
                State::Upper => self.upper(byte, shown),
                State::Escape => escape(byte),
                State::Control(parameters) => self.control(parameters, byte, shown),
                State::String if byte == BEL => State::Text,
                State::String if byte == ESC => State::Escape,
                State::String => State::String,
            };
        }
    }

    /// The line ends here: colours do too, and so does a sequence that was not finished.
    pub fn end_line(&mut self, shown: &mut Vec<u8>) {
        if self.state == State::Upper {
            shown.push(0xc2);
        }
        if self.coloured {
            shown.extend_from_slice(b"\x1b[0m");
        }
        self.state = State::Text;
        self.coloured = false;
    }

    fn text(&mut self, byte: u8, shown: &mut Vec<u8>) -> State {
        match byte {
            ESC => return State::Escape,
            0xc2 => return State::Upper,
            // A return would overwrite what stands in front of the line.
            b'\r' if self.keep_colours => {}
            b'\t' | b'\r' => shown.push(byte),
            0..=0x1f | 0x7f => {}
            _ => shown.push(byte),
        }
        State::Text
    }

    fn upper(&mut self, byte: u8, shown: &mut Vec<u8>) -> State {
        match byte {
            // The one-character form of `ESC [`.
            0x9b => State::Control(Vec::new()),
            0x80..=0x9f => State::Text,
            _ => {
                shown.push(0xc2);
                self.text(byte, shown)
            }
        }
    }

    fn control(&mut self, mut parameters: Vec<u8>, byte: u8, shown: &mut Vec<u8>) -> State {
        match byte {
            0x20..=0x3f => {
                if parameters.len() <= PARAMETERS_MAX {
                    parameters.push(byte);
                }
                State::Control(parameters)
            }
            b'm' if self.keep_colours && is_colour(&parameters) => {
                shown.extend_from_slice(b"\x1b[");
                shown.extend_from_slice(&parameters);
                shown.push(b'm');
                self.coloured = !matches!(parameters.as_slice(), b"" | b"0");
                State::Text
            }
            ESC => State::Escape,
            _ => State::Text,
        }
    }
}

const fn escape(byte: u8) -> State {
    match byte {
        b'[' => State::Control(Vec::new()),
        b']' | b'P' | b'X' | b'^' | b'_' => State::String,
        ESC | 0x20..=0x2f => State::Escape,
        _ => State::Text,
    }
}

fn is_colour(parameters: &[u8]) -> bool {
    parameters.len() <= PARAMETERS_MAX
        && parameters.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(keep_colours: bool, bytes: &[u8]) -> Vec<u8> {
        let mut shown = Vec::new();
        let mut cleaner = Cleaner::new(keep_colours);
        cleaner.clean(bytes, &mut shown);
        cleaner.end_line(&mut shown);
        shown
    }

    fn text(keep_colours: bool, bytes: &str) -> String {
        String::from_utf8(line(keep_colours, bytes.as_bytes())).unwrap()
    }

    #[test]
    fn text_of_every_kind_passes() {
        for same in ["[text] [\"a.b\"]", "größe 日本 👩‍👩‍👧 e\u{301}", "\ta\tb", "°±µ", "100 % [=>  ]"]
        {
            assert_eq!(text(false, same), same);
            assert_eq!(text(true, same), same);
        }
        assert_eq!(line(false, b"\xff\xfe\xc2"), b"\xff\xfe\xc2");
    }

    #[test]
    fn sequences_go_and_text_stays() {
        let table = [
            ("a\x1b[2Jb", "ab"),
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
            ("a\x1b(Bb\x1b=c\x1b7d", "abcd"),
            ("a\x1bPq#0\x1b\\b", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("a\0b\x07c\x08d", "abcd"),
            ("a\x1b[1;31mb\x1b[0mc", "abc"),
            ("a\x1b]never ends", "a"),
        ];
        for (bytes, shown) in table {
            assert_eq!(text(false, bytes), shown, "{bytes:?}");
        }
    }

    #[test]
    fn colours_stay_and_end_with_their_line() {
        assert_eq!(text(true, "a\x1b[1;31mb"), "a\x1b[1;31mb\x1b[0m");
        assert_eq!(text(true, "a\x1b[31mb\x1b[mc"), "a\x1b[31mb\x1b[mc");
        assert_eq!(text(true, "\x1b[?25lx\x1b[38:2:1:2:3my"), "x\x1b[38:2:1:2:3my\x1b[0m");
        assert_eq!(text(true, "50 %\r100 %\x1b[K"), "50 %100 %");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through_and_cuts_do_not_matter(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(ESC), Just(b'['), Just(b'm'), Just(b'3')], 0..200),
            at in 0usize..200,
        ) {
            let plain = line(false, &bytes);
            prop_assert!(plain.iter().all(|byte| *byte >= 0x20 && *byte != 0x7f || b"\t\r".contains(byte)));
            let (mut cleaner, mut shown) = (Cleaner::new(true), Vec::new());
            let (head, tail) = bytes.split_at(at.min(bytes.len()));
            cleaner.clean(head, &mut shown);
            cleaner.clean(tail, &mut shown);
            cleaner.end_line(&mut shown);
            prop_assert_eq!(shown, line(true, &bytes));
        }
    }
}
