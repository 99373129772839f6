//! Where keepers do not exist yet: every start is refused.

use crate::platform::child::{Failed, FailedAt, Plan, Spawned};

/// Always refused.
pub const fn spawn(_plan: &Plan<'_>) -> Result<Spawned, Failed> {
    Err(Failed { at: FailedAt::Fork, errno: 0 })
}
