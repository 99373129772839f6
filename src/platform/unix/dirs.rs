//! The directories of a user by the XDG base directory specification, on macOS by Apple's conventions.

use std::fs;
use std::hash::Hasher;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::platform::dirs::{DirsError, Lookup, absolute, make};

/// What `wire::layout` puts below the runtime directory at most: a project id of 48 bytes and a keeper's socket.
const BELOW_LEN: usize = "/".len() + 48 + "/k/".len() + "xxxxxxxxxxxx.sock".len();
/// Longest path of a socket. Linux takes 107 bytes, macOS 103.
const SOCKET_LEN: usize = 100;
/// Names another place for sockets.
const RUNTIME: &str = "XDG_RUNTIME_DIR";

pub fn state_base(lookup: Lookup<'_>) -> Result<PathBuf, DirsError> {
    base(lookup, "XDG_STATE_HOME", ".local/state/pm", "the state of processes and their logs")
}

pub fn config_base(lookup: Lookup<'_>) -> Result<PathBuf, DirsError> {
    base(lookup, "XDG_CONFIG_HOME", ".config/pm", "settings")
}

fn base(lookup: Lookup<'_>, variable: &str, below_home: &str, what: &'static str) -> Result<PathBuf, DirsError> {
    if let Some(dir) = absolute(lookup, variable) {
        return Ok(dir.join("pm"));
    }
    let below_home = if cfg!(target_os = "macos") { "Library/Application Support/pm" } else { below_home };
    let home = absolute(lookup, "HOME").ok_or(DirsError::NoHome { what, variable: "HOME" })?;
    Ok(home.join(below_home))
}

pub fn runtime_base(lookup: Lookup<'_>) -> Result<PathBuf, DirsError> {
    let uid = rustix::process::geteuid().as_raw();
    let tmp = PathBuf::from(format!("/tmp/pm-{uid}"));
    let wanted = absolute(lookup, RUNTIME)
        .filter(|dir| is_ours_or_missing(dir, uid))
        .or_else(|| Some(PathBuf::from(format!("/run/user/{uid}"))).filter(|dir| check(dir, uid).is_ok()))
        .map_or_else(|| tmp.clone(), |dir| dir.join("pm"));
    let chosen = if wanted.as_os_str().len() + BELOW_LEN <= SOCKET_LEN || wanted == tmp {
        wanted
    } else {
        // The parent lies in a directory of everybody, so it is the one to be verified first.
        make_ours(&tmp, uid)?;
        tmp.join(format!("{:016x}", digest(wanted.as_os_str().as_bytes())))
    };
    make_ours(&chosen, uid)?;
    Ok(chosen)
}

pub fn is_ours(dir: &Path) -> bool {
    check(dir, rustix::process::geteuid().as_raw()).is_ok()
}

/// `su` keeps the variable of the user before; then it is no place for us.
fn is_ours_or_missing(dir: &Path, uid: u32) -> bool {
    match fs::metadata(dir) {
        Ok(meta) => meta.is_dir() && meta.uid() == uid,
        Err(error) => error.kind() == io::ErrorKind::NotFound && make(dir, RUNTIME).is_ok(),
    }
}

fn make_ours(dir: &Path, uid: u32) -> Result<(), DirsError> {
    make(dir, RUNTIME)?;
    check(dir, uid).map_err(|why| DirsError::NotSafe { path: dir.to_owned(), why, variable: RUNTIME })
}

/// A real directory, ours, and writable by nobody else.
fn check(dir: &Path, uid: u32) -> Result<(), &'static str> {
    let meta = fs::symlink_metadata(dir).map_err(|_| "it cannot be looked at")?;
    if meta.is_symlink() {
        Err("it is a symbolic link")
    } else if !meta.is_dir() {
        Err("it is not a directory")
    } else if meta.uid() != uid {
        Err("it belongs to another user")
    } else if meta.mode() & 0o022 != 0 {
        Err("other users can write to it")
    } else {
        Ok(())
    }
}

/// FNV-1a: the same on every build and every machine, which `DefaultHasher` does not promise. Nobody can gain by a
/// collision, because the directory is verified to be ours.
struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn with<'a>(pairs: &'a [(&'a str, &'a Path)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_os_str().to_owned())
    }

    #[test]
    fn xdg_wins_over_home_unless_it_is_relative() {
        let home = ("HOME", Path::new("/home/ada"));
        let of = |pairs: &[(&str, &Path)]| state_base(&with(pairs)).unwrap();
        assert_eq!(of(&[home, ("XDG_STATE_HOME", Path::new("/s"))]), Path::new("/s/pm"));
        let below = if cfg!(target_os = "macos") { "Library/Application Support/pm" } else { ".local/state/pm" };
        assert_eq!(of(&[home, ("XDG_STATE_HOME", Path::new("s"))]), Path::new("/home/ada").join(below));
        assert!(state_base(&with(&[("HOME", Path::new(""))])).is_err());
    }

    #[test]
    fn a_short_runtime_dir_is_taken_and_a_long_one_replaced_for_good() {
        let dir = tempfile::Builder::new().prefix("r").tempdir_in("/tmp").unwrap();
        let of = |dir: &Path| runtime_base(&with(&[(RUNTIME, dir)])).unwrap();
        assert_eq!(of(dir.path()), dir.path().join("pm"));
        let long = dir.path().join("a-temporary-directory-with-a-long-name");
        let short = of(&long);
        assert_eq!(of(&long), short);
        assert_ne!(of(&dir.path().join("another-temporary-directory-with-a-long-name")), short);
        assert!(short.as_os_str().len() + BELOW_LEN <= 107, "{short:?}");
        assert_eq!(fs::metadata(&short).unwrap().mode() & 0o777, 0o700);
        fs::remove_dir(short).unwrap();
    }

    #[test]
    fn a_place_of_others_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let uid = rustix::process::geteuid().as_raw();
        assert_eq!(check(dir.path(), uid), Ok(()));
        assert_eq!(check(dir.path(), uid + 1), Err("it belongs to another user"));
        assert!(is_ours(dir.path()) && !is_ours(&dir.path().join("missing")));
        symlink(dir.path(), dir.path().join("link")).unwrap();
        assert_eq!(check(&dir.path().join("link"), uid), Err("it is a symbolic link"));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert_eq!(check(dir.path(), uid), Err("other users can write to it"));
    }

    #[test]
    fn the_digest_never_changes() {
        assert_eq!(digest(b"/home/ada/run/pm"), digest(b"/home/ada/run/pm"));
        assert_eq!(digest(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
