//! The numbers of the named signals on this system.

use crate::domain::Signal;

/// The number; bare numbers are taken as they are.
#[allow(clippy::unnecessary_wraps, reason = "Windows has no numbers")]
pub const fn number(signal: Signal) -> Option<i32> {
    Some(match signal {
        Signal::Term => libc::SIGTERM,
        Signal::Kill => libc::SIGKILL,
        Signal::Int => libc::SIGINT,
        Signal::Hup => libc::SIGHUP,
        Signal::Quit => libc::SIGQUIT,
        Signal::Usr1 => libc::SIGUSR1,
        Signal::Usr2 => libc::SIGUSR2,
        Signal::Cont => libc::SIGCONT,
        Signal::Stop => libc::SIGSTOP,
        Signal::Tstp => libc::SIGTSTP,
        Signal::Abrt => libc::SIGABRT,
        Signal::Alrm => libc::SIGALRM,
        Signal::Bus => libc::SIGBUS,
        Signal::Fpe => libc::SIGFPE,
        Signal::Ill => libc::SIGILL,
        Signal::Pipe => libc::SIGPIPE,
        Signal::Segv => libc::SIGSEGV,
        Signal::Sys => libc::SIGSYS,
        Signal::Trap => libc::SIGTRAP,
        Signal::Winch => libc::SIGWINCH,
        Signal::Xcpu => libc::SIGXCPU,
        Signal::Xfsz => libc::SIGXFSZ,
        Signal::Number(number) => number,
    })
}
