//! From a run directory to its segments, while a keeper may be rotating and deleting them.
//!
//! A segment is known by its number, never by its name alone: rotation renames `out.log` and `out.idx` one after the
//! other, so a listing is trusted only when the directory looks the same after everything was opened. Used by `reader`.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::extent::Extent;
use super::index::Header;
use super::packed::Content;
use super::records::{Records, header_of};
use super::stored::{Stored, is_there};
use crate::wire::layout::{INDEX, LOG, PACKED};

/// Rotations in a row that may spoil a listing before it is taken as it is.
const TRIES: u32 = 200;

/// The names in a run directory that matter.
#[derive(Debug, Default, PartialEq, Eq)]
struct Names {
    logs: BTreeSet<u64>,
    indexes: BTreeSet<u64>,
    log: bool,
    /// What `out.idx` says it belongs to.
    index: Option<Header>,
}

fn names(dir: &Path) -> io::Result<Names> {
    let mut names = Names { index: active_header(dir), ..Names::default() };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        // Packed or not, it is the same segment.
        let name = name.strip_suffix(PACKED).and_then(|name| name.strip_suffix('.')).unwrap_or(name);
        names.log |= name == LOG;
        names.logs.extend(numbered(name, LOG));
        names.indexes.extend(numbered(name, INDEX));
    }
    Ok(names)
}

/// The number of a closed segment in its name.
pub(super) fn numbered(name: &str, stem: &str) -> Option<u64> {
    let digits = name.strip_prefix(stem)?.strip_prefix('.')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The path of closed segment `number`, or of its index.
pub(super) fn closed_path(dir: &Path, stem: &str, number: u64) -> PathBuf {
    dir.join(format!("{stem}.{number}"))
}

/// What `out.idx` says now.
pub(super) fn active_header(dir: &Path) -> Option<Header> {
    header_of(&mut Stored::later(dir.join(INDEX), Content::Index))
}

/// All segments in this directory, oldest first, each where it belongs. Those in `known` keep their open files.
///
/// # Errors
/// What the system answers, but not that something is missing.
pub(super) fn gather(dir: &Path, mut known: Vec<Extent>) -> io::Result<Vec<Extent>> {
    for _ in 1..TRIES {
        let before = names(dir)?;
        let extents = collect(dir, &before, &mut known)?;
        if names(dir)? == before {
            return Ok(place(extents));
        }
        // Only names with a number are sure to mean the same file the next time.
        known = extents.into_iter().filter(|extent| extent.sealed && extent.records.is_some()).collect();
    }
    let last = names(dir)?;
    Ok(place(collect(dir, &last, &mut known)?))
}

fn collect(dir: &Path, names: &Names, known: &mut Vec<Extent>) -> io::Result<Vec<Extent>> {
    let mut extents = Vec::with_capacity(names.logs.len() + 1);
    for number in names.logs.iter().copied() {
        if let Some(extent) = present(closed(dir, number, take(known, number)))? {
            extents.push(extent);
        }
    }
    if names.log
        && let Some(extent) = present(active(dir, names, known))?
    {
        extents.push(extent);
    }
    Ok(extents)
}

fn take(known: &mut Vec<Extent>, number: u64) -> Option<Extent> {
    known.iter().position(|extent| extent.number == number).map(|i| known.swap_remove(i))
}

/// A file that went while we looked is no error.
fn present(found: io::Result<Extent>) -> io::Result<Option<Extent>> {
    match found {
        Ok(extent) => Ok(Some(extent)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn closed(dir: &Path, number: u64, known: Option<Extent>) -> io::Result<Extent> {
    let path = closed_path(dir, LOG, number);
    let index = closed_path(dir, INDEX, number);
    let mut extent = match known {
        Some(extent) if extent.sealed => return Ok(extent),
        Some(extent) => extent,
        None => Extent::new(number, u64::MAX, Stored::later(path.clone(), Content::Output), None),
    };
    let base = extent.base;
    let own = |path| Records::open(path).filter(|records| belongs(records, number, base));
    if extent.records.is_none() {
        // Between the two renames the index is still under its old name.
        extent.records = own(index.clone()).or_else(|| own(dir.join(INDEX)));
    }
    extent.data.path = path;
    extent.refresh()?;
    // Until the index has its final name too, the file that is open is the only way to it.
    extent.sealed = extent.records.is_none() || is_there(&index);
    if let Some(records) = &mut extent.records {
        records.file.path = index;
    }
    if extent.sealed {
        extent.close();
    }
    Ok(extent)
}

fn active(dir: &Path, names: &Names, known: &mut Vec<Extent>) -> io::Result<Extent> {
    let newest = names.logs.last().copied();
    let index = names.index.filter(|header| newest.is_none_or(|newest| header.number() > newest));
    let early = names.indexes.last().copied().filter(|number| newest.is_none_or(|newest| *number > newest));
    let number = match (index, early) {
        // The index was renamed first, and this is still the segment it belongs to.
        (_, Some(early)) => early,
        (Some(header), None) => header.number(),
        (None, None) => {
            let next = newest.map_or(1, |newest| newest.saturating_add(1));
            known.iter().filter(|extent| !extent.sealed).map(|extent| extent.number).fold(next, u64::max)
        }
    };
    let mut extent = match take(known, number) {
        Some(extent) => extent,
        None => Extent::new(number, u64::MAX, Stored::now(dir.join(LOG), Content::Output)?, None),
    };
    if extent.records.is_none() {
        let path = early.map_or_else(|| dir.join(INDEX), |number| closed_path(dir, INDEX, number));
        extent.records = Records::open(path).filter(|records| belongs(records, number, extent.base));
    }
    extent.refresh()?;
    Ok(extent)
}

/// An index is that of the segment with its number, at the place the segment has got already.
const fn belongs(records: &Records, number: u64, base: u64) -> bool {
    records.header.number() == number && (base == u64::MAX || base == records.header.base)
}

/// Gives every segment its offset: what its index or its data says, if that can be true, else where the one before ends.
fn place(mut extents: Vec<Extent>) -> Vec<Extent> {
    let mut end = first_base(&extents);
    for extent in &mut extents {
        if extent.base == u64::MAX {
            match extent.said_base() {
                Some(base) if base >= end => extent.base = base,
                Some(_) => {
                    extent.records = None;
                    extent.base = end;
                }
                None => extent.base = end,
            }
        }
        end = extent.end();
    }
    extents
}

/// Where the oldest segment begins, computed back from the first that knows its place.
fn first_base(extents: &[Extent]) -> u64 {
    let mut before: u64 = 0;
    for extent in extents {
        if extent.base != u64::MAX {
            return extent.base.saturating_sub(before);
        }
        if let Some(base) = extent.said_base() {
            return base.saturating_sub(before);
        }
        before = before.saturating_add(extent.len);
    }
    0
}
