//! Windows: directories and the clock work; what needs signals, sockets or keepers answers a typed refusal.

pub mod boot;
pub mod dirs;
pub mod files;
pub mod launch;
pub mod local;
pub mod signals;
pub mod suspend;
pub mod termination;
