//! Keys on their way to a child, in the order they were pressed: one at a time goes to the supervisor, and what was typed
//! meanwhile goes with the next.
//!
//! Sizes of the terminal take the same way, so that they stay in order, too. The way has a bound: the loop never waits for room
//! on it, because it could not be left meanwhile; what finds no room is refused aloud. Called by the loop.

use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, UnboundedSender, channel, error::TrySendError};

use super::message::Msg;
use crate::domain::{Command, ProcessName, Refusal};
use crate::emulator::Size;
use crate::supervisor::Handle;

/// Bytes sent at once at most: what a child that does not read may leave unread is limited.
const AT_ONCE: usize = 4 << 10;
/// After a full one, so that a child that reads at its own pace can take a long paste.
const PAUSE: Duration = Duration::from_millis(10);

/// Strokes waiting at most, a paste being one. A person has typed so many only where the supervisor stands still.
const STROKES: usize = 1024;

/// Something for the terminal of a process.
#[derive(Debug)]
enum Stroke {
    Bytes(Vec<u8>),
    Size(Size),
}

/// The way to the children. It ends when this is dropped.
#[derive(Debug)]
pub struct Keyboard {
    strokes: Sender<(ProcessName, Stroke)>,
    /// Told what was refused: at most one refusal for each stroke.
    inbox: UnboundedSender<Msg>,
}

impl Keyboard {
    /// Sends to the supervisor behind `handle`; refusals go to `inbox`.
    pub fn start(handle: Handle, inbox: UnboundedSender<Msg>) -> Self {
        let (strokes, waiting) = channel(STROKES);
        tokio::spawn(send_all(handle, waiting, inbox.clone()));
        Self { strokes, inbox }
    }

    /// Types this.
    pub fn send(&self, name: ProcessName, bytes: Vec<u8>) {
        self.put(name, Stroke::Bytes(bytes));
    }

    /// Gives the terminal this size.
    ///
    /// A size is never refused: where there is no room for it, it waits beside the way.
    pub fn resize(&self, name: ProcessName, size: Size) {
        if let Err(TrySendError::Full(size)) = self.strokes.try_send((name, Stroke::Size(size))) {
            let strokes = self.strokes.clone();
            tokio::spawn(async move { strokes.send(size).await.is_ok() });
        }
    }

    /// Never waits.
    fn put(&self, name: ProcessName, stroke: Stroke) {
        let refusal = match self.strokes.try_send((name, stroke)) {
            Ok(()) => return,
            Err(TrySendError::Full(_)) => Refusal::Busy,
            Err(TrySendError::Closed(_)) => Refusal::Gone,
        };
        drop(self.inbox.send(Msg::InputRefused(refusal)));
    }
}

async fn send_all(handle: Handle, mut waiting: Receiver<(ProcessName, Stroke)>, inbox: UnboundedSender<Msg>) {
    let mut next = None;
    loop {
        let (name, stroke) = match next.take() {
            Some(kept) => kept,
            None => match waiting.recv().await {
                Some(received) => received,
                None => return,
            },
        };
        let bytes = match stroke {
            Stroke::Size(Size { rows, cols }) => {
                // Whoever lost its process a moment ago has other news.
                drop(handle.send(Command::Resize { name, rows, cols }).await);
                continue;
            }
            Stroke::Bytes(mut bytes) => {
                while bytes.len() < AT_ONCE
                    && let Ok((other, stroke)) = waiting.try_recv()
                {
                    match stroke {
                        Stroke::Bytes(more) if other == name => bytes.extend_from_slice(&more),
                        stroke @ (Stroke::Bytes(_) | Stroke::Size(_)) => {
                            next = Some((other, stroke));
                            break;
                        }
                    }
                }
                bytes
            }
        };
        for part in bytes.chunks(AT_ONCE) {
            if let Err(refusal) = handle.send(Command::Input { name: name.clone(), bytes: part.to_vec() }).await {
                drop(inbox.send(Msg::InputRefused(refusal)));
                break;
            }
            if part.len() == AT_ONCE {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::domain::Accepted;
    use crate::supervisor::Request;
    use crate::tui::fixture;

    fn shell() -> ProcessName {
        ProcessName::new("shell").unwrap()
    }

    #[tokio::test]
    async fn what_finds_no_room_is_refused_and_the_rest_arrives_when_the_dashboard_has_left() {
        let (handle, mut backend) = Handle::channel(fixture::snapshot(Vec::new()));
        let (inbox, mut told) = unbounded_channel();
        let keyboard = Keyboard::start(handle, inbox);
        // Nobody reads yet: the task that does has not had its turn.
        for _ in 0..=STROKES {
            keyboard.send(shell(), b"x".to_vec());
        }
        assert!(matches!(told.try_recv(), Ok(Msg::InputRefused(Refusal::Busy))), "one was too many");
        assert!(told.try_recv().is_err(), "the others were taken");
        drop(keyboard);
        let mut arrived = 0;
        while let Some(request) = backend.requests.recv().await {
            let Request::Command(Command::Input { bytes, .. }, reply) = request else { panic!("{request:?}") };
            arrived += bytes.len();
            reply.send(Ok(Accepted::default())).unwrap();
        }
        assert_eq!(arrived, STROKES);
    }

    #[tokio::test]
    async fn a_supervisor_that_has_gone_holds_nobody_up() {
        let (handle, backend) = Handle::channel(fixture::snapshot(Vec::new()));
        let (inbox, mut told) = unbounded_channel();
        let keyboard = Keyboard::start(handle, inbox);
        drop(backend);
        for _ in 0..3 {
            keyboard.send(shell(), b"x".to_vec());
            assert!(matches!(told.recv().await, Some(Msg::InputRefused(Refusal::Gone))));
        }
    }
}
