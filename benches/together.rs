//! What it costs to read several logs as one: to open them, to follow, to scroll, and to go places. Three logs of a gigabyte in all,
//! and two hundred processes of which each has a few lines on the screen now and then.
//!
//! The size can be changed: `PM_BENCH_TOGETHER_MIB` (1024).

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
    use std::fmt::Write as _;
    use std::path::Path;
    use std::time::Instant;

    use pm::domain::{ProcessName, RunNo, Timestamp};
    use pm::logs::index::Stream;
    use pm::logs::segment::{Limits, Writer};
    use pm::platform::launch::raise_open_files;
    use pm::tui::page::{Anchor, LineFilter, Look, Page, PageRequest, Place, Several, Source, Subject, Target, Wanted};
    use pm::tui::pages::Pages;

    use crate::figures::{Figures, kib, ms};

    /// As `pm` cuts logs when nothing else is said, but without throwing anything away.
    const LIMITS: Limits = Limits { segment_bytes: 64 << 20, segments: 1000 };
    /// When the first line was written, in milliseconds.
    const BEGIN: u64 = 1_700_000_000_000;
    /// Lines of a page.
    const ROWS: usize = 80;

    pub fn run(figures: &mut Figures) {
        raise_open_files();
        let mib = std::env::var("PM_BENCH_TOGETHER_MIB").ok().and_then(|value| value.parse().ok()).unwrap_or(1024);
        let dir = tempfile::tempdir().expect("a directory");
        let few = World::new(dir.path(), "few", 3, mib << 20, 40);
        measure(figures, "3 logs, 1 GiB", &few, [30.0, 2.0, 5.0, 30.0]);
        let many = World::new(dir.path(), "many", 200, 20 << 20, 1);
        measure(figures, "200 logs", &many, [60.0, 20.0, 10.0, 100.0]);
    }

    struct World {
        logs: Vec<Source>,
        writers: Vec<Writer>,
        end_ms: u64,
    }

    impl World {
        /// So many bytes in all, each write of so many lines, turn by turn.
        fn new(dir: &Path, name: &str, count: usize, bytes: u64, lines: usize) -> Self {
            let mut world = Self { logs: Vec::new(), writers: Vec::new(), end_ms: BEGIN };
            for at in 0..count {
                let run_dir = dir.join(name).join(at.to_string()).join("000001");
                std::fs::create_dir_all(&run_dir).expect("a directory");
                let writer = Writer::create(run_dir.join("out.log"), run_dir.join("out.idx"), LIMITS);
                world.writers.push(writer.expect("a log"));
                let name = ProcessName::new(&format!("process-{at}")).expect("a name");
                world.logs.push(Source { name, newest: RunNo(1), dir: run_dir });
            }
            let (mut written, mut text) = (0, String::new());
            while written < bytes {
                let at = (world.end_ms - BEGIN) as usize % count;
                text.clear();
                for line in 0..lines {
                    // Writing to a string cannot fail.
                    _ = writeln!(
                        text,
                        "INFO request {} of {line} answered with status 200 after some milliseconds",
                        world.end_ms
                    );
                }
                world.write(at, text.as_bytes());
                written += text.len() as u64;
            }
            world
        }

        fn write(&mut self, at: usize, bytes: &[u8]) {
            self.end_ms += 1;
            self.writers[at].append(self.end_ms, Stream::Stdout, bytes);
        }

        fn subject(&self) -> Subject {
            let ends = self.writers.iter().map(|writer| writer.extent().end).collect();
            Subject::Several(Several { logs: self.logs.as_slice().into(), ends })
        }

        fn read(&self, pages: &Pages, anchor: Anchor, look: &Look) -> Page {
            let request = PageRequest { subject: self.subject(), look: look.clone(), anchor, rows: ROWS, asked: true };
            pages.read(&request).expect("a page")
        }
    }

    fn measure(figures: &mut Figures, what: &str, world: &World, budgets: [f64; 4]) {
        let [opening, following, paging, jumping] = budgets;
        let (look, before) = (Look::default(), memory());
        let mut time = |name: &str, budget: f64, work: &mut dyn FnMut()| {
            let begun = Instant::now();
            work();
            figures.add(&format!("{what}: {name}"), ms(begun.elapsed()), "ms", Some(budget));
        };
        let pages = Pages::default();
        let mut page = Page::default();
        time("open", opening, &mut || page = world.read(&pages, Anchor::End, &look));
        time("the end again", following, &mut || page = world.read(&pages, Anchor::End, &look));
        time("100 pages back", 100.0 * paging, &mut || {
            for _ in 0..100 {
                page = world.read(&pages, Anchor::Before(page.start), &look);
            }
        });
        let around = |target| Anchor::Around(target);
        let middle = Timestamp(u64::midpoint(BEGIN, world.end_ms));
        time("a time in the middle", jumping, &mut || page = world.read(&pages, around(Target::Time(middle)), &look));
        time("a place", jumping, &mut || {
            let place = Place::at(Timestamp(BEGIN + (world.end_ms - BEGIN) / 4));
            page = world.read(&pages, around(Target::Place(place)), &look);
        });
        time("the beginning", jumping, &mut || page = world.read(&pages, around(Target::Start), &look));
        time("80 percent", jumping, &mut || page = world.read(&pages, around(Target::Percent(80.0)), &look));
        let wanted = Wanted { text: "0 of 0".to_owned(), ..Wanted::default() };
        let filter = Some(LineFilter { wanted, ..LineFilter::default() });
        time("the end, filtered", jumping, &mut || {
            page = world.read(&pages, Anchor::End, &Look { filter: filter.clone(), ..Look::default() });
        });
        figures.add(&format!("{what}: memory"), (memory() - before) / 1024.0, "MiB", Some(20.0));
    }

    fn memory() -> f64 {
        kib("/proc/self/status", &["RssAnon"])
    }
}
