//! The keeper's writer and everybody's reader agree: each line once, in order, on its stream, over any number of rotations.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::follow::Follower;
use super::index::Stream;
use super::lines::{Line, LineEnd, StreamFilter};
use super::reader::LogReader;
use super::segment::{Limits, Writer};
use crate::domain::Timestamp;

/// Lines of one stream, written in two pieces.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    stream: Stream,
    widths: Vec<usize>,
    cut: usize,
}

/// Lines of less than so many bytes.
pub(super) fn a_chunk(widest: usize) -> impl Strategy<Value = Chunk> {
    let streams = [Stream::Stdout, Stream::Stderr, Stream::Terminal, Stream::Note];
    let widths = prop::collection::vec(0..widest, 1..6);
    (prop::sample::select(streams.to_vec()), widths, any::<prop::sample::Index>()).prop_map(|(stream, widths, cut)| {
        let bytes: usize = widths.iter().map(|width| width + 1).sum();
        Chunk { stream, widths, cut: cut.index(bytes) }
    })
}

pub(super) fn writer(dir: &Path, segment_bytes: u64) -> Writer {
    let limits = Limits { segment_bytes, segments: u32::MAX };
    Writer::create(dir.join("out.log"), dir.join("out.idx"), limits).unwrap()
}

/// What was written, as it is to be read: time, stream and text of each line.
pub(super) fn write(writer: &mut Writer, chunks: &[Chunk]) -> Vec<(u64, Stream, String)> {
    let mut lines = Vec::new();
    for (chunk, time_ms) in chunks.iter().zip(1..) {
        let mut text = String::new();
        for width in &chunk.widths {
            let line = format!("{:.width$}", format!("{} {}", lines.len(), "x".repeat(*width)));
            text.push_str(&line);
            text.push('\n');
            lines.push((time_ms, chunk.stream, line));
        }
        let (one, two) = text.as_bytes().split_at(chunk.cut.min(text.len()));
        for piece in [one, two].into_iter().filter(|piece| !piece.is_empty()) {
            writer.append(time_ms, chunk.stream, piece);
        }
    }
    lines
}

fn as_read(lines: Vec<Line>) -> Vec<(u64, Stream, String)> {
    let told = |line: Line| {
        assert_eq!((line.end, line.continued), (LineEnd::Newline, false), "{line:?}");
        let Timestamp(time_ms) = line.time.unwrap();
        (time_ms, line.stream, String::from_utf8(line.bytes).unwrap())
    };
    lines.into_iter().map(told).collect()
}

fn read_forward(reader: &mut LogReader, filter: StreamFilter) -> Vec<Line> {
    let (mut lines, mut from) = (Vec::new(), reader.start());
    loop {
        let page = reader.page_forward(from, 7, filter).unwrap();
        if page.lines.is_empty() {
            return lines;
        }
        from = page.end;
        lines.extend(page.lines);
    }
}

fn read_back(reader: &mut LogReader, filter: StreamFilter) -> Vec<Line> {
    let (mut pages, mut from) = (Vec::new(), reader.end());
    loop {
        let page = reader.page_back(from, 7, filter).unwrap();
        if page.lines.is_empty() {
            return pages.into_iter().rev().flatten().collect();
        }
        from = page.start;
        pages.push(page.lines);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_the_writer_wrote_the_reader_reads(chunks in prop::collection::vec(a_chunk(200), 1..60), segment in 512u64..4000) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path(), segment);
        let written = write(&mut writer, &chunks);
        let mut reader = LogReader::open(dir.path()).unwrap();
        let extent = writer.extent();
        prop_assert_eq!((reader.start(), reader.end(), reader.line_count().unwrap()), (0, extent.end, extent.lines));
        for filter in [StreamFilter::All, StreamFilter::Stdout, StreamFilter::Stderr] {
            let due: Vec<_> = written.iter().filter(|(_, stream, _)| filter.accepts(*stream)).cloned().collect();
            prop_assert_eq!(&as_read(read_forward(&mut reader, filter)), &due);
            prop_assert_eq!(&as_read(read_back(&mut reader, filter)), &due);
        }
    }
}

#[test]
fn a_follower_keeps_up_with_a_writer_that_rotates_under_it() {
    const LINES: usize = 20_000;
    let dir = tempfile::tempdir().unwrap();
    let mut writer = writer(dir.path(), 8 << 10);
    let mut follower = Follower::new(LogReader::open(dir.path()).unwrap(), 0, StreamFilter::All);
    let is_over = AtomicBool::new(false);
    let stream_of = |n: usize| if n.is_multiple_of(3) { Stream::Stderr } else { Stream::Stdout };
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..LINES {
                writer.append(n as u64, stream_of(n), format!("line {n}\n").as_bytes());
            }
            is_over.store(true, Ordering::Release);
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
    assert_eq!(seen.len(), LINES);
    for (n, line) in seen.iter().enumerate() {
        assert_eq!((line.stream, line.bytes.as_slice()), (stream_of(n), format!("line {n}").as_bytes()));
    }
    assert!(dir.path().join("out.log.20").exists(), "it did rotate");
}
