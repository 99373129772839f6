//! What only Linux has: `/proc` and pidfds. Chosen by the files one level up, called by nobody else.

pub mod census;
pub mod identity;
pub mod processes;
pub mod stat;
pub mod zygote;
