//! Where state, sockets and config of this user lie. Nothing else in the program reads `HOME` or an XDG variable.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

pub use super::files::{create_private, write_atomic, write_durable};

#[cfg(unix)]
use super::unix::dirs as system;
#[cfg(windows)]
use super::windows::dirs as system;

/// Why there is no place for something.
#[derive(Debug, thiserror::Error)]
pub enum DirsError {
    /// No variable says where the user's files are.
    #[error("there is no place for {what}: set {variable} to a directory of yours, as an absolute path")]
    NoHome {
        /// What should be put there.
        what: &'static str,
        /// The variable that is missing, empty or not an absolute path.
        variable: &'static str,
    },
    /// The directory is there, but somebody else could tamper with it.
    #[error("{path:?} is not safe to put sockets into: {why}; remove it, or set {variable} to a directory of yours")]
    NotSafe {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
        /// The variable that names another place.
        variable: &'static str,
    },
    /// The directory cannot be made.
    #[error("cannot make the directory {path:?}; free or change it, or set {variable} to another place")]
    Io {
        /// The directory.
        path: PathBuf,
        /// The variable that names another place.
        variable: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Looks a variable up; tests hand in their own.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What survives reboots. `$XDG_STATE_HOME/pm`, else `~/.local/state/pm`; macOS `~/Library/Application Support/pm`;
/// Windows `%LOCALAPPDATA%\pm`. Not created.
pub fn state_base() -> Result<PathBuf, DirsError> {
    system::state_base(&|name| std::env::var_os(name))
}

/// Where a user's own `pm` settings lie. `$XDG_CONFIG_HOME/pm`, else `~/.config/pm`; macOS
/// `~/Library/Application Support/pm`; Windows `%APPDATA%\pm`. Not created.
pub fn config_base() -> Result<PathBuf, DirsError> {
    system::config_base(&|name| std::env::var_os(name))
}

/// Where sockets lie: made with mode 0700, and verified to be ours. `$XDG_RUNTIME_DIR/pm`, else `/run/user/<uid>/pm`, each
/// only if it is the user's own, else `/tmp/pm-<uid>`. Where a socket's path below it could grow longer than 100 bytes, a
/// short directory takes its place, always the same for the same wanted path.
pub fn runtime_base() -> Result<PathBuf, DirsError> {
    system::runtime_base(&|name| std::env::var_os(name))
}

/// A directory that is there, belongs to this user and can be written to by nobody else.
pub fn is_ours(dir: &Path) -> bool {
    system::is_ours(dir)
}

/// The value of a variable if it is an absolute path; the XDG specification says to ignore relative ones.
pub(super) fn absolute(lookup: Lookup<'_>, name: &str) -> Option<PathBuf> {
    lookup(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Makes `path` or says what to do about it.
pub(super) fn make(path: &Path, variable: &'static str) -> Result<(), DirsError> {
    create_private(path).map_err(|source| DirsError::Io { path: path.to_owned(), variable, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_home_the_variable_is_named() {
        let error = system::state_base(&|_| None).unwrap_err();
        let wanted = if cfg!(windows) { "LOCALAPPDATA" } else { "HOME" };
        assert!(error.to_string().contains(&format!("set {wanted} to")), "{error}");
    }
}
