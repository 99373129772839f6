//! From a fresh process to a keeper whose child runs: launch order, lock, socket, log, record, program.
//!
//! Knows what can go wrong before a program executes and says it in words. Called by `main`; hands over to `post`.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::diary::Diary;
use super::peers::Peer;
use super::program::{self, reason};
use super::streams::Streams;
use crate::domain::{Signal, SpawnFailure, SpawnStep};
use crate::logs::segment::{Limits, Writer};
use crate::platform::child::{self, Plan};
use crate::platform::cradle::{self, Wakeups};
use crate::platform::poll::{Buffer, Fd, Now};
use crate::platform::reap;
use crate::wire::keeper::{self, Launch, MAX_FRAME, Order, Report};
use crate::wire::layout::{INDEX, LOG};
use crate::wire::record::{self, Record, RecordState};

/// Everything a keeper holds while its run lives.
#[derive(Debug)]
pub struct Newborn {
    /// The connection it was born with; was said hello and what became of the launch.
    pub parent: Peer,
    /// Pid of the main process.
    pub pid: u32,
    /// What it was told first.
    pub hello: Report,
    /// That the main process runs.
    pub launched: Report,
    /// Signals that wake the loop.
    pub wakeups: Wakeups,
    /// Where later supervisors connect.
    pub listener: Fd,
    /// The path of that.
    pub socket: PathBuf,
    /// Held while the run lives.
    pub lock: File,
    /// The log.
    pub log: Writer,
    /// The record.
    pub diary: Diary,
    /// The child's streams.
    pub streams: Streams,
    /// Walked when the keeper is told to end.
    pub ladder: Vec<(Signal, u64)>,
}

/// Comes to life. `None`: nothing runs, and whoever could be told was told.
pub fn be_born() -> Option<Newborn> {
    let socket = cradle::settle().ok()?;
    let launch = read_launch(&socket)?;
    socket.set_nonblocking().ok()?;
    let mut parent = Peer::new(socket, true);
    let hello =
        Report::Hello { version: keeper::VERSION, features: 0, keeper_pid: std::process::id(), id: launch.id.clone() };
    parent.tell(&hello);
    match live(&launch, parent, hello) {
        Ok(newborn) => Some(newborn),
        Err((mut parent, failure)) => {
            parent.tell(&Report::LaunchFailed(failure));
            None
        }
    }
}

/// Reads the launch order, waiting for it. The memory it takes goes back at once.
fn read_launch(socket: &Fd) -> Option<Launch> {
    let mut head = [0; 4];
    read_exact(socket, &mut head)?;
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX_FRAME {
        return None;
    }
    let mut frame = Buffer::new(length).ok()?;
    read_exact(socket, &mut frame)?;
    match keeper::decode_order(&frame) {
        Ok(Some(Order::Launch(launch))) => Some(*launch),
        Ok(_) | Err(_) => None,
    }
}

fn read_exact(socket: &Fd, mut room: &mut [u8]) -> Option<()> {
    while !room.is_empty() {
        match socket.read(room) {
            Ok(0) | Err(_) => return None,
            Ok(len) => room = &mut room[len..],
        }
    }
    Some(())
}

fn live(launch: &Launch, mut parent: Peer, hello: Report) -> Result<Newborn, (Peer, SpawnFailure)> {
    let lock = match take_lock(launch) {
        Ok(lock) => lock,
        Err(failure) => return Err((parent, failure)),
    };
    let mut diary = Diary::new(launch.dir.clone().into(), blank_record(launch));
    let socket = PathBuf::from(&launch.socket);
    match start(launch, &mut diary, &socket) {
        Ok(Started { pid, launched, wakeups, listener, log, streams }) => {
            parent.tell(&launched);
            let ladder = launch.stop.clone();
            Ok(Newborn { parent, pid, hello, launched, wakeups, listener, socket, lock, log, diary, streams, ladder })
        }
        Err(failure) => {
            // The message goes to the supervisor as well; a disk that takes no record must not hide it.
            let _ = diary.write(RecordState::Failed(failure.clone()));
            diary.close();
            let _ = std::fs::remove_file(&socket);
            Err((parent, failure))
        }
    }
}

struct Started {
    pid: u32,
    launched: Report,
    wakeups: Wakeups,
    listener: Fd,
    log: Writer,
    streams: Streams,
}

fn start(launch: &Launch, diary: &mut Diary, socket: &Path) -> Result<Started, SpawnFailure> {
    let name = &launch.name;
    let (dir, limits) =
        (Path::new(&launch.dir), Limits { segment_bytes: launch.segment_bytes, segments: launch.segments });
    let wakeups =
        Wakeups::install().map_err(|e| failure(SpawnStep::Prepare, &e, format!("{name}: no pipe could be had")))?;
    let listener = cradle::listen(socket).map_err(|e| {
        failure(SpawnStep::Prepare, &e, format!("{name}: its socket {} could not be made", launch.socket))
    })?;
    let logged = Writer::create(dir.join(LOG), dir.join(INDEX), limits);
    let log = logged
        .map_err(|e| failure(SpawnStep::Log, &e, format!("{name}: its log in {} could not be made", launch.dir)))?;
    diary.write(RecordState::Launching).map_err(|e| {
        failure(SpawnStep::Log, &e, format!("{name}: its record in {} could not be written", launch.dir))
    })?;
    program::check_cwd(launch)?;
    let program = program::find(launch)?;
    let plan = Plan {
        program: &program,
        argv: &launch.argv,
        env: &launch.env,
        cwd: &launch.cwd,
        umask: launch.umask,
        open_files: launch.open_files,
        tty: launch.tty,
    };
    let spawned = child::spawn(&plan).map_err(|failed| program::explain(launch, &program, failed))?;
    let at = Now::read().wall_ms;
    diary.set_main(spawned.pid, reap::start_ticks(spawned.pid).unwrap_or_default(), at);
    // It runs; a disk that fills up just now is no reason to kill it. The record says `launching` then.
    let _ = diary.write(RecordState::Running);
    let launched = Report::Launched { pid: spawned.pid, at };
    Ok(Started { pid: spawned.pid, launched, wakeups, listener, log, streams: Streams::new(spawned.ends) })
}

fn take_lock(launch: &Launch) -> Result<File, SpawnFailure> {
    let (name, path) = (&launch.name, &launch.lock);
    let opened = File::options().create(true).truncate(false).read(true).write(true).open(path);
    let mut file =
        opened.map_err(|e| failure(SpawnStep::Lock, &e, format!("{name}: its lock {path} could not be opened")))?;
    cradle::lock_file(&file).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => SpawnFailure {
            step: SpawnStep::Lock,
            errno: error.raw_os_error().unwrap_or_default(),
            message: format!("{name}: another copy of it is alive{}; stop that one first", holder(&mut file)),
        },
        _ => failure(SpawnStep::Lock, &error, format!("{name}: its lock {path} could not be taken")),
    })?;
    // The number is for people; the lock itself is what counts.
    let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
    Ok(file)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    let read = io::Read::read_to_string(&mut io::Read::take(file, 20), &mut text);
    if read.is_ok() && !text.trim().is_empty() {
        format!(" (its keeper is process {})", text.trim())
    } else {
        String::new()
    }
}

fn failure(step: SpawnStep, error: &io::Error, what: String) -> SpawnFailure {
    let errno = error.raw_os_error().unwrap_or_default();
    let why = if errno == 0 { error.to_string() } else { reason(errno) };
    SpawnFailure { step, errno, message: format!("{what}: {why}; check the disk and the permissions of the directory") }
}

fn blank_record(launch: &Launch) -> Record {
    let me = std::process::id();
    let command: String = launch.argv.iter().flat_map(|arg| [quoted(arg).into_owned(), " ".into()]).collect();
    Record {
        version: record::VERSION,
        project: launch.project.clone(),
        name: launch.name.clone(),
        no: launch.no,
        id: launch.id.clone(),
        keeper_pid: me,
        keeper_start: reap::start_ticks(me).unwrap_or_default(),
        boot_id: cradle::boot_id(),
        pid: 0,
        pid_start: 0,
        started_at: Now::read().wall_ms,
        command: command.trim_end().chars().take(1000).collect(),
        cwd: launch.cwd.clone(),
        state: RecordState::Launching,
    }
}

/// As a person would type it into a shell.
fn quoted(arg: &str) -> std::borrow::Cow<'_, str> {
    shlex::try_quote(arg).unwrap_or(std::borrow::Cow::Borrowed(arg))
}
