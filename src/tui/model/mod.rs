//! Everything the dashboard remembers. Written by `update` alone, read by the views.

pub mod disk;
pub mod entry;
pub mod history;
pub mod journal;
pub mod levels;
pub mod log;
pub mod pending;
pub mod picked;
pub mod results;
pub mod table;
pub mod terminal;
pub mod together;
pub mod wrap;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::{Phase, ProcessName, Row, Snapshot, Timestamp};

use super::action::Action;
use super::glyph::GlyphSet;
use super::key::Key;
use super::keymap::Context;
use super::layout::{Areas, Pane, Screen, Wish, alone, areas, is_tiny};
use super::menu::Menu;
use super::theme::Theme;
use disk::DiskUse;
use entry::{Entry, Finder};
use history::Histories;
use journal::Journal;
use log::LogPane;
use pending::Pending;
use results::Results;
use table::Table;
use terminal::{TerminalPane, has_terminal};
use together::Together;
use wrap::broken;

/// Lines an empty table is given.
const EMPTY_LINES: usize = 6;
/// Clicks on one cell within this belong together.
const CLICKS_WITHIN_MS: u128 = 400;
/// Ctrl-c pressed again within this is meant as one urgent wish.
const INTERRUPTS_WITHIN: Duration = Duration::from_secs(2);

/// The whole state of the dashboard.
#[derive(Debug)]
pub struct Model {
    /// The time of the message being handled, on the clock of this program.
    pub now: Timestamp,
    /// Columns of the terminal.
    pub width: u16,
    /// Rows of the terminal.
    pub height: u16,
    /// How it looks.
    pub look: Look,
    /// The supervisor's newest picture.
    pub snapshot: Arc<Snapshot>,
    /// Milliseconds the supervisor's clock is ahead of ours, where that is more than a trifle.
    pub skew_ms: i64,
    /// No snapshot will come any more, since then.
    pub gone_since: Option<Timestamp>,
    /// The search for another supervisor.
    pub succession: Succession,
    /// The rows as shown.
    pub table: Table,
    /// The log of the selected process, or those of several.
    pub log: LogPane,
    /// Keys about lines that are on their way, and those pressed behind them.
    pub held: VecDeque<Key>,
    /// Whose logs are read as one.
    pub together: Option<Together>,
    /// The terminal of the selected process, if it has one.
    pub terminal: TerminalPane,
    /// There is nothing to see but the terminal of this process.
    pub solo: Option<ProcessName>,
    /// Leaving may leave what runs running.
    pub can_run_on: bool,
    /// Which pane has the keys.
    pub pane: Pane,
    /// What the runs of the process in the details take on disk.
    pub disk: DiskUse,
    /// Only that pane is shown.
    pub zoom: bool,
    /// What is shown in the middle.
    pub screen: Screen,
    /// The first line of details or events that is shown; counted from the end for events.
    pub reading_top: usize,
    /// A question on top of everything.
    pub menu: Option<Menu>,
    /// The help or the palette on top of everything.
    pub finder: Option<Finder>,
    /// What was run from the palette, newest first.
    pub recent: Vec<Action>,
    /// What was found in the logs of all processes, on top of everything.
    pub results: Option<Results>,
    /// A line being typed.
    pub entry: Option<Entry>,
    /// Toasts and what happened.
    pub journal: Journal,
    /// Commands on their way.
    pub pending: Pending,
    /// Recent figures of each process.
    pub histories: Histories,
    /// Everything is being stopped because the person leaves.
    pub leaving: Option<Leaving>,
    /// When ctrl-c was last pressed, and how often in quick succession.
    pub interrupts: (Timestamp, u8),
    /// What was copied, until it is known by which ways.
    pub copied: Option<String>,
    /// The last clicks: when, where, and how many in quick succession.
    pub clicks: (Timestamp, (u16, u16), u8),
    /// The mouse is captured.
    pub mouse: bool,
    /// The terminal window has the focus.
    pub focused: bool,
    /// Something visible changed since the last frame. Set by `update`, taken by [`Model::take_dirty`].
    pub dirty: bool,
    /// The time the last frame was drawn for.
    drawn_at: Timestamp,
}

/// What never changes while the dashboard is open.
#[derive(Debug)]
pub struct Look {
    /// Stands in the header.
    pub title: Option<String>,
    /// Colours.
    pub theme: Theme,
    /// Characters.
    pub glyphs: GlyphSet,
    /// In which times of day are written.
    pub zone: TimeZone,
}

/// What is done about a supervisor that has gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Succession {
    /// Nobody looks for another one.
    #[default]
    Nobody,
    /// Nothing had to be done so far, but another one would be looked for.
    Ready,
    /// Another one is being looked for.
    Seeking,
    /// Another one took over at this time.
    Found(Timestamp),
    /// There is none, and why.
    Failed(String),
}

/// A stop of everything that ends in leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Since when.
    pub since: Timestamp,
    /// Everybody was told to enter the next stage already.
    pub hurried: bool,
}

impl Model {
    /// A dashboard on `snapshot`, of the given size.
    pub fn new(now: Timestamp, size: (u16, u16), look: Look, mouse: bool, snapshot: &Arc<Snapshot>) -> Self {
        let mut model = Self {
            now,
            width: size.0,
            height: size.1,
            look,
            snapshot: Arc::clone(snapshot),
            skew_ms: 0,
            gone_since: None,
            succession: Succession::default(),
            table: Table::default(),
            log: LogPane::default(),
            held: VecDeque::new(),
            together: None,
            terminal: TerminalPane::default(),
            solo: None,
            can_run_on: true,
            pane: Pane::default(),
            disk: DiskUse::default(),
            zoom: false,
            screen: Screen::default(),
            reading_top: 0,
            menu: None,
            finder: None,
            recent: Vec::new(),
            results: None,
            entry: None,
            journal: Journal::default(),
            pending: Pending::default(),
            histories: Histories::default(),
            leaving: None,
            interrupts: (Timestamp::default(), 0),
            copied: None,
            clicks: (Timestamp::default(), (0, 0), 0),
            mouse,
            focused: true,
            dirty: true,
            drawn_at: now,
        };
        model.histories.record(snapshot);
        model.table.rebuild(snapshot);
        model
    }

    /// The selected row.
    pub fn selected(&self) -> Option<&Arc<Row>> {
        self.table.selected.as_ref().and_then(|name| self.row(name))
    }

    /// The row of that name.
    pub fn row(&self, name: &ProcessName) -> Option<&Arc<Row>> {
        // The table knows where the selected row is, which is nearly always the one asked for.
        let hinted = self.table.selected_row.and_then(|at| self.snapshot.rows.get(at));
        hinted.filter(|row| row.name() == name).or_else(|| self.snapshot.rows.iter().find(|row| row.name() == name))
    }

    /// What an order applies to: nobody is meant who is not shown. In the table, the marked rows that the filter lets through;
    /// among the logs of several, the marked ones of those; else, and in details and in a log, the selected process.
    pub fn targets(&self) -> Vec<&Arc<Row>> {
        let marked = match (self.screen, self.pane, &self.together) {
            (Screen::Main, Pane::Table, _) => self.marked(|row| self.table.lets_through(row)),
            (Screen::Main, Pane::Log, Some(together)) => self.marked(|row| together.holds(row.name())),
            (Screen::Main, Pane::Log, None) | (Screen::Details | Screen::Events, ..) => Vec::new(),
        };
        if marked.is_empty() { self.selected().into_iter().collect() } else { marked }
    }

    /// The marked rows of those that are shown.
    fn marked(&self, is_shown: impl Fn(&Row) -> bool) -> Vec<&Arc<Row>> {
        let is_meant = |row: &&Arc<Row>| self.table.marks.contains(row.name()) && is_shown(row);
        self.snapshot.rows.iter().filter(is_meant).collect()
    }

    /// Who has which cells.
    pub fn areas(&self) -> Areas {
        let is_tiny = is_tiny(self.width, self.height);
        if self.solo.is_some() || is_tiny && self.terminal.attached.is_some() {
            return alone(self.width, self.height);
        }
        areas(&Wish {
            width: self.width,
            height: self.height,
            screen: self.screen,
            pane: self.pane,
            zoom: self.zoom,
            banner: self.gone_since.is_some() || self.leaving.is_some() || self.snapshot.shutting_down.is_some(),
            // An empty table has something to say as well.
            log_bar: self.log.searches.is_shown() && !self.shows_terminal(),
            said: if is_tiny { self.rows_said() } else { 0 },
            items: if self.table.items.is_empty() { EMPTY_LINES } else { self.table.items.len() },
        })
    }

    /// Rows that a line being typed and what is wrong with it take, or a message, where it may break.
    fn rows_said(&self) -> u16 {
        let (typed, said) = match (&self.entry, &self.journal.toast) {
            (Some(entry), _) => (1, entry.fault.as_deref()),
            (None, Some(toast)) => (0, Some(toast.text.as_str())),
            (None, None) => (0, None),
        };
        let rows = typed + said.map_or(0, |text| broken(text, usize::from(self.width.max(2)) - 1).len());
        u16::try_from(rows).unwrap_or(u16::MAX)
    }

    /// In the place of the log the terminal of the selected process is shown.
    pub fn shows_terminal(&self) -> bool {
        self.terminal.history.is_none()
            && self.together.is_none()
            && self.selected().is_some_and(|row| has_terminal(row))
    }

    /// Where keys have their meaning now, when nothing lies on top.
    pub const fn context(&self) -> Context {
        match (self.screen, self.pane) {
            (Screen::Main, Pane::Table) => Context::Table,
            (Screen::Main, Pane::Log) if self.log.selection.is_some() || self.terminal.picked.is_some() => {
                Context::Selecting
            }
            (Screen::Main, Pane::Log) => Context::Log,
            (Screen::Details | Screen::Events, _) => Context::Reading,
        }
    }

    /// How many times in succession ctrl-c is pressed when it is pressed now.
    pub fn next_interrupt(&self) -> u8 {
        let (last, count) = self.interrupts;
        if self.now.since(last) <= INTERRUPTS_WITHIN { count.saturating_add(1) } else { 1 }
    }

    /// Pressed now, it leaves at once: everything is being stopped, and that was hurried already, or this is the third time.
    pub fn interrupt_leaves(&self) -> bool {
        self.leaving.is_some_and(|leaving| leaving.hurried || self.next_interrupt() >= 3)
    }

    /// A click at a column and a row: how many there were on this cell in quick succession, up to three.
    pub fn count_click(&mut self, at: (u16, u16)) -> u8 {
        let (last, place, count) = self.clicks;
        let goes_on = place == at && self.now.since(last).as_millis() <= CLICKS_WITHIN_MS;
        let count = if goes_on { count % 3 + 1 } else { 1 };
        self.clicks = (self.now, at, count);
        count
    }

    /// The time as the supervisor's clock shows it; deadlines in a snapshot are to be compared with this. It stands still
    /// once the supervisor is gone: nobody counts down any more.
    pub fn supervisor_now(&self) -> Timestamp {
        Timestamp(self.gone_since.unwrap_or(self.now).0.saturating_add_signed(self.skew_ms))
    }

    /// A frame is drawn now: nothing is new after it.
    pub fn take_dirty(&mut self, now: Timestamp) {
        self.now = now;
        self.drawn_at = now;
        self.dirty = false;
    }

    /// When the screen changes by itself next: a countdown in view, a toast that fades. `None` while nothing moves.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let toast = self.journal.next_expiry();
        let leaving = self.terminal.attached.as_ref().and_then(|attached| attached.leaves_at);
        let leaving = leaving.into_iter().chain(self.terminal.late.as_ref().map(|late| late.until));
        let toast = toast.into_iter().chain(leaving).chain(self.table.levels.due).chain(self.disk.due).min();
        let countdown = self.countdown_step().map(|step| Timestamp(self.drawn_at.0 + step));
        match (toast, countdown) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }

    /// Milliseconds until a countdown in view shows another figure.
    fn countdown_step(&self) -> Option<u64> {
        if self.gone_since.is_some() {
            return None;
        }
        let now = self.supervisor_now();
        let rows = usize::from(self.areas().table.height);
        let in_view = self.table.items.iter().skip(self.table.first).take(rows).filter_map(|item| item.process());
        let rows = in_view.filter_map(|at| self.snapshot.rows.get(at));
        let moving = rows.filter_map(|row| deadline(&row.phase)).filter(|until| *until > now);
        let nearest = moving.min()?;
        // Tenths are shown below ten seconds, whole seconds above.
        Some(if nearest.since(now).as_secs() < 10 { 100 } else { 1000 })
    }
}

/// When a phase that counts down will be over.
fn deadline(phase: &Phase) -> Option<Timestamp> {
    match phase {
        Phase::Stopping(stopping) if !stopping.held => stopping.stage.map(|stage| stage.until),
        Phase::Backoff { until, .. } => Some(*until),
        Phase::Stopping(_)
        | Phase::Stopped { .. }
        | Phase::Starting { .. }
        | Phase::Running { .. }
        | Phase::Completed { .. }
        | Phase::Failed { .. }
        | Phase::Unknown { .. } => None,
    }
}
