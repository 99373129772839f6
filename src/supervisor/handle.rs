//! What a face holds: a way to send commands and two ways to look.
//!
//! The same handle serves a supervisor in this process and one behind the control socket; whoever makes it feeds the
//! channels. All of them are bounded: commands answer `Busy` when full, events overwrite the oldest, snapshots coalesce.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::domain::goal::Awaited;
use crate::domain::{Command, Event, Refusal, Reply, Snapshot};

/// Commands waiting at most.
pub const COMMANDS: usize = 64;
/// Events kept for slow readers at most.
pub const EVENTS: usize = 1024;
/// How long a look waits for a supervisor that is busy.
pub const LOOK_WITHIN: Duration = Duration::from_millis(500);

/// What a face asks of the supervisor, with the place the answer is awaited at.
#[derive(Debug)]
pub enum Request {
    /// To do something.
    Command(Command, oneshot::Sender<Reply>),
    /// To show what is true now.
    Look(oneshot::Sender<()>),
}

/// The supervisor's ends of a handle's channels.
#[derive(Debug)]
pub struct Backend {
    /// Commands and looks come in here.
    pub requests: mpsc::Receiver<Request>,
    /// Snapshots go out here.
    pub snapshots: watch::Sender<Arc<Snapshot>>,
    /// Events go out here.
    pub events: broadcast::Sender<Arc<Event>>,
}

/// A face's view of the supervisor. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Handle {
    requests: mpsc::Sender<Request>,
    /// One for all clones of this handle, so that whoever watches can be counted.
    snapshots: Arc<watch::Receiver<Arc<Snapshot>>>,
    events: broadcast::Sender<Arc<Event>>,
}

impl Backend {
    /// Somebody waits for the next snapshot, not only for the newest one at the time of asking.
    pub fn is_watched(&self) -> bool {
        self.snapshots.receiver_count() > 1
    }
}

impl Handle {
    /// A handle and the ends that feed it, beginning with `first`.
    pub fn channel(first: Arc<Snapshot>) -> (Self, Backend) {
        let (requests, requests_in) = mpsc::channel(COMMANDS);
        let (snapshots_out, snapshots) = watch::channel(first);
        let (events, _) = broadcast::channel(EVENTS);
        let handle = Self { requests, snapshots: Arc::new(snapshots), events: events.clone() };
        (handle, Backend { requests: requests_in, snapshots: snapshots_out, events })
    }

    /// Sends one command and waits for its reply.
    ///
    /// # Errors
    /// `Busy` when too many commands wait, `Gone` when nobody answers any more, else what the supervisor refuses with.
    pub async fn send(&self, command: Command) -> Reply {
        let (reply, answer) = oneshot::channel();
        match self.requests.try_send(Request::Command(command, reply)) {
            Ok(()) => answer.await.unwrap_or(Err(Refusal::Gone)),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Refusal::Busy),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Refusal::Gone),
        }
    }

    /// The newest snapshot, made now if something has changed since the last: while nobody watches, few are made. From a
    /// supervisor that leaves, or that its disk holds up for longer than [`LOOK_WITHIN`], the last that was made.
    pub async fn look(&self) -> Arc<Snapshot> {
        let (shown, seen) = oneshot::channel();
        let asked = async {
            if self.requests.send(Request::Look(shown)).await.is_ok() {
                let _ = seen.await;
            }
        };
        let _ = timeout(LOOK_WITHIN, asked).await;
        self.snapshot()
    }

    /// The newest snapshot that was made.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Waits until the supervisor takes no more requests. Who waits so does not count as watching.
    pub async fn closed(&self) {
        self.requests.closed().await;
    }

    /// A receiver that wakes at every new snapshot; it errs when the supervisor is gone.
    pub fn watch(&self) -> watch::Receiver<Arc<Snapshot>> {
        watch::Receiver::clone(&self.snapshots)
    }

    /// A receiver of every event from now on.
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Waits for a snapshot in which all of these have got where they shall; `None` when the supervisor went.
    pub async fn reach(&self, awaited: &Awaited) -> Option<Arc<Snapshot>> {
        let mut watch = self.watch();
        let found = watch.wait_for(|snapshot| awaited.is_reached(snapshot)).await.ok()?;
        Some(found.clone())
    }
}
