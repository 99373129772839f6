//! The real keeper over a real socket with real children. Waits on what is said and what is on disk, never for luck.
#![cfg(unix)]

mod driver;

mod ends;
mod output;
mod peers;
#[cfg(target_os = "linux")]
mod trees;
