//! Where keepers do not exist yet: none is born.

use std::fs::File;
use std::io;
use std::path::Path;

use super::poll::unsupported;
use crate::platform::cradle::Woken;
use crate::platform::poll::Fd;

/// Always refused.
pub fn settle() -> io::Result<Fd> {
    Err(unsupported())
}

/// Nothing to do.
pub const fn trim_heap() {}

/// Signals that wake the loop.
#[derive(Debug)]
pub struct Wakeups(Fd);

impl Wakeups {
    /// Always refused.
    pub fn install() -> io::Result<Self> {
        Err(unsupported())
    }

    /// Cannot be called.
    pub const fn fd(&self) -> &Fd {
        &self.0
    }

    /// Nothing is pending.
    pub fn take(&self) -> Woken {
        Woken::default()
    }
}

/// Always refused.
pub fn listen(_path: &Path) -> io::Result<Fd> {
    Err(unsupported())
}

/// Cannot be called.
pub fn accept(listener: &Fd) -> io::Result<Fd> {
    match listener.0 {}
}

/// Nothing happens.
pub fn set_aside(_file: &File, _len: u64) -> io::Result<()> {
    Ok(())
}

/// It is there; whether it can be executed shows when it is.
pub fn may_execute(path: &Path) -> bool {
    path.is_file()
}
