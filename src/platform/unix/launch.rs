//! Starting `pm` itself again by `posix_spawn`, and what a process changes about itself.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Resource, Rlimit, WaitOptions, WaitStatus};

pub use super::cradle::clean_signals;
use super::cradle::close_from;
use super::files::append_private;
use crate::platform::launch::{ChildEnd, KEEPER_ARG};
use crate::platform::signals;

pub type RawStream = UnixStream;

/// Enough for thousands of runs; some systems call a limit "infinite" and then refuse to set that.
const OPEN_FILES_CAP: u64 = if cfg!(target_os = "macos") { 10_240 } else { 1 << 20 };

pub fn into_stream(raw: RawStream) -> io::Result<super::local::Stream> {
    tokio::net::UnixStream::from_std(raw)
}

/// A new socket for a keeper: our end and the keeper's.
pub fn keeper_socket() -> io::Result<(RawStream, OwnedFd)> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((ours, theirs.into()))
}

/// Sends as much as there is room for without waiting, and says how much that was.
pub fn send_now(mut to: &RawStream, bytes: &[u8]) -> io::Result<usize> {
    to.write(bytes)
}

/// Executes `exe` as a keeper; gives its pid. It is ours to reap.
pub fn execute_keeper(exe: &Path, label: &str, theirs: OwnedFd) -> io::Result<u32> {
    keeper_command(exe, &[KEEPER_ARG, label])
        .stdin(Stdio::from(theirs))
        .current_dir("/")
        .spawn()
        .map(|child| child.id())
}

/// `exe` with nothing of our environment but what keepers need, and no output.
pub fn keeper_command(exe: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(exe);
    command.arg0("pm").args(args).env_clear();
    command.envs(std::env::vars_os().filter(|(key, _)| key.to_str().is_some_and(is_for_keepers)));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How our child ended, if it did. It is no zombie afterwards.
pub fn reap(pid: u32) -> io::Result<Option<ChildEnd>> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(io::ErrorKind::InvalidInput)?;
    loop {
        match rustix::process::waitpid(Some(pid), WaitOptions::NOHANG) {
            Err(rustix::io::Errno::INTR) => {}
            other => return Ok(other?.map(|(_, status)| child_end(status))),
        }
    }
}

fn child_end(status: WaitStatus) -> ChildEnd {
    let by_signal = || ChildEnd::Signal(signals::from_number(status.terminating_signal().unwrap_or_default()));
    status.exit_status().map_or_else(by_signal, ChildEnd::Code)
}

fn is_for_keepers(variable: &str) -> bool {
    matches!(variable, "PATH" | "HOME" | "LANG") || variable.starts_with("XDG_")
}

pub fn spawn_detached(exe: &Path, args: &[OsString], log: &Path) -> io::Result<Child> {
    let log = append_private(log)?;
    let log_too = log.try_clone()?;
    Command::new(exe).args(args).stdin(Stdio::null()).stdout(log).stderr(log_too).spawn()
}

pub fn leave_caller() {
    close_from(3);
    // The one error there is says that we lead a group already, and then there is nothing to leave.
    let _ = rustix::process::setsid();
    // It is always there.
    let _ = std::env::set_current_dir("/");
}

/// What runs, though its file may have no name any more.
pub fn running_exe() -> Option<PathBuf> {
    cfg!(target_os = "linux").then(|| "/proc/self/exe".into())
}

pub fn raise_open_files() -> u64 {
    static BORN_WITH: OnceLock<u64> = OnceLock::new();
    *BORN_WITH.get_or_init(|| {
        let limit = rustix::process::getrlimit(Resource::Nofile);
        let wanted = limit.maximum.map_or(OPEN_FILES_CAP, |hard| hard.min(OPEN_FILES_CAP));
        if limit.current.is_some_and(|soft| soft < wanted) {
            let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
            // Refused, we go on with what there is; the system says so when it runs out.
            let _ = rustix::process::setrlimit(Resource::Nofile, raised);
        }
        limit.current.unwrap_or(u64::MAX)
    })
}

/// Asked of `/proc` where there is one: reading it by `umask(2)` means changing it for a moment, in every thread.
pub fn current_umask() -> u32 {
    static BORN_WITH: OnceLock<u32> = OnceLock::new();
    *BORN_WITH.get_or_init(|| umask_of_proc().unwrap_or_else(umask_by_change))
}

fn umask_of_proc() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let octal = status.lines().find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(octal.trim(), 8).ok()
}

#[allow(clippy::useless_conversion, reason = "a mode has 16 bits on macOS")]
fn umask_by_change() -> u32 {
    let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(mask);
    u32::from(mask.as_raw_mode())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::launch::{KeeperChild, Spawner};
    use std::io::Read;

    fn end_of(child: &mut KeeperChild) -> ChildEnd {
        loop {
            match child.try_reap().unwrap() {
                Some(end) => return end,
                None => std::thread::yield_now(),
            }
        }
    }

    #[test]
    fn a_keeper_gets_its_socket_a_clean_environment_and_the_root() {
        // The shell stands in for a keeper: `sh __keeper label` would look for a script of that name.
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("keeper");
        let text = "#!/bin/sh\nread line\n{ echo \"$line $1 $2\"; pwd; env; } >&0\nexit 3\n";
        std::fs::write(&script, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, mode).unwrap();
        // The template would be this script, too: it refuses, and the keeper is executed.
        let keeper = Spawner::new(script).spawn("api", b"hello\n").unwrap();
        let (mut stream, mut child) = (keeper.stream.0, keeper.child);
        assert!(keeper.unsent.is_empty());
        stream.set_nonblocking(false).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert!(said.starts_with("hello __keeper api\n/\n"), "{said}");
        assert!(!said.contains("CARGO"), "{said}");
        assert_eq!(end_of(&mut child), ChildEnd::Code(3));
    }

    #[tokio::test]
    async fn the_end_is_known_and_the_stream_turns_asynchronous() {
        use tokio::io::AsyncReadExt;
        let keeper = Spawner::new("/bin/false".into()).spawn("api", &[]).unwrap();
        let (mut stream, mut child) = (keeper.stream.into_stream().unwrap(), keeper.child);
        assert_eq!(stream.read_u8().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(end_of(&mut child), ChildEnd::Code(1));
        assert_eq!(child.try_reap().unwrap(), Some(ChildEnd::Code(1)));
        assert!(Spawner::new("/no/such/pm".into()).spawn("api", &[]).is_err());
    }

    #[test]
    fn a_detached_process_writes_to_its_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("supervisor.log");
        let args = ["-c".into(), "echo out; echo err >&2".into()];
        let mut child = spawn_detached(Path::new("/bin/sh"), &args, &log).unwrap();
        assert!(child.wait().unwrap().success());
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "out\nerr\n");
    }

    #[test]
    fn limit_and_umask_are_those_we_were_born_with() {
        let first = raise_open_files();
        assert_eq!(raise_open_files(), first);
        let now = rustix::process::getrlimit(Resource::Nofile);
        assert!(now.current.is_none_or(|soft| soft >= first));
        assert_eq!(current_umask(), umask_of_proc().unwrap_or_else(current_umask));
        assert!(current_umask() <= 0o777);
    }
}
