//! The door under load and abuse: many clients, slow ones, liars, other versions; a fake supervisor behind it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Line;
use super::client::{ConnectError, attach};
use super::frames::{FrameSink, Frames, decode, encode, split};
use super::session::{Desk, attend};
use crate::domain::goal::Awaited;
use crate::domain::snapshot::{MachineLoad, ProjectInfo, SupervisorInfo};
use crate::domain::{Accepted, Cause, Command, Event, Refusal, Shutdown, Snapshot, Target, Timestamp, Totals, What};
use crate::supervisor::Handle;
use crate::supervisor::handle::Request as Asked;
use crate::wire::control::{Request, Response, VERSION};

const SOON: Duration = Duration::from_secs(10);

fn snapshot(revision: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        project: Arc::new(ProjectInfo { name: "t".into(), id: "t-1".into(), root: "/".into(), config: None }),
        revision,
        at: Timestamp(revision),
        supervisor: Arc::new(SupervisorInfo {
            pid: 1,
            started_at: Timestamp(0),
            version: VERSION.into(),
            headless: true,
        }),
        rows: Vec::new(),
        totals: Totals::default(),
        machine: MachineLoad::default(),
        shutting_down: None,
    })
}

fn event(seq: u64) -> Arc<Event> {
    let what = What::Noted { text: "x".repeat(200) };
    Arc::new(Event { seq, at: Timestamp(seq), process: None, run: None, cause: Cause::User, what })
}

/// A supervisor that accepts everything: the reply to `Start(["7"])` carries revision 7. `Up` is refused.
struct Fake {
    desk: Arc<Desk>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Arc<Event>>,
    closing: CancellationToken,
}

fn fake() -> Fake {
    let (handle, backend) = Handle::channel(snapshot(1));
    let (mut requests, closing) = (backend.requests, CancellationToken::new());
    let leave = closing.clone();
    tokio::spawn(async move {
        while let Some(request) = requests.recv().await {
            // What it was given to show is shown: a look finds nothing to do.
            let Asked::Command(command, reply) = request else { continue };
            let answer = if let Command::Start(Target::Patterns(patterns)) = command {
                Ok(Accepted { revision: patterns[0].parse().unwrap(), ..Accepted::default() })
            } else if let Command::Shutdown(_) = command {
                leave.cancel();
                Ok(Accepted::default())
            } else {
                Err(Refusal::Busy)
            };
            let _ = reply.send(answer);
            if leave.is_cancelled() {
                return;
            }
        }
    });
    let desk = Arc::new(Desk::new(handle));
    Fake { desk, snapshots: backend.snapshots, events: backend.events, closing }
}

impl Fake {
    /// A connection to it; `buffer_bytes` stands for the socket's buffer.
    fn open(&self, buffer_bytes: usize) -> DuplexStream {
        let (near, far) = duplex(buffer_bytes);
        tokio::spawn(attend(far, self.desk.clone(), self.closing.clone()));
        near
    }

    async fn greeted(&self, version: &str) -> (Frames<DuplexStream>, FrameSink<DuplexStream>) {
        let (mut frames, mut sink) = split(self.open(4096));
        sink.send(encode(&Request::Hello { version: version.into(), pid: 9 }).unwrap()).await.unwrap();
        let hello = decode(&frames.next().await.unwrap().unwrap()).unwrap();
        assert!(matches!(hello, Response::Hello { version, .. } if version == VERSION));
        (frames, sink)
    }
}

/// Nothing but a snapshot that is new enough.
fn revision(revision: u64) -> Awaited {
    Awaited { revision, ..Awaited::nothing() }
}

fn start(revision: u64) -> Command {
    Command::Start(Target::Patterns(vec![revision.to_string()]))
}

#[tokio::test]
async fn fifty_clients_each_get_their_own_replies_and_the_newest_snapshot() {
    let fake = fake();
    let mut clients = Vec::new();
    for number in 0..50 {
        let stream = fake.open(64 << 10);
        clients.push(tokio::spawn(async move {
            let handle = attach(stream).await.unwrap();
            let ask = |n: u64| {
                let handle = handle.clone();
                async move { (n, handle.send(start(n)).await) }
            };
            let asked: Vec<_> = (0..20).map(|n| ask(number * 100 + n)).collect();
            for (n, reply) in futures_util::future::join_all(asked).await {
                assert_eq!(reply.unwrap().revision, n);
            }
            let seen = handle.reach(&revision(77)).await;
            assert_eq!(seen.unwrap().revision, 77);
        }));
    }
    fake.snapshots.send_replace(snapshot(77));
    for client in clients {
        timeout(SOON, client).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_refusal_arrives_as_it_was_said() {
    let fake = fake();
    let handle = attach(fake.open(4096)).await.unwrap();
    assert_eq!(handle.send(Command::Up(None)).await, Err(Refusal::Busy));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_what_it_missed_and_holds_nobody_up() {
    let fake = fake();
    let (mut frames, mut sink) = fake.greeted(VERSION).await;
    sink.send(encode(&Request::Subscribe { snapshots: true, events: true }).unwrap()).await.unwrap();
    let other = attach(fake.open(4096)).await.unwrap();
    // Its subscription has been taken once the first snapshot is there.
    assert!(matches!(decode(&frames.next().await.unwrap().unwrap()).unwrap(), Response::Snapshot(_)));
    for n in 0..5000 {
        fake.events.send(event(n)).unwrap();
        fake.snapshots.send_replace(snapshot(n + 2));
        if n % 100 == 0 {
            assert_eq!(timeout(SOON, other.send(start(n))).await.unwrap().unwrap().revision, n);
        }
    }
    let (mut events, mut missed, mut newest) = (0, 0, 0);
    while newest < 5001 || events + missed < 5000 {
        let frame = timeout(SOON, frames.next()).await.expect("the news stopped").unwrap().unwrap();
        match decode(&frame).unwrap() {
            Response::Event(_) => events += 1,
            Response::Lagged { missed: n } => missed += n,
            Response::Snapshot(snapshot) => newest = snapshot.revision,
            Response::Hello { .. } | Response::Full { .. } | Response::Reply { .. } => panic!("nobody asked"),
        }
    }
    assert!(missed > 0, "4 KiB of socket cannot have held 5,000 events");
    assert_eq!(events + missed, 5000);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_is_held_up_shows_what_it_showed_last() {
    let (handle, _held_up) = Handle::channel(snapshot(3));
    let (near, far) = duplex(4096);
    tokio::spawn(attend(far, Arc::new(Desk::new(handle)), CancellationToken::new()));
    let seen = timeout(SOON, attach(near)).await.expect("it waits for ever").unwrap();
    assert_eq!(seen.snapshot().revision, 3);
}

#[tokio::test(start_paused = true)]
async fn snapshots_coalesce_to_twenty_a_second() {
    let fake = fake();
    let (mut frames, mut sink) = fake.greeted(VERSION).await;
    sink.send(encode(&Request::Subscribe { snapshots: true, events: false }).unwrap()).await.unwrap();
    let snapshots = fake.snapshots.clone();
    tokio::spawn(async move {
        for n in 2..=1001 {
            snapshots.send_replace(snapshot(n));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        std::future::pending::<()>().await;
    });
    let mut seen = Vec::new();
    while seen.last() != Some(&1001) {
        let response = decode(&frames.next().await.unwrap().unwrap()).unwrap();
        let Response::Snapshot(snapshot) = response else { panic!("{response:?}") };
        seen.push(snapshot.revision);
    }
    assert!(seen.is_sorted());
    assert!((15..=23).contains(&seen.len()), "{} snapshots within a second", seen.len());
}

#[tokio::test]
async fn garbage_closes_the_connection_and_nothing_else() {
    let fake = fake();
    let other = attach(fake.open(4096)).await.unwrap();
    let hello = encode(&Request::Hello { version: VERSION.into(), pid: 9 }).unwrap();
    let framed = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
    let rubbish: [Vec<u8>; 5] = [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 64],
        framed(b"{\"leave\":"),
        framed(br#"{"subscribe":{"snapshots":true,"events":true}}"#),
        [framed(&hello), framed(br#"{"command":{"id":1,"command":{"format":"disk"}}}"#)].concat(),
    ];
    for bytes in rubbish {
        let (mut read, mut write) = tokio::io::split(fake.open(4096));
        // The far end may have hung up before it has taken all.
        let _ = write.write_all(&bytes).await;
        let mut rest = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut rest);
        timeout(SOON, read).await.expect("the connection stays open").unwrap();
        assert_eq!(other.send(start(3)).await.unwrap().revision, 3);
    }
}

#[tokio::test(start_paused = true)]
async fn who_never_greets_is_shown_out() {
    let fake = fake();
    let (mut frames, _sink) = split(fake.open(4096));
    assert!(frames.next().await.is_none());
}

#[tokio::test]
async fn another_version_is_told_so_but_may_ask_to_leave() {
    let fake = fake();
    let (mut frames, mut sink) = fake.greeted("0.0.1-old").await;
    let command = Request::Command { id: 1, command: start(5) };
    sink.send(encode(&command).unwrap()).await.unwrap();
    sink.send(encode(&"words of the future").unwrap()).await.unwrap();
    assert!(!fake.closing.is_cancelled());
    sink.send(encode(&Request::Leave(Shutdown::Stop)).unwrap()).await.unwrap();
    assert!(timeout(SOON, frames.next()).await.unwrap().is_none(), "nothing but the end follows");
    assert!(fake.closing.is_cancelled());
}

#[tokio::test]
async fn a_face_says_which_versions_differ() {
    let (near, far) = duplex(4096);
    tokio::spawn(async move {
        let (mut frames, mut sink) = split(far);
        frames.next().await.unwrap().unwrap();
        sink.send(encode(&Response::Hello { version: "9.9.9".into(), pid: 42 }).unwrap()).await.unwrap();
    });
    let error = attach(near).await.unwrap_err();
    assert!(matches!(&error, ConnectError::VersionMismatch { theirs, pid: 42 } if theirs == "9.9.9"), "{error:?}");
    assert!(error.to_string().contains("9.9.9") && error.to_string().contains(VERSION), "{error}");
}

#[tokio::test]
async fn the_last_news_arrives_before_the_end() {
    let fake = fake();
    let handle = attach(fake.open(4096)).await.unwrap();
    let (mut watch, mut events) = (handle.watch(), handle.events());
    // A reply proves that the subscription, sent earlier on the same connection, has been taken.
    handle.send(start(1)).await.unwrap();
    fake.events.send(event(8)).unwrap();
    fake.snapshots.send_replace(snapshot(99));
    fake.closing.cancel();
    let ended = async { while watch.changed().await.is_ok() {} };
    timeout(SOON, ended).await.expect("the handle stays open");
    assert_eq!(handle.snapshot().revision, 99);
    assert_eq!(events.try_recv().unwrap().seq, 8);
    assert_eq!(handle.send(start(1)).await, Err(Refusal::Gone));
}

#[tokio::test]
async fn a_command_that_is_not_taken_any_more_costs_no_news() {
    let (to_client, from_server) = duplex(4096);
    let (to_server, from_client) = duplex(4096);
    let server = tokio::spawn(async move {
        let (mut frames, _) = split(from_client);
        let (_, mut sink) = split(to_client);
        frames.next().await.unwrap().unwrap();
        sink.send(encode(&Response::Hello { version: VERSION.into(), pid: 42 }).unwrap()).await.unwrap();
        sink.send(encode(&Response::Snapshot(snapshot(1))).unwrap()).await.unwrap();
        sink
    });
    let handle = attach(tokio::io::join(from_server, to_server)).await.unwrap();
    let (mut sink, mut watch) = (server.await.unwrap(), handle.watch());
    // The first of them cannot be written and waits for the end; then nobody takes the other.
    let refused = tokio::select! { one = handle.send(start(1)) => one, other = handle.send(start(2)) => other };
    assert_eq!(refused, Err(Refusal::Gone));
    sink.send(encode(&Response::Snapshot(snapshot(99))).unwrap()).await.unwrap();
    drop(sink);
    timeout(SOON, async { while watch.changed().await.is_ok() {} }).await.expect("the handle stays open");
    assert_eq!(watch.borrow().revision, 99);
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_is_shown_the_moment_it_is_there_and_nothing_else() {
    let fake = fake();
    let mut line = Line::greet(fake.open(4096)).await.unwrap();
    assert_eq!(line.ask(start(5)).await.unwrap().unwrap().revision, 5);
    assert_eq!(line.ask(Command::Up(None)).await.unwrap(), Err(Refusal::Busy));
    let snapshots = fake.snapshots.clone();
    tokio::spawn(async move {
        for n in 2..=1000 {
            snapshots.send_replace(snapshot(n));
            tokio::task::yield_now().await;
        }
        std::future::pending::<()>().await;
    });
    let begun = tokio::time::Instant::now();
    let seen = line.reach(&revision(5)).await.unwrap().unwrap().revision;
    assert!(seen >= 5 && begun.elapsed().is_zero(), "{seen} after {:?}", begun.elapsed());
    // Given up, it stands in the way of nothing.
    timeout(SOON, line.reach(&revision(5000))).await.unwrap_err();
    assert_eq!(line.look().await.unwrap().unwrap().revision, 1000);
    assert_eq!(line.ask(start(6)).await.unwrap().unwrap().revision, 6);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_goes_ends_the_waiting() {
    let fake = fake();
    let mut last = Line::greet(fake.open(4096)).await.unwrap();
    let mut vain = Line::greet(fake.open(4096)).await.unwrap();
    let mut leaver = Line::greet(fake.open(4096)).await.unwrap();
    let (reached, missed) = (revision(9), revision(10));
    let waiting = async { tokio::join!(last.reach(&reached), vain.reach(&missed)) };
    let leaving = async {
        // The clock goes on when nothing else does: both have asked by then.
        tokio::time::sleep(Duration::from_millis(1)).await;
        fake.snapshots.send_replace(snapshot(9));
        leaver.ask(Command::Shutdown(Shutdown::Stop)).await.unwrap().unwrap();
        leaver.ask(start(1)).await.unwrap()
    };
    let ((reached, missed), refused) = timeout(SOON, async { tokio::join!(waiting, leaving) }).await.unwrap();
    assert_eq!(reached.unwrap().unwrap().revision, 9);
    assert!(missed.unwrap().is_none());
    assert_eq!(refused, Err(Refusal::Gone));
}

#[cfg(not(unix))]
#[tokio::test]
async fn where_there_are_no_sockets_the_answer_says_so() {
    let error = super::connect(std::path::Path::new("control.sock")).await.unwrap_err();
    let ConnectError::Io(error) = error else { panic!("{error:?}") };
    let refusal = crate::platform::Unsupported::within(&error).unwrap();
    assert_eq!(refusal.what, "supervising processes");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_answers_is_not_an_error_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let error = super::connect(&dir.path().join("control.sock")).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoSupervisor), "{error:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_supervisor_behind_a_socket_serves_until_it_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("control.sock");
    let fake = fake();
    let watchers = || fake.snapshots.receiver_count();
    let unwatched = watchers();
    let listener = crate::platform::local::Listener::bind(&path).unwrap();
    let knocks = crate::platform::refresh::Refreshes::listen().unwrap();
    let door = tokio::spawn(super::server::serve(listener, knocks, fake.desk.handle.clone()));
    let handle = super::connect(&path).await.unwrap();
    assert_eq!(watchers(), unwatched + 1, "who is connected watches, the door does not");
    assert_eq!(handle.send(start(6)).await.unwrap().revision, 6);
    super::client::ask_to_leave(&path, Shutdown::Stop).await.unwrap();
    timeout(SOON, door).await.expect("the door stays open").unwrap();
    assert_eq!(handle.send(start(7)).await, Err(Refusal::Gone));
    assert_eq!(watchers(), unwatched);
    let asked = super::client::ask_to_leave(&path, Shutdown::Stop);
    assert!(matches!(asked.await, Err(ConnectError::NoSupervisor)));
    assert!(!path.exists(), "the socket file is left");
}
