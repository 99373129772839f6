//! Starting `pm` itself again. Keepers need local sockets, so there are none here yet.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::windows::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

use crate::platform::launch::ChildEnd;

#[derive(Debug)]
pub struct RawStream(Infallible);

#[allow(clippy::needless_pass_by_value, reason = "the other systems consume it")]
pub fn into_stream(raw: RawStream) -> io::Result<super::local::Stream> {
    match raw.0 {}
}

pub fn keeper_socket() -> io::Result<(RawStream, Infallible)> {
    Err(super::NO_SUPERVISION.into())
}

pub fn send_now(to: &RawStream, _bytes: &[u8]) -> io::Result<usize> {
    match to.0 {}
}

pub fn execute_keeper(_exe: &Path, _label: &str, theirs: Infallible) -> io::Result<u32> {
    match theirs {}
}

pub fn reap(_pid: u32) -> io::Result<Option<ChildEnd>> {
    Err(super::NO_SUPERVISION.into())
}

pub fn spawn_detached(exe: &Path, args: &[OsString], log: &Path) -> io::Result<Child> {
    let log = OpenOptions::new().append(true).create(true).open(log)?;
    let log_too = log.try_clone()?;
    let flags = CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP;
    Command::new(exe).args(args).creation_flags(flags).stdin(Stdio::null()).stdout(log).stderr(log_too).spawn()
}

pub fn leave_caller() {}

pub fn clean_signals() {}

pub fn running_exe() -> Option<PathBuf> {
    None
}

pub fn raise_open_files() -> u64 {
    0
}

pub fn current_umask() -> u32 {
    0
}
