//! Which lines of a log somebody wants to see.

use std::collections::VecDeque;
use std::sync::Arc;

use super::printer::Role;
use crate::domain::Timestamp;
use crate::logs::lines::{Line, StreamFilter};
use crate::logs::pattern::Pattern;

/// Streams, a stretch of time, a number of lines, a pattern: each narrows what the others leave.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of these streams.
    pub filter: StreamFilter,
    /// Printed at this time or later.
    pub since: Option<Timestamp>,
    /// Printed before this time.
    pub until: Option<Timestamp>,
    /// The last so many of what is left.
    pub last: Option<usize>,
    /// That match.
    pub sought: Option<Sought>,
}

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Sought {
    /// The pattern.
    pub pattern: Arc<Pattern>,
    /// Lines that do not match instead.
    pub inverted: bool,
    /// Lines shown before each match.
    pub before: usize,
    /// Lines shown after each match.
    pub after: usize,
}

/// A line that is to be shown, or a place where lines were left out.
#[derive(Debug)]
pub enum Shown {
    /// Lines were left out here.
    Gap,
    /// A line.
    Line(Line, Role),
}

impl Sought {
    /// Whether it is this line.
    pub fn is(&self, line: &Line) -> bool {
        self.pattern.is_match(&line.bytes) != self.inverted
    }

    /// Whether lines around a match are shown.
    pub const fn has_context(&self) -> bool {
        self.before > 0 || self.after > 0
    }
}

/// Lets lines through one by one, with those around them: for lines that are only just being written.
#[derive(Debug)]
pub struct Sieve {
    sought: Sought,
    /// Lines that may turn out to stand before a match.
    held: VecDeque<Line>,
    /// Lines still to be shown after the last match.
    left: usize,
    /// Lines were dropped since the last one that was shown.
    dropped: bool,
    /// One was shown.
    shown: bool,
}

impl Sieve {
    /// Nothing was seen so far.
    pub const fn new(sought: Sought) -> Self {
        Self { sought, held: VecDeque::new(), left: 0, dropped: false, shown: false }
    }

    /// These lines were seen before, those that were to be shown were, and perhaps others before them.
    pub fn after(sought: Sought, seen: Vec<Line>, has_shown: bool) -> Self {
        let mut sieve = Self::new(sought);
        for line in seen {
            sieve.pass(line, drop);
        }
        sieve.shown = has_shown;
        sieve
    }

    /// For another run: what stood around matches in this one does not reach into it.
    pub fn anew(self) -> Self {
        Self::new(self.sought)
    }

    /// Takes a line, gives what is to be shown now.
    pub fn pass(&mut self, line: Line, mut show: impl FnMut(Shown)) {
        if self.sought.is(&line) {
            if std::mem::take(&mut self.dropped) && self.shown && self.sought.has_context() {
                show(Shown::Gap);
            }
            self.held.drain(..).for_each(|line| show(Shown::Line(line, Role::Context)));
            show(Shown::Line(line, Role::Match));
            (self.left, self.shown) = (self.sought.after, true);
        } else if self.left > 0 {
            self.left -= 1;
            show(Shown::Line(line, Role::Context));
        } else {
            self.held.push_back(line);
            if self.held.len() > self.sought.before {
                self.held.pop_front();
                self.dropped = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::lines::{LineEnd, Stream};
    use crate::logs::pattern::Case;

    #[test]
    fn a_sieve_shows_matches_with_what_stands_around_them() {
        let pattern = Arc::new(Pattern::literal("x", Case::Smart));
        let shown = |before, after, inverted, text: &str| {
            let mut sieve = Sieve::new(Sought { pattern: pattern.clone(), inverted, before, after });
            let mut shown = String::new();
            for part in text.split(' ') {
                let line = Line {
                    offset: 0,
                    len: 0,
                    bytes: part.as_bytes().to_vec(),
                    stream: Stream::Stdout,
                    time: None,
                    continued: false,
                    end: LineEnd::Newline,
                };
                sieve.pass(line, |item| match item {
                    Shown::Gap => shown.push('|'),
                    Shown::Line(line, _) => shown.push_str(&String::from_utf8_lossy(&line.bytes)),
                });
            }
            shown
        };
        assert_eq!(shown(0, 0, false, "a x1 b x2"), "x1x2");
        assert_eq!(shown(1, 1, false, "a b x1 c d e x2 f"), "bx1c|ex2f");
        assert_eq!(shown(1, 1, false, "x1 a b x2"), "x1abx2");
        assert_eq!(shown(2, 0, false, "a x1 b x2"), "ax1bx2");
        assert_eq!(shown(0, 0, true, "a x1 b x2"), "ab");
    }
}
