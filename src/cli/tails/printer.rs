//! Lines of output on their way to standard output: whose, when, harmless.

use std::collections::HashMap;
use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::clean::Cleaner;
use crate::cli::print::prefix::Prefixes;
use crate::cli::print::{Paint, Tone, figures};
use crate::domain::{ProcessName, Timestamp};
use crate::logs::lines::{Line, LineEnd, Stream, StreamFilter};
use crate::wire::json::{LogLine, time};

/// Prints lines of one or of many processes.
#[derive(Debug)]
pub struct Printer {
    paint: Paint,
    /// `name |` in front; `None` for a single process.
    prefixes: Option<Prefixes>,
    timestamps: Option<TimeZone>,
    /// One JSON document per line instead.
    json: bool,
    /// With one stream only, what another stream interrupted belongs together.
    joins: bool,
    cleaners: HashMap<ProcessName, Cleaner>,
    /// Whose line is begun and not ended.
    open: Option<ProcessName>,
    buffer: Vec<u8>,
}

impl Printer {
    /// Prints for a single process without a prefix, or with `prefixes`.
    pub fn new(paint: Paint, prefixes: Option<Prefixes>, filter: StreamFilter) -> Self {
        Self {
            paint,
            prefixes,
            timestamps: None,
            json: false,
            joins: filter != StreamFilter::All,
            cleaners: HashMap::new(),
            open: None,
            buffer: Vec::new(),
        }
    }

    /// Prints each line as a JSON document, see [`LogLine`].
    pub fn json(filter: StreamFilter) -> Self {
        Self { json: true, ..Self::new(Paint::new(false), None, filter) }
    }

    /// The time of each line in front of it, in this zone.
    pub fn with_timestamps(mut self, zone: TimeZone) -> Self {
        self.timestamps = Some(zone);
        self
    }

    /// One line, or a piece of one, of process `name`.
    ///
    /// # Errors
    /// What the sink answers; `BrokenPipe` when nobody reads any more.
    pub fn line(&mut self, sink: &mut impl Write, name: &ProcessName, line: &Line) -> io::Result<()> {
        if self.json {
            return document(sink, name, line);
        }
        self.buffer.clear();
        if self.open.as_ref() != Some(name) {
            self.end_open();
            self.begin(name, line.time);
        }
        let keep_colours = self.paint.is_coloured();
        let cleaner = self.cleaners.entry(name.clone()).or_insert_with(|| Cleaner::new(keep_colours));
        let whole = line.end == LineEnd::Newline;
        let bare = line.bytes.strip_suffix(b"\r").filter(|_| whole);
        cleaner.clean(bare.unwrap_or(&line.bytes), &mut self.buffer);
        self.open = Some(name.clone());
        match line.end {
            LineEnd::Newline => self.end_open(),
            LineEnd::Switched if !self.joins => self.end_open(),
            LineEnd::Switched | LineEnd::Cut | LineEnd::Open => {}
        }
        sink.write_all(&self.buffer)
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
        self.end_open();
        match (&mut self.prefixes, name) {
            (Some(prefixes), Some(name)) => self.buffer.extend_from_slice(prefixes.of(name).as_bytes()),
            (Some(_) | None, _) => {}
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
        let Some(name) = self.open.take() else { return };
        if let Some(cleaner) = self.cleaners.get_mut(&name) {
            cleaner.end_line(&mut self.buffer);
        }
        self.buffer.push(b'\n');
    }
}

fn document(sink: &mut impl Write, name: &ProcessName, line: &Line) -> io::Result<()> {
    let document = LogLine {
        time: line.time.map(time),
        name: name.as_str(),
        stream: match line.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
            Stream::Terminal => "terminal",
            Stream::Note => "note",
        },
        text: String::from_utf8_lossy(&line.bytes),
        partial: match line.end {
            LineEnd::Cut | LineEnd::Switched => true,
            LineEnd::Newline | LineEnd::Open => false,
        },
    };
    serde_json::to_writer(&mut *sink, &document)?;
    sink.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

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
            printer.line(&mut sink, &name(who), &piece(text, *end)).unwrap();
        }
        printer.finish(&mut sink).unwrap();
        String::from_utf8(sink).unwrap()
    }

    fn prefixed(filter: StreamFilter) -> Printer {
        let paint = Paint::new(false);
        Printer::new(paint, Some(Prefixes::new(paint, [name("a"), name("bb")])), filter)
    }

    #[test]
    fn pieces_of_a_line_come_together_again() {
        let pieces = [("a", "one ", LineEnd::Cut), ("a", "line", LineEnd::Newline), ("bb", "x", LineEnd::Open)];
        assert_eq!(shown(prefixed(StreamFilter::All), &pieces), "a  | one line\nbb | x\n");
        let interrupted = [("a", "one ", LineEnd::Cut), ("bb", "x", LineEnd::Newline), ("a", "line", LineEnd::Newline)];
        assert_eq!(shown(prefixed(StreamFilter::All), &interrupted), "a  | one \nbb | x\na  | line\n");
    }

    #[test]
    fn what_another_stream_interrupted_joins_only_without_that_stream() {
        let pieces = [("a", "50 %", LineEnd::Switched), ("a", " done", LineEnd::Newline)];
        assert_eq!(shown(prefixed(StreamFilter::All), &pieces), "a  | 50 %\na  |  done\n");
        assert_eq!(shown(prefixed(StreamFilter::Stdout), &pieces), "a  | 50 % done\n");
    }

    #[test]
    fn a_single_process_needs_no_prefix_and_times_stand_in_front() {
        let printer = Printer::new(Paint::new(false), None, StreamFilter::All).with_timestamps(TimeZone::UTC);
        assert_eq!(shown(printer, &[("a", "x\r", LineEnd::Newline)]), "2023-11-14 22:13:20.000 x\n");
    }
}
