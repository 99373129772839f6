//! A tiny writer of logs for the tests of the reading side: chunks, rotation, retention, and nothing else.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::index::MAGIC;
use super::lines::Stream;

/// Writes the format by hand, so that a mistake in the shared constants shows.
pub(super) struct Scribe {
    dir: PathBuf,
    log: File,
    index: File,
    pub(super) number: u64,
    pub(super) offset: u64,
    pub(super) time: u64,
}

impl Scribe {
    pub(super) fn new(dir: &Path) -> Self {
        let (log, index) = Self::create(dir, 1, 0);
        Self { dir: dir.to_path_buf(), log, index, number: 1, offset: 0, time: 1000 }
    }

    fn create(dir: &Path, number: u64, base: u64) -> (File, File) {
        let append = |name| OpenOptions::new().create(true).append(true).open(dir.join(name)).unwrap();
        let (log, mut index) = (append("out.log"), append("out.idx"));
        let mut header = MAGIC.to_vec();
        header.extend(base.to_le_bytes());
        // The header counts from 0, the names of closed segments from 1.
        header.extend((number - 1).to_le_bytes());
        index.write_all(&header).unwrap();
        (log, index)
    }

    pub(super) fn write(&mut self, stream: Stream, bytes: &[u8]) {
        self.write_undescribed(bytes);
        self.describe(stream, bytes);
    }

    pub(super) fn write_undescribed(&mut self, bytes: &[u8]) {
        self.log.write_all(bytes).unwrap();
    }

    pub(super) fn describe(&mut self, stream: Stream, bytes: &[u8]) {
        let newlines = memchr::memchr_iter(b'\n', bytes).count() as u32;
        let mut record = self.time.to_le_bytes().to_vec();
        record.extend(self.offset.to_le_bytes());
        record.extend((bytes.len() as u32).to_le_bytes());
        record.extend((newlines << 2 | stream as u32).to_le_bytes());
        self.index.write_all(&record).unwrap();
        self.offset += bytes.len() as u64;
        self.time += 1;
    }

    pub(super) fn rotate(&mut self) {
        self.rename_log();
        self.rename_index();
        self.begin_next();
    }

    pub(super) fn rename_log(&self) {
        std::fs::rename(self.dir.join("out.log"), self.dir.join(format!("out.log.{}", self.number))).unwrap();
    }

    pub(super) fn rename_index(&self) {
        std::fs::rename(self.dir.join("out.idx"), self.dir.join(format!("out.idx.{}", self.number))).unwrap();
    }

    pub(super) fn begin_next(&mut self) {
        self.number += 1;
        (self.log, self.index) = Self::create(&self.dir, self.number, self.offset);
    }

    pub(super) fn delete(&self, number: u64) {
        std::fs::remove_file(self.dir.join(format!("out.log.{number}"))).unwrap();
        std::fs::remove_file(self.dir.join(format!("out.idx.{number}"))).unwrap();
    }
}
