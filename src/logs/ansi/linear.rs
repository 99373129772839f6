//! The quick way through a line: text goes out in the order it came in, mostly as it lies in the input.
//!
//! Gives up at the first movement of the cursor, which `cells` then follows from the beginning.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::tokens::{Token, Tokens};
use super::{Span, Style};

/// Columns between tab stops.
pub const TAB_COLUMNS: usize = 8;

/// Takes the text of a line.
pub(super) trait Sink<'a> {
    fn borrowed(&mut self, text: &'a str);
    fn made(&mut self, text: &str);
    /// A tab, and the blanks it is shown as.
    fn tab(&mut self, blanks: &'static str) {
        self.made(blanks);
    }
    fn sgr(&mut self, params: &'a str);
}

/// Writes the line into the sink; false when the cursor moved and the sink holds only a part.
pub(super) fn write<'a>(text: &'a str, sink: &mut impl Sink<'a>) -> bool {
    let tabs = text.contains('\t');
    let mut column = 0;
    for token in Tokens::of(text) {
        match token {
            Token::Text(text) => {
                sink.borrowed(text);
                column += if tabs { width_of(text) } else { 0 };
            }
            Token::Picture(picture) => {
                sink.made(picture.encode_utf8(&mut [0; 4]));
                column += 1;
            }
            Token::Numbered(odd) => {
                let number = number_of(odd);
                sink.made(&number);
                column += number.len();
            }
            Token::Tab => {
                let blanks = TAB_COLUMNS - column % TAB_COLUMNS;
                sink.tab(&"        "[..blanks]);
                column += blanks;
            }
            Token::Sgr(params) => sink.sgr(params),
            // Nothing stands behind a cursor that never moved.
            Token::Erase(0) => {}
            Token::Return
            | Token::Backspace
            | Token::Erase(_)
            | Token::Column(_)
            | Token::Ahead(_)
            | Token::Back(_) => return false,
        }
    }
    true
}

fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// How a character that must not be shown is named instead.
pub(super) fn number_of(odd: char) -> String {
    format!("<U+{:04X}>", u32::from(odd))
}

/// Text in the making.
pub(super) struct Plain<'a> {
    pub(super) text: Cow<'a, str>,
    line_bytes: usize,
    keeps_tabs: bool,
}

impl Plain<'_> {
    pub(super) const fn of(line: &str) -> Self {
        Self { text: Cow::Borrowed(""), line_bytes: line.len(), keeps_tabs: false }
    }

    pub(super) const fn with_tabs(line: &str) -> Self {
        Self { text: Cow::Borrowed(""), line_bytes: line.len(), keeps_tabs: true }
    }
}

impl<'a> Sink<'a> for Plain<'a> {
    fn borrowed(&mut self, text: &'a str) {
        if self.text.is_empty() { self.text = Cow::Borrowed(text) } else { self.made(text) }
    }

    fn made(&mut self, text: &str) {
        if let Cow::Borrowed(first) = self.text {
            let mut own = String::with_capacity(self.line_bytes);
            own.push_str(first);
            self.text = Cow::Owned(own);
        }
        self.text.to_mut().push_str(text);
    }

    fn tab(&mut self, blanks: &str) {
        self.made(if self.keeps_tabs { "\t" } else { blanks });
    }

    fn sgr(&mut self, _: &'a str) {}
}

/// Text in the making that keeps its tabs.
pub(super) struct Bare<'a>(pub(super) Plain<'a>);

impl Bare<'_> {
    pub(super) const fn of(line: &str) -> Self {
        Self(Plain::of(line))
    }
}

impl<'a> Sink<'a> for Bare<'a> {
    fn borrowed(&mut self, text: &'a str) {
        self.0.borrowed(text);
    }

    fn made(&mut self, text: &str) {
        self.0.made(text);
    }

    fn tab(&mut self, _: &'static str) {
        self.0.made("\t");
    }

    fn sgr(&mut self, _: &'a str) {}
}

/// Spans in the making.
pub(super) struct Spans<'a> {
    pub(super) spans: Vec<Span<'a>>,
    pub(super) style: Style,
}

impl Spans<'_> {
    pub(super) fn beginning_in(style: Style, line: &str) -> Self {
        // A line with an escape usually has several; room for them at once is cheaper than growing.
        let room = if memchr::memchr(0x1b, line.as_bytes()).is_some() { 8 } else { 1 };
        Self { spans: Vec::with_capacity(room), style }
    }
}

impl<'a> Sink<'a> for Spans<'a> {
    fn borrowed(&mut self, text: &'a str) {
        match self.spans.last_mut() {
            Some(Span { text: Cow::Owned(last), style }) if *style == self.style => last.push_str(text),
            Some(_) | None => self.spans.push(Span { text: Cow::Borrowed(text), style: self.style }),
        }
    }

    fn made(&mut self, text: &str) {
        match self.spans.last_mut() {
            Some(last) if last.style == self.style => last.text.to_mut().push_str(text),
            Some(_) | None => self.spans.push(Span { text: Cow::Owned(text.to_owned()), style: self.style }),
        }
    }

    fn sgr(&mut self, params: &'a str) {
        self.style.apply(params);
    }
}
