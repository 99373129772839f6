//! Everything the operating systems do differently: processes, signals, trees, sockets, directories.

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
