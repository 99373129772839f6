//! Diagnostics as people read them: the line itself, a marker under the exact place, and what to do next.
//!
//! Must not know where the findings come from, nor whether a terminal is there: colour is the caller's decision. No control
//! character of the file or of its path comes out.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use super::diagnostic::{Diagnostic, Diagnostics, Severity};

/// A file that is no config at all (a picture, say) has thousands of faults; nobody reads more than these.
const MAX_SHOWN: usize = 50;

/// Widest line drawn; longer ones are cut around the marker.
const WIDTH_COLUMNS: usize = 120;

impl Diagnostics {
    /// All findings as text, in `colour` when it is asked for. Ends without a newline; empty when nothing was found.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH_COLUMNS);
        let mut blocks: Vec<_> = self.iter().take(MAX_SHOWN).map(|item| renderer.render(&[self.group(item)])).collect();
        if let Some(more @ 1..) = self.len().checked_sub(MAX_SHOWN) {
            blocks.push(format!("… and {more} more; is this a pm.toml?"));
        }
        without_c1(blocks.join("\n\n"))
    }

    /// One line that counts: `pm.toml: 2 errors, 1 warning`; `None` when nothing was found.
    pub fn summary(&self) -> Option<String> {
        let errors = self.errors();
        let warnings = self.len() - errors;
        let count = |n: usize, word: &str| (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }));
        let counts: Vec<_> = [count(errors, "error"), count(warnings, "warning")].into_iter().flatten().collect();
        (!counts.is_empty()).then(|| format!("{}: {}", harmless(&self.file.display().to_string()), counts.join(", ")))
    }

    fn group<'a>(&'a self, item: &'a Diagnostic) -> Group<'a> {
        let level = match item.severity() {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let path = harmless(&self.file.display().to_string());
        let mut group = Group::with_title(level.primary_title(item.message.as_str()));
        group = match &item.span {
            None => group.element(Origin::path(path)),
            Some(span) => {
                let (line, marked) = self.line_of(span);
                let mut annotation = AnnotationKind::Primary.span(marked);
                if !item.label.is_empty() {
                    annotation = annotation.label(item.label.as_str());
                }
                group.element(Snippet::source(line).line_start(item.line).path(path).annotation(annotation))
            }
        };
        match &item.suggestion {
            // Unlike the other texts this one is taken as it is, because it might be styled.
            Some(suggestion) => group.element(Level::HELP.message(normalize_untrusted_str(suggestion))),
            None => group,
        }
    }

    /// The line in which `span` begins, and the part of `span` that lies in it.
    fn line_of(&self, span: &Range<usize>) -> (&str, Range<usize>) {
        let start = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[span.start..].find('\n').map_or(self.text.len(), |at| span.start + at);
        let line = self.text[start..end].trim_end_matches('\r');
        let from = (span.start - start).min(line.len());
        (line, from..(span.end - start).clamp(from, line.len()))
    }
}

/// `text` on one line that no terminal obeys.
fn harmless(text: &str) -> String {
    without_c1(normalize_untrusted_str(text).replace('\n', "␊"))
}

/// The second set of control characters, which some terminals obey and the renderer lets pass. It counts one column for each.
fn without_c1(text: String) -> String {
    let is_c1 = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if text.contains(is_c1) { text.replace(is_c1, "\u{fffd}") } else { text }
}
