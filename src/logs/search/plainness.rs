//! Finding bytes that are not shown as they are, at the speed of memory where there are none.

#![allow(
    clippy::needless_bitwise_bool,
    reason = "a branch for each byte would keep them from being asked many at once"
)]

use crate::logs::pattern::Care;

/// Bytes looked at together; the compiler makes a few wide instructions of them.
const BLOCK: usize = 64;
/// Bytes after a block that decide about its last ones.
const AHEAD: usize = 2;
/// Bytes whose encoding is checked together, in case there is something to check.
const STRETCH: usize = 4096;

/// Where the first byte from `from` on is that keeps a line from being searched as it lies there. `from` is the beginning of a line.
pub(super) fn next_odd(lines: &[u8], from: usize, care: Care) -> Option<usize> {
    match care {
        Care::Full => next_unlike(lines, from),
        Care::Encoding => next_invalid(lines, from),
        Care::Movements => next_movement(lines, from),
        Care::MovementsAndTabs => next_movement_or_tab(lines, from),
    }
}

fn next_movement_or_tab(lines: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < lines.len() {
        // In stretches, so that many tabs before a distant escape do not make it be looked for as often.
        let end = (at + STRETCH).min(lines.len());
        let moved = next_movement(&lines[..(end + 1).min(lines.len())], at).filter(|moved| *moved < end);
        let tab = memchr::memchr(b'\t', &lines[at..moved.unwrap_or(end)]);
        if let Some(odd) = tab.map(|tab| at + tab).or(moved) {
            return Some(odd);
        }
        at = end;
    }
    None
}

/// An escape, a backspace, or a carriage return that does not come before a line feed.
fn next_movement(lines: &[u8], from: usize) -> Option<usize> {
    let mut odd = memchr::memchr3_iter(0x1b, 0x08, b'\r', &lines[from..]).map(|at| from + at);
    odd.find(|at| lines[*at] != b'\r' || lines.get(at + 1) != Some(&b'\n'))
}

/// Invalid UTF-8.
fn next_invalid(lines: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < lines.len() {
        let end = next_stretch(lines, at);
        if let Err(fault) = std::str::from_utf8(&lines[at..end]) {
            return Some(at + fault.valid_up_to());
        }
        at = end;
    }
    None
}

/// What is not shown as it is: a control character, a tab, the beginning of a bidirectional override, or invalid UTF-8. Line
/// feeds do not count, nor carriage returns before them.
fn next_unlike(lines: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while at < lines.len() {
        let end = next_stretch(lines, at);
        let (odd, high) = look(lines, at, end);
        let sure = odd.unwrap_or(end);
        if high && let Err(fault) = std::str::from_utf8(&lines[at..sure]) {
            return Some(at + fault.valid_up_to());
        }
        if odd.is_some() {
            return odd;
        }
        at = end;
    }
    None
}

/// Where the stretch that begins at `from` ends: between two characters, if there are any.
fn next_stretch(lines: &[u8], from: usize) -> usize {
    let wanted = (from + STRETCH).min(lines.len());
    let mut end = wanted;
    while end + 3 > wanted && end > from + 1 && lines.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    end
}

/// The first odd character between `from` and `to`, and whether bytes beyond ASCII come before it.
fn look(lines: &[u8], from: usize, to: usize) -> (Option<usize>, bool) {
    let (mut at, mut high) = (from, false);
    while at + BLOCK <= to
        && let Some(block) = lines[at..].first_chunk::<{ BLOCK + AHEAD }>()
    {
        let block_is_high = is_high(block);
        if has_odd_ascii(block) || block_is_high && has_odd_beyond(block) {
            break;
        }
        high |= block_is_high;
        at += BLOCK;
    }
    while at < to {
        if is_odd(&lines[at..]) {
            return (Some(at), high);
        }
        high |= lines[at] >= 0x80;
        at += 1;
    }
    (None, high)
}

fn is_high(block: &[u8; BLOCK + AHEAD]) -> bool {
    block[..BLOCK].iter().fold(0, |all, byte| all | byte) >= 0x80
}

fn has_odd_ascii(block: &[u8; BLOCK + AHEAD]) -> bool {
    let mut odd = false;
    for i in 0..BLOCK {
        odd |= is_odd_ascii(block[i], block[i + 1]);
    }
    odd
}

fn has_odd_beyond(block: &[u8; BLOCK + AHEAD]) -> bool {
    let mut odd = false;
    for i in 0..BLOCK {
        odd |= is_odd_beyond(block[i], block[i + 1], block[i + 2]);
    }
    odd
}

fn is_odd(bytes: &[u8]) -> bool {
    let byte = |i: usize| bytes.get(i).copied().unwrap_or(0);
    is_odd_ascii(byte(0), byte(1)) || is_odd_beyond(byte(0), byte(1), byte(2))
}

const fn is_odd_ascii(byte: u8, next: u8) -> bool {
    let control = (byte < 0x20) & (byte != b'\n') & (byte != b'\r');
    control | (byte == 0x7f) | ((byte == b'\r') & (next != b'\n'))
}

/// U+0080–009F, U+202A–202E and U+2066–2069.
const fn is_odd_beyond(byte: u8, next: u8, third: u8) -> bool {
    let control = (byte == 0xc2) & (next < 0xa0);
    let embeds = (next == 0x80) & (third >= 0xaa) & (third <= 0xae);
    let isolates = (next == 0x81) & (third >= 0xa6) & (third <= 0xa9);
    control | (byte == 0xe2) & (embeds | isolates)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logs::ansi;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

            #[test]
            fn what_has_nothing_odd_is_shown_as_it_is(line in prop::collection::vec(prop_oneof![
                9 => 0x20u8..0x7f, 1 => any::<u8>(), 1 => prop::sample::select(b"\t\r\xe2\x80\xc2".to_vec()),
            ], 0..200), extra in prop::sample::select(vec!["", "é", "─", "\u{202a}", "\u{2066}", "\u{85}", "…"])) {
                let mut line: Vec<u8> = line.into_iter().filter(|byte| *byte != b'\n').collect();
                let middle = line.len() / 2;
                line.splice(middle..middle, extra.bytes());
                line.push(b'\n');
                let whole = line.strip_suffix(b"\n").unwrap();
                let shown = ansi::plain(whole);
                let same = shown.as_bytes() == whole.strip_suffix(b"\r").unwrap_or(whole);
                prop_assert_eq!(next_odd(&line, 0, Care::Full).is_none(), same, "{:?} shown as {:?}", line, shown);
            }

            #[test]
            fn nothing_odd_comes_before_the_first(line in "[a-zé─\t]{0,300}", odd in prop::sample::select(vec!["\x1b", "\x08", "\u{202e}", "\x7f"])) {
                let text = format!("{line}\n{odd}{line}\n");
                let expected = if line.contains('\t') { line.find('\t') } else { Some(line.len() + 1) };
                prop_assert_eq!(next_odd(text.as_bytes(), 0, Care::Full), expected);
    let moved = odd.starts_with(['\x1b', '\x08']);
                prop_assert_eq!(next_odd(text.as_bytes(), 0, Care::Movements), moved.then_some(line.len() + 1));
                let first = if line.contains('\t') { expected } else { moved.then_some(line.len() + 1) };
                prop_assert_eq!(next_odd(text.as_bytes(), 0, Care::MovementsAndTabs), first);
            }
        }

    #[test]
    fn latin_1_is_no_text() {
        let mut lines = "gr\u{f6}\u{df}e ".repeat(4000).into_bytes();
        assert_eq!(next_odd(&lines, 0, Care::Full), None);
        lines.push(0xf6);
        assert_eq!(next_odd(&lines, 0, Care::Full), Some(lines.len() - 1));
        assert_eq!(next_odd(&[0xff; 9000], 0, Care::Full), Some(0));
        assert_eq!(next_odd(&[0x80; 9000], 0, Care::Full), Some(0));
    }
}
