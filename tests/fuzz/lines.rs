//! One line through everything that shows and searches it.

use pm::logs::ansi::{Span, Style, plain, spans, spans_from};
use pm::logs::level::Level;
use pm::logs::pattern::{Case, Pattern};

use crate::chance::Chance;

pub fn round(chance: &mut Chance) {
    let pieces = if chance.one_in(50) { 2000 } else { 40 };
    let line: Vec<u8> = chance.output(pieces).into_iter().filter(|byte| *byte != b'\n').collect();
    let shown = plain(&line).into_owned();
    check_shown(&line, &shown);
    check_pieces(chance, &line);
    check_found(chance, &line, &shown);
    check_colours(chance);
    Level::of(&line);
}

fn is_forbidden(shown: char) -> bool {
    shown.is_control() || matches!(shown, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn joined(spans: &[Span<'_>]) -> String {
    spans.iter().map(|span| span.text.as_ref()).collect()
}

fn check_shown(line: &[u8], shown: &str) {
    assert_eq!(joined(&spans(line)), shown, "{line:?}");
    assert!(!shown.chars().any(is_forbidden), "{line:?} is shown as {shown:?}");
    assert!(shown.len() <= 8 * line.len() + 4096, "{} bytes became {}: {line:?}", line.len(), shown.len());
    assert_eq!(plain(shown.as_bytes()), shown, "what is shown is not shown as it is: {line:?}");
}

/// A cut line: whatever is torn, nothing dangerous comes out, and the pieces are those of the piece alone but for the style.
fn check_pieces(chance: &mut Chance, line: &[u8]) {
    let (first, second) = line.split_at(chance.below(line.len() + 1));
    let mut style = Style::default();
    for piece in [first, second] {
        let text = joined(&spans_from(piece, &mut style));
        assert!(!text.chars().any(is_forbidden), "{piece:?} is shown as {text:?}");
        assert_eq!(text, plain(piece), "{piece:?}");
    }
}

/// A line of nothing but words and colours may be cut anywhere between them.
fn check_colours(chance: &mut Chance) {
    let tokens: Vec<String> = (0..chance.below(20))
        .map(|_| match chance.below(4) {
            0 => format!("\x1b[{}m", chance.below(110)),
            1 => format!("\x1b[38;5;{}m", chance.below(300)),
            2 => format!("\x1b[{};{}m", chance.below(110), chance.below(110)),
            _ => chance.of_all(&["a", "word ", "日本", "─", "é"]).to_owned(),
        })
        .collect();
    let cut = chance.below(tokens.len() + 1);
    let (first, second) = (tokens[..cut].concat(), tokens[cut..].concat());
    let whole = tokens.concat();
    let mut style = Style::default();
    let mut pieces = cells(&spans_from(first.as_bytes(), &mut style));
    pieces.extend(cells(&spans_from(second.as_bytes(), &mut style)));
    assert_eq!(pieces, cells(&spans(whole.as_bytes())), "{whole:?} cut at {}", first.len());
}

fn cells(spans: &[Span<'_>]) -> Vec<(char, Style)> {
    spans.iter().flat_map(|span| span.text.chars().map(|shown| (shown, span.style))).collect()
}

fn check_found(chance: &mut Chance, line: &[u8], shown: &str) {
    let case = [Case::Smart, Case::Sensitive, Case::Insensitive][chance.below(3)];
    let text = if chance.one_in(2) && !shown.is_empty() {
        let chars: Vec<char> = shown.chars().collect();
        let from = chance.below(chars.len());
        chars[from..].iter().take(1 + chance.below(5)).collect()
    } else {
        String::from_utf8_lossy(&chance.output(3)).into_owned()
    };
    let literal = Pattern::literal(&text, case);
    if shown.contains(&text) {
        assert!(literal.is_match(line), "{text:?} is not found in {line:?}");
    }
    check_agreement(&literal, line, shown, &text);
    // Compiling takes longer than all the rest.
    if !chance.one_in(8) {
        return;
    }
    let expression = [text.as_str(), ".", r"\w+", "^", "$", "[^a]", "(a|needle)*", r"\b", r"\s", "(?i)NEEDLE"];
    let expression: String = (0..=chance.below(3)).map(|_| chance.of_all(&expression)).collect();
    if let Ok(regex) = Pattern::regex(&expression, case) {
        assert!(regex.find(shown).into_iter().all(|range| shown.get(range).is_some()), "{expression:?} in {line:?}");
        assert!(regex.find(shown).is_empty() || regex.is_match(line), "{expression:?} in {line:?}");
    }
    let level = Pattern::level(Level::Warn);
    check_agreement(&level, line, shown, "a warning");
}

fn check_agreement(pattern: &Pattern, line: &[u8], shown: &str, what: &str) {
    let found = pattern.find(shown);
    assert!(found.iter().all(|range| shown.get(range.clone()).is_some()), "{what:?} in {line:?}");
    assert!(found.is_sorted_by(|a, b| a.end <= b.start), "{what:?} in {line:?}");
    assert_eq!(pattern.is_match(line), !found.is_empty() || what.is_empty(), "{what:?} in {line:?}");
}
