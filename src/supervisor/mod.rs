//! One task that owns all state and performs what the pure middle decides.
//!
//! Read `handle` for what faces see, `task` for the loop, `contact` for the keepers. Knows no widget and no argument.

pub mod bare;
pub mod handle;
pub mod seat;
pub mod start;

mod adoption;
mod contact;
mod environment;
mod inbox;
mod journal;
mod keepers;
mod last_lines;
mod launching;
mod link;
mod orphans;
mod packing;
mod removal;
mod retention;
mod sampling;
mod store;
mod task;

#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod played;
#[cfg(test)]
mod task_tests;

pub use environment::own as own_environment;
pub use handle::{Handle, Request};
pub use start::{LeftBehind, Options, Running, StartError, start};
