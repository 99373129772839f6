//! Local sockets as Unix sockets with the peer's uid checked.

use std::fs::{self, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net as std_net;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::{UnixListener, UnixStream};

use crate::platform::files::create_private;
use crate::platform::local::Peer;

pub type Stream = UnixStream;

#[derive(Debug)]
pub struct Listener {
    inner: UnixListener,
    path: PathBuf,
    /// Device and inode of our socket file, to tell it from a later one at the same path.
    file: (u64, u64),
}

impl Listener {
    pub fn bind(path: &Path) -> io::Result<Self> {
        Self::bind_once(path).or_else(|error| {
            // A supervisor that leaves takes its empty directory with it, perhaps in this very moment.
            if error.kind() == io::ErrorKind::NotFound { Self::bind_once(path) } else { Err(error) }
        })
    }

    fn bind_once(path: &Path) -> io::Result<Self> {
        path.parent().map_or(Ok(()), create_private)?;
        clear_the_way(path)?;
        let temp = temp_beside(path);
        let bound = bind_private(&temp, path);
        if bound.is_err() {
            // The first error is the one to tell.
            let _ = fs::remove_file(&temp);
        }
        let (socket, file) = bound?;
        let inner = UnixListener::from_std(std_net::UnixListener::from(socket))?;
        Ok(Self { inner, path: path.to_owned(), file })
    }

    pub fn renew(&mut self) -> io::Result<()> {
        if !self.has_its_file() {
            *self = Self::bind(&self.path)?;
        }
        Ok(())
    }

    fn has_its_file(&self) -> bool {
        inode(&self.path).is_ok_and(|file| file == self.file)
    }

    pub async fn accept(&self) -> io::Result<(Stream, Peer)> {
        let (stream, _) = self.inner.accept().await?;
        let peer = check_peer(&stream)?;
        Ok((stream, peer))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if self.has_its_file() {
            // Left behind it is merely stale, and the next bind replaces it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub async fn connect(path: &Path) -> io::Result<Stream> {
    let stream = UnixStream::connect(path).await?;
    check_peer(&stream)?;
    Ok(stream)
}

/// Errs unless there is nothing at `path`, or a socket that nobody listens on.
fn clear_the_way(path: &Path) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !meta.file_type().is_socket() {
        let text = format!("{} is there and is no socket; move it away", path.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    if answers(path)? {
        let text = format!("another process listens on {}", path.display());
        return Err(io::Error::new(io::ErrorKind::AddrInUse, text));
    }
    Ok(())
}

/// Whether somebody listens. Does not wait: a listener whose queue is full answers, too.
fn answers(path: &Path) -> io::Result<bool> {
    let socket = unix_socket()?;
    match rustix::net::connect(&socket, &SocketAddrUnix::new(path)?) {
        Ok(()) | Err(Errno::AGAIN | Errno::INPROGRESS) => Ok(true),
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Binds at `temp`, sets the mode, listens, and only then moves it to `path`: before `listen` nobody can connect, and a
/// rename replaces a stale file in one step.
fn bind_private(temp: &Path, path: &Path) -> io::Result<(OwnedFd, (u64, u64))> {
    let socket = unix_socket()?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(temp)?)?;
    fs::set_permissions(temp, Permissions::from_mode(0o600))?;
    rustix::net::listen(&socket, 128)?;
    let file = inode(temp)?;
    fs::rename(temp, path)?;
    Ok((socket, file))
}

/// A name no longer than that of any socket of ours, so that it fits where they fit.
fn temp_beside(path: &Path) -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed) % 0xfff;
    path.with_file_name(format!(".{:x}.{number:x}", std::process::id()))
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn unix_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?)
}

/// macOS cannot say it in one call.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn unix_socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::empty();
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    Ok(socket)
}

fn check_peer(stream: &UnixStream) -> io::Result<Peer> {
    let peer = stream.peer_cred()?;
    let own = rustix::process::geteuid().as_raw();
    if peer.uid() != own {
        let text = format!("the process at the other end belongs to user {}, not to {own}", peer.uid());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(Peer { pid: peer.pid().and_then(|pid| u32::try_from(pid).ok()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::local;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn place() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("control.sock");
        (dir, path)
    }

    #[tokio::test]
    async fn bytes_pass_and_the_peer_is_known() {
        let (_dir, path) = place();
        let listener = local::Listener::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let (client, accepted) = tokio::join!(local::Stream::connect(&path), listener.accept());
        let ((mut server, peer), mut client) = (accepted.unwrap(), client.unwrap());
        assert!(cfg!(not(target_os = "linux")) || peer.pid == Some(std::process::id()));
        client.write_all(b"hello").await.unwrap();
        drop(client);
        let mut text = String::new();
        server.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
    }

    #[tokio::test]
    async fn a_live_socket_is_respected_and_a_stale_one_replaced() {
        let (dir, path) = place();
        let first = local::Listener::bind(&path).unwrap();
        assert_eq!(local::Listener::bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        assert!(!path.exists());
        drop(std_net::UnixListener::bind(&path).unwrap());
        let second = local::Listener::bind(&path).unwrap();
        let (client, accepted) = tokio::join!(local::Stream::connect(&path), second.accept());
        assert!(client.is_ok() && accepted.is_ok());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_that_is_no_socket_is_left_alone() {
        let (_dir, path) = place();
        fs::write(&path, "precious").unwrap();
        assert_eq!(local::Listener::bind(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[tokio::test]
    async fn a_drop_removes_only_its_own_file() {
        let (_dir, path) = place();
        let first = local::Listener::bind(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let second = local::Listener::bind(&path).unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_file_that_has_gone_with_its_directory_is_made_again_and_one_that_is_there_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run/control.sock");
        let mut listener = local::Listener::bind(&path).unwrap();
        let before = inode(&path).unwrap();
        listener.renew().unwrap();
        assert_eq!(inode(&path).unwrap(), before);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        listener.renew().unwrap();
        let (client, accepted) = tokio::join!(local::Stream::connect(&path), listener.accept());
        assert!(client.is_ok() && accepted.is_ok());
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        drop(listener);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn nobody_there_is_told_apart() {
        let (_dir, path) = place();
        assert_eq!(local::Stream::connect(&path).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        drop(std_net::UnixListener::bind(&path).unwrap());
        assert_eq!(local::Stream::connect(&path).await.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}
