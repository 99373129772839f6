//! What a merge promises: every line once, in the order of time, and never one log's lines in another order.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::logs::lines::Stream;
use crate::logs::pattern::Case;
use crate::logs::scribe::Scribe;

const NOW: Timestamp = Timestamp(1_000_000);

fn open(dir: &TempDir) -> LogReader {
    LogReader::open(dir.path()).unwrap()
}

fn merge(dirs: &[TempDir], wanted: Wanted, mode: Mode) -> Merge {
    let mut merge = Merge::new(wanted, mode);
    for dir in dirs {
        merge.add(open(dir)).unwrap();
    }
    merge
}

fn rest(merge: &mut Merge) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let lines = merge.next_lines(NOW, 3).unwrap();
        if lines.is_empty() {
            return all;
        }
        all.extend(
            lines.iter().map(|merged| format!("{}:{}", merged.source, String::from_utf8_lossy(&merged.line.bytes))),
        );
    }
}

/// Two logs: their lines, each written at its time.
fn two(first: &[(u64, &str)], second: &[(u64, &str)]) -> [TempDir; 2] {
    [first, second].map(|lines| {
        let dir = TempDir::new().unwrap();
        let mut scribe = Scribe::new(dir.path());
        for (time, text) in lines {
            scribe.time = *time;
            scribe.write(Stream::Stdout, text.as_bytes());
        }
        dir
    })
}

#[test]
fn lines_come_in_the_order_of_time() {
    let dirs = two(&[(10, "a\n"), (30, "b\nc\n"), (50, "d")], &[(20, "e\n"), (30, "f\n"), (60, "g\n")]);
    let all = rest(&mut merge(&dirs, Wanted::default(), Mode::Once));
    assert_eq!(all, ["0:a", "1:e", "0:b", "0:c", "1:f", "0:d", "1:g"]);
}

#[test]
fn a_clock_that_was_set_back_moves_no_line_within_its_log() {
    let dirs = two(&[(50, "a\n"), (10, "b\n"), (60, "c\n")], &[(20, "d\n"), (55, "e\n")]);
    assert_eq!(rest(&mut merge(&dirs, Wanted::default(), Mode::Once)), ["1:d", "0:a", "0:b", "1:e", "0:c"]);
}

#[test]
fn only_what_is_wanted_comes() {
    let dirs = two(&[(10, "a1\n"), (30, "b1\n"), (40, "a2\n")], &[(20, "a3\n"), (30, "b2\n"), (60, "a4\n")]);
    let pattern = Some(Arc::new(Pattern::literal("a", Case::Smart)));
    let found = |wanted| rest(&mut merge(&dirs, wanted, Mode::Once));
    assert_eq!(found(Wanted { pattern: pattern.clone(), ..Wanted::default() }), ["0:a1", "1:a3", "0:a2", "1:a4"]);
    assert_eq!(found(Wanted { pattern: pattern.clone(), inverted: true, ..Wanted::default() }), ["0:b1", "1:b2"]);
    let (since, until) = (Some(Timestamp(20)), Some(Timestamp(40)));
    assert_eq!(found(Wanted { since, until, ..Wanted::default() }), ["1:a3", "0:b1", "1:b2", "0:a2"]);
    assert_eq!(found(Wanted { pattern, since, until, ..Wanted::default() }), ["1:a3", "0:a2"]);
    assert!(found(Wanted { filter: StreamFilter::Stderr, ..Wanted::default() }).is_empty());
}

#[test]
fn the_last_lines_are_those_of_all_together() {
    let dirs = two(&[(10, "a\n"), (30, "b\n"), (50, "c\n")], &[(20, "d\n"), (21, "e\n"), (22, "f\n")]);
    let last = |n, wanted| {
        let mut merge = merge(&dirs, wanted, Mode::Once);
        merge.keep_last(n).unwrap();
        rest(&mut merge)
    };
    assert_eq!(last(3, Wanted::default()), ["1:f", "0:b", "0:c"]);
    assert_eq!(last(2, Wanted::default()), ["0:b", "0:c"]);
    assert!(last(0, Wanted::default()).is_empty());
    assert_eq!(last(99, Wanted::default()).len(), 6);
    let pattern = Some(Arc::new(Pattern::regex("[adf]", Case::Smart).unwrap()));
    assert_eq!(last(2, Wanted { pattern: pattern.clone(), ..Wanted::default() }), ["1:d", "1:f"]);
    assert_eq!(last(9, Wanted { pattern, since: Some(Timestamp(15)), ..Wanted::default() }), ["1:d", "1:f"]);
    assert_eq!(last(2, Wanted { until: Some(Timestamp(21)), ..Wanted::default() }), ["1:d", "1:e"]);
}

#[test]
fn following_goes_on_where_the_past_ended() {
    for pattern in [None, Some(Arc::new(Pattern::literal("x", Case::Smart)))] {
        let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let mut scribes = [Scribe::new(dirs[0].path()), Scribe::new(dirs[1].path())];
        scribes[0].write(Stream::Stdout, b"x1\nx2 not wh");
        let mut merge = merge(&dirs, Wanted { pattern, ..Wanted::default() }, Mode::Follow);
        assert_eq!(rest(&mut merge), ["0:x1"]);
        scribes[0].write(Stream::Stdout, b"ole\n");
        scribes[1].write(Stream::Stderr, b"x3\n");
        assert_eq!(rest(&mut merge), ["0:x2 not whole", "1:x3"]);
        scribes[0].rotate();
        scribes[0].write(Stream::Stdout, b"x4\nx5");
        assert_eq!(rest(&mut merge), ["0:x4"]);
        merge.finish(0);
        assert_eq!(rest(&mut merge), ["0:x5"]);
        assert_eq!(rest(&mut merge), Vec::<String>::new());
    }
}

#[test]
fn a_new_line_waits_for_older_ones_on_their_way() {
    let dirs = two(&[(100, "a\n")], &[(90, "b\n")]);
    let mut merge = merge(&dirs[..1], Wanted::default(), Mode::Follow);
    assert_eq!(merge.next_lines(Timestamp(101), 9).unwrap(), []);
    assert!(merge.holds_back());
    merge.add(open(&dirs[1])).unwrap();
    let lines = merge.next_lines(Timestamp(120), 9).unwrap();
    assert_eq!(lines.iter().map(|merged| merged.source).collect::<Vec<_>>(), [1, 0]);
    assert!(!merge.holds_back());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_merge_is_a_stable_sort(logs in prop::collection::vec(prop::collection::vec((0u64..5, "[ab]{1,3}"), 0..40), 1..4), n in 0usize..20) {
        let mut expected = Vec::new();
        let mut dirs = Vec::new();
        for (i, log) in logs.iter().enumerate() {
            let dir = TempDir::new().unwrap();
            let mut scribe = Scribe::new(dir.path());
            let mut time = 100;
            for (step, text) in log {
                time += step;
                scribe.time = time;
                scribe.write(Stream::Stdout, format!("{text}\n").as_bytes());
                expected.push((time, format!("{i}:{text}")));
            }
            dirs.push(dir);
        }
        expected.sort_by_key(|(time, _)| *time);
        let all: Vec<String> = expected.iter().map(|(_, text)| text.clone()).collect();
        prop_assert_eq!(rest(&mut merge(&dirs, Wanted::default(), Mode::Once)), all.clone());
        let mut last = merge(&dirs, Wanted::default(), Mode::Once);
        last.keep_last(n).unwrap();
        prop_assert_eq!(rest(&mut last), all[all.len().saturating_sub(n)..].to_vec());
        let pattern = Some(Arc::new(Pattern::literal("ab", Case::Smart)));
        let found = rest(&mut merge(&dirs, Wanted { pattern, ..Wanted::default() }, Mode::Once));
        prop_assert_eq!(found, all.into_iter().filter(|text| text.contains("ab")).collect::<Vec<_>>());
    }
}
