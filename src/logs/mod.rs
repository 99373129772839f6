//! Output on disk: segments and their side index, tail, pages by offset, escape sequences made harmless.

pub mod index;
pub mod segment;
