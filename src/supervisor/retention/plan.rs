//! What has to go: a function of what there is, of the limits, and of the time.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use crate::domain::spec::{Keep, LogLimits};
use crate::domain::{ProcessName, RunNo};

/// A run on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::supervisor) struct Kept {
    pub(in crate::supervisor) name: ProcessName,
    pub(in crate::supervisor) no: RunNo,
    pub(in crate::supervisor) dir: PathBuf,
    /// What it takes.
    pub(in crate::supervisor) bytes: u64,
    /// When it ended, or was last written.
    pub(in crate::supervisor) written_at: SystemTime,
    /// It is the last run of its process: its record stays.
    pub(in crate::supervisor) is_newest: bool,
    /// It is being written, or may be.
    pub(in crate::supervisor) is_written: bool,
}

/// What to do with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// All of it goes.
    Remove,
    /// Its output goes, its record stays.
    Empty,
    /// Its oldest segments go, so many bytes of them.
    Trim { bytes: u64 },
}

/// How much may stay.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Of each process. One that is not here is known no more, and has no limits of its own.
    pub(super) processes: Vec<(ProcessName, LogLimits)>,
    /// Of all together.
    pub(super) keep: Keep,
}

impl Limits {
    fn of(&self, name: &ProcessName) -> Option<&LogLimits> {
        self.processes.iter().find(|(known, _)| known == name).map(|(_, limits)| limits)
    }
}

/// What is to be done with which of these runs, each named once.
pub(super) fn plan<'a>(kept: &'a [Kept], limits: &Limits, now: SystemTime) -> Vec<(&'a Kept, Act)> {
    let mut runs: Vec<(&Kept, Option<Act>)> = kept.iter().map(|run| (run, None)).collect();
    // The oldest come first, so that every rule takes them first.
    runs.sort_by_key(|(run, _)| (run.written_at, run.no));
    for of_process in by_process(&mut runs) {
        let Some(first) = of_process.first().map(|run| run.0) else { continue };
        let own = limits.of(&first.name);
        keep_number(of_process, own.map_or(u32::MAX, |own| own.runs));
        let own = own.map(|own| own.keep).unwrap_or_default();
        let ages = [own.max_age, limits.keep.max_age];
        if let Some(age) = ages.into_iter().flatten().min() {
            keep_young(of_process, age, now);
        }
        keep_bytes(of_process, own.total_bytes);
    }
    runs.sort_by_key(|(run, _)| (run.written_at, run.no));
    keep_bytes(&mut runs, limits.keep.total_bytes);
    runs.into_iter().filter_map(|(run, act)| Some((run, act?))).collect()
}

type Planned<'a> = (&'a Kept, Option<Act>);

/// The runs of each process, oldest first.
fn by_process<'a, 'b>(runs: &'b mut [Planned<'a>]) -> impl Iterator<Item = &'b mut [Planned<'a>]> {
    runs.sort_by(|(one, _), (other, _)| (&one.name, one.no).cmp(&(&other.name, other.no)));
    runs.chunk_by_mut(|(one, _), (other, _)| one.name == other.name)
}

fn keep_number(runs: &mut [Planned<'_>], n: u32) {
    let too_many = runs.len().saturating_sub(n.max(1) as usize);
    for (_, act) in runs.iter_mut().take(too_many).filter(|(run, _)| !run.is_newest && !run.is_written) {
        *act = Some(Act::Remove);
    }
}

fn keep_young(runs: &mut [Planned<'_>], age: Duration, now: SystemTime) {
    for (run, act) in runs.iter_mut().filter(|(run, act)| act.is_none() && !run.is_written) {
        if now.duration_since(run.written_at).is_ok_and(|since| since > age) {
            *act = Some(if run.is_newest { Act::Empty } else { Act::Remove });
        }
    }
}

/// Whole runs first; of the last runs, whose end somebody may still want to look at, closed segments if nothing else is left.
fn keep_bytes(runs: &mut [Planned<'_>], total_bytes: Option<u64>) {
    let Some(total_bytes) = total_bytes else { return };
    let left: u64 = runs.iter().filter(|(_, act)| act.is_none()).map(|(run, _)| run.bytes).sum();
    let mut excess = left.saturating_sub(total_bytes);
    for (run, act) in runs.iter_mut().filter(|(run, act)| act.is_none() && !run.is_newest && !run.is_written) {
        if excess == 0 {
            return;
        }
        *act = Some(Act::Remove);
        excess = excess.saturating_sub(run.bytes);
    }
    for (run, act) in runs.iter_mut().filter(|(run, act)| act.is_none() && !run.is_written) {
        if excess == 0 {
            return;
        }
        *act = Some(Act::Trim { bytes: excess });
        excess = excess.saturating_sub(run.bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + 1000 * DAY
    }

    /// `api1 10M 5d` is run 1 of api with 10 MiB that ended five days ago; the last of each process is its newest, and `!`
    /// behind it means that it is being written.
    fn runs(text: &str) -> Vec<Kept> {
        let mut runs: Vec<Kept> = text
            .split(", ")
            .map(|run| {
                let words: Vec<_> = run.trim_end_matches('!').split(' ').collect();
                let (name, no) = words[0].split_at(3);
                let number = |word: &str| word[..word.len() - 1].parse::<u64>().unwrap();
                Kept {
                    name: ProcessName::new(name).unwrap(),
                    no: RunNo(no.parse().unwrap()),
                    dir: PathBuf::from(words[0]),
                    bytes: number(words[1]) << 20,
                    written_at: now() - DAY * number(words[2]) as u32,
                    is_newest: false,
                    is_written: run.ends_with('!'),
                }
            })
            .collect();
        for index in 0..runs.len() {
            runs[index].is_newest = !runs.iter().any(|run| run.name == runs[index].name && run.no > runs[index].no);
        }
        runs
    }

    fn limits(runs: u32, own: (u64, u64), all: (u64, u64)) -> Limits {
        let keep = |(mib, days): (u64, u64)| Keep {
            total_bytes: (mib > 0).then_some(mib << 20),
            max_age: (days > 0).then(|| DAY * days as u32),
        };
        let log = LogLimits { runs, keep: keep(own), ..LogLimits::default() };
        let processes = ["api", "web"].map(|name| (ProcessName::new(name).unwrap(), log)).to_vec();
        Limits { processes, keep: keep(all) }
    }

    #[test]
    fn what_goes_is_the_oldest_and_never_what_is_written() {
        let api = "api1 10M 9d, api2 10M 5d, api3 10M 1d";
        let web = "web1 50M 8d, web2 50M 0d!";
        let table = [
            (api.to_owned(), limits(10, (0, 0), (0, 0)), ""),
            (api.to_owned(), limits(2, (0, 0), (0, 0)), "api1 remove"),
            (api.to_owned(), limits(1, (0, 0), (0, 0)), "api1 remove, api2 remove"),
            (api.to_owned(), limits(10, (0, 6), (0, 0)), "api1 remove"),
            (api.to_owned(), limits(10, (0, 6), (0, 4)), "api1 remove, api2 remove"),
            ("api1 5M 9d, api2 5M 9d".to_owned(), limits(10, (0, 6), (0, 0)), "api1 remove, api2 empty"),
            ("api1 5M 9d, api2 5M 9d!".to_owned(), limits(10, (0, 6), (0, 0)), "api1 remove"),
            (api.to_owned(), limits(10, (25, 0), (0, 0)), "api1 remove"),
            (api.to_owned(), limits(10, (5, 0), (0, 0)), "api1 remove, api2 remove, api3 trim 5"),
            (format!("{api}, {web}"), limits(10, (0, 0), (100, 0)), "api1 remove, web1 remove"),
            (
                format!("{api}, {web}"),
                limits(10, (0, 0), (30, 0)),
                "api1 remove, web1 remove, api2 remove, api3 trim 30",
            ),
            // The start of the last one was refused, for one before it lives.
            ("api1 5M 9d!, api2 5M 8d, api3 5M 7d".to_owned(), limits(1, (4, 6), (0, 0)), "api2 remove, api3 empty"),
            // What no config knows any more counts in the total, and grows old.
            ("old1 10M 90d, old2 10M 80d".to_owned(), limits(1, (0, 1), (15, 0)), "old1 remove"),
            ("old1 10M 90d, old2 10M 80d".to_owned(), limits(1, (0, 1), (0, 85)), "old1 remove"),
        ];
        for (text, limits, expected) in table {
            let kept = runs(&text);
            let word = |act: Act| match act {
                Act::Remove => "remove".to_owned(),
                Act::Empty => "empty".to_owned(),
                Act::Trim { bytes } => format!("trim {}", bytes >> 20),
            };
            let mut acts = plan(&kept, &limits, now());
            acts.sort_by_key(|(run, _)| run.written_at);
            let acts: Vec<_> =
                acts.into_iter().map(|(run, act)| format!("{} {}", run.dir.display(), word(act))).collect();
            assert_eq!(acts.join(", "), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_newest_stays_and_what_is_written_is_never_touched(
            sizes in prop::collection::vec((0u8..3, 0u64..100, 0u64..20, any::<bool>()), 1..20),
            count in 1u32..5, own in (0u64..50, 0u64..10), all in (0u64..50, 0u64..10),
        ) {
            let names = ["api", "web", "old"];
            let text: Vec<_> = sizes.iter().zip(1..).map(|((who, mib, days, live), no)| {
                format!("{}{no} {mib}M {days}d{}", names[usize::from(*who)], if *live { "!" } else { "" })
            }).collect();
            let kept = runs(&text.join(", "));
            let planned = plan(&kept, &limits(count, own, all), now());
            for (run, act) in &planned {
                prop_assert!(!run.is_written, "{run:?} {act:?}");
                prop_assert!(!run.is_newest || *act != Act::Remove, "{run:?}");
                prop_assert_eq!(planned.iter().filter(|(other, _)| other == run).count(), 1);
            }
        }
    }
}
