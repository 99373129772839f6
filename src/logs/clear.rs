//! Removing what a process printed, as far as nobody writes it any more. How its last run ended stays.
//!
//! Asked by `pm logs NAME --clear` and by the dashboard.

use std::io;
use std::path::Path;

use super::{disk, runs};
use crate::domain::RunNo;
use crate::wire::layout::run_dir;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Earlier runs that were removed.
    pub runs: u32,
    /// Bytes of disk that were freed.
    pub bytes: u64,
    /// Bytes of output that stay because they are being written.
    pub kept_bytes: u64,
}

/// Removes the runs of the process in this directory, or one of them; `None` when there is no such run.
///
/// # Errors
/// What the system answers.
pub fn clear(process: &Path, only: Option<RunNo>) -> io::Result<Option<Cleared>> {
    let numbers = runs::numbers(process);
    let Some(newest) = numbers.last().copied() else { return Ok(None) };
    let chosen: Vec<RunNo> = numbers.iter().copied().filter(|no| only.is_none_or(|only| only == *no)).collect();
    if chosen.is_empty() {
        return Ok(None);
    }
    let written = runs::written(process, &numbers);
    let mut cleared = Cleared::default();
    for no in chosen {
        let dir = process.join(run_dir(no));
        let before = disk::usage(&dir);
        let stays = no == newest || written.contains(&no);
        if written.contains(&no) {
            disk::remove_closed(&dir)?;
        } else if stays {
            disk::remove_output(&dir)?;
        } else {
            std::fs::remove_dir_all(&dir)?;
        }
        let left = disk::usage(&dir);
        cleared.runs += u32::from(!stays);
        cleared.bytes += before.saturating_sub(left);
        if stays {
            cleared.kept_bytes += disk::output(&dir);
        }
    }
    Ok(Some(cleared))
}
