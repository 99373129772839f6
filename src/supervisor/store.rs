//! The registry on disk, written a moment after it changed, so that a storm of changes costs one write.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ProcessName;
use crate::domain::fleet::Wish;
use crate::platform::{clock, files};
use crate::wire::registry::{Entry, Registry, VERSION};

/// How long changes are gathered.
const GATHER: Duration = Duration::from_secs(1);

/// How long after a write that failed it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// The registry file of a project.
#[derive(Debug)]
pub struct RegistryStore {
    path: PathBuf,
    registry: Registry,
    due: Option<Instant>,
    /// The last write failed.
    is_stale: bool,
}

impl RegistryStore {
    /// The registry at `path`. Nothing is written yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            registry: Registry { version: VERSION, boot_id: clock::boot_id().to_owned(), ..Registry::default() },
            due: None,
            is_stale: false,
        }
    }

    /// Something has changed; it is to be written when [`Self::due`] has come.
    pub fn note_change(&mut self) {
        self.due.get_or_insert_with(|| Instant::now() + GATHER);
    }

    /// When to write next.
    pub const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes what is wished for; it is on disk afterwards, and everybody waits for that. What cannot be written (the disk is
    /// full) is tried again until it can; answers what there is to be told of it, which is at the first time.
    pub async fn write(&mut self, wishes: impl Iterator<Item = (ProcessName, Wish)>) -> Option<String> {
        let entry = |Wish { wanted, restarts: (restarts, row), counted, stopped, created }: Wish| {
            let created_at = Some(created);
            Entry { wanted, restarts, row, counted, stopped, created_at }
        };
        self.registry.processes = wishes.map(|(name, wish)| (name, entry(wish))).collect();
        self.due = None;
        let (path, text) = (self.path.clone(), self.registry.render());
        let written = tokio::task::spawn_blocking(move || files::write_atomic(&path, text.as_bytes())).await;
        let Err(error) = written.unwrap_or_else(|broken| Err(io::Error::other(broken))) else {
            self.is_stale = false;
            return None;
        };
        self.due = Some(Instant::now() + AGAIN);
        let is_news = !std::mem::replace(&mut self.is_stale, true);
        let what = "what is wanted of the processes cannot be written down";
        is_news.then(|| {
            format!("{what} ({error}); should the supervisor die before that is mended, the next one may not know it")
        })
    }

    /// Writes for the last time.
    pub async fn finish(mut self, wishes: impl Iterator<Item = (ProcessName, Wish)>, shut_down: bool) {
        self.registry.shut_down = shut_down;
        // Nobody is left to be told.
        drop(self.write(wishes).await);
    }
}
