//! What a config has to ask the machine: is there such a program, such a directory?
//!
//! A trait, so that tests name their machine instead of depending on one. Must not know the keys of the config.

use std::cell::RefCell;
use std::collections::HashMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::env_file::{self, Unusable, Variables};

/// What lies at a path, symbolic links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or nothing that may be looked at.
    Nothing,
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A fifo, a socket, a device.
    Special,
}

/// The machine around a config.
pub trait Surroundings {
    /// A variable of our own environment.
    fn var(&self, name: &str) -> Option<OsString>;

    /// The user's home directory.
    fn home(&self) -> Option<PathBuf>;

    /// What lies at the absolute `path`.
    fn found(&self, path: &Path) -> Found;

    /// Whether `program` names something executable: without a separator in `search_path`, else from `cwd`.
    fn runs(&self, program: &str, search_path: Option<&OsStr>, cwd: &Path) -> bool;

    /// What the env file at `path` says.
    fn env_file(&self, path: &Path) -> EnvFile;

    /// `path` with its current directory, without asking the disk.
    fn absolute(&self, path: &Path) -> PathBuf;

    /// `dir` without symbolic links, or as it is when that cannot be told.
    fn canonical(&self, dir: &Path) -> PathBuf;
}

/// The variables of an env file, or why it gives none.
pub type EnvFile = Rc<Result<Variables, Unusable>>;

/// A program, where it is searched, and from where.
type Asked = (String, Option<OsString>, PathBuf);

/// Asks once for each program and each env file: hundreds of processes often share the same few.
pub(super) struct Remembered<'a> {
    around: &'a dyn Surroundings,
    runs: RefCell<HashMap<Asked, bool>>,
    env_files: RefCell<HashMap<PathBuf, EnvFile>>,
}

impl<'a> Remembered<'a> {
    pub(super) fn new(around: &'a dyn Surroundings) -> Self {
        Self { around, runs: RefCell::default(), env_files: RefCell::default() }
    }
}

impl Surroundings for Remembered<'_> {
    fn var(&self, name: &str) -> Option<OsString> {
        self.around.var(name)
    }

    fn home(&self) -> Option<PathBuf> {
        self.around.home()
    }

    fn found(&self, path: &Path) -> Found {
        self.around.found(path)
    }

    fn runs(&self, program: &str, search_path: Option<&OsStr>, cwd: &Path) -> bool {
        let key = (program.to_owned(), search_path.map(OsStr::to_owned), cwd.to_owned());
        let answer = || self.around.runs(program, search_path, cwd);
        *self.runs.borrow_mut().entry(key).or_insert_with(answer)
    }

    fn env_file(&self, path: &Path) -> EnvFile {
        let answer = || self.around.env_file(path);
        self.env_files.borrow_mut().entry(path.to_owned()).or_insert_with(answer).clone()
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.around.absolute(path)
    }

    fn canonical(&self, dir: &Path) -> PathBuf {
        self.around.canonical(dir)
    }
}

/// The real machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

impl Surroundings for Machine {
    fn var(&self, name: &str) -> Option<OsString> {
        env::var_os(name)
    }

    fn home(&self) -> Option<PathBuf> {
        env::home_dir().filter(|home| home.is_absolute())
    }

    fn found(&self, path: &Path) -> Found {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => Found::Directory,
            Ok(metadata) if metadata.is_file() => Found::File,
            Ok(_) => Found::Special,
            Err(_) => Found::Nothing,
        }
    }

    fn runs(&self, program: &str, search_path: Option<&OsStr>, cwd: &Path) -> bool {
        which::which_in(program, search_path, cwd).is_ok()
    }

    fn env_file(&self, path: &Path) -> EnvFile {
        Rc::new(env_file::read(path))
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
    }

    fn canonical(&self, dir: &Path) -> PathBuf {
        dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
    }
}
