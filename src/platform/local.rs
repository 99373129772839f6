//! Local sockets between processes of one user, for tokio: the control socket and the keepers' sockets.
//!
//! Both ends check that the other one is the same user. Knows no message.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

#[cfg(unix)]
use super::unix::local as system;
#[cfg(windows)]
use super::windows::local as system;

/// Longest path of a socket in bytes; the shortest limit among the systems is 103 (macOS).
pub const MAX_PATH_LEN: usize = 103;

/// The path does not fit into a socket address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the socket path {path:?} has {len} bytes, the system takes {MAX_PATH_LEN}; \
     set XDG_RUNTIME_DIR to a shorter directory of yours"
)]
pub struct PathTooLong {
    /// Where the socket should be.
    pub path: PathBuf,
    /// The length of that path in bytes.
    pub len: usize,
}

impl From<PathTooLong> for io::Error {
    fn from(error: PathTooLong) -> Self {
        Self::new(io::ErrorKind::InvalidFilename, error)
    }
}

/// Answers whether a socket can be bound at `path`.
pub fn check_path(path: &Path) -> Result<(), PathTooLong> {
    match path.as_os_str().len() {
        0..=MAX_PATH_LEN => Ok(()),
        len => Err(PathTooLong { path: path.to_owned(), len }),
    }
}

/// Who is at the other end; the same user in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The pid of the process that connected, where the system says it.
    pub pid: Option<u32>,
}

/// A socket that others connect to. Its file is removed on drop, unless another socket has taken its place.
#[derive(Debug)]
pub struct Listener(system::Listener);

impl Listener {
    /// Listens at `path`, with mode 0600 from the first moment it can be connected to. A stale socket file is replaced, and the
    /// directory is made where it is missing. Needs a runtime.
    ///
    /// # Errors
    /// `AddrInUse` when somebody answers there, `AlreadyExists` when the file is no socket, [`PathTooLong`],
    /// and what the system says.
    pub fn bind(path: &Path) -> io::Result<Self> {
        check_path(path)?;
        system::Listener::bind(path).map(Self)
    }

    /// Listens at the same path again if its file has gone, or is another's that nobody listens on. The directory is made
    /// where it is missing.
    ///
    /// # Errors
    /// As [`Self::bind`]; then this one stays as it is.
    pub fn renew(&mut self) -> io::Result<()> {
        self.0.renew()
    }

    /// The next peer.
    ///
    /// # Errors
    /// `PermissionDenied` when a process of another user connected; it was hung up on, and the listener goes on. Other
    /// errors, such as too many open files, pass too; wait a little before the next call.
    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        self.0.accept().await.map(|(stream, peer)| (Stream(stream), peer))
    }
}

/// A connection to a process of the same user.
#[derive(Debug)]
pub struct Stream(pub(super) system::Stream);

impl Stream {
    /// Connects to the socket at `path`.
    ///
    /// # Errors
    /// `NotFound` or `ConnectionRefused` when nobody listens, `PermissionDenied` when another user does.
    pub async fn connect(path: &Path) -> io::Result<Self> {
        check_path(path)?;
        system::connect(path).await.map(Self)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_refused_with_its_length_and_a_way_out() {
        let path = PathBuf::from(format!("/{}", "x".repeat(120)));
        let error = check_path(&path).unwrap_err();
        assert!(error.to_string().contains("has 121 bytes"), "{error}");
        assert!(error.to_string().contains("XDG_RUNTIME_DIR"), "{error}");
        assert_eq!(check_path(Path::new("/run/pm.sock")), Ok(()));
    }
}
