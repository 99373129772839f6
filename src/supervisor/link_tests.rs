//! The conversation with a keeper, against one played by the test in memory, while the clock stands still unless all wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use super::inbox::Note;
use super::link::{Ended, Subject, converse};
use super::played::{LONG, Line, frame};
use crate::domain::effect::{Fact, RunOrder};
use crate::domain::spec::Program;
use crate::domain::{ExitBy, ExitStatus, ProcessName, ProcessSpec, RunId, RunNo, Signal, SpawnFailure, SpawnStep};
use crate::domain::{StopLadder, Timestamp};
use crate::platform::lock::FileLock;
use crate::wire::keeper::{Frames, Order, Report, VERSION};
use crate::wire::layout::Layout;

struct Talk {
    keeper: Line,
    orders: Option<mpsc::Sender<RunOrder>>,
    facts: mpsc::Receiver<Note>,
    task: tokio::task::JoinHandle<Ended>,
    begun: Instant,
    /// Of the process, which is that of a living keeper as long as it is held.
    lock: Option<FileLock>,
    _dir: tempfile::TempDir,
}

impl Talk {
    fn begin() -> Self {
        Self::begin_with(Order::Attach { version: VERSION }.to_frame(), 64 << 10)
    }

    /// `room` stands for the socket's buffer, in bytes.
    fn begin_with(first: Vec<u8>, room: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let subject = subject(dir.path());
        let lock = FileLock::acquire(&subject.lock).unwrap();
        let (stream, keeper) = duplex(room);
        let (orders, mut waiting) = mpsc::channel(8);
        let (inbox, facts) = mpsc::channel(8);
        let task = tokio::spawn(async move { converse(stream, first, &mut waiting, &inbox, &subject).await });
        let (keeper, begun) = (Line::new(keeper, Frames::default()), Instant::now());
        Self { keeper, orders: Some(orders), facts, task, begun, lock, _dir: dir }
    }

    async fn order(&mut self) -> Order {
        self.keeper.order().await
    }

    async fn give(&self, order: RunOrder) {
        self.orders.as_ref().unwrap().send(order).await.unwrap();
    }

    async fn stop(&self) {
        self.give(RunOrder::Stop(StopLadder::default())).await;
    }

    async fn say(&mut self, report: Report) {
        self.keeper.say(&report).await;
    }

    async fn fact(&mut self) -> Fact {
        fact_in(timeout(LONG, self.facts.recv()).await.expect("nothing is told").unwrap())
    }

    /// When that is told that should be, since the conversation began.
    async fn silence(&mut self) -> Duration {
        let Fact::OrderRefused(why) = self.fact().await else { panic!("another fact") };
        assert!(why.contains("lives but does not answer"), "{why}");
        self.begun.elapsed()
    }

    async fn hears_nothing(&mut self) {
        if let Ok(note) = timeout(LONG, self.facts.recv()).await {
            panic!("{note:?} is told after {:?}", self.begun.elapsed());
        }
    }
}

fn subject(dir: &std::path::Path) -> Subject {
    let name = ProcessName::new("p").unwrap();
    let spec = ProcessSpec::new(name.clone(), Program::Command(vec!["true".into()]), "/".into());
    let layout = Layout::new(dir, dir, "t");
    std::fs::create_dir_all(layout.process(&name)).unwrap();
    Subject::new(&layout, RunId::derive(0, 0), Arc::new(spec), RunNo(1))
}

fn fact_in(note: Note) -> Fact {
    match note {
        Note::Fact(id, fact) => {
            assert_eq!(id, RunId::derive(0, 0));
            fact
        }
        Note::Unlinked(_) | Note::Sampled(..) | Note::Told(_) => panic!("no fact"),
    }
}

fn hello() -> Report {
    Report::Hello { version: VERSION, features: 0, keeper_pid: 9, id: RunId::derive(0, 0) }
}

fn stage() -> Report {
    Report::Stage { number: 1, of: 3, signal: Signal::Term, at: 1500, wait: 10_000 }
}

/// All of a run, and the facts it makes: the greeting is none.
fn a_life() -> (Vec<Report>, Vec<Fact>) {
    let exited = Report::Exited { status: ExitStatus::Code(7), by: ExitBy::StopStage(1), at: 2000 };
    let reports = vec![
        hello(),
        Report::Launched { pid: 10, at: 1000 },
        Report::Grew { end: 5, lines: 1, lost: 0 },
        stage(),
        exited,
        Report::Stuck(vec![11, 12]),
        Report::Emptied { killed: 2 },
    ];
    let at = Timestamp(1500);
    let entered = crate::domain::phase::Stage {
        number: 1,
        of: 3,
        signal: Signal::Term,
        since: at,
        until: at + Duration::from_secs(10),
    };
    let exit = crate::domain::Exit { status: ExitStatus::Code(7), by: ExitBy::StopStage(1), at: Timestamp(2000) };
    let facts = vec![
        Fact::Launched { pid: 10, keeper_pid: 9, at: Timestamp(1000) },
        Fact::Grew { end: 5, lines: 1, lost: 0 },
        Fact::StageEntered(entered),
        Fact::Exited { exit, last_lines: Vec::new() },
        Fact::Stuck(vec![11, 12]),
        Fact::Emptied { killed: 2 },
    ];
    (reports, facts)
}

#[tokio::test(start_paused = true)]
async fn reports_become_facts_and_orders_become_frames() {
    let mut talk = Talk::begin();
    assert_eq!(talk.order().await, Order::Attach { version: VERSION });
    talk.say(hello()).await;
    talk.say(Report::Launched { pid: 10, at: 1000 }).await;
    assert!(matches!(talk.fact().await, Fact::Launched { pid: 10, keeper_pid: 9, .. }));
    talk.stop().await;
    assert!(matches!(talk.order().await, Order::Stop(stages) if stages.len() == 3 && stages[0].1 == 10_000));
    talk.say(Report::Exited { status: ExitStatus::Code(7), by: ExitBy::StopStage(1), at: 2000 }).await;
    let Fact::Exited { exit, .. } = talk.fact().await else { panic!() };
    assert_eq!((exit.status, exit.by), (ExitStatus::Code(7), ExitBy::StopStage(1)));
    talk.say(Report::Emptied { killed: 2 }).await;
    assert_eq!(talk.fact().await, Fact::Emptied { killed: 2 });
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Over);
}

#[tokio::test(start_paused = true)]
async fn a_keeper_of_another_version_is_told_of_and_talked_to() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.say(Report::Hello { version: VERSION + 1, features: 0, keeper_pid: 9, id: RunId::derive(0, 0) }).await;
    let Fact::OrderRefused(why) = talk.fact().await else { panic!() };
    assert!(why.contains(&format!("pid 9, speaks version {} of the protocol", VERSION + 1)), "{why}");
    talk.say(Report::Launched { pid: 10, at: 1000 }).await;
    assert!(matches!(talk.fact().await, Fact::Launched { pid: 10, keeper_pid: 9, .. }));
}

#[tokio::test(start_paused = true)]
async fn what_a_later_version_says_besides_is_passed_over() {
    let mut talk = Talk::begin();
    // A kind that is not known yet, and a known one with a field more.
    talk.keeper.stream.write_all(&[3, 0, 0, 0, 200, 1, 2]).await.unwrap();
    talk.keeper.stream.write_all(&[8, 0, 0, 0, 8, 2, 0, 0, 0, 9, 9, 9]).await.unwrap();
    assert_eq!(talk.fact().await, Fact::Emptied { killed: 2 });
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Over);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_before_the_end_is_early() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.say(hello()).await;
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Early);
}

#[tokio::test(start_paused = true)]
async fn garbage_ends_the_conversation_and_nothing_else() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.keeper.stream.write_all(&[0xff; 64]).await.unwrap();
    assert_eq!(talk.task.await.unwrap(), Ended::Early);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_failed_is_an_end_too() {
    let mut talk = Talk::begin();
    let failure = SpawnFailure { step: SpawnStep::Program, errno: 2, message: "no".into() };
    talk.say(Report::LaunchFailed(failure.clone())).await;
    assert_eq!(talk.fact().await, Fact::LaunchFailed(failure));
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Over);
}

#[tokio::test(start_paused = true)]
async fn a_leaving_supervisor_leaves_the_keeper_alone_and_gives_it_what_was_ordered_before() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.give(RunOrder::Hold).await;
    talk.give(RunOrder::NextStage).await;
    talk.orders = None;
    assert_eq!(talk.order().await, Order::Hold);
    assert_eq!(talk.order().await, Order::NextStage);
    assert_eq!(talk.task.await.unwrap(), Ended::Left);
    let mut rest = Vec::new();
    talk.keeper.stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty(), "nothing is told to a keeper that is left");
}

#[tokio::test(start_paused = true)]
async fn what_was_ordered_before_leaving_arrives_whole_however_slowly_it_is_read() {
    let mut talk = Talk::begin_with(Vec::new(), 1 << 10);
    talk.give(RunOrder::Input(vec![b'x'; 64 << 10])).await;
    talk.stop().await;
    talk.orders = None;
    sleep(Duration::from_secs(5)).await;
    assert!(!talk.task.is_finished(), "it has left in the midst of an order");
    assert!(matches!(talk.order().await, Order::Input(bytes) if bytes.len() == 64 << 10));
    assert!(matches!(talk.order().await, Order::Stop(_)));
    assert_eq!(talk.task.await.unwrap(), Ended::Left);
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_dies_with_orders_unread_is_an_early_end_also_for_who_leaves() {
    let mut talk = Talk::begin_with(Vec::new(), 1 << 10);
    talk.give(RunOrder::Input(vec![b'x'; 64 << 10])).await;
    talk.orders = None;
    sleep(Duration::from_secs(5)).await;
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Early);
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_does_not_read_gets_no_input_without_end_and_a_stop_all_the_same() {
    let mut talk = Talk::begin_with(Vec::new(), 1 << 10);
    talk.say(hello()).await;
    for _ in 0..6 {
        talk.give(RunOrder::Input(vec![b'x'; 64 << 10])).await;
        // What goes into the socket of the first has gone there before the next comes.
        sleep(Duration::from_millis(1)).await;
    }
    let Fact::OrderRefused(why) = talk.fact().await else { panic!("another fact") };
    assert!(why.contains("has not read the last 262144 bytes"), "{why}");
    let asked = talk.begun.elapsed();
    talk.stop().await;
    assert_eq!(talk.silence().await, asked + Duration::from_secs(2));
    for _ in 0..5 {
        assert!(matches!(talk.order().await, Order::Input(_)));
    }
    assert!(matches!(talk.order().await, Order::Stop(_)));
}

#[tokio::test(start_paused = true)]
async fn what_a_dying_keeper_said_last_is_still_heard() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.say(hello()).await;
    talk.say(Report::Emptied { killed: 0 }).await;
    drop(talk.orders.as_ref().map(|orders| orders.try_send(RunOrder::Kill)));
    drop(talk.keeper);
    assert_eq!(fact_in(talk.facts.recv().await.unwrap()), Fact::Emptied { killed: 0 });
    assert_eq!(talk.task.await.unwrap(), Ended::Over);
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_dies_in_the_midst_of_a_frame_has_said_all_that_was_whole() {
    let (reports, facts) = a_life();
    let frames: Vec<Vec<u8>> = reports.iter().map(frame).collect();
    let bytes = frames.concat();
    let ends: Vec<usize> =
        frames.iter().scan(0, |end, frame| Some(std::mem::replace(end, *end + frame.len()))).collect();
    for cut in 0..=bytes.len() {
        let mut talk = Talk::begin();
        talk.keeper.stream.write_all(&bytes[..cut]).await.unwrap();
        drop(talk.keeper);
        let mut heard = Vec::new();
        while let Some(note) = talk.facts.recv().await {
            heard.push(fact_in(note));
        }
        // Whole are those whose successor begins within, and the greeting is no fact.
        let whole = ends.iter().skip(1).filter(|begin| **begin <= cut).count() + usize::from(cut == bytes.len());
        assert_eq!(heard, facts[..whole.saturating_sub(1)], "cut at {cut}");
        let ended = if cut == bytes.len() { Ended::Over } else { Ended::Early };
        assert_eq!(talk.task.await.unwrap(), ended, "cut at {cut}");
    }
}

#[tokio::test(start_paused = true)]
async fn reports_in_pieces_are_reports() {
    let (reports, facts) = a_life();
    // A socket that takes one byte at a time.
    let mut talk = Talk::begin_with(Order::Attach { version: VERSION }.to_frame(), 1);
    assert_eq!(talk.order().await, Order::Attach { version: VERSION });
    let (mut keeper, mut heard) = (talk.keeper.stream, Vec::new());
    let bytes: Vec<u8> = reports.iter().flat_map(frame).collect();
    let saying = tokio::spawn(async move { keeper.write_all(&bytes).await });
    while let Some(note) = talk.facts.recv().await {
        heard.push(fact_in(note));
    }
    saying.await.unwrap().unwrap();
    assert_eq!(heard, facts);
    assert_eq!(talk.task.await.unwrap(), Ended::Over);
}

#[tokio::test(start_paused = true)]
async fn a_silent_keeper_is_told_after_two_seconds_and_once() {
    let mut talk = Talk::begin();
    assert_eq!(talk.silence().await, Duration::from_secs(2));
    talk.hears_nothing().await;
    // It is waited for all the same.
    talk.say(hello()).await;
    talk.say(Report::Launched { pid: 10, at: 1000 }).await;
    assert!(matches!(talk.fact().await, Fact::Launched { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_answers_in_time_is_not_told_of() {
    let mut talk = Talk::begin();
    sleep(Duration::from_millis(1900)).await;
    talk.say(hello()).await;
    talk.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_keeper_that_holds_no_lock_is_dead_and_that_is_told_otherwise() {
    let mut talk = Talk::begin();
    talk.lock = None;
    talk.hears_nothing().await;
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Early);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_not_answered_is_told_each_time_it_is_asked_for() {
    for order in [RunOrder::Stop(StopLadder::default()), RunOrder::Kill] {
        let mut talk = Talk::begin();
        talk.say(hello()).await;
        sleep(Duration::from_secs(5)).await;
        talk.give(order.clone()).await;
        sleep(Duration::from_secs(1)).await;
        // Asked for again meanwhile, it is due no later.
        talk.give(order.clone()).await;
        assert_eq!(talk.silence().await, Duration::from_secs(7));
        talk.hears_nothing().await;
        let asked = talk.begun.elapsed();
        talk.give(order).await;
        assert_eq!(talk.silence().await, asked + Duration::from_secs(2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_has_begun_and_an_order_that_is_not_answered_by_nature_are_not_waited_for() {
    let mut talk = Talk::begin();
    talk.say(hello()).await;
    for order in [RunOrder::Hold, RunOrder::Signal(Signal::Hup), RunOrder::Input(b"x".to_vec())] {
        talk.give(order).await;
    }
    talk.hears_nothing().await;
    talk.stop().await;
    sleep(Duration::from_millis(1900)).await;
    talk.say(stage()).await;
    assert!(matches!(talk.fact().await, Fact::StageEntered(_)));
    talk.stop().await;
    talk.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_is_silent_before_it_has_read_its_first_order_is_told_of() {
    // A launch carries a whole environment, more than goes into a socket.
    let mut talk = Talk::begin_with(vec![0; 300 << 10], 1 << 10);
    assert_eq!(talk.silence().await, Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_stop_behind_input_that_is_not_read_is_told_of_and_what_the_keeper_says_is_heard() {
    let mut talk = Talk::begin_with(Vec::new(), 1 << 10);
    talk.say(hello()).await;
    talk.give(RunOrder::Input(vec![b'x'; 64 << 10])).await;
    sleep(Duration::from_secs(5)).await;
    talk.stop().await;
    assert_eq!(talk.silence().await, Duration::from_secs(7));
    talk.say(Report::Grew { end: 5, lines: 1, lost: 0 }).await;
    assert_eq!(talk.fact().await, Fact::Grew { end: 5, lines: 1, lost: 0 });
    // Read in the end, all of it is whole and in its order.
    assert!(matches!(talk.order().await, Order::Input(bytes) if bytes.len() == 64 << 10));
    assert!(matches!(talk.order().await, Order::Stop(_)));
}
