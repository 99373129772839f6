//! Processes by way of sysinfo, on every system but Linux. Slower, without descriptors that outlive a pid, and each keeper is
//! executed.

pub mod identity;
pub mod processes;
pub mod stat;
pub mod zygote;
