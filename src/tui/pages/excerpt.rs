//! Text of a log for elsewhere: as the process printed it, without escape sequences, borders and padding.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::logs::ansi;
use crate::logs::level::Level;
use crate::logs::lines::{LineEnd, StreamFilter};
use crate::tui::model::wrap::cells;
use crate::tui::page::{CopyRequest, Cut, Excerpt, Place, SaveRequest};

use super::forward;
use super::history::History;

/// Lines read at once.
const BATCH: usize = 1000;
/// No clipboard takes more; a file does.
const BYTES_MAX: usize = 8 << 20;
/// Columns between tab stops, as lines are shown.
const TAB_COLUMNS: usize = 8;
/// Lines before an error that are copied with it, and lines behind it at most: those that say no level of their own.
const BEFORE_ERROR: usize = 3;
const BEHIND_ERROR: usize = 60;

/// The text of the lines that are meant.
pub(super) fn excerpt(history: &mut History, request: &CopyRequest) -> io::Result<Excerpt> {
    let mut excerpt = Excerpt::default();
    let text = &mut excerpt.text;
    let mut is_cut_short = false;
    excerpt.lines = each_piece(history, request, &mut |piece| {
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
pub(super) fn save(history: &mut History, request: &SaveRequest) -> io::Result<usize> {
    let path = at_home(&request.path);
    let mut options = OpenOptions::new();
    options.write(true);
    if request.overwrite {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut file: BufWriter<File> = BufWriter::new(options.open(path)?);
    let lines = each_piece(history, &request.what, &mut |piece| file.write_all(piece.as_bytes()).map(|()| true))?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(lines)
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
    history: &mut History,
    request: &CopyRequest,
    take: &mut dyn FnMut(&str) -> io::Result<bool>,
) -> io::Result<usize> {
    let (mut from, mut lines, mut ends_line) = (request.from, 0, false);
    loop {
        let stretch = forward(history, from, BATCH, &request.look, None)?;
        for (run, line) in &stretch.lines {
            let at = Place { run: *run, offset: line.offset };
            if at > request.to {
                return Ok(lines);
            }
            // A block has a row for each line; otherwise a line is broken where the log breaks it.
            let breaks = lines > 0 && (ends_line || matches!(request.cut, Cut::Block { .. }));
            if breaks && !take("\n")? {
                return Ok(lines);
            }
            let text = ansi::copied(&line.bytes);
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
            lines += 1;
            ends_line = line.end == LineEnd::Newline;
        }
        if stretch.lines.is_empty() || stretch.end <= from || history.settled(&stretch) < stretch.end {
            return Ok(lines);
        }
        from = stretch.end;
    }
}

/// The line at `place` with some lines before it, and what belongs to it behind it: the lines that say no level.
pub(super) fn error_at(history: &mut History, place: Place) -> io::Result<Excerpt> {
    let before = history.back(place, BEFORE_ERROR, StreamFilter::All)?;
    let behind = history.forward(place, BEHIND_ERROR + 1, StreamFilter::All)?.lines.into_iter();
    let belongs = behind.enumerate().take_while(|(at, (run, line))| {
        *at == 0 || (*run == place.run && (Level::of(&line.bytes).is_none() || line.continued))
    });
    let same_run = before.lines.into_iter().filter(|(run, _)| *run == place.run);
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
            let blanks = TAB_COLUMNS - measured % TAB_COLUMNS;
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
