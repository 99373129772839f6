//! `pm.toml` as it was typed, made valid by construction, or every fault in it shown at once.
//!
//! [`find`] it, [`load`] it, and get a [`Project`] or [`Diagnostics`]. A process whose program or directory is missing is
//! a warning of its own kind: it must not keep the others from running. Nothing here knows tasks, terminals or a running
//! process; of the disk it asks only, through [`Surroundings`], whether something is there, and what its [`env_file`]s say.
//! Called by `cli`; the supervisor reads env files with it.

mod project;

mod process;

mod policy;
mod program;
mod startable;
mod values;

pub mod env_file;
pub mod keys;

mod reader;
mod syntax;

mod diagnostic;
mod digest;
mod render;
mod surroundings;

#[cfg(test)]
mod tests;

pub use diagnostic::{Diagnostic, Diagnostics, Kind, Severity};
pub use project::{FILE_NAME, Outline, Project, adhoc, demo, find, id_ending, load, outline, parse};
pub use surroundings::{EnvFile, Found, Machine, Surroundings};
pub use values::LONGEST_DURATION;
