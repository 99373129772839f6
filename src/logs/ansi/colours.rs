//! Colours taken out of many lines at once, for who searches them: each line on its own costs many times as much.
//!
//! A line of which nothing is left that moves the cursor, neither an escape nor a backspace nor a carriage return that does not
//! end it, is shown as what is left, but for the width of tabs. Where that is not sure the escapes stay, for others to see.
//! Knows nothing of what is looked for.

use std::ops::Range;

use memchr::memchr;

/// Bytes in which escapes are looked for together, so that where one is does not wait for how long the one before was.
const BLOCK: usize = 64;
/// Bytes copied at once; most of what stands between two sequences is shorter.
const PIECE: usize = 32;

/// These lines without their colours, in `room` if there are any: as many lines, in the same order.
pub fn without_colours<'a>(lines: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
    let Some(first) = memchr(0x1b, lines) else { return lines };
    if room.len() < lines.len() + PIECE {
        room.resize(lines.len() + PIECE, 0);
    }
    let (mut from, mut len, mut at) = (0, 0, first);
    while at < lines.len() {
        let mut escapes = escapes_in(&lines[at..]);
        if escapes == 0 {
            at += memchr(0x1b, &lines[at..]).unwrap_or(lines.len() - at);
            continue;
        }
        while escapes != 0 {
            let escape = at + escapes.trailing_zeros() as usize;
            escapes &= escapes - 1;
            if let Some(sequence) = colour_at(lines, escape) {
                len = append(lines, from..escape, room, len);
                from = escape + sequence;
            }
        }
        at += BLOCK;
    }
    len = append(lines, from..lines.len(), room, len);
    &room[..len]
}

/// Which of the first bytes are escapes, a bit for each, the lowest for the first.
fn escapes_in(bytes: &[u8]) -> u64 {
    let mut last = [0; BLOCK];
    let block = bytes.first_chunk::<BLOCK>().unwrap_or_else(|| {
        last[..bytes.len()].copy_from_slice(bytes);
        &last
    });
    // The compiler makes a few wide instructions of this; the bits of eight bytes then only have to be put together.
    let mut bits = [0_u8; BLOCK];
    for i in 0..BLOCK {
        bits[i] = if block[i] == 0x1b { 1 << (i % 8) } else { 0 };
    }
    let (words, _) = bits.as_chunks::<8>();
    let sum = |word: &[u8; 8]| u64::from_le_bytes(*word).wrapping_mul(u64::MAX / 0xff) >> 56;
    words.iter().enumerate().fold(0, |all, (i, word)| all | sum(word) << (8 * i))
}

/// How long the sequence that begins at this escape is, if all it does is to colour, or to erase what comes behind the cursor.
fn colour_at(lines: &[u8], escape: usize) -> Option<usize> {
    let rest = &lines[escape..];
    // Nearly all are short. Guessing the length ahead is quicker than computing it.
    let is_param = |byte: u8| matches!(byte, b'0'..=b';');
    let len = match rest.first_chunk::<5>() {
        Some([_, b'[', b'm', ..]) => 3,
        Some([_, b'[', one, b'm', _]) if is_param(*one) => 4,
        Some([_, b'[', one, two, b'm']) if is_param(*one) & is_param(*two) => 5,
        Some(_) | None => long_colour(rest)?,
    };
    // The parts of a character that it tears are none, and a carriage return before it does not end the line.
    let tears = rest.get(len).is_some_and(|next| next & 0xc0 == 0x80);
    let returns = escape > 0 && lines[escape - 1] == b'\r';
    (!tears && !returns).then_some(len)
}

/// The length of a sequence of any length. `grep` and compilers erase after each colour.
fn long_colour(rest: &[u8]) -> Option<usize> {
    let params = rest.strip_prefix(b"\x1b[")?;
    let n = params.iter().position(|byte| !matches!(byte, b'0'..=b';'))?;
    match (params[n], &params[..n]) {
        (b'm', _) | (b'K', b"" | b"0") => Some(2 + n + 1),
        _ => None,
    }
}

/// Puts a part of the lines behind the first `len` bytes of `room`, and perhaps more of them, which the next part overwrites.
/// Answers how many bytes count.
#[inline]
fn append(lines: &[u8], part: Range<usize>, room: &mut [u8], len: usize) -> usize {
    let end = len + part.len();
    if part.len() <= PIECE
        && let Some(piece) = lines[part.start..].first_chunk::<PIECE>()
        && let Some(room) = room[len..].first_chunk_mut::<PIECE>()
    {
        *room = *piece;
    } else {
        room[len..end].copy_from_slice(&lines[part]);
    }
    end
}
