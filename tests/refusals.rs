//! Where nothing can be supervised yet: each verb says so in one line, with the code for a refusal, and leaves.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected shall end")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

const CONFIG: &str = "[process.web]\ncommand = [\"cmd\", \"/c\", \"echo hi\"]\n";

fn pm(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pm"));
    command.args(args).current_dir(dir).env("LOCALAPPDATA", dir).env("APPDATA", dir).stdin(Stdio::null());
    command.output().unwrap()
}

/// Exit code, standard output, standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("pm.toml"), CONFIG).unwrap();
    dir
}

#[test]
fn what_needs_a_supervisor_is_refused_with_a_way_out() {
    let dir = project();
    let verbs: [&[&str]; 17] = [
        &[],
        &["ps"],
        &["up"],
        &["up", "-d"],
        &["down"],
        &["run", "--", "cmd", "/c", "echo hi"],
        &["run", "--wait", "--", "cmd", "/c", "echo hi"],
        &["status", "web"],
        &["summary"],
        &["start", "web"],
        &["stop", "web"],
        &["restart", "web"],
        &["kill", "web"],
        &["signal", "web", "TERM"],
        &["wait", "web"],
        &["send", "web", "x"],
        &["__supervisor"],
    ];
    for args in verbs {
        let (code, out, err) = said(&pm(dir.path(), args));
        assert_eq!((code, out.as_str()), (Some(4), ""), "{args:?}: {err}");
        let last = err.lines().last().unwrap_or_default();
        assert!(last.starts_with("pm: supervising processes is not available on Windows yet; "), "{args:?}: {err}");
    }
}

#[test]
fn scripts_get_the_refusal_as_json() {
    let dir = project();
    let (code, out, err) = said(&pm(dir.path(), &["ps", "--json"]));
    assert_eq!(code, Some(4), "{err}");
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["error"]["kind"], "refused");
}

#[test]
fn a_bare_pid_is_refused_with_the_systems_own_tool() {
    let dir = project();
    let (code, _, err) = said(&pm(dir.path(), &["stop", "--pid", "4"]));
    assert_eq!(code, Some(4), "{err}");
    assert!(err.contains("taskkill"), "{err}");
}

#[test]
fn what_needs_none_works() {
    let dir = project();
    let (code, out, err) = said(&pm(dir.path(), &["check"]));
    assert!(code == Some(0) && out.contains("no fault"), "{out}{err}");
    assert_eq!(said(&pm(dir.path(), &["events"])).0, Some(0));
    let (code, _, err) = said(&pm(dir.path(), &["logs", "web"]));
    assert!(code == Some(0) && err.contains("has not run yet"), "{err}");
    let (code, _, err) = said(&pm(dir.path(), &["logs", "nobody"]));
    assert!(code == Some(4) && err.contains("nobody"), "{err}");
    std::fs::write(dir.path().join("pm.toml"), "[process.web]\nrestart = \"maybe\"\n").unwrap();
    let (code, _, err) = said(&pm(dir.path(), &["check"]));
    assert_eq!(code, Some(2), "{err}");
}
