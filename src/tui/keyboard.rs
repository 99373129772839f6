//! Keys on their way to a child, in the order they were pressed: one at a time goes to the supervisor, and what was typed
//! meanwhile goes with the next.
//!
//! Sizes of the terminal take the same way, so that they stay in order, too. Called by the loop.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::message::Msg;
use crate::domain::{Command, ProcessName};
use crate::emulator::Size;
use crate::supervisor::Handle;

/// Bytes sent at once at most: what a child that does not read may leave unread is limited.
const AT_ONCE: usize = 4 << 10;
/// After a full one, so that a child that reads at its own pace can take a long paste.
const PAUSE: Duration = Duration::from_millis(10);

/// Something for the terminal of a process.
#[derive(Debug)]
enum Stroke {
    Bytes(Vec<u8>),
    Size(Size),
}

/// The way to the children. It ends when this is dropped.
#[derive(Debug)]
pub struct Keyboard {
    // Unbounded because a person fills it.
    strokes: UnboundedSender<(ProcessName, Stroke)>,
}

impl Keyboard {
    /// Sends to the supervisor behind `handle`; refusals go to `inbox`.
    pub fn start(handle: Handle, inbox: UnboundedSender<Msg>) -> Self {
        let (strokes, waiting) = unbounded_channel();
        tokio::spawn(send_all(handle, waiting, inbox));
        Self { strokes }
    }

    /// Types this.
    pub fn send(&self, name: ProcessName, bytes: Vec<u8>) {
        drop(self.strokes.send((name, Stroke::Bytes(bytes))));
    }

    /// Gives the terminal this size.
    pub fn resize(&self, name: ProcessName, size: Size) {
        drop(self.strokes.send((name, Stroke::Size(size))));
    }
}

async fn send_all(handle: Handle, mut waiting: UnboundedReceiver<(ProcessName, Stroke)>, inbox: UnboundedSender<Msg>) {
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
