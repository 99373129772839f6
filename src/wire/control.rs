//! The control protocol: what a face and the supervisor say to each other over the project's socket.
//!
//! A frame is `length: u32` big-endian, then that many bytes of JSON. Both ends are one version of `pm`, so everything but
//! the greeting serialises domain types and may change with any release. Frozen for ever are [`Request::Hello`],
//! [`Request::Leave`] and [`Response::Hello`]: with them two versions can tell that they differ, and the newer one can
//! still ask the older one to go. Used by `control` alone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::goal::Awaited;
use crate::domain::{Command, Event, Reply, Shutdown, Snapshot};

/// The version both ends must share.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// No frame is longer, in bytes. A snapshot of two thousand rows takes some three of these mebibytes.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

/// From a face.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// First message: who I am.
    Hello {
        /// Version of `pm`.
        version: String,
        /// Pid of the face.
        pid: u32,
    },
    /// Do this and answer with the same id.
    Command {
        /// Chosen by the face, unique on its connection.
        id: u64,
        /// What.
        command: Command,
    },
    /// Send these from now on, snapshots beginning with the current one.
    Subscribe {
        /// Snapshots, at most some twenty a second.
        snapshots: bool,
        /// Events.
        events: bool,
    },
    /// Send the first snapshot in which all of these have got there, once. Takes the place of what was awaited before.
    Await(Awaited),
    /// End the supervisor; taken from any version, unlike a command.
    Leave(Shutdown),
}

/// From the supervisor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Answer to `Hello`. When the versions differ nothing but `Leave` is taken after it.
    Hello {
        /// Version of `pm`.
        version: String,
        /// Pid of the supervisor.
        pid: u32,
    },
    /// Answer to `Hello` where there are too many faces already. Nothing but `Leave` is taken after it.
    Full {
        /// How many there are.
        clients: usize,
        /// Pid of the supervisor.
        pid: u32,
    },
    /// Answer to a command.
    Reply {
        /// The id of the command.
        id: u64,
        /// The answer.
        reply: Reply,
    },
    /// The newest state.
    Snapshot(Arc<Snapshot>),
    /// Something happened.
    Event(Arc<Event>),
    /// The face read too slowly: so many events were left out. A fresh snapshot follows.
    Lagged {
        /// How many.
        missed: u64,
    },
}
