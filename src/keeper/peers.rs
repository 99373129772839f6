//! The supervisors that are connected: what they say, what they were told, and how much they have not read yet.
//!
//! A peer that does not read costs at most its backlog and then its connection; it never makes the keeper wait.

use crate::logs::segment::Extent;
use crate::platform::poll::{Fd, would_block};
use crate::wire::keeper::{Frames, Order, Report};

/// Most connections at once.
pub const MAX_PEERS: usize = 9;
/// A peer that has not read so much, in bytes, is dropped.
const MAX_BACKLOG: usize = 64 << 10;
/// Orders after the launch are small: the longest is an input of 64 KiB.
const MAX_ORDER: usize = 128 << 10;
/// Growth of the log is told at most this often, in milliseconds.
const GREW_EVERY_MS: u64 = 50;

/// One connection.
#[derive(Debug)]
pub struct Peer {
    fd: Fd,
    frames: Frames,
    backlog: Vec<u8>,
    /// It asked (or launched the run) and is told everything from then on.
    attached: bool,
    told: Extent,
    told_at_ms: u64,
    gone: bool,
}

impl Peer {
    /// A new connection; `attached` for the one that launched the run.
    pub const fn new(fd: Fd, attached: bool) -> Self {
        let told = Extent { end: 0, lines: 0, lost: 0 };
        Self { fd, frames: Frames::new(MAX_ORDER), backlog: Vec::new(), attached, told, told_at_ms: 0, gone: false }
    }

    /// What it is waited for with.
    pub const fn fd(&self) -> &Fd {
        &self.fd
    }

    /// It has not read everything it was sent.
    pub const fn is_behind(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Nobody is at the other end any more.
    pub const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Reads what it sent into `buffer` and gives the orders. Nonsense and the end of file end the connection.
    pub fn hear(&mut self, buffer: &mut [u8]) -> Vec<Order> {
        let mut orders = Vec::new();
        match self.fd.read(buffer) {
            Ok(0) => self.gone = true,
            Ok(len) => self.frames.feed(&buffer[..len]),
            Err(error) if would_block(&error) => {}
            Err(_) => self.gone = true,
        }
        loop {
            match self.frames.next_order() {
                Ok(Some(order)) => orders.push(order),
                Ok(None) => return orders,
                Err(_) => {
                    self.gone = true;
                    return orders;
                }
            }
        }
    }

    /// Sends one report, or puts it into the backlog.
    pub fn tell(&mut self, report: &Report) {
        if self.gone {
            return;
        }
        report.encode(&mut self.backlog);
        self.flush();
        self.gone |= self.backlog.len() > MAX_BACKLOG;
    }

    /// Sends as much of the backlog as it takes.
    pub fn flush(&mut self) {
        while !self.backlog.is_empty() && !self.gone {
            match self.fd.write(&self.backlog) {
                Ok(len) => drop(self.backlog.drain(..len)),
                Err(error) if would_block(&error) => return,
                Err(_) => self.gone = true,
            }
        }
        // Hundreds of idle keepers: no memory is kept for what was said.
        self.backlog = Vec::new();
    }

    /// Tells it where the log ends.
    pub fn tell_extent(&mut self, extent: Extent, now_ms: u64) {
        self.told = extent;
        self.told_at_ms = now_ms;
        let Extent { end, lines, lost } = extent;
        self.tell(&Report::Grew { end, lines, lost });
    }

    fn tell_growth(&mut self, extent: Extent, now_ms: u64) {
        if self.attached && self.told != extent {
            self.tell_extent(extent, now_ms);
        }
    }
}

/// All connections.
#[derive(Debug)]
pub struct Peers(Vec<Peer>);

impl Peers {
    /// The one the keeper was born with.
    pub fn new(first: Peer) -> Self {
        Self(vec![first])
    }

    /// Each of them, by its place.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter()
    }

    /// The one at this place.
    pub fn get_mut(&mut self, place: usize) -> Option<&mut Peer> {
        self.0.get_mut(place)
    }

    /// Takes a new connection; one too many is closed again.
    pub fn admit(&mut self, fd: Fd) {
        if self.0.len() < MAX_PEERS {
            self.0.push(Peer::new(fd, false));
        }
    }

    /// From now on this one is told everything.
    pub fn attach(&mut self, place: usize) {
        if let Some(peer) = self.0.get_mut(place) {
            peer.attached = true;
        }
    }

    /// Tells everyone.
    pub fn tell(&mut self, report: &Report) {
        for peer in self.0.iter_mut().filter(|peer| peer.attached) {
            peer.tell(report);
        }
    }

    /// Tells those who are due how far the log has grown.
    pub fn tell_growth(&mut self, extent: Extent, now_ms: u64) {
        for peer in self.0.iter_mut().filter(|peer| now_ms >= peer.told_at_ms + GREW_EVERY_MS) {
            peer.tell_growth(extent, now_ms);
        }
    }

    /// Tells everyone now, because something else is about to be said that comes after it.
    pub fn tell_growth_now(&mut self, extent: Extent, now_ms: u64) {
        for peer in &mut self.0 {
            peer.tell_growth(extent, now_ms);
        }
    }

    /// When the next one is due to hear of growth, in milliseconds.
    pub fn growth_due_ms(&self, extent: Extent) -> Option<u64> {
        let behind = self.0.iter().filter(|peer| peer.attached && peer.told != extent);
        behind.map(|peer| peer.told_at_ms + GREW_EVERY_MS).min()
    }

    /// Forgets those that are gone.
    pub fn sweep(&mut self) {
        self.0.retain(|peer| !peer.gone);
    }

    /// Somebody has not read everything.
    pub fn any_behind(&self) -> bool {
        self.0.iter().any(|peer| peer.is_behind() && !peer.gone)
    }

    /// Sends everyone as much as they take.
    pub fn flush(&mut self) {
        self.0.iter_mut().for_each(Peer::flush);
    }
}
