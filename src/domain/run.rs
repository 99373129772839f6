//! One run of a process: its number, its id, and what can go wrong before it runs.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The how-manieth run of a process this is, counted from 1 and never reused while its directory exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNo(pub u32);

impl fmt::Display for RunNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies one run among all runs of all projects: twelve characters of Crockford's base 32.
///
/// It names the keeper's socket and stands in the child's environment as `PM_RUN_ID`, which is how leftovers are found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(Arc<str>);

impl RunId {
    /// The id numbered `counter` of a supervisor that drew `seed` at its start (`SplitMix64`, 60 bits kept).
    pub fn derive(seed: u64, counter: u64) -> Self {
        let mut z = seed.wrapping_add(counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let digits = b"0123456789abcdefghjkmnpqrstvwxyz";
        let text: String = (0..12).map(|i| char::from(digits[(z >> (i * 5)) as usize & 31])).collect();
        Self(text.into())
    }

    /// Takes an id from a record or a message: twelve characters of the alphabet above.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
        valid.then(|| Self(text.into()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// At which step a start failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpawnStep {
    /// Something that had to be read or made first: an `env_file`, the run directory.
    Prepare,
    /// The keeper itself could not be started.
    Keeper,
    /// Another live copy of this process holds the lock.
    Lock,
    /// The working directory cannot be entered.
    Cwd,
    /// The program was not found or cannot be executed.
    Program,
    /// No pseudo-terminal could be had.
    Terminal,
    /// The log files could not be created.
    Log,
    /// The system refused another process.
    Fork,
}

/// Why a run never came to life. Told apart from an exit: the program has not executed a single instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpawnFailure {
    /// Where it failed.
    pub step: SpawnStep,
    /// The system's error number, 0 where there is none.
    pub errno: i32,
    /// What happened, to what, and what to do next, for a person.
    pub message: String,
}

impl SpawnFailure {
    /// Trying again later may help: the system was short of something.
    pub const fn is_transient(&self) -> bool {
        matches!(self.step, SpawnStep::Fork | SpawnStep::Keeper)
    }
}

impl fmt::Display for SpawnFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_twelve_clean_characters_and_differ() {
        let ids: std::collections::HashSet<_> = (0..10_000).map(|n| RunId::derive(7, n)).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            assert_eq!(RunId::parse(id.as_str()), Some(id));
        }
        assert_eq!(RunId::parse("../../etc/pw"), None);
    }
}
