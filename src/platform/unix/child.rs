//! Fork and exec: the start of a program.
//!
//! Everything special (session, terminal, signals, limits) happens between fork and exec, where only calls that are safe there are made,
//! on memory prepared before. On Linux the fork copies no memory; measured, that saves a tenth of the CPU time of a start.
#![allow(unsafe_code, reason = "fork, exec and what lies between them")]

use std::ffi::c_char;
use std::io;

use super::cradle::block_nothing;
use super::poll::{pipe, raw};
use super::pty::{self, Terminal};
use crate::platform::child::{Ends, Failed, FailedAt, Plan, Spawned};
use crate::platform::poll::Fd;

fn failed(at: FailedAt) -> impl Fn(io::Error) -> Failed {
    move |error| Failed { at, errno: error.raw_os_error().unwrap_or_default() }
}

/// Starts it. Returns when the program was executed, or could not be.
pub fn spawn(plan: &Plan<'_>) -> Result<Spawned, Failed> {
    let exec = Exec::prepare(plan).map_err(|errno| Failed { at: FailedAt::Text, errno })?;
    let (ours, theirs) = make_ends(plan.tty).map_err(failed(FailedAt::Ends))?;
    let (verdict, told) = pipe().map_err(failed(FailedAt::Ends))?;
    let stdio = theirs.each_ref().map(raw_fd);
    let birth = Birth { exec: &exec, stdio, told: raw_fd(&told) };
    let pid = birth.give().map_err(failed(FailedAt::Fork))?;
    drop((told, theirs));
    match read_verdict(&verdict) {
        None => Ok(Spawned { pid, ends: ours }),
        Some(why) => {
            // SAFETY: collects the child that just left; no memory is written.
            unsafe { libc::waitpid(pid as i32, std::ptr::null_mut(), 0) };
            Err(why)
        }
    }
}

fn raw_fd(fd: &Fd) -> i32 {
    raw(&fd.0)
}

fn make_ends(tty: Option<(u16, u16)>) -> io::Result<(Ends, [Fd; 3])> {
    if let Some((rows, cols)) = tty {
        let Terminal { master, slave } = pty::open(rows, cols)?;
        let copy = || slave.0.try_clone().map(Fd);
        let theirs = [copy()?, copy()?, copy()?];
        return Ok((Ends::Terminal { master, slave }, theirs));
    }
    let ((child_in, stdin), (stdout, child_out), (stderr, child_err)) = (pipe()?, pipe()?, pipe()?);
    for fd in [&stdin, &stdout, &stderr] {
        fd.set_nonblocking()?;
    }
    Ok((Ends::Pipes { stdin, stdout, stderr }, [child_in, child_out, child_err]))
}

/// End of file: the pipe was closed by a successful exec. Eight bytes: step and error number.
fn read_verdict(verdict: &Fd) -> Option<Failed> {
    let mut bytes = [0u8; 8];
    let mut len = 0;
    while len < bytes.len() {
        match verdict.read(&mut bytes[len..]) {
            Ok(0) => return None,
            Ok(n) => len += n,
            Err(error) => return Some(failed(FailedAt::Exec)(error)),
        }
    }
    let [step, _, _, _, errno @ ..] = bytes;
    let at = if step == STEP_CWD { FailedAt::Cwd } else { FailedAt::Exec };
    Some(Failed { at, errno: i32::from_ne_bytes(errno) })
}

const STEP_CWD: u8 = 1;
const STEP_EXEC: u8 = 2;

/// What the child is made with.
struct Birth<'a> {
    exec: &'a Exec,
    stdio: [i32; 3],
    told: i32,
}

impl Birth<'_> {
    /// Makes a child that borrows this memory, and this thread's time, until it executes its program: nothing is copied.
    #[cfg(target_os = "linux")]
    fn give(&self) -> io::Result<u32> {
        extern "C" fn child(birth: *mut libc::c_void) -> i32 {
            // SAFETY: the parent passes a pointer to a value that it keeps, unmoved, while it waits for us.
            let birth = unsafe { &*birth.cast_const().cast::<Birth<'_>>() };
            birth.exec.become_program(birth.stdio, birth.told)
        }
        let mut stack = crate::platform::poll::Buffer::new(STACK_BYTES)?;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        // SAFETY: the sets are made whole by the calls. All signals wait meanwhile, so that no handler runs in the child, which
        // shares our memory. Its stack is its own, grows downward from an aligned end and outlives it: with VFORK we stand still
        // until it has executed or ended.
        let pid = unsafe {
            let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&raw mut all);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            let top = stack.as_mut_ptr().add(STACK_BYTES).cast();
            let pid = libc::clone(child, top, flags, std::ptr::from_ref(self).cast_mut().cast());
            let error = io::Error::last_os_error();
            libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
            if pid == -1 {
                return Err(error);
            }
            pid
        };
        Ok(pid as u32)
    }

    #[cfg(not(target_os = "linux"))]
    fn give(&self) -> io::Result<u32> {
        // SAFETY: the keeper has one thread; the child makes only calls that are safe after fork.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => self.exec.become_program(self.stdio, self.told),
            pid => Ok(pid as u32),
        }
    }
}

/// Enough for a dozen system calls.
#[cfg(target_os = "linux")]
const STACK_BYTES: usize = 32 << 10;

/// Everything the child needs, made before the fork: nothing may be allocated after it.
struct Exec {
    /// All texts, each with a NUL behind it. The pointers point into it.
    _texts: Vec<u8>,
    program: *const c_char,
    cwd: *const c_char,
    argv: Vec<*const c_char>,
    envp: Vec<*const c_char>,
    umask: libc::mode_t,
    open_files: u64,
    tty: bool,
}

impl Exec {
    fn prepare(plan: &Plan<'_>) -> Result<Self, i32> {
        let all = || [plan.program, plan.cwd].into_iter().chain(plan.argv.iter().chain(plan.env).copied());
        let mut texts = Vec::with_capacity(all().map(|text| text.len() + 1).sum());
        for text in all() {
            if text.as_bytes().contains(&0) {
                return Err(libc::EINVAL);
            }
            texts.extend_from_slice(text.as_bytes());
            texts.push(0);
        }
        // The memory stays where it is from here on.
        let mut rest = texts.as_slice();
        let mut next = |text: &str| {
            let at = rest.as_ptr().cast::<c_char>();
            rest = &rest[text.len() + 1..];
            at
        };
        let (program, cwd) = (next(plan.program), next(plan.cwd));
        let mut list = |texts: &[&str]| texts.iter().map(|text| next(text)).chain([std::ptr::null()]).collect();
        let (argv, envp) = (list(plan.argv), list(plan.env));
        let (umask, open_files, tty) = (plan.umask as libc::mode_t, plan.open_files, plan.tty.is_some());
        Ok(Self { _texts: texts, program, cwd, argv, envp, umask, open_files, tty })
    }

    /// In the child: never returns. Reports a failure on `told`, which a successful exec closes.
    #[allow(clippy::cast_lossless, reason = "the type of a terminal request differs between systems")]
    fn become_program(&self, stdio: [i32; 3], told: i32) -> ! {
        // SAFETY: only async-signal-safe calls, on descriptors and strings that exist since before the fork; the lists end in null.
        unsafe {
            libc::setsid();
            for (target, source) in stdio.into_iter().enumerate() {
                libc::dup2(source, target as i32);
            }
            if self.tty {
                libc::ioctl(0, libc::TIOCSCTTY as _, 0);
            }
            clean_signals();
            libc::umask(self.umask);
            if self.open_files > 0 {
                limit_open_files(self.open_files);
            }
            let step = if libc::chdir(self.cwd) == 0 {
                libc::execve(self.program, self.argv.as_ptr(), self.envp.as_ptr());
                STEP_EXEC
            } else {
                STEP_CWD
            };
            let errno = io::Error::last_os_error().raw_os_error().unwrap_or_default().to_ne_bytes();
            let message = [step, 0, 0, 0, errno[0], errno[1], errno[2], errno[3]];
            libc::write(told, message.as_ptr().cast(), message.len());
            libc::_exit(127)
        }
    }
}

/// Default dispositions and an empty mask: both survive exec, and the child shall not inherit what the keeper ignores.
unsafe fn clean_signals() {
    for number in 1..=64 {
        // SAFETY: async-signal-safe. Refusals (KILL, STOP) are harmless.
        unsafe { set_default(number) };
    }
    block_nothing();
}

/// The C library keeps two real-time signals for itself and refuses to touch them; an inherited "ignored" must go all the same.
#[cfg(target_os = "linux")]
unsafe fn set_default(number: i32) {
    // The kernel's structure (handler, flags, restorer, mask) differs between machines, but all of it is zero for the default.
    let default = [0u64; 8];
    // SAFETY: async-signal-safe; the structure is longer than any machine's.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, number, default.as_ptr(), std::ptr::null_mut::<u64>(), 8) };
}

#[cfg(not(target_os = "linux"))]
unsafe fn set_default(number: i32) {
    // SAFETY: async-signal-safe; the structure is plain numbers made whole here.
    unsafe {
        let mut default: libc::sigaction = std::mem::zeroed();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(number, &raw const default, std::ptr::null_mut());
    }
}

unsafe fn limit_open_files(soft: u64) {
    // SAFETY: async-signal-safe; `limit` is a valid place for the answer and a valid value afterwards.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = (soft as libc::rlim_t).min(limit.rlim_max);
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}
