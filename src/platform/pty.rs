//! Pseudo-terminals for processes that want one, and the size of our own. Called by the keeper and by the dashboard.

#[cfg(unix)]
use super::unix::pty as system;
#[cfg(windows)]
use super::windows::pty as system;

pub use system::{own_size, resize};
