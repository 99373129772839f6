//! One function per verb: from arguments to an exit code. What they share stands one level up.

pub mod attach;
pub mod change;
pub mod check;
pub mod dashboard;
pub mod demo;
pub mod down;
pub mod events;
pub mod logs;
pub mod ps;
pub mod run;
pub mod send;
pub mod signal;
pub mod status;
pub mod summary;
pub mod supervisor;
pub mod up;
pub mod wait;
