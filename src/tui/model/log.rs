//! The log pane: a window of about two screens of lines on a file of any size.
//!
//! Lines are known by their offset in bytes. While following, the window is replaced by the newest lines; while not, it
//! stays where it is and only grows at the side the person moves to.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use crate::domain::{ProcessName, Row, RunNo};
use crate::tui::message::{Anchor, LogLine, Page, PageRequest};

use super::wrap;

/// Cells that the time of a line takes, with an `e` for standard error.
pub const TIME_WIDTH: u16 = 15;

/// The pane and the window of lines behind it.
#[derive(Debug)]
pub struct LogPane {
    /// Whose log.
    pub source: Option<Source>,
    /// The window, oldest first.
    pub lines: VecDeque<LogLine>,
    /// Where the window begins and ends, in bytes.
    window: (u64, u64),
    /// The oldest byte kept and the newest one, as last read.
    pub extent: (u64, u64),
    /// New lines move the view.
    pub follow: bool,
    /// While not following: the first row in view, as a line of the window and a row of that line.
    pub top: (usize, usize),
    /// Columns scrolled to the right.
    pub left: usize,
    /// Long lines are broken.
    pub wrap: bool,
    /// Times are shown.
    pub times: bool,
    /// Lines there were when following ended.
    pub lines_at_pause: u64,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// Size of the pane in cells.
    pub size: (u16, u16),
    /// What is known of the end from the newest snapshot.
    known_end: u64,
    /// That, at the time of the last request.
    asked_end: Option<u64>,
    in_flight: Option<PageRequest>,
    /// Rows still to be scrolled when the next page is there.
    owed: isize,
    jump_to_start: bool,
    asked: bool,
}

/// Whose log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The process.
    pub name: ProcessName,
    /// Its run.
    pub run: RunNo,
    /// Where that run's files are.
    pub dir: PathBuf,
}

impl Default for LogPane {
    fn default() -> Self {
        Self {
            source: None,
            lines: VecDeque::new(),
            window: (0, 0),
            extent: (0, 0),
            follow: true,
            top: (0, 0),
            left: 0,
            wrap: false,
            times: false,
            lines_at_pause: 0,
            error: None,
            size: (0, 0),
            known_end: 0,
            asked_end: None,
            in_flight: None,
            owed: 0,
            jump_to_start: false,
            asked: false,
        }
    }
}

impl LogPane {
    /// Shows the log of `row`'s newest run; a paused view of the same process stays on the run it reads.
    pub fn show(&mut self, row: Option<&Row>) {
        let Some(row) = row else {
            self.change(None);
            return;
        };
        let newest = row.run.as_ref().map(|run| Source { name: row.name().clone(), run: run.no, dir: run.dir.clone() });
        let same_process = self.source.as_ref().is_some_and(|source| source.name == *row.name());
        if newest != self.source && (self.follow || !same_process) {
            self.change(newest);
        }
        if let (Some(source), Some(run)) = (&self.source, &row.run)
            && source.run == run.no
        {
            self.known_end = run.log_end;
        }
    }

    fn change(&mut self, source: Option<Source>) {
        // Columns scrolled to are where something was in that process's lines; another's may be shorter.
        let is_same = matches!((&self.source, &source), (Some(old), Some(new)) if old.name == new.name);
        let left = if is_same { self.left } else { 0 };
        let kept = Self { wrap: self.wrap, times: self.times, left, size: self.size, ..Self::default() };
        *self = Self { source, asked: true, ..kept };
    }

    /// The paused view reads an older run than the newest one of `row`.
    pub fn is_old_run(&self, row: &Row) -> bool {
        matches!((&self.source, &row.run), (Some(source), Some(run)) if source.run != run.no)
    }

    /// Cells a row of text has.
    pub fn text_width(&self) -> u16 {
        self.size.0.saturating_sub(if self.times { TIME_WIDTH } else { 0 }).max(1)
    }

    fn height(&self) -> usize {
        usize::from(self.size.1)
    }

    fn rows_of(&self, index: usize) -> usize {
        if self.wrap { self.lines.get(index).map_or(1, |line| wrap::rows(line, self.text_width())) } else { 1 }
    }

    /// The first row in view.
    pub fn first_row(&self) -> (usize, usize) {
        if self.follow { self.last_screen() } else { self.top }
    }

    /// The row from which the window's last line is the last in view.
    fn last_screen(&self) -> (usize, usize) {
        let mut left = self.height();
        for index in (0..self.lines.len()).rev() {
            let rows = self.rows_of(index);
            if rows >= left {
                return (index, rows - left);
            }
            left -= rows;
        }
        (0, 0)
    }

    /// Scrolls by so many rows; up stops following, reaching the end follows again.
    pub fn scroll(&mut self, rows: isize, lines_now: u64) {
        if rows < 0 && self.follow && !self.is_whole_log_in_view() {
            self.top = self.last_screen();
            self.follow = false;
            self.lines_at_pause = lines_now;
        }
        if self.follow {
            return;
        }
        self.asked = true;
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
        if self.window.1 < self.known_end {
            self.owed = rows as isize;
        } else {
            self.follow_now();
        }
    }

    /// Goes to the end and follows.
    pub fn follow_now(&mut self) {
        self.follow = true;
        self.asked = true;
        self.owed = 0;
        self.jump_to_start = false;
        if self.window.1 < self.known_end {
            self.asked_end = None;
        }
    }

    /// Stays where it is.
    pub fn pause(&mut self, lines_now: u64) {
        self.top = self.last_screen();
        self.follow = false;
        self.lines_at_pause = lines_now;
    }

    /// Goes to the oldest line kept.
    pub fn go_to_start(&mut self, lines_now: u64) {
        if self.follow {
            self.pause(lines_now);
        }
        self.asked = true;
        if self.window.0 <= self.extent.0 && !self.lines.is_empty() {
            self.top = (0, 0);
        } else {
            self.jump_to_start = true;
        }
    }

    /// What has to be read now, if anything. At most one request is on its way.
    pub fn next_request(&mut self) -> Option<PageRequest> {
        if self.in_flight.is_some() || self.height() == 0 {
            return None;
        }
        let dir = self.source.as_ref()?.dir.clone();
        let anchor = self.wanted()?;
        let rows = match anchor {
            Anchor::End => self.height() * 2,
            Anchor::Start | Anchor::Before(_) | Anchor::From(_) => self.height().max(owed_rows(self.owed)),
        };
        let request = PageRequest { dir, anchor, rows, asked: self.asked };
        self.asked_end = Some(self.known_end);
        self.in_flight = Some(request.clone());
        Some(request)
    }

    fn wanted(&self) -> Option<Anchor> {
        if self.follow {
            return (self.asked_end.is_none_or(|asked| asked < self.known_end)).then_some(Anchor::End);
        }
        if self.jump_to_start {
            return Some(Anchor::Start);
        }
        if (self.top.0 < self.height() / 2 || self.owed < 0) && self.window.0 > self.extent.0 {
            return Some(Anchor::Before(self.window.0));
        }
        let below = self.lines.len().saturating_sub(self.top.0);
        let news = self.window.1 < self.known_end && self.asked_end.is_none_or(|asked| asked < self.known_end);
        let read_on = self.window.1 < self.extent.1 || news;
        let last = self.lines.back()?;
        // From the beginning of the last line: it may have been incomplete when it was read.
        (below < self.height() * 3 / 2 && read_on).then_some(Anchor::From(last.offset))
    }

    /// Takes in a page that was asked for. A page of another log, or one no longer wanted, changes nothing.
    pub fn take_page(&mut self, request: &PageRequest, result: io::Result<Page>) {
        if self.in_flight.as_ref() != Some(request) {
            return;
        }
        self.in_flight = None;
        self.asked = false;
        let page = match result {
            Ok(page) => page,
            Err(error) => {
                // A file that is not there yet is a process that has not printed yet.
                self.error = (error.kind() != io::ErrorKind::NotFound).then(|| error.to_string());
                self.jump_to_start = false;
                self.owed = 0;
                self.extent = self.window;
                return;
            }
        };
        self.error = None;
        self.extent = (page.log_start, page.log_end);
        match request.anchor {
            Anchor::End if self.follow => self.replace(page),
            Anchor::End => {}
            Anchor::Start => {
                self.jump_to_start = false;
                self.top = (0, 0);
                self.replace(page);
            }
            Anchor::Before(_) => self.prepend(page),
            Anchor::From(_) => self.append(page),
        }
        self.pay_owed();
    }

    fn replace(&mut self, page: Page) {
        self.window = (page.start, page.end);
        self.lines = page.lines.into();
    }

    fn prepend(&mut self, page: Page) {
        if page.lines.is_empty() {
            self.extent.0 = self.window.0;
            return;
        }
        self.window.0 = page.start;
        self.top.0 += page.lines.len();
        for line in page.lines.into_iter().rev() {
            self.lines.push_front(line);
        }
        let keep = self.height() * 3 + owed_rows(self.owed);
        if self.lines.len() > keep {
            self.window.1 = self.lines[keep].offset;
            self.lines.truncate(keep);
        }
    }

    fn append(&mut self, page: Page) {
        if page.lines.is_empty() {
            self.extent.1 = self.window.1;
            return;
        }
        self.lines.pop_back();
        self.window.1 = page.end;
        self.lines.extend(page.lines);
        let keep = self.height() * 3 + owed_rows(self.owed);
        let drop = self.lines.len().saturating_sub(keep).min(self.top.0);
        self.lines.drain(..drop);
        self.top.0 -= drop;
        self.window.0 = self.lines.front().map_or(self.window.0, |line| line.offset);
    }

    fn pay_owed(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        if self.follow || owed == 0 {
            return;
        }
        self.asked = true;
        if owed < 0 { self.walk_up(owed.unsigned_abs()) } else { self.walk_down(owed.unsigned_abs()) }
    }

    /// Scrolls sideways; only where lines are not wrapped.
    pub fn scroll_sideways(&mut self, columns: isize) {
        let (first, _) = self.first_row();
        let widest = self.lines.iter().skip(first).take(self.height()).map(wrap::width).max().unwrap_or(0);
        let limit = widest.saturating_sub(usize::from(self.text_width()) / 2).max(self.left.min(widest));
        self.left = if self.wrap { 0 } else { self.left.saturating_add_signed(columns).min(limit) };
    }

    /// Turns wrapping on or off, keeping the first line in view.
    pub fn toggle_wrap(&mut self) {
        self.wrap = !self.wrap;
        self.left = 0;
        self.top.1 = 0;
    }

    /// The pane has another size; the first line in view stays.
    pub fn resize(&mut self, width: u16, height: u16) {
        if (width, height) == self.size {
            return;
        }
        let higher = height > self.size.1;
        self.size = (width, height);
        let rows = self.rows_of(self.top.0);
        self.top.1 = self.top.1.min(rows - 1);
        if higher && self.follow {
            self.asked_end = None;
            self.asked = true;
        }
    }

    /// The text of the lines in view, without what was scrolled away sideways being lost.
    pub fn visible_text(&self) -> (usize, String) {
        let (first, _) = self.first_row();
        let mut text = String::new();
        let (mut count, mut rows) = (0, 0);
        for index in first..self.lines.len() {
            if rows >= self.height() {
                break;
            }
            rows += self.rows_of(index);
            count += 1;
            text.extend(self.lines[index].spans.iter().map(|span| span.text.as_str()));
            text.push('\n');
        }
        (count, text)
    }
}

fn owed_rows(owed: isize) -> usize {
    // A long jump by held keys must not turn into a page of the whole file.
    owed.unsigned_abs().min(500)
}
