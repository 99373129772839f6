//! Keeps the record of the run on disk: each version goes behind the one before, and there is always room for the next.
//!
//! Knows what a record is, not what it means. Called by `birth` and `post`.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::platform::cradle;
use crate::wire::layout::{RECORD, RECORD_NEXT};
use crate::wire::record::{Record, RecordState, VERSIONS};

/// More than a later version needs beyond the first one, in bytes: the pid and how the run ended.
const GROWTH: usize = 256;

/// The record of one run and where it lies.
#[derive(Debug)]
pub struct Diary {
    dir: PathBuf,
    record: Record,
    /// Where the last version ends that is whole.
    end: u64,
    /// It is where others look for it.
    has_begun: bool,
}

impl Diary {
    /// The diary of `record` in `dir`; nothing is written yet.
    pub const fn new(dir: PathBuf, record: Record) -> Self {
        Self { dir, record, end: 0, has_begun: false }
    }

    /// The main process runs.
    pub fn set_main(&mut self, pid: u32, pid_start: u64, started_at: u64) {
        (self.record.pid, self.record.pid_start, self.record.started_at) = (pid, pid_start, started_at);
    }

    /// Sets room aside for every version, before there is anything to tell: on a full disk nothing shall be started. In it stands
    /// already that something is about to be started, and which run that is, should we be killed before we can tell more.
    pub fn open(&mut self) -> io::Result<()> {
        let mut file = File::create(self.dir.join(RECORD_NEXT))?;
        cradle::set_aside(&file, self.room())?;
        let text = self.record.render();
        file.write_all(text.as_bytes())?;
        self.end = text.len() as u64;
        Ok(())
    }

    /// What all versions need, in bytes.
    fn room(&self) -> u64 {
        ((self.record.render().len() + GROWTH) * VERSIONS) as u64
    }

    /// Writes how far the run came. A directory that was removed is made anew: an exit that is known shall be found.
    pub fn write(&mut self, state: RecordState) -> io::Result<()> {
        self.record.state = state;
        let text = self.record.render();
        if !self.has_begun {
            return self.begin(&text);
        }
        match OpenOptions::new().write(true).open(self.dir.join(RECORD)) {
            Ok(file) => self.add(file, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.begin(&text),
            Err(error) => Err(error),
        }
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

    /// The first version that tells what came of it, which appears as a whole, in the room that was set aside.
    fn begin(&mut self, text: &str) -> io::Result<()> {
        let room = self.dir.join(RECORD_NEXT);
        let opened = OpenOptions::new().write(true).open(&room);
        let file = opened.or_else(|_| std::fs::create_dir_all(&self.dir).and_then(|()| File::create(&room)))?;
        let written = self.add(file, text).and_then(|()| std::fs::rename(&room, self.dir.join(RECORD)));
        // Half a record helps nobody; that it cannot be written is what is told.
        self.has_begun |= written.is_ok();
        written.inspect_err(|_| drop(std::fs::remove_file(&room)))
    }

    /// A further version. One that was cut short, because the disk was full, is overwritten.
    fn add(&mut self, mut file: File, text: &str) -> io::Result<()> {
        let length = file.metadata()?.len();
        let at = self.end.min(length);
        file.seek(SeekFrom::Start(at))?;
        file.write_all(text.as_bytes())?;
        self.end = at + text.len() as u64;
        if length > self.end { file.set_len(self.end) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ExitBy, ExitStatus, RunId, RunNo};
    use crate::wire::record::{RecordedExit, VERSION};

    const EXITED: RecordState =
        RecordState::Exited(RecordedExit { status: ExitStatus::Code(7), by: ExitBy::Itself, at: 1 });

    fn diary(dir: &std::path::Path) -> Diary {
        let record = Record {
            version: VERSION,
            project: "shop".into(),
            name: "api".into(),
            no: RunNo(1),
            id: RunId::derive(1, 1),
            keeper_pid: 1,
            keeper_start: 2,
            boot_id: String::new(),
            pid: 3,
            pid_start: 4,
            started_at: 5,
            command: "sleep 1".into(),
            cwd: "/".into(),
            state: RecordState::Launching,
        };
        Diary::new(dir.to_owned(), record)
    }

    fn state(dir: &std::path::Path) -> RecordState {
        Record::parse(&std::fs::read_to_string(dir.join(RECORD)).unwrap()).unwrap().state
    }

    #[test]
    fn a_record_appears_with_its_first_version_and_leaves_no_other_file() {
        let dir = tempfile::tempdir().unwrap();
        let mut diary = diary(dir.path());
        diary.open().unwrap();
        assert!(!diary.is_on_disk());
        let about_to = std::fs::read(dir.path().join(RECORD_NEXT)).unwrap();
        assert_eq!(Record::read(&about_to).unwrap().state, RecordState::Launching, "known though it was killed now");
        diary.write(RecordState::Running).unwrap();
        assert_eq!(state(dir.path()), RecordState::Running);
        diary.write(EXITED).unwrap();
        assert_eq!(state(dir.path()), EXITED);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn there_is_room_for_every_version_of_the_longest_record() {
        let dir = tempfile::tempdir().unwrap();
        let mut diary = diary(dir.path());
        let longest = "\n".repeat(2000);
        for text in [&mut diary.record.project, &mut diary.record.name, &mut diary.record.command] {
            text.clone_from(&longest);
        }
        diary.record.cwd = longest;
        diary.open().unwrap();
        let room = diary.room();
        diary.set_main(u32::MAX, u64::MAX, u64::MAX);
        diary.write(RecordState::Running).unwrap();
        let status = ExitStatus::Signal(crate::domain::Signal::Number(i32::MAX));
        let exit = RecordedExit { status, by: ExitBy::StopStage(u8::MAX), at: u64::MAX };
        diary.write(RecordState::Exited(exit)).unwrap();
        diary.write(RecordState::Emptied { exit, killed: u32::MAX, at: u64::MAX }).unwrap();
        assert!(diary.end <= room, "{} bytes in a room of {room}", diary.end);
    }

    #[test]
    fn a_record_that_cannot_be_written_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut diary = diary(dir.path());
        diary.open().unwrap();
        // Nothing can be renamed to a directory with something in it.
        std::fs::create_dir_all(dir.path().join(RECORD).join("in the way")).unwrap();
        diary.begin("version=1").unwrap_err();
        assert!(!dir.path().join(RECORD_NEXT).exists());
    }

    #[test]
    fn a_version_that_was_cut_short_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let mut diary = diary(dir.path());
        diary.write(RecordState::Running).unwrap();
        let (path, whole) = (dir.path().join(RECORD), diary.end);
        let torn = "version=1\nstate=emptied\n".repeat(50);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(torn.as_bytes()).unwrap();
        assert_eq!(state(dir.path()), RecordState::Running);
        diary.write(EXITED).unwrap();
        assert_eq!(state(dir.path()), EXITED);
        assert!(diary.end > whole);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), diary.end);
    }

    #[test]
    fn what_was_removed_is_made_anew() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("runs/api/000001");
        let mut diary = diary(&dir);
        for state_then in [RecordState::Running, EXITED] {
            diary.write(state_then.clone()).unwrap();
            assert_eq!(state(&dir), state_then);
            std::fs::remove_dir_all(&dir).unwrap();
        }
        diary.write_again().unwrap();
        assert_eq!(state(&dir), EXITED);
    }
}
