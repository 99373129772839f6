//! What output there is, on disk.

use std::path::Path;
use std::time::SystemTime;

use super::plan::Kept;
use crate::domain::{ProcessName, RunNo};
use crate::logs::{disk, runs};
use crate::wire::layout::{LOG, Layout, RECORD};

/// All runs of all processes that ever ran, those that no config knows any more included. What each takes and when it was
/// written is looked up only when `in_detail`: a count needs neither.
pub(super) fn take(layout: &Layout, in_detail: bool) -> Vec<Kept> {
    let names = runs::processes(&layout.runs());
    names.iter().flat_map(|name| of_process(layout, name, in_detail)).collect()
}

/// The runs of one process, oldest first.
pub(in crate::supervisor) fn of_process(layout: &Layout, name: &ProcessName, in_detail: bool) -> Vec<Kept> {
    let numbers = runs::numbers(&layout.process(name));
    let Some(newest) = numbers.last().copied() else { return Vec::new() };
    // One that begins in between is not in what is planned with.
    let written = runs::written(&layout.process(name), &numbers);
    let kept = |no: RunNo| {
        let dir = layout.run(name, no);
        Kept {
            name: name.clone(),
            no,
            bytes: if in_detail { disk::usage(&dir) } else { 0 },
            written_at: if in_detail { written_at(&dir) } else { SystemTime::UNIX_EPOCH },
            is_newest: no == newest,
            is_written: written.contains(&no),
            dir,
        }
    };
    numbers.into_iter().map(kept).collect()
}

/// When the record or the log of a run was last written: its end, once it has one.
fn written_at(dir: &Path) -> SystemTime {
    let modified = |name: &str| std::fs::metadata(dir.join(name)).and_then(|data| data.modified()).ok();
    let known = [modified(RECORD), modified(LOG)].into_iter().flatten().max();
    // Neither is there: whatever it was, it is younger than any limit, and goes by count.
    known.unwrap_or_else(SystemTime::now)
}
