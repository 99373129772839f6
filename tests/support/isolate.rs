//! Runs a test in a pid namespace of its own, where no signal can reach a stranger and nothing can stay behind.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::left_out::{Lacking, left_out};
use super::wait::pause;

/// Set in the namespace: the test runs for real.
const INSIDE: &str = "PM_TEST_ISOLATED";
/// What is missing where there is no namespace.
const NO_NAMESPACE: Lacking<'_> = Lacking::Permission("`unshare` cannot make a pid namespace here");
/// No single test takes longer.
const LIMIT: Duration = Duration::from_mins(4);

/// Runs `body`, which has to be a closure written inside the test function, in a fresh pid namespace.
///
/// The test binary is executed again for this one test. Where the system allows no namespaces the test is left out, loudly.
pub fn isolated<F: FnOnce()>(body: F) {
    if is_isolated() {
        body();
        return;
    }
    let Some(flags) = namespace_flags() else {
        left_out(NO_NAMESPACE);
        return;
    };
    let name = test_name(std::any::type_name::<F>());
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (output, path) = (dir.path().join("output"), std::env::current_exe().expect("the test binary"));
    let file = File::create(&output).expect("an output file");
    let mut child = namespace(flags)
        .arg(path)
        .args([&name, "--exact", "--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .stdin(Stdio::null())
        .stdout(file.try_clone().expect("a second descriptor"))
        .stderr(file)
        .spawn()
        .expect("unshare");
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("a child to wait for") {
            Some(status) => break Some(status),
            None if start.elapsed() > LIMIT => {
                child.kill().expect("a child to kill");
                child.wait().expect("a child to wait for");
                break None;
            }
            None => pause(Duration::from_millis(10)),
        }
    };
    let said = String::from_utf8_lossy(&fs::read(&output).expect("its output")).into_owned();
    println!("{said}");
    match status {
        None => panic!("{name} took longer than {LIMIT:?} and was ended"),
        Some(status) => assert!(status.success(), "{name} failed in its namespace: {status}"),
    }
    assert!(said.contains("1 passed"), "{name} was not found when the test binary was executed again");
}

/// Executes this program again, with the same arguments, in a pid namespace; `None` when it is inside already.
pub fn rerun_inside() -> Option<ExitCode> {
    if is_isolated() {
        return None;
    }
    let Some(flags) = namespace_flags() else {
        left_out(NO_NAMESPACE);
        return Some(ExitCode::SUCCESS);
    };
    let status =
        namespace(flags).args(std::env::args_os()).env(INSIDE, "1").stdin(Stdio::null()).status().expect("unshare");
    Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `unshare` with a shell as the first process, which reaps what is handed to it, as the first process of a machine does; to be
/// followed by the program to run.
#[allow(unsafe_code, reason = "what a program inherits of signals can be changed only between fork and exec")]
fn namespace(flags: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    command.args(flags).args(["sh", "-c", "\"$@\"; exit $?", "sh"]);
    // SAFETY: `signal` is async-signal-safe and touches no memory of the parent.
    unsafe {
        command.pre_exec(|| {
            // Tests started in the background of a script, or below `nohup`, hand on that these are ignored, and no terminal of
            // a person does that.
            for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT] {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    command
}

/// `stop::a1_name::{{closure}}` → `a1_name`.
fn test_name(closure: &str) -> String {
    let path = closure.split("::{{closure}}").next().expect("a first part");
    path.split_once("::").map_or(path, |(_, inside)| inside).to_owned()
}

/// This process runs in a namespace of its own.
pub fn is_isolated() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// What `unshare` has to be told here: root needs no user namespace.
fn namespace_flags() -> Option<&'static [&'static str]> {
    const PLAIN: &[&str] = &["-p", "-f", "--mount-proc", "--kill-child"];
    const AS_USER: &[&str] = &["-U", "-r", "-p", "-f", "--mount-proc", "--kill-child"];
    static FOUND: OnceLock<Option<&'static [&'static str]>> = OnceLock::new();
    let works = |flags: &[&str]| {
        let tried = Command::new("unshare").args(flags).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    };
    *FOUND.get_or_init(|| [PLAIN, AS_USER].into_iter().find(|flags| works(flags)))
}
