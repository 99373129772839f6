//! A conversation with a supervisor in which nothing is shown that was not asked for, so that its cost does not grow with what
//! happens meanwhile: one order after the other, one look, or the one snapshot that was waited for.
//!
//! A face that shows what goes on takes a `Handle` (`client`) instead. Called by `cli`, for the verbs that ask and go.

use std::io;
use std::path::Path;
use std::sync::Arc;

use futures_util::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::client::{CONNECT_LIMIT, ConnectError, greeted, hello, next, open};
use super::frames::{FrameSink, Frames, encode, split};
use crate::domain::goal::Awaited;
use crate::domain::{Command, Refusal, Reply, Snapshot};
use crate::platform::local;
use crate::wire::control::{Request, Response};

/// The client's end of it.
#[derive(Debug)]
pub struct Line<S = local::Stream> {
    frames: Frames<S>,
    sink: FrameSink<S>,
}

impl Line {
    /// Calls the supervisor that listens at `path`.
    ///
    /// # Errors
    /// See [`ConnectError`]; never later than [`CONNECT_LIMIT`].
    pub async fn open(path: &Path) -> Result<Self, ConnectError> {
        let greeting = async { Self::greet(open(path).await?).await };
        timeout(CONNECT_LIMIT, greeting).await.map_err(|_| ConnectError::NoAnswer)?
    }
}

impl<S: AsyncRead + AsyncWrite> Line<S> {
    /// Greets the supervisor behind `stream`.
    ///
    /// # Errors
    /// See [`ConnectError`]; sets no limit of time itself.
    pub async fn greet(stream: S) -> Result<Self, ConnectError> {
        let (mut frames, mut sink) = split(stream);
        sink.send(encode(&hello())?).await?;
        greeted(&mut frames).await?;
        Ok(Self { frames, sink })
    }

    /// Has it obey one command. `Gone` when it leaves before it answers.
    ///
    /// # Errors
    /// The conversation broke in another way.
    pub async fn ask(&mut self, command: Command) -> io::Result<Reply> {
        let asked = async {
            self.sink.send(encode(&Request::Command { id: 1, command })?).await?;
            loop {
                if let Response::Reply { reply, .. } = next(&mut self.frames).await? {
                    return Ok(reply);
                }
            }
        };
        asked.await.or_else(|error| if is_end(&error) { Ok(Err(Refusal::Gone)) } else { Err(error) })
    }

    /// The newest snapshot; `None` when the supervisor has gone.
    ///
    /// # Errors
    /// The conversation broke in another way.
    pub async fn look(&mut self) -> io::Result<Option<Arc<Snapshot>>> {
        self.reach(&Awaited::nothing()).await
    }

    /// Waits for the first snapshot in which all of these have got where they shall. May be given up at any time, for another
    /// wait or a look. `None` when the supervisor goes before that.
    ///
    /// # Errors
    /// The conversation broke in another way.
    pub async fn reach(&mut self, awaited: &Awaited) -> io::Result<Option<Arc<Snapshot>>> {
        let shown = async {
            self.sink.send(encode(&Request::Await(awaited.clone()))?).await?;
            loop {
                // One that a wait given up was about still proves nothing; a supervisor that leaves shows the last there is.
                if let Response::Snapshot(snapshot) = next(&mut self.frames).await?
                    && awaited.is_reached(&snapshot)
                {
                    return Ok(Some(snapshot));
                }
            }
        };
        shown.await.or_else(|error| if is_end(&error) { Ok(None) } else { Err(error) })
    }
}

/// The other end has hung up.
fn is_end(error: &io::Error) -> bool {
    matches!(ConnectError::from(io::Error::from(error.kind())), ConnectError::NoSupervisor)
}
