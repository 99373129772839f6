//! Frames of the keeper protocol out of a stream of bytes, whoever reads it: the keeper without a runtime, the supervisor with one.
//!
//! Knows no descriptor. Memory is bounded by the longest frame allowed plus what was fed at once; kinds from a later version are skipped.

use super::codec::{Fields, Malformed};
use super::{MAX_FRAME, Order, Report};

/// Bytes that are no message of this protocol. The connection they came from is of no further use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A frame announced itself longer than is allowed here.
    #[error("a frame of {length} bytes was announced, {limit} are allowed")]
    TooLong {
        /// What was announced, in bytes.
        length: usize,
        /// What is allowed, in bytes.
        limit: usize,
    },
    /// A frame of a known kind whose fields cannot be read.
    #[error("a frame of kind {kind} does not hold what it should")]
    Malformed {
        /// Its kind.
        kind: u8,
    },
}

/// Takes bytes as they come and gives messages. Feed it, then ask for messages until it has none.
#[derive(Clone, Debug)]
pub struct Frames {
    bytes: Vec<u8>,
    limit: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self::new(MAX_FRAME)
    }
}

impl Frames {
    /// A decoder that refuses frames longer than `limit` bytes. It allocates nothing until it is fed.
    pub const fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    /// Adds what was read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next order, `None` when more bytes are needed.
    pub fn next_order(&mut self) -> Result<Option<Order>, WireError> {
        self.next_with(decode_order)
    }

    /// The next report, `None` when more bytes are needed.
    pub fn next_report(&mut self) -> Result<Option<Report>, WireError> {
        self.next_with(decode_report)
    }

    /// Bytes held for a frame that is not complete yet.
    pub fn pending_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn next_with<T>(&mut self, decode: fn(&[u8]) -> Result<Option<T>, WireError>) -> Result<Option<T>, WireError> {
        let mut start = 0;
        let found = loop {
            match frame_at(&self.bytes[start..], self.limit) {
                Ok(Some(frame)) => {
                    start += 4 + frame.len();
                    match decode(frame) {
                        Ok(None) => {}
                        Ok(Some(message)) => break Ok(Some(message)),
                        Err(error) => break Err(error),
                    }
                }
                Ok(None) => break Ok(None),
                Err(error) => break Err(error),
            }
        };
        self.bytes.drain(..start);
        if self.bytes.is_empty() {
            // An idle connection keeps no memory: there may be hundreds of keepers.
            self.bytes = Vec::new();
        }
        found
    }
}

/// The frame at the beginning of `bytes`, without its length; `None` while it is not complete.
fn frame_at(bytes: &[u8], limit: usize) -> Result<Option<&[u8]>, WireError> {
    let Some((head, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let length = u32::from_le_bytes(*head) as usize;
    if length > limit {
        return Err(WireError::TooLong { length, limit });
    }
    Ok(rest.get(..length))
}

/// The order in one frame (kind and fields, without the length); `None` for a kind of a later version.
pub fn decode_order(frame: &[u8]) -> Result<Option<Order>, WireError> {
    decode(frame, Order::decode)
}

/// The report in one frame (kind and fields, without the length); `None` for a kind of a later version.
pub fn decode_report(frame: &[u8]) -> Result<Option<Report>, WireError> {
    decode(frame, Report::decode)
}

fn decode<T>(
    frame: &[u8],
    read: fn(u8, &mut Fields<'_>) -> Result<Option<T>, Malformed>,
) -> Result<Option<T>, WireError> {
    // A frame without even a kind says nothing; it is skipped like one that is not known.
    let Some((&kind, fields)) = frame.split_first() else { return Ok(None) };
    read(kind, &mut Fields(fields)).map_err(|Malformed| WireError::Malformed { kind })
}

#[cfg(test)]
mod tests;
