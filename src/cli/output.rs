//! Standard output as the verbs see it: buffered, coloured or not, and quiet about a reader that has left.
//!
//! Nothing here knows what is printed. Made once by `cli`, handed to every verb.

use std::io::{self, BufWriter, IsTerminal, Write};

use serde::Serialize;

use super::args::{ColorWhen, Style};
use super::print::{Paint, clean_lines};
use super::tails::legible::Form;

/// A log of a gigabyte in portions of the usual size would be 130,000 of them.
const BUFFER_BYTES: usize = 64 << 10;

/// Where a verb prints to.
pub struct Out {
    sink: BufWriter<Box<dyn Write>>,
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
            sink: BufWriter::with_capacity(BUFFER_BYTES, Box::new(stdout)),
            paint: Paint::new(coloured),
            is_plain: style.color == ColorWhen::Never,
            json: style.json,
            is_terminal,
        }
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
