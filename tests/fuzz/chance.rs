//! Numbers that look random and come again for the same seed and round.

/// A source of them (`SplitMix64`).
#[derive(Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn of(seed: u64, round: u64) -> Self {
        let mut chance = Self(seed ^ round.wrapping_mul(0xd134_2543_de82_ef95));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `n`; 0 when that is 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % (n.max(1) as u64)) as usize
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    pub fn any(&mut self) -> u64 {
        // Edges are more interesting than the vast middle.
        match self.below(4) {
            0 => self.next() % 100,
            1 => u64::MAX - self.next() % 100,
            2 => 1 << self.below(64),
            _ => self.next(),
        }
    }

    pub fn of_all<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// Bytes as hostile programs print them: pieces of escape sequences, text, numbers, and anything at all.
    pub fn output(&mut self, pieces: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..self.below(pieces + 1) {
            if out.len() > OUTPUT_MAX {
                break;
            }
            match self.below(12) {
                0 => out.push(self.byte()),
                1 => out.extend(self.any().to_string().bytes()),
                2 => out.extend(char::from_u32(self.below(0x11_0000) as u32).unwrap_or('?').to_string().bytes()),
                3 => {
                    let piece = self.of_all(PIECES);
                    let times = self.below(40);
                    out.extend(piece.repeat(times));
                }
                4 if !out.is_empty() => {
                    let (from, to) = (self.below(out.len()), self.below(out.len()));
                    out.extend_from_within(from.min(to)..from.max(to));
                }
                5 if !out.is_empty() => {
                    let at = self.below(out.len());
                    out[at] ^= 1 << self.below(8);
                }
                _ => out.extend(self.of_all(PIECES)),
            }
        }
        out
    }
}

/// Copying pieces of itself would let it grow without end.
const OUTPUT_MAX: usize = 32 << 10;

const PIECES: &[&[u8]] = &[
    b"text ",
    b"needle",
    b"nee",
    b"dle",
    b"ERROR ",
    b"\"level\":\"warn\"",
    b"{",
    b"level=",
    b"E1120 14:03:",
    b" ",
    b"\t",
    b"\r",
    b"\r\n",
    b"\x08",
    b"\0",
    b"\x07",
    b"\x18",
    b"\x1a",
    b"\x7f",
    b"\x1b",
    b"\x1b[",
    b"\x1b]",
    b"\x1bP",
    b"\x1bX",
    b"\x1b^",
    b"\x1b_",
    b"\x1b\\",
    b"\x1b(",
    b"\x1b[?",
    b"\x1b[m",
    b"\x1b[0m",
    b"\x1b[1m",
    b"\x1b[31m",
    b"\x1b[38;5;",
    b"\x1b[38;2;",
    b"38:2:",
    b"\x1b[4:3m",
    b"\x1b[K",
    b"\x1b[1K",
    b"\x1b[2K",
    b"\x1b[2J",
    b"\x1b[9G",
    b"\x1b[99999C",
    b"\x1b[5D",
    b"\x1b[H",
    b"\x1b[?1049h",
    b"\x1b]0;title\x07",
    b"\x1b]52;c;AAAA\x07",
    b"\x1b]8;;http://x\x1b\\",
    b"\x1bP1$r\x1b\\",
    b";",
    b":",
    b"m",
    b"0",
    b"9",
    b"\xff",
    b"\xc2",
    b"\xe2\x80",
    b"\xf0\x9f",
    "é".as_bytes(),
    "日本".as_bytes(),
    "\u{301}".as_bytes(),
    "👩‍💻".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{2066}".as_bytes(),
    "\u{85}".as_bytes(),
    "\u{9b}".as_bytes(),
    "\u{9c}".as_bytes(),
    "\u{ad}".as_bytes(),
    "─".as_bytes(),
    "…".as_bytes(),
    "␛".as_bytes(),
    "\u{fffd}".as_bytes(),
];
