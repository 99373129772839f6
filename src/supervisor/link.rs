//! The conversation with one keeper: its reports become facts, orders become frames.
//!
//! One task per run. It ends with the connection; whether the run was over by then decides what that means.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::inbox::{Inbox, tell};
use super::last_lines::Telling;
use crate::domain::effect::{Fact, RunOrder};
use crate::domain::phase::Stage;
use crate::domain::{Exit, ProcessSpec, RunId, RunNo, Timestamp};
use crate::platform::local::Stream;
use crate::platform::lock;
use crate::wire::keeper::{Frames, Order, Report, VERSION};
use crate::wire::layout::{self, Layout};
use crate::wire::record::Record;

/// Orders waiting for one keeper at most. When it is full the keeper does not read, and the order is refused.
pub const ORDERS: usize = 64;
/// Beyond so many bytes that a keeper has not read it gets no further order but to stop.
const UNSENT_BYTES: usize = 256 << 10;
/// A keeper answers in well under a millisecond. One that has not done so after this time is suspended, or the machine is.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// One that is only asked who it is gets less.
const HELLO_WITHIN: Duration = Duration::from_secs(1);

/// Whose conversation it is.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The run.
    pub id: RunId,
    /// What it runs.
    pub spec: Arc<ProcessSpec>,
    /// Its directory.
    pub dir: PathBuf,
    /// The socket its keeper listens on.
    pub socket: PathBuf,
    /// The lock its keeper holds.
    pub lock: PathBuf,
}

impl Subject {
    /// Run number `no` of the process `spec`, known as `id`.
    pub fn new(layout: &Layout, id: RunId, spec: Arc<ProcessSpec>, no: RunNo) -> Self {
        let dir = layout.run(&spec.name, no);
        let socket = layout.keeper_socket(&id);
        let lock = layout.process_lock(&spec.name);
        Self { id, spec, dir, socket, lock }
    }

    /// What its keeper has written down of it.
    pub fn record(&self) -> Option<Record> {
        let bytes = std::fs::read(self.dir.join(layout::RECORD)).ok()?;
        Record::read(&bytes).ok().filter(|record| record.id == self.id)
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After the keeper had said that nothing is left of the run.
    Over,
    /// Before that: the keeper died, dropped us, or broke the protocol.
    Early,
    /// By us: the supervisor leaves.
    Left,
}

/// Sends `first`, frames of the protocol, and talks until the connection ends, or until nobody gives orders any more.
///
/// A keeper that does not read, because it is suspended, holds up neither what it has said nor the news that it is silent.
pub async fn converse(
    stream: impl AsyncRead + AsyncWrite,
    first: Vec<u8>,
    orders: &mut mpsc::Receiver<RunOrder>,
    inbox: &Inbox,
    subject: &Subject,
) -> Ended {
    let (mut ears, mut mouth) = tokio::io::split(stream);
    let mut listener = Listener { subject, inbox, keeper_pid: 0, launched_at: None, is_stopping: false, over: false };
    let mut frames = Frames::default();
    let mut chunk = Vec::with_capacity(512);
    let mut unsent = first;
    // A keeper that has said goodbye takes no orders any more, but what it said is still to be read.
    let (mut takes_orders, mut is_leaving) = (true, false);
    let mut answer_due = Some(Instant::now() + ANSWERS_WITHIN);
    loop {
        if is_leaving && unsent.is_empty() {
            return Ended::Left;
        }
        tokio::select! {
            sent = mouth.write(&unsent), if !unsent.is_empty() => {
                if let Ok(len @ 1..) = sent {
                    unsent.drain(..len);
                } else {
                    // Whether that was before its time, what it said last tells.
                    takes_orders = false;
                    is_leaving = false;
                    unsent.clear();
                }
                if unsent.is_empty() {
                    unsent = Vec::new();
                }
            }
            order = orders.recv(), if takes_orders => {
                let Some(order) = order else {
                    takes_orders = false;
                    is_leaving = true;
                    continue;
                };
                let is_end = matches!(order, RunOrder::Stop(_) | RunOrder::Kill);
                if is_end && !listener.is_stopping {
                    answer_due = answer_due.or(Some(Instant::now() + ANSWERS_WITHIN));
                }
                if is_end || unsent.len() < UNSENT_BYTES {
                    unsent.append(&mut wire_order(order).to_frame());
                } else {
                    listener.refuse().await;
                }
            }
            () = sleep_until(answer_due.unwrap_or_else(Instant::now)), if answer_due.is_some() => {
                answer_due = None;
                listener.tell_of_silence().await;
            }
            read = ears.read_buf(&mut chunk) => {
                if !matches!(read, Ok(1..)) {
                    return listener.end();
                }
                answer_due = None;
                frames.feed(&chunk);
                chunk.clear();
                if !listener.hear_all(&mut frames).await {
                    return listener.end();
                }
            }
        }
    }
}

/// Which run the keeper with this pid keeps, asked of every keeper that listens in `sockets`.
pub async fn find_run_of(keeper_pid: u32, sockets: &std::path::Path) -> Option<RunId> {
    for entry in std::fs::read_dir(sockets).ok()?.flatten() {
        if let Some((pid, id)) = ask_hello(entry.path()).await
            && pid == keeper_pid
        {
            return Some(id);
        }
    }
    None
}

/// Calls every keeper that listens in `sockets` for a run that is not `known`; true when one answered. A keeper that is
/// called makes its record anew where that was removed.
pub async fn call_unknown(sockets: &std::path::Path, known: &HashSet<RunId>) -> bool {
    let entries = std::fs::read_dir(sockets).into_iter().flatten().flatten().map(|entry| entry.path());
    let id = |path: &std::path::Path| path.file_stem().and_then(|stem| stem.to_str()).and_then(RunId::parse);
    let unknown = entries.filter(|path| id(path).is_some_and(|id| !known.contains(&id)));
    let answers = futures_util::future::join_all(unknown.map(ask_hello)).await;
    answers.iter().any(Option::is_some)
}

/// The pid and the run of the keeper that listens there, if one answers within a second.
async fn ask_hello(socket: PathBuf) -> Option<(u32, RunId)> {
    tokio::time::timeout(HELLO_WITHIN, hear_hello(socket)).await.ok()?
}

async fn hear_hello(socket: PathBuf) -> Option<(u32, RunId)> {
    let mut stream = Stream::connect(&socket).await.ok()?;
    send(&mut stream, &Order::Attach { version: VERSION }).await.then_some(())?;
    let mut frames = Frames::default();
    let mut chunk = Vec::with_capacity(256);
    while stream.read_buf(&mut chunk).await.ok()? > 0 {
        frames.feed(&chunk);
        chunk.clear();
        if let Report::Hello { keeper_pid, id, .. } = frames.next_report().ok()?? {
            return Some((keeper_pid, id));
        }
    }
    None
}

async fn send(stream: &mut Stream, order: &Order) -> bool {
    stream.write_all(&order.to_frame()).await.is_ok()
}

struct Listener<'a> {
    subject: &'a Subject,
    inbox: &'a Inbox,
    keeper_pid: u32,
    launched_at: Option<Timestamp>,
    /// It has entered a stage: another order of that kind may change nothing, and then is not answered.
    is_stopping: bool,
    over: bool,
}

/// What is said of a keeper that lives and does not answer.
pub fn silent(keeper_pid: u32) -> String {
    format!(
        "its keeper, pid {keeper_pid}, lives but does not answer; if it is suspended, `kill -CONT {keeper_pid}` wakes it, \
         and it carries on with what it was told"
    )
}

impl Listener<'_> {
    const fn end(&self) -> Ended {
        if self.over { Ended::Over } else { Ended::Early }
    }

    async fn tell_of_silence(&self) {
        // One that holds no lock is dead, and the end of the connection says so next.
        if let Some(keeper_pid) = lock::holder(&self.subject.lock) {
            self.tell(Fact::OrderRefused(silent(keeper_pid))).await;
        }
    }

    async fn refuse(&self) {
        let why = format!("its keeper has not read the last {UNSENT_BYTES} bytes of orders; ask again in a moment");
        self.tell(Fact::OrderRefused(why)).await;
    }

    async fn tell(&self, fact: Fact) {
        tell(self.inbox, &self.subject.id, fact).await;
    }

    /// Every report that is there, whole; false when what is there is none.
    async fn hear_all(&mut self, frames: &mut Frames) -> bool {
        loop {
            match frames.next_report() {
                Ok(Some(report)) => self.hear(report).await,
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    async fn hear(&mut self, report: Report) {
        let fact = match report {
            Report::Hello { keeper_pid, version, .. } => {
                self.keeper_pid = keeper_pid;
                if version == VERSION {
                    return;
                }
                Fact::OrderRefused(format!(
                    "its keeper, pid {keeper_pid}, speaks version {version} of the protocol and this pm version {VERSION}: \
                     what the other does not know is passed over; `pm restart` gives it a keeper of this version"
                ))
            }
            Report::Launched { pid, at } => {
                self.launched_at = Some(Timestamp(at));
                Fact::Launched { pid, keeper_pid: self.keeper_pid, at: Timestamp(at) }
            }
            Report::LaunchFailed(failure) => {
                self.over = true;
                Fact::LaunchFailed(failure)
            }
            Report::Stage { number, of, signal, at, wait } => {
                self.is_stopping = true;
                let since = Timestamp(at);
                let until = since + Duration::from_millis(wait);
                Fact::StageEntered(Stage { number, of, signal, since, until })
            }
            Report::Held => Fact::Held,
            Report::Exited { status, by, at } => {
                let exit = Exit { status, by, at: Timestamp(at) };
                Fact::Exited { exit, last_lines: self.last_lines(&exit).await }
            }
            Report::Stuck(pids) => Fact::Stuck(pids),
            Report::Emptied { killed } => {
                self.over = true;
                Fact::Emptied { killed }
            }
            Report::Grew { end, lines, lost } => Fact::Grew { end, lines, lost },
            Report::InputRefused(why) => Fact::OrderRefused(why),
        };
        self.tell(fact).await;
    }

    /// What it printed last, read only where it will be shown.
    async fn last_lines(&self, exit: &Exit) -> Vec<String> {
        let telling = self.launched_at.and_then(|at| Telling::of(&self.subject.spec, at, exit));
        let Some(telling) = telling else { return Vec::new() };
        let dir = self.subject.dir.clone();
        // Who prints nothing has no index.
        if !dir.join(layout::INDEX).exists() {
            return Vec::new();
        }
        tokio::task::spawn_blocking(move || telling.read(&dir)).await.unwrap_or_default()
    }
}

fn wire_order(order: RunOrder) -> Order {
    match order {
        RunOrder::Stop(ladder) => Order::Stop(wire_ladder(&ladder)),
        RunOrder::NextStage => Order::NextStage,
        RunOrder::Hold => Order::Hold,
        RunOrder::Kill => Order::Kill,
        RunOrder::Signal(signal) => Order::Signal(signal),
        RunOrder::Input(bytes) => Order::Input(bytes),
        RunOrder::Resize(rows, cols) => Order::Resize(rows, cols),
    }
}

/// A ladder as the keeper reads it: signals and milliseconds.
pub fn wire_ladder(ladder: &crate::domain::StopLadder) -> Vec<(crate::domain::Signal, u64)> {
    let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    ladder.stages().iter().map(|stage| (stage.signal, millis(stage.wait))).collect()
}
