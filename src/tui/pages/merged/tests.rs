//! What the pages of several logs promise: each line once, in the order of time, from whatever side and whatever place.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::{ProcessName, RunNo};
use crate::logs::lines::Stream;
use crate::logs::pattern::Case;
use crate::logs::segment::{Limits, Writer};
use crate::tui::page::{LineFilter, Wanted};

const LIMITS: Limits = Limits { segment_bytes: 2048, segments: 1000 };

/// Some processes, their runs and what was written.
struct World {
    dir: TempDir,
    logs: Vec<Source>,
    ends: Vec<u64>,
    writers: Vec<Writer>,
}

impl World {
    fn new(count: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let source = |at| Source {
            name: ProcessName::new(&format!("p{at}")).unwrap(),
            newest: RunNo(0),
            dir: dir.path().to_path_buf(),
        };
        let logs = (0..count).map(source).collect();
        let mut world = Self { dir, logs, ends: vec![0; count], writers: Vec::new() };
        (0..count).for_each(|at| world.begin(at));
        world
    }

    /// The next run of a process begins.
    fn begin(&mut self, at: usize) {
        let no = RunNo(self.logs[at].newest.0 + 1);
        let run_dir = self.dir.path().join(format!("p{at}/{no:06}", no = no.0));
        std::fs::create_dir_all(&run_dir).unwrap();
        let writer = Writer::create(run_dir.join("out.log"), run_dir.join("out.idx"), LIMITS).unwrap();
        (self.logs[at].newest, self.logs[at].dir, self.ends[at]) = (no, run_dir, 0);
        if at < self.writers.len() { self.writers[at] = writer } else { self.writers.push(writer) }
    }

    fn write(&mut self, at: usize, time: u64, text: &str) {
        self.writers[at].append(time, Stream::Stdout, text.as_bytes());
        self.ends[at] = self.writers[at].extent().end;
    }

    fn several(&self) -> Several {
        Several { logs: self.logs.as_slice().into(), ends: self.ends.as_slice().into() }
    }

    fn merged(&self) -> Merged {
        let mut merged = Merged::new();
        merged.refresh(&self.several());
        merged
    }
}

fn texts(stretch: &Stretch) -> Vec<String> {
    stretch.lines.iter().map(|(_, line)| String::from_utf8_lossy(&line.bytes).into_owned()).collect()
}

fn all_back(merged: &mut Merged, n: usize, look: &Look) -> Vec<String> {
    let (mut at, mut all) = (Place::MAX, Vec::new());
    loop {
        let page = merged.back(at, n, look, None).unwrap();
        assert!(page.start < at || page.is_through);
        assert!(page.lines.is_sorted_by_key(|(at, _)| *at), "{:?}", texts(&page));
        all.splice(0..0, texts(&page));
        if page.is_through {
            return all;
        }
        at = page.start;
    }
}

fn all_forward(merged: &mut Merged, from: Place, n: usize, look: &Look) -> Vec<String> {
    let (mut at, mut all) = (from, Vec::new());
    loop {
        let page = merged.forward(at, n, look, None).unwrap();
        all.extend(texts(&page));
        if page.is_through {
            return all;
        }
        assert!(page.end > at);
        at = page.end;
    }
}

fn only(text: &str, inverse: bool) -> Look {
    let wanted = Wanted { text: text.to_owned(), regex: false, case: Case::Smart };
    Look { filter: Some(LineFilter { wanted, inverse, context: 0 }), ..Look::default() }
}

#[test]
fn lines_of_all_come_in_the_order_of_time_and_those_of_one_in_their_own() {
    let mut world = World::new(3);
    for (at, time, text) in [(0, 10, "a\nb\n"), (1, 20, "c\n"), (2, 20, "d\n"), (0, 20, "e\n"), (1, 15, "f\n")] {
        world.write(at, time, text);
    }
    let look = Look::default();
    // A clock that was set back turns nothing round: f comes behind c, which was written before it.
    assert_eq!(all_back(&mut world.merged(), 2, &look), ["a", "b", "e", "c", "f", "d"]);
}

#[test]
fn a_place_leads_back_to_its_line_and_a_time_to_the_first_of_that_time() {
    let mut world = World::new(2);
    for time in 0..50 {
        world.write((time % 2) as usize, 1000 + time * 10, &format!("{time}\n"));
    }
    let (mut merged, look) = (world.merged(), Look::default());
    let page = merged.back(Place::MAX, 20, &look, None).unwrap();
    for (at, line) in &page.lines {
        let again = world.merged().forward(*at, 1, &look, None).unwrap();
        assert_eq!(again.lines[0].1.bytes, line.bytes);
        let same = merged.forward(*at, 1, &look, None).unwrap();
        assert_eq!(same.lines[0].1.bytes, line.bytes);
    }
    let at = merged.resolve(Target::Time(Timestamp(1234))).unwrap();
    assert_eq!(texts(&merged.forward(at, 1, &look, None).unwrap()), ["24"]);
    let half = merged.resolve(Target::Percent(50.0)).unwrap();
    assert_eq!(texts(&merged.forward(half, 1, &look, None).unwrap()), ["25"]);
    let end = merged.resolve(Target::Time(Timestamp(99_999))).unwrap();
    assert_eq!(texts(&merged.back(end, 1, &look, None).unwrap()), ["49"]);
}

#[test]
fn what_has_not_grown_is_not_read_again() {
    let mut world = World::new(3);
    for time in 0..300 {
        world.write((time / 100) as usize, 1000 + time, &format!("{time}\n"));
    }
    let (mut merged, look) = (world.merged(), Look::default());
    merged.back(Place::MAX, 10, &look, None).unwrap();
    let used: Vec<u64> = merged.members.iter().map(|member| member.used).collect();
    world.write(2, 2000, "new\n");
    merged.refresh(&world.several());
    assert_eq!(texts(&merged.back(Place::MAX, 2, &look, None).unwrap()), ["299", "new"]);
    let now: Vec<u64> = merged.members.iter().map(|member| member.used).collect();
    assert!(now[2] > used[2] && now[0] == used[0] && now[1] == used[1], "{used:?} {now:?}");
}

#[test]
fn a_new_run_goes_on_where_the_one_before_ended() {
    let mut world = World::new(2);
    world.write(0, 10, "a1\n");
    world.write(1, 20, "b1\n");
    let (mut merged, look) = (world.merged(), Look::default());
    assert_eq!(texts(&merged.back(Place::MAX, 9, &look, None).unwrap()), ["a1", "b1"]);
    world.begin(0);
    // Its clock is late: what it prints still comes behind its own earlier lines.
    world.write(0, 5, "a2\n");
    world.write(0, 30, "a3\n");
    merged.refresh(&world.several());
    assert_eq!(all_back(&mut merged, 2, &look), ["a1", "a2", "b1", "a3"]);
    assert_eq!(all_forward(&mut merged, Place::default(), 2, &look), ["a1", "a2", "b1", "a3"]);
}

#[test]
fn many_logs_are_one_and_few_of_them_are_open() {
    let mut world = World::new(200);
    for time in 0..1000 {
        world.write((time * 7 % 200) as usize, 1000 + time, &format!("{time}\n"));
    }
    let (mut merged, look) = (world.merged(), Look::default());
    let expected: Vec<String> = (0..1000).map(|time| time.to_string()).collect();
    assert_eq!(all_back(&mut merged, 60, &look), expected);
    assert!(merged.members.iter().filter(|member| member.is_open()).count() <= OPEN_MAX);
}

#[test]
fn what_matches_rarely_is_found_in_pages_that_lead_on() {
    let mut world = World::new(3);
    for time in 0..600 {
        world.write((time % 3) as usize, 1000 + time, &format!("{time}\n"));
    }
    let rare: Vec<String> = (0..600).map(|time| time.to_string()).filter(|text| text.contains("77")).collect();
    assert_eq!(all_back(&mut world.merged(), 2, &only("77", false)), rare);
    assert_eq!(all_forward(&mut world.merged(), Place::default(), 2, &only("77", false)), rare);
    let (mut merged, mut at, mut found) = (world.merged(), Place::MAX, Vec::new());
    loop {
        // There is no time at all, and still each page leads on.
        let page = merged.back(at, 4, &only("77", false), Some(Duration::ZERO)).unwrap();
        assert!(page.start < at);
        found.splice(0..0, texts(&page));
        if page.is_through {
            break;
        }
        at = page.start;
    }
    assert_eq!(found, rare);
}

/// What is written: by whom, how much time goes by (the clock may be set back), and whether another run begins.
type Written = (usize, i64, bool);

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_are_what_sorting_everything_gives(
        written in prop::collection::vec((0usize..4, -3i64..12, prop::bool::weighted(0.04)), 1..120),
        n in 1usize..30,
        turns in prop::collection::vec((any::<bool>(), 1usize..20), 0..12),
    ) {
        let (mut world, mut lines, mut time) = (World::new(4), Vec::new(), 5000i64);
        let written: Vec<Written> = written;
        for (nth, (log, step, begins)) in written.into_iter().enumerate() {
            time += if step == -3 { -200 } else { step };
            if begins {
                world.begin(log);
            }
            let text = format!("{nth}{}", "x".repeat(nth % 90));
            world.write(log, time as u64, &format!("{text}\n"));
            lines.push((log, world.logs[log].newest.0, time as u64, text));
        }
        let look = Look::default();
        let all = all_back(&mut world.merged(), usize::MAX, &look);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        let mut everything: Vec<String> = lines.iter().map(|(.., text)| text.clone()).collect();
        everything.sort_unstable();
        prop_assert_eq!(&sorted, &everything, "each line once");
        for log in 0..4 {
            let own = |texts: &[String]| -> Vec<String> {
                texts.iter().filter(|text| lines.iter().any(|(whose, .., of)| *whose == log && of == *text)).cloned().collect()
            };
            let in_order: Vec<String> = lines.iter().map(|(.., text)| text.clone()).collect();
            prop_assert_eq!(own(&all), own(&in_order), "no log's lines in another order");
        }
        if lines.is_sorted_by_key(|(_, _, time, _)| *time) {
            let mut expected = lines.clone();
            expected.sort_by_key(|(log, _, time, _)| (*time, *log));
            prop_assert_eq!(&all, &expected.into_iter().map(|(.., text)| text).collect::<Vec<_>>());
        }
        prop_assert_eq!(&all_back(&mut world.merged(), n, &look), &all);
        let mut merged = world.merged();
        prop_assert_eq!(&all_forward(&mut merged, Place::default(), n, &look), &all);
        // To and fro with one reader: what is between two places is what stands there.
        let mut at = all.len();
        let mut place = Place::MAX;
        for (back, n) in turns {
            if back {
                let page = merged.back(place, n, &look, None).unwrap();
                let before = at.saturating_sub(n);
                prop_assert_eq!(texts(&page), all[before..at].to_vec());
                (at, place) = (before, page.start);
            } else {
                let page = merged.forward(place, n, &look, None).unwrap();
                let behind = (at + n).min(all.len());
                prop_assert_eq!(texts(&page), all[at..behind].to_vec());
                (at, place) = (behind, page.end);
            }
        }
        let found: Vec<String> = all.iter().filter(|text| text.contains("7x")).cloned().collect();
        prop_assert_eq!(all_back(&mut merged, n, &only("7x", false)), found);
        let rest: Vec<String> = all.iter().filter(|text| !text.contains("7x")).cloned().collect();
        prop_assert_eq!(all_forward(&mut merged, Place::default(), n, &only("7x", true)), rest);
    }
}

/// Reads on to the end, as who shows the lines does it.
fn read_on(merged: &mut Merged, look: &Look, from: &mut Place, shown: &mut Vec<(Place, String)>) {
    for page in 0.. {
        assert!(page < 100, "pages that do not lead on");
        let stretch = merged.forward(*from, 50, look, None).unwrap();
        shown.retain(|(at, _)| at < from);
        shown.extend(stretch.lines.iter().map(|(at, line)| (*at, String::from_utf8(line.bytes.clone()).unwrap())));
        *from = merged.settled(&stretch);
        if stretch.is_through {
            return;
        }
    }
}

/// What is shown in the end, where it was read on after each of these: log, time, text.
fn shown_after(logs: usize, look: &Look, written: &[(usize, u64, &str)]) -> Vec<String> {
    let mut world = World::new(logs);
    let (mut merged, mut from, mut shown) = (Merged::new(), Place::default(), Vec::new());
    for (log, time, text) in written {
        world.write(*log, *time, text);
        merged.refresh(&world.several());
        read_on(&mut merged, look, &mut from, &mut shown);
    }
    shown.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn an_unfinished_line_is_completed_though_others_have_come_behind_it() {
    let written = [
        (1, 9_000, "before\n"),
        (0, 10_000, "connecting ... "),
        (1, 11_000, "other 1\n"),
        (1, 12_000, "other 2\n"),
        (0, 13_000, "failed\n"),
    ];
    let all = ["before", "connecting ... failed", "other 1", "other 2"];
    assert_eq!(shown_after(2, &Look::default(), &written), all);
    // Also where it begins to match at its end only.
    assert_eq!(shown_after(2, &only("failed", false), &written), ["connecting ... failed"]);
}

#[test]
fn lines_that_are_told_late_take_their_place() {
    let written = [(0, 9_000, "before\n"), (0, 10_010, "10010\n"), (1, 10_005, "10005\n"), (2, 10_000, "10000\n")];
    assert_eq!(shown_after(3, &Look::default(), &written), ["before", "10000", "10005", "10010"]);
}
