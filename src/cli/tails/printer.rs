//! Lines of output on their way to standard output: whose, when, harmless.

use std::borrow::Cow;
use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::RunDir;
use super::legible::{Form, Legible, Marks};
use crate::cli::print::prefix::Prefixes;
use crate::cli::print::{Paint, Tone, figures};
use crate::domain::{ProcessName, Timestamp};
use crate::logs::ansi::{bare, plain};
use crate::logs::lines::{Line, LineEnd, Stream, StreamFilter};
use crate::wire::json::{LogLine, time};

/// Why a line is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// All lines are.
    Line,
    /// It was looked for.
    Match,
    /// It stands beside one that was looked for.
    Context,
}

/// A text of fewer characters takes one row of a terminal, or the person has a very narrow one.
const ONE_ROW: usize = 60;

/// The bytes without the beginning of a character that is not all there.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let torn = bytes.utf8_chunks().last().map_or(0, |chunk| chunk.invalid().len());
    &bytes[..bytes.len() - torn]
}

/// Prints lines of one or of many processes.
pub struct Printer {
    paint: Paint,
    /// `name |` in front; `None` for a single process.
    prefixes: Option<Prefixes>,
    timestamps: Option<TimeZone>,
    /// One JSON document per line instead.
    json: bool,
    /// With one stream only, what another stream interrupted belongs together.
    joins: bool,
    form: Form,
    legible: Legible,
    /// Whose line is begun and not ended.
    open: Option<ProcessName>,
    /// The text of an unfinished line as it stands on the terminal.
    glimpsed: Option<String>,
    buffer: Vec<u8>,
}

impl Printer {
    /// Prints for a single process without a prefix, or with `prefixes`.
    pub fn new((paint, form): (Paint, Form), prefixes: Option<Prefixes>, filter: StreamFilter) -> Self {
        Self {
            paint,
            prefixes,
            timestamps: None,
            json: false,
            joins: filter != StreamFilter::All,
            form,
            legible: Legible::new(form),
            open: None,
            glimpsed: None,
            buffer: Vec::new(),
        }
    }

    /// Prints each line as a JSON document, see [`LogLine`]; in the coloured form with the colours of the text.
    pub fn json(form: Form, filter: StreamFilter) -> Self {
        Self { json: true, ..Self::new((Paint::new(false), form), None, filter) }
    }

    /// Marks these parts of each line, where there are colours.
    pub fn marking(mut self, marks: Marks) -> Self {
        self.legible = self.legible.marking(marks);
        self
    }

    /// The time of each line in front of it, in this zone.
    pub fn with_timestamps(mut self, zone: TimeZone) -> Self {
        self.timestamps = Some(zone);
        self
    }

    /// One line, or a piece of one, of this run.
    ///
    /// # Errors
    /// What the sink answers; `BrokenPipe` when nobody reads any more.
    pub fn line(&mut self, sink: &mut impl Write, run: &RunDir, line: &Line, role: Role) -> io::Result<()> {
        if self.json {
            return self.document(sink, run, line, role);
        }
        self.buffer.clear();
        let name = &run.name;
        if self.goes_on(line) {
            let ends = line.end == LineEnd::Newline || line.end == LineEnd::Switched && !self.joins;
            self.buffer.extend_from_slice(if ends { b"\n" } else { b"" });
            self.open = (!ends).then(|| name.clone());
            return sink.write_all(&self.buffer);
        }
        if self.open.as_ref() != Some(name) {
            self.end_open();
            self.begin(name, line.time);
        }
        let ends = match (line.end, role) {
            // What is found may be a piece whose neighbours are not shown.
            (LineEnd::Newline, _) | (_, Role::Match | Role::Context) => true,
            (LineEnd::Switched, Role::Line) => !self.joins,
            (LineEnd::Cut | LineEnd::Open, Role::Line) => false,
        };
        if ends {
            self.legible.end(&line.bytes, &mut self.buffer);
            self.buffer.push(b'\n');
            self.open = None;
        } else {
            self.legible.piece(&line.bytes, &mut self.buffer);
            self.open = Some(name.clone());
        }
        sink.write_all(&self.buffer)
    }

    /// Shows a line that is not finished, on a terminal and of a process without a prefix. What comes of it is added to it.
    ///
    /// # Errors
    /// As [`Self::line`].
    pub fn glimpse(&mut self, sink: &mut impl Write, run: &RunDir, line: &Line) -> io::Result<()> {
        if self.json || self.prefixes.is_some() || self.open.is_some() || line.continued {
            return Ok(());
        }
        self.buffer.clear();
        let text = whole_characters(&line.bytes);
        if !self.goes_on(&Line { bytes: text.to_vec(), ..line.clone() }) {
            self.begin(&run.name, line.time);
            self.legible.end(text, &mut self.buffer);
        }
        self.glimpsed = Some(plain(text).into_owned());
        sink.write_all(&self.buffer)
    }

    /// Writes what is new of a line of which a part stands on the terminal already. False when none of it stays there: then
    /// its place is empty.
    fn goes_on(&mut self, line: &Line) -> bool {
        let Some(glimpsed) = self.glimpsed.take() else { return false };
        let text = plain(&line.bytes);
        if let Some(rest) = text.strip_prefix(&glimpsed)
            && line.end != LineEnd::Cut
        {
            self.legible.end_after(&line.bytes, text.len() - rest.len(), &mut self.buffer);
            return true;
        }
        // A bar that was drawn over, for one. What may have taken several rows is left where it is.
        let is_short = glimpsed.chars().count() < ONE_ROW && self.timestamps.is_none();
        self.buffer.extend_from_slice(if is_short { b"\r\x1b[K" } else { b"\n" });
        false
    }

    /// A line of our own about process `name`, or about everything.
    ///
    /// # Errors
    /// As [`Self::line`].
    pub fn note(&mut self, sink: &mut impl Write, name: Option<&ProcessName>, text: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.buffer.clear();
        if self.glimpsed.take().is_some() {
            self.buffer.push(b'\n');
        }
        self.end_open();
        if let (Some(prefixes), Some(name)) = (&mut self.prefixes, name) {
            self.buffer.extend_from_slice(prefixes.of(name).as_bytes());
        }
        self.buffer.extend_from_slice(text.as_bytes());
        self.buffer.push(b'\n');
        sink.write_all(&self.buffer)
    }

    /// Ends a line that was begun.
    ///
    /// # Errors
    /// As [`Self::line`].
    pub fn finish(&mut self, sink: &mut impl Write) -> io::Result<()> {
        self.buffer.clear();
        if self.glimpsed.take().is_some() {
            self.buffer.push(b'\n');
        }
        self.end_open();
        sink.write_all(&self.buffer)
    }

    fn begin(&mut self, name: &ProcessName, time: Option<Timestamp>) {
        if let Some(prefixes) = &mut self.prefixes {
            self.buffer.extend_from_slice(prefixes.of(name).as_bytes());
        }
        if let Some(zone) = &self.timestamps {
            let shown = time.map_or_else(|| "-".repeat(23), |time| figures::clock(time, Timestamp(0), zone));
            self.buffer.extend_from_slice(self.paint.text(Tone::Quiet, shown).as_bytes());
            self.buffer.push(b' ');
        }
    }

    fn end_open(&mut self) {
        if self.open.take().is_some() {
            self.legible.end(b"", &mut self.buffer);
            self.buffer.push(b'\n');
        }
    }

    fn document(&mut self, sink: &mut impl Write, run: &RunDir, line: &Line, role: Role) -> io::Result<()> {
        let text = match self.form {
            Form::Coloured => {
                self.buffer.clear();
                self.legible.end(&line.bytes, &mut self.buffer);
                Cow::Borrowed(self.buffer.as_slice())
            }
            Form::Screen | Form::File => bare(&line.bytes),
        };
        let document = LogLine {
            time: line.time.map(time),
            name: run.name.as_str(),
            process: run.name.as_str(),
            run: run.no.0,
            stream: match line.stream {
                Stream::Stdout => "stdout",
                Stream::Stderr => "stderr",
                Stream::Terminal => "terminal",
                Stream::Note => "note",
            },
            text: String::from_utf8_lossy(&text),
            partial: match line.end {
                LineEnd::Cut | LineEnd::Switched => true,
                LineEnd::Newline | LineEnd::Open => false,
            },
            is_match: match role {
                Role::Line => None,
                Role::Match => Some(true),
                Role::Context => Some(false),
            },
        };
        serde_json::to_writer(&mut *sink, &document)?;
        sink.write_all(b"\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RunNo;

    fn piece(text: &str, end: LineEnd) -> Line {
        let time = Some(Timestamp(1_700_000_000_000));
        let bytes = text.as_bytes().to_vec();
        Line { offset: 0, len: 0, bytes, stream: Stream::Stdout, time, continued: false, end }
    }

    fn name(text: &str) -> ProcessName {
        ProcessName::new(text).unwrap()
    }

    fn shown(mut printer: Printer, pieces: &[(&str, &str, LineEnd)]) -> String {
        let mut sink = Vec::new();
        for (who, text, end) in pieces {
            let run = RunDir { name: name(who), no: RunNo(1), dir: "/".into(), over: true, log_end: None };
            printer.line(&mut sink, &run, &piece(text, *end), Role::Line).unwrap();
        }
        printer.finish(&mut sink).unwrap();
        String::from_utf8(sink).unwrap()
    }

    fn prefixed(filter: StreamFilter) -> Printer {
        let paint = Paint::new(false);
        Printer::new((paint, Form::File), Some(Prefixes::new(paint, [name("a"), name("bb")])), filter)
    }

    #[test]
    fn pieces_of_a_line_come_together_again() {
        let pieces = [("a", "one ", LineEnd::Cut), ("a", "line", LineEnd::Newline), ("bb", "x", LineEnd::Open)];
        assert_eq!(shown(prefixed(StreamFilter::All), &pieces), "a  | one line\nbb | x\n");
        let interrupted = [("a", "one ", LineEnd::Cut), ("bb", "x", LineEnd::Newline), ("a", "line", LineEnd::Newline)];
        assert_eq!(shown(prefixed(StreamFilter::All), &interrupted), "a  | one \nbb | x\na  | line\n");
    }

    #[test]
    fn an_unfinished_line_is_completed_where_it_stands() {
        let told = |glimpses: &[&[u8]], (text, end): (&str, LineEnd)| {
            let run = RunDir { name: name("a"), no: RunNo(1), dir: "/".into(), over: false, log_end: None };
            let mut printer = Printer::new((Paint::new(true), Form::Coloured), None, StreamFilter::All);
            let mut sink = Vec::new();
            for bytes in glimpses {
                let line = Line { bytes: bytes.to_vec(), ..piece("", LineEnd::Open) };
                printer.glimpse(&mut sink, &run, &line).unwrap();
            }
            printer.line(&mut sink, &run, &piece(text, end), Role::Line).unwrap();
            printer.finish(&mut sink).unwrap();
            String::from_utf8(sink).unwrap()
        };
        assert_eq!(told(&[b"pass", b"password: "], ("password: x", LineEnd::Newline)), "password: x\n");
        assert_eq!(told(&[b"$ ", b"$ "], ("$ ", LineEnd::Open)), "$ \n", "the run ended so");
        assert_eq!(told(&["wört".as_bytes(), &"wörtö".as_bytes()[..6]], ("wörtö", LineEnd::Newline)), "wörtö\n");
        assert_eq!(told(&[b" 10%"], (" 10%\r100%", LineEnd::Newline)), " 10%\r\u{1b}[K100%\n");
        let red = told(&[b"\x1b[31mr"], ("\u{1b}[31mred\u{1b}[0m.", LineEnd::Newline));
        assert_eq!(plain(red.trim_end().as_bytes()), "red.", "{red:?}");
        assert_eq!(red.matches("\u{1b}[0;31m").count(), 2, "both parts are red: {red:?}");
        let long = "x".repeat(100);
        assert_eq!(told(&[long.as_bytes()], ("other", LineEnd::Newline)), format!("{long}\nother\n"));
    }

    #[test]
    fn what_another_stream_interrupted_joins_only_without_that_stream() {
        let pieces = [("a", "50 %", LineEnd::Switched), ("a", " done", LineEnd::Newline)];
        assert_eq!(shown(prefixed(StreamFilter::All), &pieces), "a  | 50 %\na  |  done\n");
        assert_eq!(shown(prefixed(StreamFilter::Stdout), &pieces), "a  | 50 % done\n");
    }

    #[test]
    fn a_single_process_needs_no_prefix_and_times_stand_in_front() {
        let printer =
            Printer::new((Paint::new(false), Form::File), None, StreamFilter::All).with_timestamps(TimeZone::UTC);
        assert_eq!(shown(printer, &[("a", "x\r", LineEnd::Newline)]), "2023-11-14 22:13:20.000 x\n");
    }
}
