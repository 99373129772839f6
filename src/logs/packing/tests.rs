//! A log reads the same whichever of its files are packed, whenever that happens, and whatever ends it half-way.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::Timestamp;
use crate::logs::agreement_tests::{a_chunk, write as write_chunks, writer};
use crate::logs::index::Stream;
use crate::logs::lines::{Line, StreamFilter};
use crate::logs::packed::frame::{Table, packed_bytes};
use crate::logs::pattern::{Case, Pattern};
use crate::logs::reader::LogReader;
use crate::logs::reader_tests::{backward, forward, raw};
use crate::logs::search::{Direction, Hit, Search, Step, Tally};
use crate::logs::segment::{Limits, Writer};

mod races;

const ALL: StreamFilter = StreamFilter::All;

/// All files of a log, by name.
fn names(dir: &Path) -> BTreeSet<String> {
    files(dir).iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn pack_now(path: &Path) {
    pack(path, &mut || true).unwrap();
}

fn copy(from: &Path) -> TempDir {
    let to = TempDir::new().unwrap();
    for (path, _) in files(from) {
        fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    to
}

fn hits(dir: &Path, pattern: &Arc<Pattern>, direction: Direction, filter: StreamFilter) -> Vec<Hit> {
    let reader = LogReader::open(dir).unwrap();
    let from = if direction == Direction::Forward { reader.start() } else { reader.end() };
    let mut search = Search::new(reader, Arc::clone(pattern), from, direction, filter);
    let mut all = Vec::new();
    loop {
        match search.step().unwrap() {
            Step::Hits(hits) => all.extend(hits),
            Step::Nothing => {}
            Step::Done => return all,
        }
    }
}

/// Everything one can ask a log, answered.
fn answers(dir: &Path, places: &[prop::sample::Index]) -> (Vec<Vec<Line>>, Vec<String>) {
    let mut reader = LogReader::open(dir).unwrap();
    let end = reader.end();
    let mut said =
        vec![format!("{} {end} {} {}", reader.start(), reader.line_count().unwrap(), reader.indexed_end().unwrap())];
    let mut lines = Vec::new();
    for filter in [ALL, StreamFilter::Stdout, StreamFilter::Stderr] {
        lines.push(forward(&mut reader, 7, filter));
        lines.push(backward(&mut reader, 5, filter));
        for pattern in
            [Pattern::literal("1x", Case::Smart), Pattern::regex("^[0-9]*7 x+$", Case::Smart).unwrap()].map(Arc::new)
        {
            said.push(format!("{:?}", hits(dir, &pattern, Direction::Forward, filter)));
            said.push(format!("{:?}", hits(dir, &pattern, Direction::Backward, filter)));
            let mut tally = Tally::new(LogReader::open(dir).unwrap(), pattern, filter);
            while tally.step().unwrap() {}
            said.push(format!("{} {:?}", tally.count(), tally.histogram(9)));
        }
    }
    for place in places {
        let offset = place.index(end as usize + 1) as u64;
        let mut buffer = vec![0; 1000];
        let n = reader.bytes(offset, &mut buffer).unwrap();
        let time = Timestamp(place.index(70) as u64);
        said.push(format!("{:?}", memchr::memchr_iter(b'1', &buffer[..n]).collect::<Vec<_>>()));
        said.push(format!("{:?}", reader.line_start(offset).unwrap()));
        said.push(format!("{:?}", reader.lines_before(offset).unwrap()));
        said.push(format!("{:?}", reader.offset_at(time).unwrap()));
        lines.push(reader.page_back(offset, 3, ALL).unwrap().lines);
    }
    (lines, said)
}

proptest! {
    // Thousands of small files: elsewhere each costs a hundred times as much.
    #![proptest_config(ProptestConfig {
        cases: if cfg!(unix) { 32 } else { 2 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_packed_the_log_is_the_same(
        chunks in prop_oneof![prop::collection::vec(a_chunk(200), 1..60), prop::collection::vec(a_chunk(6000), 1..60)],
        segment in prop_oneof![512u64..4000, 60_000u64..300_000],
        choice in prop::collection::vec(any::<bool>(), 1..64),
        places in prop::collection::vec(any::<prop::sample::Index>(), 4),
    ) {
        let plain = TempDir::new().unwrap();
        write_chunks(&mut writer(plain.path(), segment), &chunks);
        let packed = copy(plain.path());
        // What it has open keeps its name on Windows, removed or not.
        let mut watching = cfg!(unix).then(|| LogReader::open(packed.path()).unwrap());
        for ((path, _), _) in files(packed.path()).iter().zip(choice.iter().cycle()).filter(|(_, chosen)| **chosen) {
            pack_now(path);
            prop_assert!(!path.exists() && packed_path(path).exists());
        }
        let expected = answers(plain.path(), &places);
        prop_assert!(answers(packed.path(), &places) == expected);
        if let Some(watching) = &mut watching {
            watching.refresh().unwrap();
            prop_assert!(forward(watching, 7, ALL) == expected.0[0]);
        }
        // And once more, with all of it packed under a reader that has seen some of it.
        pack_run(packed.path(), true, &mut || true).unwrap();
        if let Some(watching) = &mut watching {
            prop_assert!(backward(watching, 5, ALL) == expected.0[1]);
        }
        prop_assert!(answers(packed.path(), &places) == expected);
    }
}

/// Lines that pack into little, so that all that can happen to the packed file can be tried.
fn repetitive(blocks: u64) -> Vec<u8> {
    let mut text = String::new();
    while (text.len() as u64) < blocks * BLOCK_BYTES {
        let n = text.len();
        writeln!(text, "{n:>15}{:.>1008}", "").unwrap();
    }
    text.truncate((blocks * BLOCK_BYTES - 1000) as usize);
    text.into_bytes()
}

/// A log of one segment of three blocks and of one that is being written.
fn two_segments(dir: &Path) -> Vec<u8> {
    let bytes = repetitive(3);
    let limits = Limits { segment_bytes: bytes.len() as u64, segments: 9 };
    let mut writer = Writer::create(dir.join(LOG), dir.join(INDEX), limits).unwrap();
    for (chunk, time_ms) in bytes.chunks(3000).zip(1..) {
        writer.append(time_ms, Stream::Stdout, chunk);
    }
    writer.append(5000, Stream::Stdout, b"\n");
    writer.append(5000, Stream::Stdout, b"the next\n");
    pack_now(&dir.join("out.log.1"));
    let mut all = bytes;
    all.extend(b"\nthe next\n");
    all
}

fn bytes_of(reader: &mut LogReader) -> Vec<u8> {
    let (mut all, mut buffer) = (Vec::new(), vec![0; 100_000]);
    let mut at = reader.start();
    loop {
        let n = reader.bytes(at, &mut buffer).unwrap();
        if n == 0 {
            return all;
        }
        all.extend(&buffer[..n]);
        at += n as u64;
    }
}

#[test]
fn any_flipped_byte_costs_its_block_at_most_and_is_told() {
    let dir = TempDir::new().unwrap();
    let written = two_segments(dir.path());
    let path = dir.path().join("out.log.1.lz4");
    let whole = fs::read(&path).unwrap();
    let block = BLOCK_BYTES as usize;
    let mut hurt = BTreeSet::new();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, bytes).unwrap();
        let mut reader = LogReader::open(dir.path()).unwrap();
        let read = bytes_of(&mut reader);
        assert_eq!(read.len(), written.len(), "byte {at}: everything stays in its place");
        let differing: BTreeSet<usize> = (0..read.len().div_ceil(block))
            .filter(|i| read.chunks(block).nth(*i) != written.chunks(block).nth(*i))
            .collect();
        assert!(differing.len() <= 1, "byte {at} cost {differing:?}");
        if hurt.is_superset(&differing) {
            continue;
        }
        hurt.extend(&differing);
        let lines = forward(&mut reader, 50, ALL);
        assert!(backward(&mut reader, 50, ALL) == lines, "byte {at}");
        let notes: Vec<&Line> = lines.iter().filter(|line| line.stream == Stream::Note).collect();
        let said = String::from_utf8_lossy(&notes[0].bytes).into_owned();
        let lost = if differing.contains(&2) { block - 999 } else { block };
        assert!(said.starts_with(&format!("[pm] {lost} bytes of output are lost here")), "{said:?}");
        assert!(notes[0].time.is_some() && notes.iter().map(|note| note.len).sum::<u64>() == lost as u64, "{notes:?}");
        assert_eq!(reader.line_count().unwrap(), memchr::memchr_iter(b'\n', &written).count() as u64);
    }
    assert_eq!(hurt, BTreeSet::from([0, 1, 2]));
}

#[test]
fn a_file_that_was_cut_off_gives_its_whole_blocks() {
    let dir = TempDir::new().unwrap();
    let written = two_segments(dir.path());
    let path = dir.path().join("out.log.1.lz4");
    let whole = fs::read(&path).unwrap();
    let blocks = Table::of(&File::open(&path).unwrap()).unwrap().blocks;
    for len in 0..whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        let mut reader = LogReader::open(dir.path()).unwrap();
        let lines = forward(&mut reader, 50, ALL);
        assert!(backward(&mut reader, 50, ALL) == lines, "cut to {len}");
        let intact = blocks.iter().filter(|(at, n)| at + packed_bytes(*n) as u64 + 4 <= len as u64).count() as u64;
        // Where even the end of the blocks is gone, so is what says how long the last one is.
        let due = (intact * BLOCK_BYTES).min(written.len() as u64 - 9) as usize;
        let read = raw(&lines);
        assert!(
            read.len() == due + 9 && read[..due] == written[..due],
            "{} of {due} bytes when cut to {len}",
            read.len()
        );
        assert!(read.ends_with(b"the next\n"), "cut to {len}");
    }
}

#[test]
fn any_lz4_unpacks_it() {
    let dir = TempDir::new().unwrap();
    let written = two_segments(dir.path());
    let mut unpacked = Vec::new();
    let packed = File::open(dir.path().join("out.log.1.lz4")).unwrap();
    lz4_flex::frame::FrameDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == written[..written.len() - 9]);
    // Noise is kept as it is.
    let noise: Vec<u8> =
        (0..200_000_u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 31) as u8 ^ (n >> 8) as u8).collect();
    let path = dir.path().join("noise");
    fs::write(&path, &noise).unwrap();
    pack_now(&path);
    unpacked.clear();
    lz4_flex::frame::FrameDecoder::new(File::open(packed_path(&path)).unwrap()).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == noise);
    assert!(fs::metadata(packed_path(&path)).unwrap().len() < 200_100);
}

/// What is left at every step, wherever the packer was killed: all lines once, and the next one goes on from there.
#[test]
fn a_packer_may_be_killed_at_any_step() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path(), 20_000);
    for n in 0..3000 {
        writer.append(n, Stream::Stdout, format!("line {n}\n").as_bytes());
    }
    let answers = |run: &Path| forward(&mut LogReader::open(run).unwrap(), 100, ALL);
    let expected = answers(dir.path());
    let check = |run: &Path, what: &str| {
        assert!(answers(run) == expected, "{what}: {:?}", names(run));
        pack_run(run, true, &mut || true).unwrap();
        assert!(answers(run) == expected, "{what}, packed: {:?}", names(run));
        let are_packed = names(run).iter().all(|name| name == "out.log" || name.split('.').next_back() == Some(PACKED));
        assert!(are_packed, "{what}: {:?}", names(run));
    };
    for name in ["out.log.1", "out.idx.1"] {
        let whole = copy(dir.path());
        pack_now(&whole.path().join(name));
        let packed = fs::read(whole.path().join(format!("{name}.lz4"))).unwrap();
        for len in [0, 1, packed.len() / 2, packed.len()] {
            let run = copy(dir.path());
            fs::write(run.path().join(format!("{name}.lz4.77.0.new")), &packed[..len]).unwrap();
            check(run.path(), &format!("{len} bytes of {name} written"));
        }
        let run = copy(dir.path());
        fs::write(run.path().join(format!("{name}.lz4")), &packed).unwrap();
        check(run.path(), &format!("{name} in its place"));
        check(whole.path(), &format!("{name} packed"));
    }
}

#[test]
fn what_goes_while_it_is_packed_does_not_come_back_and_what_grows_stays() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("out.log.1");
    let text = repetitive(20);
    fs::write(&path, &text).unwrap();
    // Removed in the middle, as by retention.
    pack(&path, &mut || {
        drop(fs::remove_file(&path));
        true
    })
    .unwrap();
    assert_eq!(names(dir.path()), BTreeSet::new());
    // Written to after all.
    fs::write(&path, &text).unwrap();
    pack(&path, &mut || {
        File::options().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        true
    })
    .unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), text.len() as u64 + 4);
    assert_eq!(names(dir.path()), BTreeSet::from(["out.log.1".to_owned()]));
    // The packed one cannot be put in its place: as it was.
    let in_the_way = packed_path(&path);
    fs::create_dir(&in_the_way).unwrap();
    pack(&path, &mut || true).unwrap_err();
    fs::remove_dir(&in_the_way).unwrap();
    // Stopped: nothing happened.
    let stopped = pack(&path, &mut || false).unwrap_err();
    assert_eq!(stopped.kind(), io::ErrorKind::Interrupted);
    assert_eq!(names(dir.path()), BTreeSet::from(["out.log.1".to_owned()]));
}

#[test]
fn only_what_is_closed_is_packed() {
    let dir = TempDir::new().unwrap();
    let limits = Limits { segment_bytes: 20_000, segments: 3 };
    let mut writer = Writer::create(dir.path().join(LOG), dir.path().join(INDEX), limits).unwrap();
    let mut at = 0;
    let mut write_until = |segment: u64| {
        while !dir.path().join(format!("out.log.{segment}")).exists() {
            writer.append(at, Stream::Stdout, format!("line {at}\n").as_bytes());
            at += 1;
        }
        writer.append(at, Stream::Stdout, &[b'x'; 5000]);
    };
    write_until(1);
    pack_run(dir.path(), false, &mut || true).unwrap();
    let found = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names(dir.path()), found(&["out.idx", "out.idx.1.lz4", "out.log", "out.log.1.lz4"]));
    // The keeper removes its oldest segment packed or not.
    write_until(3);
    assert_eq!(names(dir.path()), found(&["out.idx", "out.idx.2", "out.idx.3", "out.log", "out.log.2", "out.log.3"]));
    // And both, where the packer was killed before it removed the plain one.
    fs::write(dir.path().join("out.log.2.lz4"), "").unwrap();
    write_until(4);
    drop(writer);
    assert_eq!(names(dir.path()), found(&["out.idx", "out.idx.3", "out.idx.4", "out.log", "out.log.3", "out.log.4"]));
    pack_run(dir.path(), true, &mut || true).unwrap();
    let all = ["out.idx.3.lz4", "out.idx.4.lz4", "out.idx", "out.log.3.lz4", "out.log.4.lz4", "out.log.lz4"];
    assert_eq!(names(dir.path()), found(&all), "an index of a few bytes stays as it is");
}
