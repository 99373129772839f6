//! What stands in front of the parser, so that no child can make it grow: of the strings an escape sequence may carry (OSC,
//! DCS, APC, PM, SOS) only a title of reasonable length goes through.
//!
//! The parser keeps such a string until it ends, and one that never ends would be kept for ever: 256 MiB of it took 256 MiB.
//! Nothing of the others is shown anyway: the clipboard is not the child's, links, pictures and palettes have no place in a
//! cell. Knows which states the parser has, and nothing of what it does.

use memchr::{memchr, memchr3};

/// A longer title is none. In bytes.
const MAX_TITLE: usize = 1024;

const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
const ESC: u8 = 0x1b;

/// Where in the stream it stands.
#[derive(Debug, Default)]
pub struct Guard {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// In an OSC that may still be a title: what was kept back of it.
    Title(Vec<u8>),
    /// In a string nobody wants.
    Swallowing {
        /// A bell ends it, too.
        osc: bool,
    },
}

impl Guard {
    /// Hands on what is harmless of `bytes`, in order.
    pub fn pass(&mut self, bytes: &[u8], mut on: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match std::mem::take(&mut self.state) {
                State::Ground => self.ground(rest, &mut on),
                State::Escape => self.escape(rest, &mut on),
                State::Title(kept) => self.title(kept, rest, &mut on),
                State::Swallowing { osc } => self.swallow(osc, rest),
            };
        }
    }

    fn ground<'a>(&mut self, bytes: &'a [u8], on: &mut impl FnMut(&[u8])) -> &'a [u8] {
        // The escape itself is kept back until it is known what it begins.
        let mut at = 0;
        while let Some(found) = memchr(ESC, &bytes[at..]) {
            let escape = at + found;
            match bytes.get(escape + 1) {
                Some(next) if leads_to(*next) == Next::Ground => at = escape + 2,
                Some(_) | None => {
                    on(&bytes[..escape]);
                    self.state = State::Escape;
                    return &bytes[escape + 1..];
                }
            }
        }
        on(bytes);
        &[]
    }

    fn escape<'a>(&mut self, bytes: &'a [u8], on: &mut impl FnMut(&[u8])) -> &'a [u8] {
        let (first, rest) = (bytes[0], &bytes[1..]);
        match leads_to(first) {
            Next::Ground => on(&[ESC, first]),
            Next::Escape => {
                // A control character within a sequence is obeyed and the sequence goes on; a second ESC begins anew.
                if first != ESC {
                    on(&[first]);
                }
                self.state = State::Escape;
            }
            Next::Osc => self.state = State::Title(Vec::new()),
            Next::OtherString => self.state = State::Swallowing { osc: false },
        }
        rest
    }

    fn title<'a>(&mut self, mut kept: Vec<u8>, bytes: &'a [u8], on: &mut impl FnMut(&[u8])) -> &'a [u8] {
        let end = end_of_string(bytes, true).unwrap_or(bytes.len());
        kept.extend_from_slice(&bytes[..end.min(MAX_TITLE + 1)]);
        if kept.len() > MAX_TITLE || !may_be_title(&kept) {
            self.state = State::Swallowing { osc: true };
            return &bytes[end..];
        }
        let Some(last) = bytes.get(end) else {
            self.state = State::Title(kept);
            return &[];
        };
        if matches!(*last, BEL | ESC) && kept.len() > 1 {
            on(&[b"\x1b]", &kept[..], &[BEL]].concat());
        }
        self.after_string(*last, &bytes[end..])
    }

    fn swallow<'a>(&mut self, osc: bool, bytes: &'a [u8]) -> &'a [u8] {
        let Some(end) = end_of_string(bytes, osc) else {
            self.state = State::Swallowing { osc };
            return &[];
        };
        self.after_string(bytes[end], &bytes[end..])
    }

    fn after_string<'a>(&mut self, last: u8, from_last: &'a [u8]) -> &'a [u8] {
        self.state = if last == ESC { State::Escape } else { State::Ground };
        &from_last[1..]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Ground,
    Escape,
    Osc,
    OtherString,
}

/// Where the byte after ESC leads, as the parser sees it: it stays in that state over control characters and beyond ASCII.
const fn leads_to(byte: u8) -> Next {
    match byte {
        b']' => Next::Osc,
        b'P' | b'X' | b'^' | b'_' => Next::OtherString,
        CAN | SUB | 0x20..=0x7e => Next::Ground,
        _ => Next::Escape,
    }
}

/// Window title (2), or window and icon title (0), as far as it can be told.
fn may_be_title(kept: &[u8]) -> bool {
    matches!(kept, [] | [b'0' | b'2'] | [b'0' | b'2', b';', ..])
}

fn end_of_string(bytes: &[u8], osc: bool) -> Option<usize> {
    let ends = if osc { memchr3(BEL, ESC, CAN, bytes) } else { memchr::memchr2(ESC, CAN, bytes) };
    let before = &bytes[..ends.unwrap_or(bytes.len())];
    memchr(SUB, before).or(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(pieces: &[&[u8]]) -> String {
        let (mut guard, mut out) = (Guard::default(), Vec::new());
        for piece in pieces {
            guard.pass(piece, |safe| out.extend_from_slice(safe));
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn only_titles_go_through() {
        for (given, expected) in [
            ("plain \x1b[1mbold\x1b[0m", "plain \x1b[1mbold\x1b[0m"),
            ("a\x1b]0;title\x07b", "a\x1b]0;title\x07b"),
            ("a\x1b]2;title\x1b\\b", "a\x1b]2;title\x07\x1b\\b"),
            ("a\x1b]52;c;aGVsbG8=\x07b", "ab"),
            ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "a\x1b\\link\x1b\\b"),
            ("a\x1bP+q544e\x1b\\b", "a\x1b\\b"),
            ("a\x1b_Gf=100;AAAA\x1b\\b", "a\x1b\\b"),
            ("a\x1b^private\x1b\\b\x1bXsos\x18c", "a\x1b\\bc"),
            ("a\x1bPq\x07still\x1b\\b", "a\x1b\\b"),
            ("a\x1b]0;broken\x18b", "ab"),
            ("a\x1b]52;c;x\x1ab", "ab"),
            ("a\x1b\n]52;c;hidden\x07b", "a\nb"),
            ("a\x1b\u{e9}]52;c;hidden\x07b", "a\u{e9}b"),
            ("a\x1b\x1b]52;c;hidden\x07b", "ab"),
            ("a\x1b(]b", "a\x1b(]b"),
            ("a\x1b]\x07b", "ab"),
            ("a\x1b]0\x07b", "ab"),
        ] {
            assert_eq!(passed(&[given.as_bytes()]), expected, "{given:?}");
            let bytes: Vec<&[u8]> = given.as_bytes().chunks(1).collect();
            assert_eq!(passed(&bytes), expected, "{given:?} byte by byte");
        }
    }

    #[test]
    fn a_title_without_end_is_dropped_and_what_follows_it_is_seen() {
        let long = [b"\x1b]0;".to_vec(), vec![b'x'; 5 << 20], b"\x07after".to_vec()].concat();
        assert_eq!(passed(&[&long]), "after");
        let mut guard = Guard::default();
        for _ in 0..1000 {
            guard.pass(&[b'x'; 4096], |_| {});
            guard.pass(b"\x1b]0;", |_| {});
        }
        assert!(matches!(&guard.state, State::Title(kept) if kept.len() <= MAX_TITLE));
    }
}
