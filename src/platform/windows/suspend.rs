//! Windows consoles know no Ctrl-Z.

use std::io;

use crate::platform::Unsupported;

pub fn suspend_self() -> Result<(), Unsupported> {
    Err(Unsupported { what: "suspending pm", instead: "open another window" })
}

#[derive(Debug)]
pub struct Wakes;

impl Wakes {
    #[allow(clippy::unnecessary_wraps, reason = "the other systems can fail")]
    pub fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    #[allow(clippy::unused_self, reason = "there is nothing to ask")]
    pub async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
