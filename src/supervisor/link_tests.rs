//! The conversation with a keeper, against one played by the test over a pair of sockets.
// A keeper is talked to through a local socket.
#![cfg(unix)]

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

use super::inbox::Note;
use super::link::{Ended, Subject, converse};
use crate::domain::effect::{Fact, RunOrder};
use crate::domain::spec::Program;
use crate::domain::{ExitBy, ExitStatus, ProcessName, ProcessSpec, RunId, RunNo, StopLadder};
use crate::platform::local::Stream;
use crate::wire::keeper::{Frames, Order, Report, VERSION};
use crate::wire::layout::Layout;

struct Talk {
    keeper: Stream,
    frames: Frames,
    orders: Option<mpsc::Sender<RunOrder>>,
    facts: mpsc::Receiver<Note>,
    task: tokio::task::JoinHandle<Ended>,
}

impl Talk {
    fn begin() -> Self {
        let (stream, keeper) = Stream::pair().unwrap();
        let (orders, mut waiting) = mpsc::channel(8);
        let (inbox, facts) = mpsc::channel(8);
        let task = tokio::spawn(async move {
            let first = Order::Attach { version: VERSION }.to_frame();
            converse(stream, first, &mut waiting, &inbox, &subject()).await
        });
        Self { keeper, frames: Frames::default(), orders: Some(orders), facts, task }
    }

    async fn order(&mut self) -> Order {
        loop {
            if let Some(order) = self.frames.next_order().unwrap() {
                return order;
            }
            let mut chunk = Vec::with_capacity(256);
            assert!(self.keeper.read_buf(&mut chunk).await.unwrap() > 0, "the supervisor hung up");
            self.frames.feed(&chunk);
        }
    }

    async fn say(&mut self, report: Report) {
        let mut frame = Vec::new();
        report.encode(&mut frame);
        self.keeper.write_all(&frame).await.unwrap();
    }

    async fn fact(&mut self) -> Fact {
        match self.facts.recv().await.unwrap() {
            Note::Fact(id, fact) => {
                assert_eq!(id, RunId::derive(0, 0));
                fact
            }
            Note::Unlinked(_) | Note::Sampled(..) | Note::Told(_) => panic!("no fact"),
        }
    }
}

fn subject() -> Subject {
    let name = ProcessName::new("p").unwrap();
    let spec = ProcessSpec::new(name, Program::Command(vec!["true".into()]), "/".into());
    let layout = Layout::new("/nowhere".as_ref(), "/nowhere".as_ref(), "t");
    Subject::new(&layout, RunId::derive(0, 0), Arc::new(spec), RunNo(1))
}

fn hello() -> Report {
    Report::Hello { version: VERSION, features: 0, keeper_pid: 9, id: RunId::derive(0, 0) }
}

#[tokio::test]
async fn reports_become_facts_and_orders_become_frames() {
    let mut talk = Talk::begin();
    assert_eq!(talk.order().await, Order::Attach { version: VERSION });
    talk.say(hello()).await;
    talk.say(Report::Launched { pid: 10, at: 1000 }).await;
    assert!(matches!(talk.fact().await, Fact::Launched { pid: 10, keeper_pid: 9, .. }));
    talk.orders.as_ref().unwrap().send(RunOrder::Stop(StopLadder::default())).await.unwrap();
    assert!(matches!(talk.order().await, Order::Stop(stages) if stages.len() == 3 && stages[0].1 == 10_000));
    talk.say(Report::Exited { status: ExitStatus::Code(7), by: ExitBy::StopStage(1), at: 2000 }).await;
    let Fact::Exited { exit, .. } = talk.fact().await else { panic!() };
    assert_eq!((exit.status, exit.by), (ExitStatus::Code(7), ExitBy::StopStage(1)));
    talk.say(Report::Emptied { killed: 2 }).await;
    assert_eq!(talk.fact().await, Fact::Emptied { killed: 2 });
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Over);
}

#[tokio::test]
async fn a_keeper_of_another_version_is_told_of_and_talked_to() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.say(Report::Hello { version: VERSION + 1, features: 0, keeper_pid: 9, id: RunId::derive(0, 0) }).await;
    let Fact::OrderRefused(why) = talk.fact().await else { panic!() };
    assert!(why.contains(&format!("pid 9, speaks version {} of the protocol", VERSION + 1)), "{why}");
    talk.say(Report::Launched { pid: 10, at: 1000 }).await;
    assert!(matches!(talk.fact().await, Fact::Launched { pid: 10, keeper_pid: 9, .. }));
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_end_is_early() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.say(hello()).await;
    drop(talk.keeper);
    assert_eq!(talk.task.await.unwrap(), Ended::Early);
}

#[tokio::test]
async fn garbage_ends_the_conversation_and_nothing_else() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.keeper.write_all(&[0xff; 64]).await.unwrap();
    assert_eq!(talk.task.await.unwrap(), Ended::Early);
}

#[tokio::test]
async fn a_leaving_supervisor_leaves_the_keeper_alone() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.orders = None;
    assert_eq!(talk.task.await.unwrap(), Ended::Left);
}

#[tokio::test]
async fn what_a_dying_keeper_said_last_is_still_heard() {
    let mut talk = Talk::begin();
    talk.order().await;
    talk.say(hello()).await;
    talk.say(Report::Emptied { killed: 0 }).await;
    let mut rest = Vec::new();
    drop(talk.orders.take().map(|orders| orders.try_send(RunOrder::Kill)));
    drop(talk.keeper);
    while let Some(note) = talk.facts.recv().await {
        rest.push(note);
    }
    let ended = talk.task.await.unwrap();
    assert!(matches!(ended, Ended::Over | Ended::Left), "{ended:?}");
}
