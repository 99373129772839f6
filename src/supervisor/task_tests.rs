//! The whole task with its launches and contacts, against keepers played by the test in memory, while the clock stands still unless
//! all wait: waits of half a minute are held to the millisecond.
// Nobody is launched where keepers do not exist yet.
#![cfg(unix)]

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, sleep, timeout};

use super::adoption::Findings;
use super::keepers::{Connection, Keepers, Spawned};
use super::played::{LONG, Line};
use super::start::{assemble, begin};
use super::{Handle, LeftBehind, Options};
use crate::domain::command::Shutdown;
use crate::domain::event::What;
use crate::domain::snapshot::{ProjectInfo, Row};
use crate::domain::spec::{Keep, Program, Restart, RestartWhen};
use crate::domain::{Command, ExitBy, ExitStatus, PhaseWord, ProcessName, ProcessSpec, RunId, Signal, Target};
use crate::platform::launch::ChildEnd;
use crate::platform::lock::FileLock;
use crate::wire::keeper::{Frames, Launch, Order, Report, VERSION};
use crate::wire::layout::Layout;

/// No process has such a pid: Linux counts to 4,194,304.
const NO_PID: u32 = 5_000_000;

/// Keepers that the test plays.
#[derive(Debug)]
struct Played {
    born: mpsc::UnboundedSender<Keeper>,
    /// Who listens where.
    calls: Mutex<HashMap<PathBuf, mpsc::UnboundedSender<DuplexStream>>>,
}

impl Keepers for Played {
    fn spawn(&self, _label: &str, first: &[u8]) -> io::Result<Spawned> {
        let mut frames = Frames::default();
        frames.feed(first);
        let Some(Order::Launch(launch)) = frames.next_order().unwrap() else { panic!("no launch") };
        let lock = FileLock::acquire(Path::new(&launch.lock))?.expect("one keeper for each process");
        let (stream, talk) = duplex(64 << 10);
        let (called, calls) = mpsc::unbounded_channel();
        self.calls.lock().unwrap().insert(PathBuf::from(&launch.socket), called);
        let (gone, end) = oneshot::channel();
        let keeper = Keeper {
            talk: Line::new(talk, frames),
            calls,
            launch: *launch,
            life: Some((lock, gone)),
            at: Instant::now(),
        };
        self.born.send(keeper).unwrap();
        let end = Box::pin(async move { end.await.ok() });
        Ok(Spawned { stream: Ok(Box::new(stream)), unsent: Vec::new(), end })
    }

    fn call<'a>(&'a self, socket: &'a Path) -> BoxFuture<'a, io::Result<Box<dyn Connection>>> {
        let (stream, talk) = duplex(64 << 10);
        let answered = self.calls.lock().unwrap().get(socket).is_some_and(|called| called.send(talk).is_ok());
        let stream: Box<dyn Connection> = Box::new(stream);
        Box::pin(async move { if answered { Ok(stream) } else { Err(io::ErrorKind::ConnectionRefused.into()) } })
    }
}

/// One of them.
#[derive(Debug)]
struct Keeper {
    talk: Line,
    calls: mpsc::UnboundedReceiver<DuplexStream>,
    launch: Launch,
    /// What it holds while it lives, and who waits for its end.
    life: Option<(FileLock, oneshot::Sender<ChildEnd>)>,
    /// When it was born.
    at: Instant,
}

impl Keeper {
    async fn hello(&mut self, house: &House) {
        let id = self.launch.id.clone();
        self.talk.say(&Report::Hello { version: VERSION, features: 0, keeper_pid: NO_PID, id }).await;
        self.talk.say(&Report::Launched { pid: NO_PID + 1, at: house.now_ms(self.at) }).await;
    }

    async fn exited(&mut self, house: &House, code: i32, by: ExitBy) {
        let at = house.now_ms(Instant::now());
        self.talk.say(&Report::Exited { status: ExitStatus::Code(code), by, at }).await;
    }

    /// It says that nothing is left, and ends as keepers do.
    async fn leave(mut self, killed: u32) {
        drop(self.life.take());
        self.talk.say(&Report::Emptied { killed }).await;
    }

    /// Killed: its lock and its connections go, and nothing is said.
    fn die(&mut self) {
        let (lock, gone) = self.life.take().unwrap();
        drop(lock);
        gone.send(ChildEnd::Signal(Signal::Kill)).unwrap();
        self.calls.close();
        self.talk.stream = duplex(1).0;
    }
}

/// A supervisor with one process, `p`.
struct House {
    handle: Handle,
    born: mpsc::UnboundedReceiver<Keeper>,
    task: JoinHandle<LeftBehind>,
    begun: Instant,
    _dir: tempfile::TempDir,
}

impl House {
    async fn of(restart: Restart) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path(), dir.path(), "t");
        for dir in [layout.runs(), layout.keeper_sockets()] {
            std::fs::create_dir_all(dir).unwrap();
        }
        let mut spec = ProcessSpec::new(name(), Program::Command(vec!["true".into()]), "/".into());
        (spec.restart, spec.source) = (restart, Some("pm.toml:1".into()));
        let project = ProjectInfo { name: "t".into(), id: "t".into(), root: "/".into(), config: None };
        let specs = vec![spec];
        let keep = Keep { total_bytes: None, max_age: None };
        let options = Options { project, specs, keep, layout, exe: "/nowhere".into(), headless: true };
        let (born, births) = mpsc::unbounded_channel();
        let keepers = Arc::new(Played { born, calls: Mutex::default() });
        let begun = Instant::now();
        let (mut task, handle) = assemble(options, keepers).unwrap();
        begin(&mut task, Findings::default());
        // So far ahead of the wall, it is not followed: however long this test takes, only our own time counts.
        advance(Duration::from_hours(1)).await;
        Self { handle, born: births, task: tokio::spawn(task.run()), begun, _dir: dir }
    }

    /// What a keeper says of that time, in milliseconds since the epoch.
    fn now_ms(&self, at: Instant) -> u64 {
        (self.handle.snapshot().supervisor.started_at + (at - self.begun)).millis()
    }

    async fn command(&self, command: Command) {
        self.handle.send(command).await.unwrap();
    }

    async fn birth(&mut self) -> Keeper {
        timeout(LONG, self.born.recv()).await.expect("no keeper is born").unwrap()
    }

    /// Nobody is born for a long time, in which everything that was due was done.
    async fn no_birth(&mut self) {
        if let Ok(Some(keeper)) = timeout(LONG, self.born.recv()).await {
            panic!("{:?} is born", keeper.launch.id);
        }
    }

    async fn row(&self, what: &str, is: impl Fn(&Row) -> bool) -> Arc<Row> {
        let mut watch = self.handle.watch();
        let found = timeout(LONG, watch.wait_for(|snapshot| is(&snapshot.rows[0]))).await;
        let Ok(found) = found else { panic!("not {what}: {:?}", self.handle.snapshot().rows[0].phase) };
        found.unwrap().rows[0].clone()
    }

    async fn is(&self, word: PhaseWord) -> Arc<Row> {
        self.row(word.as_str(), |row| row.phase.word() == word).await
    }

    /// Started, and said to run by its keeper.
    async fn running(&mut self) -> Keeper {
        self.command(Command::Start(Target::one(name()))).await;
        let mut keeper = self.birth().await;
        keeper.hello(self).await;
        self.is(PhaseWord::Running).await;
        keeper
    }
}

fn name() -> ProcessName {
    ProcessName::new("p").unwrap()
}

fn on_failure() -> Restart {
    Restart { when: RestartWhen::OnFailure, ..Restart::default() }
}

fn first_stage(house: &House) -> Report {
    let at = house.now_ms(Instant::now());
    Report::Stage { number: 1, of: 3, signal: Signal::Term, at, wait: 10_000 }
}

/// A run of a second that ends with code 1; when that was.
async fn fail(house: &House, mut keeper: Keeper) -> Instant {
    keeper.hello(house).await;
    sleep(Duration::from_secs(1)).await;
    keeper.exited(house, 1, ExitBy::Itself).await;
    keeper.leave(0).await;
    Instant::now()
}

#[tokio::test(start_paused = true)]
async fn who_fails_again_and_again_waits_twice_as_long_each_time_and_is_given_up_in_the_end() {
    let mut house = House::of(Restart { limit: 10, ..on_failure() }).await;
    house.command(Command::Up(None)).await;
    let mut keeper = house.birth().await;
    let mut waits = Vec::new();
    for _ in 0..10 {
        let ended = fail(&house, keeper).await;
        keeper = house.birth().await;
        waits.push((keeper.at - ended).as_millis());
    }
    assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
    fail(&house, keeper).await;
    let row = house.is(PhaseWord::Failed).await;
    assert_eq!(row.restarts, 10);
    house.no_birth().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_it_waits_to_be_started_again_wins() {
    let mut house = House::of(on_failure()).await;
    house.command(Command::Up(None)).await;
    let keeper = house.birth().await;
    fail(&house, keeper).await;
    house.is(PhaseWord::Backoff).await;
    house.command(Command::Stop(Target::all())).await;
    house.is(PhaseWord::Stopped).await;
    house.no_birth().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_takes_as_long_as_the_keeper_says_and_a_restart_meanwhile_begins_when_nothing_is_left() {
    let mut house = House::of(on_failure()).await;
    let mut keeper = house.running().await;
    house.command(Command::Stop(Target::all())).await;
    assert!(matches!(keeper.talk.order().await, Order::Stop(stages) if stages.len() == 3));
    keeper.talk.say(&first_stage(&house)).await;
    house.is(PhaseWord::Stopping).await;
    for _ in 0..20 {
        house.command(Command::Restart(Target::all())).await;
    }
    sleep(Duration::from_secs(9)).await;
    keeper.exited(&house, 0, ExitBy::StopStage(1)).await;
    sleep(Duration::from_secs(3)).await;
    // Somebody of the tree still lives: there is nobody else yet.
    assert!(house.born.try_recv().is_err());
    keeper.leave(1).await;
    let ended = Instant::now();
    let mut next = house.birth().await;
    assert_eq!((next.at - ended, next.launch.no.0), (Duration::ZERO, 2));
    next.hello(&house).await;
    house.is(PhaseWord::Running).await;
    house.no_birth().await;
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_does_not_answer_a_stop_is_told_of_after_two_seconds_and_does_it_when_it_wakes() {
    let mut house = House::of(on_failure()).await;
    let mut keeper = house.running().await;
    let mut events = house.handle.events();
    let asked = Instant::now();
    house.command(Command::Stop(Target::all())).await;
    let silent = async {
        loop {
            if let What::Refused { why, .. } = &events.recv().await.unwrap().what {
                return why.clone();
            }
        }
    };
    let reason = timeout(LONG, silent).await.expect("nobody tells");
    assert!(reason.contains("lives but does not answer"), "{reason}");
    assert_eq!(asked.elapsed(), Duration::from_secs(2));
    assert!(matches!(keeper.talk.order().await, Order::Stop(_)));
    keeper.talk.say(&first_stage(&house)).await;
    keeper.exited(&house, 0, ExitBy::StopStage(1)).await;
    keeper.leave(0).await;
    house.is(PhaseWord::Stopped).await;
    house.no_birth().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_is_made_anew_and_what_happened_meanwhile_is_heard() {
    let mut house = House::of(on_failure()).await;
    let mut keeper = house.running().await;
    let run: RunId = keeper.launch.id.clone();
    // The end that was held is dropped: to the supervisor the keeper has hung up.
    keeper.talk.stream = duplex(1).0;
    keeper.talk.stream = timeout(LONG, keeper.calls.recv()).await.expect("nobody calls").unwrap();
    assert!(matches!(keeper.talk.order().await, Order::Attach { version: VERSION }));
    keeper.hello(&house).await;
    keeper.talk.say(&Report::Grew { end: 7, lines: 1, lost: 0 }).await;
    let row = house.row("grown", |row| row.run.as_ref().is_some_and(|run| run.log_end == 7)).await;
    assert_eq!((row.phase.word(), &row.run.as_ref().unwrap().id), (PhaseWord::Running, &run));
    house.command(Command::Kill(Target::all())).await;
    assert_eq!(keeper.talk.order().await, Order::Kill);
    assert!(house.born.try_recv().is_err(), "it was doubled");
}

#[tokio::test(start_paused = true)]
async fn the_death_of_a_keeper_is_told_as_it_was_and_nobody_takes_its_place_unasked() {
    let mut house = House::of(Restart::default()).await;
    let mut keeper = house.running().await;
    keeper.die();
    let row = house.is(PhaseWord::Unknown).await;
    assert!(format!("{:?}", row.phase).contains("its keeper was killed by SIGKILL"), "{:?}", row.phase);
    house.no_birth().await;
    house.command(Command::Start(Target::all())).await;
    assert_eq!(house.birth().await.launch.no.0, 2);
}

#[tokio::test(start_paused = true)]
async fn who_is_always_started_again_is_so_once_when_a_keeper_died() {
    let mut house = House::of(Restart { when: RestartWhen::Always, ..Restart::default() }).await;
    let mut keeper = house.running().await;
    keeper.die();
    let mut next = house.birth().await;
    assert_eq!(next.launch.no.0, 2);
    next.hello(&house).await;
    house.is(PhaseWord::Running).await;
    house.no_birth().await;
}

#[tokio::test(start_paused = true)]
async fn who_leaves_without_stopping_says_nothing_to_its_keepers() {
    let mut house = House::of(on_failure()).await;
    let mut keeper = house.running().await;
    house.command(Command::Shutdown(Shutdown::Detach)).await;
    let left = timeout(LONG, house.task).await.expect("it does not leave").unwrap();
    assert_eq!(left, LeftBehind { live: vec![name()], failed: 0 });
    let mut said = Vec::new();
    timeout(LONG, keeper.talk.stream.read_to_end(&mut said)).await.expect("the line stays open").unwrap();
    assert!(said.is_empty(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn who_stops_everything_leaves_when_the_last_is_gone() {
    let mut house = House::of(on_failure()).await;
    let mut keeper = house.running().await;
    house.command(Command::Shutdown(Shutdown::Stop)).await;
    assert!(matches!(keeper.talk.order().await, Order::Stop(_)));
    keeper.talk.say(&first_stage(&house)).await;
    sleep(Duration::from_secs(25)).await;
    assert!(!house.task.is_finished(), "it left somebody behind");
    keeper.exited(&house, 0, ExitBy::StopStage(3)).await;
    keeper.leave(4).await;
    let left = timeout(LONG, house.task).await.expect("it does not leave").unwrap();
    assert_eq!(left, LeftBehind::default());
}
