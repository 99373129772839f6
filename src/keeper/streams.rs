//! The child's streams: output from pipes or terminal into the log, input into the child with a bounded backlog.
//!
//! Knows no protocol and no process. Called by `post`.

use super::outlet::Outlet;
use super::pace::{HALF_PIPE, Pace};
use crate::domain::command::MAX_INPUT;
use crate::logs::index::Stream;
use crate::logs::segment::Writer;
use crate::platform::child::Ends;
use crate::platform::poll::{Buffer, Fd, Now, would_block};
use crate::platform::pty;

/// Bytes taken from a stream before somebody else has a turn, when everything that is there shall be taken: more than a pipe holds.
const ALL_BYTES: usize = 2 << 20;
/// Bytes taken in an ordinary turn before somebody else has one.
const TURN_BYTES: usize = 512 << 10;

/// Our ends of the child's streams.
#[derive(Debug)]
pub struct Streams {
    outlets: [Option<Outlet>; 2],
    input: Option<Fd>,
    backlog: Vec<u8>,
    is_terminal: bool,
    /// Keeps the terminal of a child that has closed its own side of it.
    slave: Option<Fd>,
    pace: Pace,
    nap_until_us: u64,
}

impl Streams {
    /// The streams of a child that was just started.
    pub fn new(ends: Ends) -> Self {
        let is_terminal = matches!(ends, Ends::Terminal { .. });
        let (outlets, input, slave) = match ends {
            Ends::Pipes { stdin, stdout, stderr } => {
                let outlets = [Outlet::new(stdout, Stream::Stdout), Outlet::new(stderr, Stream::Stderr)];
                (outlets.map(Some), Some(stdin), None)
            }
            Ends::Terminal { master, slave } => {
                // Without a second descriptor the terminal is merely one that takes no input.
                let input = master.try_clone().ok();
                ([Some(Outlet::new(master, Stream::Terminal)), None], input, Some(slave))
            }
        };
        Self { outlets, input, backlog: Vec::new(), is_terminal, slave, pace: Pace::default(), nap_until_us: 0 }
    }

    /// Nobody of the tree is left: its terminal ends behind what they have written.
    pub fn let_go(&mut self) {
        self.slave = None;
    }

    /// The output that is open, with its place.
    pub fn outlets(&self) -> impl Iterator<Item = (usize, &Fd)> {
        self.outlets.iter().enumerate().filter_map(|(place, outlet)| Some((place, &outlet.as_ref()?.fd)))
    }

    /// Nobody can write output any more.
    pub fn output_ended(&self) -> bool {
        self.outlets.iter().all(Option::is_none)
    }

    /// The input, while the child has some to take.
    pub fn waiting_input(&self) -> Option<&Fd> {
        self.input.as_ref().filter(|_| !self.backlog.is_empty())
    }

    /// Until when the output is left alone, in microseconds of the forward clock.
    pub const fn nap_until_us(&self) -> u64 {
        self.nap_until_us
    }

    /// Reads from an outlet into the log; again at once while it gives much, because then the writer is waiting for room.
    /// True when there was something.
    pub fn read_some(&mut self, place: usize, buffer: &mut Buffer, log: &mut Writer) -> bool {
        let mut taken = 0;
        loop {
            let len = self.read(place, buffer, log);
            taken += len;
            if len < HALF_PIPE || self.nap_until_us > 0 {
                // Wide reads have touched more of the buffer than others will.
                if self.outlets[place].as_mut().is_some_and(Outlet::ran_dry) {
                    buffer.release();
                }
                break;
            }
            if taken >= TURN_BYTES {
                if let Some(outlet) = &mut self.outlets[place] {
                    outlet.flooded();
                }
                break;
            }
        }
        taken > 0
    }

    /// It has been silent for a while: what floods have asked for goes back.
    pub fn rest(&mut self) {
        for outlet in self.outlets.iter_mut().flatten() {
            outlet.narrow();
        }
    }

    /// Reads one chunk from an outlet into the log; gives its length in bytes, 0 when there was none.
    fn read(&mut self, place: usize, buffer: &mut Buffer, log: &mut Writer) -> usize {
        let Some(outlet) = &self.outlets[place] else { return 0 };
        let most = outlet.read_bytes().min(buffer.len());
        match outlet.fd.read(&mut buffer[..most]) {
            Ok(0) => {
                self.outlets[place] = None;
                if self.is_terminal {
                    self.input = None;
                    self.backlog = Vec::new();
                }
                0
            }
            Ok(len) => {
                let now = Now::read();
                log.append(now.wall_ms, outlet.stream, &buffer[..len]);
                if !self.is_terminal {
                    let nap = self.pace.after_read(now.steady_us, len);
                    self.nap_until_us = nap.map_or(0, |nap| now.steady_us + u64::from(nap));
                }
                len
            }
            Err(error) if would_block(&error) => 0,
            Err(_) => {
                self.outlets[place] = None;
                0
            }
        }
    }

    /// Takes what is there without waiting, and not for ever: a flood has no end.
    pub fn read_all(&mut self, buffer: &mut Buffer, log: &mut Writer) {
        for place in 0..self.outlets.len() {
            let mut taken = 0;
            while taken < ALL_BYTES {
                let len = self.read(place, buffer, log);
                taken += len;
                if len == 0 {
                    break;
                }
            }
        }
    }

    /// Writes input, keeping what the child does not take yet. The error says why it was not taken.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        if self.input.is_none() {
            return Err("its standard input is closed".into());
        }
        if self.backlog.len() + bytes.len() > MAX_INPUT {
            let waiting = self.backlog.len();
            return Err(format!(
                "it has not read the last {waiting} bytes of its input and at most {MAX_INPUT} may wait; \
                 send less at once, or try again when it reads"
            ));
        }
        self.backlog.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes what waits, as far as the child takes it.
    pub fn flush(&mut self) -> Result<(), String> {
        let Some(fd) = &self.input else { return Ok(()) };
        while !self.backlog.is_empty() {
            match fd.write(&self.backlog) {
                Ok(len) => drop(self.backlog.drain(..len)),
                Err(error) if would_block(&error) => return Ok(()),
                Err(error) => {
                    self.backlog = Vec::new();
                    self.input = None;
                    return Err(format!("it no longer reads its standard input ({error})"));
                }
            }
        }
        self.backlog = Vec::new();
        Ok(())
    }

    /// Sets the size of the terminal; without one nothing happens.
    pub fn resize(&self, rows: u16, cols: u16) {
        if let (true, Some(master)) = (self.is_terminal, &self.input) {
            // It fails only for a terminal that is gone, and then the end of its output says so.
            let _ = pty::resize(master, rows, cols);
        }
    }
}
