//! What a search promises: every matching line once, in order, whatever the files look like.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::logs::lines::{Line, LineEnd, Stream};
use crate::logs::pattern::Case;
use crate::logs::scribe::Scribe;

fn literal(text: &str) -> Arc<Pattern> {
    Arc::new(Pattern::literal(text, Case::Smart))
}

fn run(search: &mut Search) -> Vec<Hit> {
    let mut all = Vec::new();
    loop {
        match search.step().unwrap() {
            Step::Hits(hits) => all.extend(hits),
            Step::Nothing => {}
            Step::Done => return all,
        }
    }
}

fn found(dir: &TempDir, pattern: &Arc<Pattern>, direction: Direction, filter: StreamFilter) -> Vec<Hit> {
    let reader = LogReader::open(dir.path()).unwrap();
    let from = match direction {
        Direction::Forward => reader.start(),
        Direction::Backward => reader.end(),
    };
    run(&mut Search::new(reader, Arc::clone(pattern), from, direction, filter))
}

/// The law: a search finds what looking at each line finds, and a text across the edge of two pieces of one; an inverted one finds
/// the others.
fn expected(dir: &TempDir, pattern: &Pattern, filter: StreamFilter) -> (Vec<Hit>, Vec<Hit>) {
    let mut reader = LogReader::open(dir.path()).unwrap();
    let start = reader.start();
    let lines: Vec<Line> = reader.page_forward(start, usize::MAX, filter).unwrap().lines;
    let across = |i: usize| {
        let (line, next) = (&lines[i], lines.get(i + 1)?);
        let tail = line.bytes.len().saturating_sub(100);
        (line.end == LineEnd::Cut).then(|| pattern.is_match_across(&line.bytes[tail..], &next.bytes))
    };
    let (hits, others): (Vec<_>, Vec<_>) =
        (0..lines.len()).partition(|i| pattern.is_match(&lines[*i].bytes) || across(*i) == Some(true));
    let hit = |i: usize| Hit { offset: lines[i].offset, bytes: lines[i].len };
    (hits.into_iter().map(hit).collect(), others.into_iter().map(hit).collect())
}

#[track_caller]
fn check(dir: &TempDir, pattern: &Arc<Pattern>) -> usize {
    for filter in [StreamFilter::All, StreamFilter::Stdout, StreamFilter::Stderr] {
        let (mut expected, others) = expected(dir, pattern, filter);
        assert_eq!(found(dir, pattern, Direction::Forward, filter), expected, "forward {filter:?} {pattern:?}");
        let reader = LogReader::open(dir.path()).unwrap();
        let start = reader.start();
        let mut inverted = Search::new(reader, Arc::clone(pattern), start, Direction::Forward, filter).inverted();
        assert_eq!(run(&mut inverted), others, "inverted {filter:?} {pattern:?}");
        let mut tally = Tally::new(LogReader::open(dir.path()).unwrap(), Arc::clone(pattern), filter);
        while tally.step().unwrap() {}
        assert_eq!(tally.count(), expected.len() as u64, "count {filter:?} {pattern:?}");
        assert_eq!(tally.histogram(7).iter().sum::<u64>(), expected.len() as u64);
        expected.reverse();
        assert_eq!(found(dir, pattern, Direction::Backward, filter), expected, "backward {filter:?} {pattern:?}");
    }
    expected(dir, pattern, StreamFilter::All).0.len()
}

#[test]
fn lines_are_found_over_rotations_and_streams() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"one needle\nnone\nneed");
    scribe.rotate();
    scribe.write(Stream::Stdout, b"le across segments\nneed");
    scribe.write(Stream::Stderr, b"le torn by a stream\n");
    scribe.write(Stream::Stdout, b"\x1b[1mnee\x1b[mdle split by colour\n\xff\xfe needle\x00\n");
    scribe.rotate();
    scribe.write(Stream::Stderr, b"the needle without an end");
    assert_eq!(check(&dir, &literal("needle")), 5);
    assert_eq!(check(&dir, &literal("NEEDLE")), 0);
    assert_eq!(check(&dir, &literal("")), 8);
    assert_eq!(check(&dir, &Arc::new(Pattern::regex("^needle|needle$", Case::Smart).unwrap())), 3);
}

#[test]
fn a_line_without_end_is_searched_in_pieces() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"needle\n");
    for i in 0..40 {
        let mut part = vec![b'x'; 64 << 10];
        if i % 10 == 0 {
            part[1000..1006].copy_from_slice(b"needle");
        }
        scribe.write(Stream::Stdout, &part);
    }
    scribe.write(Stream::Stdout, b"\nneedle");
    assert_eq!(check(&dir, &literal("needle")), 6);
    let hits = found(&dir, &literal("needle"), Direction::Forward, StreamFilter::All);
    assert!(hits.iter().all(|hit| hit.bytes < 2 * crate::logs::lines::CUT_BYTES));
}

#[test]
fn a_text_is_found_across_the_edge_of_two_pieces() {
    let cut = crate::logs::lines::CUT_BYTES as usize;
    for text in ["needle", "\x1b[1mnee\x1b[mdle"] {
        for before in 0..=text.len() {
            let dir = TempDir::new().unwrap();
            let mut scribe = Scribe::new(dir.path());
            let mut line = vec![b'x'; 20 * cut];
            // In the middle of a window, and at the end of one.
            for edge in [2 * cut, 16 * cut] {
                line[edge - before..edge - before + text.len()].copy_from_slice(text.as_bytes());
            }
            scribe.write(Stream::Stdout, &line);
            assert_eq!(check(&dir, &literal("needle")), 2, "{before} bytes of {text:?} before the edge");
            scribe.write(Stream::Stdout, b"\n");
            assert_eq!(check(&dir, &literal("needle")), 2, "{before} bytes of {text:?} before the edge");
        }
    }
}

#[test]
fn what_does_not_match_can_be_searched_too() {
    let dir = TempDir::new().unwrap();
    Scribe::new(dir.path()).write(Stream::Stdout, b"a\nb\nab\nc");
    let reader = LogReader::open(dir.path()).unwrap();
    let mut search = Search::new(reader, literal("a"), 0, Direction::Forward, StreamFilter::All).inverted();
    assert_eq!(run(&mut search), [Hit { offset: 2, bytes: 2 }, Hit { offset: 7, bytes: 1 }]);
    let mut tally = Tally::new(LogReader::open(dir.path()).unwrap(), literal("a"), StreamFilter::All).inverted();
    while tally.step().unwrap() {}
    assert_eq!(tally.count(), 2);
}

#[test]
fn a_log_that_grew_is_searched_on_and_nothing_is_found_twice() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"needle 1\nnee");
    let open = || LogReader::open(dir.path()).unwrap();
    let mut search = Search::new(open(), literal("needle"), 0, Direction::Forward, StreamFilter::All);
    let mut tally = Tally::new(open(), literal("needle"), StreamFilter::All);
    while tally.step().unwrap() {}
    assert_eq!(run(&mut search).len(), 1);
    assert!(!search.extend().unwrap());
    scribe.write(Stream::Stdout, b"dle");
    assert!(search.extend().unwrap() && tally.extend().unwrap());
    while tally.step().unwrap() {}
    assert_eq!((run(&mut search), tally.count()), (vec![Hit { offset: 9, bytes: 6 }], 2));
    scribe.write(Stream::Stdout, b" and needle\nneedle");
    assert!(search.extend().unwrap() && tally.extend().unwrap());
    while tally.step().unwrap() {}
    assert_eq!((run(&mut search), tally.count()), (vec![Hit { offset: 27, bytes: 6 }], 3));
    assert_eq!(tally.progress(), Progress { scanned: 33, total: 33 });
    assert_eq!(search.progress(), Progress { scanned: 33, total: 33 });
}

#[test]
fn what_was_deleted_is_passed_over() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"needle\n");
    scribe.rotate();
    scribe.write(Stream::Stdout, b"needle\n");
    scribe.rotate();
    scribe.write(Stream::Stdout, b"needle\n");
    let reader = LogReader::open(dir.path()).unwrap();
    scribe.delete(1);
    let mut search = Search::new(reader, literal("needle"), 0, Direction::Forward, StreamFilter::All);
    assert_eq!(run(&mut search).iter().map(|hit| hit.offset).collect::<Vec<_>>(), [7, 14]);
}

// What somebody has open stays in its place on Windows.
#[cfg(unix)]
#[test]
fn who_counts_learns_that_what_was_counted_is_gone() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"needle\nneedle\n");
    scribe.rotate();
    scribe.write(Stream::Stdout, b"needle\nnothing\n");
    let mut tally = Tally::new(LogReader::open(dir.path()).unwrap(), literal("needle"), StreamFilter::All);
    while tally.step().unwrap() {}
    assert!(!tally.is_outdated() && !tally.extend().unwrap() && !tally.is_outdated());
    scribe.delete(1);
    tally.extend().unwrap();
    assert!(tally.is_outdated());
}

#[test]
fn a_histogram_shows_where_the_lines_are() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    for i in 0..10_000 {
        scribe.write(Stream::Stdout, if i % 1000 == 500 { b"needle\n" } else { b"nought\n" });
    }
    let mut tally = Tally::new(LogReader::open(dir.path()).unwrap(), literal("needle"), StreamFilter::All);
    while tally.step().unwrap() {}
    assert_eq!(tally.histogram(10), [1; 10]);
    assert_eq!(tally.histogram(2), [5, 5]);
    assert!(tally.histogram(0).is_empty());
}

fn patterns() -> impl Strategy<Value = Arc<Pattern>> {
    let texts = prop::sample::select(vec![
        "ab", "a", "b a", "", "31", "é", "\u{fffd}", "  ", "␀", "A", "85", "<U", "5>", "a\tb", "\t", "ab\r",
    ]);
    let expressions =
        prop::sample::select(vec!["^a", "b$", "a.b", r"\s", "[^a]b", "^$", "a*", r"\ba", "x|b+a", "(?i)A"]);
    prop_oneof![
        texts.prop_map(literal),
        expressions.prop_map(|text| Arc::new(Pattern::regex(text, Case::Smart).unwrap())),
        Just(Arc::new(Pattern::level(crate::logs::level::Level::Warn))),
    ]
}

fn chunks() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let pieces = prop::sample::select(vec![
        &b"ab"[..],
        b"a",
        b" b",
        b"\n",
        b"\n",
        b"\r\n",
        b"\x1b[31m",
        b"\x1b[m",
        b"\r",
        b"\t",
        b"\x08",
        b"\xc3\xa9",
        b"\xff",
        b"\x00",
        b"\x1b]0;a\x07",
        b"\xc2\x85",
        b"ERROR ",
        b"xxxxxxxxxxxxxxxxxxxxxxxx",
    ]);
    let text = prop::collection::vec((pieces, 1usize..5), 1..12)
        .prop_map(|parts| parts.into_iter().flat_map(|(part, times)| part.repeat(times)).collect());
    prop::collection::vec((0u8..5, text), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_search_finds_what_looking_at_each_line_finds(chunks in chunks(), pattern in patterns()) {
        let dir = TempDir::new().unwrap();
        let mut scribe = Scribe::new(dir.path());
        for (kind, bytes) in chunks {
            match kind {
                0 => scribe.rotate(),
                1 => scribe.write(Stream::Stderr, &bytes),
                _ => scribe.write(Stream::Stdout, &bytes),
            }
        }
        check(&dir, &pattern);
    }
}

/// Lines as programs print them that colour their words, some of them with something else in them.
fn coloured_lines() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        &b"ab"[..],
        b"a",
        b" b",
        b" ",
        b"31",
        b"ERROR ",
        b"\xc3\xa9",
        b"\x1b[31m",
        b"\x1b[m",
        b"\x1b[0m",
        b"\x1b[1;38;5;9m",
        b"\x1b[K",
    ]);
    let odd = prop::sample::select(vec![
        &b"\t"[..],
        b"\r",
        b"\x08",
        b"\xc3\x1b[m\xa9",
        b"\xa9",
        b"\x00",
        b"\x1b[1C",
        b"\x1b]0;a\x07",
        b"\x1b[",
    ]);
    let words = prop::collection::vec(prop_oneof![30 => word, 1 => odd], 0..12).prop_map(|words| words.concat());
    let end = prop::sample::select(vec![&b"\n"[..], b"\n", b"\r\n", b"\x1b[0m\n", b"\r\x1b[m\n", b""]);
    prop::collection::vec((words, end), 1..12)
        .prop_map(|lines| lines.into_iter().flat_map(|(words, end)| [&words[..], end].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn coloured_lines_are_searched_as_they_are_shown(
        chunks in prop::collection::vec((0..4, coloured_lines()), 1..4), pattern in patterns(),
    ) {
        let dir = TempDir::new().unwrap();
        let mut scribe = Scribe::new(dir.path());
        for (stream, lines) in chunks {
            scribe.write(if stream == 0 { Stream::Stderr } else { Stream::Stdout }, &lines);
        }
        check(&dir, &pattern);
    }
}

/// Lines of all sorts and lengths, so that windows, cuts, segments and streams meet in every way.
fn motley(dir: &TempDir, bytes: usize, seed: u64) {
    let mut scribe = Scribe::new(dir.path());
    let mut state = seed;
    let mut draw = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let parts =
        ["plain words ", "needle", "\x1b[1mnee\x1b[mdle", "ERROR ", "─ö…", "\t", "50%\r100%", "\u{202e}", "\u{7f}"];
    let mut chunk = Vec::new();
    let mut written = 0;
    while written < bytes {
        let long = if draw(200) == 0 { 1 + draw(60) as usize } else { 1 };
        let filler = ["filler ", "needl "][draw(2) as usize].repeat(long * draw(60) as usize);
        chunk.extend(filler.as_bytes());
        let odd = if draw(10) == 0 { parts.len() as u64 } else { 2 };
        (0..draw(3)).for_each(|_| chunk.extend(parts[draw(odd) as usize].as_bytes()));
        chunk.extend([&b"\n"[..], b"\r\n", b"\xff\n", b"\n", b"\n", b""][draw(6) as usize]);
        if draw(20) == 0 {
            scribe.write([Stream::Stdout, Stream::Stdout, Stream::Stderr, Stream::Note][draw(4) as usize], &chunk);
            written += chunk.len();
            chunk.clear();
        }
        if draw(3000) == 0 {
            scribe.rotate();
        }
    }
}

#[test]
fn many_lines_at_once_are_as_good_as_one_by_one() {
    for seed in 0..2 {
        let dir = TempDir::new().unwrap();
        motley(&dir, 1 << 20, seed);
        let sums: usize = [
            literal("needle"),
            literal("ö"),
            Arc::new(Pattern::regex(r"needle\s*$|^$", Case::Smart).unwrap()),
            Arc::new(Pattern::level(crate::logs::level::Level::Error)),
        ]
        .iter()
        .map(|pattern| check(&dir, pattern))
        .sum();
        assert!(sums > 1000, "{sums}");
    }
}

#[test]
fn what_is_not_described_yet_is_counted_when_it_is_known_of_which_stream_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"out\n");
    scribe.write_undescribed(b"needle\n");
    let pattern = Arc::new(Pattern::literal("needle", Case::Smart));
    let tally = |filter| Tally::new(LogReader::open(dir.path()).unwrap(), pattern.clone(), filter);
    let mut tallies = [tally(StreamFilter::Stderr), tally(StreamFilter::Stdout)];
    for tally in &mut tallies {
        while tally.step().unwrap() {}
    }
    scribe.describe(Stream::Stderr, b"needle\n");
    scribe.write(Stream::Stdout, b"more\n");
    for tally in &mut tallies {
        tally.extend().unwrap();
        while tally.step().unwrap() {}
    }
    assert_eq!(tallies.map(|tally| tally.count()), [1, 0]);
}
