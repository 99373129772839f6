//! The registry on disk, written a moment after it changed, so that a storm of changes costs one write.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::ProcessName;
use crate::domain::fleet::Wish;
use crate::platform::{clock, files};
use crate::wire::registry::{Entry, Registry, VERSION};

/// How long changes are gathered.
const GATHER: Duration = Duration::from_secs(1);

/// The registry file of a project.
#[derive(Debug)]
pub struct RegistryStore {
    path: PathBuf,
    registry: Registry,
    due: Option<Instant>,
}

impl RegistryStore {
    /// The registry at `path`. Nothing is written yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            registry: Registry { version: VERSION, boot_id: clock::boot_id().to_owned(), ..Registry::default() },
            due: None,
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

    /// Writes what is wished for; it is on disk afterwards. A full disk costs the registry, which can be rebuilt, and is tried
    /// again at the next change. A slow one delays whoever waits for this, and nobody else.
    pub async fn write(&mut self, wishes: impl Iterator<Item = (ProcessName, Wish)>) {
        let entry = |wish: Wish| Entry { wanted: wish.wanted, restarts: wish.restarts.0, row: wish.restarts.1 };
        self.registry.processes = wishes.map(|(name, wish)| (name, entry(wish))).collect();
        self.due = None;
        let (path, text) = (self.path.clone(), self.registry.render());
        drop(tokio::task::spawn_blocking(move || files::write_atomic(&path, text.as_bytes())).await);
    }

    /// Writes for the last time.
    pub async fn finish(mut self, wishes: impl Iterator<Item = (ProcessName, Wish)>, shut_down: bool) {
        self.registry.shut_down = shut_down;
        self.write(wishes).await;
    }
}
