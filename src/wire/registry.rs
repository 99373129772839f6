//! The registry file: what is wanted of each process. A cache beside the records; damaged or missing, it is rebuilt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::effect::Wanted;
use crate::domain::{ProcessName, RunNo, Timestamp};

/// Format written by this version.
pub const VERSION: u32 = 1;

/// `registry.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// Format version.
    pub version: u32,
    /// The boot of the machine it was written in. What a run without a record was wanted for holds no longer than that.
    #[serde(default)]
    pub boot_id: String,
    /// The supervisor that wrote it stopped everything and left. Otherwise it was killed, or it detached.
    pub shut_down: bool,
    /// By process.
    pub processes: BTreeMap<ProcessName, Entry>,
}

/// What the registry keeps of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What is wanted of it.
    pub wanted: Wanted,
    /// Restarts since it was last started by hand.
    pub restarts: u32,
    /// Restarts in a row, without staying alive in between.
    pub row: u32,
    /// The last run whose end is counted in those.
    #[serde(default)]
    pub counted: RunNo,
    /// The last run that somebody had stopped, or put an end to the restarts of.
    #[serde(default)]
    pub stopped: RunNo,
    /// Since when the project knows it; not known where an earlier version wrote this.
    #[serde(default)]
    pub created_at: Option<Timestamp>,
}

impl Registry {
    /// Reads a registry; `None` when it is damaged or of a later version. Never an error: everything in it can be had
    /// elsewhere or done without.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|registry: &Self| registry.version == VERSION)
    }

    /// The file's content.
    pub fn render(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_truncation_is_survived() {
        let entry = Entry {
            wanted: Wanted::Down,
            restarts: 3,
            row: 1,
            counted: RunNo(7),
            stopped: RunNo(6),
            created_at: Some(Timestamp(9)),
        };
        let processes = BTreeMap::from([(ProcessName::new("ollama:main").unwrap(), entry)]);
        let registry = Registry { version: VERSION, boot_id: "b".into(), shut_down: false, processes };
        let text = registry.render();
        assert_eq!(Registry::parse(&text), Some(registry));
        for end in 0..text.len() {
            assert_eq!(Registry::parse(&text[..end]), None, "{end}");
        }
    }
}
