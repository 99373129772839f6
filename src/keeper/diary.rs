//! Keeps the record of the run on disk: each version replaces the one before as a whole, and there is always room for the next.
//!
//! Knows what a record is, not what it means. Called by `birth` and `post`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;

use crate::platform::cradle;
use crate::wire::layout::{RECORD, RECORD_NEXT};
use crate::wire::record::{MAX_BYTES, Record, RecordState};

/// The record of one run and where it lies.
#[derive(Debug)]
pub struct Diary {
    dir: PathBuf,
    record: Record,
    is_written: bool,
}

impl Diary {
    /// The diary of `record` in `dir`; nothing is written yet.
    pub const fn new(dir: PathBuf, record: Record) -> Self {
        Self { dir, record, is_written: false }
    }

    /// The main process runs.
    pub fn set_main(&mut self, pid: u32, pid_start: u64, started_at: u64) {
        (self.record.pid, self.record.pid_start, self.record.started_at) = (pid, pid_start, started_at);
    }

    /// Sets room aside for a record, before there is anything to tell: on a full disk nothing shall be started.
    pub fn open(&self) -> io::Result<()> {
        let next = OpenOptions::new().create(true).truncate(false).write(true).open(self.dir.join(RECORD_NEXT))?;
        cradle::set_aside(&next, MAX_BYTES as u64)
    }

    /// Writes how far the run came. A directory that was removed is made anew: an exit that is known shall be found.
    pub fn write(&mut self, state: RecordState) -> io::Result<()> {
        self.record.state = state;
        let text = self.record.render();
        // The first one replaces nothing, and leaves the room that was set aside to the next.
        let first = if self.is_written { None } else { self.write_into(RECORD, &text).ok() };
        if first.is_none() {
            match self.replace(&text) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    std::fs::create_dir_all(&self.dir)?;
                    self.replace(&text)?;
                }
                // Without room for a new file the old one is overwritten: perhaps torn, but that is noticed by its checksum.
                Err(_) => self.write_into(RECORD, &text)?,
                Ok(()) => {}
            }
            // The room that was just used is set aside again, now, while there may be some.
            self.open()?;
        }
        self.is_written = true;
        Ok(())
    }

    /// The record is where it was written.
    pub fn is_on_disk(&self) -> bool {
        self.dir.join(RECORD).exists()
    }

    /// Writes what was written last once more.
    pub fn write_again(&mut self) -> io::Result<()> {
        self.write(self.record.state.clone())
    }

    /// Makes the record survive a loss of power.
    pub fn sync(&self) {
        // Whether it worked or not, there is nobody left to tell.
        let _ = File::open(self.dir.join(RECORD)).and_then(|file| file.sync_all());
        let _ = File::open(&self.dir).and_then(|dir| dir.sync_all());
    }

    /// Removes the room for a next record: there will be none.
    pub fn close(&self) {
        let _ = std::fs::remove_file(self.dir.join(RECORD_NEXT));
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        self.write_into(RECORD_NEXT, text)?;
        cradle::replace_keeping_both(&self.dir.join(RECORD_NEXT), &self.dir.join(RECORD))
    }

    fn write_into(&self, name: &str, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(self.dir.join(name))?;
        let length = file.metadata()?.len();
        file.write_all(text.as_bytes())?;
        // To set a length that is right already costs as much as to change it.
        if length > text.len() as u64 { file.set_len(text.len() as u64) } else { Ok(()) }
    }
}
