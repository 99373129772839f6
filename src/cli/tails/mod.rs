//! Output of processes as lines: from the files, merged by time, and followed as it grows.
//!
//! Used by `pm logs`, `pm up` in the foreground and `pm run --wait`. Knows runs and their directories, not why they run.

mod found;
pub mod history;
pub mod legible;
pub mod live;
pub mod printer;
pub mod runs;
mod slice;
pub mod wanted;

pub use live::Live;
pub use printer::Printer;
pub use runs::RunDir;
pub use wanted::{Sought, Wanted};

#[cfg(test)]
mod tests;
