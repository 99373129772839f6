//! One stream of a child's output: what is read at once, and a pipe that is wide while it floods.
//!
//! Whoever fills a pipe sleeps until it is read, and to wake a process on another processor costs more than to copy what it wrote:
//! four times as wide, it is woken a quarter as often (see the throughput bench). What pipes may hold is counted per user, so only
//! one that floods is widened, as far as the system allows it, and it is narrowed again when it is calm. Called by `streams`.

use crate::logs::index::Stream;
use crate::platform::poll::{Fd, Now};

/// Most bytes read at once, and what a pipe holds, while it floods.
pub const WIDE_BYTES: usize = 256 << 10;
/// Most bytes read at once else: what a pipe holds of itself.
const REGULAR_BYTES: usize = 64 << 10;
/// So long after its last flood a pipe is narrowed, in microseconds, though it is not silent.
const CALM_US: u64 = 1_000_000;

/// Our end of one stream.
#[derive(Debug)]
pub struct Outlet {
    /// Where it is read.
    pub fd: Fd,
    /// Which it is.
    pub stream: Stream,
    wide: Option<Wide>,
}

/// A pipe that was widened.
#[derive(Clone, Copy, Debug)]
struct Wide {
    /// What it held before, in bytes.
    regular: usize,
    /// When it flooded last, in microseconds of the forward clock.
    flooded_us: u64,
}

impl Outlet {
    /// A stream that has said nothing yet.
    pub const fn new(fd: Fd, stream: Stream) -> Self {
        Self { fd, stream, wide: None }
    }

    /// How much to read at once, in bytes.
    pub const fn read_bytes(&self) -> usize {
        if self.wide.is_some() { WIDE_BYTES } else { REGULAR_BYTES }
    }

    /// It gave all that a turn takes without once running dry. Where its pipe cannot be widened all stays as it is.
    pub fn flooded(&mut self) {
        let flooded_us = Now::read().steady_us;
        if let Some(wide) = &mut self.wide {
            wide.flooded_us = flooded_us;
        } else if let Ok(regular) = self.fd.pipe_size()
            && (regular >= WIDE_BYTES || self.widen())
        {
            self.wide = Some(Wide { regular, flooded_us });
        }
    }

    /// Said twice: until 2024 Linux woke a sleeping writer just before there was more room for it (CVE-2023-52672), and one that was
    /// quick saw none and slept on for ever; the second time it is there.
    fn widen(&self) -> bool {
        self.fd.set_pipe_size(WIDE_BYTES).and_then(|()| self.fd.set_pipe_size(WIDE_BYTES)).is_ok()
    }

    /// It ran dry; true when its pipe was narrowed therefore.
    pub fn ran_dry(&mut self) -> bool {
        let is_calm = |wide: &Wide| Now::read().steady_us.saturating_sub(wide.flooded_us) >= CALM_US;
        self.wide.as_ref().is_some_and(is_calm) && self.narrow()
    }

    /// Gives back what it was widened by; false where it was not, or holds too much for that just now.
    pub fn narrow(&mut self) -> bool {
        let fd = &self.fd;
        self.wide.take_if(|wide| wide.regular >= WIDE_BYTES || fd.set_pipe_size(wide.regular).is_ok()).is_some()
    }
}
