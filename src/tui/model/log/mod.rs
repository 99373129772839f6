//! The log pane: a window of about two screens of lines on a log of any size.
//!
//! Lines are known by their place: run and offset in bytes. While following, the window is replaced by the newest lines;
//! while not, it stays where it is and only grows at the side the person moves to. Written by `update`, read by the views.

pub mod columns;
pub mod joined;
pub mod levels;
pub mod marks;
mod places;
mod scroll;
pub mod search;
pub mod selection;
mod window;

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::{Row, RunNo};
use crate::logs::lines::StreamFilter;
use crate::tui::page::{LogLine, Look, PageRequest, Place, Source, Span, Subject, Target};

use super::wrap;
use columns::{Columns, Times};
use joined::Joined;
use levels::ErrorsInView;
use marks::Marks;
use places::Places;
use search::Searches;
use selection::{Point, Selection};

/// The pane and the window of lines behind it.
#[derive(Debug)]
pub struct LogPane {
    /// Whose log.
    pub subject: Option<Subject>,
    /// Who they are, where it is the logs of several processes.
    pub joined: Option<Joined>,
    /// The window, oldest first.
    pub lines: VecDeque<LogLine>,
    /// The runs kept of a single process, as last read.
    pub runs: Arc<[Span]>,
    /// What is shown of the lines.
    pub look: Look,
    /// New lines move the view.
    pub follow: bool,
    /// While not following: the first row in view, as a line of the window and a row of that line.
    pub top: (usize, usize),
    /// The line last gone to: a match, an error, a time.
    pub cursor: Option<Place>,
    /// Columns scrolled to the right.
    pub left: usize,
    /// Long lines are broken.
    pub wrap: bool,
    /// How the time of a line is shown.
    pub times: Times,
    /// Lines that came since following ended.
    pub new_lines: u64,
    /// Why it cannot be read.
    pub error: Option<String>,
    /// Size of the pane in cells.
    pub size: (u16, u16),
    /// Marks of the person.
    pub marks: Marks,
    /// What is looked for.
    pub searches: Searches,
    /// Where the logs of others were left.
    places: Places,
    /// Errors of the newest run.
    errors: ErrorsInView,
    /// What is selected.
    pub selection: Option<Selection>,
    /// What was selected and is being copied, should that be refused.
    copying: Option<Selection>,
    /// Where a mouse button went down.
    pressed: Option<Point>,
    /// It goes on following when that button is let go.
    resumes: bool,
    /// Where the window begins and from where it is read on.
    window: (Place, Place),
    /// How far the window sees.
    seen: Place,
    /// The oldest place kept and the newest one, as last read.
    extent: (Place, Place),
    /// What is known of the end from the newest snapshot.
    known_end: Place,
    /// Lines of that run already counted.
    counted: (RunNo, u64),
    /// The known end at the time of the last request.
    asked_end: Option<Place>,
    in_flight: Option<PageRequest>,
    /// Rows still to be scrolled when the next page is there.
    owed: isize,
    jump: Option<Jump>,
    /// Where one was reading when something else began to be shown of the lines, and the first line in view that came of it. As
    /// long as nobody has moved, whatever is shown next is shown from there.
    reading: Option<(Place, Option<Place>)>,
    asked: bool,
}

/// Somewhere to go that is not in the window yet.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Jump {
    target: Target,
    /// Rows wanted above it.
    lead: usize,
}

impl Default for LogPane {
    fn default() -> Self {
        Self {
            subject: None,
            joined: None,
            lines: VecDeque::new(),
            runs: Arc::new([]),
            look: Look::default(),
            follow: true,
            top: (0, 0),
            cursor: None,
            left: 0,
            wrap: false,
            times: Times::Off,
            new_lines: 0,
            error: None,
            size: (0, 0),
            marks: Marks::default(),
            searches: Searches::default(),
            places: Places::default(),
            errors: ErrorsInView::default(),
            selection: None,
            copying: None,
            pressed: None,
            resumes: false,
            window: (Place::default(), Place::default()),
            seen: Place::default(),
            extent: (Place::default(), Place::default()),
            known_end: Place::default(),
            counted: (RunNo(0), 0),
            asked_end: None,
            in_flight: None,
            owed: 0,
            jump: None,
            reading: None,
            asked: false,
        }
    }
}

impl LogPane {
    /// Shows the log of `row`. A new run of the same process goes on in the same view.
    pub fn show(&mut self, row: Option<&Row>) {
        let newest = row.and_then(Source::of);
        let is_same = matches!((self.one(), &newest), (Some(old), Some(new)) if old.name == new.name);
        if self.joined.is_some() || self.one() != newest.as_ref() {
            let newest = newest.map(Subject::One);
            if is_same {
                self.subject = newest;
            } else {
                self.leave();
                if row.is_some_and(|row| row.spec.tty) {
                    // A terminal has one stream, and all of it is to be seen.
                    self.look.streams = StreamFilter::All;
                }
                self.change(newest);
                self.come_back();
            }
        }
        if let Some(run) = row.and_then(|row| row.run.as_ref()) {
            self.known_end = Place::new(run.no, run.log_end);
            self.count_new(run.no, run.log_lines);
        }
    }

    fn count_new(&mut self, run: RunNo, lines: u64) {
        let before = if self.counted.0 == run { self.counted.1 } else { 0 };
        self.counted = (run, lines);
        self.new_lines = if self.follow { 0 } else { self.new_lines + lines.saturating_sub(before) };
    }

    /// Whose log it is, if it is that of one process.
    pub fn one(&self) -> Option<&Source> {
        self.subject.as_ref().and_then(Subject::one)
    }

    fn change(&mut self, subject: Option<Subject>) {
        // Columns scrolled to are where something was in that process's lines; another's may be shorter.
        let mut searches = std::mem::take(&mut self.searches);
        searches.restart();
        self.marks.forget_joined();
        *self = Self {
            subject,
            asked: true,
            searches,
            wrap: self.wrap,
            times: self.times,
            look: self.look.clone(),
            size: self.size,
            marks: std::mem::take(&mut self.marks),
            places: std::mem::take(&mut self.places),
            ..Self::default()
        };
    }

    /// What was read is no longer there.
    pub fn read_anew(&mut self) {
        let known_end = self.known_end;
        self.change(self.subject.clone());
        self.known_end = known_end;
    }

    /// The lines of a place that was gone to are on their way.
    pub const fn is_arriving(&self) -> bool {
        self.jump.is_some() && self.in_flight.is_some()
    }

    /// The run whose lines are in view.
    pub fn run_in_view(&self) -> Option<RunNo> {
        let (first, _) = self.first_row();
        let in_view = self.lines.get(first).filter(|_| !self.follow && self.joined.is_none()).map(|line| line.at.run);
        in_view.or_else(|| self.one().map(|source| source.newest))
    }

    /// The place of the first line in view.
    pub fn top_place(&self) -> Place {
        let (first, _) = self.first_row();
        self.lines.get(first).map_or(self.window.0, |line| line.at)
    }

    /// How the cells of a row are shared out.
    pub fn columns(&self) -> Columns {
        // The newest run's count keeps the width steady while one moves.
        let widest = || self.lines.iter().filter_map(|line| line.number).max().unwrap_or(0).max(self.counted.1);
        let widest_name = self.joined.as_ref().map(Joined::widest);
        let is_one = widest_name.is_none();
        let numbers = self.look.numbers && is_one;
        Columns::of(self.size.0, self.times, widest_name, numbers.then(widest), self.searches.is_shown() && is_one)
    }

    /// Cells a row of text has.
    pub fn text_width(&self) -> u16 {
        self.columns().text.max(1)
    }

    fn height(&self) -> usize {
        usize::from(self.size.1)
    }

    /// Whether a line may take several rows.
    pub fn breaks(&self, line: &LogLine) -> bool {
        self.wrap || line.has_rows()
    }

    fn rows_of(&self, index: usize) -> usize {
        match self.lines.get(index) {
            Some(line) if line.is_output() && self.breaks(line) => wrap::rows(line, self.text_width()),
            Some(_) | None => 1,
        }
    }

    /// The indices of the lines in view.
    pub fn in_view(&self) -> std::ops::Range<usize> {
        let (first, skipped) = self.first_row();
        let mut rows = 0;
        let mut last = first;
        while last < self.lines.len() && rows < self.height() + skipped {
            rows += self.rows_of(last);
            last += 1;
        }
        first..last
    }

    /// The first row in view.
    pub fn first_row(&self) -> (usize, usize) {
        if self.follow { self.last_screen() } else { self.top }
    }

    /// The row from which the window's last line is the last in view.
    fn last_screen(&self) -> (usize, usize) {
        self.screen_up_to(self.lines.len())
    }

    /// The row from which the line before `end` is the last in view.
    fn screen_up_to(&self, end: usize) -> (usize, usize) {
        let mut left = self.height();
        for index in (0..end.min(self.lines.len())).rev() {
            let rows = self.rows_of(index);
            if rows >= left {
                return (index, rows - left);
            }
            left -= rows;
        }
        (0, 0)
    }

    /// Scrolls sideways; only where lines are not wrapped.
    pub fn scroll_sideways(&mut self, columns: isize) {
        let widest = self.widest();
        let limit = widest.saturating_sub(usize::from(self.text_width()) / 2).max(self.left.min(widest));
        self.left = if self.wrap { 0 } else { self.left.saturating_add_signed(columns).min(limit) };
    }

    /// Cells of the widest line in view.
    pub fn widest(&self) -> usize {
        self.in_view()
            .filter_map(|index| self.lines.get(index))
            .filter(|line| !line.has_rows())
            .map(wrap::width)
            .max()
            .unwrap_or(0)
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

    /// Shows something else of the lines; the first line in view stays, or the end does.
    pub fn change_look(&mut self, change: impl FnOnce(&mut Look)) {
        let place = self.place_read();
        change(&mut self.look);
        self.asked = true;
        if self.follow {
            self.asked_end = None;
        } else {
            self.jump = Some(Jump { target: Target::Place(place), lead: 0 });
            self.reading = Some((place, None));
        }
        self.searches.restart_count();
    }

    fn place_read(&self) -> Place {
        let top = self.top_place();
        let is_there = |came_of_it| self.lines.is_empty() || came_of_it == Some(top) || self.jump.is_some();
        self.reading.filter(|(_, came_of_it)| is_there(*came_of_it)).map_or(top, |(place, _)| place)
    }
}
