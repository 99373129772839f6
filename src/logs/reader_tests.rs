//! What the reader promises: every byte once, the same lines in both directions, whatever happens to the files.

use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::lines::{CUT_BYTES, Line, LineEnd, Page, Stream, StreamFilter};
use super::reader::{LogReader, last_lines};
use super::scribe::Scribe;
use crate::domain::Timestamp;

const ALL: StreamFilter = StreamFilter::All;

pub(super) fn raw(lines: &[Line]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(&line.bytes);
        if line.end == LineEnd::Newline {
            bytes.push(b'\n');
        }
    }
    bytes
}

pub(super) fn forward(reader: &mut LogReader, n: usize, filter: StreamFilter) -> Vec<Line> {
    let (mut lines, mut at) = (Vec::new(), reader.start());
    while at < reader.end() {
        let page = reader.page_forward(at, n, filter).unwrap();
        assert!(page.end > at, "no progress at {at}");
        at = page.end;
        lines.extend(page.lines);
    }
    lines
}

pub(super) fn backward(reader: &mut LogReader, n: usize, filter: StreamFilter) -> Vec<Line> {
    let (mut pages, mut at) = (Vec::new(), reader.end());
    while at > reader.start() {
        let Page { lines, start, .. } = reader.page_back(at, n, filter).unwrap();
        assert!(start < at, "no progress at {at}");
        at = start;
        pages.push(lines);
    }
    pages.into_iter().rev().flatten().collect()
}

/// What the rule says about these chunks, computed the slow way.
fn expected(chunks: &[(Stream, Vec<u8>)], start: u64) -> Vec<(u64, Vec<u8>, Stream)> {
    let bytes: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let streams: Vec<Stream> = chunks.iter().flat_map(|(stream, bytes)| vec![*stream; bytes.len()]).collect();
    let mut breaks = vec![start as usize];
    breaks.extend(
        (start as usize + 1..bytes.len()).filter(|at| bytes[at - 1] == b'\n' || streams[at - 1] != streams[*at]),
    );
    breaks.push(bytes.len());
    let mut edges = Vec::new();
    for pair in breaks.windows(2).filter(|pair| pair[0] < pair[1]) {
        edges.push(pair[0]);
        let cuts = (0..pair[1]).step_by(CUT_BYTES as usize).filter(|cut| *cut >= pair[0] + CUT_BYTES as usize);
        // Where a character that is whole begins, no cut is nearer to the multiple.
        edges.extend(cuts.map(|cut| {
            (1..4).find(|back| whole_character(&bytes[cut - back..], *back)).map_or(cut, |back| cut - back)
        }));
    }
    edges.push(bytes.len());
    edges.windows(2).map(|pair| (pair[0] as u64, bytes[pair[0]..pair[1]].to_vec(), streams[pair[0]])).collect()
}

/// These bytes begin with a character that is longer than `len`, as far as its first bytes tell.
fn whole_character(bytes: &[u8], len: usize) -> bool {
    let wanted = bytes[0].leading_ones() as usize;
    wanted > len && bytes[1..=len].iter().all(|byte| byte.leading_ones() == 1)
}

fn seen(lines: &[Line]) -> Vec<(u64, Vec<u8>, Stream)> {
    lines.iter().map(|line| (line.offset, raw(std::slice::from_ref(line)), line.stream)).collect()
}

fn a_stream() -> impl Strategy<Value = Stream> {
    prop_oneof![4 => Just(Stream::Stdout), 2 => Just(Stream::Stderr), 1 => Just(Stream::Terminal), 1 => Just(Stream::Note)]
}

fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    let text = proptest::collection::vec(prop_oneof![3 => Just(b'a'), 1 => Just(b'\n'), 1 => any::<u8>()], 1..60);
    let long = (1_usize..40_000, any::<bool>()).prop_map(|(n, newline)| {
        let mut bytes = vec![b'x'; n];
        bytes.extend(newline.then_some(b'\n'));
        bytes
    });
    let wide =
        (1_usize..20_000, 0_usize..4).prop_map(|(n, shift)| ["x".repeat(shift), "é日".repeat(n)].concat().into_bytes());
    let dense = (1_usize..5_000).prop_map(|n| b"ab\n\n".iter().copied().cycle().take(n).collect());
    prop_oneof![6 => text, 2 => long, 1 => wide, 1 => dense]
}

#[derive(Clone, Debug)]
enum Act {
    Write(Stream, Vec<u8>),
    Rotate,
    Delete,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        10 => (a_stream(), some_bytes()).prop_map(|(stream, bytes)| Act::Write(stream, bytes)),
        2 => Just(Act::Rotate),
        1 => Just(Act::Delete),
    ];
    proptest::collection::vec(act, 0..30)
}

/// Performs the acts; answers the chunks written and the first offset kept.
fn perform(dir: &Path, acts: &[Act], mut after_each: impl FnMut()) -> (Vec<(Stream, Vec<u8>)>, u64) {
    let mut scribe = Scribe::new(dir);
    let (mut chunks, mut bases, mut kept) = (Vec::new(), vec![0], 0);
    for act in acts {
        match act {
            Act::Write(stream, bytes) => {
                scribe.write(*stream, bytes);
                chunks.push((*stream, bytes.clone()));
            }
            Act::Rotate => {
                scribe.rotate();
                bases.push(scribe.offset);
            }
            Act::Delete if kept + 1 < bases.len() => {
                kept += 1;
                scribe.delete(kept as u64);
            }
            Act::Delete => {}
        }
        after_each();
    }
    (chunks, bases[kept])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_in_both_directions_are_what_was_written(acts in acts(), n in 1_usize..40) {
        let dir = TempDir::new().unwrap();
        let (chunks, start) = perform(dir.path(), &acts, || {});
        let mut reader = LogReader::open(dir.path()).unwrap();
        let expected = expected(&chunks, start);
        let written: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        prop_assert_eq!((reader.start(), reader.end()), (start, written.len() as u64));
        let ahead = forward(&mut reader, n, ALL);
        prop_assert_eq!(seen(&ahead), expected.clone());
        prop_assert_eq!(raw(&ahead), &written[start as usize..]);
        prop_assert_eq!(backward(&mut reader, n, ALL), ahead.clone());
        for filter in [StreamFilter::Stdout, StreamFilter::Stderr] {
            let only: Vec<_> = ahead.iter().filter(|line| filter.accepts(line.stream)).cloned().collect();
            prop_assert_eq!(forward(&mut reader, n, filter), only.clone());
            prop_assert_eq!(backward(&mut reader, n, filter), only);
        }
        let newlines = memchr::memchr_iter(b'\n', &written[start as usize..]).count() as u64;
        prop_assert_eq!(reader.line_count().unwrap(), newlines);
    }

    // Where a file that was deleted keeps its name until it is closed, the watching one still reads it.
    #[cfg(unix)]
    #[test]
    fn a_reader_that_watches_sees_what_a_new_one_sees(acts in acts()) {
        let dir = TempDir::new().unwrap();
        let mut watching = LogReader::open(dir.path()).unwrap();
        perform(dir.path(), &acts, || {
            watching.refresh().unwrap();
            let end = watching.end();
            watching.page_back(end, 3, ALL).unwrap();
            watching.line_count().unwrap();
        });
        let mut fresh = LogReader::open(dir.path()).unwrap();
        prop_assert_eq!((watching.start(), watching.end()), (fresh.start(), fresh.end()));
        prop_assert_eq!(forward(&mut watching, 7, ALL), forward(&mut fresh, 7, ALL));
        prop_assert_eq!(watching.line_count().unwrap(), fresh.line_count().unwrap());
    }
}

#[test]
fn a_run_that_just_starts_has_an_empty_log() {
    let dir = TempDir::new().unwrap();
    let mut reader = LogReader::open(&dir.path().join("not there yet")).unwrap();
    assert_eq!((reader.start(), reader.end()), (0, 0));
    assert_eq!(reader.page_back(9, 5, ALL).unwrap(), Page::default());
    assert!(!reader.refresh().unwrap());
    assert_eq!(last_lines(dir.path(), 5, ALL).unwrap(), []);
}

#[test]
fn the_last_lines_tell_stream_time_and_end() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"one\nhalf");
    scribe.write(Stream::Stderr, b"oops\n");
    scribe.write(Stream::Stdout, b"done");
    let lines = last_lines(dir.path(), 3, ALL).unwrap();
    let told: Vec<_> = lines.iter().map(|l| (l.bytes.as_slice(), l.stream, l.time, l.end)).collect();
    assert_eq!(
        told,
        [
            (b"half".as_slice(), Stream::Stdout, Some(Timestamp(1000)), LineEnd::Switched),
            (b"oops", Stream::Stderr, Some(Timestamp(1001)), LineEnd::Newline),
            (b"done", Stream::Stdout, Some(Timestamp(1002)), LineEnd::Open),
        ]
    );
}

#[test]
fn a_gigabyte_without_newline_is_read_in_pieces() {
    let dir = TempDir::new().unwrap();
    let log = std::fs::File::create(dir.path().join("out.log")).unwrap();
    log.set_len(1 << 30).unwrap();
    let mut reader = LogReader::open(dir.path()).unwrap();
    let end = reader.end();
    let back = reader.page_back(end, 3, ALL).unwrap();
    assert!(back.lines.iter().all(|line| line.continued && line.len == CUT_BYTES));
    assert_eq!(back.lines.iter().map(|line| line.end).collect::<Vec<_>>(), [LineEnd::Cut, LineEnd::Cut, LineEnd::Open]);
    let ahead = reader.page_forward(0, 3, ALL).unwrap();
    assert_eq!(ahead.lines.iter().map(|line| line.continued).collect::<Vec<_>>(), [false, true, true]);
    assert!(reader.window.bytes.capacity() <= 64 << 10);
}

#[test]
fn lines_are_counted_and_found_by_time() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    for n in 0..5_000 {
        scribe.time = 1_000 + n * 10;
        scribe.write(Stream::Stdout, b"abc\ndef\ngh");
        if n % 1_500 == 1_499 {
            scribe.rotate();
        }
    }
    scribe.write_undescribed(b"\nend\n");
    let mut reader = LogReader::open(dir.path()).unwrap();
    assert_eq!(reader.line_count().unwrap(), 10_002);
    assert_eq!(reader.lines_before(25_000 + 5).unwrap(), 5_001);
    assert_eq!(reader.line_start(25_000 + 5).unwrap(), 25_004);
    assert_eq!(reader.line_start(25_000).unwrap(), 25_000 - 2);
    assert_eq!(reader.line_start(25_003).unwrap(), 25_000 - 2);
    // The chunk of that time begins in the middle of a line, which is shown whole.
    assert_eq!(reader.offset_at(Timestamp(1_000 + 2_500 * 10 - 9)).unwrap(), 25_000 - 2);
    assert_eq!(reader.offset_at(Timestamp(0)).unwrap(), 0);
    assert_eq!(reader.offset_at(Timestamp(u64::MAX)).unwrap(), reader.end());
    let back = reader.page_back(25_000 - 2, 1_000, ALL).unwrap();
    assert_eq!(reader.seek_back(25_000 - 2, 1_000, ALL).unwrap(), back.start);
    assert_eq!(back.lines.len(), 1_000);
}

#[test]
fn a_long_line_is_one_line_to_whoever_counts_whole_ones() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    scribe.write(Stream::Stdout, b"first\n");
    scribe.write(Stream::Stdout, format!("{}\n", "x".repeat(100_000)).as_bytes());
    scribe.write(Stream::Stderr, b"aside\n");
    scribe.write(Stream::Stdout, b"last\n");
    let mut reader = LogReader::open(dir.path()).unwrap();
    let mut whole = |n, filter| reader.seek_back_whole(u64::MAX, n, 0, filter).unwrap();
    assert_eq!(whole(1, ALL), (6 + 100_001 + 6, 1));
    assert_eq!(whole(2, StreamFilter::Stdout), (6, 2));
    assert_eq!(whole(3, ALL), (6, 3));
    assert_eq!(whole(9, ALL), (0, 4));
}

#[test]
fn a_rare_stream_is_found_among_many_records() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    for n in 0..6_000 {
        scribe.write(if n % 2_500 == 17 { Stream::Stderr } else { Stream::Stdout }, format!("{n}\n").as_bytes());
    }
    let mut reader = LogReader::open(dir.path()).unwrap();
    for _ in 0..2 {
        let found = backward(&mut reader, 1, StreamFilter::Stderr);
        assert_eq!(raw(&found), b"17\n2517\n5017\n");
        assert_eq!(forward(&mut reader, 1, StreamFilter::Stderr), found);
    }
    scribe.write(Stream::Stderr, b"6000\n");
    reader.refresh().unwrap();
    assert_eq!(raw(&backward(&mut reader, 2, StreamFilter::Stderr)), b"17\n2517\n5017\n6000\n");
}

#[test]
fn lines_are_counted_while_the_index_grows() {
    let dir = tempfile::tempdir().unwrap();
    let mut scribe = Scribe::new(dir.path());
    let mut reader = LogReader::open(dir.path()).unwrap();
    let mut lines = 0;
    // Within the first block of the index, over its edge, and beyond.
    for more in [10, 10, 1480, 600] {
        (0..more).for_each(|_| scribe.write(Stream::Stdout, b"x\n"));
        lines += more;
        reader.refresh().unwrap();
        assert_eq!([reader.line_count().unwrap(), reader.line_count().unwrap()], [lines, lines]);
    }
}
