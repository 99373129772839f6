//! Output on disk: segments and their side index, tail, pages by offset, escape sequences made harmless.
//!
//! The keeper writes, everybody else reads by offset. Who is looking, and with which widgets, is unknown here.

pub mod ansi;
pub mod clear;
pub mod disk;
mod extent;
pub mod follow;
pub mod level;
pub mod levels;
pub mod lines;
mod listing;
pub mod merge;
mod order;
mod packed;
pub mod packing;
pub mod pattern;
pub mod raw;
pub mod reader;
mod records;
pub mod runs;
pub mod search;
mod stored;
pub mod time;
mod walk;
mod window;

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod follow_tests;
#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod scribe;

pub mod index;
pub mod segment;
