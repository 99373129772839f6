//! Where the keepers of runs come from, and how a contact reaches one.
//!
//! What is said over a connection is the business of `link`, what becomes of a keeper that of `contact`. A trait, so that the same
//! task, launches and contacts can be held to their times with keepers that are played.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::platform::launch::{ChildEnd, Keeper, KeeperChild, Spawner};
use crate::platform::local::Stream;

/// A process closes what it holds just before it can be reaped; the pauses between two looks double, up to the last.
const FIRST_LOOK_AGAIN: Duration = Duration::from_millis(1);
const LAST_LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Makes keepers and calls them.
pub trait Keepers: fmt::Debug + Send + Sync {
    /// A new keeper, which is told `first`. Blocks; for a thread of the runtime that may.
    ///
    /// # Errors
    /// What the system says.
    fn spawn(&self, label: &str, first: &[u8]) -> io::Result<Spawned>;

    /// A connection to the keeper that listens at `socket`, whoever made it. Errs where nobody does.
    fn call<'a>(&'a self, socket: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn Connection>>>;
}

/// What frames go over.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// A keeper that was just made.
pub struct Spawned {
    /// The connection it was born with. Where that cannot be used, the keeper is called as any other.
    pub stream: io::Result<Box<dyn Connection>>,
    /// What of its first order did not go into the connection at once.
    pub unsent: Vec<u8>,
    /// Waits for its end, so that nothing of it is left in the system; how it ended, where that can be known.
    pub end: BoxFuture<'static, Option<ChildEnd>>,
}

impl fmt::Debug for Spawned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned").field("unsent", &self.unsent.len()).finish_non_exhaustive()
    }
}

impl Keepers for Spawner {
    fn spawn(&self, label: &str, first: &[u8]) -> io::Result<Spawned> {
        let Keeper { stream, unsent, child } = Self::spawn(self, label, first)?;
        let stream = stream.into_stream().map(|stream| Box::new(stream) as Box<dyn Connection>);
        Ok(Spawned { stream, unsent, end: Box::pin(reap(child)) })
    }

    fn call<'a>(&'a self, socket: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn Connection>>> {
        Box::pin(async move {
            let stream = Stream::connect(socket).await?;
            Ok(Box::new(stream) as Box<dyn Connection>)
        })
    }
}

/// How the keeper ended. It has closed its socket, so it is all but gone: a look or two, and no thread that waits.
async fn reap(mut child: KeeperChild) -> Option<ChildEnd> {
    let mut pause = FIRST_LOOK_AGAIN;
    loop {
        match child.try_reap() {
            Ok(None) => tokio::time::sleep(pause).await,
            Ok(end) => return end,
            Err(_) => return None,
        }
        pause = (pause * 2).min(LAST_LOOK_AGAIN);
    }
}
