//! What keeping output costs, against `cat >> file` in the same run: CPU of child and collector per GiB, and wall time.

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
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use crate::figures::support::project::bad_child;
    use crate::figures::support::{Project, wait_for, wait_within};
    use crate::figures::{Figures, cpu_s, percentile};

    /// Size of each write, bytes in all (MiB), budget in CPU seconds per GiB, budget as a multiple of `cat >>`.
    const CASES: [(&str, u64, Option<f64>, f64); 3] =
        [("65536", 1024, Some(0.75), 1.25), ("4096", 1024, Some(0.75), 1.25), ("80", 128, None, 1.0)];

    /// Rounds of each side, in turns; the median counts.
    const ROUNDS: usize = 3;

    pub fn run(figures: &mut Figures) {
        for (write, mib, budget, multiple) in CASES {
            let gib = mib as f64 / 1024.0;
            let size = format!("{mib}MiB");
            let rounds: Vec<_> = (0..ROUNDS).map(|_| (cat(&size, write), kept(&size, write, mib << 20))).collect();
            let cat = median(rounds.iter().map(|round| round.0));
            let kept = median(rounds.iter().map(|round| round.1));
            figures.add(&format!("writes of {write} B: cat >> file"), cat.cpu_s / gib, "s/GiB", None);
            figures.add(&format!("writes of {write} B: kept"), kept.cpu_s / gib, "s/GiB", budget);
            figures.add(&format!("writes of {write} B: CPU against cat"), kept.cpu_s / cat.cpu_s, "x", Some(multiple));
            figures.add(&format!("writes of {write} B: the writer's time, cat"), cat.wall_s, "s", None);
            let share = kept.wall_s / cat.wall_s;
            figures.add(&format!("writes of {write} B: the writer's time against cat"), share, "x", Some(1.25));
        }
    }

    /// What one flood cost: CPU of writer and collector, and how long the writer took to be rid of it.
    #[derive(Clone, Copy)]
    struct Cost {
        cpu_s: f64,
        wall_s: f64,
    }

    fn median(costs: impl Iterator<Item = Cost>) -> Cost {
        let (mut cpu, mut wall): (Vec<f64>, Vec<f64>) = costs.map(|cost| (cost.cpu_s, cost.wall_s)).unzip();
        Cost { cpu_s: percentile(&mut cpu, 0.5), wall_s: percentile(&mut wall, 0.5) }
    }

    /// A shell command that floods and leaves in `dir` when it began and ended, in nanoseconds since the epoch.
    fn timed_flood(dir: &Path, size: &str, write: &str) -> String {
        let (bad, dir) = (bad_child(), dir.display());
        let bad = bad.display();
        format!("date +%s%N > {dir}/began; {bad} flood {size} write {write}; date +%s%N > {dir}/ended")
    }

    fn wall_s(dir: &Path) -> Option<f64> {
        let time = |name: &str| std::fs::read_to_string(dir.join(name)).ok()?.trim().parse::<f64>().ok();
        Some((time("ended")? - time("began")?) / 1e9)
    }

    fn cat(size: &str, write: &str) -> Cost {
        let dir = tempfile::tempdir().expect("a directory");
        let line = format!("({}) | cat >> {}/out", timed_flood(dir.path(), size, write), dir.path().display());
        let before = cpu_s(std::process::id(), true);
        let status = Command::new("sh").args(["-c", &line]).status().expect("sh");
        assert!(status.success(), "{line}: {status}");
        let cpu_s = cpu_s(std::process::id(), true) - before;
        Cost { cpu_s, wall_s: wall_s(dir.path()).expect("both times") }
    }

    fn kept(size: &str, write: &str, bytes: u64) -> Cost {
        let dir = tempfile::tempdir().expect("a directory");
        let line = timed_flood(dir.path(), size, write);
        let project = Project::new(&format!(
            "[process.flood]\nshell = \"{line}; sleep 1000; true\"\nautostart = false\n{{stop}}"
        ));
        project.up();
        project.pm(&["start", "flood"]).ok();
        let wall_s = wait_within(Duration::from_mins(2), "the writer is done", || {
            wall_s(dir.path()).ok_or_else(|| "it still writes".to_owned())
        });
        let row = wait_for("everything is kept", || {
            let status = project.pm_json(&["status", "flood", "--json"]);
            let kept = status["log_bytes"].as_u64().unwrap_or(0);
            if kept >= bytes { Ok(project.row("flood")) } else { Err(format!("{kept} of {bytes}")) }
        });
        let (shell, keeper) = (row.pid().expect("it runs"), row.keeper_pid().expect("it runs"));
        let cost = Cost { cpu_s: cpu_s(shell, true) + cpu_s(keeper, false), wall_s };
        project.down();
        cost
    }
}
