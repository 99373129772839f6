//! Requests to end as signals.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use super::cradle::is_ignored;
use crate::domain::Signal;

#[derive(Debug)]
pub struct Terminations {
    interrupt: Stream,
    terminate: Stream,
    /// None where hang-ups were ignored before we came: `nohup` means it.
    hang_up: Option<Stream>,
}

impl Terminations {
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if is_ignored(libc::SIGHUP) { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Int,
            Some(()) = self.terminate.recv() => Signal::Term,
            Some(()) = hung_up(self.hang_up.as_mut()) => Signal::Hup,
            else => std::future::pending().await,
        }
    }
}

async fn hung_up(stream: Option<&mut Stream>) -> Option<()> {
    match stream {
        Some(stream) => stream.recv().await,
        None => std::future::pending().await,
    }
}
