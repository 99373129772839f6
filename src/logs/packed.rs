//! A packed file, read at any place as if it were the plain one: only the block that holds the place is unpacked, and one is kept.
//!
//! A block that is damaged reads as a note about it, as long as what it held, so that everything else stays in its place; of
//! an index it reads as nothing described. Knows no names and no lines. Used by `stored`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Range;

use crate::platform::pread::read_at;
use frame::{AS_IT_WAS, BLOCK_BYTES, NOWHERE, Table, checksum, packed_bytes};

pub(super) mod columns;
pub(super) mod frame;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Output.
    Output,
    /// Records of an index.
    Index,
}

/// One packed file, open.
#[derive(Debug)]
pub(super) struct Packed {
    file: File,
    content: Content,
    table: Table,
    /// The block that was read in part last, and its number.
    kept: (usize, Vec<u8>),
    /// Memory for blocks as they lie in the file.
    raw: Vec<u8>,
    /// Blocks that were found damaged.
    damaged: BTreeSet<usize>,
}

impl Packed {
    /// # Errors
    /// What the system answers; damage is none.
    pub(super) fn open(file: File, content: Content) -> io::Result<Self> {
        let table = Table::of(&file)?;
        Ok(Self { file, content, table, kept: (usize::MAX, Vec::new()), raw: Vec::new(), damaged: BTreeSet::new() })
    }

    /// Bytes of the plain file.
    pub(super) const fn len(&self) -> u64 {
        self.table.plain_bytes
    }

    /// Where it begins in the run, if it says so.
    pub(super) fn base(&self) -> Option<u64> {
        Some(self.table.base).filter(|base| *base != NOWHERE)
    }

    /// Fills `buf` from `at`, in bytes of the plain file; fewer at its end.
    pub(super) fn read(&mut self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        let wanted = self.len().saturating_sub(at).min(buf.len() as u64) as usize;
        let mut rest = &mut buf[..wanted];
        let mut at = at;
        while !rest.is_empty() {
            let (number, within) = ((at / BLOCK_BYTES) as usize, (at % BLOCK_BYTES) as usize);
            let whole = self.plain(number);
            let whole = (whole.end - whole.start) as usize;
            let (now, later) = rest.split_at_mut(rest.len().min(whole - within));
            if now.len() == whole && self.kept.0 != number {
                self.unpack(number, now)?;
            } else {
                now.copy_from_slice(&self.block(number, whole)?[within..within + now.len()]);
            }
            at += now.len() as u64;
            rest = later;
        }
        Ok(wanted)
    }

    /// What was found damaged so far, in bytes of the plain file.
    pub(super) fn damaged(&self) -> impl Iterator<Item = Range<u64>> {
        self.damaged.iter().map(|number| self.plain(*number))
    }

    /// What a block is of the plain file.
    fn plain(&self, number: usize) -> Range<u64> {
        let start = number as u64 * BLOCK_BYTES;
        start..self.len().min(start + BLOCK_BYTES)
    }

    fn block(&mut self, number: usize, whole: usize) -> io::Result<&[u8]> {
        if self.kept.0 != number {
            let mut block = std::mem::take(&mut self.kept.1);
            block.resize(whole, 0);
            self.kept.0 = usize::MAX;
            self.unpack(number, &mut block)?;
            self.kept = (number, block);
        }
        Ok(&self.kept.1)
    }

    /// Unpacks a block, all of it.
    fn unpack(&mut self, number: usize, out: &mut [u8]) -> io::Result<()> {
        let (at, length) = self.table.blocks[number];
        self.raw.resize(packed_bytes(length) + 4, 0);
        let read = read_at(&self.file, &mut self.raw, at)?;
        let is_whole = read == self.raw.len();
        let sound =
            self.raw.split_last_chunk().filter(|(data, sum)| is_whole && checksum(data) == u32::from_le_bytes(**sum));
        if sound.is_none_or(|(data, _)| !restore(data, length & AS_IT_WAS != 0, self.content, out)) {
            self.damaged.insert(number);
            match self.content {
                Content::Output => tell(out),
                Content::Index => out.fill(0),
            }
        }
        Ok(())
    }
}

/// Fills `out` with what was packed into `data`; false where that is something else.
fn restore(data: &[u8], as_it_was: bool, content: Content, out: &mut [u8]) -> bool {
    let unpack = |out: &mut [u8]| {
        if !as_it_was {
            return lz4_flex::block::decompress_into(data, out).is_ok_and(|n| n == out.len());
        }
        let fits = data.len() == out.len();
        if fits {
            out.copy_from_slice(data);
        }
        fits
    };
    match content {
        Content::Output => unpack(out),
        Content::Index => {
            let mut spread = vec![0; out.len()];
            let fits = unpack(&mut spread);
            if fits {
                columns::gather(&spread, out);
            }
            fits
        }
    }
}

/// One line that takes the place of what was lost.
fn tell(out: &mut [u8]) {
    let note = format!("[pm] {} bytes of output are lost here: their block of the packed log is damaged", out.len());
    out.fill(b' ');
    let n = note.len().min(out.len());
    out[..n].copy_from_slice(&note.as_bytes()[..n]);
    if let Some(last) = out.last_mut() {
        *last = b'\n';
    }
}
