//! What may come out of a line, for ordinary, odd and hostile ones.

use proptest::prelude::*;

use super::*;

fn check(line: &[u8], expected: &str) {
    assert_eq!(plain(line), expected, "plain text of {:?}", String::from_utf8_lossy(line));
    let joined: String = spans(line).into_iter().map(|span| span.text).collect();
    assert_eq!(joined, expected, "spans of {:?}", String::from_utf8_lossy(line));
}

#[test]
fn only_what_is_meant_to_be_seen_comes_out() {
    check(b"plain", "plain");
    check(b"", "");
    check(b"windows\r", "windows");
    check(b"pre \x1b]8;;file:///x\x1b\\LINK\x1b]8;;\x1b\\ post", "pre LINK post");
    check(b"pre \x1b]8;;u\x07LINK\x1b]8;;\x07.", "pre LINK.");
    check(b"\x1b]0;title\x07text", "text");
    check(b"a\x1b]0;broken off\x1b[1mb", "ab");
    check("a\x1b]0;t\u{9c}b".as_bytes(), "ab");
    check(b"a\x1bPtmux;\x1b\x1b]0;x\x07\x1b\\b", "ab");
    check(b"a\x1b_Gf=100;AAAA\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d", "abcd");
    check(b"a\x1b[2J\x1b[H\x1b[?25l\x1b[1;5Hb\x1b[>4;1mc\x1b[ qd", "abcd");
    check(b"a\x1b(Bb\x1b=c\x1b7d", "abcd");
    check(b"[text] [\"a.b\"]", "[text] [\"a.b\"]");
}

#[test]
fn what_is_unfinished_swallows_nothing_before_it() {
    for tail in ["\x1b", "\x1b[", "\x1b[1;3", "\x1b]0;title", "\x1bPq", "\x1b(", "\x1b]8;;u\x1b", "\x1b[?", "\x1b[ "] {
        check(format!("kept{tail}").as_bytes(), "kept");
    }
    check(b"a\x1b[1\x01b", "a␁b");
    check("a\x1b[3é".as_bytes(), "aé");
    check(b"a\x1b\x1b[1mb", "a␛b");
}

#[test]
fn control_characters_are_shown() {
    check(b"a\0b\x07c\x7fd", "a␀b␇c␡d");
    check("a\u{85}b\u{9b}31mc".as_bytes(), "a<U+0085>b<U+009B>31mc");
    check("user\u{202e}txt.exe\u{2066}".as_bytes(), "user<U+202E>txt.exe<U+2066>");
    check(b"bad \xff\xfe utf8 \xe2\x82", "bad \u{fffd}\u{fffd} utf8 \u{fffd}");
    check("box ─│┌ and “quotes” and £ µ".as_bytes(), "box ─│┌ and “quotes” and £ µ");
}

#[test]
fn the_cursor_moves_within_the_line() {
    check(b" 10%\r 50%\r100%", "100%");
    check(b" 10%\r 50%\r100%\r", "100%");
    check(b"long text\rdone", "done text");
    check(b"long text\r\x1b[Kdone", "done");
    check(b"long text\x1b[2K\x1b[1Gdone", "done");
    check(b"long text\r\x1b[Jdone", "done");
    check(b"abc\x08\x08X", "aXc");
    check(b"\x08\x08abc", "abc");
    check(b"a\tb\t\tc", "a       b               c");
    check("日\tx".as_bytes(), "日      x");
    check("日本\rx".as_bytes(), "x 本");
    check("日本\x1b[2Gx".as_bytes(), " x本");
    check("日本\x1b[2G\x1b[K".as_bytes(), " ");
    check(b"word\x1b[1Cword", "word word");
    check(b"abc\x1b[2Dx\x1b[1G\x1b[1K", "axc");
    check(b"abcd\x1b[3G\x1b[1K", "  cd");
    check("e\u{301}x\ry".as_bytes(), "yx");
    check("日\u{301}\u{301}\r\r".as_bytes(), "日\u{301}\u{301}");
    check("\r\u{301}x".as_bytes(), " \u{301}x");
    check("\u{301}x\x1b[K\x1b[1my\x1b[0K".as_bytes(), "\u{301}xy");
    assert!(plain(b"\x1b[65535Gx\x1b[65535Cy\x1b[99999999999Gz").len() < 2000);
}

#[test]
fn styles_are_read_in_every_spelling() {
    let style_of = |sgr: &str| spans(format!("\x1b[{sgr}mx").as_bytes())[0].style;
    let plain = Style::default();
    let fg = |colour| Style { fg: Some(colour), ..plain };
    assert_eq!(style_of("31"), fg(Colour::Palette(1)));
    assert_eq!(style_of("97"), fg(Colour::Palette(15)));
    assert_eq!(style_of("38;5;208"), fg(Colour::Palette(208)));
    assert_eq!(style_of("38:5:208"), fg(Colour::Palette(208)));
    for rgb in ["38;2;1;2;3", "38:2:1:2:3", "38:2::1:2:3", "38:2:0:1:2:3:9"] {
        assert_eq!(style_of(rgb), fg(Colour::Rgb(1, 2, 3)), "{rgb}");
    }
    assert_eq!(style_of("48;5;9;1"), Style { bg: Some(Colour::Palette(9)), bold: true, ..plain });
    assert_eq!(style_of("58;5;9;3"), Style { italic: true, ..plain });
    assert_eq!(style_of("38;5;999;1"), Style { bold: true, ..plain });
    assert_eq!(style_of("4:3"), Style { underline: true, ..plain });
    assert_eq!(style_of("4;4:0"), plain);
    assert_eq!(style_of("1;2;3;4;7;9;22;23;24;27;29"), plain);
    assert_eq!(style_of("31;44;1;"), plain);
    assert_eq!(style_of(""), plain);
}

#[test]
fn a_style_goes_on_in_the_next_piece() {
    let mut style = Style::default();
    let first = spans_from(b"a\x1b[1mb", &mut style);
    assert_eq!(first.len(), 2);
    assert!(style.bold);
    assert!(spans_from(b"c", &mut style)[0].style.bold);
    assert!(spans_from(b"c\rd\x1b[m", &mut style)[0].style.bold);
    assert_eq!(style, Style::default());
}

#[test]
fn text_without_tricks_is_not_copied() {
    assert!(matches!(plain("häuser ─ 日本".as_bytes()), Cow::Borrowed(_)));
    assert!(spans(b"a\x1b[1mb\x1b[0mc").iter().all(|span| matches!(span.text, Cow::Borrowed(_))));
}

fn forbidden(shown: char) -> bool {
    shown.is_control() || matches!(shown, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

const HOSTILE: &[&[u8]] = &[
    b"\x1b[",
    b"\x1b]",
    b"\x1bP",
    b"\x1b\\",
    b"\x07",
    b"\x1b",
    b"\r",
    b"\x08",
    b"\t",
    b"m",
    b"K",
    b"2K",
    b"1K",
    b"C",
    b"G",
    b"D",
    b"8;;",
    b"38;2;",
    b"38:2:",
    b"999999999",
    b"0",
    b"text",
    b" ",
    b"\xff",
    b"\xc2",
    b"\xe2\x80",
    b"\0",
    b"\x1b[1K",
    b"\x1b[2K",
    b"\x1b[9G",
    b"\x1b[1m",
    b"\xe6\x97\xa5",
    b"\xcc\x81",
    b"\xe2\x80\xae",
    b"\xc2\x9b",
    b"\xc2\x9c",
    b"\x18",
    b"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
    b"\xe2\x81\xa6",
    b"\xc2\xad",
    b"\x1b_",
    b"\x1b(",
    b"\x1b[?",
    b"\n",
];

/// Takes the colours out of these lines and checks what is left of each. Answers it.
#[track_caller]
fn check_colours(lines: &[u8]) -> Vec<u8> {
    let mut room = b"of another use".to_vec();
    let bare = without_colours(lines, &mut room);
    let split = |lines| <[u8]>::split(lines, |byte| *byte == b'\n');
    let (before, after): (Vec<&[u8]>, Vec<&[u8]>) = (split(lines).collect(), split(bare).collect());
    assert_eq!(before.len(), after.len(), "{lines:?} became {bare:?}");
    for (line, left) in before.into_iter().zip(after) {
        let moves =
            left.contains(&0x1b) || left.contains(&0x08) || left.strip_suffix(b"\r").unwrap_or(left).contains(&b'\r');
        if !moves {
            assert_eq!(copied(left), copied(line), "{line:?} became {left:?}");
            assert!(left.contains(&b'\t') || plain(left) == plain(line), "{line:?} became {left:?}");
        }
    }
    bare.to_vec()
}

#[test]
fn colours_are_taken_out_and_nothing_else() {
    let taken = |lines: &str| String::from_utf8(check_colours(lines.as_bytes())).unwrap();
    assert_eq!(taken("no colour\n"), "no colour\n");
    assert_eq!(taken("\x1b[mone\x1b[1m \x1b[31mtwo\x1b[1;38;2;9;9;9m\x1b[4:3m\n\x1b[m"), "one two\n");
    assert_eq!(taken("\x1b[01;31m\x1b[Kfound\x1b[m\x1b[0K by grep\n"), "found by grep\n");
    for kept in
        ["\x1b[2K", "\x1b[?1m", "\x1b[>4;1m", "\x1b[3 m", "\x1b[31\nm", "\x1b[1C", "\x1b]0;m\x07", "\x1b", "\r\x1b[m"]
    {
        let line = format!("one{kept}");
        assert_eq!(taken(&line), line);
    }
    let long = "a word of text, and another word ".repeat(9);
    assert_eq!(taken(&format!("{long}\x1b[1m{long}\n")), format!("{long}{long}\n"));
    assert_eq!(check_colours(b"\xc3\x1b[m\xa9\n"), b"\xc3\x1b[m\xa9\n", "two halves are no character");
}

/// Mostly words and colours.
const COLOURFUL: &[&[u8]] = &[
    b"word ",
    b"a",
    b"\x1b[m",
    b"\x1b[1m",
    b"\x1b[31m",
    b"\x1b[38;5;208m",
    b"\x1b[K",
    b"\t",
    b"\n",
    b"\r\n",
    b"\xc3",
    b"\xa9",
    b"a long word that is a sentence ",
    b"\xcc\x81",
    b"\xe6\x97\xa5",
    b"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
];

fn colourful() -> impl Strategy<Value = Vec<u8>> {
    let odd = proptest::sample::select(HOSTILE);
    let pieces = prop_oneof![20 => proptest::sample::select(COLOURFUL), 1 => odd];
    proptest::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(proptest::sample::select(HOSTILE), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_dangerous_comes_out(line in prop_oneof![hostile(), proptest::collection::vec(any::<u8>(), 0..200)]) {
        let joined: String = spans(&line).into_iter().map(|span| span.text).collect();
        prop_assert!(!joined.chars().any(forbidden), "{joined:?}");
        prop_assert_eq!(plain(&line), joined);
    }

    #[test]
    fn what_is_left_without_colours_is_shown_as_the_line(lines in prop_oneof![colourful(), hostile()]) {
        check_colours(&lines);
    }

    #[test]
    fn text_without_tricks_comes_out_as_it_is(line in "[ -~äß€日本─“”]{0,80}") {
        prop_assert_eq!(plain(line.as_bytes()), line.clone());
    }

    #[test]
    fn colours_change_no_text(words in proptest::collection::vec(("[a-z ]{1,9}", 0_u16..110), 0..9)) {
        let coloured = words.iter().map(|(word, sgr)| format!("\x1b[{sgr}m{word}")).collect::<Vec<_>>().concat();
        let bare: String = words.iter().map(|(word, _)| word.as_str()).collect();
        prop_assert_eq!(plain(coloured.as_bytes()), bare);
    }
}

/// A line of this many bytes, made of one pattern: what makes a careless parser take quadratic time.
fn repeated(pattern: &[u8], len: usize) -> Vec<u8> {
    pattern.iter().copied().cycle().take(len).collect()
}

/// Linear work on a megabyte takes a fraction of a second even unoptimised on a busy machine, quadratic work many minutes.
fn check_linear(line: &[u8]) {
    let begun = std::time::Instant::now();
    let shown: usize = spans(line).iter().map(|span| span.text.len()).sum();
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(10), "took {took:?}");
    assert!(shown <= 8 * line.len() + 4096, "{} bytes became {shown}", line.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_megabyte_takes_linear_time(
        prefix in hostile(),
        pattern in proptest::collection::vec(proptest::sample::select(HOSTILE), 1..5),
    ) {
        let mut line = repeated(b"text ", 1 << 19);
        line.extend(prefix);
        line.extend(repeated(&pattern.concat(), 1 << 19));
        check_linear(&line);
    }
}

#[test]
fn what_is_copied_keeps_its_tabs_and_nothing_that_could_do_harm() {
    assert_eq!(copied(b"a\tb\x1b[31m\tred\x1b[0m\r"), "a\tb\tred");
    assert_eq!(copied(b"no tab \x1b]0;title\x07here"), "no tab here");
    assert_eq!(copied(b"\x1b]0;a\tb\x07x\x07"), "x\u{2407}");
    assert_eq!(copied(b"10%\r\t20%"), "10%     20%", "a progress bar is copied as it is shown");
}
