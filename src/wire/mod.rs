//! Every format two parties share: keeper protocol, control protocol, the record on disk, the JSON shown to users.
//!
//! Formats only, no behaviour. What outlives an upgrade (keeper protocol, record, index, `--json`) has types of its own
//! here; the control protocol, whose two ends are one version, serialises domain types.

pub mod control;
pub mod json;
pub mod keeper;
pub mod layout;

pub mod events;
pub mod record;
pub mod registry;
pub mod sockets;
