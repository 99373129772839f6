//! Descriptors, session, signal handlers and umask of a keeper; its sockets and files.
#![allow(unsafe_code, reason = "process-wide settings and signal handlers")]

use std::fs::File;
use std::io;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

use rustix::fs::Mode;

use super::poll::pipe;
use crate::platform::cradle::Woken;
use crate::platform::poll::Fd;

/// Makes this process a keeper: no descriptors but the first three, a session of its own, the parent of every orphan below it.
/// Gives the socket it was born with.
pub fn settle() -> io::Result<Fd> {
    close_from(3);
    let _ = rustix::process::setsid();
    become_subreaper();
    // SAFETY: descriptor 0 is open, because the duplication of it is checked, and from here on only used through the copy.
    let born_with = unsafe { rustix::fd::BorrowedFd::borrow_raw(0) };
    let socket = rustix::io::fcntl_dupfd_cloexec(born_with, 3)?;
    // SAFETY: 0 and 1 are plain descriptors of ours; whoever reads the keeper's standard input from now on reads /dev/null.
    unsafe { libc::dup2(1, 0) };
    // SAFETY: changes a number of this process.
    unsafe { libc::umask(0o077) };
    Ok(Fd(socket))
}

/// Closes every descriptor from `first` on. Only for a process that owns none of them yet.
pub fn close_from(first: i32) {
    #[cfg(target_os = "linux")]
    // SAFETY: nothing in this process owns a descriptor yet; this runs before anything was opened.
    if unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) } == 0 {
        return;
    }
    // SAFETY: as above; closing what is not open is an error without effect.
    let last = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) }.clamp(256, 65_536) as i32;
    for fd in first..last {
        // SAFETY: as above.
        unsafe { libc::close(fd) };
    }
}

/// Orphans of our tree come to us. Where the system has no such thing they go to init, and a stop is proven less well.
fn become_subreaper() {
    #[cfg(target_os = "linux")]
    // SAFETY: sets a flag of this process.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
}

/// Gives freed heap back to the system.
pub fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: releases pages the allocator does not use.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Signals that wake the loop. Each is remembered until asked for; several of a kind are one.
#[derive(Debug)]
pub struct Wakeups {
    read: Fd,
}

static PENDING: AtomicU8 = AtomicU8::new(0);
static WAKE_FD: AtomicI32 = AtomicI32::new(-1);

extern "C" fn remember(number: i32) {
    let bit = match number {
        libc::SIGCHLD => 1,
        libc::SIGTERM => 2,
        _ => 4,
    };
    PENDING.fetch_or(bit, Ordering::SeqCst);
    // SAFETY: write is async-signal-safe. A full pipe is fine: then the loop is about to wake anyway. `errno` is put back, because
    // the call that was interrupted may be about to read its own.
    unsafe {
        let errno = errno_place();
        let before = *errno;
        libc::write(WAKE_FD.load(Ordering::SeqCst), [0u8].as_ptr().cast(), 1);
        *errno = before;
    }
}

unsafe fn errno_place() -> *mut i32 {
    #[cfg(any(target_os = "linux", target_os = "emscripten"))]
    // SAFETY: always valid for the calling thread.
    return unsafe { libc::__errno_location() };
    #[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
    // SAFETY: always valid for the calling thread.
    return unsafe { libc::__error() };
    #[cfg(any(target_os = "openbsd", target_os = "netbsd", target_os = "android"))]
    // SAFETY: always valid for the calling thread.
    return unsafe { libc::__errno() };
}

impl Wakeups {
    /// Installs the handlers: CHLD, TERM and USR1 wake; INT, HUP, PIPE, the terminal's stops, and what a file that has grown to its
    /// limit sends (the write that fails is told) are ignored; nothing is blocked.
    pub fn install() -> io::Result<Self> {
        let (read, write) = pipe()?;
        read.set_nonblocking()?;
        write.set_nonblocking()?;
        // The write end lives as long as the process: a handler may run at any time.
        WAKE_FD.store(write.0.into_raw_fd(), Ordering::SeqCst);
        let handler = remember as extern "C" fn(i32);
        for number in [libc::SIGCHLD, libc::SIGTERM, libc::SIGUSR1] {
            set_handler(number, handler as libc::sighandler_t);
        }
        let ignored = [libc::SIGINT, libc::SIGHUP, libc::SIGPIPE, libc::SIGXFSZ];
        for number in ignored.into_iter().chain([libc::SIGTTOU, libc::SIGTTIN, libc::SIGTSTP]) {
            set_handler(number, libc::SIG_IGN);
        }
        block_nothing();
        Ok(Self { read })
    }

    /// Readable when something is pending.
    pub const fn fd(&self) -> &Fd {
        &self.read
    }

    /// Takes what is pending.
    pub fn take(&self) -> Woken {
        let mut sink = [0u8; 64];
        while matches!(self.read.read(&mut sink), Ok(64)) {}
        let bits = PENDING.swap(0, Ordering::SeqCst);
        Woken { child: bits & 1 != 0, terminate: bits & 2 != 0, refresh: bits & 4 != 0 }
    }
}

/// What a caller may have left us, and we cannot live with: blocked signals, children that nobody can wait for, death by a file
/// that has grown to its limit.
pub fn clean_signals() {
    set_handler(libc::SIGCHLD, libc::SIG_DFL);
    set_handler(libc::SIGXFSZ, libc::SIG_IGN);
    block_nothing();
}

/// Blocks no signal. Async-signal-safe.
pub fn block_nothing() {
    // SAFETY: the set is plain numbers made whole by sigemptyset.
    unsafe {
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
    }
}

/// Whether a signal of this number is ignored, as `nohup` has it.
pub fn is_ignored(number: i32) -> bool {
    // SAFETY: asks only; the structure is a valid place for the answer.
    unsafe {
        let mut now: libc::sigaction = std::mem::zeroed();
        libc::sigaction(number, std::ptr::null(), &raw mut now) == 0 && now.sa_sigaction == libc::SIG_IGN
    }
}

fn set_handler(number: i32, handler: libc::sighandler_t) {
    // SAFETY: the structure is plain numbers; the handler is a function that may run at any time, or a constant.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(number, &raw const action, std::ptr::null_mut());
    }
}

/// Listens at `path` for connections of the same user. A directory that has gone is made anew, and a socket left there by the
/// dead is replaced.
pub fn listen(path: &Path) -> io::Result<Fd> {
    let listener = bind(path).or_else(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            std::fs::remove_file(path)?;
        } else {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        }
        bind(path)
    })?;
    listener.set_nonblocking(true)?;
    Ok(Fd(OwnedFd::from(listener)))
}

/// Mode 0600 from the first moment on.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let before = rustix::process::umask(Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(path);
    rustix::process::umask(before);
    bound
}

/// The next connection that waits, if it comes from the same user (or from root).
pub fn accept(listener: &Fd) -> io::Result<Fd> {
    let socket = rustix::net::accept(&listener.0)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    let fd = Fd(socket);
    fd.set_nonblocking()?;
    let me = rustix::process::geteuid().as_raw();
    match peer_uid(&fd)? {
        0 => Ok(fd),
        uid if uid == me => Ok(fd),
        uid => Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("peer has uid {uid}"))),
    }
}

#[cfg(target_os = "linux")]
fn peer_uid(fd: &Fd) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(&fd.0)?.uid.as_raw())
}

#[cfg(not(target_os = "linux"))]
fn peer_uid(fd: &Fd) -> io::Result<u32> {
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: both are valid places for the answer.
    match unsafe { libc::getpeereid(super::poll::raw(&fd.0), &raw mut uid, &raw mut gid) } {
        0 => Ok(uid),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Sets space aside for a file, so that it can be written on a full disk. Where the system cannot, nothing happens.
pub fn set_aside(file: &File, len: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, len)?;
    #[cfg(not(target_os = "linux"))]
    let _ = (file, len);
    Ok(())
}

/// This process may execute the file.
pub fn may_execute(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
