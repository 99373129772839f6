//! Packs files of a log that nobody writes any more: the packed one is made whole beside the plain one, then the plain one goes.
//!
//! At every moment one of both is there and whole, and readers take either. Whoever calls this sees to it that nobody else packs
//! the same run; keepers may rotate and whoever likes may remove meanwhile. Called by the supervisor.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::disk::files;
use super::listing::{active_header, closed_path, numbered};
use super::packed::frame::{self, AS_IT_WAS, BLOCK_BYTES, NOWHERE};
use super::packed::{Content, columns};
use super::records::header_of;
use super::stored::{Stored, is_there, packed_path};
use crate::platform::files::write_durable_with;
use crate::platform::pread::read_at;
use crate::wire::layout::{INDEX, LOG, PACKED};

/// A smaller file takes as much of the disk however small it is, in bytes.
const SMALLEST_BYTES: u64 = 4 << 10;
/// Plain bytes after which the caller is asked whether to go on.
const STRIDE_BYTES: u64 = 16 * BLOCK_BYTES;
/// Bytes written together.
const WRITE_BYTES: usize = 256 << 10;

/// Packs the closed segments in this run directory, and where it `is_over`, the last one too; the newest first, because they stay
/// longest. `go_on` is asked after every megabyte, and may take its time.
///
/// # Errors
/// What the system answers, and [`io::ErrorKind::Interrupted`] where `go_on` said no. What was packed stays packed.
pub fn pack_run(dir: &Path, is_over: bool, go_on: &mut dyn FnMut() -> bool) -> io::Result<()> {
    // A closed segment is one that its keeper has nothing open of any more: the next one is in its place.
    let open_number = active_header(dir).map_or(0, |header| header.number());
    let mut chosen = Vec::new();
    for (path, bytes) in files(dir) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for stem in [LOG, INDEX] {
            let number = if name == stem { Some(u64::MAX) } else { numbered(name, stem) };
            if bytes >= SMALLEST_BYTES
                && let Some(number) = number.filter(|number| is_over || *number < open_number)
            {
                chosen.push((number, path.clone()));
            }
            if is_unfinished(name, stem) || is_removed(dir, name, open_number) {
                drop(fs::remove_file(&path));
            }
        }
    }
    chosen.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
    chosen.iter().try_for_each(|(_, path)| pack(path, go_on))
}

/// Somebody who packed came to a sudden end here, after the segment had been removed under them: its index has gone, and so has
/// the segment after it.
fn is_removed(dir: &Path, name: &str, open_number: u64) -> bool {
    let plain = name.strip_suffix(PACKED).and_then(|name| name.strip_suffix('.'));
    let number_of = |stem| plain.and_then(|name| numbered(name, stem));
    let is_gone = |stem, number| !is_there(&closed_path(dir, stem, number));
    number_of(INDEX).is_some_and(|number| is_gone(LOG, number))
        || number_of(LOG)
            .is_some_and(|number| number + 1 < open_number && is_gone(INDEX, number) && is_gone(LOG, number + 1))
}

/// Somebody who packed came to a sudden end here, too.
fn is_unfinished(name: &str, stem: &str) -> bool {
    let rest = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(".new"));
    rest.is_some_and(|rest| rest.split('.').any(|part| part == PACKED))
}

/// Packs this file, a segment or an index that nobody writes any more; nothing happens where it is gone.
///
/// # Errors
/// As [`pack_run`]; then it is as it was.
pub fn pack(path: &Path, go_on: &mut dyn FnMut() -> bool) -> io::Result<()> {
    let is_index = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(INDEX.as_bytes()));
    let (content, base) = if is_index { (Content::Index, NOWHERE) } else { (Content::Output, base_of(path)) };
    let plain = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        plain => plain?,
    };
    let data = plain.metadata()?;
    let packed = packed_path(path);
    write_durable_with(&packed, |file| {
        write(&plain, data.len(), content, base, file, go_on)?;
        file.set_modified(data.modified()?)
    })?;
    drop(plain);
    settle(path, &packed, data.len())
}

/// Where the segment at `path` begins in the run, as its index says.
fn base_of(path: &Path) -> u64 {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let index = path.with_file_name(name.replacen(LOG, INDEX, 1));
    header_of(&mut Stored::later(index, Content::Index)).map_or(NOWHERE, |header| header.base)
}

/// The plain file goes where it is still what was packed, else the packed one: whoever removed the plain one while it was packed
/// meant what is in it.
fn settle(path: &Path, packed: &Path, plain_bytes: u64) -> io::Result<()> {
    let is_same = fs::metadata(path).is_ok_and(|data| data.len() == plain_bytes);
    let removed = if is_same { fs::remove_file(path) } else { Err(io::ErrorKind::NotFound.into()) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => drop(fs::remove_file(packed)),
        removed => removed?,
    }
    Ok(())
}

fn write(
    plain: &File,
    plain_bytes: u64,
    content: Content,
    base: u64,
    file: &mut File,
    go_on: &mut dyn FnMut() -> bool,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(WRITE_BYTES, file);
    out.write_all(&frame::header(plain_bytes))?;
    let (mut lengths, mut block, mut packer) = (Vec::new(), vec![0; BLOCK_BYTES as usize], Packer::new());
    let mut at = 0;
    while at < plain_bytes {
        block.truncate((plain_bytes - at).min(BLOCK_BYTES) as usize);
        if read_at(plain, &mut block, at)? < block.len() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter while it was packed"));
        }
        let (length, data) = packer.pack(content, &block);
        out.write_all(&length.to_le_bytes())?;
        out.write_all(data)?;
        out.write_all(&frame::checksum(data).to_le_bytes())?;
        lengths.push(length);
        at += block.len() as u64;
        if at.is_multiple_of(STRIDE_BYTES) && !go_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    out.write_all(&frame::trailer(base, plain_bytes, &lengths))?;
    out.flush()
}

/// Packs blocks with the same memory.
struct Packer {
    spread: Vec<u8>,
    packed: Vec<u8>,
    back: Vec<u8>,
    table: lz4_flex::block::CompressTable,
}

impl Packer {
    fn new() -> Self {
        let room = lz4_flex::block::get_maximum_output_size(BLOCK_BYTES as usize);
        let (spread, back) = (vec![0; BLOCK_BYTES as usize], vec![0; BLOCK_BYTES as usize]);
        Self { spread, packed: vec![0; room], back, table: lz4_flex::block::CompressTable::small() }
    }

    /// One block as it is to lie in the file, and its length with the mark whether it is packed. What does not come back as it
    /// was stays as it was: the plain file is the only copy.
    fn pack<'a>(&'a mut self, content: Content, block: &'a [u8]) -> (u32, &'a [u8]) {
        let data = match content {
            Content::Output => block,
            Content::Index => {
                columns::spread(block, &mut self.spread[..block.len()]);
                &self.spread[..block.len()]
            }
        };
        let packed = lz4_flex::block::compress_into_with_table(data, &mut self.packed, &mut self.table);
        let packed = packed.ok().filter(|n| *n < data.len()).map(|n| &self.packed[..n]);
        let back = &mut self.back[..data.len()];
        let sound = packed.filter(|packed| {
            lz4_flex::block::decompress_into(packed, back).is_ok_and(|n| n == data.len()) && *back == *data
        });
        match sound {
            Some(packed) => (packed.len() as u32, packed),
            None => (data.len() as u32 | AS_IT_WAS, data),
        }
    }
}

#[cfg(test)]
mod tests;
