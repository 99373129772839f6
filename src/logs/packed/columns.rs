//! Records of an index in an order that packs well: what differs little from record to record lies together.
//!
//! Time and offset become what they are more than the record before let expect, then first bytes of all records come first,
//! then all second ones, and so on. Frozen together with `frame`. Any bytes come back, those of no record too.

use crate::logs::index::RECORD_BYTES;

/// The records in `block` in columns, in `columns`, which is as long.
pub fn spread(block: &[u8], columns: &mut [u8]) {
    let (records, torn) = block.as_chunks::<RECORD_BYTES>();
    let n = records.len();
    let mut expected = Expected::default();
    for (i, record) in records.iter().enumerate() {
        let words = Words::of(record);
        let differing = Words {
            time: words.time.wrapping_sub(expected.time),
            offset: words.offset.wrapping_sub(expected.offset),
            ..words
        };
        expected = Expected::after(&words);
        for (column, byte) in differing.to_bytes().into_iter().enumerate() {
            columns[column * n + i] = byte;
        }
    }
    columns[n * RECORD_BYTES..].copy_from_slice(torn);
}

/// What [`spread`] was given, in `block`, which is as long.
pub fn gather(columns: &[u8], block: &mut [u8]) {
    let n = columns.len() / RECORD_BYTES;
    let mut expected = Expected::default();
    let (records, torn) = block.as_chunks_mut::<RECORD_BYTES>();
    for (i, record) in records.iter_mut().enumerate() {
        let differing = Words::of(&std::array::from_fn(|column| columns[column * n + i]));
        let words = Words {
            time: differing.time.wrapping_add(expected.time),
            offset: differing.offset.wrapping_add(expected.offset),
            ..differing
        };
        expected = Expected::after(&words);
        *record = words.to_bytes();
    }
    torn.copy_from_slice(&columns[n * RECORD_BYTES..]);
}

/// A record in numbers, whatever it is.
#[derive(Clone, Copy)]
struct Words {
    time: u64,
    offset: u64,
    /// Length in the lower half, tag in the upper one.
    last: u64,
}

impl Words {
    fn of(record: &[u8; RECORD_BYTES]) -> Self {
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| record[at + i]));
        Self { time: word(0), offset: word(8), last: word(16) }
    }

    fn to_bytes(self) -> [u8; RECORD_BYTES] {
        let words = [self.time, self.offset, self.last].map(u64::to_le_bytes);
        std::array::from_fn(|i| words[i / 8][i % 8])
    }
}

/// What the next record most likely says.
#[derive(Default)]
struct Expected {
    time: u64,
    offset: u64,
}

impl Expected {
    const fn after(words: &Words) -> Self {
        Self { time: words.time, offset: words.offset.wrapping_add(words.last & 0xffff_ffff) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_come_back(block in prop::collection::vec(any::<u8>(), 0..200)) {
            let (mut columns, mut back) = (vec![0; block.len()], vec![0; block.len()]);
            spread(&block, &mut columns);
            gather(&columns, &mut back);
            prop_assert_eq!(back, block);
        }
    }
}
