//! The side index of a log segment: which bytes came when, on which stream, and how many lines they end.
//!
//! Frozen, because files outlive upgrades. A file begins with a header of 24 bytes: `PMIDX\0\0\1`, the offset of the segment's
//! first byte since the start of the run, and the number of the segment from 0. Then records of 24 bytes: `time_ms: u64`,
//! `offset: u64` since the start of the run, `length: u32`, `tag: u32` (low two bits the stream, the rest the number of line feeds).
//! All little-endian. Data is appended before its record; a torn last record is to be ignored.

/// What an index file begins with.
pub const MAGIC: [u8; 8] = *b"PMIDX\0\0\x01";
/// Length of the header and of each record, in bytes.
pub const RECORD_BYTES: usize = 24;
/// No record counts more line feeds.
pub const MAX_LINES: u32 = u32::MAX >> 2;

/// Where bytes of a log came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The terminal, where both are one.
    Terminal,
    /// A note of the keeper's own, such as one about lost bytes.
    Note,
}

impl Stream {
    const ALL: [Self; 4] = [Self::Stdout, Self::Stderr, Self::Terminal, Self::Note];

    const fn bits(self) -> u32 {
        match self {
            Self::Stdout => 0,
            Self::Stderr => 1,
            Self::Terminal => 2,
            Self::Note => 3,
        }
    }
}

/// The first 24 bytes of an index file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Offset of the segment's first byte, in bytes since the start of the run.
    pub base: u64,
    /// Number of the segment, 0 for the first one of the run.
    pub segment: u64,
}

impl Header {
    /// The number its files bear once it is closed. Names count from 1.
    pub const fn number(&self) -> u64 {
        self.segment.saturating_add(1)
    }

    /// As it stands in the file.
    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
        join(MAGIC, self.base.to_le_bytes(), self.segment.to_le_bytes())
    }

    /// Reads it back; `None` when this is no index of this version.
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let (magic, base, segment) = split(bytes);
        (magic == MAGIC).then(|| Self { base: u64::from_le_bytes(base), segment: u64::from_le_bytes(segment) })
    }
}

/// One chunk of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it was read, in milliseconds since the epoch.
    pub time_ms: u64,
    /// Where it begins, in bytes since the start of the run.
    pub offset: u64,
    /// How long it is, in bytes.
    pub length: u32,
    /// Where it came from.
    pub stream: Stream,
    /// How many line feeds are in it, at most [`MAX_LINES`].
    pub lines: u32,
}

impl Entry {
    /// Where it ends, in bytes since the start of the run. Damaged numbers do not overflow.
    pub const fn end(&self) -> u64 {
        self.offset.saturating_add(self.length as u64)
    }

    /// As it stands in the file.
    pub fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let tag = self.lines.min(MAX_LINES) << 2 | self.stream.bits();
        let last = u64::from(tag) << 32 | u64::from(self.length);
        join(self.time_ms.to_le_bytes(), self.offset.to_le_bytes(), last.to_le_bytes())
    }

    /// Reads it back.
    pub fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Self {
        let (time, offset, last) = split(bytes);
        let last = u64::from_le_bytes(last);
        let tag = (last >> 32) as u32;
        Self {
            time_ms: u64::from_le_bytes(time),
            offset: u64::from_le_bytes(offset),
            length: last as u32,
            stream: Stream::ALL[(tag & 3) as usize],
            lines: tag >> 2,
        }
    }
}

fn join(first: [u8; 8], second: [u8; 8], third: [u8; 8]) -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    bytes[..8].copy_from_slice(&first);
    bytes[8..16].copy_from_slice(&second);
    bytes[16..].copy_from_slice(&third);
    bytes
}

fn split(bytes: &[u8; RECORD_BYTES]) -> ([u8; 8], [u8; 8], [u8; 8]) {
    let part = |at: usize| std::array::from_fn(|i| bytes[at + i]);
    (part(0), part(8), part(16))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_and_headers_come_back(time_ms: u64, offset: u64, length: u32, stream in 0usize..4, lines in 0..=MAX_LINES) {
            let entry = Entry { time_ms, offset, length, stream: Stream::ALL[stream], lines };
            prop_assert_eq!(Entry::from_bytes(&entry.to_bytes()), entry);
            let header = Header { base: offset, segment: time_ms };
            prop_assert_eq!(Header::from_bytes(&header.to_bytes()), Some(header));
        }
    }

    #[test]
    fn the_bytes_are_frozen() {
        let entry = Entry { time_ms: 1, offset: 2, length: 3, stream: Stream::Stderr, lines: 5 };
        assert_eq!(entry.to_bytes(), [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 21, 0, 0, 0]);
        assert_eq!(&Header { base: 0, segment: 0 }.to_bytes()[..8], b"PMIDX\0\0\x01");
        assert_eq!(Header::from_bytes(&[7; RECORD_BYTES]), None);
    }

    #[test]
    fn more_lines_than_can_be_counted_are_counted_as_the_most() {
        let entry = Entry { time_ms: 0, offset: 0, length: 0, stream: Stream::Stdout, lines: u32::MAX };
        assert_eq!(Entry::from_bytes(&entry.to_bytes()).lines, MAX_LINES);
    }
}
