//! A process that does nothing but become keepers: each new one is a copy of it instead of a program executed afresh.
//!
//! Executing `pm` costs a keeper half a millisecond before its first line (the loader, the C library asking the processor what
//! it is, the runtime); a copy of a process that has all that behind it costs a tenth. Only Linux can make the copy a child of
//! the supervisor, so elsewhere every keeper is executed. `launch` asks for keepers here, `keeper` is what a copy becomes.

use std::io;
use std::path::Path;

#[cfg(target_os = "linux")]
use super::linux::zygote as system;

/// The keeper's end of its first socket.
#[cfg(unix)]
type Theirs = std::os::fd::OwnedFd;
#[cfg(not(unix))]
type Theirs = std::convert::Infallible;

/// The hidden mode of the template.
pub const ZYGOTE_ARG: &str = "__zygote";

/// The supervisor's end. The template ends when this is dropped, or its owner dies.
#[derive(Debug)]
pub struct Zygote {
    #[cfg(target_os = "linux")]
    inner: system::Zygote,
}

impl Zygote {
    /// Starts `exe` as the template of keepers.
    ///
    /// # Errors
    /// What the system says to the socket or the spawn; [`super::Unsupported`] on other systems than Linux.
    pub fn start(exe: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        return system::Zygote::start(exe).map(|inner| Self { inner });
        #[cfg(not(target_os = "linux"))]
        return Err(refusal(exe));
    }

    /// A new copy, our child, with the other end of `theirs` as its standard input and `label` in its command line.
    /// Gives its pid.
    ///
    /// # Errors
    /// The template is gone, does not answer, or the system refused another process. Nothing was made then.
    pub fn copy(&self, label: &str, theirs: Theirs) -> io::Result<u32> {
        #[cfg(target_os = "linux")]
        return self.inner.copy(label, theirs);
        #[cfg(not(target_os = "linux"))]
        return Err(refusal(&(label, theirs)));
    }
}

#[cfg(not(target_os = "linux"))]
fn refusal<T: std::fmt::Debug + ?Sized>(_unused: &T) -> io::Error {
    super::Unsupported { what: "copying a process for a keeper", instead: "each keeper is executed" }.into()
}

/// Is the template until nobody needs it any more. True in a copy, which is to become a keeper: its standard input is the
/// socket it was born with.
pub fn serve() -> bool {
    #[cfg(target_os = "linux")]
    return system::serve();
    #[cfg(not(target_os = "linux"))]
    return false;
}
