//! Pseudo-terminals for processes that want one. Called by the keeper.

#[cfg(unix)]
use super::unix::pty as system;
#[cfg(windows)]
use super::windows::pty as system;

pub use system::resize;
