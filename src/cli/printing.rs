//! Printing on a thread of its own: a reader that stands still keeps nobody from being asked to end.
//!
//! Knows nothing of what is printed. Used by `pm up` in the foreground and by `pm run --wait`.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use super::code::Trouble;
use super::output::{Out, Progress};

/// So long a reader may stand still before somebody who wants us to end is not kept waiting for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Something that is being printed.
#[derive(Debug)]
pub struct Printing<T> {
    ended: oneshot::Receiver<(Out, T)>,
    thread: Option<JoinHandle<()>>,
    /// How much was written so far.
    pub progress: Progress,
}

impl<T: Send + 'static> Printing<T> {
    /// Has `print` write to `out`, which is mute until that has ended.
    ///
    /// # Errors
    /// There can be no thread.
    pub fn begin(out: &mut Out, print: impl AsyncFnOnce(&mut Out) -> T + Send + 'static) -> Result<Self, Trouble> {
        let runtime = super::runtime()?;
        let (done, ended) = oneshot::channel();
        let progress = out.progress();
        let mut lent = out.lend();
        let print = move || {
            let printed = runtime.block_on(print(&mut lent));
            // Whoever does not wait any longer wants nothing of it.
            drop(done.send((lent, printed)));
        };
        let thread = thread::Builder::new().name("printing".into()).spawn(print)?;
        Ok(Self { ended, thread: Some(thread), progress })
    }

    /// Waits until it is printed; `out` is the lent one again. May be given up and waited for again. A panic goes on here.
    pub async fn ended(&mut self, out: &mut Out) -> T {
        match (&mut self.ended).await {
            Ok((lent, printed)) => {
                *out = lent;
                printed
            }
            Err(_) => match self.thread.take().map_or(Ok(()), JoinHandle::join) {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => unreachable!("the printing thread ended without a word"),
            },
        }
    }
}

/// Waits until somebody wants us to end and nothing is taken of what is printed.
pub async fn stands_still(progress: Progress, may_give_up: impl Fn() -> bool) {
    loop {
        let before = progress.bytes();
        tokio::time::sleep(PATIENCE).await;
        if may_give_up() && progress.bytes() == before {
            return;
        }
    }
}
