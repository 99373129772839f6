//! Processor time of those that came and went between two looks: it is their parents' once these have reaped them.

use std::time::Instant;

use crate::platform::stat::ticks_per_second;

/// What the parents of one tree have gained by reaping, pass by pass.
#[derive(Debug, Default)]
pub struct Reaped {
    /// The pass that is on, and the one before.
    passes: (Option<Instant>, Option<Instant>),
    /// Ticks that were added to parents since the pass before.
    gained: u64,
    /// Ticks of those that went, as far as they were seen while they lived: among what was gained, they are no news.
    seen: u64,
}

impl Reaped {
    /// A pass goes on, or a new one begins.
    pub fn begin(&mut self, now: Instant) {
        if self.passes.0 != Some(now) {
            *self = Self { passes: (Some(now), self.passes.0), gained: 0, seen: 0 };
        }
    }

    /// When the pass before was: whoever is met for the first time now was born since. `None` in the first one.
    pub const fn pass_before(&self) -> Option<Instant> {
        self.passes.1
    }

    /// A parent has reaped children that had used so much.
    pub const fn gain(&mut self, ticks: u64) {
        self.gained += ticks;
    }

    /// Somebody has gone who was seen to have used so much, with what it had gained itself.
    pub const fn lose(&mut self, ticks: u64) {
        self.seen += ticks;
    }

    /// Somebody who seemed to have gone is there.
    pub const fn keep(&mut self, ticks: u64) {
        self.seen = self.seen.saturating_sub(ticks);
    }

    /// Share of one core that was used by nobody who is there, in percent. Who was reaped by somebody outside of the tree, or by
    /// nobody, adds nothing.
    pub fn percent(&self) -> f32 {
        let (Some(now), Some(before)) = self.passes else { return 0.0 };
        let used_s = self.gained.saturating_sub(self.seen) as f64 / ticks_per_second() as f64;
        (used_s / now.duration_since(before).as_secs_f64().max(1e-3) * 100.0) as f32
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_not_seen_is_gained_and_what_was_seen_is_not_counted_twice() {
        let mut reaped = Reaped::default();
        let (begun, second) = (Instant::now(), ticks_per_second());
        let at = |secs| begun + Duration::from_secs(secs);
        reaped.begin(at(0));
        reaped.gain(second * 1000);
        assert!(reaped.percent().abs() < 0.1 && reaped.pass_before().is_none(), "what was before is nobody's news");
        reaped.begin(at(2));
        reaped.gain(second);
        reaped.begin(at(2));
        reaped.gain(second);
        assert!((reaped.percent() - 100.0).abs() < 0.1);
        assert_eq!(reaped.pass_before(), Some(at(0)));
        reaped.begin(at(4));
        reaped.gain(second * 11);
        reaped.lose(second * 10);
        assert!((reaped.percent() - 50.0).abs() < 0.1);
        reaped.begin(at(5));
        reaped.lose(second);
        assert!(reaped.percent().abs() < 0.1, "somebody else has reaped it");
    }
}
