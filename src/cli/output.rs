//! Standard output as the verbs see it: buffered, coloured or not, and quiet about a reader that has left.
//!
//! Nothing here knows what is printed. Made once by `cli`, handed to every verb.

use std::fmt;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use super::args::{ColorWhen, Style};
use super::print::{Paint, clean_lines};
use super::tails::legible::Form;

/// A log of a gigabyte in portions of the usual size would be 130,000 of them.
const BUFFER_BYTES: usize = 64 << 10;

/// How long a note may hold up somebody who has more to do than to tell.
const IN_PASSING: Duration = Duration::from_millis(100);

/// Where a verb prints to.
pub struct Out {
    sink: BufWriter<Counted>,
    /// How to colour.
    pub paint: Paint,
    /// No colour was asked for, whatever the terminal can do.
    pub is_plain: bool,
    /// Print JSON.
    pub json: bool,
    /// A person reads it on a terminal.
    pub is_terminal: bool,
}

impl Out {
    /// Standard output in this style.
    pub fn stdout(style: Style) -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let coloured = match style.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => is_terminal && !no_color && !dumb,
        };
        Self {
            sink: BufWriter::with_capacity(
                BUFFER_BYTES,
                Counted { sink: Box::new(stdout), written: Progress::default() },
            ),
            paint: Paint::new(coloured),
            is_plain: style.color == ColorWhen::Never,
            json: style.json,
            is_terminal,
        }
    }

    /// Standard output for somebody else; what is written to this one meanwhile goes nowhere.
    pub fn lend(&mut self) -> Self {
        let mute = Counted { sink: Box::new(io::sink()), written: Progress::default() };
        let sink = std::mem::replace(&mut self.sink, BufWriter::new(mute));
        Self { sink, ..*self }
    }

    /// Whether anything is being written.
    pub fn progress(&self) -> Progress {
        self.sink.get_ref().written.clone()
    }

    /// How to write what children printed.
    pub const fn form(&self) -> Form {
        match (self.paint.is_coloured(), self.is_terminal) {
            (true, _) => Form::Coloured,
            (false, true) => Form::Screen,
            (false, false) => Form::File,
        }
    }

    /// One JSON document on a line of its own.
    ///
    /// # Errors
    /// `BrokenPipe` when nobody reads any more.
    pub fn document(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self, value)?;
        self.write_all(b"\n")
    }
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").finish_non_exhaustive()
    }
}

/// How many bytes somebody has taken. Written by the thread that prints, read by whoever waits for it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted {
    sink: Box<dyn Write + Send>,
    written: Progress,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.written.0.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

/// Says what could not be written to.
fn of_output(error: io::Error) -> io::Error {
    let kind = error.kind();
    // Who reads may go, and a call that was interrupted is made again.
    if matches!(kind, io::ErrorKind::BrokenPipe | io::ErrorKind::Interrupted) {
        return error;
    }
    io::Error::new(kind, format!("cannot write to standard output: {error}"))
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write(bytes).map_err(of_output)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush().map_err(of_output)
    }
}

/// A line or more for a person on standard error, after `pm: `. Used where an answer on standard output would get in the way.
/// Paths and what stands in files come here as they are, so nothing in it is obeyed.
pub fn note(text: &str) {
    // Nobody can be told that standard error is gone.
    let _ = writeln!(io::stderr(), "pm: {}", clean_lines(text));
}

/// As [`note`], for somebody who must not be held up by it, should standard error stand still.
pub fn note_in_passing(text: &str) {
    let (noted, is_noted) = mpsc::channel::<()>();
    let text = text.to_owned();
    let told = thread::Builder::new().spawn(move || {
        note(&text);
        drop(noted);
    });
    if told.is_ok() {
        // Disconnected is what tells that it is noted.
        let _ = is_noted.recv_timeout(IN_PASSING);
    }
}
