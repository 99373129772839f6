//! The door itself: takes clients as they come and gives each a session of its own.
//!
//! Knows nothing of what is asked or answered. Called by `cli` wherever a supervisor runs, with a screen or without.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::session::{Desk, attend, turn_away};
use crate::platform::local::{Listener, Peer, Stream};
use crate::platform::refresh::Refreshes;
use crate::supervisor::Handle;

/// Clients at a time: more than anybody has by intention, and fewer than the descriptors a supervisor asks for when it starts.
const CLIENTS: usize = 4096;
/// Clients beyond those at a time who are told so; further ones are turned away without a word.
const TURNED_AWAY: usize = 64;
/// How long the last news may take to go out when the supervisor leaves.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Between two attempts to accept while the system has no descriptor left.
const NO_DESCRIPTOR: Duration = Duration::from_millis(100);

/// Serves clients of the supervisor behind `handle` until it has left, then tells them the last news and closes. A client that
/// finds no door asks for one by `knocks`.
pub async fn serve(mut listener: Listener, mut knocks: Refreshes, handle: Handle) {
    let desk = Arc::new(Desk::new(handle.clone()));
    let closing = CancellationToken::new();
    let mut sessions = JoinSet::new();
    let left = handle.closed();
    tokio::pin!(left);
    loop {
        tokio::select! {
            () = &mut left => break,
            accepted = listener.accept() => admit(accepted, &desk, &closing, &mut sessions).await,
            // A place where no socket can be made may be mended, and then it is asked for again.
            () = knocks.next() => drop(listener.renew()),
            Some(_ended) = sessions.join_next() => {}
        }
    }
    drop(listener);
    closing.cancel();
    let _ = timeout(LAST_WORDS, async { while sessions.join_next().await.is_some() {} }).await;
}

async fn admit(
    accepted: io::Result<(Stream, Peer)>,
    desk: &Arc<Desk>,
    closing: &CancellationToken,
    sessions: &mut JoinSet<io::Result<()>>,
) {
    match accepted {
        Ok((stream, _same_user)) if sessions.len() < CLIENTS => {
            sessions.spawn(attend(stream, desk.clone(), closing.clone()));
        }
        Ok((stream, _same_user)) if sessions.len() < CLIENTS + TURNED_AWAY => {
            sessions.spawn(turn_away(stream, desk.clone(), CLIENTS, closing.clone()));
        }
        Ok(_many_too_many) => {}
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
        // A full descriptor table passes.
        Err(_) => sleep(NO_DESCRIPTOR).await,
    }
}
