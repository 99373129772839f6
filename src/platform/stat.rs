//! Figures of one process, asked for again and again: on Linux through a descriptor that stays open.
//!
//! A kept descriptor costs half of opening anew, and it guards against pids used twice: once the process is reaped it
//! answers `ESRCH` for ever, whoever has the number next. Called by `sense` once a second for every process of every tree.

use std::fmt;
use std::io;

#[cfg(not(target_os = "linux"))]
use super::elsewhere::stat as system;
#[cfg(target_os = "linux")]
use super::linux::stat as system;

/// What a process is and has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// `R` running, `S` sleeping, `D` waiting for a device, `T` stopped, `Z` ended and not reaped.
    pub state: char,
    /// Its parent's pid.
    pub parent_pid: u32,
    /// Processor time used so far by itself, in ticks of [`ticks_per_second`].
    pub cpu_ticks: u64,
    /// The same of all children it has reaped, with theirs; 0 where the system does not say it.
    pub reaped_ticks: u64,
    /// Threads; 0 where the system does not say it cheaply.
    pub threads: u32,
    /// Resident memory in bytes.
    pub memory_bytes: u64,
    /// When it started. Comparable within one boot only; see `identity` for the unit.
    pub start_ticks: u64,
    /// Its short name.
    pub comm: ShortName,
}

impl Stat {
    /// It has ended; nobody has reaped it, or it is being reaped now.
    pub const fn is_zombie(&self) -> bool {
        is_dead(self.state)
    }
}

/// Whether the letter stands for a process that has ended.
pub(super) const fn is_dead(state: char) -> bool {
    matches!(state, 'Z' | 'X' | 'x')
}

/// How many of the ticks make a second.
pub fn ticks_per_second() -> u64 {
    system::ticks_per_second()
}

/// Room for one reading, to be used again.
pub type StatBuf = [u8; 1024];

/// An empty buffer.
pub const fn stat_buf() -> StatBuf {
    [0; 1024]
}

/// One process to be asked for its figures.
#[derive(Debug)]
pub struct StatFile(system::StatFile);

impl StatFile {
    /// Takes hold of the process that has this pid now.
    ///
    /// # Errors
    /// `NotFound` when there is none.
    pub fn open(pid: u32) -> io::Result<Self> {
        system::StatFile::open(pid).map(Self)
    }

    /// Its figures as of now.
    ///
    /// # Errors
    /// The process is gone and reaped, see [`is_gone`]; anything else is the system's trouble.
    pub fn read(&self, buf: &mut StatBuf) -> io::Result<Stat> {
        self.0.read(buf)
    }
}

/// Whether the error says that the process is gone and reaped.
pub fn is_gone(error: &io::Error) -> bool {
    system::is_gone(error)
}

/// The short name of a process: up to 15 bytes on Linux, cut at 30 elsewhere. Holds no memory of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShortName {
    len: u8,
    bytes: [u8; 30],
}

impl ShortName {
    /// A name; bytes that are no text become question marks.
    pub fn new(name: &[u8]) -> Self {
        let text = str::from_utf8(name).ok().map(|text| &text[..text.floor_char_boundary(30)]);
        let mut bytes = [b'?'; 30];
        let len = text.map_or(name.len().min(30), str::len);
        for (to, from) in bytes.iter_mut().zip(&name[..len]) {
            *to = if text.is_some() || from.is_ascii() { *from } else { b'?' };
        }
        Self { len: len as u8, bytes }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stay_text() {
        assert_eq!(ShortName::new(b"sleep").as_str(), "sleep");
        assert_eq!(ShortName::new(b"").as_str(), "");
        assert_eq!(ShortName::new(b"caf\xff").as_str(), "caf?");
        assert_eq!(ShortName::new("ä".repeat(40).as_bytes()).as_str(), "ä".repeat(15));
        assert_eq!(ShortName::new(&[b'x'; 99]).as_str(), "x".repeat(30));
    }

    #[test]
    fn our_own_figures_are_plausible() {
        let file = StatFile::open(std::process::id()).unwrap();
        let stat = file.read(&mut stat_buf()).unwrap();
        assert!(!stat.is_zombie());
        assert!(stat.memory_bytes > 100_000 && !stat.comm.as_str().is_empty(), "{stat:?}");
        assert_eq!(stat.parent_pid, super::super::processes::parent(std::process::id()).unwrap_or(0));
        assert!(ticks_per_second() >= 100);
        assert_eq!(StatFile::open(u32::MAX / 3).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
