//! How fast a log of a gigabyte is searched, against `grep` and `rg` (where there is one) over the same bytes in the same run;
//! how fast lines are made safe to show; and what moving in a log of ten gigabytes costs.
//!
//! Searching is measured in seconds of processor time per GiB: one thread does it, so that is its wall time on an idle machine.
//!
//! Sizes can be changed: `PM_BENCH_SEARCH_MIB` (1024), `PM_BENCH_TAIL_GIB` (10). `cargo bench --bench search -- regex` runs only
//! the rows with that word (or `first`, `coloured`, `packed`, `parse`, `tail`).

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
    use std::hint::black_box;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::sync::Arc;
    use std::time::Instant;

    use pm::logs::index::{self, Stream};
    use pm::logs::lines::StreamFilter;
    use pm::logs::pattern::{Case, Pattern};
    use pm::logs::reader::LogReader;
    use pm::logs::search::{Direction, Search, Step, Tally};
    use pm::logs::segment::{Limits, Writer};
    use pm::logs::{ansi, disk, packing};

    use crate::figures::{Figures, cpu_s, kib, ms};

    pub fn run(figures: &mut Figures) {
        if wanted("literal regex errors first") {
            search(figures);
        }
        if wanted("coloured") {
            search_coloured(figures);
        }
        if wanted("packed") {
            search_packed(figures);
        }
        if wanted("parse") {
            parse(figures);
        }
        if wanted("tail") {
            tail(figures);
        }
    }

    /// Is one of these words what the caller asked for, if anything?
    fn wanted(names: &str) -> bool {
        let asked: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
        asked.is_empty() || asked.iter().any(|word| names.contains(word.as_str()))
    }

    fn size_of(name: &str, default: u64) -> u64 {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    }

    /// As `pm` cuts logs when nothing else is said.
    const SEGMENT_BYTES: u64 = 64 << 20;

    /// What is looked for, how `grep` says it, and the budget in seconds per GiB.
    const PATTERNS: [(&str, &str, bool, Option<f64>); 6] = [
        ("literal, rare", "needle in a", false, Some(0.3)),
        ("literal, absent", "Zebra crossing", false, Some(0.3)),
        ("literal, any case", "needle in a", true, Some(0.6)),
        ("regex with a literal", r"request [0-9]+ failed: needle", false, Some(2.0)),
        ("regex without a literal", r"[A-Z]+[a-z]+[0-9]+[A-Z]", false, Some(2.0)),
        ("regex, the worst", r"[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+q[xyz]$", false, Some(2.0)),
    ];

    fn search(figures: &mut Figures) {
        let mib = size_of("PM_BENCH_SEARCH_MIB", 1024);
        let gib = mib as f64 / 1024.0;
        let dir = tempfile::tempdir().expect("a directory");
        write(dir.path(), mib << 20, SEGMENT_BYTES, &plain_page());
        let files = log_files(dir.path());
        for (name, text, folded, budget) in PATTERNS.into_iter().filter(|(name, ..)| wanted(name)) {
            let is_literal = name.starts_with("literal");
            let case = if folded { Case::Insensitive } else { Case::Sensitive };
            let pattern = Arc::new(if is_literal {
                Pattern::literal(text, case)
            } else {
                Pattern::regex(text, case).expect("an expression")
            });
            let mut args = vec![if is_literal { "-F" } else { "-E" }];
            args.extend(folded.then_some("-i"));
            for tool in ["grep", "rg"] {
                let args: Vec<&str> = args.iter().copied().filter(|arg| tool == "grep" || *arg != "-E").collect();
                if let Some((count, secs)) = other(tool, &args, text, &files) {
                    figures.add(&format!("{name}: {tool} -c ({count} lines)"), secs / gib, "s/GiB", None);
                }
            }
            let (count, secs) = counted(dir.path(), &pattern);
            figures.add(&format!("{name}: counted ({count} lines)"), secs / gib, "s/GiB", budget);
        }
        if wanted("errors") {
            let (count, secs) = counted(dir.path(), &Arc::new(Pattern::level(pm::logs::level::Level::Error)));
            figures.add(&format!("errors: counted ({count} lines)"), secs / gib, "s/GiB", None);
        }
        if wanted("first") {
            first_hits(figures, dir.path());
        }
    }

    fn search_coloured(figures: &mut Figures) {
        let mib = size_of("PM_BENCH_SEARCH_MIB", 1024);
        let gib = mib as f64 / 1024.0;
        let dir = tempfile::tempdir().expect("a directory");
        write(dir.path(), mib << 18, SEGMENT_BYTES, &coloured_page());
        let regex = Pattern::regex(r"[A-Z]+[a-z]+[0-9]+[A-Z]", Case::Sensitive).expect("an expression");
        let patterns = [
            ("literal", Pattern::literal("needle in a", Case::Sensitive), 1.0),
            ("regex", regex, 2.0),
            ("errors", Pattern::level(pm::logs::level::Level::Error), 2.0),
        ];
        for (name, pattern, budget) in patterns {
            let (_, secs) = counted(dir.path(), &Arc::new(pattern));
            figures.add(&format!("{name} in coloured lines: counted"), secs / gib * 4.0, "s/GiB", Some(budget));
        }
    }

    /// What it costs to pack a log, what that saves, and what it costs who reads it then.
    fn search_packed(figures: &mut Figures) {
        let bytes = size_of("PM_BENCH_SEARCH_MIB", 1024) << 20;
        let gib = bytes as f64 / f64::from(1 << 30);
        let dir = tempfile::tempdir().expect("a directory");
        write(dir.path(), bytes, SEGMENT_BYTES, &plain_page());
        let patterns =
            PATTERNS.into_iter().filter(|(name, ..)| matches!(*name, "literal, rare" | "regex without a literal"));
        let patterns: Vec<_> = patterns
            .map(|(name, text, ..)| {
                (
                    name,
                    if name.starts_with("literal") {
                        Pattern::literal(text, Case::Sensitive)
                    } else {
                        Pattern::regex(text, Case::Sensitive).expect("an expression")
                    },
                )
            })
            .map(|(name, pattern)| (name, Arc::new(pattern)))
            .collect();
        let count_all = |figures: &mut Figures, how: &str| {
            for (name, pattern) in &patterns {
                let (count, secs) = counted(dir.path(), pattern);
                figures.add(&format!("{name}, {how}: counted ({count} lines)"), secs / gib, "s/GiB", None);
            }
            let begin = Instant::now();
            let mut reader = LogReader::open(dir.path()).expect("a log");
            for percent in 0..100 {
                let start = reader.line_start(reader.end() / 100 * percent).expect("a line");
                assert_eq!(reader.page_forward(start, 60, StreamFilter::All).expect("a page").lines.len(), 60);
            }
            figures.add(
                &format!("jump anywhere and read a page, {how}"),
                ms(begin.elapsed()) / 100.0,
                "ms",
                Some(30.0),
            );
        };
        count_all(figures, "plain");
        let before = disk::usage(dir.path());
        let used = cpu_s(std::process::id(), false);
        packing::pack_run(dir.path(), true, &mut || true).expect("room");
        let secs = cpu_s(std::process::id(), false) - used;
        figures.add("packing", before as f64 / 1e6 / secs, "MB/s of cpu", None);
        figures.add("packed: so many times smaller", before as f64 / disk::usage(dir.path()) as f64, "x", None);
        count_all(figures, "packed");
    }

    /// Backward from the end: something near, and something at the very beginning.
    fn first_hits(figures: &mut Figures, dir: &Path) {
        for (name, text, budget) in
            [("near the end", "request", 50.0), ("200,000 lines before the end", "needle in a", 50.0)]
        {
            let begin = Instant::now();
            let reader = LogReader::open(dir).expect("a log");
            let end = reader.end();
            let pattern = Arc::new(Pattern::literal(text, Case::Smart));
            let mut search = Search::new(reader, pattern, end, Direction::Backward, StreamFilter::All);
            while matches!(search.step().expect("a slice"), Step::Nothing) {}
            figures.add(&format!("first hit backward, {name}"), ms(begin.elapsed()), "ms", Some(budget));
        }
    }

    /// The answer of `work` and the processor's seconds (of this process and of what it waited for) of its quickest run of
    /// three, or of fewer when they take long. Wall time would tell what else the machine does.
    fn quickest<T>(mut work: impl FnMut() -> T) -> (T, f64) {
        let used = || cpu_s(std::process::id(), false) + cpu_s(std::process::id(), true);
        let mut best = f64::MAX;
        for run in 1.. {
            let before = used();
            let answer = work();
            let secs = used() - before;
            best = best.min(secs);
            if run == 3 || secs > 8.0 {
                return (answer, best);
            }
        }
        unreachable!("three runs come to an end")
    }

    fn counted(dir: &Path, pattern: &Arc<Pattern>) -> (u64, f64) {
        quickest(|| {
            let mut tally = Tally::new(LogReader::open(dir).expect("a log"), Arc::clone(pattern), StreamFilter::All);
            while tally.step().expect("a slice") {}
            tally.count()
        })
    }

    /// The count and the seconds of another tool over the same files; `None` where it is not installed.
    fn other(tool: &str, args: &[&str], text: &str, files: &[std::path::PathBuf]) -> Option<(u64, f64)> {
        let mut command = Command::new(tool);
        command.args(["-c", "--no-filename"]).args(args).args(["-e", text]).args(files).env("LC_ALL", "C.UTF-8");
        command.stderr(Stdio::null());
        let (output, secs) = quickest(|| command.output().ok());
        let counts = String::from_utf8_lossy(&output?.stdout).into_owned();
        Some((counts.lines().filter_map(|line| line.parse::<u64>().ok()).sum(), secs))
    }

    fn log_files(dir: &Path) -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
        entries.filter(|path| path.to_string_lossy().contains("out.log")).collect()
    }

    /// A log of so many bytes made of this page again and again, in chunks as a keeper reads them.
    fn write(dir: &Path, bytes: u64, segment_bytes: u64, page: &[u8]) {
        let limits = Limits { segment_bytes, segments: u32::MAX };
        let mut writer = Writer::create(dir.join("out.log"), dir.join("out.idx"), limits).expect("a log");
        let mut now_ms = 1_763_600_000_000;
        while writer.extent().end < bytes {
            for chunk in page.chunks(8 << 10) {
                writer.append(now_ms, Stream::Stdout, chunk);
                now_ms += 1;
            }
        }
    }

    /// About four megabytes of lines as services write them; one holds the needle.
    fn plain_page() -> Vec<u8> {
        let mut page = String::new();
        for i in 0..40_000_u32 {
            let n = i.wrapping_mul(2_654_435_761);
            let path = ["/api/v1/users", "/static/app.js", "/health", "/api/v1/orders/items"][n as usize >> 9 & 3];
            let _ = write!(
                page,
                "2026-11-20T14:{:02}:{:02}.{:03}Z INFO  server::http: ",
                i / 600 % 60,
                i / 10 % 60,
                i % 1000
            );
            let _ = writeln!(
                page,
                "request {n} GET {path} status=200 bytes={} took {}us peer=10.0.{}.7",
                n >> 12,
                n >> 20,
                n & 255
            );
        }
        page += "2026-11-20T14:59:59.000Z ERROR server::http: request 17 failed: needle in a haystack\n";
        page.into_bytes()
    }

    fn coloured_page() -> Vec<u8> {
        let mut page = String::new();
        for i in 0..20_000_u32 {
            let n = i.wrapping_mul(2_654_435_761);
            let _ = write!(
                page,
                "\x1b[2m2026-11-20T14:03:{:02}Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[2mserver::http\x1b[0m\x1b[2m:\x1b[0m ",
                i % 60
            );
            let _ = writeln!(
                page,
                "request {n} \x1b[1mGET\x1b[0m /api/v1/users \x1b[3mstatus\x1b[0m\x1b[2m=\x1b[0m200 took {}us",
                n >> 20
            );
        }
        page += "\x1b[31mERROR\x1b[0m a nee\x1b[1mdle in\x1b[0m a haystack\n";
        page.into_bytes()
    }

    fn heavy_page() -> Vec<u8> {
        let mut page = String::new();
        for i in 0..10_000_u32 {
            for j in 0..12 {
                let _ = write!(page, "\x1b[38;2;{};{};{}m\x1b[4m▒{j}\x1b[0m\t", i & 255, j * 20, i >> 8 & 255);
            }
            page += "\r\n";
        }
        page.into_bytes()
    }

    fn parse(figures: &mut Figures) {
        let pages =
            [("plain", plain_page(), 0.4), ("typical coloured", coloured_page(), 1.0), ("heavy", heavy_page(), 0.0)];
        for (name, page, _) in pages {
            // Long enough for a clock that ticks a hundred times a second.
            let times = 200;
            let ((), secs) = quickest(|| {
                for _ in 0..times {
                    for line in page.split(|byte| *byte == b'\n') {
                        black_box(ansi::spans(black_box(line)));
                    }
                }
            });
            let megabytes = (page.len() * times) as f64 / 1e6;
            figures.add(&format!("escape sequences to spans: {name}"), megabytes / secs, "MB/s", None);
        }
    }

    /// A log of so many bytes of which only one segment takes room: the others are further names of it, each with its own index.
    fn write_repeated(dir: &Path, bytes: u64) {
        write(dir, SEGMENT_BYTES, SEGMENT_BYTES, &plain_page());
        let (data, index) = (dir.join("out.log.1"), std::fs::read(dir.join("out.idx.1")).expect("an index"));
        let (len, header) = (std::fs::metadata(&data).expect("a segment").len(), index::RECORD_BYTES);
        std::fs::remove_file(dir.join("out.log")).expect("the segment that was begun");
        let last = bytes.div_ceil(len);
        for number in 2..=last {
            let name = |stem: &str| dir.join(if number == last { stem.to_owned() } else { format!("{stem}.{number}") });
            let base = (number - 1) * len;
            std::fs::hard_link(&data, name("out.log")).expect("another name");
            let mut moved = index::Header { base, segment: number - 1 }.to_bytes().to_vec();
            for record in index[header..].as_chunks().0 {
                let mut entry = index::Entry::from_bytes(record);
                entry.offset += base;
                entry.time_ms += base / 8000;
                moved.extend(entry.to_bytes());
            }
            std::fs::write(name("out.idx"), moved).expect("an index");
        }
    }

    fn tail(figures: &mut Figures) {
        let gib = size_of("PM_BENCH_TAIL_GIB", 10);
        let dir = tempfile::tempdir().expect("a directory");
        write_repeated(dir.path(), gib << 30);
        move_in(figures, dir.path(), gib, "");
        pack_repeated(dir.path());
        move_in(figures, dir.path(), gib, ", packed");
    }

    /// Packs what [`write_repeated`] wrote, its one segment once.
    fn pack_repeated(dir: &Path) {
        let go_on = &mut || true;
        packing::pack(&dir.join("out.log.1"), go_on).expect("room");
        let entries = std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
        for path in entries.filter(|path| path.extension().is_none_or(|ending| ending != "lz4")).collect::<Vec<_>>() {
            if path.to_string_lossy().contains("out.log") {
                std::fs::hard_link(dir.join("out.log.1.lz4"), format!("{}.lz4", path.display())).expect("another name");
                std::fs::remove_file(path).expect("a segment");
            } else {
                packing::pack(&path, go_on).expect("room");
            }
        }
    }

    fn move_in(figures: &mut Figures, dir: &Path, gib: u64, how: &str) {
        let idle = kib("/proc/self/status", &["VmRSS"]);
        let begin = Instant::now();
        let mut reader = LogReader::open(dir).expect("a log");
        let end = reader.end();
        assert_eq!(reader.page_back(end, 60, StreamFilter::All).expect("a page").lines.len(), 60);
        figures.add(
            &format!("open a log of {gib} GiB{how}, read the last page"),
            ms(begin.elapsed()),
            "ms",
            Some(30.0),
        );
        for (name, share) in [("the beginning", 0), ("37 %", 37), ("the end", 100)] {
            let begin = Instant::now();
            let at = (u128::from(end) * share / 100) as u64;
            let start = reader.line_start(at).expect("a line");
            let page = match share {
                100 => reader.page_back(end, 60, StreamFilter::All),
                _ => reader.page_forward(start, 60, StreamFilter::All),
            };
            assert_eq!(page.expect("a page").lines.len(), 60);
            figures.add(&format!("jump to {name}{how}"), ms(begin.elapsed()), "ms", Some(30.0));
        }
        let begin = Instant::now();
        let lines = reader.line_count().expect("a count");
        figures.add(&format!("number all {lines} lines, once{how}"), ms(begin.elapsed()), "ms", None);
        let begin = Instant::now();
        let time = pm::domain::Timestamp(1_763_600_000_000 + end / 16_000);
        reader.offset_at(time).expect("a place");
        figures.add(&format!("jump to a time{how}"), ms(begin.elapsed()), "ms", Some(30.0));
        let above = kib("/proc/self/status", &["VmRSS"]) - idle;
        figures.add(&format!("memory above idle{how}"), above / 1024.0, "MiB", Some(20.0));
    }
}
