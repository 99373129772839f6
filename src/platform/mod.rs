//! Everything the operating systems do differently: processes, signals, trees, sockets, directories.
//!
//! Knows nothing of what a process means: no names, no phases, no policy. The files here choose between `unix`, `linux`,
//! `elsewhere` (by way of sysinfo) and `windows`; nothing outside this room needs `cfg`. What a system cannot do answers
//! [`Unsupported`]. Everybody but `domain`, `config` and `wire` calls it.

pub mod background;
pub mod child;
pub mod clock;
pub mod cradle;
pub mod dirs;
pub mod files;
pub mod first;
pub mod foreground;
pub mod identity;
pub mod launch;
pub mod local;
pub mod lock;
pub mod members;
pub mod poll;
pub mod pread;
pub mod processes;
pub mod pty;
pub mod reap;
pub mod refresh;
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
