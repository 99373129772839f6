//! The process table as the kernel tells it, told apart by mark: what the tests started, and nothing else.

use std::fs;

use super::isolate::is_isolated;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// The variable every process of a test inherits.
pub const MARK: &str = "BADCHILD_MARK";

/// CPU time of all children that were waited for, in seconds (`cutime` and `cstime` of `/proc/PID/stat`, in hundredths).
pub fn seconds_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    let fields: Vec<&str> = stat.rsplit_once(") ").expect("a name in brackets").1.split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
    (ticks(13) + ticks(14)) / 100.0
}

/// One process, read from `/proc`.
#[derive(Clone, Debug)]
pub struct Process {
    pub pid: u32,
    pub parent_pid: u32,
    pub session: u32,
    /// The letter of `/proc/PID/stat`: `R S D T Z` …
    pub state: char,
    pub args: Vec<String>,
    pub env: Vec<String>,
}

impl Process {
    /// Reads one; `None` when it is gone.
    pub fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let list = |name: &str| {
            let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            bytes
                .split(|b| *b == 0)
                .filter(|s| !s.is_empty())
                .map(|s| String::from_utf8_lossy(s).into_owned())
                .collect()
        };
        Some(Self {
            pid,
            parent_pid: fields.get(1)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            state: fields.first()?.chars().next()?,
            args: list("cmdline"),
            env: list("environ"),
        })
    }

    /// Every process of this pid namespace.
    pub fn all() -> Vec<Self> {
        let entries = fs::read_dir("/proc").expect("/proc");
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter_map(Self::read).collect()
    }

    /// Pids of all that run these words.
    pub fn running(args: &[&str]) -> Vec<u32> {
        Self::all().into_iter().filter(|process| process.args == args).map(|process| process.pid).collect()
    }

    /// It carries the mark, in its environment or in its arguments, or it is a keeper: those carry no environment at all,
    /// but in a namespace of our own every keeper is ours.
    pub fn has_mark(&self, mark: &str) -> bool {
        let entry = format!("{MARK}={mark}");
        let marked = self.env.contains(&entry) || self.args.iter().any(|arg| arg == mark);
        marked || (self.is_keeper() && is_isolated())
    }

    /// It is this `pm` as the keeper of a run.
    pub fn is_keeper(&self) -> bool {
        self.is_mode("__keeper")
    }

    /// It is this `pm` as what keepers are copied from.
    pub fn is_template(&self) -> bool {
        self.is_mode("__zygote")
    }

    fn is_mode(&self, mode: &str) -> bool {
        let exe = fs::read_link(format!("/proc/{}/exe", self.pid));
        self.args.get(1).is_some_and(|arg| arg == mode) && exe.is_ok_and(|exe| exe.ends_with("pm"))
    }

    /// The value of a variable it was started with.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.env.iter().find_map(|entry| entry.strip_prefix(name)?.strip_prefix('='))
    }

    /// It belongs to the run of a process, that is: it is neither supervisor nor keeper nor client.
    pub fn is_supervised(&self) -> bool {
        self.var("PM_RUN_ID").is_some()
    }

    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }

    /// One line for a failure message.
    pub fn line(&self) -> String {
        let who = self.var("PM_PROCESS").map(|name| format!(" [{name}]")).unwrap_or_default();
        format!("{} (parent {}, {}){who} {}", self.pid, self.parent_pid, self.state, self.args.join(" "))
    }
}

/// Everything alive that carries `mark`: supervisors, keepers and children alike.
pub fn survivors(mark: &str) -> Vec<Process> {
    Process::all().into_iter().filter(|process| process.has_mark(mark)).collect()
}

/// One line per process.
pub fn listed(processes: &[Process]) -> String {
    processes.iter().map(Process::line).collect::<Vec<_>>().join("\n")
}

/// Zombies below one of the marked processes. A zombie has no environment any more; it is known by its parent.
pub fn zombies_below(mark: &str) -> Vec<Process> {
    let all = Process::all();
    let parents: Vec<u32> = all.iter().filter(|p| p.has_mark(mark) && !p.is_supervised()).map(|p| p.pid).collect();
    all.into_iter().filter(|process| process.is_zombie() && parents.contains(&process.parent_pid)).collect()
}

/// Sends `signal` to `pid` if, and only if, it carries `mark`; the descriptor keeps the number from changing hands meanwhile.
pub fn signal_marked(pid: u32, mark: &str, signal: Signal) -> bool {
    let Some(target) = Pid::from_raw(pid as i32) else { return false };
    let Ok(descriptor) = pidfd_open(target, PidfdFlags::empty()) else { return false };
    let proven = Process::read(pid).is_some_and(|process| process.has_mark(mark));
    proven && pidfd_send_signal(descriptor, signal).is_ok()
}
