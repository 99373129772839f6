//! A project in directories of its own, and the real binary to act on it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::procs::{self, MARK, Process};
use super::row::Row;
use super::wait::{DEADLINE, pause, wait_for, wait_within};

/// No single command of a test takes longer.
const COMMAND_LIMIT: Duration = Duration::from_mins(1);

/// A stop ladder for tests: what is polite ends in 300 ms, everything in 600.
pub const SHORT_STOP: &str =
    r#"stop = [ { signal = "TERM", wait = "200ms" }, { signal = "TERM", wait = "100ms" }, { signal = "KILL" } ]"#;

/// A `pm.toml` and the directories of a user who owns nothing else.
#[derive(Debug)]
pub struct Project {
    dir: TempDir,
    mark: String,
    commands: AtomicU32,
}

/// What a command answered.
#[derive(Debug)]
pub struct Out {
    pub what: String,
    /// `None` when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Out {
    /// Runs a command to its end.
    #[track_caller]
    pub fn of(mut command: Command) -> Self {
        let since = Instant::now();
        let out = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&out.stdout), text(&out.stderr));
        Self { what: format!("{command:?}"), code: out.status.code(), stdout, stderr, took: since.elapsed() }
    }

    /// Fails unless it exited with `code`.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "exit code of {self}");
        self
    }

    /// Fails unless it exited with 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON ({error}): {self}"))
    }

    /// Everything it printed.
    pub fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails unless it printed `text` somewhere.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.all().contains(text), "no {text:?} in what was printed by {self}");
        self
    }
}

impl std::fmt::Display for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, code, stdout, stderr, took } = self;
        write!(f, "`pm {what}` → {code:?} after {took:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

impl Project {
    /// A project with this `pm.toml`. `{bad}` becomes the path of the bad child, `{stop}` a short ladder, `{dir}` the project's
    /// directory; a `[project]` table is put in front where there is none.
    pub fn new(toml: &str) -> Self {
        let project = Self::empty();
        project.config(toml);
        project
    }

    /// A project without a `pm.toml`.
    pub fn empty() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let dir = tempfile::Builder::new().prefix("pmt").tempdir().expect("a temporary directory");
        for sub in ["home", "state", "run", "work", "out"] {
            fs::create_dir(dir.path().join(sub)).expect("a directory");
        }
        let nanos = SystemTime::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_nanos();
        let mark = format!("mark-{}-{nanos:x}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { dir, mark, commands: AtomicU32::new(0) }
    }

    /// Writes `pm.toml` anew.
    pub fn config(&self, toml: &str) {
        let head = if toml.contains("[project]") { "" } else { "[project]\nname = \"case\"\n\n" };
        fs::write(self.path("pm.toml"), self.fill(&format!("{head}{toml}"))).expect("a config to write");
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{bad}", &bad_child().display().to_string())
            .replace("{dir}", &self.root().display().to_string())
            .replace("{stop}", SHORT_STOP)
    }

    /// The directory `pm` is called in.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// `XDG_STATE_HOME`, `XDG_RUNTIME_DIR` … by their short names `state`, `run`, `home`.
    pub fn base(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The one project directory below the state (or runtime) directory.
    #[track_caller]
    pub fn layout(&self, base: &str) -> PathBuf {
        let pm = self.base(base).join("pm");
        let mut dirs: Vec<PathBuf> = fs::read_dir(&pm)
            .unwrap_or_else(|error| panic!("{}: {error}", pm.display()))
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_dir())
            .collect();
        assert_eq!(dirs.len(), 1, "one project below {}, not {dirs:?}", pm.display());
        dirs.remove(0)
    }

    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The environment of everything that is started: nothing of the tester's own but the search path.
    pub fn env(&self) -> HashMap<String, String> {
        let mut env: HashMap<String, String> = HashMap::new();
        for kept in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Ok(value) = std::env::var(kept) {
                env.insert(kept.into(), value);
            }
        }
        for (name, dir) in [("HOME", "home"), ("XDG_STATE_HOME", "state"), ("XDG_RUNTIME_DIR", "run")] {
            env.insert(name.into(), self.base(dir).display().to_string());
        }
        for (name, value) in
            [("LANG", "C.UTF-8"), ("TERM", "xterm-256color"), ("RUST_BACKTRACE", "1"), (MARK, &self.mark)]
        {
            env.insert(name.into(), value.into());
        }
        env
    }

    /// `pm` with these arguments, ready to be started.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pm"));
        command.args(args).current_dir(self.root()).env_clear().envs(self.env()).stdin(Stdio::null());
        command
    }

    /// Starts `pm` and does not wait for it. Its output goes into files, so that whoever inherits them holds nobody up.
    #[track_caller]
    pub fn spawn(&self, args: &[&str]) -> Running {
        let number = self.commands.fetch_add(1, Ordering::Relaxed);
        let file = |stream| self.base("out").join(format!("{number}.{stream}"));
        let (out, err) = (file("stdout"), file("stderr"));
        let mut command = self.command(args.iter().map(|arg| self.fill(arg)));
        command.stdout(File::create(&out).expect("a file")).stderr(File::create(&err).expect("a file"));
        let child = command.spawn().expect("the binary");
        Running { what: args.join(" "), child, out, err, since: Instant::now() }
    }

    /// Runs `pm` to its end.
    #[track_caller]
    pub fn pm(&self, args: &[&str]) -> Out {
        self.spawn(args).finish()
    }

    /// Runs `pm` in another directory to its end.
    #[track_caller]
    pub fn pm_in(&self, dir: &Path, args: &[&str]) -> Out {
        let mut command = self.command(args);
        command.current_dir(dir);
        Out::of(command)
    }

    /// Runs `pm`, which has to succeed and to print JSON.
    #[track_caller]
    pub fn pm_json(&self, args: &[&str]) -> Value {
        self.pm(args).ok().json()
    }

    /// `pm up -d`, and everything that follows from it.
    #[track_caller]
    pub fn up(&self) -> Out {
        self.pm(&["up", "-d"]).ok()
    }

    /// `pm ps --json`.
    #[track_caller]
    pub fn ps(&self) -> Value {
        self.pm_json(&["ps", "--json"])
    }

    #[track_caller]
    pub fn rows(&self) -> Vec<Row> {
        let ps = self.ps();
        ps["processes"].as_array().unwrap_or_else(|| panic!("no processes in {ps}")).iter().cloned().map(Row).collect()
    }

    /// One process.
    #[track_caller]
    pub fn row(&self, name: &str) -> Row {
        let rows = self.rows();
        rows.iter().find(|row| row.name() == name).cloned().unwrap_or_else(|| panic!("no {name} in {rows:?}"))
    }

    /// Waits until the row of `name` satisfies `is_so`.
    #[track_caller]
    pub fn wait_row(&self, name: &str, what: &str, is_so: impl Fn(&Row) -> bool) -> Row {
        wait_for(&format!("{name} is {what}"), || {
            let row = self.row(name);
            if is_so(&row) { Ok(row) } else { Err(row.to_string()) }
        })
    }

    #[track_caller]
    pub fn wait_phase(&self, name: &str, phase: &str) -> Row {
        self.wait_row(name, phase, |row| row.is(phase))
    }

    /// What `name` printed in its current run, from the command line.
    #[track_caller]
    pub fn log(&self, name: &str) -> String {
        self.pm(&["logs", name, "-n", "10000000"]).ok().stdout
    }

    /// Waits until the log of `name` holds `text`.
    #[track_caller]
    pub fn wait_log(&self, name: &str, text: &str) -> String {
        wait_for(&format!("the log of {name} holds {text:?}"), || {
            let out = self.pm(&["logs", name, "-n", "10000000"]);
            // `up -d` has returned, and the run may not have begun; what `run` is about to add may not be there yet.
            let not_yet = ["has not run yet", "no process matches"];
            if out.code == Some(4) && not_yet.iter().any(|text| out.stderr.contains(text)) {
                return Err(out.stderr);
            }
            let log = out.ok().stdout;
            if log.contains(text) { Ok(log) } else { Err(tail_of(&log)) }
        })
    }

    /// The event log on disk, one JSON value per line.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.layout("state").join("events.jsonl")).expect("an event log");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    #[track_caller]
    pub fn supervisor_pid(&self) -> u32 {
        let ps = self.ps();
        ps["supervisor"]["pid"].as_u64().unwrap_or_else(|| panic!("no supervisor pid in {ps}")) as u32
    }

    /// Everything alive of one supervised process.
    pub fn tree(&self, name: &str) -> Vec<Process> {
        self.alive().into_iter().filter(|p| p.var("PM_PROCESS") == Some(name)).collect()
    }

    /// Everything alive that belongs to this project.
    pub fn alive(&self) -> Vec<Process> {
        procs::survivors(&self.mark)
    }

    /// Kills one process of this project, and waits until it is gone.
    #[track_caller]
    pub fn kill9(&self, pid: u32) {
        self.signal(pid, Signal::KILL);
        wait_for(&format!("{pid} is gone after KILL"), || match Process::read(pid) {
            Some(process) if !process.is_zombie() => Err(process.line()),
            Some(_) | None => Ok(()),
        });
    }

    /// Sends a signal to one process of this project.
    #[track_caller]
    pub fn signal(&self, pid: u32, signal: Signal) {
        assert!(procs::signal_marked(pid, &self.mark, signal), "{pid} is not a process of this project");
    }

    /// `kill -9` of the supervisor.
    #[track_caller]
    pub fn kill_supervisor(&self) -> u32 {
        let pid = self.supervisor_pid();
        self.kill9(pid);
        pid
    }

    /// `pm down`, then nothing of the project may be left: no process, no zombie, no socket.
    #[track_caller]
    pub fn down(&self) -> Out {
        let out = self.pm(&["down"]).ok();
        self.assert_nothing_left();
        out
    }

    /// Within 10 s nothing that carries the mark is alive, and no socket is left.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        wait_within(Duration::from_secs(10), "nothing is left", || {
            let mut left = self.alive();
            left.extend(procs::zombies_below(&self.mark));
            let sockets = sockets_below(&self.base("run"));
            if left.is_empty() && sockets.is_empty() {
                Ok(())
            } else {
                Err(format!("{}\n{sockets:?}", procs::listed(&left)))
            }
        });
    }

    /// Within 10 s nothing of the supervised process `name` is alive.
    #[track_caller]
    pub fn assert_tree_gone(&self, name: &str) {
        wait_within(Duration::from_secs(10), &format!("nothing of {name} is left"), || {
            let left = self.tree(name);
            if left.is_empty() { Ok(()) } else { Err(procs::listed(&left)) }
        });
    }

    /// What one wants to know about a failure.
    fn tell(&self) {
        println!("== alive\n{}", procs::listed(&self.alive()));
        for base in ["state", "run"] {
            let Ok(entries) = fs::read_dir(self.base(base).join("pm")) else { continue };
            for dir in entries.filter_map(|entry| Some(entry.ok()?.path())) {
                for name in ["events.jsonl", "supervisor.log"] {
                    if let Ok(text) = fs::read_to_string(dir.join(name)) {
                        println!("== {}\n{}", dir.join(name).display(), tail_of(&text));
                    }
                }
            }
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        if failed {
            self.tell();
        }
        if !self.alive().is_empty() {
            let running = self.command(["down"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            if let Ok(mut child) = running {
                let start = Instant::now();
                while matches!(child.try_wait(), Ok(None)) && start.elapsed() < DEADLINE {
                    pause(Duration::from_millis(10));
                }
                _ = child.kill();
                _ = child.wait();
            }
        }
        let start = Instant::now();
        let mut left = self.alive();
        while !left.is_empty() && start.elapsed() < Duration::from_secs(5) {
            pause(Duration::from_millis(10));
            left = self.alive();
        }
        let report = procs::listed(&left);
        while !left.is_empty() && start.elapsed() < DEADLINE {
            for process in &left {
                procs::signal_marked(process.pid, &self.mark, Signal::KILL);
            }
            pause(Duration::from_millis(10));
            left = self.alive();
        }
        assert!(failed || report.is_empty(), "`pm down` left this behind:\n{report}");
    }
}

/// A command that was started.
#[derive(Debug)]
pub struct Running {
    what: String,
    child: Child,
    out: PathBuf,
    err: PathBuf,
    since: Instant,
}

impl Running {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("a child to wait for").is_some()
    }

    /// What it printed so far.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap_or_default()).into_owned()
    }

    /// Waits for its end, one minute at most.
    #[track_caller]
    pub fn finish(mut self) -> Out {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child to wait for") {
                break Some(status);
            }
            if self.since.elapsed() > COMMAND_LIMIT {
                _ = self.child.kill();
                _ = self.child.wait();
                break None;
            }
            pause(Duration::from_millis(2));
        };
        let stderr = String::from_utf8_lossy(&fs::read(&self.err).unwrap_or_default()).into_owned();
        let out = Out {
            code: status.and_then(|status| status.code()),
            stdout: self.stdout(),
            stderr,
            took: self.since.elapsed(),
            what: self.what,
        };
        assert!(status.is_some(), "took longer than {} s and was ended: {out}", COMMAND_LIMIT.as_secs());
        out
    }
}

/// Sockets below a directory.
pub fn sockets_below(dir: &Path) -> Vec<PathBuf> {
    use std::os::unix::fs::FileTypeExt;
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok) {
        match entry.file_type() {
            Ok(kind) if kind.is_socket() => found.push(entry.path()),
            Ok(kind) if kind.is_dir() => found.extend(sockets_below(&entry.path())),
            Ok(_) | Err(_) => {}
        }
    }
    found
}

fn tail_of(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

/// The bad child, built beside the tests; built now when only one test file was asked for and it is missing or out of date.
pub fn bad_child() -> PathBuf {
    let test = std::env::current_exe().expect("the test binary");
    let profile = test.parent().and_then(Path::parent).expect("target/<profile>");
    let path = profile.join("examples/badchild");
    let changed_at = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/badchild.rs");
    if changed_at(&path) < changed_at(&source) {
        let mut build = Command::new(option_env!("CARGO").unwrap_or("cargo"));
        build.args(["build", "--quiet", "--example", "badchild"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().is_ok_and(|status| status.success()), "`cargo build --example badchild` failed");
    }
    assert!(path.exists(), "{} is not there; run `cargo build --example badchild`", path.display());
    path
}
