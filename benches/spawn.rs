//! Starting, stopping, restarting, adopting and listing many processes, against a shell that only forks and executes.

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
    use std::process::Command;
    use std::time::{Duration, Instant};

    use crate::figures::support::project::bad_child;
    use crate::figures::support::{Project, wait_for};
    use crate::figures::{Figures, ms};

    pub fn run(figures: &mut Figures) {
        for n in [200, 500] {
            many(figures, n);
        }
        restart(figures);
    }

    fn project(n: usize) -> Project {
        let one = |i| format!("[process.p{i}]\ncommand = \"{{bad}} sleep 0\"\nearly_exit = \"1ms\"\n{{stop}}\n");
        Project::new(&(0..n).map(one).collect::<String>())
    }

    fn many(figures: &mut Figures, n: usize) {
        let shell = shell_loop(n);
        figures.add(&format!("{n}: a shell loop of fork and exec"), ms(shell), "ms", None);
        let project = project(n);
        let out = project.pm(&["up", "-d", "--wait"]).ok();
        figures.add(&format!("{n}: pm up -d --wait"), ms(out.took), "ms", None);
        figures.add(&format!("{n}: as a multiple of the shell's"), out.took.div_duration_f64(shell), "x", Some(2.2));
        let ps = (0..10).map(|_| project.pm(&["ps", "--json"]).ok().took).min().unwrap_or_default();
        figures.add(&format!("{n}: pm ps --json"), ms(ps), "ms", Some(20.0));
        project.kill_supervisor();
        let out = project.pm(&["up", "-d", "--wait"]).ok();
        figures.add(&format!("{n}: all adopted after a kill -9"), ms(out.took), "ms", Some(300.0));
        assert_eq!(project.rows().iter().filter(|row| row.is("running") && row.run() == 1).count(), n);
        let out = project.pm(&["stop", "all", "--wait"]).ok();
        let budget = if n == 200 { 150.0 } else { 500.0 };
        figures.add(&format!("{n}: pm stop all --wait"), ms(out.took), "ms", Some(budget));
        project.down();
    }

    /// Until all are started; ended afterwards by their shell.
    fn shell_loop(n: usize) -> Duration {
        let script = format!(
            "i=0; while [ $i -lt {n} ]; do {} sleep 0 & i=$((i+1)); done; echo all; read x; kill $(jobs -p)",
            bad_child().display()
        );
        let begin = Instant::now();
        let mut shell = Command::new("sh")
            .args(["-c", &script])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("sh");
        let mut line = String::new();
        let mut reader = std::io::BufReader::new(shell.stdout.take().expect("its output"));
        std::io::BufRead::read_line(&mut reader, &mut line).expect("a line");
        let took = begin.elapsed();
        drop(shell.stdin.take());
        shell.wait().expect("sh");
        took
    }

    /// From the command to the new pid, the command's own start included.
    fn restart(figures: &mut Figures) {
        let project = project(10);
        project.pm(&["up", "-d", "--wait"]).ok();
        let mut best = Duration::MAX;
        for _ in 0..20 {
            let old = project.row("p3").pid();
            let begin = Instant::now();
            project.pm(&["restart", "p3"]).ok();
            wait_for("the new one is there", || {
                let now: Vec<_> = project.tree("p3").iter().map(|process| Some(process.pid)).collect();
                if now.len() == 1 && now[0] != old { Ok(()) } else { Err(format!("{now:?}")) }
            });
            best = best.min(begin.elapsed());
            project.wait_phase("p3", "running");
        }
        figures.add("10: one restarted, command to new process (best of 20)", ms(best), "ms", Some(8.0));
        project.down();
    }
}
