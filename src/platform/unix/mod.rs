//! What Linux, macOS and the BSDs have in common. Chosen by the files one level up, called by nobody else.

pub mod boot;
pub mod dirs;
pub mod files;
pub mod foreground;
pub mod kill;
pub mod launch;
pub mod local;
pub mod signals;
pub mod suspend;
pub mod termination;
