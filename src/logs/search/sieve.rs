//! From lines that hang together to those of them that match, many lines at once wherever that is the same as one by one.
//!
//! It is the same where lines are shown as they lie in the log, but for their colours, and end with their newline. Lines with
//! other escape sequences, control characters or invalid UTF-8, lines torn by another stream and overlong ones are taken out and
//! judged alone.

use super::Hit;
use super::plainness::next_odd;
use super::sheet::Sheet;
use crate::logs::lines::{CUT_BYTES, StreamFilter};
use crate::logs::pattern::Pattern;
use crate::logs::window::Window;

/// How far a match may reach to either side of the edge between two pieces of an overlong line, in bytes.
pub(super) const SEAM_BYTES: u64 = 4 << 10;

/// Collects the hits of one window.
pub(super) struct Sieve<'a> {
    pub(super) window: &'a Window,
    pub(super) pattern: &'a Pattern,
    pub(super) filter: StreamFilter,
    pub(super) inverted: bool,
    pub(super) hits: &'a mut Vec<Hit>,
    /// For lines without their colours.
    pub(super) room: &'a mut Vec<u8>,
}

impl Sieve<'_> {
    /// Judges the line from `start` to `end` alone.
    pub(super) fn judge(&mut self, start: u64, end: u64) {
        if self.window.accepts(start, self.filter) {
            let matches = self.pattern.is_match(self.window.text(start, end)) || self.matches_across(start, end);
            if matches != self.inverted {
                self.hit(start, end);
            }
        }
    }

    /// Does a match begin in this piece of an overlong line and end in the next?
    fn matches_across(&self, start: u64, end: u64) -> bool {
        let Some(next) = self.window.after_cut(end, SEAM_BYTES) else { return false };
        let before = self.window.slice(end.saturating_sub(SEAM_BYTES).max(start), end);
        self.pattern.is_match_across(before, next)
    }

    fn hit(&mut self, start: u64, end: u64) {
        self.hits.push(Hit { offset: start, bytes: end - start });
    }

    /// Judges the lines that end at `end` or before, one by one, the last one first, as long as they begin at `edge` or later and
    /// the window tells. Answers where it stopped.
    pub(super) fn judge_back(&mut self, end: u64, edge: u64) -> u64 {
        let mut at = end;
        while at > edge
            && let Some(start) = self.window.start_of(at)
        {
            self.judge(start, at);
            at = start;
        }
        at
    }

    /// Judges all lines from `from` to `to`, both at the edge of a line; a newline ends the last.
    pub(super) fn judge_all(&mut self, from: u64, to: u64) {
        let mut at = from;
        for place in self.torn_places(from, to) {
            if place >= at {
                let (start, end) = self.around(place, from, to);
                self.judge_whole(at, start);
                self.judge_pieces(start, end);
                at = end;
            }
        }
        self.judge_whole(at, to);
    }

    /// Places within lines that do not go from newline to newline: switches of the stream, and the middle of overlong lines.
    fn torn_places(&self, from: u64, to: u64) -> Vec<u64> {
        let window = self.window;
        let begin = window.switches.partition_point(|at| *at <= from);
        let switches = window.switches[begin..].iter().copied().take_while(|at| *at < to);
        let mut places: Vec<u64> = switches.filter(|at| !window.ends_line(*at)).collect();
        let mut cut = (from + 1).next_multiple_of(CUT_BYTES);
        while cut < to {
            let before = window.slice(cut.saturating_sub(CUT_BYTES).max(from), cut);
            let after = window.slice(cut, (cut + CUT_BYTES).min(to));
            let back = memchr::memrchr(b'\n', before).map_or(before.len(), |at| before.len() - at - 1);
            let ahead = memchr::memchr(b'\n', after).map_or(after.len(), |at| at + 1);
            if (back + ahead) as u64 >= CUT_BYTES {
                places.push(cut);
            }
            cut += CUT_BYTES;
        }
        places.sort_unstable();
        places
    }

    /// From newline to newline around `place`.
    fn around(&self, place: u64, from: u64, to: u64) -> (u64, u64) {
        let start = memchr::memrchr(b'\n', self.window.slice(from, place)).map_or(from, |at| from + at as u64 + 1);
        let end = memchr::memchr(b'\n', self.window.slice(place, to)).map_or(to, |at| place + at as u64 + 1);
        (start, end)
    }

    fn judge_pieces(&mut self, from: u64, to: u64) {
        let mut at = from;
        while at < to
            && let Some(end) = self.window.end_of(at)
        {
            self.judge(at, end);
            at = end;
        }
    }

    /// Judges lines that go from newline to newline, each of one stream.
    fn judge_whole(&mut self, from: u64, to: u64) {
        let window = self.window;
        match self.filter {
            StreamFilter::All => self.judge_stretch(from, to),
            StreamFilter::Stdout | StreamFilter::Stderr => {
                let begin = window.switches.partition_point(|at| *at <= from);
                let mut at = from;
                for switch in window.switches[begin..].iter().copied().take_while(|at| *at < to).chain([to]) {
                    if window.accepts(at, self.filter) {
                        self.judge_stretch(at, switch);
                    }
                    at = switch;
                }
            }
        }
    }

    /// Judges lines that are all to be judged.
    fn judge_stretch(&mut self, from: u64, to: u64) {
        let mut room = std::mem::take(self.room);
        let mut sheet = Sheet::of(self.window.slice(from, to), from, &mut room);
        let lines = sheet.lines;
        let care = self.pattern.care();
        let mut at = 0;
        while let Some(odd) = next_odd(lines, at, care) {
            let start = memchr::memrchr(b'\n', &lines[at..odd]).map_or(at, |newline| at + newline + 1);
            let end = memchr::memchr(b'\n', &lines[odd..]).map_or(lines.len(), |newline| odd + newline + 1);
            self.judge_plain(&mut sheet, at, start);
            self.judge_odd(sheet.place(start), sheet.place(end));
            at = end;
        }
        self.judge_plain(&mut sheet, at, lines.len());
        *self.room = room;
    }

    fn judge_odd(&mut self, start: u64, end: u64) {
        if self.pattern.is_match(self.window.text(start, end)) != self.inverted {
            self.hit(start, end);
        }
    }

    /// Judges the lines from `from` to `to` on the sheet, which are shown as they are there.
    fn judge_plain(&mut self, sheet: &mut Sheet<'_>, from: usize, to: usize) {
        let pattern = self.pattern;
        let lines = &sheet.lines[from..to];
        let mut all = pattern.candidates(lines).map(Vec::into_iter);
        let mut next = |at| match &mut all {
            Some(all) => all.next(),
            None => pattern.candidate(lines, at),
        };
        let mut at = 0;
        while at < lines.len()
            && let Some(place) = next(at).filter(|place| *place < lines.len())
        {
            let start = memchr::memrchr(b'\n', &lines[at..place]).map_or(at, |newline| at + newline + 1);
            let end = memchr::memchr(b'\n', &lines[place..]).map_or(lines.len(), |newline| place + newline + 1);
            self.pass(sheet, from + at, from + start);
            let (first, behind) = (sheet.place(from + start), sheet.place(from + end));
            if (pattern.is_sure() || pattern.is_match(self.window.text(first, behind))) != self.inverted {
                self.hit(first, behind);
            }
            at = end;
        }
        self.pass(sheet, from + at.min(lines.len()), to);
    }

    /// These lines do not match.
    fn pass(&mut self, sheet: &mut Sheet<'_>, from: usize, to: usize) {
        if self.inverted {
            let (mut start, end) = (sheet.place(from), sheet.place(to));
            while let Some(next) = self.window.first_line_end(start, end) {
                self.hit(start, next);
                start = next;
            }
        }
    }
}
