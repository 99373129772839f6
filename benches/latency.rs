//! From a key press to its effect on the screen of a real terminal, in peace and while a process floods its log in view; and
//! what the dashboard costs, the supervisor in it, while nobody presses one.

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

    use crate::figures::support::{Project, Screen, pause};
    use crate::figures::{Figures, cpu_s, kib, ms, percentile};

    const PRESSES: usize = 300;
    /// By then both logs were shown several times, and what is kept for that is there.
    const SETTLED_AFTER: usize = 40;
    /// Until what only the first seconds cost is over.
    const WARM_AFTER: Duration = Duration::from_secs(12);
    /// Long enough for the hundredths of a second that are counted.
    const IDLE: Duration = Duration::from_mins(1);

    pub fn run(figures: &mut Figures) {
        measure(figures, "in peace", "{bad} print up sleep 0");
        measure(figures, "while it floods", "{bad} flood 0 width 200");
        echo(figures, "in the pane", &[]);
        echo(figures, "with `pm attach`", &["attach", "shell"]);
        idle(figures, 10, 0.1);
        idle(figures, 500, 1.0);
    }

    /// Processes that sleep, in a dashboard that supervises them itself.
    fn idle(figures: &mut Figures, count: usize, budget: f64) {
        let process = |number| format!("[process.p{number}]\ncommand = \"sleep 100000\"\n");
        let project = Project::new(&(0..count).map(process).collect::<String>());
        let mut screen = Screen::open(&project, &[], 60, 200);
        screen.wait_text(&format!("{count} running"));
        pause(WARM_AFTER);
        let (before, began) = (cpu_s(screen.pid(), false), Instant::now());
        pause(IDLE);
        let share = (cpu_s(screen.pid(), false) - before) / began.elapsed().as_secs_f64() * 100.0;
        let memory = kib(&format!("/proc/{}/status", screen.pid()), &["VmRSS"]) / 1024.0;
        figures.add(&format!("dashboard and supervisor idle at {count}"), share, "%", Some(budget));
        figures.add(&format!("dashboard and supervisor memory at {count}"), memory, "MiB", Some(40.0));
        project.pm(&["down"]).ok();
        screen.wait_text("q leaves");
        screen.keys("q");
        screen.wait_exit();
        project.assert_nothing_left();
    }

    /// From a key to its echo by a shell at a terminal of its own, through the supervisor, its keeper, the shell, the log
    /// and the emulator.
    fn echo(figures: &mut Figures, how: &str, args: &[&str]) {
        let project = Project::new(
            "[process.shell]\ncommand = \"bash --norc -i\"\nenv = { PS1 = \"ready> \" }\ntty = true\n{stop}\n",
        );
        project.up();
        project.wait_log("shell", "ready>");
        let screen = Screen::open(&project, args, 40, 160);
        if args.is_empty() {
            screen.wait_text("shell");
            screen.keys("a");
        }
        screen.wait_text("attached to shell");
        screen.wait_text("ready>");
        pause(Duration::from_millis(500));
        let mut took = Vec::new();
        for _ in 0..PRESSES / 100 {
            for _ in 0..100 {
                let before = screen.cursor();
                let pressed = Instant::now();
                screen.keys("x");
                screen.wait("the echo", |screen| screen.cursor_position() == (before.0, before.1 + 1));
                took.push(ms(pressed.elapsed()));
                pause(Duration::from_millis(13));
            }
            let before = screen.cursor();
            screen.keys("\x15");
            screen.wait("an empty line", |screen| screen.cursor_position().1 + 100 == before.1);
        }
        figures.add(&format!("key to echo {how}: median"), percentile(&mut took, 0.5), "ms", Some(15.0));
        figures.add(&format!("key to echo {how}: 99 of 100"), percentile(&mut took, 0.99), "ms", Some(50.0));
        drop(screen);
        project.down();
    }

    fn measure(figures: &mut Figures, when: &str, second: &str) {
        let project = Project::new(&format!(
            "[process.calm]\ncommand = \"{{bad}} sleep 0\"\n{{stop}}\n[process.loud]\ncommand = \"{second}\"\n\
             log = {{ segment = \"64MiB\", segments = 2, runs = 2 }}\n{{stop}}"
        ));
        project.up();
        let screen = Screen::open(&project, &[], 60, 200);
        screen.wait_text("loud");
        screen.wait_selected("calm");
        pause(Duration::from_millis(500));
        let memory = || kib(&format!("/proc/{}/status", screen.pid()), &["VmRSS"]) / 1024.0;
        let idle = memory();
        let mut settled = idle;
        let mut took = Vec::new();
        for press in 0..PRESSES {
            if press == SETTLED_AFTER {
                settled = memory();
            }
            let (key, name) = if press % 2 == 0 { ("j", "loud") } else { ("k", "calm") };
            let pressed = Instant::now();
            screen.keys(key);
            screen.wait_selected(name);
            took.push(ms(pressed.elapsed()));
            pause(Duration::from_millis(7));
        }
        figures.add(&format!("key to screen {when}: median"), percentile(&mut took, 0.5), "ms", Some(20.0));
        figures.add(&format!("key to screen {when}: 99 of 100"), percentile(&mut took, 0.99), "ms", Some(50.0));
        figures.add(&format!("dashboard memory {when}: to show a log"), settled - idle, "MiB", Some(20.0));
        figures.add(&format!("dashboard memory {when}: growth after"), memory() - settled, "MiB", Some(5.0));
        drop(screen);
        project.down();
    }
}
