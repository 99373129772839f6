//! Packing while a keeper writes and removes and others read: where the names of removed files that are open are gone at once.
#![cfg(unix)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::logs::follow::Follower;

/// A keeper removes more than one segment while one of them is packed, and then the packer is killed.
#[test]
fn what_comes_back_for_a_moment_stands_in_its_place() {
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path(), 8000);
    for n in 0..10_000_u64 {
        writer.append(n, Stream::Stdout, format!("{n:07}\n").as_bytes());
    }
    pack_run(dir.path(), false, &mut || true).unwrap();
    for gone in ["out.idx.4.lz4", "out.log.5.lz4", "out.idx.5.lz4", "out.log.6.lz4"] {
        fs::remove_file(dir.path().join(gone)).unwrap();
    }
    for number in 1..4 {
        fs::remove_file(dir.path().join(format!("out.log.{number}.lz4"))).unwrap();
    }
    let mut reader = LogReader::open(dir.path()).unwrap();
    let read = forward(&mut reader, 100, ALL);
    let expected = (3000..4000).chain(6000..10_000);
    assert!(read.iter().map(|line| line.offset).eq(expected.clone().map(|n| n * 8)));
    assert!(read.iter().zip(expected).all(|(line, n)| line.bytes == format!("{n:07}").as_bytes()));
    // The next packer clears it away.
    pack_run(dir.path(), false, &mut || true).unwrap();
    assert_eq!(LogReader::open(dir.path()).unwrap().start(), 48_000);
    let numbers = names(dir.path()).into_iter().filter_map(|name| name.split('.').nth(2)?.parse().ok());
    assert_eq!(numbers.collect::<BTreeSet<u32>>(), (7..=10).collect());
}

/// A keeper writes and rotates, somebody packs, somebody reads: whatever is seen fits together.
#[test]
fn reading_while_segments_are_packed_and_rotated_away_fits_together() {
    let dir = TempDir::new().unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let limits = Limits { segment_bytes: 8000, segments: 6 };
            let mut writer = Writer::create(dir.path().join(LOG), dir.path().join(INDEX), limits).unwrap();
            for n in 0..100_000_u64 {
                writer.append(n, Stream::Stdout, format!("{n:07}\n").as_bytes());
            }
            done.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                // A file may go between being seen and being opened.
                drop(pack_run(dir.path(), false, &mut || true));
            }
        });
        let mut watching = LogReader::open(dir.path()).unwrap();
        let mut rounds = 0_u64;
        while !done.load(Ordering::Acquire) || rounds < 3 {
            watching.refresh().unwrap();
            for reader in [&mut watching, &mut LogReader::open(dir.path()).unwrap()] {
                let (start, end) = (reader.start(), reader.end());
                let at = start + (end - start) * (rounds % 5) / 5 / 8 * 8;
                let pages = [reader.page_back(end, 20, ALL).unwrap(), reader.page_forward(at, 20, ALL).unwrap()];
                for line in pages.into_iter().flat_map(|page| page.lines) {
                    // Eight bytes each, so the offset says which number must stand there.
                    let number: u64 = String::from_utf8(line.bytes).unwrap().parse().unwrap();
                    assert_eq!(line.offset, number * 8);
                }
            }
            rounds += 1;
        }
    });
    pack_run(dir.path(), false, &mut || true).unwrap();
    let logs: Vec<String> = names(dir.path()).into_iter().filter(|name| name.starts_with(LOG)).collect();
    assert!(logs.len() <= 6, "{logs:?}");
}

#[test]
fn a_follower_sees_each_line_once_while_what_it_read_is_packed() {
    const LINES: u64 = 30_000;
    let dir = TempDir::new().unwrap();
    let mut writer = writer(dir.path(), 8 << 10);
    let mut follower = Follower::new(LogReader::open(dir.path()).unwrap(), 0, ALL);
    let is_over = AtomicBool::new(false);
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..LINES {
                writer.append(n, Stream::Stdout, format!("line {n}\n").as_bytes());
            }
            is_over.store(true, Ordering::Release);
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                pack_run(dir.path(), false, &mut || true).unwrap();
            }
        });
        loop {
            let was_over = is_over.load(Ordering::Acquire);
            let lines = follower.next_lines(1000).unwrap();
            if lines.is_empty() && was_over {
                break;
            }
            seen.extend(lines);
        }
    });
    pack_run(dir.path(), true, &mut || true).unwrap();
    let again = forward(&mut LogReader::open(dir.path()).unwrap(), 1000, ALL);
    for lines in [&seen, &again] {
        assert_eq!(lines.len() as u64, LINES);
        assert!(lines.iter().zip(0..).all(|(line, n)| line.bytes == format!("line {n}").as_bytes()));
    }
    let plain: Vec<PathBuf> = files(dir.path())
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.extension() != Some("lz4".as_ref()))
        .collect();
    assert!(plain.iter().all(|path| fs::metadata(path).unwrap().len() < 4096), "{plain:?}");
}
