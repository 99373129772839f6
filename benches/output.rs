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
    use std::process::Command;
    use std::time::Instant;

    use crate::figures::support::project::bad_child;
    use crate::figures::support::{Project, wait_for};
    use crate::figures::{Figures, cpu_s};

    /// Size of each write, bytes in all (MiB), budget in CPU seconds per GiB, budget as a multiple of `cat >>`.
    const CASES: [(&str, u64, Option<f64>, f64); 3] =
        [("65536", 1024, Some(0.75), 1.25), ("4096", 1024, Some(0.75), 1.25), ("80", 128, None, 1.0)];

    pub fn run(figures: &mut Figures) {
        for (write, mib, budget, multiple) in CASES {
            let gib = mib as f64 / 1024.0;
            let size = format!("{mib}MiB");
            let (cat_cpu, cat_wall) = cat(&size, write);
            let (cpu, wall) = kept(&size, write, mib << 20);
            figures.add(&format!("writes of {write} B: cat >> file"), cat_cpu / gib, "s/GiB", None);
            figures.add(&format!("writes of {write} B: kept"), cpu / gib, "s/GiB", budget);
            figures.add(&format!("writes of {write} B: CPU against cat"), cpu / cat_cpu, "x", Some(multiple));
            figures.add(&format!("writes of {write} B: wall time against cat"), wall / cat_wall, "x", Some(1.25));
        }
    }

    fn cat(size: &str, write: &str) -> (f64, f64) {
        let dir = tempfile::tempdir().expect("a directory");
        let line =
            format!("{} flood {size} write {write} | cat >> {}/out", bad_child().display(), dir.path().display());
        let (before, begin) = (cpu_s(std::process::id(), true), Instant::now());
        let status = Command::new("sh").args(["-c", &line]).status().expect("sh");
        assert!(status.success(), "{line}: {status}");
        (cpu_s(std::process::id(), true) - before, begin.elapsed().as_secs_f64())
    }

    fn kept(size: &str, write: &str, bytes: u64) -> (f64, f64) {
        let project = Project::new(&format!(
            "[process.flood]\ncommand = \"{{bad}} flood {size} write {write} sleep 0\"\nautostart = false\n{{stop}}"
        ));
        project.up();
        let begin = Instant::now();
        project.pm(&["start", "flood"]).ok();
        let row = wait_for("everything is kept", || {
            let status = project.pm_json(&["status", "flood", "--json"]);
            let kept = status["log_bytes"].as_u64().unwrap_or(0);
            if kept >= bytes { Ok(project.row("flood")) } else { Err(format!("{kept} of {bytes}")) }
        });
        let wall = begin.elapsed().as_secs_f64();
        let pids = [row.pid(), row.keeper_pid()].map(|pid| pid.expect("it runs"));
        let cpu = pids.map(|pid| cpu_s(pid, false)).iter().sum();
        project.down();
        (cpu, wall)
    }
}
