//! How far work on a log is, and when to tell. Called by whatever takes longer than a glance.

use std::time::{Duration, Instant};

/// Between two reports.
const REPORT: Duration = Duration::from_millis(100);

/// When the last report was.
pub(super) struct Reports {
    last: Instant,
}

impl Reports {
    pub(super) fn start() -> Self {
        Self { last: Instant::now() }
    }

    /// True as often as somebody who waits wants to hear of it.
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.last.elapsed() >= REPORT;
        if is_due {
            self.last = Instant::now();
        }
        is_due
    }
}

/// Hundredths of `total` that are done, 99 at most: the last one is said by the end itself.
pub(super) fn percent(done: u64, total: u64) -> u8 {
    (u128::from(done) * 100 / u128::from(total.max(1))).min(99) as u8
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn work_is_not_done_before_it_ends() {
        assert_eq!((percent(0, 0), percent(1, 3), percent(u64::MAX, u64::MAX)), (0, 33, 99));
    }
}
