//! A child that misbehaves on request, for the tests. Arguments are steps, done one after another:
//!
//! ```text
//! mark WORD            does nothing; stands in the command line, so that leftovers are found by it and never by name
//! print TEXT           one line to stdout            eprint TEXT         one line to stderr
//! no-newline TEXT      without an end of line        raw KIND            odd bytes: nul utf8 ansi cr wide bracket
//! lines N [every D] [prefix P] [on stderr]           N numbered lines, N = 0 for ever
//! flood SIZE [width W] [write B]                     as fast as it goes; SIZE = 0 for ever
//! long SIZE            one line of this many bytes
//! ignore SIGS          TERM,INT …                    handler D [exit N]  at TERM: say so, take D, exit N (0)
//! fork 'STEPS'         a child does these            setsid-fork 'STEPS' the same in a session of its own
//! double-fork 'STEPS'  fork, setsid, fork: the grandchild does these, nobody waits
//! zombie [N]           N children that end at once and are never waited for
//! storm D              forks a new sleeper every D, for ever
//! hold-pipe D          a child keeps stdout open for D, and nothing else happens in it
//! close-stdout  stdin-echo  wait-key K  pid  env NAME  cwd  umask  fds  size
//! sleep D (0 = for ever)   exit N   die SIG   count FILE N  (notes the time in milliseconds in FILE; the first N runs exit 1)
//! ```
#![allow(
    unsafe_code,
    reason = "forks, signal handlers and descriptors without a runtime: what badly written C programs do"
)]
#![allow(
    clippy::undocumented_unsafe_blocks,
    reason = "one thread, plain numbers and local buffers: each block is a bare system call with nothing to uphold"
)]
#![allow(clippy::disallowed_methods, reason = "sleeping and leaving abruptly is what it is for")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is what the tests read")]

#[cfg(unix)]
fn main() {
    let steps: Vec<String> = std::env::args().skip(1).collect();
    unix::run(&steps);
}

#[cfg(not(unix))]
fn main() {
    eprintln!("badchild misbehaves on Unix only");
}

#[cfg(unix)]
mod unix {
    use std::io::{BufRead, Read, Write};
    use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
    use std::time::{Duration, Instant};
    use std::{fs, process, ptr, thread};

    /// What the handler of TERM does: take so long, then exit with this code.
    static HANDLER_MS: AtomicU64 = AtomicU64::new(0);
    static HANDLER_EXIT: AtomicI32 = AtomicI32::new(0);

    struct Steps<'a> {
        words: &'a [String],
        at: usize,
    }

    impl<'a> Steps<'a> {
        fn next(&mut self, what: &str) -> &'a str {
            self.at += 1;
            self.words.get(self.at - 1).map_or_else(|| usage(&format!("{what} is missing")), String::as_str)
        }

        fn option(&mut self, word: &str) -> Option<&'a str> {
            if self.words.get(self.at).map(String::as_str) != Some(word) {
                return None;
            }
            self.at += 1;
            Some(self.next(word))
        }

        fn number_if_next(&mut self) -> Option<u64> {
            let number = self.words.get(self.at)?.parse().ok()?;
            self.at += 1;
            Some(number)
        }
    }

    fn usage(what: &str) -> ! {
        eprintln!("badchild: {what}");
        process::exit(99)
    }

    pub fn run(words: &[String]) {
        let mut steps = Steps { words, at: 0 };
        while steps.at < words.len() {
            let step = steps.next("a step");
            let known =
                talk(step, &mut steps) || family(step, &mut steps) || end(step, &mut steps) || look(step, &mut steps);
            if !known {
                usage(&format!("{step:?} is not a step"));
            }
        }
    }

    /// Steps that print.
    fn talk(step: &str, steps: &mut Steps) -> bool {
        match step {
            "mark" => _ = steps.next("the mark"),
            "print" => put(1, &format!("{}\n", steps.next("the text"))),
            "eprint" => put(2, &format!("{}\n", steps.next("the text"))),
            "no-newline" => put(1, steps.next("the text")),
            "raw" => put_bytes(1, odd_bytes(steps.next("the kind"))),
            "lines" => lines(steps),
            "flood" => flood(steps),
            "long" => {
                let mut left = size(steps.next("the size"));
                while left > 0 {
                    let now = left.min(65_536);
                    put_bytes(1, &vec![b'x'; now as usize]);
                    left -= now;
                }
                put(1, "\n");
            }
            "close-stdout" => _ = unsafe { libc::close(1) },
            _ => return false,
        }
        true
    }

    /// Steps that make processes and handlers.
    fn family(step: &str, steps: &mut Steps) -> bool {
        match step {
            "ignore" => {
                for name in steps.next("the signals").split(',') {
                    unsafe { libc::signal(signal(name), libc::SIG_IGN) };
                }
            }
            "handler" => {
                HANDLER_MS.store(duration(steps.next("the time")).as_millis() as u64, Ordering::SeqCst);
                if let Some(code) = steps.option("exit") {
                    HANDLER_EXIT.store(code.parse().unwrap_or(0), Ordering::SeqCst);
                }
                for number in [libc::SIGTERM, libc::SIGINT] {
                    unsafe { libc::signal(number, on_term as extern "C" fn(i32) as libc::sighandler_t) };
                }
            }
            "fork" => {
                let inner = steps.next("the steps");
                fork(|| sub(inner));
            }
            "setsid-fork" => {
                let inner = steps.next("the steps");
                fork(|| {
                    unsafe { libc::setsid() };
                    sub(inner);
                });
            }
            "double-fork" => double_fork(steps.next("the steps")),
            "zombie" => {
                for _ in 0..steps.number_if_next().unwrap_or(1) {
                    fork(|| ());
                }
            }
            "storm" => storm(duration(steps.next("the pace"))),
            "hold-pipe" => {
                let length = duration(steps.next("the time"));
                fork(|| {
                    unsafe { libc::setsid() };
                    thread::sleep(length);
                });
            }
            _ => return false,
        }
        true
    }

    /// Steps that wait or end.
    fn end(step: &str, steps: &mut Steps) -> bool {
        match step {
            "sleep" => sleep(duration(steps.next("the time"))),
            "exit" => process::exit(steps.next("the code").parse().unwrap_or(99)),
            "die" => {
                let number = signal(steps.next("the signal"));
                unsafe {
                    libc::signal(number, libc::SIG_DFL);
                    libc::kill(libc::getpid(), number);
                }
                sleep(Duration::from_secs(10));
            }
            "count" => {
                let file = steps.next("the file");
                let failures: usize = steps.next("how many runs fail").parse().unwrap_or(0);
                let mut times = fs::read_to_string(file).unwrap_or_default();
                let now = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
                times += &now.to_string();
                times.push('\n');
                fs::write(file, &times).unwrap_or_else(|error| usage(&error.to_string()));
                let runs = times.lines().count();
                put(1, &format!("run {runs}\n"));
                if runs <= failures {
                    process::exit(1);
                }
            }
            "wait-key" => {
                let wanted = steps.next("the key").as_bytes()[0];
                let mut byte = [0];
                while std::io::stdin().read(&mut byte).unwrap_or(0) == 1 && byte[0] != wanted {}
            }
            "stdin-echo" => {
                for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                    put(1, &format!("got {line}\n"));
                }
            }
            _ => return false,
        }
        true
    }

    /// Steps that say how the world looks from inside.
    fn look(step: &str, steps: &mut Steps) -> bool {
        let text = match step {
            "pid" => format!("pid {}", process::id()),
            "env" => {
                let name = steps.next("the name");
                format!("{name}={}", std::env::var(name).unwrap_or_else(|_| "(unset)".into()))
            }
            "cwd" => {
                format!("cwd {}", std::env::current_dir().map_or_else(|e| e.to_string(), |d| d.display().to_string()))
            }
            "umask" => {
                let old = unsafe { libc::umask(0o77) };
                unsafe { libc::umask(old) };
                format!("umask {old:03o}")
            }
            "fds" => {
                let open = (0..256).filter(|fd| unsafe { libc::fcntl(*fd, libc::F_GETFD) } != -1);
                format!("fds {}", open.map(|fd: i32| fd.to_string()).collect::<Vec<_>>().join(","))
            }
            "size" => {
                let mut size: libc::winsize = unsafe { std::mem::zeroed() };
                let answer = unsafe { libc::ioctl(0, libc::TIOCGWINSZ, &raw mut size) };
                format!("size {}x{} ({answer})", size.ws_row, size.ws_col)
            }
            _ => return false,
        };
        put(1, &format!("{text}\n"));
        true
    }

    fn lines(steps: &mut Steps) {
        let count: u64 = steps.next("how many").parse().unwrap_or(0);
        let (mut every, mut prefix, mut fd) = (Duration::ZERO, "line", 1);
        loop {
            if let Some(pace) = steps.option("every") {
                every = duration(pace);
            } else if let Some(word) = steps.option("prefix") {
                prefix = word;
            } else if let Some(stream) = steps.option("on") {
                fd = if stream == "stderr" { 2 } else { 1 };
            } else {
                break;
            }
        }
        let start = Instant::now();
        let mut number = 0;
        while count == 0 || number < count {
            number += 1;
            put(fd, &format!("{prefix} {number}\n"));
            let due = every.saturating_mul(number as u32);
            thread::sleep(due.saturating_sub(start.elapsed()));
        }
    }

    fn flood(steps: &mut Steps) {
        let total = size(steps.next("the size"));
        let (mut width, mut write) = (80, 65_536);
        loop {
            if let Some(word) = steps.option("width") {
                width = word.parse().unwrap_or(width);
            } else if let Some(word) = steps.option("write") {
                write = word.parse().unwrap_or(write);
            } else {
                break;
            }
        }
        let line = [vec![b'f'; width - 1], vec![b'\n']].concat();
        let block: Vec<u8> = line.iter().copied().cycle().take((write / width).max(1) * width).collect();
        let mut left = if total == 0 { u64::MAX } else { total };
        while left > 0 {
            let now = left.min(block.len() as u64);
            put_bytes(1, &block[..now as usize]);
            left -= now;
        }
    }

    fn odd_bytes(kind: &str) -> &'static [u8] {
        match kind {
            "nul" => b"before\0after\n",
            "utf8" => b"good \xff\xfe bad \xc3\x28 end\n",
            "ansi" => b"\x1b[31mred\x1b[0m \x1b[2J\x1b[Hcleared \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ done\n",
            "cr" => b" 10%\r 50%\r100%\n",
            "wide" => "漢字 e\u{301} 👩\u{200d}💻 a\u{200b}b ende\n".as_bytes(),
            "bracket" => b"[text] [\"a.b\"] [red]not a colour[/red]\n",
            other => usage(&format!("{other:?} is no kind of odd bytes")),
        }
    }

    fn put(fd: i32, text: &str) {
        put_bytes(fd, text.as_bytes());
    }

    /// Straight to the descriptor: no buffer that a signal could lose. A closed pipe ends it, as SIGPIPE would.
    fn put_bytes(fd: i32, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let written = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
            match written {
                1.. => bytes = &bytes[written as usize..],
                _ if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
                _ => process::exit(141),
            }
        }
    }

    /// The child does `inner` and exits 0; the parent goes on and never waits for it.
    fn fork(inner: impl FnOnce()) -> i32 {
        _ = std::io::stdout().flush();
        match unsafe { libc::fork() } {
            0 => {
                inner();
                unsafe { libc::_exit(0) }
            }
            pid => pid,
        }
    }

    fn double_fork(inner: &str) {
        let middle = fork(|| {
            unsafe { libc::setsid() };
            fork(|| sub(inner));
        });
        unsafe { libc::waitpid(middle, ptr::null_mut(), 0) };
    }

    /// Words of an inner script, split at blanks; `+` stands for a nested quote's blank.
    fn sub(text: &str) {
        let words: Vec<String> = text.split_whitespace().map(|word| word.replace('+', " ")).collect();
        run(&words);
    }

    fn storm(pace: Duration) -> ! {
        loop {
            fork(|| {
                unsafe {
                    libc::setsid();
                    libc::signal(libc::SIGTERM, libc::SIG_IGN);
                }
                fork(|| sleep(Duration::from_mins(5)));
                sleep(Duration::from_mins(5));
            });
            // What ended is reaped, so that the storm is made of living processes.
            while unsafe { libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) } > 0 {}
            thread::sleep(pace);
        }
    }

    extern "C" fn on_term(number: i32) {
        put(1, if number == libc::SIGTERM { "handling TERM\n" } else { "handling INT\n" });
        let time = libc::timespec {
            tv_sec: (HANDLER_MS.load(Ordering::SeqCst) / 1000) as libc::time_t,
            tv_nsec: (HANDLER_MS.load(Ordering::SeqCst) % 1000 * 1_000_000) as _,
        };
        unsafe {
            libc::nanosleep(&raw const time, ptr::null_mut());
        }
        put(1, "handled\n");
        unsafe { libc::_exit(HANDLER_EXIT.load(Ordering::SeqCst)) }
    }

    fn sleep(length: Duration) {
        let end = if length.is_zero() { Duration::from_hours(1) } else { length };
        thread::sleep(end);
    }

    fn duration(text: &str) -> Duration {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let value: u64 = digits.parse().unwrap_or_else(|_| usage(&format!("{text:?} is not a time")));
        match &text[digits.len()..] {
            "ms" => Duration::from_millis(value),
            "m" => Duration::from_secs(value * 60),
            "h" => Duration::from_secs(value * 3600),
            _ => Duration::from_secs(value),
        }
    }

    fn size(text: &str) -> u64 {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let value: u64 = digits.parse().unwrap_or_else(|_| usage(&format!("{text:?} is not a size")));
        match &text[digits.len()..] {
            "KiB" => value << 10,
            "MiB" => value << 20,
            "GiB" => value << 30,
            _ => value,
        }
    }

    fn signal(name: &str) -> i32 {
        match name.trim_start_matches("SIG") {
            "TERM" => libc::SIGTERM,
            "INT" => libc::SIGINT,
            "HUP" => libc::SIGHUP,
            "QUIT" => libc::SIGQUIT,
            "KILL" => libc::SIGKILL,
            "SEGV" => libc::SIGSEGV,
            "ABRT" => libc::SIGABRT,
            "PIPE" => libc::SIGPIPE,
            "USR1" => libc::SIGUSR1,
            "USR2" => libc::SIGUSR2,
            other => usage(&format!("{other:?} is not a signal it knows")),
        }
    }
}
