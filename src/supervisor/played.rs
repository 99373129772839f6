//! A keeper's end of a connection in memory, for tests that play the keeper.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::timeout;

use crate::wire::keeper::{Frames, Order, Report};

/// Longer than anything that is waited for under a clock that is paused.
pub const LONG: Duration = Duration::from_mins(10);

/// Reads orders, says reports.
#[derive(Debug)]
pub struct Line {
    /// The connection.
    pub stream: DuplexStream,
    frames: Frames,
}

impl Line {
    /// With what was read of its orders already.
    pub fn new(stream: DuplexStream, frames: Frames) -> Self {
        Self { stream, frames }
    }

    /// The next order, whole.
    pub async fn order(&mut self) -> Order {
        loop {
            if let Some(order) = self.frames.next_order().unwrap() {
                return order;
            }
            let mut chunk = Vec::with_capacity(256);
            let read = timeout(LONG, self.stream.read_buf(&mut chunk)).await.expect("nothing is ordered");
            assert!(read.unwrap() > 0, "the supervisor hung up");
            self.frames.feed(&chunk);
        }
    }

    /// Says it at once.
    pub async fn say(&mut self, report: &Report) {
        self.stream.write_all(&frame(report)).await.unwrap();
    }
}

/// As it goes over a connection.
pub fn frame(report: &Report) -> Vec<u8> {
    let mut frame = Vec::new();
    report.encode(&mut frame);
    frame
}
