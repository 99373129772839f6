//! Commands on their way. A row shows at once that something was asked for, until a snapshot shows the effect.

use std::collections::HashMap;

use crate::domain::{ProcessName, Snapshot};

/// What was sent and has not shown yet.
#[derive(Debug, Default)]
pub struct Pending {
    next: u64,
    sent: HashMap<u64, Sent>,
}

/// One command on its way.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What was asked for, in a word.
    pub word: &'static str,
    /// For whom, as far as known by name.
    pub names: Vec<ProcessName>,
    /// The first revision that shows it, once accepted.
    revision: Option<u64>,
}

impl Pending {
    /// Remembers a command, and gives the number for its reply.
    pub fn add(&mut self, word: &'static str, names: Vec<ProcessName>) -> u64 {
        self.next += 1;
        self.sent.insert(self.next, Sent { word, names, revision: None });
        self.next
    }

    /// It was accepted and will be visible from `revision` on. Returns what it was.
    pub fn accept(&mut self, id: u64, revision: u64) -> Option<Sent> {
        let sent = self.sent.get_mut(&id)?;
        sent.revision = Some(revision);
        Some(sent.clone())
    }

    /// It was refused.
    pub fn refuse(&mut self, id: u64) -> Option<Sent> {
        self.sent.remove(&id)
    }

    /// Drops what `snapshot` shows already.
    pub fn settle(&mut self, snapshot: &Snapshot) {
        self.sent.retain(|_, sent| sent.revision.is_none_or(|revision| snapshot.revision < revision));
    }

    /// The word for a row that waits.
    pub fn word(&self, name: &ProcessName) -> Option<&'static str> {
        let newest = self.sent.iter().filter(|(_, sent)| sent.names.contains(name)).max_by_key(|(id, _)| **id);
        newest.map(|(_, sent)| sent.word)
    }

    /// Nothing is on its way.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }
}
