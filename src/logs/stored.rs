//! A file of a log wherever it lies: under its name, or packed beside it.
//!
//! A file is packed by making the packed one whole and then removing the plain one, so one of both is always there; what is open
//! stays what it was. Knows no segments. Used by `listing`, `extent` and `records`.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::packed::{Content, Packed};
use crate::platform::pread::read_at;
use crate::wire::layout::PACKED;

/// Where a file lies once it is packed.
pub(super) fn packed_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(PACKED);
    name.into()
}

/// Whether this file is there, plain or packed.
pub(super) fn is_there(path: &Path) -> bool {
    path.exists() || packed_path(path).exists()
}

/// A file that is opened when it is first read, and may be closed in between.
#[derive(Debug)]
pub(super) struct Stored {
    /// Its name while it is plain.
    pub(super) path: PathBuf,
    content: Content,
    open: Option<Open>,
}

#[derive(Debug)]
enum Open {
    Plain(File),
    Packed(Box<Packed>),
}

impl Stored {
    pub(super) const fn later(path: PathBuf, content: Content) -> Self {
        Self { path, content, open: None }
    }

    pub(super) fn now(path: PathBuf, content: Content) -> io::Result<Self> {
        let mut stored = Self::later(path, content);
        stored.open()?;
        Ok(stored)
    }

    pub(super) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    fn open(&mut self) -> io::Result<&mut Open> {
        let open = match self.open.take() {
            Some(open) => open,
            None => open(&self.path, self.content).map_err(|error| named(&self.path, "open", &error))?,
        };
        Ok(self.open.insert(open))
    }

    /// Bytes of it, as it was written.
    pub(super) fn len(&mut self) -> io::Result<u64> {
        let len = match self.open()? {
            Open::Plain(file) => file.metadata().map(|data| data.len()),
            Open::Packed(packed) => Ok(packed.len()),
        };
        len.map_err(|error| named(&self.path, "look at", &error))
    }

    /// Where it begins in the run: what is packed says so itself, what is plain does not.
    pub(super) fn base(&self) -> Option<u64> {
        match &self.open {
            Some(Open::Packed(packed)) => packed.base(),
            Some(Open::Plain(_)) | None => None,
        }
    }

    /// Fills `buf` from `at`; fewer bytes at the end of the file.
    pub(super) fn read(&mut self, buf: &mut [u8], at: u64) -> io::Result<usize> {
        let read = match self.open()? {
            Open::Plain(file) => read_at(file, buf, at),
            Open::Packed(packed) => packed.read(buf, at),
        };
        read.map_err(|error| named(&self.path, "read", &error))
    }

    /// The blocks that `part` touches and that were found damaged when they were read, in bytes of the file, in order.
    pub(super) fn damaged(&self, part: Range<u64>) -> Vec<Range<u64>> {
        let Some(Open::Packed(packed)) = &self.open else { return Vec::new() };
        packed.damaged().filter(|lost| lost.start < part.end && part.start < lost.end).collect()
    }
}

fn open(path: &Path, content: Content) -> io::Result<Open> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let packed = Packed::open(File::open(packed_path(path))?, content)?;
            Ok(Open::Packed(Box::new(packed)))
        }
        file => Ok(Open::Plain(file?)),
    }
}

/// The same error with the file's name, because the system's words alone help nobody.
fn named(path: &Path, what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("could not {what} {}: {error}", path.display()))
}
