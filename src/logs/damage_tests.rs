//! What happens to a reader when files are torn, damaged, renamed and deleted: nothing is lost that is there.

use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::lines::{Stream, StreamFilter};
use super::reader::LogReader;
use super::reader_tests::{backward, forward, raw};
use super::scribe::Scribe;

const ALL: StreamFilter = StreamFilter::All;
const FILES: [&str; 6] = ["out.log.1", "out.idx.1", "out.log.2", "out.idx.2", "out.log", "out.idx"];

/// Three segments with lines across their borders and switches in mid-line.
fn three_segments(dir: &Path) {
    let mut scribe = Scribe::new(dir);
    scribe.write(Stream::Stdout, b"one\ntwo\nthr");
    scribe.write(Stream::Stderr, b"oops");
    scribe.rotate();
    scribe.write(Stream::Stderr, b" again\n");
    scribe.write(Stream::Stdout, b"ee\nfour\n");
    scribe.rotate();
    scribe.write(Stream::Stdout, b"five\nsix\n\nseven");
    scribe.write(Stream::Note, b"lost 3 bytes\n");
    scribe.write(Stream::Stdout, b"eight");
}

fn left_over(dir: &Path) -> Vec<u8> {
    ["out.log.1", "out.log.2", "out.log"]
        .iter()
        .flat_map(|name| std::fs::read(dir.join(name)).unwrap_or_default())
        .collect()
}

fn check_everything_is_read(dir: &Path, what: &str) {
    let mut reader = LogReader::open(dir).unwrap();
    let ahead = forward(&mut reader, 2, ALL);
    assert_eq!(String::from_utf8_lossy(&raw(&ahead)), String::from_utf8_lossy(&left_over(dir)), "{what}");
    assert_eq!(backward(&mut reader, 3, ALL), ahead, "{what}");
    for filter in [StreamFilter::Stdout, StreamFilter::Stderr] {
        let only: Vec<_> = ahead.iter().filter(|line| filter.accepts(line.stream)).cloned().collect();
        assert_eq!(forward(&mut reader, 2, filter), only, "{what} {filter:?}");
        assert_eq!(backward(&mut reader, 3, filter), only, "{what} {filter:?}");
    }
    reader.line_count().unwrap();
    reader.indexed_end().unwrap();
}

#[test]
fn files_cut_off_at_any_byte_lose_nothing_else() {
    let whole = TempDir::new().unwrap();
    three_segments(whole.path());
    for name in FILES {
        let bytes = std::fs::read(whole.path().join(name)).unwrap();
        for len in 0..bytes.len() {
            let dir = TempDir::new().unwrap();
            three_segments(dir.path());
            std::fs::write(dir.path().join(name), &bytes[..len]).unwrap();
            check_everything_is_read(dir.path(), &format!("{name} cut to {len} bytes"));
        }
    }
}

#[test]
fn a_missing_file_loses_nothing_else() {
    for name in FILES {
        let dir = TempDir::new().unwrap();
        three_segments(dir.path());
        std::fs::remove_file(dir.path().join(name)).unwrap();
        check_everything_is_read(dir.path(), &format!("without {name}"));
    }
}

#[test]
fn a_segment_without_index_keeps_its_place() {
    let dir = TempDir::new().unwrap();
    three_segments(dir.path());
    std::fs::remove_file(dir.path().join("out.log.1")).unwrap();
    std::fs::remove_file(dir.path().join("out.idx.2")).unwrap();
    let reader = LogReader::open(dir.path()).unwrap();
    assert_eq!(reader.start(), 15);
}

#[test]
fn a_log_that_shrinks_under_the_reader_ends_early() {
    let dir = TempDir::new().unwrap();
    three_segments(dir.path());
    let mut reader = LogReader::open(dir.path()).unwrap();
    std::fs::OpenOptions::new().write(true).open(dir.path().join("out.log")).unwrap().set_len(3).unwrap();
    assert_eq!(raw(&backward(&mut reader, 2, ALL)), left_over(dir.path()));
    assert_eq!(raw(&forward(&mut reader, 2, ALL)), left_over(dir.path()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_index_loses_no_bytes(
        file in 0_usize..3,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let dir = TempDir::new().unwrap();
        three_segments(dir.path());
        let path = dir.path().join(FILES[file * 2 + 1]);
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        std::fs::write(&path, bytes).unwrap();
        let mut reader = LogReader::open(dir.path()).unwrap();
        prop_assert_eq!(raw(&forward(&mut reader, 2, ALL)), left_over(dir.path()));
        prop_assert_eq!(raw(&backward(&mut reader, 3, ALL)), left_over(dir.path()));
        for filter in [StreamFilter::Stdout, StreamFilter::Stderr] {
            forward(&mut reader, 2, filter);
            backward(&mut reader, 2, filter);
        }
        reader.line_count().unwrap();
        reader.offset_at(crate::domain::Timestamp(1003)).unwrap();
    }
}

/// Opens, refreshes and reads between any two steps of a rotation, in both orders the renames can have.
#[test]
fn a_rotation_can_be_met_at_any_step() {
    for log_first in [true, false] {
        let dir = TempDir::new().unwrap();
        let mut scribe = Scribe::new(dir.path());
        let mut watching = LogReader::open(dir.path()).unwrap();
        let mut written = Vec::new();
        let mut look = |written: &[u8], what: &str| {
            watching.refresh().unwrap();
            for reader in [&mut watching, &mut LogReader::open(dir.path()).unwrap()] {
                assert_eq!((reader.start(), reader.end()), (0, written.len() as u64), "{what}");
                assert_eq!(raw(&backward(reader, 2, ALL)), written, "{what}");
                assert_eq!(raw(&forward(reader, 2, StreamFilter::Stdout)), b"", "{what}");
            }
        };
        for round in 0..4 {
            let line = format!("round {round}\nhalf");
            scribe.write(Stream::Stderr, line.as_bytes());
            written.extend(line.as_bytes());
            look(&written, "written");
            let steps: [fn(&Scribe); 2] = [Scribe::rename_log, Scribe::rename_index];
            steps[usize::from(!log_first)](&scribe);
            look(&written, "one renamed");
            steps[usize::from(log_first)](&scribe);
            look(&written, "both renamed");
            scribe.begin_next();
            look(&written, "next begun");
        }
    }
}

// Where a file that was deleted keeps its name until it is closed, retention ends at the next look, not at once.
#[cfg(unix)]
#[test]
fn what_retention_deletes_is_forgotten_without_an_error() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    for n in 0..40 {
        scribe.write(Stream::Stdout, format!("line {n}\n").as_bytes());
        scribe.rotate();
    }
    let mut reader = LogReader::open(dir.path()).unwrap();
    (1..=30).for_each(|number| scribe.delete(number));
    assert_eq!(forward(&mut reader, 7, ALL).first().unwrap().bytes, b"line 30");
    std::fs::remove_file(dir.path().join("out.idx.31")).unwrap();
    assert_eq!(backward(&mut reader, 7, ALL).first().unwrap().bytes, b"line 30");
    scribe.delete(32);
    std::fs::remove_file(dir.path().join("out.log.31")).unwrap();
    assert!(reader.refresh().unwrap());
    assert_eq!(forward(&mut reader, 7, ALL).first().unwrap().bytes, b"line 32");
    assert_eq!(reader.line_count().unwrap(), 8);
}

/// A thread writes, rotates and deletes as fast as it can; whatever a reader sees at any moment fits together.
// A race that needs a listing to be quicker than a rotation, and a deleted name to be gone at once.
#[cfg(unix)]
#[test]
fn reading_during_rotation_and_retention_fits_together() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let dir = TempDir::new().unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut scribe = Scribe::new(dir.path());
            for n in 0..20_000_u64 {
                scribe.write(Stream::Stdout, format!("{n:07}\n").as_bytes());
                if n % 50 == 49 {
                    scribe.rotate();
                }
                if n % 50 == 49 && scribe.number > 4 {
                    scribe.delete(scribe.number - 4);
                }
            }
            done.store(true, Ordering::Release);
        });
        let mut watching = LogReader::open(dir.path()).unwrap();
        let mut rounds = 0;
        while !done.load(Ordering::Acquire) || rounds < 3 {
            watching.refresh().unwrap();
            for reader in [&mut watching, &mut LogReader::open(dir.path()).unwrap()] {
                let end = reader.end();
                for line in reader.page_back(end, 20, ALL).unwrap().lines {
                    // Eight bytes each, so the offset says which number must stand there.
                    let number: u64 = String::from_utf8(line.bytes).unwrap().parse().unwrap();
                    assert_eq!(line.offset, number * 8);
                }
            }
            rounds += 1;
        }
    });
}
