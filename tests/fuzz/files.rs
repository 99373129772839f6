//! A log as a keeper writes it, damage to its files, and everything that reads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pm::domain::Timestamp;
use pm::logs::follow::Follower;
use pm::logs::index::Stream;
use pm::logs::lines::{Line, LineEnd, StreamFilter};
use pm::logs::packing;
use pm::logs::pattern::{Case, Pattern};
use pm::logs::reader::LogReader;
use pm::logs::search::{Direction, Hit, Search, Step, Tally};
use pm::logs::segment::{Limits, Writer};

use crate::chance::Chance;

const ALL: StreamFilter = StreamFilter::All;
const FILTERS: [StreamFilter; 3] = [ALL, StreamFilter::Stdout, StreamFilter::Stderr];

pub fn round(chance: &mut Chance) {
    let dir = tempfile::tempdir().expect("a directory");
    write(chance, dir.path());
    let written = contents(dir.path());
    pack(chance, dir.path());
    let mut early = LogReader::open(dir.path()).expect("a reader");
    pack(chance, dir.path());
    let (damage, is_lost) = damage(chance, dir.path());
    let left = Left { bytes: left_over(dir.path(), &written), damage, is_lost };
    let mut reader = LogReader::open(dir.path()).expect("a reader");
    let lines = check_everything_is_read(chance, &mut reader, &left);
    check_search(chance, dir.path(), &lines, damage);
    check_following(dir.path(), &left);
    check_places(chance, &mut reader);
    check_order(&mut reader, &lines, damage);
    // A reader that saw it before the damage gives what it can, and comes to an end.
    forward(&mut early, 1 + chance.below(50), ALL);
    early.refresh().expect("a look");
    backward(&mut early, 1 + chance.below(50), ALL);
    check_places(chance, &mut early);
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    /// Files are short or missing: what is left still fits together.
    Torn,
    /// Numbers in an index are wrong.
    Wrong,
}

/// What there is to read.
struct Left {
    bytes: Vec<u8>,
    damage: Damage,
    /// Blocks of packed output are lost, and are told instead.
    is_lost: bool,
}

impl Left {
    #[track_caller]
    fn check(&self, lines: &[Line]) {
        let read = raw(lines);
        assert!(self.is_lost || read == self.bytes, "{read:?} is read of {:?}", self.bytes);
    }
}

fn write(chance: &mut Chance, dir: &Path) {
    let limits = Limits { segment_bytes: [0, 512, 4096][chance.below(3)], segments: 1 + chance.below(8) as u32 };
    let mut writer = Writer::create(dir.join("out.log"), dir.join("out.idx"), limits).expect("a writer");
    let long = chance.one_in(20);
    let mut now_ms = 1000 + chance.below(1000) as u64;
    for _ in 0..chance.below(60) {
        let stream = [Stream::Stdout, Stream::Stdout, Stream::Stderr, Stream::Terminal, Stream::Note][chance.below(5)];
        let mut chunk = chance.output(10);
        if long && chance.one_in(8) {
            chunk.extend(std::iter::repeat_n(b'x', chance.below(40_000)));
        }
        if !chance.one_in(4) {
            chunk.push(b'\n');
        }
        writer.append(now_ms, stream, &chunk);
        // Clocks are set back, too.
        now_ms = if chance.one_in(20) { now_ms - now_ms.min(500) } else { now_ms + chance.below(30) as u64 };
    }
}

fn numbered(dir: &Path, stem: &str) -> Vec<PathBuf> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix(stem) {
            let number = rest.trim_end_matches("lz4").trim_matches('.');
            files.insert(number.parse().unwrap_or(u64::MAX), path);
        }
    }
    files.into_values().collect()
}

/// Every file and what is in it.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = numbered(dir, "out.log").into_iter().chain(numbered(dir, "out.idx"));
    files.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect()
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "lz4")
}

/// Some of what is there, or nothing.
fn pack(chance: &mut Chance, dir: &Path) {
    let share = chance.below(4);
    for path in contents(dir).into_keys().filter(|path| !is_packed(path)) {
        if chance.below(4) < share {
            packing::pack(&path, &mut || true).expect("room");
        }
    }
}

fn damage(chance: &mut Chance, dir: &Path) -> (Damage, bool) {
    let (mut worst, mut is_lost) = (Damage::Torn, false);
    for _ in 0..chance.below(4) {
        let is_index = chance.one_in(2);
        let files = numbered(dir, if is_index { "out.idx" } else { "out.log" });
        let Some(file) = files.get(chance.below(files.len())) else { continue };
        let mut bytes = std::fs::read(file).expect("a file");
        match chance.below(5) {
            0 => std::fs::remove_file(file).expect("it is there"),
            1 | 2 => {
                bytes.truncate(chance.below(bytes.len() + 1));
                is_lost |= is_packed(file) && !is_index;
                std::fs::write(file, bytes).expect("a write");
            }
            _ if bytes.is_empty() => {}
            _ => {
                for _ in 0..=chance.below(10) {
                    let at = chance.below(bytes.len());
                    if chance.one_in(4) && at + 8 <= bytes.len() {
                        bytes[at..at + 8].copy_from_slice(&chance.any().to_le_bytes());
                    } else {
                        bytes[at] ^= 1 << chance.below(8);
                    }
                }
                std::fs::write(file, bytes).expect("a write");
                if is_index {
                    worst = Damage::Wrong;
                }
                is_lost |= is_packed(file) && !is_index;
            }
        }
    }
    (worst, is_lost)
}

/// Page by page; each page must lead on.
fn forward(reader: &mut LogReader, n: usize, filter: StreamFilter) -> Vec<Line> {
    let (mut at, mut lines) = (reader.start(), Vec::new());
    loop {
        let page = reader.page_forward(at, n, filter).expect("a page");
        assert!(page.lines.len() <= n);
        assert!(page.end > at || page.lines.is_empty(), "a page from {at} leads to {}", page.end);
        if page.lines.is_empty() && page.end >= reader.end() {
            return lines;
        }
        assert!(page.end > at || at < page.start, "nothing from {at} to {}", reader.end());
        at = page.end;
        lines.extend(page.lines);
    }
}

fn backward(reader: &mut LogReader, n: usize, filter: StreamFilter) -> Vec<Line> {
    let (mut at, mut lines) = (reader.end(), Vec::new());
    loop {
        let mut page = reader.page_back(at, n, filter).expect("a page");
        assert!(page.lines.len() <= n);
        if page.lines.is_empty() {
            assert!(page.start <= reader.start(), "nothing from {at} back to {}", reader.start());
            lines.reverse();
            return lines;
        }
        assert!(page.start < at, "a page back from {at} leads to {}", page.start);
        at = page.start;
        page.lines.reverse();
        lines.extend(page.lines);
    }
}

fn raw(lines: &[Line]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend(&line.bytes);
        bytes.extend((line.end == LineEnd::Newline).then_some(b'\n'));
    }
    bytes
}

/// What is there of what was `written`, or what became of it.
fn left_over(dir: &Path, written: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<u8> {
    let content = |path: &PathBuf| {
        if is_packed(path) {
            written[&path.with_extension("")].clone()
        } else {
            std::fs::read(path).expect("a segment")
        }
    };
    numbered(dir, "out.log").iter().flat_map(content).collect()
}

fn check_everything_is_read(chance: &mut Chance, reader: &mut LogReader, left: &Left) -> Vec<Line> {
    let ahead = forward(reader, 1 + chance.below(50), ALL);
    left.check(&ahead);
    let back = backward(reader, 1 + chance.below(50), ALL);
    left.check(&back);
    assert!(back == ahead || left.damage == Damage::Wrong, "forward and backward differ");
    for filter in FILTERS {
        let n = 1 + chance.below(50);
        let (some, others) = (forward(reader, n, filter), backward(reader, n, filter));
        if left.damage == Damage::Torn {
            let only: Vec<Line> = ahead.iter().filter(|line| filter.accepts(line.stream)).cloned().collect();
            assert_eq!(some, only, "{filter:?}");
            assert_eq!(others, only, "{filter:?} backward");
        }
    }
    ahead
}

fn hits(dir: &Path, pattern: &Arc<Pattern>, direction: Direction, filter: StreamFilter) -> Vec<Hit> {
    let reader = LogReader::open(dir).expect("a reader");
    let from = if direction == Direction::Forward { reader.start() } else { reader.end() };
    let mut search = Search::new(reader, Arc::clone(pattern), from, direction, filter);
    let mut all = Vec::new();
    loop {
        match search.step().expect("a slice") {
            Step::Hits(hits) => all.extend(hits),
            Step::Nothing => {}
            Step::Done => return all,
        }
    }
}

fn check_search(chance: &mut Chance, dir: &Path, lines: &[Line], damage: Damage) {
    let pattern = match chance.below(4) {
        0 => Pattern::regex(chance.of_all(&["^n.*e$", r"\w\s", "[^x]e", "a|b|", "ERROR"]), Case::Smart).expect("one"),
        1 => Pattern::level(pm::logs::level::Level::Warn),
        _ => Pattern::literal(chance.of_all(&["needle", "e", "", "0", "é", " ", "␛", "\u{fffd}", "Text"]), Case::Smart),
    };
    let pattern = Arc::new(pattern);
    for filter in FILTERS {
        let ahead = hits(dir, &pattern, Direction::Forward, filter);
        let mut back = hits(dir, &pattern, Direction::Backward, filter);
        back.reverse();
        let mut tally = Tally::new(LogReader::open(dir).expect("a reader"), Arc::clone(&pattern), filter);
        while tally.step().expect("a slice") {}
        assert_eq!(tally.count(), ahead.len() as u64, "{pattern:?}");
        assert_eq!(tally.histogram(1 + chance.below(100)).iter().sum::<u64>(), tally.count());
        if damage == Damage::Torn {
            let wanted = lines.iter().filter(|line| filter.accepts(line.stream) && pattern.is_match(&line.bytes));
            let wanted: Vec<Hit> = wanted.map(|line| Hit { offset: line.offset, bytes: line.len }).collect();
            // A text may also lie across the edge of two pieces.
            let cut = |hit: &Hit| lines.iter().any(|line| line.offset == hit.offset && line.end == LineEnd::Cut);
            let same = |found: &[Hit]| {
                wanted.iter().all(|hit| found.contains(hit)) && found.iter().all(|hit| wanted.contains(hit) || cut(hit))
            };
            assert!(same(&ahead), "{pattern:?} {filter:?}: {ahead:?} instead of {wanted:?}");
            assert_eq!(back, ahead, "{pattern:?} {filter:?} backward");
            let mut reader = LogReader::open(dir).expect("a reader");
            for hit in ahead.iter().take(5) {
                let line = reader.line_at(hit.offset, hit.bytes).expect("a line").expect("it is there");
                assert!(lines.contains(&line), "{line:?} is no line");
            }
        }
    }
}

fn check_following(dir: &Path, left: &Left) {
    let reader = LogReader::open(dir).expect("a reader");
    let start = reader.start();
    let mut follower = Follower::new(reader, start, ALL);
    let mut lines = Vec::new();
    loop {
        let more = follower.flush(7).expect("lines");
        if more.is_empty() {
            break;
        }
        lines.extend(more);
    }
    left.check(&lines);
}

fn check_places(chance: &mut Chance, reader: &mut LogReader) {
    reader.line_count().expect("a count");
    reader.indexed_end().expect("an end");
    for _ in 0..5 {
        let offset = if chance.one_in(2) { chance.any() } else { chance.below(reader.end() as usize + 2) as u64 };
        let filter = FILTERS[chance.below(3)];
        reader.lines_before(offset).expect("a count");
        reader.line_start(offset).expect("a place");
        reader.offset_at(Timestamp(chance.any() % 3000)).expect("a place");
        reader.seek_back(offset, chance.below(9), filter).expect("a place");
        assert!(reader.page_forward(offset, 3, filter).expect("a page").lines.len() <= 3);
        assert!(reader.page_back(offset, 3, filter).expect("a page").lines.len() <= 3);
        reader.line_at(offset, 1 + chance.below(100) as u64).expect("a line or none");
    }
}

/// What logs are merged by: it goes forward where lines do, and is found again.
fn check_order(reader: &mut LogReader, lines: &[Line], damage: Damage) {
    let orders: Vec<_> = lines.iter().map(|line| reader.order_at(line.offset).expect("an order")).collect();
    assert!(orders.is_sorted() || damage == Damage::Wrong, "{orders:?}");
    for order in orders.iter().flatten().take(20) {
        let from = reader.first_ordered(*order).expect("a place");
        assert!((reader.start()..=reader.end()).contains(&from));
        let first = lines.iter().zip(&orders).find(|(_, found)| *found >= &Some(*order)).map(|(line, _)| line.offset);
        // What no time is known of stands with the first line that has one.
        assert!(first.is_none_or(|first| from <= first || from == 0) || damage == Damage::Wrong, "{from} {first:?}");
    }
}
