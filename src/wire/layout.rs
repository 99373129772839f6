//! Where everything of a project lies on disk. The only place that knows these names.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::domain::{ProcessName, RunId, RunNo};

/// The directories and files of one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    state: PathBuf,
    runtime: PathBuf,
}

impl Layout {
    /// The layout of project `id`, below the user's state and runtime directories of `pm`.
    pub fn new(state_base: &Path, runtime_base: &Path, id: &str) -> Self {
        Self { state: state_base.join(id), runtime: runtime_base.join(id) }
    }

    /// The same project with its sockets in another directory.
    #[must_use]
    pub fn with_runtime(self, runtime: PathBuf) -> Self {
        Self { runtime, ..self }
    }

    /// The project's state directory; survives reboots.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The project's runtime directory; holds sockets only.
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }

    /// Locked by the supervisor while it lives.
    pub fn lock(&self) -> PathBuf {
        self.state.join("lock")
    }

    /// What is wanted of each process; derived and rebuildable, but for manual stops during a back-off.
    pub fn registry(&self) -> PathBuf {
        self.state.join("registry.json")
    }

    /// The event log, JSON lines.
    pub fn events(&self) -> PathBuf {
        self.state.join("events.jsonl")
    }

    /// Where the sockets are, see `wire::sockets`.
    pub fn sockets(&self) -> PathBuf {
        self.state.join(SOCKETS)
    }

    /// What a headless supervisor prints, should it print anything.
    pub fn supervisor_log(&self) -> PathBuf {
        self.state.join("supervisor.log")
    }

    /// The directory of all processes that ever ran.
    pub fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// What nobody wants any more lies here until it is removed.
    pub fn removed(&self) -> PathBuf {
        self.state.join("removed")
    }

    /// The directory of one process.
    pub fn process(&self, name: &ProcessName) -> PathBuf {
        self.runs().join(name.as_dir_name())
    }

    /// Locked by the keeper while a run of this process is alive: never two copies.
    pub fn process_lock(&self, name: &ProcessName) -> PathBuf {
        self.process(name).join(PROCESS_LOCK)
    }

    /// The spec of a process that no config knows (`pm run`).
    pub fn process_spec(&self, name: &ProcessName) -> PathBuf {
        self.process(name).join("spec.json")
    }

    /// The directory of one run.
    pub fn run(&self, name: &ProcessName, no: RunNo) -> PathBuf {
        self.process(name).join(run_dir(no))
    }

    /// Locked by the supervisor's thread that packs closed segments: never two at a time.
    pub fn packing_lock(&self) -> PathBuf {
        self.state.join("packing.lock")
    }

    /// The control socket.
    pub fn control_socket(&self) -> PathBuf {
        self.runtime.join("control.sock")
    }

    /// The directory of the keepers' sockets.
    pub fn keeper_sockets(&self) -> PathBuf {
        self.runtime.join(KEEPER_SOCKETS)
    }

    /// The socket of one keeper.
    pub fn keeper_socket(&self, id: &RunId) -> PathBuf {
        self.keeper_sockets().join(format!("{id}.sock"))
    }

    /// [`Self::sockets`] of the project with this [`Self::process_lock`].
    pub fn sockets_beside(process_lock: &Path) -> Option<PathBuf> {
        Some(process_lock.ancestors().nth(3)?.join(SOCKETS))
    }

    /// Where a keeper's socket of this file name lies when the project's sockets are in `runtime`.
    pub fn moved_keeper_socket(runtime: &Path, file_name: &OsStr) -> PathBuf {
        runtime.join(KEEPER_SOCKETS).join(file_name)
    }
}

/// The name of the directory of a run.
pub fn run_dir(no: RunNo) -> String {
    format!("{:06}", no.0)
}

/// The run number of a run directory's name.
pub fn run_no(dir_name: &str) -> Option<RunNo> {
    dir_name.parse().ok().map(RunNo).filter(|no| run_dir(*no) == dir_name)
}

/// In the state directory; see [`Layout::sockets`].
const SOCKETS: &str = "sockets";
/// In the runtime directory.
const KEEPER_SOCKETS: &str = "k";
/// In the directory of a process; see [`Layout::process_lock`].
pub const PROCESS_LOCK: &str = "lock";
/// The record in a run directory: what runs there, and how it ended.
pub const RECORD: &str = "record";
/// An empty file in the directory of a run that had not begun when a later supervisor came: no keeper may begin it any more.
pub const GIVEN_UP: &str = "given-up";
/// Locked by the face that sits at the keyboard of a run with a terminal: it answers what the program asks its terminal, and
/// its size is that of the terminal.
pub const SEAT: &str = "seat";
/// What becomes the record once the program runs. Before that it says that one is about to be started; preallocated, so that an
/// end can be written on a full disk.
pub const RECORD_NEXT: &str = "record.next";
/// The segment of output that is being written. Closed segments are `out.log.1`, `out.log.2` …, oldest first.
pub const LOG: &str = "out.log";
/// The side index of `out.log`; that of `out.log.3` is `out.idx.3`.
pub const INDEX: &str = "out.idx";
/// What the name of a packed file has more than that of the plain one it took the place of: `out.log.3.lz4`.
pub const PACKED: &str = "lz4";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_knows_its_lock_and_its_socket_finds_the_sockets_and_its_own_among_them() {
        let layout = Layout::new("/state".as_ref(), "/run".as_ref(), "shop-1");
        let (name, id) = (ProcessName::new("ollama:main").unwrap(), RunId::parse("7e4rmxxj44br").unwrap());
        assert_eq!(Layout::sockets_beside(&layout.process_lock(&name)), Some(layout.sockets()));
        let (before, moved) = (layout.keeper_socket(&id), layout.with_runtime("/tmp/r".into()));
        assert_eq!(Layout::moved_keeper_socket(moved.runtime(), before.file_name().unwrap()), moved.keeper_socket(&id));
    }

    #[test]
    fn the_name_of_a_run_directory_tells_its_number_and_no_other_name_does() {
        for no in [1, 42, 999_999, 1_000_000, u32::MAX] {
            assert_eq!(run_no(&run_dir(RunNo(no))), Some(RunNo(no)));
        }
        for other in ["1", "00001", "0000001", "+00001", "01000000", "lock", "", "99999999999"] {
            assert_eq!(run_no(other), None, "{other}");
        }
    }
}
