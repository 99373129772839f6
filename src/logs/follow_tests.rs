//! What a follower promises: each line once and whole, whatever the files do meanwhile.

use tempfile::TempDir;

use super::follow::Follower;
use super::lines::{Line, LineEnd, Stream, StreamFilter};
use super::reader::LogReader;
use super::scribe::Scribe;

fn follow(dir: &TempDir, filter: StreamFilter) -> Follower {
    Follower::new(LogReader::open(dir.path()).unwrap(), 0, filter)
}

fn texts(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|line| String::from_utf8(line.bytes).unwrap()).collect()
}

#[test]
fn only_complete_lines_come_until_the_end() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    let mut follower = follow(&dir, StreamFilter::All);
    assert_eq!(follower.next_lines(9).unwrap(), []);
    scribe.write(Stream::Stdout, b"one\ntw");
    assert_eq!(texts(follower.next_lines(9).unwrap()), ["one"]);
    assert_eq!(follower.offset(), 4);
    scribe.rotate();
    scribe.write(Stream::Stdout, b"o\nthree\nfour");
    assert_eq!(texts(follower.next_lines(1).unwrap()), ["two"]);
    assert_eq!(texts(follower.next_lines(9).unwrap()), ["three"]);
    assert_eq!(follower.next_lines(9).unwrap(), []);
    let rest = follower.flush(9).unwrap();
    assert_eq!((rest.len(), rest[0].end), (1, LineEnd::Open));
    assert_eq!(follower.flush(9).unwrap(), []);
    scribe.write(Stream::Stdout, b" more\n");
    let more = follower.next_lines(9).unwrap();
    assert!(more[0].continued);
    assert_eq!(texts(more), [" more"]);
}

#[test]
fn a_line_waits_until_its_stream_is_known() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    let mut errors = follow(&dir, StreamFilter::Stderr);
    let mut everything = follow(&dir, StreamFilter::All);
    scribe.write_undescribed(b"oops\n");
    assert_eq!(errors.next_lines(9).unwrap(), []);
    assert_eq!(everything.next_lines(9).unwrap(), []);
    scribe.describe(Stream::Stderr, b"oops\n");
    assert_eq!(texts(errors.next_lines(9).unwrap()), ["oops"]);
    assert_eq!(everything.next_lines(9).unwrap()[0].stream, Stream::Stderr);
}

#[test]
fn a_line_that_is_never_described_comes_all_the_same() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    let mut follower = follow(&dir, StreamFilter::All);
    scribe.write_undescribed(b"last words\n");
    let lines = std::iter::repeat_with(|| follower.next_lines(9).unwrap()).find(|lines| !lines.is_empty()).unwrap();
    assert_eq!(texts(lines), ["last words"]);
}

#[test]
fn a_filter_steps_over_unfinished_lines_of_others() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    let mut follower = follow(&dir, StreamFilter::Stderr);
    scribe.write(Stream::Stdout, b"progress ...");
    assert_eq!(follower.next_lines(9).unwrap(), []);
    scribe.write(Stream::Stderr, b"wa");
    assert_eq!(follower.next_lines(9).unwrap(), []);
    scribe.write(Stream::Stderr, b"rn\n");
    scribe.write(Stream::Stdout, b" done\n");
    assert_eq!(texts(follower.next_lines(9).unwrap()), ["warn"]);
}

#[test]
fn what_was_deleted_unread_is_counted() {
    let dir = TempDir::new().unwrap();
    let mut scribe = Scribe::new(dir.path());
    let mut follower = follow(&dir, StreamFilter::All);
    for _ in 0..3 {
        scribe.write(Stream::Stdout, b"12345\n");
        scribe.rotate();
    }
    scribe.delete(1);
    scribe.delete(2);
    assert_eq!(texts(follower.next_lines(9).unwrap()), ["12345"]);
    assert_eq!((follower.take_skipped(), follower.take_skipped()), (12, 0));
}

// A race that needs a listing to be quicker than a rotation.
#[cfg(unix)]
#[test]
fn every_number_comes_once_while_a_writer_rotates() {
    let dir = TempDir::new().unwrap();
    let total = 20_000_u64;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut scribe = Scribe::new(dir.path());
            for n in 0..total {
                let stream = if n % 3 == 0 { Stream::Stderr } else { Stream::Stdout };
                let line = format!("{n}\n");
                let (a, b) = line.as_bytes().split_at(n as usize % line.len());
                scribe.write(stream, a);
                scribe.write(stream, b);
                if n % 100 == 99 {
                    scribe.rotate();
                }
            }
        });
        let mut everything = follow(&dir, StreamFilter::All);
        let mut errors = follow(&dir, StreamFilter::Stderr);
        let (mut next, mut next_error) = (0, 0);
        while next < total || next_error < total {
            for line in everything.next_lines(64).unwrap() {
                assert_eq!(String::from_utf8_lossy(&line.bytes), next.to_string());
                assert_eq!(line.stream == Stream::Stderr, next % 3 == 0);
                next += 1;
            }
            for line in errors.next_lines(64).unwrap() {
                assert_eq!(String::from_utf8_lossy(&line.bytes), next_error.to_string());
                next_error += 3;
            }
        }
    });
}

// A race that needs a listing to be quicker than a rotation, and a deleted name to be gone at once.
#[cfg(unix)]
#[test]
fn what_is_not_returned_was_counted_as_deleted() {
    use std::sync::atomic::{AtomicBool, Ordering};

    let dir = TempDir::new().unwrap();
    let total = 5_000_u64;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut scribe = Scribe::new(dir.path());
            for n in 0..total {
                scribe.write(Stream::Stdout, format!("{n:07}\n").as_bytes());
                if n % 20 == 19 {
                    scribe.rotate();
                }
                if n % 20 == 19 && scribe.number > 3 {
                    scribe.delete(scribe.number - 3);
                }
            }
            done.store(true, Ordering::Release);
        });
        let mut follower = follow(&dir, StreamFilter::All);
        let (mut returned, mut skipped) = (0, 0);
        loop {
            let last = done.load(Ordering::Acquire);
            let lines = follower.next_lines(16).unwrap();
            returned += lines.iter().map(|line| line.len).sum::<u64>();
            skipped += follower.take_skipped();
            if last && lines.is_empty() {
                break;
            }
        }
        assert_eq!(returned + skipped, total * 8);
    });
}
