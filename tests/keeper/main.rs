//! The real keeper over a real socket with real children. Waits on what is said and what is on disk, never for luck.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    clippy::print_stderr,
    reason = "a test picks what it waits for and fails by panic"
)]

mod driver;

mod ends;
mod output;
mod peers;
#[cfg(target_os = "linux")]
mod trees;
