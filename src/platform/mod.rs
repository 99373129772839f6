//! Everything the operating systems do differently: processes, signals, trees, sockets, directories.
//!
//! Knows nothing of what a process means: no names, no phases, no policy. The files here choose between `unix`, `linux`,
//! `elsewhere` (by way of sysinfo) and `windows`; nothing outside this room needs `cfg`. What a system cannot do answers
//! [`Unsupported`]. Everybody but `domain`, `config` and `wire` calls it.

pub mod background;
pub mod clock;
pub mod dirs;
pub mod files;
pub mod foreground;
pub mod identity;
pub mod launch;
pub mod local;
pub mod lock;
pub mod members;
pub mod pread;
pub mod processes;
pub mod signals;
pub mod stat;
pub mod suspend;
pub mod sweep;
pub mod termination;
pub mod unsupported;
pub mod zygote;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use unsupported::Unsupported;

#[cfg_attr(not(unix), path = "child_absent.rs")]
pub mod child;
#[cfg_attr(not(unix), path = "cradle_absent.rs")]
pub mod cradle;
#[cfg_attr(not(unix), path = "poll_absent.rs")]
pub mod poll;
#[cfg_attr(not(unix), path = "pty_absent.rs")]
pub mod pty;
#[cfg_attr(not(unix), path = "reap_absent.rs")]
pub mod reap;
