//! One client at the supervisor's door, from its greeting to its end.
//!
//! Whatever a client does (flood, stall, lie, vanish) happens to its own session alone: commands are taken one after the
//! other, snapshots coalesce while it does not read, events it does not read in time are counted and left out. Called by
//! `server`, once per connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::frames::{FrameSink, Frames, decode, encode, split};
use crate::domain::goal::Awaited;
use crate::domain::{Command, Event, Snapshot};
use crate::supervisor::Handle;
use crate::wire::control::{Request, Response, VERSION};

/// Whoever does not greet within this time is no client.
const GREETING: Duration = Duration::from_secs(2);
/// Between two snapshots to one client.
const SNAPSHOT_PAUSE: Duration = Duration::from_millis(50);
/// Answers a client may leave unread; then its next command waits.
const UNREAD_ANSWERS: usize = 64;

/// What all sessions of one supervisor share.
#[derive(Debug)]
pub struct Desk {
    pub(super) handle: Handle,
    /// The newest snapshot as a frame: fifty clients cost one encoding.
    encoded: tokio::sync::Mutex<Option<(Arc<Snapshot>, Bytes)>>,
}

impl Desk {
    /// The desk of the supervisor behind `handle`.
    pub fn new(handle: Handle) -> Self {
        Self { handle, encoded: tokio::sync::Mutex::new(None) }
    }

    async fn snapshot_frame(&self, snapshot: Arc<Snapshot>) -> io::Result<Bytes> {
        let mut encoded = self.encoded.lock().await;
        if let Some((made_of, frame)) = &*encoded
            && Arc::ptr_eq(made_of, &snapshot)
        {
            return Ok(frame.clone());
        }
        let frame = encode(&Response::Snapshot(snapshot.clone()))?;
        *encoded = Some((snapshot, frame.clone()));
        Ok(frame)
    }
}

/// Serves one client until it goes, errs, or `closing` is called and it has been told the last news.
///
/// # Errors
/// What went wrong on this connection; nobody but a test needs to know.
pub async fn attend<S: AsyncRead + AsyncWrite>(
    stream: S,
    desk: Arc<Desk>,
    closing: CancellationToken,
) -> io::Result<()> {
    let (mut frames, mut sink) = split(stream);
    let version = greeting(&mut frames).await?;
    let hello = Response::Hello { version: VERSION.to_owned(), pid: std::process::id() };
    sink.send(encode(&hello)?).await?;
    let same_version = version == VERSION;
    let (to_teller, from_hearer) = mpsc::channel(UNREAD_ANSWERS);
    // One at a time: commands of one client are taken one after the other.
    let is_asking = AtomicBool::new(false);
    let mut teller = Teller::new(desk.clone(), sink, &is_asking);
    tokio::select! {
        heard = hear(frames, &desk.handle, to_teller, same_version, &is_asking) => heard,
        told = teller.tell(from_hearer, closing) => told,
    }
}

/// Tells one client too many how many there are. Only that the supervisor shall leave is taken from it.
///
/// # Errors
/// As [`attend`].
pub async fn turn_away<S: AsyncRead + AsyncWrite>(
    stream: S,
    desk: Arc<Desk>,
    clients: usize,
    closing: CancellationToken,
) -> io::Result<()> {
    let (mut frames, mut sink) = split(stream);
    greeting(&mut frames).await?;
    sink.send(encode(&Response::Full { clients, pid: std::process::id() })?).await?;
    let asked = async {
        while let Some(frame) = frames.next().await {
            if let Ok(Request::Leave(how)) = decode(&frame?) {
                return Ok(Some(how));
            }
        }
        io::Result::Ok(None)
    };
    if let Ok(Ok(Some(how))) = timeout(GREETING, asked).await {
        // Whoever asks so waits for the end of the connection, not for an answer.
        let _ = desk.handle.send(Command::Shutdown(how)).await;
        closing.cancelled().await;
    }
    Ok(())
}

async fn greeting<S: AsyncRead + AsyncWrite>(frames: &mut Frames<S>) -> io::Result<String> {
    let first = timeout(GREETING, frames.next()).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
    let frame = first.ok_or(io::ErrorKind::UnexpectedEof)??;
    match decode(&frame)? {
        Request::Hello { version, pid: _ } => Ok(version),
        Request::Command { .. } | Request::Subscribe { .. } | Request::Await(_) | Request::Leave(_) => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "the first message is not a greeting"))
        }
    }
}

/// What the hearing half asks the telling half to send.
enum Answer {
    Say(Response),
    Subscribed { snapshots: bool, events: bool },
    Awaited(Awaited),
}

/// Takes messages until the client is gone; the first one that makes no sense ends the session.
async fn hear<S: AsyncRead + AsyncWrite>(
    mut frames: Frames<S>,
    handle: &Handle,
    answers: mpsc::Sender<Answer>,
    same_version: bool,
    is_asking: &AtomicBool,
) -> io::Result<()> {
    while let Some(frame) = frames.next().await {
        let request = match decode(&frame?) {
            Ok(request) => request,
            // Another version may say what this one has no words for; only `Leave` is understood by all.
            Err(_) if !same_version => continue,
            Err(error) => return Err(error),
        };
        let answer = match request {
            Request::Leave(how) => {
                // Whoever asks so waits for the end of the connection, not for an answer.
                let _ = handle.send(Command::Shutdown(how)).await;
                continue;
            }
            Request::Hello { .. } => continue,
            Request::Command { .. } | Request::Subscribe { .. } | Request::Await(_) if !same_version => continue,
            Request::Command { id, command } => {
                is_asking.store(true, Ordering::Relaxed);
                let reply = handle.send(command).await;
                is_asking.store(false, Ordering::Relaxed);
                Answer::Say(Response::Reply { id, reply })
            }
            Request::Subscribe { snapshots, events } => Answer::Subscribed { snapshots, events },
            Request::Await(awaited) => Answer::Awaited(awaited),
        };
        if answers.send(answer).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// The telling half: everything that goes to the client.
struct Teller<'a, S: AsyncRead + AsyncWrite> {
    /// The hearing half waits for the supervisor's reply to a command.
    is_asking: &'a AtomicBool,
    desk: Arc<Desk>,
    sink: FrameSink<S>,
    snapshots: Option<watch::Receiver<Arc<Snapshot>>>,
    events: Option<broadcast::Receiver<Arc<Event>>>,
    awaited: Option<(Awaited, watch::Receiver<Arc<Snapshot>>)>,
    next_snapshot: Instant,
}

impl<'a, S: AsyncRead + AsyncWrite> Teller<'a, S> {
    fn new(desk: Arc<Desk>, sink: FrameSink<S>, is_asking: &'a AtomicBool) -> Self {
        Self { is_asking, desk, sink, snapshots: None, events: None, awaited: None, next_snapshot: Instant::now() }
    }

    async fn tell(&mut self, mut answers: mpsc::Receiver<Answer>, closing: CancellationToken) -> io::Result<()> {
        loop {
            // In this order, so that a flood of events delays neither an answer nor a snapshot.
            tokio::select! {
                biased;
                Some(answer) = answers.recv() => self.answer(answer).await?,
                changed = changed(&mut self.snapshots, self.next_snapshot) => match changed {
                    Ok(()) => self.send_snapshot().await?,
                    Err(_gone) => break,
                },
                reached = reached(&mut self.awaited) => match reached {
                    Some(snapshot) => {
                        self.awaited = None;
                        self.show(snapshot).await?;
                    }
                    None => break,
                },
                event = next_event(&mut self.events) => match event {
                    Ok(event) => self.say(&Response::Event(event)).await?,
                    Err(RecvError::Lagged(missed)) => self.lagged(missed).await?,
                    Err(RecvError::Closed) => break,
                },
                () = closing.cancelled() => break,
            }
        }
        self.last_words(answers).await
    }

    async fn answer(&mut self, answer: Answer) -> io::Result<()> {
        match answer {
            Answer::Say(response) => self.say(&response).await,
            Answer::Subscribed { snapshots, events } => {
                self.events = events.then(|| self.desk.handle.events());
                self.snapshots = snapshots.then(|| self.desk.handle.watch());
                self.next_snapshot = Instant::now();
                if snapshots {
                    self.desk.handle.look().await;
                    self.send_snapshot().await?;
                }
                Ok(())
            }
            Answer::Awaited(awaited) => {
                self.awaited = Some((awaited, self.desk.handle.watch()));
                self.desk.handle.look().await;
                Ok(())
            }
        }
    }

    async fn say(&mut self, response: &Response) -> io::Result<()> {
        self.sink.send(encode(response)?).await
    }

    async fn lagged(&mut self, missed: u64) -> io::Result<()> {
        self.say(&Response::Lagged { missed }).await?;
        self.send_snapshot().await
    }

    async fn send_snapshot(&mut self) -> io::Result<()> {
        let newest = match &mut self.snapshots {
            Some(snapshots) => snapshots.borrow_and_update().clone(),
            None => self.desk.handle.look().await,
        };
        self.show(newest).await?;
        self.next_snapshot = Instant::now() + SNAPSHOT_PAUSE;
        Ok(())
    }

    async fn show(&mut self, snapshot: Arc<Snapshot>) -> io::Result<()> {
        let frame = self.desk.snapshot_frame(snapshot).await?;
        self.sink.send(frame).await
    }

    /// The supervisor leaves: what was answered, what happened and how it ended still goes out.
    async fn last_words(&mut self, mut answers: mpsc::Receiver<Answer>) -> io::Result<()> {
        // The command that made the supervisor leave has a reply too, and that may be a moment behind the news of its end.
        while self.is_asking.load(Ordering::Relaxed)
            && let Some(answer) = answers.recv().await
        {
            self.answer(answer).await?;
        }
        while let Ok(answer) = answers.try_recv() {
            self.answer(answer).await?;
        }
        while let Some(events) = &mut self.events {
            match events.try_recv() {
                Ok(event) => self.say(&Response::Event(event)).await?,
                Err(TryRecvError::Lagged(missed)) => self.say(&Response::Lagged { missed }).await?,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if self.snapshots.is_some() || self.awaited.is_some() {
            self.send_snapshot().await?;
        }
        SinkExt::<Bytes>::close(&mut self.sink).await
    }
}

async fn changed(
    snapshots: &mut Option<watch::Receiver<Arc<Snapshot>>>,
    not_before: Instant,
) -> Result<(), watch::error::RecvError> {
    match snapshots {
        Some(snapshots) => {
            sleep_until(not_before).await;
            snapshots.changed().await
        }
        None => std::future::pending().await,
    }
}

/// The snapshot that is waited for; `None` when there will be none, because the supervisor has gone.
async fn reached(awaited: &mut Option<(Awaited, watch::Receiver<Arc<Snapshot>>)>) -> Option<Arc<Snapshot>> {
    let Some((awaited, snapshots)) = awaited else { return std::future::pending().await };
    Some(snapshots.wait_for(|snapshot| awaited.is_reached(snapshot)).await.ok()?.clone())
}

async fn next_event(events: &mut Option<broadcast::Receiver<Arc<Event>>>) -> Result<Arc<Event>, RecvError> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}
