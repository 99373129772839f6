//! No local sockets here yet: the types are uninhabited, so that the code that would use them still compiles.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::NO_SUPERVISION;
use crate::platform::local::Peer;

#[derive(Debug)]
pub struct Listener(Infallible);

#[derive(Debug)]
pub struct Stream(Infallible);

impl Listener {
    pub fn bind(_path: &Path) -> io::Result<Self> {
        Err(NO_SUPERVISION.into())
    }

    pub fn renew(&mut self) -> io::Result<()> {
        match self.0 {}
    }

    #[allow(clippy::unused_async, reason = "the other systems wait")]
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self.0 {}
    }
}

// Who drops a listener early means it, on every system.
impl Drop for Listener {
    fn drop(&mut self) {
        match self.0 {}
    }
}

#[allow(clippy::unused_async, reason = "the other systems wait")]
pub async fn connect(_path: &Path) -> io::Result<Stream> {
    Err(NO_SUPERVISION.into())
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        match self.0 {}
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0 {}
    }
}
