//! End to end: the real binary in a real terminal, with nothing but what a user has. One program, so that what all of these stand
//! on is built and linked once.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected shall end")]

// Benches stand on it as well.
#[path = "../support/mod.rs"]
mod support;

mod harness;

mod mission;

mod recovery;
mod start;
mod stop;
mod storm;

mod disk;
mod events;
mod json;
mod logs;
mod output;
mod surroundings;

mod screen;
mod screen_log;
mod terminal;
