//! What supervising costs when nothing happens: memory of keepers, memory and CPU of supervisor and dashboard.

#[cfg(target_os = "linux")]
mod figures;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    figures::bench(linux::run)
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    use crate::figures::support::{Project, Row, Screen, pause};
    use crate::figures::{Figures, cpu_s, kib, percentile};

    const WATCHED: Duration = Duration::from_secs(20);

    pub fn run(figures: &mut Figures) {
        idle(figures, 10, Some(0.1));
        idle(figures, 500, Some(1.0));
        crashing(figures);
    }

    fn idle(figures: &mut Figures, n: usize, cpu_budget: Option<f64>) {
        let one = |i| format!("[process.p{i}]\ncommand = \"{{bad}} sleep 0\"\n{{stop}}\n");
        let project = Project::new(&(0..n).map(one).collect::<String>());
        project.pm(&["up", "-d", "--wait"]).ok();
        let screen = Screen::open(&project, &[], 50, 160);
        screen.wait_text("p1");
        pause(Duration::from_secs(3));
        let pids = [project.supervisor_pid(), screen.pid()];
        let before: f64 = pids.map(|pid| cpu_s(pid, false)).iter().sum();
        let written = screen.written();
        pause(WATCHED);
        let after: f64 = pids.map(|pid| cpu_s(pid, false)).iter().sum();
        let share = (after - before) / WATCHED.as_secs_f64() * 100.0;
        figures.add(&format!("{n}: supervisor and dashboard, idle"), share, "%", cpu_budget);
        let rss: f64 = pids.map(|pid| kib(&format!("/proc/{pid}/status"), &["VmRSS"])).iter().sum();
        figures.add(&format!("{n}: supervisor and dashboard, memory"), rss / 1024.0, "MiB", Some(40.0));
        let drawn = (screen.written() - written) as f64 / WATCHED.as_secs_f64();
        figures.add(&format!("{n}: drawn while idle"), drawn, "B/s", None);
        let mut private: Vec<f64> = project
            .rows()
            .iter()
            .filter_map(Row::keeper_pid)
            .take(20)
            .map(|pid| kib(&format!("/proc/{pid}/smaps_rollup"), &["Private_Clean", "Private_Dirty"]))
            .collect();
        figures.add(
            &format!("{n}: one keeper, private memory (median of 20)"),
            percentile(&mut private, 0.5),
            "KiB",
            Some(140.0),
        );
        drop(screen);
        project.down();
    }

    /// 200 that crash every 100 ms.
    fn crashing(figures: &mut Figures) {
        let one = |i| {
            format!(
                "[process.p{i}]\ncommand = \"{{bad}} exit 1\"\n\
                 restart = {{ when = \"on-failure\", first_wait = \"100ms\", max_wait = \"100ms\", healthy_after = \"1h\", limit = 0 }}\n"
            )
        };
        let project = Project::new(&(0..200).map(one).collect::<String>());
        project.up();
        pause(Duration::from_secs(3));
        let pid = project.supervisor_pid();
        let before = cpu_s(pid, false);
        pause(WATCHED);
        let share = (cpu_s(pid, false) - before) / WATCHED.as_secs_f64() * 100.0;
        figures.add("200 that crash every 100 ms: the supervisor", share, "%", Some(2.0));
        project.down();
    }
}
