//! The escape sequences `pm` itself writes, and a look for any other one in what reached a terminal.

/// Private modes of its own: cursor, mouse, focus, alternate screen, paste, synchronized frames.
const MODES: [u32; 11] = [25, 1000, 1002, 1003, 1004, 1006, 1015, 1049, 2004, 2026, 7];

/// Everything in `raw` that is no text and not `pm`'s own: what a child wrote must never be among it.
pub fn foreign(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let mut found = Vec::new();
    let mut rest = text.as_ref();
    while let Some(at) = rest.find(|c: char| c.is_control()) {
        rest = &rest[at..];
        let length = if rest.starts_with('\x1b') { sequence(rest).unwrap_or(0) } else { harmless(rest) };
        if length == 0 {
            found.push(rest.chars().take(40).collect::<String>().escape_debug().to_string());
        }
        rest = &rest[length.max(rest.chars().next().map_or(1, char::len_utf8))..];
    }
    found
}

/// Line ends are written when `pm` has left.
fn harmless(rest: &str) -> usize {
    usize::from(rest.starts_with(['\r', '\n']))
}

/// The length of a sequence of our own.
fn sequence(rest: &str) -> Option<usize> {
    let parameters = rest.strip_prefix("\x1b[")?;
    let end = parameters.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))?;
    let (values, last) = (&parameters[..end], parameters[end..].chars().next()?);
    // One of the shapes a cursor can have, and nothing else that ends like it.
    if matches!(values, "0" | "1" | "2" | "3" | "4" | "5" | "6") && parameters[end..].starts_with(" q") {
        return Some(2 + end + 2);
    }
    let is_ours = match (values.strip_prefix('?'), last) {
        (Some(modes), 'h' | 'l') => modes.split(';').all(|mode| mode.parse().is_ok_and(|mode| MODES.contains(&mode))),
        (None, 'm' | 'H' | 'J' | 'K' | 'G' | 'A' | 'B' | 'C' | 'D') => true,
        _other => false,
    };
    is_ours.then_some(2 + end + 1)
}

#[test]
fn what_is_not_ours_is_found() {
    assert_eq!(foreign(b"a\x1b[31mb\x1b[?1049h\x1b[2;3H\x1b[?25l\x1b[5 q\r\n"), Vec::<String>::new());
    for hostile in [
        "\x1b]0;title\x07",
        "\x1b[7 q",
        "\x1b[ q",
        "\x1bPq\x1b\\",
        "\x1b[?1001h",
        "\x1bc",
        "\x1b[>c",
        "\x1b[6n",
        "\x07",
        "\u{9b}31m",
    ] {
        assert_ne!(foreign(hostile.as_bytes()), Vec::<String>::new(), "{hostile:?}");
    }
}
