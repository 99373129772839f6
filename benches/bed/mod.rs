//! The ground benches stand on: a project of its own for each figure, and how the system is read.

#![allow(dead_code, missing_docs, reason = "not every bench uses everything")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// A project in a temporary directory, with state and sockets of its own. Everything is stopped when it goes.
///
/// State lies on disk; sockets lie where a runtime directory lies on Linux, in memory. The directories of all beds stay
/// until the bench ends: ext4 looks for a long time for an inode to give while thousands were freed a moment ago.
pub struct Bed {
    dir: PathBuf,
    runtime: PathBuf,
}

/// The directories of all beds so far.
static MADE: Mutex<Vec<tempfile::TempDir>> = Mutex::new(Vec::new());

fn directory(base: Option<&str>) -> PathBuf {
    let made = base.map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a temporary directory");
    let path = made.path().to_owned();
    MADE.lock().expect("one thread").push(made);
    path
}

/// Removes what all beds left; to be called at the end, as statics are not dropped.
pub fn clear() {
    MADE.lock().expect("one thread").clear();
}

impl Bed {
    /// `count` processes `p0`, `p1` … with this body each.
    pub fn new(count: usize, body: &str) -> Self {
        let dir = directory(None);
        let runtime = directory(Some("/dev/shm").filter(|shm| std::path::Path::new(shm).is_dir()));
        let mut toml = String::from("[project]\nname = \"bench\"\n");
        for index in 0..count {
            toml.extend(["[process.p", &index.to_string(), "]\n", body]);
        }
        std::fs::write(dir.join("pm.toml"), toml).expect("a config");
        Self { dir, runtime }
    }

    pub fn sleepers(count: usize) -> Self {
        Self::new(count, "command = [\"sleep\", \"100000\"]\n")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pm"));
        let path = &self.dir;
        command.args(args).current_dir(path).env("HOME", path).stdin(Stdio::null());
        command.env("XDG_STATE_HOME", path.join("state")).env("XDG_RUNTIME_DIR", &self.runtime);
        command
    }

    pub fn path(&self) -> PathBuf {
        self.dir.clone()
    }

    /// Runs the binary and gives what it printed.
    pub fn pm(&self, args: &[&str]) -> String {
        let output = self.command(args).output().expect("pm runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn ps(&self) -> Value {
        serde_json::from_str(&self.pm(&["ps", "--json"])).unwrap_or(Value::Null)
    }

    pub fn rows(&self) -> Vec<Value> {
        self.ps()["processes"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until every process is in this phase.
    pub fn wait_all(&self, phase: &str) -> Vec<Value> {
        let end = Instant::now() + Duration::from_mins(2);
        loop {
            let rows = self.rows();
            if !rows.is_empty() && rows.iter().all(|row| row["phase"] == phase) {
                return rows;
            }
            assert!(Instant::now() < end, "not all are {phase}");
            pause(Duration::from_millis(20));
        }
    }

    pub fn wait_supervisor(&self) -> u32 {
        let end = Instant::now() + Duration::from_secs(20);
        while self.rows().is_empty() {
            assert!(Instant::now() < end, "no supervisor");
            pause(Duration::from_millis(20));
        }
        self.supervisor_pid()
    }

    pub fn supervisor_pid(&self) -> u32 {
        number(&self.ps()["supervisor"]["pid"])
    }

    /// SIGKILL to the supervisor of this project, which is ours.
    pub fn kill_supervisor(&self) {
        let pid = self.supervisor_pid().to_string();
        Command::new("kill").args(["-9", &pid]).status().expect("kill runs");
    }

    /// Every event in the log, once `count` of this kind are in it.
    pub fn wait_events(&self, kind: &str, count: usize) -> Vec<Value> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let text = self.pm(&["events", "--json", "-n", "100000"]);
            let events: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            if events.iter().filter(|event| event["event"] == kind).count() >= count {
                return events;
            }
            assert!(Instant::now() < end, "not {count} events {kind}");
            pause(Duration::from_millis(50));
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        self.pm(&["down"]);
    }
}

/// A shell that starts `count` sleepers and waits until the last one runs its program; the least anybody can need.
pub fn floor(count: usize) -> Duration {
    let script = "i=0; while [ $i -lt $1 ]; do sleep 100000 & pids=\"$pids $!\"; i=$((i+1)); done; \
                  while [ \"$(cat /proc/$!/comm)\" != sleep ]; do :; done; echo up; read go; kill $pids; wait";
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh", &count.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    shell.stderr(Stdio::null());
    let began = Instant::now();
    let mut shell = shell.spawn().expect("a shell");
    let mut line = [0u8; 3];
    std::io::Read::read_exact(shell.stdout.as_mut().expect("piped"), &mut line).expect("the shell says up");
    let took = began.elapsed();
    drop(shell.stdin.take());
    shell.wait().expect("the shell ends");
    took
}

pub fn median(values: impl Iterator<Item = Duration>) -> Duration {
    let mut values: Vec<Duration> = values.collect();
    values.sort_unstable();
    values[values.len() / 2]
}

/// User and system time of a process so far, in seconds (`/proc/PID/stat`, fields 14 and 15, 100 ticks a second).
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Resident memory, in millions of bytes.
pub fn rss_mb(pid: u32) -> f64 {
    kib(&format!("/proc/{pid}/status"), &["VmRSS:"]) as f64 * 1024.0 / 1e6
}

pub fn private_kib(pid: u32) -> u64 {
    kib(&format!("/proc/{pid}/smaps_rollup"), &["Private_Clean:", "Private_Dirty:"])
}

fn kib(path: &str, keys: &[&str]) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter(|line| keys.iter().any(|key| line.starts_with(key)));
    lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
}

pub fn unix_millis() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Milliseconds since the epoch of an RFC 3339 time.
pub fn millis(value: &Value) -> u64 {
    let time = value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    time.map_or(0, |time| time.as_millisecond() as u64)
}

pub fn number(value: &Value) -> u32 {
    value.as_u64().unwrap_or(0) as u32
}

pub fn pause(length: Duration) {
    let (_keep, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(length);
}
