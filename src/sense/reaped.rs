//! Processor time of those that came and went between two looks: it is their parents' once these have reaped them.

use std::time::Instant;

use crate::platform::stat::ticks_per_second;

/// What the parents of one tree have gained by reaping, pass by pass.
#[derive(Debug, Default)]
pub struct Reaped {
    /// The pass that is on, and the one before.
    passes: (Option<Instant>, Option<Instant>),
    /// Who has gained how many ticks in this pass.
    gains: Vec<(u32, u64)>,
    /// Who has gone in this pass or the one before, and is not found in a gain yet.
    losses: Vec<Loss>,
    /// Ticks of those that were never seen, and seconds, of the pass before: who lives over two passes is not all of one.
    before: (u64, f64),
}

/// Somebody has gone who was seen.
#[derive(Clone, Copy, Debug)]
struct Loss {
    pid: u32,
    parent_pid: u32,
    /// What it and those it had reaped were seen to have used: among what its parent gains, that is no news.
    ticks: u64,
    is_old: bool,
}

impl Reaped {
    /// A pass goes on, or a new one begins.
    pub fn begin(&mut self, now: Instant) {
        if self.passes.0 == Some(now) {
            return;
        }
        self.before = (self.settle(), self.length_s());
        self.passes = (Some(now), self.passes.0);
        self.gains.clear();
        // A parent that was read before it had reaped gains in the pass after. Whoever else has it, gains nothing here.
        self.losses.retain(|loss| !loss.is_old && loss.ticks > 0);
        self.losses.iter_mut().for_each(|loss| loss.is_old = true);
    }

    /// When the pass before was; `None` in the first one.
    pub const fn pass_before(&self) -> Option<Instant> {
        self.passes.1
    }

    /// Who has reaped children that had used so much.
    pub fn gain(&mut self, pid: u32, ticks: u64) {
        match self.gains.iter_mut().find(|(other, _)| *other == pid) {
            Some((_, gained)) => *gained += ticks,
            None if ticks > 0 => self.gains.push((pid, ticks)),
            None => {}
        }
    }

    /// Somebody has gone who was seen to have used so much, with what it had gained itself.
    pub fn lose(&mut self, pid: u32, parent_pid: u32, ticks: u64) {
        self.losses.push(Loss { pid, parent_pid, ticks, is_old: false });
    }

    /// Share of one core that was used by nobody who was ever seen, in percent, over this pass and the one before.
    pub fn percent(&self) -> f32 {
        let (ticks, length_s) = (self.unseen().0 + self.before.0, self.length_s() + self.before.1);
        if length_s <= 0.0 { 0.0 } else { (ticks as f64 / ticks_per_second() as f64 / length_s * 100.0) as f32 }
    }

    fn length_s(&self) -> f64 {
        let (Some(now), Some(before)) = self.passes else { return 0.0 };
        now.duration_since(before).as_secs_f64()
    }

    /// Ticks gained that nobody was seen to use, and what each loss is not found in.
    fn unseen(&self) -> (u64, Vec<u64>) {
        if self.passes.1.is_none() {
            return (0, self.losses.iter().map(|loss| loss.ticks).collect());
        }
        let mut gains = self.gains.clone();
        let left = self.losses.iter().map(|loss| {
            let heir = self.heir(loss);
            let gain = gains.iter_mut().find(|(pid, _)| *pid == heir);
            let found = gain.map_or(0, |(_, gained)| {
                let found = loss.ticks.min(*gained);
                *gained -= found;
                found
            });
            loss.ticks - found
        });
        let left = left.collect();
        (gains.iter().map(|(_, ticks)| ticks).sum(), left)
    }

    /// Who has what this one used: its parent, or the parent of that one, where it has gone as well.
    fn heir(&self, loss: &Loss) -> u32 {
        let mut heir = loss.parent_pid;
        // A line of parents is no longer than those that have gone.
        for _ in 0..self.losses.len() {
            match self.losses.iter().find(|other| other.pid == heir) {
                Some(other) => heir = other.parent_pid,
                None => break,
            }
        }
        heir
    }

    /// The pass is over: what was found is found.
    fn settle(&mut self) -> u64 {
        let (ticks, left) = self.unseen();
        for (loss, left) in self.losses.iter_mut().zip(left) {
            loss.ticks = left;
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Passes a second apart; each is what was gained by whom and lost by whom, in seconds: `1+3` is a gain of 3 s of pid 1, and
    /// `2<1-3` the loss of pid 2, a child of 1. Gives the shares in percent.
    fn shares(passes: &[&str]) -> Vec<i64> {
        let (begun, second) = (Instant::now(), ticks_per_second());
        let mut reaped = Reaped::default();
        let of = |(number, pass): (u64, &&str)| {
            reaped.begin(begun + Duration::from_secs(number));
            for word in pass.split_whitespace() {
                if let Some((pid, gained)) = word.split_once('+') {
                    reaped.gain(pid.parse().unwrap(), gained.parse::<u64>().unwrap() * second);
                } else {
                    let (who, lost) = word.split_once('-').unwrap();
                    let (pid, parent) = who.split_once('<').unwrap();
                    reaped.lose(pid.parse().unwrap(), parent.parse().unwrap(), lost.parse::<u64>().unwrap() * second);
                }
            }
            reaped.percent() as i64
        };
        (0..).zip(passes).map(of).collect()
    }

    #[test]
    fn what_was_not_seen_is_told_over_two_passes_and_nothing_twice() {
        assert_eq!(shares(&["1+1000", "1+1", "1+1", "", ""]), [0, 100, 100, 50, 0], "what was before is nobody's news");
        assert_eq!(shares(&["", "1+10 2<1-10", ""]), [0, 0, 0]);
        assert_eq!(shares(&["", "1+11 2<1-10", ""]), [0, 100, 50]);
    }

    #[test]
    fn a_parent_that_was_read_too_early_gains_in_the_pass_after() {
        assert_eq!(shares(&["", "2<1-600", "1+600", ""]), [0, 0, 0, 0]);
    }

    #[test]
    fn who_is_reaped_elsewhere_takes_nothing_from_others() {
        assert_eq!(shares(&["", "1+1 3<99-600", "1+1", "1+1"]), [0, 100, 100, 100]);
    }

    #[test]
    fn what_a_whole_line_had_used_comes_to_who_is_left() {
        assert_eq!(shares(&["", "1+30 2<1-10 3<2-20", ""]), [0, 0, 0]);
    }
}
