//! Walking over the lines of a log, window by window, in either direction.
//!
//! The inner half of `reader`, which turns what is met into pages. Knows no lines of its own making.

use std::io;

use super::lines::StreamFilter;
use super::reader::LogReader;
use super::window::Window;

/// First read of a walk, in bytes. Over twice `CUT_BYTES`, which is as far as the rule of lines looks.
pub(super) const READ_FIRST: u64 = 64 << 10;
/// Largest read, in bytes.
const READ_MAX: u64 = 1 << 20;

impl LogReader {
    /// Calls `sink` with the lines that end at or before `from`, the last one first, until it has said `n` times that one counts;
    /// answers where it stopped.
    pub(super) fn walk_back(
        &mut self,
        from: u64,
        n: usize,
        filter: StreamFilter,
        mut sink: impl FnMut(&Window, u64, u64) -> bool,
    ) -> io::Result<u64> {
        let (mut end, mut left, mut size) = (from, n, READ_FIRST);
        while left > 0 {
            let Some(accepted) = self.accepted_before(end, filter)? else { return Ok(self.start()) };
            // One byte more shows why the last line ends.
            let window = self.load(accepted - 1, accepted.saturating_sub(size), accepted + 1)?;
            end = accepted.min(window.hi());
            while left > 0
                && end > window.lo
                && let Some(start) = window.start_of(end)
            {
                if window.accepts(start, filter) {
                    left -= usize::from(sink(&window, start, end));
                }
                end = start;
            }
            self.window = window;
            size = next_size(size, filter);
        }
        self.give_back();
        Ok(end)
    }

    /// Calls `sink` with up to `n` lines from `from` on, as if the log ended at `until`; answers where it stopped.
    pub(super) fn walk_forward(
        &mut self,
        from: u64,
        until: u64,
        n: usize,
        filter: StreamFilter,
        mut sink: impl FnMut(&Window, u64, u64),
    ) -> io::Result<u64> {
        let (mut at, mut left, mut size) = (from, n, READ_FIRST);
        while left > 0 && at < until {
            let accepted = self.accepted_from(at, filter)?.filter(|accepted| *accepted < until);
            let Some(accepted) = accepted else { return Ok(until) };
            at = accepted;
            // One byte more shows whether the first line begins in the middle of one.
            let mut window = self.load(at, at.saturating_sub(1), until.min(at + size))?;
            if window.hi() == until {
                (window.hard_hi, window.at_end) = (true, true);
            }
            while left > 0
                && at < window.hi()
                && let Some(end) = window.end_of(at)
            {
                if window.accepts(at, filter) {
                    sink(&window, at, end);
                    left -= 1;
                }
                at = end;
            }
            self.window = window;
            size = next_size(size, filter);
        }
        self.give_back();
        Ok(at)
    }

    /// Where the last bytes before `before` that the filter accepts end.
    pub(super) fn accepted_before(&mut self, before: u64, filter: StreamFilter) -> io::Result<Option<u64>> {
        let is_long = self.is_long();
        for extent in self.extents.iter_mut().rev() {
            let found = match filter {
                StreamFilter::All => Some(before.min(extent.end())).filter(|end| *end > extent.base),
                StreamFilter::Stdout | StreamFilter::Stderr => extent.accepted_before(before, filter)?,
            };
            if found.is_some() {
                return Ok(found);
            }
            extent.pass(is_long);
        }
        Ok(None)
    }

    /// Where the first bytes from `from` on that the filter accepts begin.
    pub(super) fn accepted_from(&mut self, from: u64, filter: StreamFilter) -> io::Result<Option<u64>> {
        let is_long = self.is_long();
        for extent in &mut self.extents {
            let found = match filter {
                StreamFilter::All => Some(from.max(extent.base)).filter(|start| *start < extent.end()),
                StreamFilter::Stdout | StreamFilter::Stderr => extent.accepted_from(from, filter)?,
            };
            if found.is_some() {
                return Ok(found);
            }
            extent.pass(is_long);
        }
        Ok(None)
    }

    /// The bytes `lo..hi`, or what of it hangs together with the byte at `around`.
    pub(super) fn load(&mut self, around: u64, lo: u64, hi: u64) -> io::Result<Window> {
        let mut window = std::mem::take(&mut self.window);
        window.chunks.clear();
        let holder = self.extents.iter().rposition(|extent| extent.base <= around && around < extent.end());
        let Some(holder) = holder else {
            window.bytes.clear();
            return Ok(window);
        };
        let (first, hard_lo) = self.reach_back(holder, lo);
        let (last, hard_hi) = self.reach_forward(holder, hi);
        window.lo = lo.max(self.extents[first].base);
        let hi = hi.min(self.extents[last].end());
        window.bytes.resize((hi - window.lo) as usize, 0);
        (window.hard_lo, window.hard_hi, window.at_end) = (hard_lo, hard_hi, hard_hi && hi == self.end());
        for extent in &mut self.extents[first..=last] {
            let (from, to) = (window.lo.max(extent.base), hi.min(extent.end()));
            let part = &mut window.bytes[(from - window.lo) as usize..(to - window.lo) as usize];
            let read = extent.read(part, from)? as u64;
            extent.chunks(from, from + read, &mut window.chunks)?;
            if from + read < to {
                // Somebody made the file shorter: what is gone is a hole from now on.
                extent.len = from + read - extent.base;
                window.bytes.truncate((from + read - window.lo) as usize);
                (window.hard_hi, window.at_end) = (true, false);
                break;
            }
        }
        window.index_switches();
        Ok(window)
    }

    /// The segment that holds `lo`, or the first that hangs together with `holder`, and whether the log begins there.
    fn reach_back(&self, holder: usize, lo: u64) -> (usize, bool) {
        let joined = |i: usize| i > 0 && self.extents[i - 1].end() == self.extents[i].base;
        let mut first = holder;
        while joined(first) && lo < self.extents[first].base + u64::from(self.extents[first - 1].len == 0) {
            first -= 1;
        }
        (first, lo <= self.extents[first].base && !joined(first))
    }

    /// The same towards the end.
    fn reach_forward(&self, holder: usize, hi: u64) -> (usize, bool) {
        let joined = |i: usize| i + 1 < self.extents.len() && self.extents[i].end() == self.extents[i + 1].base;
        let mut last = holder;
        while joined(last) && hi + u64::from(self.extents[last + 1].len == 0) > self.extents[last].end() {
            last += 1;
        }
        (last, hi >= self.extents[last].end() && !joined(last))
    }

    /// A long walk leaves no large buffer behind.
    pub(super) fn give_back(&mut self) {
        self.window.bytes.truncate(READ_FIRST as usize);
        self.window.bytes.shrink_to(READ_FIRST as usize);
    }
}

/// A filter jumps from place to place, so only without one does reading ahead pay.
const fn next_size(size: u64, filter: StreamFilter) -> u64 {
    match filter {
        StreamFilter::All if size < READ_MAX => size * 2,
        StreamFilter::All | StreamFilter::Stdout | StreamFilter::Stderr => size,
    }
}
