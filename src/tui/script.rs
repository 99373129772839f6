//! Tests of `update` that read as sentences: keys in, what was sent and what is selected out.
//!
//! Logs are real files in a directory of the test, and pages are read from them at once, so that reading is tested down to
//! the bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ratatui::backend::TestBackend;
use ratatui::{Frame, Terminal};

use crate::domain::{Command, Row, RunNo, Snapshot, Timestamp};
use crate::emulator::{Emulator, Size};
use crate::logs::lines::Stream;
use crate::logs::segment::{Limits, Writer};

use super::feed::News;
use super::fixture::{self, NOW};
use super::key::Key;
use super::keymap::TABLE;
use super::message::{Effect, Msg};
use super::model::Model;
use super::options::Leave;
use super::page::{Job, LineKind, LogLine, LogSpan, Place, Source, Subject};
use super::pages::Pages;
use super::update::update;
use super::view::sheet::Sheet;
use super::view::view;
use super::viewer::Viewer;

/// A dashboard under test.
pub struct Script {
    pub model: Model,
    pub now: Timestamp,
    pub effects: Vec<Effect>,
    home: tempfile::TempDir,
    /// The logs that are written, by their directory.
    logs: BTreeMap<PathBuf, Log>,
    pages: Pages,
    /// Pages are kept back until [`Script::deliver`].
    pub holding: bool,
    held: Vec<Job>,
    pub pages_read: usize,
    /// Whose errors and warnings were counted, count by count.
    pub counted: Vec<Vec<String>>,
}

/// A log that is being written.
struct Log {
    writer: Writer,
    lines: u64,
}

/// Bytes of every numbered line of a test log, the newline included.
pub const LINE_BYTES: u64 = 10;
/// As `wire::layout` calls them, which this room does not know.
const LOG_FILES: [&str; 2] = ["out.log", "out.idx"];
/// Nothing is ever rotated away.
const LIMITS: Limits = Limits { segment_bytes: 1 << 30, segments: 4 };

impl Script {
    pub fn new(rows: Vec<Row>) -> Self {
        Self::sized((80, 24), rows)
    }

    pub fn sized(size: (u16, u16), rows: Vec<Row>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let model = fixture::model(size, rows);
        let mut script = Self {
            model,
            now: NOW,
            effects: Vec::new(),
            home,
            logs: BTreeMap::new(),
            pages: Pages::default(),
            holding: false,
            held: Vec::new(),
            pages_read: 0,
            counted: Vec::new(),
        };
        script.msg(Msg::Tick);
        script
    }

    /// Handles one message, and answers pages.
    pub fn msg(&mut self, msg: Msg) -> &mut Self {
        let mut waiting = vec![msg];
        while let Some(msg) = waiting.pop() {
            for effect in update(&mut self.model, self.now, msg) {
                let Effect::Job(job) = effect else {
                    self.effects.push(effect);
                    continue;
                };
                self.pages.announce(&job);
                if let Job::Levels(sources) = &job {
                    self.counted.push(sources.iter().map(|source| source.name.to_string()).collect());
                }
                if self.holding {
                    self.held.push(job);
                } else {
                    waiting.extend(self.answer(job));
                }
            }
        }
        self
    }

    /// Delivers the pages kept back.
    pub fn deliver(&mut self) -> &mut Self {
        self.holding = false;
        for job in std::mem::take(&mut self.held) {
            for msg in self.answer(job) {
                self.msg(msg);
            }
        }
        self
    }

    fn answer(&mut self, job: Job) -> Vec<Msg> {
        self.pages_read += usize::from(matches!(job, Job::Page(_)));
        assert!(self.pages_read < 10_000, "pages are read in a circle");
        let mut real = job.clone();
        let home = self.home.path();
        each_source(&mut real, &mut |source| source.dir = at_home(home, &source.dir));
        let mut answers = Vec::new();
        self.pages.perform(real, &mut |msg| answers.push(msg));
        match (job, answers.first_mut()) {
            (Job::Page(request), Some(Msg::Page(answered, _))) => *answered = request,
            (_other, _) => {}
        }
        // The newest is taken first by who works on what waits.
        answers.reverse();
        answers
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

    /// The log of a process has this many numbered lines now, and the supervisor says so.
    pub fn log(&mut self, process: &str, lines: u64) -> &mut Self {
        let Some(dir) = self.dir_of(process) else { return self };
        let written = self.logs.get(&dir).map_or(0, |log| log.lines);
        if lines < written {
            self.logs.remove(&dir);
            // As `: > out.log` does it. A directory whose files a reader holds open cannot be removed everywhere.
            for name in LOG_FILES {
                std::fs::File::create(dir.join(name)).unwrap();
            }
        }
        let from = if lines < written { 0 } else { written };
        let text = (from..lines).fold(String::new(), |text, number| text + &format!("line{number:05}\n"));
        self.write(process, Stream::Stdout, text.as_bytes())
    }

    /// The newest run of a process prints this, and the supervisor says so.
    pub fn write(&mut self, process: &str, stream: Stream, bytes: &[u8]) -> &mut Self {
        self.write_at(process, 100, stream, bytes)
    }

    /// The same, so many seconds ago.
    pub fn write_at(&mut self, process: &str, secs_ago: u64, stream: Stream, bytes: &[u8]) -> &mut Self {
        let Some(dir) = self.dir_of(process) else { return self };
        let log = self.logs.entry(dir.clone()).or_insert_with(|| {
            std::fs::create_dir_all(&dir).unwrap();
            let [log, index] = LOG_FILES.map(|name| dir.join(name));
            let writer = Writer::create(log, index, LIMITS).unwrap();
            Log { writer, lines: 0 }
        });
        if !bytes.is_empty() {
            log.writer.append(fixture::ago(secs_ago).0, stream, bytes);
        }
        log.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        let (end, lines) = (log.writer.extent().end, log.lines);
        let mut snapshot = Snapshot::clone(&self.model.snapshot);
        snapshot.revision += 1;
        for row in snapshot.rows.iter_mut().filter(|row| row.name().as_str() == process) {
            let mut grown = Row::clone(row);
            if let Some(run) = &mut grown.run {
                (run.log_end, run.log_lines) = (end, lines);
            }
            *row = Arc::new(grown);
        }
        self.msg(Msg::Snapshot(Arc::new(snapshot)))
    }

    /// The program at the terminal in view has printed this.
    pub fn shows(&mut self, printed: &str) -> &mut Self {
        let area = self.model.areas().log;
        let mut emulator = Emulator::new(Size { rows: area.height, cols: area.width });
        emulator.feed(printed.as_bytes());
        let number = self.model.terminal.number;
        self.msg(Msg::Terminal(number, News::Picture(Arc::new(emulator.picture()))))
    }

    /// Where the newest run of a process lies.
    pub fn dir_of(&self, process: &str) -> Option<PathBuf> {
        let row = self.model.snapshot.rows.iter().find(|row| row.name().as_str() == process)?;
        row.run.as_ref().map(|run| at_home(self.home.path(), &run.dir))
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

    /// What was put on the clipboard last, since the last call.
    pub fn copied(&mut self) -> Option<String> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        effects.filter_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None }).last()
    }

    /// What a viewer was asked to show last: its file and the line.
    pub fn viewed(&mut self) -> Option<(Viewer, PathBuf, usize)> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let view =
            |effect| if let Effect::View(viewer, path, line) = effect { Some((viewer, path, line)) } else { None };
        effects.filter_map(view).last()
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
        let in_view = self.model.log.in_view().map(|index| &self.model.log.lines[index]);
        let numbers: Vec<u64> = in_view.map(|line| line.at.offset / LINE_BYTES).collect();
        (numbers.first().copied().unwrap_or(0), numbers.last().copied().unwrap_or(0))
    }

    /// The texts of the lines in view.
    pub fn texts_in_view(&self) -> Vec<String> {
        self.model.log.in_view().map(|index| self.model.log.lines[index].text()).collect()
    }
}

/// Has something done with all sources that a job names.
fn each_source(job: &mut Job, work: &mut dyn FnMut(&mut Source)) {
    let subject = match job {
        Job::Page(request) => &mut request.subject,
        Job::Find(request) => &mut request.subject,
        Job::Copy(request) => &mut request.subject,
        Job::CopyError(subject) => subject,
        Job::Print(request) => &mut request.subject,
        Job::Save(request) => &mut request.what.subject,
        Job::Count(request) => return work(&mut request.source),
        Job::DiskUse(source) | Job::Clear(source) => return work(source),
        Job::Levels(sources) => return sources.iter_mut().for_each(work),
        Job::Survey(request) => return request.sources.iter_mut().for_each(work),
        Job::StopFind | Job::StopCount | Job::StopSurvey => return,
    };
    match subject {
        Subject::One(source) => work(source),
        Subject::Several(several) => {
            let mut logs = several.logs.to_vec();
            logs.iter_mut().filter(|source| source.has_run()).for_each(work);
            several.logs = logs.into();
        }
    }
}

/// Where the files really lie: screens show the same directory in every run of a test.
fn at_home(home: &Path, dir: &Path) -> PathBuf {
    // An answer may be asked for again as it came.
    if dir.starts_with(home) { dir.to_path_buf() } else { home.join(dir.strip_prefix("/").unwrap_or(dir)) }
}

/// A line of output for tests of what is done with one.
pub fn text_line(text: &str) -> LogLine {
    let spans = vec![LogSpan { text: text.to_owned(), ..LogSpan::default() }];
    let at = Place::new(RunNo(1), 0);
    LogLine { len: text.len() as u64, spans, ..LogLine::inserted(at, LineKind::Output(Stream::Stdout)) }
}

/// A key by its name in the help.
pub fn key(word: &str) -> Key {
    let bound = TABLE.iter().flat_map(|binding| binding.keys).find(|key| key.to_string() == word);
    bound.copied().unwrap_or_else(|| {
        if let Some(letter) = word.strip_prefix("ctrl-").and_then(|rest| rest.chars().next()) {
            return Key::ctrl(letter);
        }
        if let Some(rest) = word.strip_prefix("alt-") {
            return Key { alt: true, ..key(rest) };
        }
        if let Some(number) = word.strip_prefix('F').and_then(|rest| rest.parse().ok()) {
            return Key::function(number);
        }
        if word == "backspace" {
            return Key::code(crossterm::event::KeyCode::Backspace);
        }
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Key::char(letter),
            _other => panic!("no key is named {word:?}"),
        }
    })
}

/// The screen of a model as text.
pub fn screen(model: &Model) -> String {
    let text = shown(model, (model.width, model.height)).backend().to_string();
    text.lines().map(|line| line.trim_matches('"').trim_end()).collect::<Vec<_>>().join("\n")
}

/// The cells of the screen of a model.
pub fn buffer(model: &Model) -> ratatui::buffer::Buffer {
    shown(model, (model.width, model.height)).backend().buffer().clone()
}

/// A terminal of this size that shows a model.
pub fn shown(model: &Model, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(model, frame)).unwrap();
    terminal
}

/// Draws the screen of a model, every row of it.
fn draw(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    let mut sheet = Sheet::default();
    sheet.begin(area.width, area.height);
    let cursor = view(model, &mut sheet);
    let rows = frame.buffer_mut().content.chunks_mut(usize::from(area.width).max(1));
    sheet.strips().iter().zip(rows).for_each(|(strip, row)| strip.draw(row));
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
}
