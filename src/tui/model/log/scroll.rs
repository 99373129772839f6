//! Moving the view: by rows, to the end, to a place.

use crate::domain::Timestamp;
use crate::tui::page::{LineKind, LogLine, Place, Target};

use super::marks::Marking;
use super::{Jump, LogPane};

impl LogPane {
    /// Scrolls by so many rows; up stops following, reaching the end follows again.
    pub fn scroll(&mut self, rows: isize) {
        if self.selection.is_some() {
            // Following would end the selection by accident.
            for _ in 0..rows.unsigned_abs() {
                self.scroll_selecting(rows.signum());
            }
            return;
        }
        if rows < 0 && self.follow && !self.is_whole_log_in_view() {
            self.pause();
        }
        if self.follow {
            return;
        }
        self.asked = true;
        if self.jump.is_some() {
            // From where that leads.
            self.owed += rows;
            return;
        }
        // Keys pressed faster than pages come add up.
        let rows = rows + std::mem::take(&mut self.owed);
        if rows < 0 { self.walk_up(rows.unsigned_abs()) } else { self.walk_down(rows.unsigned_abs()) }
    }

    fn is_whole_log_in_view(&self) -> bool {
        self.window.0 <= self.extent.0 && self.last_screen() == (0, 0)
    }

    fn walk_up(&mut self, mut rows: usize) {
        while rows > 0 {
            match self.top {
                (0, 0) => {
                    let more_above = self.window.0 > self.extent.0;
                    self.owed = if more_above { -(rows as isize) } else { 0 };
                    return;
                }
                (index, 0) => self.top = (index - 1, self.rows_of(index - 1) - 1),
                (index, row) => self.top = (index, row - 1),
            }
            rows -= 1;
        }
    }

    fn walk_down(&mut self, mut rows: usize) {
        let last = self.last_screen();
        while rows > 0 && self.top < last {
            self.top = if self.top.1 + 1 < self.rows_of(self.top.0) {
                (self.top.0, self.top.1 + 1)
            } else {
                (self.top.0 + 1, 0)
            };
            rows -= 1;
        }
        if self.top < last {
            return;
        }
        if self.sees_end() { self.follow_now() } else { self.owed = rows as isize }
    }

    /// Nothing is known to come after the window.
    pub(super) fn sees_end(&self) -> bool {
        !self.has_unseen() && self.seen >= self.extent.1
    }

    /// More was written than is in the window.
    pub(super) fn has_unseen(&self) -> bool {
        match self.joined {
            None => self.seen < self.known_end,
            // How far each of them was read is nothing the end of the window tells.
            Some(_) => self.asked_end.is_none_or(|asked| asked < self.known_end),
        }
    }

    pub(super) fn pay_owed(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        if self.follow || owed == 0 {
            return;
        }
        self.asked = true;
        if owed < 0 { self.walk_up(owed.unsigned_abs()) } else { self.walk_down(owed.unsigned_abs()) }
    }

    /// Goes to the end and follows.
    pub fn follow_now(&mut self) {
        self.follow = true;
        self.reading = None;
        self.asked = true;
        self.owed = 0;
        self.jump = None;
        self.cursor = None;
        self.new_lines = 0;
        if !self.sees_end() {
            self.asked_end = None;
        }
    }

    /// Stays where it is.
    pub fn pause(&mut self) {
        if self.follow {
            self.top = self.last_screen();
            self.follow = false;
            self.new_lines = 0;
        }
    }

    /// Goes to the oldest line kept.
    pub fn go_to_start(&mut self) {
        self.cursor = None;
        if self.window.0 <= self.extent.0 && !self.lines.is_empty() {
            self.pause();
            self.asked = true;
            (self.top, self.jump, self.owed) = ((0, 0), None, 0);
        } else {
            self.go_to(Target::Start, 0);
        }
    }

    /// Goes to something, with `lead` rows above it where it was not in view before.
    pub fn go_to(&mut self, target: Target, lead: usize) {
        self.pause();
        self.asked = true;
        self.owed = 0;
        (self.jump, self.reading) = (None, None);
        match target {
            Target::Place(place) if self.index_holds(place) => self.land(place, Jump { target, lead }),
            Target::Start | Target::Place(_) | Target::Percent(_) | Target::Line(..) | Target::Time(_) => {
                self.jump = Some(Jump { target, lead });
            }
        }
    }

    /// The line at this place is in the window.
    pub(super) fn index_holds(&self, place: Place) -> bool {
        let at = self.lines.partition_point(|line| line.at < place);
        self.lines.get(at).is_some_and(|line| line.at == place)
    }

    /// Shows the line at `place`, which is in the window. The view does not move when it shows it already.
    pub(super) fn land(&mut self, place: Place, Jump { target, lead }: Jump) {
        let index = self.index_of(place);
        let line = self.lines.get(index).map(|line| line.at);
        self.cursor = line.filter(|_| match target {
            Target::Line(..) | Target::Time(_) => true,
            Target::Place(_) => lead > 0,
            Target::Start | Target::Percent(_) => false,
        });
        if let Some(line) = line {
            self.take_head_to(line);
        }
        let in_view = self.in_view();
        // The last one may be cut at the bottom.
        let is_whole = index + 1 < in_view.end || self.rows_of(index) == 1;
        if lead > 0 && in_view.contains(&index) && is_whole && self.jump.is_none() {
            return;
        }
        // A boundary or a mark before the line is shown with it.
        let first = self.lines.partition_point(|before| line.is_some_and(|line| before.at < line));
        self.top = (if lead == 0 { first } else { index }, 0);
        self.walk_up(lead);
        self.top = self.top.min(self.last_screen().max((0, 0)));
        let top = self.top_place();
        if let Some((_, came_of_it)) = &mut self.reading {
            *came_of_it = Some(top);
        }
    }

    /// Moves the view no further than it takes to show this line.
    pub(super) fn reveal(&mut self, index: usize) {
        self.pause();
        if index < self.top.0 || (index == self.top.0 && self.top.1 > 0) {
            self.top = (index, 0);
        } else {
            self.top = self.top.max(self.screen_up_to(index + 1));
        }
    }

    /// Scrolls a row without ending the selection by following.
    pub(super) fn scroll_selecting(&mut self, rows: isize) {
        self.asked = true;
        if rows < 0 {
            self.walk_up(rows.unsigned_abs());
        } else {
            let last = self.last_screen();
            let next = if self.top.1 + 1 < self.rows_of(self.top.0) {
                (self.top.0, self.top.1 + 1)
            } else {
                (self.top.0 + 1, 0)
            };
            self.top = next.min(last).max(self.top.min(last));
        }
    }

    /// The line of the log at `place`, or the first one after it, or the last one there is.
    pub fn index_of(&self, place: Place) -> usize {
        let at = self.lines.partition_point(|line| line.at < place);
        let found = (at..self.lines.len()).find(|index| self.lines[*index].is_output());
        found.unwrap_or_else(|| self.lines.len().saturating_sub(1))
    }

    /// The beginning of the run in view, or of the one before when that is in view already.
    pub fn previous_run(&self) -> Option<Place> {
        let top = self.top_place();
        let begins = Place::new;
        self.runs.iter().rev().map(|span| begins(span.no, span.start)).find(|start| *start < top)
    }

    /// The beginning of the next run.
    pub fn next_run(&self) -> Option<Place> {
        let run = self.run_in_view()?;
        let next = self.runs.iter().find(|span| span.no > run)?;
        Some(Place::new(next.no, next.start))
    }

    /// Sets a mark: at the end while following, else before the line last gone to or the first in view; a mark that stands
    /// there is taken away.
    pub fn toggle_mark(&mut self, now: Timestamp) -> Option<Marking> {
        self.subject.as_ref()?;
        let in_view = self.in_view();
        let cursor = self.cursor.filter(|place| in_view.contains(&self.index_of(*place)));
        let at = if self.follow { self.seen } else { cursor.unwrap_or_else(|| self.top_place()) };
        let process = self.one().map(|source| source.name.clone());
        // Where output flows, marks one upon the other divide what was from what comes.
        if !self.follow
            && let Some(mark) = self.marks.take(process.as_ref(), at)
        {
            let is_it = |line: &LogLine| line.at == at && line.kind == LineKind::Mark(mark.number);
            if let Some(index) = self.lines.iter().position(is_it) {
                self.lines.remove(index);
                self.top.0 -= usize::from(index < self.top.0);
            }
            return Some(Marking::Taken(mark.number));
        }
        let number = self.marks.set(process.as_ref(), at, now);
        let line = LogLine::inserted(at, LineKind::Mark(number));
        let index = self.lines.partition_point(|before| before.order() <= line.order());
        self.lines.insert(index, line);
        Some(Marking::Set(number))
    }
}
