//! The event log on disk: JSON lines, written by a thread of its own so that a slow disk delays nobody.
//!
//! Between two writes the thread rests a little, so a storm of events wakes it some hundred times a second, not once each. The
//! queue to it is bounded; events that do not fit are counted, and the count is written when there is room again.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::domain::Event;
use crate::platform::files::append_private;
use crate::wire::events::EventLine;

/// Events waiting at most.
const QUEUE: usize = 1024;
/// Between two writes.
const REST: Duration = Duration::from_millis(2);
/// How often to look whether it is still where it was opened.
const LOOK: Duration = Duration::from_secs(1);
/// The log is set aside as `events.jsonl.1` at this size, in bytes.
const ROTATE_AT: u64 = 8 << 20;

/// The writing end. Dropped without [`Journal::close`], the thread still writes what it has.
#[derive(Debug)]
pub struct Journal {
    queue: Option<SyncSender<(u64, Arc<Event>)>>,
    writer: Option<JoinHandle<()>>,
    dropped: u64,
}

impl Journal {
    /// Opens the log at `path`, creating it where it is missing.
    pub fn open(path: &Path) -> Self {
        let (queue, events) = sync_channel(QUEUE);
        let path = path.to_owned();
        let spawned = std::thread::Builder::new().name("journal".into()).spawn(move || write_all(&path, &events));
        // Without a thread there is no log, but processes are supervised all the same.
        Self { queue: Some(queue), writer: spawned.ok(), dropped: 0 }
    }

    /// Hands one event to the writer; never waits.
    pub fn write(&mut self, event: &Arc<Event>) {
        let Some(queue) = &self.queue else { return };
        match queue.try_send((self.dropped, event.clone())) {
            Ok(()) => self.dropped = 0,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.dropped += 1,
        }
    }

    /// Waits until everything is written. Blocks for as long as the disk does.
    pub fn close(mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            writer.thread().unpark();
            // A writer that panicked has nothing more to write; there is nobody left to tell.
            drop(writer.join());
        }
    }
}

fn write_all(path: &Path, events: &Receiver<(u64, Arc<Event>)>) {
    let mut log = Log::new(path);
    while let Ok(first) = events.recv() {
        let mut lines = String::new();
        for (dropped, event) in std::iter::once(first).chain(events.try_iter().take(QUEUE)) {
            if dropped > 0 {
                lines.extend(["{\"event\":\"dropped\",\"count\":", &dropped.to_string(), "}\n"]);
            }
            if let Ok(line) = serde_json::to_string(&EventLine::new(&event)) {
                lines.push_str(&line);
                lines.push('\n');
            }
        }
        log.append(lines.as_bytes());
        std::thread::park_timeout(REST);
    }
}

struct Log {
    path: PathBuf,
    file: Option<File>,
    len: u64,
    /// Its last line has no end: a supervisor was killed in the middle of it, or the disk was full.
    is_torn: bool,
    /// When it was last seen at its place.
    looked: Option<Instant>,
}

impl Log {
    fn new(path: &Path) -> Self {
        let mut log = Self { path: path.to_owned(), file: None, len: 0, is_torn: false, looked: None };
        log.open();
        log
    }

    fn open(&mut self) {
        self.file = append_private(&self.path).ok();
        self.len = self.file.as_ref().and_then(|file| file.metadata().ok()).map_or(0, |meta| meta.len());
        let mut last = *b"\n";
        if let Some(file) = self.file.as_mut().filter(|_| self.len > 0) {
            // What cannot be read is taken for whole.
            drop(file.seek(SeekFrom::End(-1)).and_then(|_| file.read_exact(&mut last)));
        }
        self.is_torn = last != *b"\n";
    }

    /// Somebody has removed it. Looked at once a second, because in a storm there are hundreds of writes in one.
    fn is_gone(&mut self) -> bool {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return false;
        }
        self.looked = Some(Instant::now());
        !self.path.exists()
    }

    /// A full disk loses events, never the supervisor; the next batch tries again.
    fn append(&mut self, bytes: &[u8]) {
        if self.len > ROTATE_AT {
            let aside = self.path.with_extension("jsonl.1");
            if std::fs::rename(&self.path, aside).is_ok() {
                self.open();
            }
        }
        if self.file.is_none() || self.is_gone() {
            // Never opened, or removed by somebody: whoever reads looks for it at its place.
            self.open();
        }
        let Some(file) = &mut self.file else { return };
        let mended = if self.is_torn { file.write_all(b"\n") } else { Ok(()) };
        self.is_torn = mended.and_then(|()| file.write_all(bytes)).is_err();
        self.len += bytes.len() as u64;
    }
}

// Elsewhere an open file cannot be removed.
#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_removed_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        let mut log = Log::new(&path);
        log.append(b"one\n");
        std::fs::remove_file(&path).unwrap();
        log.looked = None;
        log.append(b"two\n");
        log.append(b"three\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two\nthree\n");
    }

    #[test]
    fn it_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        Log::new(&path).append(b"one\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_was_torn_takes_no_other_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("events.jsonl");
        std::fs::write(&path, "one\ntw").unwrap();
        let mut log = Log::new(&path);
        log.append(b"three\n");
        log.append(b"four\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntw\nthree\nfour\n");
    }
}
