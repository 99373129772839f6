//! The logs of several processes in the pane as one: who they are, and how far they are known to be written.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{ProcessName, Row, RunNo};
use crate::tui::model::wrap;
use crate::tui::page::{Place, Several, Source, Subject};

use super::LogPane;
use super::columns::Times;

/// Who is read together. A process keeps its number while they are, so that places stay what they are.
#[derive(Debug, Default)]
pub struct Joined {
    numbers: HashMap<ProcessName, usize>,
    logs: Vec<Source>,
    ends: Vec<u64>,
    /// Lines of each newest run already counted.
    counted: Vec<(RunNo, u64)>,
    /// Places in the snapshot when they joined: by these their names are coloured.
    colours: Vec<usize>,
    /// Cells of the longest name.
    widest: usize,
    /// How often any was told to have grown.
    news: u64,
}

impl Joined {
    /// How many processes there are.
    pub const fn count(&self) -> usize {
        self.logs.len()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &ProcessName> {
        self.logs.iter().map(|source| &source.name)
    }

    /// The name of the process of this number, and the place its colour goes by.
    pub fn name(&self, number: u32) -> Option<(&ProcessName, usize)> {
        let at = number as usize;
        self.logs.get(at).map(|source| &source.name).zip(self.colours.get(at).copied())
    }

    /// Cells of the longest name.
    pub const fn widest(&self) -> usize {
        self.widest
    }

    /// Bytes and lines the newest runs have printed.
    pub fn printed(&self) -> (u64, u64) {
        (self.ends.iter().sum(), self.counted.iter().map(|(_, lines)| lines).sum())
    }

    fn number_of(&mut self, row: &Row, colour: usize) -> usize {
        if let Some(number) = self.numbers.get(row.name()) {
            return *number;
        }
        let number = self.logs.len();
        self.numbers.insert(row.name().clone(), number);
        self.logs.push(Source { name: row.name().clone(), newest: RunNo(0), dir: std::path::PathBuf::new() });
        self.ends.push(0);
        self.counted.push((RunNo(0), 0));
        self.colours.push(colour);
        let cells = row.name().as_str().chars().map(|c| usize::from(wrap::cells(c.encode_utf8(&mut [0; 4])))).sum();
        self.widest = self.widest.max(cells);
        number
    }

    /// Learns of one row. Answers whether the log is another one, whether it has grown, and how many lines are new.
    fn learn(&mut self, row: &Row, colour: usize) -> (bool, bool, u64) {
        let is_new = !self.numbers.contains_key(row.name());
        let number = self.number_of(row, colour);
        let Some(run) = &row.run else { return (is_new, false, 0) };
        let source = &mut self.logs[number];
        let is_other = source.newest != run.no || source.dir != run.dir;
        if is_other {
            (source.newest, source.dir) = (run.no, run.dir.clone());
        }
        let has_grown = is_other || self.ends[number] != run.log_end;
        self.ends[number] = run.log_end;
        let (counted, before) = self.counted[number];
        self.counted[number] = (run.no, run.log_lines);
        let before = if counted == run.no { before } else { 0 };
        (is_new || is_other, has_grown, run.log_lines.saturating_sub(before))
    }
}

impl LogPane {
    /// Shows the logs of these rows as one; each comes with its place in the snapshot.
    pub fn show_joined<'a>(&mut self, rows: impl Iterator<Item = (usize, &'a Arc<Row>)>) {
        if self.joined.is_none() {
            self.leave();
            self.change(None);
        }
        let mut joined = self.joined.take().unwrap_or_default();
        let (mut are_others, mut have_grown, mut lines) = (self.subject.is_none(), false, 0);
        for (colour, row) in rows {
            let learned = joined.learn(row, colour);
            are_others |= learned.0;
            have_grown |= learned.1;
            lines += learned.2;
        }
        if are_others || have_grown {
            joined.news += 1;
            self.known_end = Place::new(RunNo(0), joined.news);
            let logs = match &self.subject {
                Some(Subject::Several(several)) if !are_others => Arc::clone(&several.logs),
                Some(_) | None => joined.logs.as_slice().into(),
            };
            self.subject = Some(Subject::Several(Several { logs, ends: joined.ends.as_slice().into() }));
        }
        self.new_lines = if self.follow { 0 } else { self.new_lines + lines };
        if self.times == Times::SinceStart {
            // They began at different times.
            self.times = Times::Clock;
        }
        self.joined = Some(joined);
    }
}
