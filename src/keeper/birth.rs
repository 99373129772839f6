//! From a fresh process to a keeper whose child runs: launch order, lock, socket, log, record, program.
//!
//! Knows what can go wrong before a program executes and says it in words. Called by `main`; hands over to `post`.

use std::io;
use std::path::{Path, PathBuf};

use super::diary::Diary;
use super::peers::Peer;
use super::program::{self, reason};
use super::streams::Streams;
use crate::domain::{Signal, SpawnFailure, SpawnStep};
use crate::logs::index::Stream;
use crate::logs::segment::{Extent, Limits, Writer};
use crate::platform::child::{self, Plan, Spawned};
use crate::platform::cradle::{self, Wakeups};
use crate::platform::lock::{self, FileLock};
use crate::platform::poll::{Buffer, Fd, Now};
use crate::platform::reap;
use crate::wire::keeper::{self, Launch, MAX_FRAME, Order, Report};
use crate::wire::layout::{GIVEN_UP, INDEX, LOG};
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
    pub lock: FileLock,
    /// The path of that.
    pub lock_path: PathBuf,
    /// The log.
    pub log: Writer,
    /// The record.
    pub diary: Diary,
    /// The child's streams.
    pub streams: Streams,
    /// Walked when the keeper is told to end.
    pub ladder: Vec<(Signal, u64)>,
    /// And when the main process has lived so long, in milliseconds; 0 is no limit.
    pub limit_ms: u64,
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
    if parent.is_gone() {
        // Who ordered this has died, or taken us for dead and ordered another; nothing has begun yet.
        return None;
    }
    match live(&launch) {
        Ok((lock, diary, started)) => {
            let Started { pid, launched, wakeups, listener, log, streams } = started;
            parent.tell(&launched);
            let (socket, lock_path, ladder) = (launch.socket.into(), launch.lock.into(), launch.stop);
            let limit_ms = launch.limit_ms;
            Some(Newborn {
                parent,
                pid,
                hello,
                launched,
                wakeups,
                listener,
                socket,
                lock,
                lock_path,
                log,
                diary,
                streams,
                ladder,
                limit_ms,
            })
        }
        Err(Stillborn { failure, logged }) => {
            if logged.end > 0 {
                parent.tell(&Report::Grew { end: logged.end, lines: logged.lines, lost: logged.lost });
            }
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

fn live(launch: &Launch) -> Result<(FileLock, Diary, Started), Stillborn> {
    let lock = take_lock(launch)?;
    // Not before the lock is ours: whoever gives a run up holds it while that is written.
    if Path::new(&launch.dir).join(GIVEN_UP).exists() {
        let message = format!("{}: a later supervisor has given this run up before it began", launch.name);
        return Err(SpawnFailure { step: SpawnStep::Lock, errno: 0, message }.into());
    }
    let mut diary = Diary::new(launch.dir.clone().into(), blank_record(launch));
    match start(launch, &mut diary) {
        Ok(started) => Ok((lock, diary, started)),
        Err(stillborn) => {
            // The message goes to the supervisor as well; a disk that takes no record must not hide it.
            let _ = diary.write(RecordState::Failed(stillborn.failure.clone()));
            let _ = std::fs::remove_file(&launch.socket);
            Err(stillborn)
        }
    }
}

/// A start that came to nothing.
struct Stillborn {
    failure: SpawnFailure,
    /// What its log says of it.
    logged: Extent,
}

impl From<SpawnFailure> for Stillborn {
    fn from(failure: SpawnFailure) -> Self {
        Self { failure, logged: Extent::default() }
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

fn start(launch: &Launch, diary: &mut Diary) -> Result<Started, Stillborn> {
    let (dir, limits) =
        (Path::new(&launch.dir), Limits { segment_bytes: launch.segment_bytes, segments: launch.segments });
    let wakeups = Wakeups::install().map_err(|e| failure(SpawnStep::Prepare, &e, "no pipe could be had"))?;
    let listener = cradle::listen(Path::new(&launch.socket))
        .map_err(|e| failure(SpawnStep::Prepare, &e, &format!("its socket {} could not be made", launch.socket)))?;
    let logged = Writer::create(dir.join(LOG), dir.join(INDEX), limits);
    let mut log =
        logged.map_err(|e| failure(SpawnStep::Log, &e, &format!("its log in {} could not be made", launch.dir)))?;
    diary
        .open()
        .map_err(|e| failure(SpawnStep::Log, &e, &format!("its record in {} could not be written", launch.dir)))?;
    let spawned = spawn(launch).map_err(|failure| {
        // Whoever looks into its log finds there why there is nothing else.
        let note = format!("[pm] it could not be started: {failure}\n");
        log.append(Now::read().wall_ms, Stream::Note, note.as_bytes());
        Stillborn { failure, logged: log.extent() }
    })?;
    let at = Now::read().wall_ms;
    diary.set_main(spawned.pid, reap::start_ticks(spawned.pid).unwrap_or_default(), at);
    // It runs; a disk that fills up just now is no reason to kill it.
    let _ = diary.write(RecordState::Running);
    let launched = Report::Launched { pid: spawned.pid, at };
    Ok(Started { pid: spawned.pid, launched, wakeups, listener, log, streams: Streams::new(spawned.ends) })
}

fn spawn(launch: &Launch) -> Result<Spawned, SpawnFailure> {
    program::check_cwd(launch)?;
    let program = program::find(launch)?;
    let (argv, env) =
        (launch.argv.iter().map(String::as_str).collect::<Vec<_>>(), launch.env.iter().collect::<Vec<_>>());
    let plan = Plan {
        program: &program,
        argv: &argv,
        env: &env,
        cwd: &launch.cwd,
        umask: launch.umask,
        open_files: launch.open_files,
        tty: launch.tty,
    };
    child::spawn(&plan).map_err(|failed| program::explain(launch, &program, failed))
}

fn take_lock(launch: &Launch) -> Result<FileLock, SpawnFailure> {
    let path = Path::new(&launch.lock);
    match FileLock::acquire(path) {
        Ok(Some(lock)) => Ok(lock),
        Ok(None) => {
            let holder = lock::holder(path).filter(|pid| *pid != 0);
            let holder = holder.map(|pid| format!(" (its keeper is process {pid})")).unwrap_or_default();
            let message = format!("another copy of it is alive{holder}; stop that one first");
            Err(SpawnFailure { step: SpawnStep::Lock, errno: 0, message })
        }
        Err(error) => Err(failure(SpawnStep::Lock, &error, &format!("its lock {} could not be taken", launch.lock))),
    }
}

fn failure(step: SpawnStep, error: &io::Error, what: &str) -> SpawnFailure {
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
