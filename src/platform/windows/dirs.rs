//! The directories of a user below `AppData`.

use std::path::{Path, PathBuf};

use crate::platform::dirs::{DirsError, Lookup, absolute, make};

const LOCAL: &str = "LOCALAPPDATA";
const ROAMING: &str = "APPDATA";

pub fn state_base(lookup: Lookup<'_>) -> Result<PathBuf, DirsError> {
    base(lookup, LOCAL, "the state of processes and their logs")
}

pub fn config_base(lookup: Lookup<'_>) -> Result<PathBuf, DirsError> {
    base(lookup, ROAMING, "settings")
}

pub fn runtime_base(lookup: Lookup<'_>) -> Result<PathBuf, DirsError> {
    let dir = base(lookup, LOCAL, "sockets")?.join("run");
    make(&dir, LOCAL)?;
    Ok(dir)
}

/// What lies below `AppData` is the user's alone.
pub fn is_ours(dir: &Path) -> bool {
    dir.is_dir()
}

fn base(lookup: Lookup<'_>, variable: &'static str, what: &'static str) -> Result<PathBuf, DirsError> {
    Ok(absolute(lookup, variable).ok_or(DirsError::NoHome { what, variable })?.join("pm"))
}
