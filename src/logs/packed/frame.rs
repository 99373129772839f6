//! The bytes of a packed file: an LZ4 frame of independent blocks, so that any `lz4` unpacks it, and behind it, in a frame that
//! others skip, a table of the blocks, so that a reader finds the one it wants.
//!
//! Frozen, because files outlive upgrades. The table is the lengths of the blocks as they stand before them (`u32`, the highest bit
//! set where a block lies there as it was), then `base: u64`, where the segment begins since the start of the run or [`NOWHERE`],
//! `plain_bytes: u64`, the checksum of all that, and `PMP\x01`. All little-endian, checksums are XXH32. Every block but the last holds [`BLOCK_BYTES`]. Whatever is damaged, one of table and blocks tells of
//! the other. Knows no names; used by `packed`, which reads, and `packing`, which writes.

use std::fs::File;
use std::io;

use twox_hash::XxHash32;

use crate::platform::pread::read_at;

/// Plain bytes of a block: whole records of an index, within 64 KiB, and so few that the compressor takes its small table.
pub const BLOCK_BYTES: u64 = 65_520;
/// Set in the length of a block that is not compressed, because that would have made it longer.
pub const AS_IT_WAS: u32 = 1 << 31;

/// A place that is not known.
pub const NOWHERE: u64 = u64::MAX;

const MAGIC: u32 = 0x184d_2204;
/// Version 1, independent blocks with a checksum each, length of the whole; blocks of up to 64 KiB.
const DESCRIPTOR: [u8; 2] = [0x78, 0x40];
const HEADER_BYTES: u64 = 15;
/// A frame that is to be skipped, so many bytes of it.
const SKIPPED: u32 = 0x184d_2a5c;
const TABLE_MAGIC: [u8; 4] = *b"PMP\x01";
/// Behind the lengths: place, bytes in all, checksum, magic.
const FOOT_BYTES: u64 = 24;
/// A length before a block and a checksum behind it.
const AROUND_BYTES: u64 = 8;
/// The end of the frame, and the head of the one that is skipped.
const SEAM_BYTES: u64 = 12;

/// Where the blocks are.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Where the segment begins, in bytes since the start of the run, or [`NOWHERE`].
    pub base: u64,
    /// Bytes in all, unpacked.
    pub plain_bytes: u64,
    /// Of each block: where its packed bytes begin in the file, and their length with the mark [`AS_IT_WAS`].
    pub blocks: Vec<(u64, u32)>,
}

/// How long a block is in the file.
pub const fn packed_bytes(length: u32) -> usize {
    (length & !AS_IT_WAS) as usize
}

/// What stands behind a block.
pub fn checksum(bytes: &[u8]) -> u32 {
    XxHash32::oneshot(0, bytes)
}

/// The beginning of a file of so many bytes, unpacked.
pub fn header(plain_bytes: u64) -> [u8; HEADER_BYTES as usize] {
    let mut bytes = [0; HEADER_BYTES as usize];
    bytes[..4].copy_from_slice(&MAGIC.to_le_bytes());
    bytes[4..6].copy_from_slice(&DESCRIPTOR);
    bytes[6..14].copy_from_slice(&plain_bytes.to_le_bytes());
    bytes[14] = (checksum(&bytes[4..14]) >> 8) as u8;
    bytes
}

/// The end of a file with blocks of these lengths.
pub fn trailer(base: u64, plain_bytes: u64, lengths: &[u32]) -> Vec<u8> {
    let table_bytes = lengths.len() as u64 * 4 + FOOT_BYTES;
    let mut bytes = Vec::with_capacity((SEAM_BYTES + table_bytes) as usize);
    for word in [0, SKIPPED, table_bytes as u32] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(lengths.iter().flat_map(|length| length.to_le_bytes()));
    bytes.extend(base.to_le_bytes());
    bytes.extend(plain_bytes.to_le_bytes());
    bytes.extend(checksum(&bytes[SEAM_BYTES as usize..]).to_le_bytes());
    bytes.extend(TABLE_MAGIC);
    bytes
}

impl Table {
    /// Where the blocks of this file are: as its table says, or where that is damaged, as they say themselves.
    ///
    /// # Errors
    /// What the system answers.
    pub fn of(file: &File) -> io::Result<Self> {
        let file_bytes = file.metadata()?.len();
        match Self::at_the_end(file, file_bytes)? {
            Some(table) => Ok(table),
            None => Self::block_by_block(file, file_bytes),
        }
    }

    fn at_the_end(file: &File, file_bytes: u64) -> io::Result<Option<Self>> {
        let mut foot = [0; FOOT_BYTES as usize];
        let foot_at = file_bytes.saturating_sub(FOOT_BYTES);
        if read_at(file, &mut foot, foot_at)? < foot.len() || foot[20..] != TABLE_MAGIC {
            return Ok(None);
        }
        let (base, plain_bytes) = (u64_of(&foot[..8]), u64_of(&foot[8..16]));
        let n = plain_bytes.div_ceil(BLOCK_BYTES);
        let lengths_at = n.checked_mul(4).and_then(|bytes| foot_at.checked_sub(bytes));
        let Some(lengths_at) = lengths_at else { return Ok(None) };
        let mut bytes = vec![0; (foot_at - lengths_at) as usize + 16];
        let read = read_at(file, &mut bytes, lengths_at)?;
        if read < bytes.len() || checksum(&bytes) != u32_of(&foot[16..20]) {
            return Ok(None);
        }
        let mut table = Self { base, plain_bytes, blocks: Vec::with_capacity(n as usize) };
        let mut at = HEADER_BYTES;
        for length in bytes.as_chunks().0.iter().take(n as usize).map(|word| u32::from_le_bytes(*word)) {
            table.blocks.push((at + 4, length));
            at += packed_bytes(length) as u64 + AROUND_BYTES;
        }
        Ok((at + SEAM_BYTES == lengths_at).then_some(table))
    }

    /// What is cut off is not there: like the end of a plain file.
    fn block_by_block(file: &File, file_bytes: u64) -> io::Result<Self> {
        let mut table = Self { base: NOWHERE, plain_bytes: 0, blocks: Vec::new() };
        let (mut at, mut word) = (HEADER_BYTES, [0; 4]);
        let ended = loop {
            if read_at(file, &mut word, at)? < word.len() {
                break false;
            }
            let length = u32::from_le_bytes(word);
            let next = at + packed_bytes(length) as u64 + AROUND_BYTES;
            if length == 0 {
                break true;
            }
            if packed_bytes(length) as u64 > BLOCK_BYTES || next > file_bytes {
                break false;
            }
            table.blocks.push((at + 4, length));
            at = next;
        };
        let n = table.blocks.len() as u64;
        let said = said_by_header(file)?;
        table.plain_bytes = match said {
            Some(said) if ended && said.div_ceil(BLOCK_BYTES) == n => said,
            Some(said) if !ended => said.min(n * BLOCK_BYTES),
            // The last block may be shorter than the others, and nothing says how short.
            Some(_) | None => n.saturating_sub(1) * BLOCK_BYTES,
        };
        table.blocks.truncate(table.plain_bytes.div_ceil(BLOCK_BYTES) as usize);
        Ok(table)
    }
}

fn said_by_header(file: &File) -> io::Result<Option<u64>> {
    let mut bytes = [0; HEADER_BYTES as usize];
    read_at(file, &mut bytes, 0)?;
    let said = u64_of(&bytes[6..14]);
    Ok((header(said) == bytes).then_some(said))
}

fn u32_of(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

fn u64_of(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}
