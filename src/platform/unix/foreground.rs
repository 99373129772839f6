//! A process group of its own for a program at our terminal, so that the keys that make signals reach it alone.
#![allow(unsafe_code, reason = "the foreground group is set between fork and exec, and waiting has to notice stops")]

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};

pub fn run(command: &mut Command) -> io::Result<ExitStatus> {
    command.process_group(0);
    // SAFETY: `signal`, `getpid` and `tcsetpgrp` are async-signal-safe; no memory of the parent is touched.
    unsafe {
        command.pre_exec(|| {
            // From the background, taking the terminal would stop us.
            libc::signal(libc::SIGTTOU, libc::SIG_IGN);
            libc::tcsetpgrp(libc::STDIN_FILENO, libc::getpid());
            libc::signal(libc::SIGTTOU, libc::SIG_DFL);
            Ok(())
        });
    }
    let ended = command.spawn().and_then(|child| wait(child.id() as libc::pid_t));
    take_terminal_back();
    ended
}

/// Waits for its end. One that stops itself (ctrl-z) goes on: there is no shell here that could wake it.
fn wait(pid: libc::pid_t) -> io::Result<ExitStatus> {
    loop {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the answer.
        if unsafe { libc::waitpid(pid, &raw mut status, libc::WUNTRACED) } < 0 {
            let error = io::Error::last_os_error();
            if error.kind() == io::ErrorKind::Interrupted {
                continue;
            }
            return Err(error);
        }
        if !libc::WIFSTOPPED(status) {
            return Ok(ExitStatus::from_raw(status));
        }
        // SAFETY: takes numbers, touches no memory; the group is that of our child, which is not reaped.
        unsafe { libc::kill(-pid, libc::SIGCONT) };
    }
}

/// Where there is no terminal, there is nothing to take back.
fn take_terminal_back() {
    // SAFETY: the sets are initialised before they are read, and live as long as they are used.
    unsafe {
        let mut quiet = std::mem::zeroed();
        let mut before = std::mem::zeroed();
        libc::sigemptyset(&raw mut quiet);
        libc::sigaddset(&raw mut quiet, libc::SIGTTOU);
        // We are in the background now, where this call would stop us.
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const quiet, &raw mut before);
        libc::tcsetpgrp(libc::STDIN_FILENO, libc::getpgrp());
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
    }
}
