//! One fault found in a `pm.toml`, and all of them together: where, what, why, and what to do next.
//!
//! Must not know what the keys mean. Filled by the readers of this room; drawn by `render`, printed by `cli`.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::domain::ProcessName;

/// What a diagnostic means for the one who loads the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The file says something that has no meaning: nothing of it is loaded.
    Fault,
    /// The file is right, but one process could not be started as things are on disk now; the others can.
    Unstartable,
    /// Allowed, but probably not what was meant.
    Advice,
}

/// How loudly a diagnostic is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Counts for `pm check`.
    Error,
    /// Printed, and no more.
    Warning,
}

impl Kind {
    /// How loudly it is printed. Whether an [`Kind::Unstartable`] stops anything is up to the caller.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Fault | Self::Unstartable => Severity::Error,
            Self::Advice => Severity::Warning,
        }
    }
}

/// One finding. Lines and columns count from 1, columns in characters; all four are 0 when it is about the whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What it means for the loader.
    pub kind: Kind,
    /// The process it is about, if it is about one.
    pub process: Option<ProcessName>,
    /// What happened, to which process.
    pub message: String,
    /// Why, in a few words that stand beside the marker; may be empty.
    pub label: String,
    /// What to do next.
    pub suggestion: Option<String>,
    /// First line of the marked text.
    pub line: usize,
    /// First column of the marked text.
    pub column: usize,
    /// Last line of the marked text.
    pub end_line: usize,
    /// The column behind the marked text.
    pub end_column: usize,
    pub(super) span: Option<Range<usize>>,
}

impl Diagnostic {
    pub(super) fn new(kind: Kind, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        let (message, label, suggestion) = (message.into(), String::new(), None);
        Self { kind, process: None, message, label, suggestion, line: 0, column: 0, end_line: 0, end_column: 0, span }
    }

    pub(super) fn fault(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Kind::Fault, Some(span), message)
    }

    pub(super) fn unstartable(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Kind::Unstartable, Some(span), message)
    }

    pub(super) fn advice(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(Kind::Advice, Some(span), message)
    }

    pub(super) fn because(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn hint(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }

    /// How loudly it is printed.
    pub const fn severity(&self) -> Severity {
        self.kind.severity()
    }

    fn place(&mut self, text: &str, line_starts: &[usize]) {
        let Some(span) = self.span.clone() else { return };
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end).max(start);
        (self.line, self.column) = position(text, line_starts, start);
        (self.end_line, self.end_column) = position(text, line_starts, end);
        self.span = Some(start..end);
    }
}

fn position(text: &str, line_starts: &[usize], at: usize) -> (usize, usize) {
    let line = line_starts.partition_point(|&start| start <= at);
    (line, text[line_starts[line - 1]..at].chars().count() + 1)
}

/// Everything found in one file, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.render(false))]
pub struct Diagnostics {
    pub(super) file: PathBuf,
    pub(super) text: Arc<str>,
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(file: &Path, text: &str, mut items: Vec<Diagnostic>) -> Self {
        let line_starts: Vec<_> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        for item in &mut items {
            item.place(text, &line_starts);
        }
        items.sort_by_key(|item| (item.line, item.column));
        Self { file: file.to_owned(), text: text.into(), items }
    }

    /// No findings, about no file.
    pub fn none() -> Self {
        Self::new(Path::new(""), "", Vec::new())
    }

    /// A file that could not even be read.
    pub(super) fn unreadable(file: &Path, message: String, suggestion: &str) -> Self {
        Self::new(file, "", vec![Diagnostic::new(Kind::Fault, None, message).hint(suggestion)])
    }

    /// The file as it was named to the loader.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The findings in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many findings are of `kind`.
    pub fn count(&self, kind: Kind) -> usize {
        self.items.iter().filter(|item| item.kind == kind).count()
    }

    /// How many findings count as errors for `pm check`: faults, and processes that could not be started.
    pub fn errors(&self) -> usize {
        self.items.iter().filter(|item| item.severity() == Severity::Error).count()
    }

    /// The findings about one process.
    pub fn about<'a>(&'a self, name: &'a ProcessName) -> impl Iterator<Item = &'a Diagnostic> {
        self.items.iter().filter(move |item| item.process.as_ref() == Some(name))
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One finding as `pm check --json` prints it. `line` and its kin are `null` when it is about the whole file.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    file: String,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    severity: Severity,
    kind: Kind,
    process: Option<&'a ProcessName>,
    message: String,
    suggestion: Option<&'a str>,
}

impl Serialize for Diagnostics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.items.iter().map(|item| {
            let some = |number: usize| (number > 0).then_some(number);
            Entry {
                file: self.file.display().to_string(),
                line: some(item.line),
                column: some(item.column),
                end_line: some(item.end_line),
                end_column: some(item.end_column),
                severity: item.severity(),
                kind: item.kind,
                process: item.process.as_ref(),
                message: item.sentence(),
                suggestion: item.suggestion.as_deref(),
            }
        }))
    }
}

impl Diagnostic {
    /// What happened and why, in one line.
    pub fn sentence(&self) -> String {
        if self.label.is_empty() { self.message.clone() } else { format!("{}: {}", self.message, self.label) }
    }
}
