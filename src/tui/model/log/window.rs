//! The window on the log: what has to be read, and what comes of a page that was read.

use std::io;

use crate::tui::page::{Anchor, LineKind, LogLine, Page, PageRequest, Place, position};

use super::LogPane;

impl LogPane {
    /// What has to be read now, if anything. At most one request is on its way.
    pub fn next_request(&mut self) -> Option<PageRequest> {
        if self.in_flight.is_some() || self.height() == 0 {
            return None;
        }
        let subject = self.subject.clone()?;
        let anchor = self.wanted()?;
        let rows = match anchor {
            Anchor::End => self.height() * 2,
            Anchor::Before(_) | Anchor::From(_) | Anchor::Around(_) => self.height().max(owed_rows(self.owed)),
        };
        let request = PageRequest { subject, look: self.look.clone(), anchor, rows, asked: self.asked };
        self.asked_end = Some(self.known_end);
        self.in_flight = Some(request.clone());
        Some(request)
    }

    /// Nothing is in view because the lines are on their way.
    pub fn is_being_read(&self) -> bool {
        self.lines.is_empty() && self.error.is_none() && (self.in_flight.is_some() || self.wanted().is_some())
    }

    fn wanted(&self) -> Option<Anchor> {
        let has_news = self.asked_end.is_none_or(|asked| asked < self.known_end);
        if let Some(jump) = &self.jump {
            return Some(Anchor::Around(jump.target));
        }
        if self.follow {
            return self.wanted_at_end(has_news);
        }
        if (self.top.0 < self.height() / 2 || self.owed < 0 || self.head_is_owed_lines_above())
            && self.window.0 > self.extent.0
        {
            return Some(Anchor::Before(self.window.0));
        }
        let below = self.lines.len().saturating_sub(self.top.0);
        let read_on = self.seen < self.extent.1 || (self.has_unseen() && has_news);
        (below < self.height() * 3 / 2 && read_on).then_some(Anchor::From(self.window.1))
    }

    /// While following: the newest lines. Where only some lines are shown, finding them anew each time would be dear, so there
    /// only what was written since is read, and what is missing above.
    fn wanted_at_end(&self, has_news: bool) -> Option<Anchor> {
        if self.look.filter.is_none() || self.asked_end.is_none() {
            return has_news.then_some(Anchor::End);
        }
        if has_news || self.seen < self.extent.1 {
            return Some(Anchor::From(self.window.1));
        }
        let is_short = self.last_screen() == (0, 0);
        (is_short && self.window.0 > self.extent.0).then_some(Anchor::Before(self.window.0))
    }

    /// Takes in a page that was asked for. A page of another log, or one no longer wanted, changes nothing.
    pub fn take_page(&mut self, request: &PageRequest, result: io::Result<Page>) {
        if self.in_flight.as_ref() != Some(request) {
            return;
        }
        self.in_flight = None;
        if request.look != self.look {
            self.asked_end = None;
            return;
        }
        self.asked = false;
        let page = match result {
            Ok(page) => page,
            Err(error) => {
                // A file that is not there yet is a process that has not printed yet.
                self.error = (error.kind() != io::ErrorKind::NotFound).then(|| error.to_string());
                self.jump = None;
                self.owed = 0;
                self.extent = (self.window.0, self.seen);
                return;
            }
        };
        self.error = None;
        self.runs = page.runs.clone();
        match (request.anchor, &self.joined) {
            // What lies behind was not looked at.
            (Anchor::Before(_), Some(_)) => self.extent.0 = page.extent.0,
            (Anchor::End | Anchor::Before(_) | Anchor::From(_) | Anchor::Around(_), _) => self.extent = page.extent,
        }
        match request.anchor {
            Anchor::End if self.follow => self.replace(page),
            Anchor::End => {}
            Anchor::Around(target) => {
                let Some(jump) = self.jump.filter(|jump| jump.target == target) else { return };
                let place = page.target.unwrap_or(page.start);
                self.replace(page);
                self.jump = None;
                self.land(place, jump);
                self.show_match_aside();
            }
            Anchor::Before(_) => self.prepend(page),
            Anchor::From(place) => self.append(place, page),
        }
        self.pay_owed();
        self.pay_head();
    }

    fn replace(&mut self, page: Page) {
        self.window = (page.start, page.end);
        self.seen = page.seen;
        let marks = self.marks_between(page.start, Some(page.seen));
        self.lines = with_marks(page.lines, marks).into();
        self.top.0 = self.top.0.min(self.lines.len().saturating_sub(1));
        self.top.1 = self.top.1.min(self.rows_of(self.top.0) - 1);
    }

    fn prepend(&mut self, page: Page) {
        if page.start >= self.window.0 {
            self.extent.0 = self.window.0;
            return;
        }
        let marks = self.marks_between(page.start, None);
        let marks = marks.into_iter().filter(|mark| mark.at < self.window.0).collect();
        self.window.0 = page.start;
        let lines = with_marks(page.lines, marks);
        self.top.0 += lines.len();
        for line in lines.into_iter().rev() {
            self.lines.push_front(line);
        }
        // What would be read again at once stays: a page may have some lines more than it was asked for.
        let keep = (self.height() * 3).max(self.top.0 + self.height() * 3 / 2) + owed_rows(self.owed);
        if self.lines.len() > keep {
            self.seen = self.lines[keep].at;
            self.window.1 = self.seen;
            self.lines.truncate(keep);
        }
    }

    fn append(&mut self, from: Place, page: Page) {
        if page.lines.is_empty() && page.seen <= self.seen {
            self.extent.1 = self.extent.1.min(self.seen);
            return;
        }
        // What stood there may have been incomplete when it was read.
        let settled = self.lines.partition_point(|line| line.at < from);
        self.lines.truncate(settled);
        let marks = self.marks_between(from, Some(page.seen));
        self.window.1 = page.end;
        self.seen = page.seen;
        self.lines.extend(with_marks(page.lines, marks));
        let keep = self.height() * 3 + owed_rows(self.owed);
        let most = if self.follow { usize::MAX } else { self.top.0.saturating_sub(self.height() / 2) };
        let mut drop = self.lines.len().saturating_sub(keep).min(most);
        // What stands before a line goes with it.
        while drop > 0 && !self.lines[drop - 1].is_output() {
            drop -= 1;
        }
        self.lines.drain(..drop);
        self.top.0 = self.top.0.saturating_sub(drop);
        if drop > 0 {
            self.window.0 = self.lines.front().map_or(self.window.0, |line| line.at);
        }
        self.top.0 = self.top.0.min(self.lines.len().saturating_sub(1));
    }

    /// Lines to show are still being looked for, and so many hundredths of the log are through.
    pub fn still_looking(&self) -> Option<u64> {
        let is_looking = self.look.filter.is_some() && self.in_flight.is_some() && self.last_screen() == (0, 0);
        let (before, total) = position(&self.runs, self.window.0);
        let (after, _) = position(&self.runs, self.seen);
        let through = u128::from(after.saturating_sub(before)) * 100 / u128::from(total.max(1));
        (is_looking && through < 100).then_some(through as u64)
    }

    /// The person's marks from `from` to `to` as lines.
    fn marks_between(&self, from: Place, to: Option<Place>) -> Vec<LogLine> {
        let marks = self.marks.of(self.one().map(|source| &source.name)).iter();
        let within = marks.filter(|mark| mark.at >= from && to.is_none_or(|to| mark.at <= to));
        within.map(|mark| LogLine::inserted(mark.at, LineKind::Mark(mark.number))).collect()
    }

    /// The text of the lines in view, without what was scrolled away sideways being lost.
    pub fn visible_text(&self) -> (usize, String) {
        let in_view = self.in_view().filter_map(|index| self.lines.get(index)).filter(|line| line.is_output());
        let texts: Vec<String> = in_view.map(LogLine::text).collect();
        (texts.len(), texts.join("\n"))
    }
}

fn with_marks(mut lines: Vec<LogLine>, marks: Vec<LogLine>) -> Vec<LogLine> {
    for mark in marks {
        let at = lines.partition_point(|line| line.order() <= mark.order());
        lines.insert(at, mark);
    }
    lines
}

fn owed_rows(owed: isize) -> usize {
    // A long jump by held keys must not turn into a page of the whole file.
    owed.unsigned_abs().min(500)
}
