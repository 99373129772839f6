//! Text of a log for elsewhere: as the process printed it, without escape sequences, borders and padding.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::logs::ansi;
use crate::logs::level::Level;
use crate::logs::lines::{Line, LineEnd, StreamFilter};
use crate::platform::files::write_atomic;
use crate::tui::model::wrap::cells;
use crate::tui::page::{CopyRequest, Cut, Excerpt, LogSpan, Look, Place, PrintRequest, SaveRequest, Several, Subject};
use crate::tui::view::figures::size;

use super::book::Book;
use super::history::History;
use super::json;

/// Lines read at once.
const BATCH: usize = 1000;
/// No clipboard takes more; a file does.
const BYTES_MAX: usize = 8 << 20;
/// Bytes before and behind a place that a viewer is given.
const AROUND: u64 = 16 << 20;
/// Lines of several logs before and behind a place that a viewer is given.
const LINES_AROUND: usize = 50_000;
/// Files made for viewers.
static PRINTED: AtomicU32 = AtomicU32::new(1);
/// Lines before an error that are copied with it, and lines behind it at most: those that say no level of their own.
const BEFORE_ERROR: usize = 3;
const BEHIND_ERROR: usize = 60;

/// The text of the lines that are meant.
pub(super) fn excerpt(book: &mut Book, request: &CopyRequest) -> io::Result<Excerpt> {
    let mut excerpt = Excerpt::default();
    let text = &mut excerpt.text;
    let mut is_cut_short = false;
    excerpt.lines = each_piece(book, request, Names::Without, &mut |piece| {
        is_cut_short = text.len() + piece.len() > BYTES_MAX;
        if !is_cut_short {
            text.push_str(piece);
        }
        Ok(!is_cut_short)
    })?;
    excerpt.is_cut_short = is_cut_short;
    Ok(excerpt)
}

/// Writes the text of the lines to a file; answers how many lines there were.
pub(super) fn save(book: &mut Book, request: &SaveRequest) -> io::Result<usize> {
    let path = at_home(&request.path);
    let mut options = OpenOptions::new();
    options.write(true);
    if request.overwrite {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut file: BufWriter<File> = BufWriter::new(options.open(path)?);
    let mut write = |piece: &str| file.write_all(piece.as_bytes()).map(|()| true);
    let lines = each_piece(book, &request.what, Names::With, &mut write)?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(lines)
}

/// Writes what is around a place to a file that only we can read; answers its path and the line of the place, from 1. No
/// more of its run than [`AROUND`] bytes before and behind it, or of several logs than [`LINES_AROUND`].
pub(super) fn print(book: &mut Book, request: &PrintRequest) -> io::Result<(PathBuf, usize)> {
    let (at, look) = (request.at, request.look.clone());
    let (from, to, left_out) = around(book, at, &look)?;
    let what = CopyRequest { subject: request.subject.clone(), look, from, to, cut: Cut::Lines };
    let mut text = String::new();
    let heading = left_out.map(|what| format!("── pm: {what}; ctrl-s in pm saves all of it ──\n"));
    text.extend(heading.iter().map(String::as_str));
    each_piece(book, &what, Names::With, &mut |piece| {
        text.push_str(piece);
        Ok(true)
    })?;
    text.push('\n');
    let up_to_it = CopyRequest { to: at, ..what };
    let line = each_piece(book, &up_to_it, Names::Without, &mut |_| Ok(true))?.max(1);
    let line = line + usize::from(heading.is_some());
    let number = PRINTED.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("pm-{}-{number}.log", std::process::id()));
    write_atomic(&path, text.as_bytes())?;
    Ok((path, line))
}

/// What of a log a viewer is given, and what it is not.
fn around(book: &mut Book, at: Place, look: &Look) -> io::Result<(Place, Place, Option<String>)> {
    match book {
        Book::One(history) => {
            let Some(reader) = history.reader_of(at.run)? else { return Err(io::ErrorKind::NotFound.into()) };
            let first = reader.line_start(at.offset.saturating_sub(AROUND).max(reader.start()))?;
            let last = at.offset + AROUND;
            let (before, behind) = (first.saturating_sub(reader.start()), reader.end().saturating_sub(last));
            let left_out = format!("{} before this and {} behind it are left out", size(before), size(behind));
            let left_out = (before > 0 || behind > 0).then_some(left_out);
            Ok((Place { offset: first, ..at }, Place { offset: last, ..at }, left_out))
        }
        Book::Several(merged) => {
            let before = merged.back(at, LINES_AROUND, look, None)?;
            let behind = merged.forward(at, LINES_AROUND, look, None)?;
            let is_all = before.lines.len() < LINES_AROUND && behind.lines.len() < LINES_AROUND;
            let left_out = format!("what is further away than {LINES_AROUND} lines is left out");
            Ok((before.start, behind.end, (!is_all).then_some(left_out)))
        }
    }
}

/// Whether the lines of several logs say whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    /// As the processes printed them.
    Without,
    /// A file nobody could make sense of otherwise.
    With,
}

/// A path that begins with `~/` as the shell would read it.
fn at_home(path: &Path) -> PathBuf {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE"));
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        (Ok(_) | Err(_), _) => path.to_path_buf(),
    }
}

/// Hands over the text in pieces, until `take` answers that it wants no more; answers how many lines it was.
fn each_piece(
    book: &mut Book,
    request: &CopyRequest,
    names: Names,
    take: &mut dyn FnMut(&str) -> io::Result<bool>,
) -> io::Result<usize> {
    let prefixes = match (&request.subject, names) {
        (Subject::Several(several), Names::With) => prefixes(several),
        (Subject::One(_) | Subject::Several(_), _) => Vec::new(),
    };
    let has_filter = request.look.filter.is_some();
    let (mut from, mut lines, mut ends_line, mut before) = (request.from, 0, false, request.from);
    loop {
        let stretch = book.forward(from, BATCH, &request.look, None)?;
        for (at, line) in &stretch.lines {
            let at = *at;
            if at > request.to {
                return Ok(lines);
            }
            // A block has a row for each line; otherwise a line is broken where the log breaks it, and where it does not go on.
            let goes_on = (before.log, before.run) == (at.log, at.run) && (!has_filter || before.offset == at.offset);
            let breaks = lines > 0 && (ends_line || !goes_on || matches!(request.cut, Cut::Block { .. }));
            if breaks && !take("\n")? {
                return Ok(lines);
            }
            let begins = lines == 0 || breaks;
            if begins && prefixes.get(at.log as usize).is_some_and(|prefix| !matches!(take(prefix), Ok(true))) {
                return Ok(lines);
            }
            let text = text_of(line, request);
            let (first, last) = (at == request.from, at == request.to);
            let piece = match request.cut {
                Cut::Lines => &text,
                Cut::Block { from, to } => columns(&text, from, to),
                Cut::Text { from, to } => {
                    columns(&text, if first { from } else { 0 }, if last { to } else { usize::MAX })
                }
            };
            if !take(piece)? {
                return Ok(lines);
            }
            lines += usize::from(begins);
            (ends_line, before) = (line.end == LineEnd::Newline, Place { offset: at.offset + line.len, ..at });
        }
        if stretch.is_through || stretch.lines.is_empty() || stretch.end <= from {
            return Ok(lines);
        }
        from = stretch.end;
    }
}

/// Whole lines are copied as they were printed. Where columns of a line are meant, they are those of the line as it is shown.
fn text_of<'a>(line: &'a Line, request: &CopyRequest) -> Cow<'a, str> {
    let shown = match request.cut {
        Cut::Lines => None,
        Cut::Block { .. } | Cut::Text { .. } => json::shown(&line.bytes, request.look.json),
    };
    let joined = |spans: Vec<LogSpan>| spans.into_iter().map(|span| span.text).collect::<String>().into();
    shown.map_or_else(|| ansi::copied(&line.bytes), joined)
}

/// What stands before the lines of each log.
fn prefixes(several: &Several) -> Vec<String> {
    let width = several.logs.iter().map(|log| log.name.as_str().width()).max().unwrap_or(0);
    let prefix = |name: &str| format!("{name}{} | ", " ".repeat(width.saturating_sub(name.width())));
    several.logs.iter().map(|log| prefix(log.name.as_str())).collect()
}

/// The line at `place` with some lines before it, and what belongs to it behind it: the lines that say no level.
pub(super) fn error_at(history: &mut History, place: Place) -> io::Result<Excerpt> {
    let before = history.all_back(place, BEFORE_ERROR, StreamFilter::All)?;
    let behind = history.all_forward(place, BEHIND_ERROR + 1, StreamFilter::All)?.lines.into_iter();
    let belongs = behind.enumerate().take_while(|(nth, (at, line))| {
        *nth == 0 || (at.run == place.run && (Level::of(&line.bytes).is_none() || line.continued))
    });
    let same_run = before.lines.into_iter().filter(|(at, _)| at.run == place.run);
    let mut excerpt = Excerpt::default();
    let mut ends_line = false;
    for (_, line) in same_run.chain(belongs.map(|(_, line)| line)) {
        if ends_line {
            excerpt.text.push('\n');
        }
        excerpt.text.push_str(&ansi::copied(&line.bytes));
        excerpt.lines += 1;
        ends_line = line.end == LineEnd::Newline;
    }
    Ok(excerpt)
}

/// The characters of `text` that begin in these columns.
fn columns(text: &str, from: usize, to: usize) -> &str {
    let (mut column, mut start, mut end) = (0, None, text.len());
    // Tab stops are where `logs::ansi` sees them: it measures emoji selectors, which are not drawn.
    let mut measured = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        if column >= to {
            end = at;
            break;
        }
        let (width, in_text) = if grapheme == "\t" {
            let blanks = ansi::TAB_COLUMNS - measured % ansi::TAB_COLUMNS;
            (blanks, blanks)
        } else {
            (usize::from(cells(grapheme)), grapheme.width())
        };
        measured += in_text;
        // A character is meant when any of its cells is.
        if start.is_none() && column + width > from {
            start = Some(at);
        }
        column += width;
    }
    start.filter(|start| *start < end).map_or("", |start| &text[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_cells_and_no_character_is_torn() {
        let cases = [
            ("abcdef", 1, 3, "bc"),
            ("abc", 1, usize::MAX, "bc"),
            ("abc", 5, 9, ""),
            ("日本語", 2, 4, "本"),
            ("日本語", 1, 3, "日本"),
            ("e\u{301}x", 0, 1, "e\u{301}"),
            ("a\tb", 0, 8, "a\t"),
            ("a\tb", 8, 9, "b"),
            ("", 0, 9, ""),
        ];
        for (text, from, to, expected) in cases {
            assert_eq!(columns(text, from, to), expected, "{text:?} {from}..{to}");
        }
    }
}
