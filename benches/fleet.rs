//! Many processes under the real binary: start, stop, restart, adoption, idle cost, crash loops. `cargo bench --bench fleet`.
//!
//! Each row is a figure beside its budget; what has a floor (a shell loop of fork + exec) is measured beside it in the
//! same run. Give words to choose sections: `cargo bench --bench fleet -- start idle`. With `--enforce` it fails above a budget.
//!
//! The disk has its part in them: before ext4 gives an inode out, it looks at each one that was freed in the last minutes. After
//! thousands of files were removed, as at the end of this bench, starts take half as long again until that is over; with
//! `TMPDIR=/dev/shm` the disk is left out.

#[cfg(target_os = "linux")]
mod bed;
#[cfg(target_os = "linux")]
mod figures;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    figures::bench(linux::run)
}

#[cfg(not(target_os = "linux"))]
#[allow(clippy::print_stderr, reason = "nothing else could say it")]
fn main() {
    eprintln!("these figures are read from /proc; run this on Linux");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::{Duration, Instant};

    use crate::bed::{self, Bed, cpu_seconds, floor, median, private_kib, rss_mb};
    use crate::figures::{Figures, ms};

    /// Measures the sections that were asked for, or all.
    pub fn run(figures: &mut Figures) {
        let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
        let wanted = |section: &str| words.is_empty() || words.iter().any(|word| word == section);
        if wanted("start") {
            for count in [1, 50, 200, 500, 1000, 2000] {
                start_and_stop(figures, count);
            }
        }
        if wanted("idle") {
            idle(figures, 10, 0.1);
            idle(figures, 500, 1.0);
        }
        if wanted("one") {
            one_of_many(figures, 500);
        }
        if wanted("adopt") {
            adopt(figures, 500);
        }
        if wanted("keeper") {
            keeper_memory(figures);
        }
        if wanted("crash") {
            crash_loop(figures);
        }
        bed::clear();
    }

    /// How long until the last of `count` runs, against a shell that does nothing but start them; then all are stopped.
    ///
    /// Both in turns, and the median of each: a machine is not equally quick all the time. When each started is read from the
    /// rows afterwards: to ask meanwhile would take the processors it needs.
    fn start_and_stop(figures: &mut Figures, count: usize) {
        let turns = if count <= 500 { 5 } else { 3 };
        let (floors, rounds): (Vec<_>, Vec<_>) = (0..turns).map(|_| (floor(count), start_then_stop(count))).unzip();
        // Of each turn its own ratio: the machine is not as fast in every turn.
        let mut ratios: Vec<f64> =
            rounds.iter().zip(&floors).map(|(round, floor)| round.0.div_duration_f64(*floor)).collect();
        ratios.sort_by(f64::total_cmp);
        let (ratio, floor) = (ratios[turns / 2], median(floors.into_iter()));
        let took = median(rounds.iter().map(|round| round.0)).as_millis();
        let budget = (count >= 200).then_some(2.2);
        figures.add(&format!("start {count}: {took} ms, floor {} ms", floor.as_millis()), ratio, "x", budget);
        let took = median(rounds.iter().map(|round| round.1));
        let budget = match count {
            200 => Some(150.0),
            500 => Some(500.0),
            _ => None,
        };
        figures.add(&format!("stop all {count}"), ms(took), "ms", budget);
    }

    fn start_then_stop(count: usize) -> (Duration, Duration) {
        let bed = Bed::sleepers(count);
        let began = bed::unix_millis();
        bed.pm(&["up", "-d"]);
        bed::pause(Duration::from_millis(count as u64 * 2));
        let rows = bed.wait_all("running");
        let last = rows.iter().map(|row| bed::millis(&row["started_at"])).max().unwrap_or(0);
        let stop = Instant::now();
        bed.pm(&["stop", "all", "--wait"]);
        (Duration::from_millis(last.saturating_sub(began)), stop.elapsed())
    }

    fn idle(figures: &mut Figures, count: usize, budget: f64) {
        let bed = Bed::sleepers(count);
        bed.pm(&["up", "-d"]);
        bed.wait_all("running");
        let pid = bed.supervisor_pid();
        bed::pause(Duration::from_secs(5));
        let (before, began) = (cpu_seconds(pid), Instant::now());
        // Long enough for the hundredths of a second that are counted.
        bed::pause(Duration::from_mins(1));
        let share = (cpu_seconds(pid) - before) / began.elapsed().as_secs_f64() * 100.0;
        figures.add(&format!("supervisor idle at {count}, sampling counted"), share, "%", Some(budget));
        figures.add(&format!("supervisor memory at {count}"), rss_mb(pid), "MB", Some(40.0));
    }

    fn one_of_many(figures: &mut Figures, count: usize) {
        let bed = Bed::sleepers(count);
        bed.pm(&["up", "-d"]);
        bed.wait_all("running");
        let restarts = (0..20).map(|_| {
            let began = bed::unix_millis();
            bed.pm(&["restart", "p0", "--wait"]);
            let started = bed.rows().iter().find(|row| row["name"] == "p0").map(|row| bed::millis(&row["started_at"]));
            Duration::from_millis(started.unwrap_or(u64::MAX).saturating_sub(began))
        });
        let took = median(restarts.collect::<Vec<_>>().into_iter());
        figures.add(&format!("restart of one at {count}: new pid, from the shell"), ms(took), "ms", Some(8.0));
        let lists = (0..20).map(|_| {
            let began = Instant::now();
            bed.pm(&["ps", "--json"]);
            began.elapsed()
        });
        let took = median(lists.collect::<Vec<_>>().into_iter());
        figures.add(&format!("pm ps --json at {count}"), ms(took), "ms", Some(20.0));
    }

    fn adopt(figures: &mut Figures, count: usize) {
        let bed = Bed::sleepers(count);
        bed.pm(&["up", "-d"]);
        let before = bed.wait_all("running");
        bed.kill_supervisor();
        bed.pm(&["up", "-d"]);
        let events = bed.wait_events("adopted", count);
        let started = events.iter().rev().find(|event| event["event"] == "supervisor_started");
        let started = started.map_or(0, |event| bed::millis(&event["time"]));
        let last =
            events.iter().filter(|event| event["event"] == "adopted").map(|event| bed::millis(&event["time"])).max();
        let took = last.unwrap_or(u64::MAX).saturating_sub(started);
        figures.add(&format!("{count} keepers adopted, all answered"), took as f64, "ms", Some(300.0));
        let after = bed.rows();
        let same = before.iter().zip(&after).filter(|(one, two)| one["pid"] == two["pid"]).count();
        figures.add("of them without the pid they had", (count - same) as f64, "", Some(0.0));
    }

    fn keeper_memory(figures: &mut Figures) {
        let bed = Bed::sleepers(20);
        bed.pm(&["up", "-d"]);
        let rows = bed.wait_all("running");
        bed::pause(Duration::from_secs(2));
        let sizes: Vec<u64> = rows.iter().map(|row| private_kib(bed::number(&row["keeper_pid"]))).collect();
        let mean = sizes.iter().sum::<u64>() / sizes.len() as u64;
        figures.add("private memory of an idle keeper, mean of 20", mean as f64, "KiB", Some(140.0));
    }

    fn crash_loop(figures: &mut Figures) {
        let bed = Bed::new(200, "shell = \"sleep 0.1; exit 1\"\nrestart = { when = \"always\", limit = 0 }\n");
        bed.pm(&["up", "-d"]);
        let pid = bed.wait_supervisor();
        bed::pause(Duration::from_secs(2));
        let (before, began) = (cpu_seconds(pid), Instant::now());
        bed::pause(Duration::from_secs(20));
        let share = (cpu_seconds(pid) - before) / began.elapsed().as_secs_f64() * 100.0;
        figures.add("supervisor, 200 processes that crash after 100 ms", share, "%", Some(2.0));
    }
}
