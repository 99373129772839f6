//! Lines as they are searched, and where each of them lies in the log.
//!
//! Colours are taken out of all lines first, so that coloured lines are searched like others. Where a line lies is asked about
//! few of them, and always further down. Knows no pattern.

use memchr::memchr_iter;

use crate::logs::ansi;

/// Lines that all end with a line feed.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    /// As they are searched.
    pub(super) lines: &'a [u8],
    /// The same lines as they lie in the log.
    raw: &'a [u8],
    /// Where the first of them begins.
    base: u64,
    /// The beginning of a line among `lines`, and of the same line in `raw`.
    known: (usize, usize),
}

impl<'a> Sheet<'a> {
    /// Of the lines that lie at `base`. `room` is used when there are colours in them.
    pub(super) fn of(raw: &'a [u8], base: u64, room: &'a mut Vec<u8>) -> Self {
        Self { lines: ansi::without_colours(raw, room), raw, base, known: (0, 0) }
    }

    /// Where the line lies that begins at `at` among the lines, or the end of them all. Not before what was asked last.
    pub(super) fn place(&mut self, at: usize) -> u64 {
        let (known, raw) = self.known;
        let passed = if self.lines.len() == self.raw.len() {
            at - known
        } else {
            let count = memchr_iter(b'\n', &self.lines[known..at]).count();
            let rest = &self.raw[raw..];
            let last = count.checked_sub(1).and_then(|before| memchr_iter(b'\n', rest).nth(before));
            last.map_or(0, |newline| newline + 1)
        };
        self.known = (at, raw + passed);
        self.base + self.known.1 as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_where_it_was_with_its_colours() {
        let raw = b"\x1b[31mone\x1b[m\n\ntwo\n\x1b[1;2m\n";
        let mut room = Vec::new();
        let mut sheet = Sheet::of(raw, 100, &mut room);
        assert_eq!(sheet.lines, b"one\n\ntwo\n\n");
        let places = [0, 0, 4, 5, 9, 9, 10].map(|at| sheet.place(at));
        assert_eq!(places, [100, 100, 112, 113, 117, 117, 124]);
        let mut sheet = Sheet::of(raw, 100, &mut room);
        assert_eq!((sheet.place(5), sheet.place(10)), (113, 124));
        let mut sheet = Sheet::of(b"one\ntwo\n", 7, &mut room);
        assert_eq!((sheet.place(4), sheet.place(8)), (11, 15));
    }
}
