//! No local sockets here yet: the types are uninhabited, so that the code that would use them still compiles.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::platform::Unsupported;
use crate::platform::local::Peer;

#[derive(Debug)]
pub struct Listener(Infallible);

#[derive(Debug)]
pub struct Stream(Infallible);

const REFUSAL: Unsupported = Unsupported { what: "a local socket" };

impl Listener {
    pub fn bind(_path: &Path) -> io::Result<Self> {
        Err(REFUSAL.into())
    }

    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self.0 {}
    }
}

pub async fn connect(_path: &Path) -> io::Result<Stream> {
    Err(REFUSAL.into())
}

pub fn pair() -> io::Result<(Stream, Stream)> {
    Err(REFUSAL.into())
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
