//! Who sits at the keyboard of a run with a terminal: a lock in its directory, so that it is free again whatever ends the face.
//!
//! Several may look and type; one has the seat: it alone answers what the program asks its terminal, and the terminal has its
//! size. Knows nothing of terminals. Used by the dashboard.

use std::path::Path;

use crate::platform::lock::{self, FileLock};
use crate::wire::layout::SEAT;

/// The seat of one run; free again when this is dropped.
#[derive(Debug)]
pub struct Seat(#[allow(dead_code, reason = "held for as long as this lives")] FileLock);

impl Seat {
    /// Takes the seat of the run in this directory; `None` while somebody else has it, or where no file can be made.
    pub fn take(run_dir: &Path) -> Option<Self> {
        FileLock::acquire(&run_dir.join(SEAT)).ok().flatten().map(Self)
    }

    /// Somebody has it.
    pub fn is_taken(run_dir: &Path) -> bool {
        lock::holder(&run_dir.join(SEAT)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sits_and_the_next_one_can_when_that_one_has_left() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!Seat::is_taken(dir.path()));
        let seat = Seat::take(dir.path());
        assert!(seat.is_some() && Seat::is_taken(dir.path()) && Seat::take(dir.path()).is_none());
        drop(seat);
        assert!(!Seat::is_taken(dir.path()) && Seat::take(dir.path()).is_some());
        assert!(Seat::take(&dir.path().join("gone")).is_none());
    }
}
