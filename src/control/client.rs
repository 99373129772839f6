//! The far end of the door: a `Handle` fed from the socket of a supervisor in another process.
//!
//! It decides nothing and repeats nothing: a lost connection closes the handle's channels, and the face sees what it would
//! see if its own supervisor had gone. Called by `cli`, which hands the handle to whoever shows something.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::timeout;

use super::frames::{FrameSink, Frames, decode, encode, split};
use crate::domain::{Event, Refusal, Reply, Shutdown, Snapshot};
use crate::platform::local;
use crate::supervisor::Handle;
use crate::supervisor::handle::{Backend, Request as Asked};
use crate::wire::control::{Request, Response, VERSION};

/// Socket, greeting and first snapshot together take no longer, whatever sits at the other end.
pub const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// Why there is no handle.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No socket, or nobody behind it.
    #[error("no supervisor runs for this project")]
    NoSupervisor,
    /// The supervisor is another version of `pm`.
    #[error(
        "the supervisor (pid {pid}) runs version {theirs}, this is {VERSION}: \
         stop everything with `pm down` and start again, or detach its dashboard and run `pm up -d`"
    )]
    VersionMismatch {
        /// Its version.
        theirs: String,
        /// Its pid.
        pid: u32,
    },
    /// The supervisor has all the clients it takes.
    #[error(
        "{clients} clients are attached to the supervisor (pid {pid}), and it takes no more: end some of them, such as \
         `pm logs -f`, `pm wait` or dashboards; `pm down` gets through all the same"
    )]
    Full {
        /// How many it has.
        clients: usize,
        /// Its pid.
        pid: u32,
    },
    /// The socket belongs to somebody else.
    #[error("the supervisor's socket {0} belongs to another user; pm only talks to your own")]
    NotYours(String),
    /// Somebody listens, but does not answer in time.
    #[error("the supervisor does not answer: nothing came within {} s", CONNECT_LIMIT.as_secs())]
    NoAnswer,
    /// Anything else.
    #[error("talking to the supervisor failed")]
    Io(#[source] io::Error),
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotFound, TimedOut, UnexpectedEof};
        let kind = error.kind();
        if matches!(kind, NotFound | ConnectionRefused | UnexpectedEof | BrokenPipe | ConnectionReset) {
            Self::NoSupervisor
        } else if kind == TimedOut {
            Self::NoAnswer
        } else {
            Self::Io(error)
        }
    }
}

/// Connects to the supervisor that listens at `path`.
///
/// # Errors
/// See [`ConnectError`]; never later than [`CONNECT_LIMIT`].
pub async fn connect(path: &Path) -> Result<Handle, ConnectError> {
    timeout(CONNECT_LIMIT, async { attach(open(path).await?).await }).await.map_err(|_| ConnectError::NoAnswer)?
}

/// Asks the supervisor at `path`, of whatever version and however many clients it has, to end, and waits until its end of the connection closes.
///
/// # Errors
/// See [`ConnectError`], but never a mismatch, and never that there are too many.
pub async fn ask_to_leave(path: &Path, how: Shutdown) -> Result<(), ConnectError> {
    let (mut frames, mut sink) = split(open(path).await?);
    timeout(CONNECT_LIMIT, async {
        sink.send(encode(&hello())?).await?;
        next(&mut frames).await?;
        sink.send(encode(&Request::Leave(how))?).await
    })
    .await
    .map_err(|_| ConnectError::NoAnswer)??;
    while let Some(Ok(_)) = frames.next().await {}
    Ok(())
}

/// Greets the supervisor behind `stream` and makes a handle of it, fed by one task.
///
/// # Errors
/// See [`ConnectError`]; sets no limit of time itself.
pub async fn attach<S>(stream: S) -> Result<Handle, ConnectError>
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let (mut frames, mut sink) = split(stream);
    sink.feed(encode(&hello())?).await?;
    sink.send(encode(&Request::Subscribe { snapshots: true, events: true })?).await?;
    greeted(&mut frames).await?;
    let first = loop {
        if let Response::Snapshot(first) = next(&mut frames).await? {
            break first;
        }
    };
    let (handle, backend) = Handle::channel(first);
    tokio::spawn(feed(frames, sink, backend));
    Ok(handle)
}

/// Takes the greeting, and goes on with our own version only.
pub(super) async fn greeted<S: AsyncRead + AsyncWrite>(frames: &mut Frames<S>) -> Result<(), ConnectError> {
    match next(frames).await? {
        Response::Hello { version, pid } if version != VERSION => {
            Err(ConnectError::VersionMismatch { theirs: version, pid })
        }
        Response::Hello { .. } => Ok(()),
        Response::Full { clients, pid } => Err(ConnectError::Full { clients, pid }),
        Response::Reply { .. } | Response::Snapshot(_) | Response::Event(_) | Response::Lagged { .. } => {
            Err(ConnectError::Io(io::Error::new(io::ErrorKind::InvalidData, "it did not greet first")))
        }
    }
}

pub(super) async fn open(path: &Path) -> Result<local::Stream, ConnectError> {
    match local::Stream::connect(path).await {
        Ok(stream) => Ok(stream),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(ConnectError::NotYours(path.display().to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) fn hello() -> Request {
    Request::Hello { version: VERSION.to_owned(), pid: std::process::id() }
}

pub(super) async fn next<S: AsyncRead + AsyncWrite>(frames: &mut Frames<S>) -> io::Result<Response> {
    let frame = frames.next().await.ok_or(io::ErrorKind::UnexpectedEof)??;
    decode(&frame)
}

/// Commands that wait for their reply. At most as many as the handle's queue holds, plus those the supervisor has.
type Waiting = Mutex<HashMap<u64, oneshot::Sender<Reply>>>;

/// Feeds a handle until the supervisor goes or nobody holds the handle any more.
async fn feed<S: AsyncRead + AsyncWrite>(frames: Frames<S>, sink: FrameSink<S>, backend: Backend) {
    let Backend { requests, snapshots, events } = backend;
    let waiting = Waiting::default();
    let read = publish(frames, &waiting, &snapshots, &events);
    tokio::pin!(read);
    // Reading and writing go on side by side: a supervisor that is slow to take a command must not keep its answers.
    tokio::select! {
        () = &mut read => {}
        sent = forward(requests, sink, &waiting) => {
            // One that takes no more commands is leaving, and what it said last is on the way.
            if sent.is_err() {
                read.await;
            }
        }
    }
}

async fn publish<S: AsyncRead + AsyncWrite>(
    mut frames: Frames<S>,
    waiting: &Waiting,
    snapshots: &watch::Sender<Arc<Snapshot>>,
    events: &broadcast::Sender<Arc<Event>>,
) {
    while let Ok(response) = next(&mut frames).await {
        match response {
            Response::Reply { id, reply } => {
                let asked = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                // Whoever asked may have stopped waiting.
                let _ = asked.map(|asked| asked.send(reply));
            }
            Response::Snapshot(snapshot) => {
                snapshots.send_replace(snapshot);
            }
            Response::Event(event) => {
                // An error means that nobody listens.
                let _ = events.send(event);
            }
            // The fresh snapshot that follows says all; readers see the gap in the events' numbers.
            Response::Hello { .. } | Response::Full { .. } | Response::Lagged { .. } => {}
        }
    }
}

async fn forward<S: AsyncRead + AsyncWrite>(
    mut requests: mpsc::Receiver<Asked>,
    mut sink: FrameSink<S>,
    waiting: &Waiting,
) -> io::Result<()> {
    let mut id = 0;
    while let Some(asked) = requests.recv().await {
        let (command, reply) = match asked {
            Asked::Command(command, reply) => (command, reply),
            // Whoever subscribes is shown what is new, unasked.
            Asked::Look(shown) => {
                let _ = shown.send(());
                continue;
            }
        };
        id += 1;
        let frame = match encode(&Request::Command { id, command }) {
            Ok(frame) => frame,
            Err(error) => {
                // Whoever asked may have gone.
                let _ = reply.send(Err(Refusal::Unsendable { why: error.to_string() }));
                continue;
            }
        };
        waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, reply);
        sink.send(frame).await?;
    }
    Ok(())
}
