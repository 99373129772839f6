//! `pm` supervises processes: agents, dev servers, services, jobs.
//!
//! The library behind the binary of the same name; `ARCHITECTURE.md` shows its rooms and how they may call each other.

pub mod cli;
pub mod config;
pub mod control;
pub mod domain;
pub mod emulator;
pub mod keeper;
pub mod logs;
pub mod platform;
pub mod sense;
pub mod supervisor;
pub mod tui;
pub mod wire;
