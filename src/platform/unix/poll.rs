//! Descriptors, `poll`, memory mapped for itself, and the clocks.
#![allow(unsafe_code, reason = "mmap and madvise have no safe wrapper")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::platform::poll::{Interest, Now, Ready};

/// One end of a pipe, a terminal or a socket. Close-on-exec and non-blocking unless said otherwise.
#[derive(Debug)]
pub struct Fd(pub(in crate::platform) OwnedFd);

impl Fd {
    /// Reads what is there; 0 is the end. A terminal that nobody has open (`EIO`) has ended too.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(&self.0, &mut *buffer) {
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::IO) => return Ok(0),
                other => return Ok(other?),
            }
        }
    }

    /// Writes as much as fits.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(&self.0, bytes) {
                Err(rustix::io::Errno::INTR) => {}
                other => return Ok(other?),
            }
        }
    }

    /// A second descriptor of the same thing.
    pub fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// From now on reads and writes return `WouldBlock` instead of waiting.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        let flags = rustix::fs::fcntl_getfl(&self.0)?;
        Ok(rustix::fs::fcntl_setfl(&self.0, flags | rustix::fs::OFlags::NONBLOCK)?)
    }

    /// How much a pipe holds before its writer waits, in bytes.
    ///
    /// # Errors
    /// It is no pipe, or the system does not tell.
    #[cfg(target_os = "linux")]
    pub fn pipe_size(&self) -> io::Result<usize> {
        Ok(rustix::pipe::fcntl_getpipe_size(&self.0)?)
    }

    /// Makes a pipe hold at least so many bytes.
    ///
    /// # Errors
    /// `EBUSY`: it holds more just now. `EPERM`: it, or all the pipes of this user, would hold more than the system allows.
    #[cfg(target_os = "linux")]
    pub fn set_pipe_size(&self, bytes: usize) -> io::Result<()> {
        rustix::pipe::fcntl_setpipe_size(&self.0, bytes)?;
        Ok(())
    }

    /// Nobody tells here how much a pipe holds: the system widens it by itself.
    #[cfg(not(target_os = "linux"))]
    pub fn pipe_size(&self) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// It cannot be said here.
    #[cfg(not(target_os = "linux"))]
    pub fn set_pipe_size(&self, _bytes: usize) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A pipe: what is read from the first was written to the second. Both wait, until told not to.
pub fn pipe() -> io::Result<(Fd, Fd)> {
    let (read, write) = io::pipe()?;
    Ok((Fd(read.into()), Fd(write.into())))
}

/// Most descriptors a keeper waits for at once.
const MAX_WATCHED: usize = 16;

/// A list of descriptors to wait for once. Allocates nothing.
#[derive(Debug)]
pub struct Watch<'fd> {
    list: [PollFd<'fd>; MAX_WATCHED],
    len: usize,
}

impl<'fd> Watch<'fd> {
    /// An empty list. `anchor` may be any descriptor; it fills places not used.
    pub fn new(anchor: &'fd Fd) -> Self {
        let empty = PollFd::new(&anchor.0, PollFlags::empty());
        Self { list: std::array::from_fn(|_| empty.clone()), len: 0 }
    }

    /// Adds a descriptor; gives its place, to ask for the answer.
    pub fn add(&mut self, fd: &'fd Fd, interest: Interest) -> usize {
        let flags = match interest {
            Interest::Read => PollFlags::IN,
            Interest::Write => PollFlags::OUT,
            Interest::Both => PollFlags::IN | PollFlags::OUT,
        };
        let place = self.len.min(MAX_WATCHED - 1);
        self.list[place] = PollFd::from_borrowed_fd(fd.0.as_fd(), flags);
        self.len = place + 1;
        place
    }

    /// Waits until one is ready or `timeout` is over (`None`: for ever). A signal ends it early.
    pub fn wait(&mut self, timeout: Option<Duration>) {
        let spec = timeout.and_then(|time| Timespec::try_from(time).ok());
        // An interrupted wait is a wake-up with nothing ready; there is no other error here to act on.
        if rustix::event::poll(&mut self.list[..self.len], spec.as_ref()).is_err() {
            self.list[..self.len].iter_mut().for_each(PollFd::clear_revents);
        }
    }

    /// The answer for one place.
    pub fn ready(&self, place: usize) -> Ready {
        let flags = self.list[place].revents();
        let ended = flags.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL);
        // macOS says of a pipe that nobody reads any more that it hangs up, and nothing else.
        let gone = if cfg!(target_os = "macos") { PollFlags::HUP | PollFlags::ERR } else { PollFlags::ERR };
        Ready { read: ended || flags.contains(PollFlags::IN), write: flags.intersects(PollFlags::OUT | gone) }
    }
}

/// Memory straight from the system, so that it can be given back without a trace in the heap.
#[derive(Debug)]
pub struct Buffer {
    start: *mut u8,
    len: usize,
}

impl Buffer {
    /// `len` bytes of zeros; pages count only once touched.
    pub fn new(len: usize) -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new anonymous mapping at an address the kernel chooses touches no memory that exists.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len.max(1), access, kind, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), len })
    }

    /// Gives the pages back; what stood there is gone.
    pub fn release(&mut self) {
        // SAFETY: the mapping is ours alone, `&mut self` says nobody reads it, and its pages come back as zeros (or as they were).
        unsafe { libc::madvise(self.start.cast(), self.len, libc::MADV_DONTNEED) };
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the mapping is readable, `len` bytes long, initialised by the kernel and lives as long as `self`.
        unsafe { std::slice::from_raw_parts(self.start, self.len) }
    }
}

impl std::ops::DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `deref`; `&mut self` makes it the only reference.
        unsafe { std::slice::from_raw_parts_mut(self.start, self.len) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the mapping was made with this start and length and nothing refers to it any more.
        unsafe { libc::munmap(self.start.cast(), self.len.max(1)) };
    }
}

/// Both clocks now.
pub fn now() -> Now {
    let steady = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let wall = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    Now {
        steady_us: steady.tv_sec as u64 * 1_000_000 + steady.tv_nsec as u64 / 1000,
        wall_ms: wall.tv_sec as u64 * 1000 + wall.tv_nsec as u64 / 1_000_000,
    }
}

/// The raw number, for what runs between fork and exec.
pub fn raw(fd: &impl AsFd) -> i32 {
    fd.as_fd().as_raw_fd()
}
