//! A machine that exists on paper only, so that no test depends on the one it runs on.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::config::{Found, Surroundings};

const DIRECTORIES: &[&str] = &["/", "/p", "/p/web", "/p/tools", "/bin", "/p/bin"];
const FILES: &[&str] = &["/p/.env", "/p/tool.sh", "/bin/notes"];
const PROGRAMS: &[&str] = &["/bin/true", "/bin/sh", "/bin/python3", "/p/run.sh", "/p/bin/own"];

/// `/p` holds the project, `/bin` a few programs.
pub(super) struct Paper;

impl Surroundings for Paper {
    fn var(&self, name: &str) -> Option<OsString> {
        (name == "PATH").then(|| "/bin".into())
    }

    fn home(&self) -> Option<PathBuf> {
        Some("/home/kim".into())
    }

    fn found(&self, path: &Path) -> Found {
        let known = |list: &[&str]| list.iter().any(|entry| Path::new(entry) == path);
        if known(DIRECTORIES) {
            Found::Directory
        } else if known(FILES) || known(PROGRAMS) {
            Found::File
        } else {
            Found::Nothing
        }
    }

    fn runs(&self, program: &str, search_path: Option<&OsStr>, cwd: &Path) -> bool {
        let runnable = |path: PathBuf| {
            let path: PathBuf = path.components().collect();
            PROGRAMS.iter().any(|entry| Path::new(entry) == path)
        };
        if program.contains('/') {
            return runnable(cwd.join(program));
        }
        search_path.is_some_and(|path| std::env::split_paths(path).any(|part| runnable(part.join(program))))
    }

    fn env_file_var(&self, path: &Path, name: &str) -> Option<OsString> {
        (path == Path::new("/p/.env") && name == "PATH").then(|| std::env::join_paths(["/p/bin", "/bin"]).unwrap())
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        path.components().collect()
    }

    fn canonical(&self, dir: &Path) -> PathBuf {
        dir.to_owned()
    }
}
