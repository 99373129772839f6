//! The writer against real files: rotation loses nothing, every byte has its record, old segments go.

use super::*;

struct Run {
    dir: tempfile::TempDir,
    writer: Writer,
}

fn run(segment_bytes: u64, segments: u32) -> Run {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes, segments };
    let writer = Writer::create(dir.path().join("out.log"), dir.path().join("out.idx"), limits).unwrap();
    Run { dir, writer }
}

impl Run {
    /// Every segment there is, oldest first, with its index; checks that the index covers the segment without a gap.
    fn segments(&self) -> Vec<(Header, Vec<u8>, Vec<Entry>)> {
        let mut all: Vec<_> = std::fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| Some(name.strip_prefix("out.log")?.to_owned()))
            .map(|suffix| self.segment(&suffix))
            .collect();
        all.sort_by_key(|(header, ..)| header.segment);
        all
    }

    fn segment(&self, suffix: &str) -> (Header, Vec<u8>, Vec<Entry>) {
        let log = std::fs::read(self.dir.path().join(format!("out.log{suffix}"))).unwrap();
        let index = std::fs::read(self.dir.path().join(format!("out.idx{suffix}"))).unwrap();
        let mut records = index.chunks_exact(RECORD_BYTES).map(|bytes| bytes.try_into().unwrap());
        let header = Header::from_bytes(&records.next().unwrap()).unwrap();
        let entries: Vec<_> = records.map(|bytes| Entry::from_bytes(&bytes)).collect();
        let mut at = header.base;
        for entry in &entries {
            assert_eq!(entry.offset, at);
            let start = (at - header.base) as usize;
            assert_eq!(entry.lines, count_lines(&log[start..start + entry.length as usize]));
            at += u64::from(entry.length);
        }
        assert_eq!(at - header.base, log.len() as u64);
        (header, log, entries)
    }
}

#[test]
fn rotation_loses_no_byte_and_cuts_at_line_ends() {
    let mut run = run(1000, 1000);
    let text = (0..10_000).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    for (n, chunk) in text.as_bytes().chunks(777).enumerate() {
        run.writer.append(n as u64, Stream::Stdout, chunk);
    }
    let segments = run.segments();
    assert!(segments.len() > 50);
    let mut expected_base = 0;
    for (number, (header, log, _)) in segments.iter().enumerate() {
        assert_eq!((header.segment, header.base), (number as u64, expected_base));
        assert!(number + 1 == segments.len() || log.ends_with(b"\n"));
        expected_base += log.len() as u64;
    }
    assert_eq!(segments.into_iter().flat_map(|(_, log, _)| log).collect::<Vec<_>>(), text.into_bytes());
    assert_eq!(run.writer.extent().lines, 10_000);
}

#[test]
fn only_so_many_segments_stay() {
    let mut run = run(512, 3);
    for n in 0..100 {
        run.writer.append(n, Stream::Stderr, &[b'x'; 99]);
        run.writer.append(n, Stream::Stderr, b"\n");
    }
    let numbers: Vec<_> = run.segments().iter().map(|(header, ..)| header.segment).collect();
    assert_eq!(numbers.len(), 3);
    assert_eq!(numbers[2], numbers[0] + 2);
    assert_eq!(run.writer.extent(), Extent { end: 10_000, lines: 100, lost: 0 });
    assert!(std::fs::read_dir(run.dir.path()).unwrap().count() == 6);
}

#[test]
fn a_line_without_end_is_cut_after_a_while() {
    let mut run = run(512, 4);
    for n in 0..40 {
        run.writer.append(n, Stream::Stdout, &vec![b'x'; 65536]);
    }
    assert_eq!(run.segments().iter().map(|(_, log, _)| log.len()).sum::<usize>(), 40 * 65536);
    assert!(run.segments().len() > 1);
}

// Elsewhere a directory whose files are open cannot be removed.
#[cfg(unix)]
#[test]
fn output_after_the_directory_was_removed_is_in_a_new_one() {
    let mut run = run(512, 4);
    std::fs::remove_dir_all(run.dir.path()).unwrap();
    run.writer.append(1, Stream::Stdout, &[b'\n'; 512]);
    run.writer.append(2, Stream::Stdout, b"found again\n");
    let (header, log, _) = run.segment("");
    assert_eq!((header.base, log.as_slice()), (512, &b"found again\n"[..]));
}

#[cfg(unix)]
#[test]
fn a_log_that_was_removed_is_begun_anew_and_the_loss_is_counted() {
    let mut run = run(0, 4);
    run.writer.append(1, Stream::Stdout, b"0123456789\n");
    std::fs::remove_dir_all(run.dir.path()).unwrap();
    run.writer.append(900, Stream::Stdout, b"gone too\n");
    run.writer.append(1001, Stream::Stdout, b"found\n");
    let (header, log, _) = run.segment("");
    let note = "[pm] 20 bytes of output are missing here: the log was removed while it was written\n";
    assert_eq!((header.base, header.segment), (20, 1));
    assert_eq!(String::from_utf8(log).unwrap(), format!("{note}found\n"));
    assert_eq!(run.writer.extent(), Extent { end: 26 + note.len() as u64, lines: 4, lost: 20 });
}

#[cfg(unix)]
#[test]
fn a_full_disk_costs_bytes_but_never_the_order_of_the_log() {
    let mut run = run(0, 4);
    run.writer.append(0, Stream::Stdout, b"before\n");
    let good = std::mem::replace(&mut run.writer.pair.log, OpenOptions::new().append(true).open("/dev/full").unwrap());
    run.writer.append(1, Stream::Stdout, b"gone\n");
    run.writer.append(2, Stream::Stdout, b"gone too\n");
    assert_eq!(run.writer.extent(), Extent { end: 7, lines: 1, lost: 14 });
    assert_eq!(run.writer.retry_at_ms(), Some(1001));
    assert!(!run.writer.retry(1001));
    run.writer.pair.log = good;
    assert!(!run.writer.retry(1500), "the disk is left alone for a second");
    assert!(run.writer.retry(2001));
    run.writer.append(2002, Stream::Stdout, b"after\n");
    let (_, log, entries) = run.segment("");
    let text = String::from_utf8(log).unwrap();
    assert!(text.starts_with("before\n\n[pm] 14 bytes of output are missing here: ") && text.ends_with("\nafter\n"));
    assert_eq!(entries[1].stream, Stream::Note);
    assert_eq!(run.writer.extent().end, text.len() as u64);
}

#[cfg(unix)]
#[test]
fn what_was_lost_last_is_told_though_nothing_follows() {
    let mut run = run(0, 4);
    let good = std::mem::replace(&mut run.writer.pair.log, OpenOptions::new().append(true).open("/dev/full").unwrap());
    run.writer.append(1, Stream::Stdout, b"gone\n");
    run.writer.pair.log = good;
    run.writer.finish(2);
    let (_, log, _) = run.segment("");
    assert!(String::from_utf8(log).unwrap().starts_with("\n[pm] 5 bytes of output are missing here: "));
    assert_eq!(run.writer.retry_at_ms(), None);
}
