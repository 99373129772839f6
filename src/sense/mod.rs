//! Looks at the system once a second, for everybody: one pass over the trees, and the machine's own figures.
//!
//! Knows nothing of what is to be done about a figure. Called by the supervisor from a blocking thread, and by the command
//! line for a bare pid. On Linux the pass reads descriptors that stay open; the machine is sysinfo's.

mod bare;
mod machine;
mod reaped;
mod sampler;
mod tree;

#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use bare::{Bare, bare};
pub use sampler::{Root, Sample, Sampler, TreeSample};
