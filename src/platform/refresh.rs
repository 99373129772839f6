//! Being asked to make a socket anew that has gone (`SIGUSR1`). Called by `cli`, wherever a supervisor runs.
//!
//! Keepers, which have no runtime, are asked in the same way; see `cradle`.

use std::io;

/// Tells whenever somebody asks. While it lives, to be asked does not end the process.
#[derive(Debug)]
pub struct Refreshes {
    #[cfg(unix)]
    asked: tokio::signal::unix::Signal,
}

impl Refreshes {
    /// Begins to listen. Needs a runtime.
    ///
    /// # Errors
    /// What the system answers.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            asked: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::user_defined1())?,
        })
    }

    /// The next request; never where the system has none.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if self.asked.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
