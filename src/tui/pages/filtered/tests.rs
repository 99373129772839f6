//! What a page of the lines that match promises: whatever stands in it, who reads on behind it has each line once, and whole.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::domain::{ProcessName, RunNo};
use crate::logs::lines::Stream;
use crate::logs::pattern::Case;
use crate::logs::segment::{Limits, Writer};
use crate::tui::page::{Source, Wanted};

const LIMITS: Limits = Limits { segment_bytes: 1 << 30, segments: 4 };

fn writer(process: &Path, run: u32) -> Writer {
    let dir = process.join(format!("{run:06}"));
    std::fs::create_dir_all(&dir).unwrap();
    Writer::create(dir.join("out.log"), dir.join("out.idx"), LIMITS).unwrap()
}

fn source(process: &Path, run: u32) -> Source {
    Source { name: ProcessName::new("web").unwrap(), newest: RunNo(run), dir: process.join(format!("{run:06}")) }
}

fn matching(text: &str, inverse: bool, context: u8) -> Look {
    let wanted = Wanted { text: text.to_owned(), regex: false, case: Case::Sensitive };
    Look { filter: Some(LineFilter { wanted, inverse, context }), ..Look::default() }
}

/// Reads on from `from` until there is no more, page by page, as who shows them does it.
fn read_on(history: &mut History, look: &Look, from: &mut Place, shown: &mut Vec<(Place, String)>) {
    for page in 0.. {
        assert!(page < 1000, "pages that do not lead on");
        let stretch = history.forward(*from, 4, look, Some(Duration::ZERO)).unwrap();
        shown.retain(|(at, _)| at < from);
        let text = |line: &Line| String::from_utf8(line.bytes.clone()).unwrap();
        shown.extend(stretch.lines.iter().map(|(at, line)| (*at, text(line))));
        *from = history.settled(&stretch).unwrap();
        if stretch.is_through {
            return;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// In pages that have no time at all, and of a log that grows while they are read.
    #[test]
    fn each_line_is_shown_once_and_whole(
        runs in prop::collection::vec(prop::collection::vec((0usize..4, any::<bool>()), 0..30), 1..4),
        pieces in prop::collection::vec((1usize..40, any::<bool>()), 1..8),
        inverse: bool, context in 0u8..3,
    ) {
        let word = |n: usize| ["match", "other", "", "a match"][n];
        let dir = tempfile::tempdir().unwrap();
        let look = matching("match", inverse, context);
        let (mut from, mut shown) = (Place::default(), Vec::new());
        let mut expected = Vec::new();
        let mut history = None;
        for (run, lines) in (1..).zip(&runs) {
            let mut writer = writer(dir.path(), run);
            let source = source(dir.path(), run);
            let history = history.get_or_insert_with(|| History::open(&source).unwrap());
            history.refresh(&source).unwrap();
            // The last line of a run may have no end.
            let texts: Vec<&str> = lines.iter().map(|(n, _)| word(*n)).collect();
            let mut all = texts.join("\n");
            if lines.last().is_some_and(|(_, is_finished)| *is_finished) {
                all.push('\n');
            }
            let mut rest = all.as_bytes();
            for (piece, is_seen) in pieces.iter().cycle() {
                let (now, later) = rest.split_at((*piece).min(rest.len()));
                writer.append(1000, Stream::Stdout, now);
                if *is_seen {
                    history.refresh(&source).unwrap();
                }
                read_on(history, &look, &mut from, &mut shown);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            history.refresh(&source).unwrap();
            read_on(history, &look, &mut from, &mut shown);
            // What is empty at the end and has no end is no line.
            let is_line = |at: usize| at + 1 < lines.len() || lines[at].1 || !texts[at].is_empty();
            let count = (0..lines.len()).filter(|at| is_line(*at)).count();
            let is_hit = |at: usize| texts[at].contains("match") != inverse;
            let context = usize::from(context);
            let is_shown = |at: &usize| (at.saturating_sub(context)..=(at + context).min(count - 1)).any(is_hit);
            expected.extend((0..count).filter(is_shown).map(|at| texts[at].to_owned()));
        }
        let shown: Vec<String> = shown.into_iter().map(|(_, text)| text).collect();
        prop_assert_eq!(shown, expected);
    }

    /// Backward, of one stream, with lines of the other in between.
    #[test]
    fn pages_that_have_no_time_show_what_pages_with_time_do(
        lines in prop::collection::vec((0usize..12, any::<bool>()), 150..400), context in 1u8..4,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = writer(dir.path(), 1);
        for (nth, (word, is_error)) in lines.iter().enumerate() {
            let word = if *word == 0 { "match" } else { "other" };
            let stream = if *is_error { Stream::Stderr } else { Stream::Stdout };
            writer.append(nth as u64, stream, format!("{nth} {word}{:3000}\n", "").as_bytes());
        }
        let source = source(dir.path(), 1);
        let look = Look { streams: StreamFilter::Stdout, ..matching("match", false, context) };
        let read = |at_most: Option<Duration>| {
            let mut history = History::open(&source).unwrap();
            let (mut at, mut all) = (history.end().unwrap(), Vec::new());
            for page in 0.. {
                assert!(page < 1000, "pages that do not lead on");
                let stretch = history.back(at, 60, &look, at_most).unwrap();
                assert!(stretch.start < at || stretch.is_through, "a page that does not lead on");
                all.splice(0..0, stretch.lines.iter().map(|(at, _)| at.offset));
                if stretch.is_through {
                    break;
                }
                at = stretch.start;
            }
            all
        };
        prop_assert_eq!(read(Some(Duration::ZERO)), read(None));
    }
}
