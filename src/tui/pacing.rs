//! When the next frame may be drawn: at once after a key, else at most so often, and less often where the terminal is slow.
//!
//! Called by the loop.

use std::time::{Duration, Instant};

/// Between two frames that no key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// The same over a line that is likely slow.
const FRAME_REMOTE: Duration = Duration::from_millis(50);
/// The same while nobody looks.
const FRAME_UNFOCUSED: Duration = Duration::from_millis(500);
/// A frame that took longer than this to write was too much for the terminal.
const SLOW_WRITE: Duration = Duration::from_millis(20);
/// However slow the terminal, this often it gets a frame.
const FRAME_SLOWEST: Duration = Duration::from_secs(1);

/// When the next frame may be drawn.
#[derive(Debug)]
pub struct Pacing {
    last: Instant,
    interval: Duration,
    slowed: Duration,
    /// Somebody waits for it.
    pub urgent: bool,
}

impl Pacing {
    /// The first frame is due at once.
    pub fn start() -> Self {
        let interval = if std::env::var_os("SSH_CONNECTION").is_some() { FRAME_REMOTE } else { FRAME };
        Self { last: Instant::now(), interval, slowed: Duration::ZERO, urgent: true }
    }

    /// When a frame may be drawn; `None` = at once.
    pub fn due(&self, focused: bool) -> Option<Instant> {
        let least = if focused { self.interval.max(self.slowed) } else { FRAME_UNFOCUSED };
        (!self.urgent).then(|| self.last + least)
    }

    /// One is being drawn.
    pub fn drawn(&mut self) {
        self.last = Instant::now();
        self.urgent = false;
    }

    /// A terminal that is slow to take a frame gets fewer of them.
    pub fn learn(&mut self, write: Duration) {
        self.slowed = if write > SLOW_WRITE {
            (self.slowed.max(self.interval) * 2).clamp(FRAME_REMOTE, FRAME_SLOWEST)
        } else if self.slowed > self.interval {
            self.slowed / 2
        } else {
            Duration::ZERO
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacing(interval: Duration) -> Pacing {
        Pacing { last: Instant::now(), interval, slowed: Duration::ZERO, urgent: false }
    }

    #[test]
    fn a_key_draws_at_once_and_nothing_else_does() {
        let mut pacing = pacing(FRAME);
        assert_eq!(pacing.due(true), Some(pacing.last + FRAME));
        assert_eq!(pacing.due(false), Some(pacing.last + FRAME_UNFOCUSED));
        pacing.urgent = true;
        assert_eq!(pacing.due(false), None);
        pacing.drawn();
        assert!(pacing.due(true).is_some());
    }

    #[test]
    fn a_slow_terminal_gets_fewer_frames_until_it_is_fast_again() {
        let mut pacing = pacing(FRAME);
        for _ in 0..10 {
            pacing.learn(SLOW_WRITE * 2);
        }
        assert_eq!(pacing.due(true), Some(pacing.last + FRAME_SLOWEST));
        for _ in 0..10 {
            pacing.learn(Duration::from_millis(1));
        }
        assert_eq!(pacing.due(true), Some(pacing.last + FRAME));
    }
}
