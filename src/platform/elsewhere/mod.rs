//! Processes by way of sysinfo, on every system but Linux. Slower, and without descriptors that outlive a pid.

pub mod identity;
pub mod processes;
pub mod stat;
