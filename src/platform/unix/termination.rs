//! Requests to end as signals.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::domain::Signal;

#[derive(Debug)]
pub struct Terminations {
    interrupt: Stream,
    terminate: Stream,
    hang_up: Stream,
}

impl Terminations {
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Int,
            Some(()) = self.terminate.recv() => Signal::Term,
            Some(()) = self.hang_up.recv() => Signal::Hup,
            else => std::future::pending().await,
        }
    }
}
