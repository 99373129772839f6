//! Ctrl-Z for a program that reads its terminal raw: it has to stop itself, and to notice that it was woken.

#[cfg(unix)]
use super::unix::suspend as system;
#[cfg(windows)]
use super::windows::suspend as system;

/// Stops ourselves until somebody sends CONT, as Ctrl-Z would: the whole process group, so that `pm | tee` stops as one.
/// The terminal must be restored before. The stop may take effect a moment after this returns: wait for [`Wakes`].
///
/// # Errors
/// Where consoles know no suspending.
pub fn suspend_self() -> Result<(), super::Unsupported> {
    system::suspend_self()
}

/// Tells whenever we were woken.
#[derive(Debug)]
pub struct Wakes(system::Wakes);

impl Wakes {
    /// Begins to listen. Needs a runtime.
    pub fn listen() -> std::io::Result<Self> {
        system::Wakes::listen().map(Self)
    }

    /// The next time we are woken; never on Windows.
    pub async fn next(&mut self) {
        self.0.next().await;
    }
}
