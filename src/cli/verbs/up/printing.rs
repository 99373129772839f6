//! Printing on a thread of its own: a reader that stands still keeps nobody from being asked to end.
//!
//! Knows nothing of what is printed. Used by `pm up` in the foreground.

use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

use crate::cli::code::Trouble;
use crate::cli::output::{Out, Progress};

/// Something that is being printed.
#[derive(Debug)]
pub(super) struct Printing<T> {
    ended: oneshot::Receiver<(Out, T)>,
    thread: Option<JoinHandle<()>>,
    /// How much was written so far.
    pub(super) progress: Progress,
}

impl<T: Send + 'static> Printing<T> {
    /// Has `print` write to `out`, which is mute until that has ended.
    ///
    /// # Errors
    /// There can be no thread.
    pub(super) fn begin(
        out: &mut Out,
        print: impl AsyncFnOnce(&mut Out) -> T + Send + 'static,
    ) -> Result<Self, Trouble> {
        let runtime = crate::cli::runtime()?;
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
    pub(super) async fn ended(&mut self, out: &mut Out) -> T {
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
