//! The bytes of a log as they were written, by offset: for whoever plays them to a terminal again.
//!
//! Knows nothing of lines but where the last one before an offset begins. Used by the dashboard for processes with a terminal.

use std::io;

use memchr::memchr;

use super::reader::LogReader;

impl LogReader {
    /// Fills `buffer` with the bytes from `offset` on, and gives how many: fewer at the end of a segment, 0 at the end of the
    /// log. What is no longer kept is skipped: the first byte is that at the greater of `offset` and [`LogReader::start`].
    ///
    /// # Errors
    /// What the system answers.
    pub fn bytes(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let offset = offset.max(self.start());
        for extent in &mut self.extents {
            if offset < extent.end() && offset >= extent.base {
                let wanted = (extent.end() - offset).min(buffer.len() as u64) as usize;
                return extent.read(&mut buffer[..wanted], offset);
            }
        }
        Ok(0)
    }

    /// The beginning of the first line within the last `bytes` bytes; where there is none, that many bytes before the end.
    ///
    /// # Errors
    /// What the system answers.
    pub fn line_within_last(&mut self, bytes: u64) -> io::Result<u64> {
        let from = self.end().saturating_sub(bytes).max(self.start());
        if from == self.start() {
            return Ok(from);
        }
        let mut buffer = vec![0; 16 << 10];
        let read = self.bytes(from, &mut buffer)?;
        Ok(memchr(b'\n', &buffer[..read]).map_or(from, |at| from + at as u64 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::lines::Stream;
    use crate::logs::scribe::Scribe;

    #[test]
    fn bytes_come_as_they_were_written_over_the_edges_of_segments() {
        let dir = tempfile::tempdir().unwrap();
        let mut scribe = Scribe::new(dir.path());
        scribe.write(Stream::Terminal, b"one\x1b[31m\ntwo");
        scribe.rotate();
        scribe.write(Stream::Terminal, b"\r\nthree");
        let mut reader = LogReader::open(dir.path()).unwrap();
        let (mut all, mut at, mut buffer) = (Vec::new(), 0, [0; 4]);
        loop {
            let read = reader.bytes(at, &mut buffer).unwrap();
            if read == 0 {
                break;
            }
            all.extend_from_slice(&buffer[..read]);
            at += read as u64;
        }
        assert_eq!(all, b"one\x1b[31m\ntwo\r\nthree");
        assert_eq!(reader.line_within_last(100).unwrap(), 0);
        assert_eq!(reader.line_within_last(13).unwrap(), 9, "the line after the first newline within them");
        assert_eq!(reader.line_within_last(3).unwrap(), at - 3, "no line begins within them");
    }
}
