//! What a failed start printed last, which is its reason.

use std::path::Path;

use crate::logs::ansi;
use crate::logs::lines::{Line, StreamFilter};
use crate::logs::reader::last_lines;

/// So many lines.
const LAST_LINES: usize = 5;

/// The last lines of the run in this directory, without colours and without those that are empty; none where it cannot be read.
pub fn of(dir: &Path) -> Vec<String> {
    let lines = last_lines(dir, LAST_LINES, StreamFilter::All);
    let plain = |line: &Line| ansi::plain(&line.bytes).trim_end().to_owned();
    lines.map(|lines| lines.iter().map(plain).filter(|line| !line.is_empty()).collect()).unwrap_or_default()
}
