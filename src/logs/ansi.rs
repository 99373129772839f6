//! One line of a child's output as text that is safe to show, with its styles.
//!
//! Nothing that comes out holds a control character or a bidirectional override; nothing visible is swallowed. Colours,
//! weights and line-local movements (carriage return, backspace, tabs, erase, column) are honoured, every other sequence is
//! dropped. Knows no widget: views turn `Style` into theirs. Used by the dashboard, the command line and search.

mod cells;
mod colours;
mod linear;
mod params;
mod style;
mod tokens;

use std::borrow::Cow;

pub use colours::without_colours;
pub use linear::TAB_COLUMNS;
pub use style::{Colour, Style};

/// A stretch of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// Free of control characters.
    pub text: Cow<'a, str>,
    /// How to show it.
    pub style: Style,
}

/// The spans of one line (without its newline), beginning in the default style.
pub fn spans(line: &[u8]) -> Vec<Span<'_>> {
    spans_from(line, &mut Style::default())
}

/// The spans of one line that begins in `style`, which is left as the line leaves it: for the pieces of a cut line.
pub fn spans_from<'a>(line: &'a [u8], style: &mut Style) -> Vec<Span<'a>> {
    match readable(line) {
        Cow::Borrowed(text) => styled(text, style),
        Cow::Owned(text) => styled(&text, style).into_iter().map(Span::into_owned).collect(),
    }
}

/// The text of one line (without its newline) as it is shown, without styles.
pub fn plain(line: &[u8]) -> Cow<'_, str> {
    match readable(line) {
        Cow::Borrowed(text) => unstyled(text),
        Cow::Owned(text) => Cow::Owned(unstyled(&text).into_owned()),
    }
}

/// The text of one line (without its newline) as a person wants to have it elsewhere: as [`plain`] shows it, with its tabs.
pub fn copied(line: &[u8]) -> Cow<'_, str> {
    let with_tabs = |text: &str| {
        let mut plain = linear::Plain::with_tabs(text);
        linear::write(text, &mut plain).then(|| plain.text.into_owned())
    };
    if memchr::memchr(b'\t', line).is_none() {
        return plain(line);
    }
    with_tabs(&readable(line)).map_or_else(|| plain(line), Cow::Owned)
}

/// One line (without its newline) for a file or a pipe: without styles and as it is shown, but for tabs and for bytes that are
/// no UTF-8, which stay where nothing has to be taken out.
pub fn bare(line: &[u8]) -> Cow<'_, [u8]> {
    let line = without_returns(line);
    if tokens::is_harmless(line) {
        return Cow::Borrowed(line);
    }
    let text = readable(line);
    let mut bare = linear::Bare::of(&text);
    let text = if linear::write(&text, &mut bare) {
        bare.0.text.into_owned()
    } else {
        cells::Cells::of(&text, Style::default()).text()
    };
    Cow::Owned(text.into_bytes())
}

impl Span<'_> {
    fn into_owned(self) -> Span<'static> {
        Span { text: Cow::Owned(self.text.into_owned()), style: self.style }
    }
}

/// As UTF-8, each invalid sequence as U+FFFD. A carriage return before the newline belongs to the newline.
fn readable(line: &[u8]) -> Cow<'_, str> {
    let line = without_returns(line);
    // The usual case first: replacing looks at each byte, checking at many at once.
    std::str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed)
}

fn without_returns(line: &[u8]) -> &[u8] {
    let returns = line.iter().rev().take_while(|byte| **byte == b'\r').count();
    &line[..line.len() - returns]
}

fn styled<'a>(text: &'a str, style: &mut Style) -> Vec<Span<'a>> {
    let mut spans = linear::Spans::beginning_in(*style, text);
    if linear::write(text, &mut spans) {
        *style = spans.style;
        return spans.spans;
    }
    let cells = cells::Cells::of(text, *style);
    *style = cells.style;
    cells.spans()
}

fn unstyled(text: &str) -> Cow<'_, str> {
    let mut plain = linear::Plain::of(text);
    if linear::write(text, &mut plain) {
        plain.text
    } else {
        Cow::Owned(cells::Cells::of(text, Style::default()).text())
    }
}

#[cfg(test)]
mod tests;
