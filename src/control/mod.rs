//! The supervisor's door: a local socket through which other faces of the same user reach a running supervisor.
//!
//! The server turns a `Handle` into a socket, the client turns the socket back into a `Handle`; a face cannot tell whether
//! its supervisor runs in its own process. Nothing here decides anything, and nothing here knows what a face shows.

pub mod frames;

pub mod client;
pub mod line;
pub mod server;
mod session;
#[cfg(test)]
mod tests;

pub use client::{ConnectError, connect};
pub use line::Line;
