//! A process that does nothing but become keepers: each new one is a copy of it instead of a program executed afresh.
//!
//! Executing `pm` costs a keeper half a millisecond before its first line (the loader, the C library asking the processor what
//! it is, the runtime); a copy of a process that has all that behind it costs a tenth. Only Linux can make the copy a child of
//! the supervisor, so elsewhere every keeper is executed. `launch` asks for keepers here, `keeper` is what a copy becomes.

use std::io;
use std::path::Path;

#[cfg(not(target_os = "linux"))]
use super::elsewhere::zygote as system;
#[cfg(target_os = "linux")]
use super::linux::zygote as system;

/// The keeper's end of its first socket.
#[cfg(unix)]
pub(super) type Theirs = std::os::fd::OwnedFd;
#[cfg(not(unix))]
pub(super) type Theirs = std::convert::Infallible;

/// The hidden mode of the template.
pub const ZYGOTE_ARG: &str = "__zygote";

/// The supervisor's end. The template ends when this is dropped, or its owner dies.
#[derive(Debug)]
pub struct Zygote(system::Zygote);

impl Zygote {
    /// Starts `exe` as the template of keepers.
    ///
    /// # Errors
    /// What the system says to the socket or the spawn; [`super::Unsupported`] on other systems than Linux.
    pub fn start(exe: &Path) -> io::Result<Self> {
        system::Zygote::start(exe).map(Self)
    }

    /// A new copy, our child, with the other end of `theirs` as its standard input and `label` in its command line.
    /// Gives its pid.
    ///
    /// # Errors
    /// The template is gone, does not answer, or the system refused another process. Nothing was made then, or what was made
    /// late finds the socket closed.
    pub fn copy(&self, label: &str, theirs: Theirs) -> io::Result<u32> {
        self.0.copy(label, theirs)
    }
}

/// Is the template until nobody needs it any more. True in a copy, which is to become a keeper: its standard input is the
/// socket it was born with.
pub fn serve() -> bool {
    system::serve()
}
