//! What a child printed, made harmless for where it goes: a terminal with or without colours, or a file.
//!
//! Takes the pieces of one line at a time, because a line may be longer than memory should be. What comes out never holds a
//! control sequence of the child's own: `logs::ansi` reads them, and colours are written anew.

use std::borrow::Cow;
use std::ops::Range;

use crate::cli::print::paint::sgr;
use crate::logs::ansi::{Span, Style, bare, plain, spans_from};

/// Pieces of a line that has not ended are gathered up to so many bytes, so that a progress bar comes out as its last state
/// and no sequence is torn.
const GATHERED_MAX: usize = 64 << 10;
/// A sequence that begins so near to the end may go on in the next piece.
const SEQUENCE_MAX: usize = 4 << 10;

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With colours.
    Coloured,
    /// A terminal without colours.
    Screen,
    /// A file or a pipe: bytes stay as they are wherever nothing has to be taken out of them.
    File,
}

/// What is to be marked in a line: byte ranges of its text without sequences.
pub type Marks = Box<dyn Fn(&str) -> Vec<Range<usize>> + Send>;

/// Lines on their way out.
pub struct Legible {
    form: Form,
    marks: Option<Marks>,
    /// Pieces of the line that is under way.
    gathered: Vec<u8>,
    /// How the part of it that went out ends.
    style: Style,
}

impl Legible {
    /// Text in this form.
    pub const fn new(form: Form) -> Self {
        Self {
            form,
            marks: None,
            gathered: Vec::new(),
            style: Style {
                fg: None,
                bg: None,
                bold: false,
                dim: false,
                italic: false,
                underline: false,
                reverse: false,
                strike: false,
            },
        }
    }

    /// Marks these parts of each line, where there are colours.
    pub fn marking(mut self, marks: Marks) -> Self {
        self.marks = Some(marks);
        self
    }

    /// The next piece of the line that is under way.
    pub fn piece(&mut self, bytes: &[u8], shown: &mut Vec<u8>) {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() <= GATHERED_MAX {
            return;
        }
        let newer_half = self.gathered.len() - GATHERED_MAX / 2;
        if let Some(frame) = memchr::memchr(b'\r', &self.gathered[newer_half..self.gathered.len() - 1]) {
            self.gathered.drain(..=newer_half + frame);
            return;
        }
        let cut = cut_before_sequence(&self.gathered);
        let now: Vec<u8> = self.gathered.drain(..cut).collect();
        self.write(&now, shown);
    }

    /// The last piece of the line.
    pub fn end(&mut self, bytes: &[u8], shown: &mut Vec<u8>) {
        if self.gathered.is_empty() {
            self.write(bytes, shown);
        } else {
            self.gathered.extend_from_slice(bytes);
            let whole = std::mem::take(&mut self.gathered);
            self.write(&whole, shown);
            self.gathered = whole;
            self.gathered.clear();
        }
        self.style = Style::default();
    }

    /// The last piece of a line of which so many bytes of text were shown already.
    pub fn end_after(&mut self, bytes: &[u8], shown_bytes: usize, shown: &mut Vec<u8>) {
        match self.form {
            Form::File | Form::Screen => {
                let text = plain(bytes);
                shown.extend_from_slice(text.get(shown_bytes..).unwrap_or_default().as_bytes());
            }
            Form::Coloured => {
                let mut left = shown_bytes;
                let mut rest = Vec::new();
                for span in spans_from(bytes, &mut Style::default()) {
                    let skipped = left.min(span.text.len());
                    left -= skipped;
                    let text = span.text.get(skipped..).unwrap_or_default().to_owned();
                    rest.push(Span { text: Cow::Owned(text), ..span });
                }
                rest.retain(|span| !span.text.is_empty());
                coloured(&rest, shown);
            }
        }
    }

    fn write(&mut self, bytes: &[u8], shown: &mut Vec<u8>) {
        match self.form {
            Form::File => shown.extend_from_slice(&bare(bytes)),
            Form::Screen => shown.extend_from_slice(plain(bytes).as_bytes()),
            Form::Coloured => {
                let spans = spans_from(bytes, &mut self.style);
                match &self.marks {
                    None => coloured(&spans, shown),
                    Some(marks) => coloured(&marked(spans, marks), shown),
                }
            }
        }
    }
}

/// Writes the spans; the terminal is in its own style before and after.
fn coloured(spans: &[Span<'_>], shown: &mut Vec<u8>) {
    let mut current = Style::default();
    for span in spans {
        if span.style != current {
            shown.extend_from_slice(sgr(span.style).as_bytes());
            current = span.style;
        }
        shown.extend_from_slice(span.text.as_bytes());
    }
    if current != Style::default() {
        shown.extend_from_slice(sgr(Style::default()).as_bytes());
    }
}

/// The same spans, cut where a mark begins or ends.
fn marked<'a>(spans: Vec<Span<'a>>, marks: &Marks) -> Vec<Span<'a>> {
    let text: String = spans.iter().map(|span| span.text.as_ref()).collect();
    let marks = marks(&text);
    if marks.is_empty() {
        return spans;
    }
    let mut cut = Vec::new();
    let mut at = 0;
    for span in spans {
        let end = at + span.text.len();
        let inside = |edge: &usize| (at + 1..end).contains(edge);
        let mut edges: Vec<_> = marks.iter().flat_map(|mark| [mark.start, mark.end]).filter(inside).collect();
        edges.sort_unstable();
        edges.dedup();
        edges.push(end);
        let mut from = at;
        for edge in edges {
            let is_marked = marks.iter().any(|mark| mark.start <= from && edge <= mark.end);
            let style = Style { reverse: span.style.reverse != is_marked, ..span.style };
            let text = span.text.get(from - at..edge - at).unwrap_or_default();
            cut.push(Span { text: Cow::Owned(text.to_owned()), style });
            from = edge;
        }
        at = end;
    }
    cut
}

/// Where to cut these bytes so that no sequence is torn.
fn cut_before_sequence(bytes: &[u8]) -> usize {
    let near = bytes.len().saturating_sub(SEQUENCE_MAX);
    memchr::memrchr(0x1b, &bytes[near..]).map_or(bytes.len(), |at| near + at).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(form: Form, pieces: &[&[u8]]) -> Vec<u8> {
        let (mut shown, mut legible) = (Vec::new(), Legible::new(form));
        let (last, first) = pieces.split_last().unwrap();
        for piece in first {
            legible.piece(piece, &mut shown);
        }
        legible.end(last, &mut shown);
        shown
    }

    fn text(form: Form, bytes: &str) -> String {
        String::from_utf8(line(form, &[bytes.as_bytes()])).unwrap()
    }

    #[test]
    fn text_of_every_kind_passes() {
        for same in ["[text] [\"a.b\"]", "größe 日本 👩‍👩‍👧 e\u{301}", "°±µ", "100 % [=>  ]"] {
            for form in [Form::Coloured, Form::Screen, Form::File] {
                assert_eq!(text(form, same), same);
            }
        }
        assert_eq!(text(Form::File, "\ta\tb"), "\ta\tb");
        assert_eq!(text(Form::File, "\x1b[31m\ta\tb\x1b[0m"), "\ta\tb");
        assert_eq!(text(Form::Screen, "a\tb"), "a       b");
        assert_eq!(line(Form::File, &[b"\xff\xfe caf\xe9"]), b"\xff\xfe caf\xe9");
    }

    #[test]
    fn sequences_go_and_text_stays() {
        let table = [
            ("a\x1b[2Jb", "ab"),
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
            ("a\x1b(Bb\x1b=c\x1b7d", "abcd"),
            ("a\x1bPq#0\x1b\\b", "ab"),
            ("a\0b\x07c", "a␀b␇c"),
            ("a\x1b[1;31mb\x1b[0mc", "abc"),
            ("a\x1b]never ends", "a"),
        ];
        for (bytes, shown) in table {
            assert_eq!(text(Form::File, bytes), shown, "{bytes:?}");
            assert_eq!(text(Form::Screen, bytes), shown, "{bytes:?}");
        }
    }

    #[test]
    fn colours_stay_and_end_with_their_line() {
        assert_eq!(text(Form::Coloured, "a\x1b[1;31mb"), "a\x1b[0;1;31mb\x1b[0m");
        assert_eq!(text(Form::Coloured, "a\x1b[31mb\x1b[mc"), "a\x1b[0;31mb\x1b[0mc");
        let many = "\x1b[?25lx\x1b[38:2:1:2:3my\x1b[48;5;99mz\x1b[0;95m!";
        let shown = "x\x1b[0;38;2;1;2;3my\x1b[0;38;2;1;2;3;48;5;99mz\x1b[0;95m!\x1b[0m";
        assert_eq!(text(Form::Coloured, many), shown);
    }

    #[test]
    fn a_progress_bar_is_its_last_state_however_long_it_took() {
        for form in [Form::Coloured, Form::Screen, Form::File] {
            assert_eq!(text(form, " 10%\r 50%\r100%\r"), "100%");
            assert_eq!(text(form, "50 %\r100 %\x1b[K"), "100 %");
        }
        let frames: Vec<String> = (0..20_000).map(|n| format!("\r{n:>8} of 20000")).collect();
        let bar = frames.concat();
        let pieces: Vec<&[u8]> = bar.as_bytes().chunks(16_000).collect();
        assert_eq!(String::from_utf8(line(Form::File, &pieces)).unwrap(), "   19999 of 20000");
    }

    #[test]
    fn a_line_without_end_takes_no_memory_and_loses_nothing() {
        let piece = [b'x'; 16 << 10];
        let (mut shown, mut legible) = (Vec::new(), Legible::new(Form::Coloured));
        legible.piece(b"\x1b[32m", &mut shown);
        for _ in 0..100 {
            legible.piece(&piece, &mut shown);
            assert!(legible.gathered.capacity() <= 4 * GATHERED_MAX);
        }
        legible.end(b"", &mut shown);
        assert_eq!(memchr::memchr_iter(b'x', &shown).count(), 100 * piece.len());
    }

    #[test]
    fn matches_are_marked_through_colours() {
        let marks: Marks =
            Box::new(|text| text.match_indices("need").map(|(at, found)| at..at + found.len()).collect());
        let mut legible = Legible::new(Form::Coloured).marking(marks);
        let mut shown = Vec::new();
        legible.end(b"I ne\x1b[31med it", &mut shown);
        assert_eq!(String::from_utf8(shown).unwrap(), "I \x1b[0;7mne\x1b[0;7;31med\x1b[0;31m it\x1b[0m");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through_and_cuts_do_not_matter(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'['), Just(b'm'), Just(b'3')], 0..200),
            at in 0usize..200,
        ) {
            let (head, tail) = bytes.split_at(at.min(bytes.len()));
            for form in [Form::Coloured, Form::Screen, Form::File] {
                let whole = line(form, &[&bytes]);
                prop_assert_eq!(&line(form, &[head, tail]), &whole);
                let text = String::from_utf8_lossy(&whole);
                // All that may be left are our own colours.
                let mut rest = text.as_ref();
                while let Some((before, behind)) = rest.split_once('\x1b') {
                    prop_assert!(form == Form::Coloured && behind.starts_with("[0"), "{:?}", text);
                    let end = behind.find('m').unwrap_or(behind.len());
                    prop_assert!(behind[1..end].bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{:?}", text);
                    prop_assert!(!before.contains(|c: char| c.is_control() && c != '\t'), "{:?}", text);
                    rest = &behind[end..];
                }
                prop_assert!(!rest.contains(|c: char| c.is_control() && c != '\t'), "{:?}", text);
            }
        }
    }
}
