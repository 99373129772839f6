//! Starts keepers the way a supervisor does, speaks their protocol and waits for what they say.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pm::domain::{ExitBy, ExitStatus, RunId, RunNo, Signal, SpawnFailure};
use pm::wire::keeper::{Frames, Launch, Order, Report};
use pm::wire::record::Record;

/// No wait takes longer on a machine that works; a test that needs all of it has failed.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// Calls `look` until it answers; panics with `what` when it never does.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} for {what}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Directories of one process, removed at the end.
pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A launch of run 1 with `argv` and defaults.
    pub fn launch(&self, argv: &[&str]) -> Launch {
        let text = |name: &str| self.path().join(name).to_str().unwrap().to_owned();
        std::fs::create_dir_all(self.path().join("run")).unwrap();
        Launch {
            version: 1,
            project: "test".into(),
            name: "child".into(),
            no: RunNo(1),
            id: RunId::derive(1, 1),
            dir: text("run"),
            lock: text("lock"),
            socket: text("k/x.sock"),
            argv: argv.iter().map(|arg| (*arg).to_owned()).collect(),
            cwd: "/".into(),
            env: ["PATH=/usr/bin:/bin", "MARK=seen"].into_iter().collect(),
            umask: 0o022,
            open_files: 0,
            tty: None,
            stop: vec![(Signal::Term, 100), (Signal::Kill, 0)],
            segment_bytes: 64 << 20,
            segments: 4,
            limit_ms: 0,
        }
    }

    /// Starts a keeper for a shell line.
    pub fn shell(&self, line: &str) -> Keeper {
        Keeper::start(self.launch(&["/bin/sh", "-c", line]))
    }
}

/// A connection to a keeper.
pub struct Link {
    socket: UnixStream,
    frames: Frames,
    pub heard: Vec<Report>,
    pub ended: bool,
}

impl Link {
    pub fn new(socket: UnixStream) -> Self {
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        Self { socket, frames: Frames::default(), heard: Vec::new(), ended: false }
    }

    pub fn say(&mut self, order: &Order) {
        self.socket.write_all(&order.to_frame()).unwrap();
    }

    fn listen(&mut self) {
        let mut bytes = [0; 4096];
        match self.socket.read(&mut bytes) {
            Ok(0) => self.ended = true,
            Ok(len) => self.frames.feed(&bytes[..len]),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(error) => {
                eprintln!("the connection ended: {error}");
                self.ended = true;
            }
        }
        while let Some(report) = self.frames.next_report().unwrap() {
            self.heard.push(report);
        }
    }

    /// Waits until something that was said, now or before, fits.
    pub fn wait<T>(&mut self, what: &str, find: impl Fn(&Report) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = self.heard.iter().find_map(&find) {
                return found;
            }
            assert!(!self.ended, "the keeper left without {what}; it said {:?}", self.heard);
            assert!(start.elapsed() < DEADLINE, "waited for {what}; heard {:?}", self.heard);
            self.listen();
        }
    }

    pub fn wait_launched(&mut self) -> u32 {
        self.wait("launched", |report| match report {
            Report::Launched { pid, .. } => Some(*pid),
            Report::LaunchFailed(failure) => panic!("{failure:?}"),
            _ => None,
        })
    }

    pub fn wait_failed(&mut self) -> SpawnFailure {
        self.wait("a failure", |report| match report {
            Report::LaunchFailed(failure) => Some(failure.clone()),
            _ => None,
        })
    }

    pub fn wait_exited(&mut self) -> (ExitStatus, ExitBy) {
        self.wait("exited", |report| match report {
            Report::Exited { status, by, .. } => Some((*status, *by)),
            _ => None,
        })
    }

    pub fn wait_emptied(&mut self) -> u32 {
        self.wait("emptied", |report| match report {
            Report::Emptied { killed } => Some(*killed),
            _ => None,
        })
    }

    pub fn wait_grown(&mut self, bytes: u64) {
        self.wait("output", |report| match report {
            Report::Grew { end, .. } if *end >= bytes => Some(()),
            _ => None,
        });
    }
}

/// A keeper that was started, and the connection it was born with.
pub struct Keeper {
    pub link: Option<Link>,
    pub process: Child,
    pub dir: PathBuf,
    pub launch: Launch,
}

impl Keeper {
    pub fn start(launch: Launch) -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut keeper = Self::born_with(launch, theirs);
        let mut link = Link::new(ours);
        link.say(&Order::Launch(Box::new(keeper.launch.clone())));
        keeper.link = Some(link);
        keeper
    }

    /// One whose end of the connection this is.
    pub fn born_with(launch: Launch, theirs: UnixStream) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_pm"))
            .args(["__keeper", "test"])
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .current_dir("/")
            .spawn()
            .unwrap();
        Self { link: None, process, dir: launch.dir.clone().into(), launch }
    }

    pub fn link(&mut self) -> &mut Link {
        self.link.as_mut().unwrap()
    }

    /// A later supervisor.
    pub fn attach(&self) -> Link {
        let socket = until("the socket", || UnixStream::connect(&self.launch.socket).ok());
        let mut link = Link::new(socket);
        link.say(&Order::Attach { version: 1 });
        link
    }

    pub fn wait_gone(&mut self) {
        until("the keeper to leave", || self.process.try_wait().unwrap());
    }

    pub fn record(&self) -> Record {
        Record::parse(&std::fs::read_to_string(self.dir.join("record")).unwrap()).unwrap()
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.dir.join("out.log")).unwrap()).into_owned()
    }
}

impl Drop for Keeper {
    /// A test that failed leaves nothing behind: the keeper is told to end its run, and only then gives up its socket.
    fn drop(&mut self) {
        if let (Ok(None), Some(link)) = (self.process.try_wait(), &mut self.link) {
            let _ = link.socket.write_all(&Order::Kill.to_frame());
        }
    }
}
