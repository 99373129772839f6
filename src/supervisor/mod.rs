//! One task that owns all state and performs what the pure middle decides.

pub mod handle;

pub use handle::{Handle, Request};
