//! What Linux, macOS and the BSDs have in common. Chosen by the files one level up, called by nobody else.

pub mod boot;
#[cfg(not(target_os = "linux"))]
mod census;
pub mod child;
pub mod cradle;
pub mod dirs;
pub mod files;
pub mod foreground;
pub mod kill;
pub mod launch;
pub mod local;
pub mod poll;
pub mod pty;
pub mod reap;
pub mod signals;
pub mod suspend;
pub mod termination;
