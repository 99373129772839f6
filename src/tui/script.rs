//! Tests of `update` that read as sentences: keys in, what was sent and what is selected out.
//!
//! Pages are answered at once from a log of numbered lines, so that scrolling is tested down to the offsets.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::domain::{Command, Row, Snapshot, Timestamp};

use super::fixture::{self, NOW};
use super::key::Key;
use super::keymap::TABLE;
use super::message::{Anchor, Effect, LogLine, LogSpan, Msg, Page, PageRequest};
use super::model::Model;
use super::options::Leave;
use super::update::update;
use super::view::view;

/// A dashboard under test.
pub struct Script {
    pub model: Model,
    pub now: Timestamp,
    pub effects: Vec<Effect>,
    /// How many lines the logs have, by process; all of them ten bytes long.
    pub logs: BTreeMap<String, u64>,
    /// Pages are kept back until [`Script::deliver`].
    pub holding: bool,
    held: Vec<PageRequest>,
    pub pages_read: usize,
}

/// Bytes of every line of a test log, the newline included.
pub const LINE_BYTES: u64 = 10;

impl Script {
    pub fn new(rows: Vec<Row>) -> Self {
        Self::sized((80, 24), rows)
    }

    pub fn sized(size: (u16, u16), rows: Vec<Row>) -> Self {
        let model = fixture::model(size, rows);
        let mut script = Self {
            model,
            now: NOW,
            effects: Vec::new(),
            logs: BTreeMap::new(),
            holding: false,
            held: Vec::new(),
            pages_read: 0,
        };
        script.msg(Msg::Tick);
        script
    }

    /// Handles one message, and answers pages.
    pub fn msg(&mut self, msg: Msg) -> &mut Self {
        let mut waiting = vec![msg];
        while let Some(msg) = waiting.pop() {
            for effect in update(&mut self.model, self.now, msg) {
                let Effect::FetchPage(request) = effect else {
                    self.effects.push(effect);
                    continue;
                };
                if self.holding {
                    self.held.push(request);
                } else {
                    waiting.push(self.answer(request));
                }
            }
        }
        self
    }

    /// Delivers the pages kept back.
    pub fn deliver(&mut self) -> &mut Self {
        self.holding = false;
        for request in std::mem::take(&mut self.held) {
            let msg = self.answer(request);
            self.msg(msg);
        }
        self
    }

    fn answer(&mut self, request: PageRequest) -> Msg {
        self.pages_read += 1;
        assert!(self.pages_read < 10_000, "pages are read in a circle");
        let process = request.dir.iter().nth_back(1).unwrap().to_str().unwrap().to_owned();
        let count = self.logs.get(&process).copied().unwrap_or(0);
        let rows = request.rows as u64;
        let (from, to) = match request.anchor {
            Anchor::End => (count.saturating_sub(rows), count),
            Anchor::Start => (0, rows.min(count)),
            Anchor::Before(offset) => ((offset / LINE_BYTES).saturating_sub(rows), offset / LINE_BYTES),
            Anchor::From(offset) => (offset / LINE_BYTES, (offset / LINE_BYTES + rows).min(count)),
        };
        let page = Page {
            lines: (from..to).map(line).collect(),
            start: from * LINE_BYTES,
            end: to * LINE_BYTES,
            log_start: 0,
            log_end: count * LINE_BYTES,
        };
        Msg::Page(request, Ok::<_, io::Error>(page))
    }

    /// Presses keys, written as the help names them.
    pub fn keys(&mut self, keys: &str) -> &mut Self {
        for word in keys.split_whitespace() {
            let key = key(word);
            self.msg(Msg::Key(key));
        }
        self
    }

    /// Types text letter by letter.
    pub fn types(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.msg(Msg::Key(Key::char(letter)));
        }
        self
    }

    pub fn wait(&mut self, millis: u64) -> &mut Self {
        self.now = self.now + Duration::from_millis(millis);
        self
    }

    /// The supervisor shows these rows now.
    pub fn rows(&mut self, rows: Vec<Row>) -> &mut Self {
        let revision = self.model.snapshot.revision + 1;
        let mut snapshot = Arc::unwrap_or_clone(fixture::snapshot_at(revision, rows));
        snapshot.at = self.now;
        self.msg(Msg::Snapshot(Arc::new(snapshot)))
    }

    /// The log of a process has this many lines now, and the supervisor says so.
    pub fn log(&mut self, process: &str, lines: u64) -> &mut Self {
        self.logs.insert(process.to_owned(), lines);
        let mut snapshot = Snapshot::clone(&self.model.snapshot);
        snapshot.revision += 1;
        for row in &mut snapshot.rows {
            if row.name().as_str() == process {
                let mut grown = Row::clone(row);
                if let Some(run) = &mut grown.run {
                    (run.log_end, run.log_lines) = (lines * LINE_BYTES, lines);
                }
                *row = Arc::new(grown);
            }
        }
        self.msg(Msg::Snapshot(Arc::new(snapshot)))
    }

    pub fn selected(&self) -> &str {
        self.model.table.selected.as_ref().map_or("-", |name| name.as_str())
    }

    /// Commands sent since the last call.
    pub fn sent(&mut self) -> Vec<Command> {
        let (sent, rest) = std::mem::take(&mut self.effects).into_iter().partition(|e| matches!(e, Effect::Send(..)));
        self.effects = rest;
        let command = |effect| if let Effect::Send(_, command) = effect { Some(command) } else { None };
        Vec::into_iter(sent).filter_map(command).collect()
    }

    pub fn left(&self) -> Option<Leave> {
        self.effects.iter().find_map(|effect| if let Effect::Quit(leave) = effect { Some(*leave) } else { None })
    }

    pub fn toast(&self) -> &str {
        self.model.journal.toast.as_ref().map_or("", |toast| &toast.text)
    }

    /// The names in the table, from top to bottom.
    pub fn listed(&self) -> Vec<&str> {
        let rows = self.model.table.items.iter().filter_map(|item| item.process());
        rows.map(|at| self.model.snapshot.rows[at].name().as_str()).collect()
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        screen(&self.model)
    }

    /// The log lines in view, numbers only: first and last.
    pub fn log_in_view(&self) -> (u64, u64) {
        let (first, _) = self.model.log.first_row();
        let height = usize::from(self.model.log.size.1);
        let numbers: Vec<u64> =
            self.model.log.lines.iter().skip(first).take(height).map(|line| line.offset / LINE_BYTES).collect();
        (numbers.first().copied().unwrap_or(0), numbers.last().copied().unwrap_or(0))
    }
}

pub fn line(number: u64) -> LogLine {
    let spans = vec![LogSpan { text: format!("line{number:05}"), ..LogSpan::default() }];
    LogLine { offset: number * LINE_BYTES, time: Some(fixture::ago(100)), spans, ..LogLine::default() }
}

/// A key by its name in the help.
pub fn key(word: &str) -> Key {
    let bound = TABLE.iter().flat_map(|binding| binding.keys).find(|key| key.to_string() == word);
    bound.copied().unwrap_or_else(|| {
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Key::char(letter),
            _other => panic!("no key is named {word:?}"),
        }
    })
}

/// The screen of a model as text.
pub fn screen(model: &Model) -> String {
    let mut terminal = Terminal::new(TestBackend::new(model.width, model.height)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let text = terminal.backend().to_string();
    text.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}
