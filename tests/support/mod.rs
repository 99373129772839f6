//! What the end-to-end tests stand on: a hermetic project, the real binary, a real terminal, and eyes for what is left behind.
//!
//! Nothing here looks into the library: these tests see what a user sees. Whatever is killed is killed by proven mark.
#![allow(dead_code, reason = "every test file uses its own part of it")]
#![allow(clippy::print_stdout, reason = "the test runner shows it when a test fails")]
#![allow(unused_imports, reason = "every test file uses its own part of it")]

pub mod isolate;
pub mod left_out;
pub mod procs;
pub mod project;
pub mod row;
pub mod screen;
pub mod wait;

pub use isolate::isolated;
pub use left_out::{Lacking, left_out};
pub use procs::{Process, survivors};
pub use project::{Out, Project};
pub use row::Row;
pub use screen::Screen;
pub use wait::{DEADLINE, pause, wait_for, wait_within};
