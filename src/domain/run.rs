//! One run of a process: its number, its id, and what can go wrong before it runs.

use std::sync::Arc;
use std::{fmt, io};

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
    /// Trying again later may help: the system was short of something, or somebody was just writing what was wanted.
    pub fn is_transient(&self) -> bool {
        use io::ErrorKind as E;
        let passes = matches!(
            io::Error::from_raw_os_error(self.errno).kind(),
            E::StorageFull
                | E::QuotaExceeded
                | E::OutOfMemory
                | E::ReadOnlyFilesystem
                | E::StaleNetworkFileHandle
                | E::ExecutableFileBusy
                | E::ResourceBusy
                | E::WouldBlock
        );
        // An error of the device, and too many open files in all or here, which have no kind; all systems of the Unix family have the
        // same numbers for them.
        let passes = passes || matches!(self.errno, 5 | 23 | 24);
        passes || matches!(self.step, SpawnStep::Fork | SpawnStep::Keeper | SpawnStep::Terminal)
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
    #[cfg(unix)]
    fn a_shortage_passes_and_what_a_person_must_mend_does_not() {
        let is_transient = |step, errno| SpawnFailure { step, errno, message: String::new() }.is_transient();
        // EIO, ENOMEM, EBUSY, ENFILE, EMFILE, ETXTBSY, ENOSPC, EROFS: the same on Linux and on macOS.
        for errno in [5, 12, 16, 23, 24, 26, 28, 30] {
            assert!(is_transient(SpawnStep::Log, errno), "{errno}");
        }
        // Nothing known, ENOENT, EACCES, ENOTDIR.
        for errno in [0, 2, 13, 20] {
            assert!(!is_transient(SpawnStep::Program, errno), "{errno}");
            assert!(is_transient(SpawnStep::Fork, errno), "{errno}");
        }
    }

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
