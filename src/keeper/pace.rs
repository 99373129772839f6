//! When to nap before the next read: a child that writes line by line would else wake the keeper for each of them.
//!
//! Pure. A nap begins after a row of small reads in quick succession and grows or shrinks so that the pipe fills but does not overflow:
//! the child shall not wait. Never used on a terminal, where a person may be typing. Measured: see the throughput bench.

/// Reads in a row, this close together, before the first nap.
const ROW: u8 = 8;
const CLOSE_US: u64 = 300;
/// A read of at least this many bytes is worth its wake-up, and says that the pipe is filling faster than we nap.
pub const HALF_PIPE: usize = 32 << 10;
const SHORTEST_NAP_US: u32 = 50;
const LONGEST_NAP_US: u32 = 1000;

/// How quickly a stream talks.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    row: u8,
    last_us: u64,
    nap_us: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { row: 0, last_us: 0, nap_us: SHORTEST_NAP_US }
    }
}

impl Pace {
    /// After a read of `bytes` at `now_us`: how long to wait before the next one, in microseconds.
    pub fn after_read(&mut self, now_us: u64, bytes: usize) -> Option<u32> {
        let napping = self.row >= ROW;
        let gap = now_us.saturating_sub(self.last_us);
        self.last_us = now_us;
        let close = gap < CLOSE_US + if napping { u64::from(self.nap_us) } else { 0 };
        if !close {
            self.row = 0;
            return None;
        }
        if napping {
            self.adjust(bytes);
        } else if bytes >= HALF_PIPE {
            self.row = 0;
        } else {
            self.row += 1;
        }
        (self.row >= ROW).then_some(self.nap_us)
    }

    fn adjust(&mut self, bytes: usize) {
        if bytes >= HALF_PIPE && self.nap_us == SHORTEST_NAP_US {
            // It fills the pipe faster than anyone can nap: a nap would only make it wait.
            self.row = 0;
        } else if bytes >= HALF_PIPE {
            self.nap_us = (self.nap_us / 2).max(SHORTEST_NAP_US);
        } else if bytes < HALF_PIPE / 3 {
            self.nap_us = (self.nap_us + self.nap_us / 4).min(LONGEST_NAP_US);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_lines_makes_it_nap_and_silence_ends_that() {
        let mut pace = Pace::default();
        let naps: Vec<_> = (1..=10).map(|n| pace.after_read(n * 100, 80)).collect();
        assert_eq!(naps.iter().filter(|nap| nap.is_some()).count(), 3);
        assert_eq!(pace.after_read(50_000, 80), None);
        assert_eq!(pace.after_read(50_100, 80), None);
    }

    #[test]
    fn big_reads_never_nap_and_make_naps_shorter() {
        let mut pace = Pace::default();
        assert!((1..=100).all(|n| pace.after_read(n * 100, 65_536).is_none()));
        let naps: Vec<_> = (200..=220).filter_map(|n| pace.after_read(n * 100, 80)).collect();
        assert!(naps.is_sorted() && naps[0] == SHORTEST_NAP_US && naps[12] > 4 * SHORTEST_NAP_US, "{naps:?}");
        let shorter: Vec<_> = (0..5).filter_map(|n| pace.after_read(22_100 + n * 100, 65_536)).collect();
        assert!(shorter.is_sorted_by(|a, b| a > b) && shorter.last() == Some(&SHORTEST_NAP_US), "{shorter:?}");
        assert!((0..50).all(|n| pace.after_read(22_600 + n * 100, 65_536).is_none()), "the child was made to wait");
    }
}
