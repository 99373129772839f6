//! Where keepers do not exist yet: the same names, and nothing that could be made of them.

use std::convert::Infallible;
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

use crate::platform::Unsupported;
use crate::platform::poll::{Interest, Now, Ready};

pub fn unsupported() -> io::Error {
    Unsupported { what: "keeping a process", instead: "run pm inside WSL, where it is" }.into()
}

/// There is no descriptor here.
#[derive(Debug)]
pub struct Fd(pub(in crate::platform) Infallible);

impl Fd {
    /// Cannot be called.
    pub fn read(&self, _buffer: &mut [u8]) -> io::Result<usize> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn write(&self, _bytes: &[u8]) -> io::Result<usize> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn try_clone(&self) -> io::Result<Self> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn set_nonblocking(&self) -> io::Result<()> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn pipe_size(&self) -> io::Result<usize> {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn set_pipe_size(&self, _bytes: usize) -> io::Result<()> {
        match self.0 {}
    }
}

/// A list of descriptors to wait for; there are none.
#[derive(Debug)]
pub struct Watch<'fd>(PhantomData<&'fd Fd>);

impl<'fd> Watch<'fd> {
    /// Cannot be called.
    pub fn new(anchor: &'fd Fd) -> Self {
        match anchor.0 {}
    }

    /// Cannot be called.
    pub fn add(&mut self, fd: &'fd Fd, _interest: Interest) -> usize {
        match fd.0 {}
    }

    /// Nothing to wait for.
    pub fn wait(&mut self, _timeout: Option<Duration>) {}

    /// Nothing is ready.
    pub fn ready(&self, _place: usize) -> Ready {
        Ready::default()
    }
}

/// Memory that is never handed out here.
#[derive(Debug)]
pub struct Buffer(Infallible);

impl Buffer {
    /// Always refused.
    pub fn new(_len: usize) -> io::Result<Self> {
        Err(unsupported())
    }

    /// Cannot be called.
    pub fn release(&mut self) {
        match self.0 {}
    }
}

impl std::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self.0 {}
    }
}

impl std::ops::DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self.0 {}
    }
}

/// Both clocks now; the forward one is the wall clock here.
pub fn now() -> Now {
    let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Now { steady_us: wall.as_micros() as u64, wall_ms: wall.as_millis() as u64 }
}
