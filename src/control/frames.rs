//! Frames of the control protocol: a length, then JSON. Knows bytes, not what they mean.
//!
//! Called by both ends of the control socket.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio_util::bytes::Bytes;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::wire::control::MAX_FRAME_BYTES;

/// Frames that come in.
pub type Frames<S> = FramedRead<ReadHalf<S>, LengthDelimitedCodec>;
/// Frames that go out.
pub type FrameSink<S> = FramedWrite<WriteHalf<S>, LengthDelimitedCodec>;

/// Splits a stream into its frames in and its frames out.
pub fn split<S: AsyncRead + AsyncWrite>(stream: S) -> (Frames<S>, FrameSink<S>) {
    let (read, write) = tokio::io::split(stream);
    let codec = LengthDelimitedCodec::builder().max_frame_length(MAX_FRAME_BYTES).new_codec();
    (FramedRead::new(read, codec.clone()), FramedWrite::new(write, codec))
}

/// One message as the bytes of a frame.
///
/// # Errors
/// When the message holds what JSON cannot (a path that is not UTF-8), or is longer than any frame.
pub fn encode(message: &impl Serialize) -> io::Result<Bytes> {
    let bytes = serde_json::to_vec(message)?;
    if bytes.len() > MAX_FRAME_BYTES {
        let text = format!("it takes {} bytes, and no message may take more than {MAX_FRAME_BYTES}", bytes.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    Ok(bytes.into())
}

/// One message from the bytes of a frame.
///
/// # Errors
/// When the bytes are no such message.
pub fn decode<T: DeserializeOwned>(frame: &[u8]) -> io::Result<T> {
    serde_json::from_slice(frame).map_err(io::Error::from)
}
