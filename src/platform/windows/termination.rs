//! Requests to end as console events.

use std::io;

use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

use crate::domain::Signal;

#[derive(Debug)]
pub struct Terminations {
    interrupt: CtrlC,
    terminate: CtrlBreak,
    close: CtrlClose,
}

impl Terminations {
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: ctrl_c()?, terminate: ctrl_break()?, close: ctrl_close()? })
    }

    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.interrupt.recv() => Signal::Int,
            Some(()) = self.terminate.recv() => Signal::Term,
            Some(()) = self.close.recv() => Signal::Hup,
            else => std::future::pending().await,
        }
    }
}
