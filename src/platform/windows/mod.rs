//! Windows: directories and the clock work; what needs signals, sockets or keepers answers a typed refusal.

use super::Unsupported;

/// What everything that needs a keeper or a supervisor answers here.
const NO_SUPERVISION: Unsupported = Unsupported {
    what: "supervising processes",
    instead: "run pm inside WSL, where it is; here `pm check`, `pm logs` and `pm events` work",
};

pub mod boot;
pub mod child;
pub mod cradle;
pub mod dirs;
pub mod files;
pub mod foreground;
pub mod launch;
pub mod local;
pub mod poll;
pub mod pty;
pub mod reap;
pub mod signals;
pub mod suspend;
pub mod termination;
