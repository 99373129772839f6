//! `/proc/PID/stat`, read again and again through one descriptor.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use crate::platform::stat::{ShortName, Stat, StatBuf};

#[derive(Debug)]
pub struct StatFile(File);

impl StatFile {
    pub fn open(pid: u32) -> io::Result<Self> {
        File::open(format!("/proc/{pid}/stat")).map(Self)
    }

    pub fn read(&self, buf: &mut StatBuf) -> io::Result<Stat> {
        read(self.0.as_fd(), buf)
    }
}

/// Reads and takes apart what the descriptor says.
pub fn read(fd: impl AsFd, buf: &mut StatBuf) -> io::Result<Stat> {
    let len = rustix::io::pread(fd, &mut buf[..], 0)?;
    parse(&buf[..len])
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/PID/stat reads like nothing known"))
}

pub fn is_gone(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ESRCH) || error.kind() == io::ErrorKind::NotFound
}

pub fn ticks_per_second() -> u64 {
    rustix::param::clock_ticks_per_second()
}

/// Fields by proc(5), counted from the state. The name stands in brackets and may itself hold any bracket or space, so
/// the last bracket is the one that closes it.
fn parse(line: &[u8]) -> Option<Stat> {
    let open = memchr::memchr(b'(', line)?;
    let close = memchr::memrchr(b')', line)?;
    let mut fields = line.get(close + 2..)?.split(|byte| *byte == b' ');
    let state = char::from(*fields.next()?.first()?);
    let parent_pid = number(fields.next()?)?;
    let user = number(fields.nth(9)?)?;
    let system = number(fields.next()?)?;
    let reaped = number(fields.next()?)? + number(fields.next()?)?;
    let threads = number(fields.nth(2)?)?;
    let start_ticks = number(fields.nth(1)?)?;
    let resident_pages = number(fields.nth(1)?)?;
    Some(Stat {
        state,
        parent_pid: u32::try_from(parent_pid).ok()?,
        cpu_ticks: user + system,
        reaped_ticks: reaped,
        threads: u32::try_from(threads).ok()?,
        memory_bytes: resident_pages * rustix::param::page_size() as u64,
        start_ticks,
        comm: ShortName::new(line.get(open + 1..close)?),
    })
}

fn number(field: &[u8]) -> Option<u64> {
    field.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_moves_no_field() {
        let line = b"77 (a) S 1 (x) Z 12 77 77 0 -1 4194560 10 0 0 0 150 50 7 4 20 0 3 0 98765 123456 42 99 1 1\n";
        let stat = parse(line).unwrap();
        assert_eq!(stat.comm.as_str(), "a) S 1 (x");
        assert_eq!((stat.state, stat.parent_pid, stat.cpu_ticks, stat.threads), ('Z', 12, 200, 3));
        assert_eq!(stat.reaped_ticks, 11);
        assert_eq!(stat.start_ticks, 98_765);
        assert_eq!(stat.memory_bytes, 42 * rustix::param::page_size() as u64);
        assert!(stat.is_zombie());
    }

    #[test]
    fn half_a_line_is_refused() {
        for line in ["", "77", "77 (a)", "77 (a) S", "77 (a) S x", ") (", "77 (a) S 1 1 1 1 1 1 1"] {
            assert_eq!(parse(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn a_kept_descriptor_says_so_once_its_process_is_reaped() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let file = StatFile::open(child.id()).unwrap();
        child.wait().unwrap();
        assert!(is_gone(&file.read(&mut crate::platform::stat::stat_buf()).unwrap_err()));
    }
}
