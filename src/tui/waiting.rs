//! Looking whether an input is there already, without waiting for one and without going deaf. Called by the loop.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::{Stream, StreamExt};

/// What a stream of inputs has ready: `None` when nothing, `Some(None)` when it has ended.
///
/// Asked with our own waker: the stream remembers the first one that found nothing and wakes no other, so a look with a waker
/// of nobody would make us deaf until something else happens.
pub async fn waiting_input<S: Stream + Unpin>(inputs: &mut S) -> Option<Option<S::Item>> {
    poll_fn(|cx| match inputs.poll_next_unpin(cx) {
        Poll::Ready(input) => Poll::Ready(Some(input)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::task::ArcWake;
    use std::pin::Pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Waker};

    /// As the stream of the terminal's inputs does it.
    #[derive(Default)]
    struct Terminal {
        ready: Vec<char>,
        first_waker: Option<Waker>,
    }

    impl Stream for Terminal {
        type Item = char;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<char>> {
            if let Some(key) = self.ready.pop() {
                return Poll::Ready(Some(key));
            }
            if self.first_waker.is_none() {
                self.first_waker = Some(cx.waker().clone());
            }
            Poll::Pending
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl ArcWake for Woken {
        fn wake_by_ref(arc: &Arc<Self>) {
            arc.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_look_that_finds_nothing_leaves_our_waker_behind() {
        let woken = Arc::new(Woken::default());
        let waker = futures_util::task::waker(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let mut terminal = Terminal { ready: vec!['j'], first_waker: None };
        let mut look = |terminal: &mut Terminal| {
            let future = std::pin::pin!(waiting_input(terminal));
            future.poll(&mut cx)
        };
        assert_eq!(look(&mut terminal), Poll::Ready(Some(Some('j'))));
        assert_eq!(look(&mut terminal), Poll::Ready(None));
        terminal.first_waker.take().expect("it was asked").wake();
        assert_eq!(woken.0.load(Ordering::SeqCst), 1, "the next key wakes whoever looked");
    }
}
