//! A machine that exists on paper only, so that no test depends on the one it runs on.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::config::env_file::{self, Unusable};
use crate::config::{EnvFile, Found, Surroundings};

const DIRECTORIES: &[&str] = &["/", "/p", "/p/web", "/p/tools", "/bin", "/p/bin"];
const FILES: &[&str] = &["/p/.env", "/p/bad.env", "/p/huge.env", "/p/tool.sh", "/bin/notes"];
const SPECIAL: &[&str] = &["/p/pipe"];
const PROGRAMS: &[&str] = &["/bin/true", "/bin/sh", "/bin/python3", "/p/run.sh", "/p/bin/own"];

/// An env file with a fault of each kind, but for text that is no UTF-8.
const BAD_LINES: &str = "A=1
hunter2
MY KEY=hunter2
API_KEY='hunter2'hunter2
NUL=hunter2\0
PW=\"hunter2
";

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
        } else if known(SPECIAL) {
            Found::Special
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

    fn env_file(&self, path: &Path) -> EnvFile {
        let programs = std::env::join_paths(["/p/bin", "/bin"]).unwrap().into_string().unwrap();
        let text = if path == Path::new("/p/.env") {
            format!("PATH=nowhere\nPATH={programs}\n")
        } else if path == Path::new("/p/bad.env") {
            BAD_LINES.to_owned()
        } else {
            return Rc::new(Err(match self.found(path) {
                Found::Directory => Unusable::Directory,
                Found::Special => Unusable::Special,
                Found::File | Found::Nothing => Unusable::TooLarge,
            }));
        };
        Rc::new(env_file::parse(text.as_bytes()).map_err(Unusable::Faults))
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        path.components().collect()
    }

    fn canonical(&self, dir: &Path) -> PathBuf {
        dir.to_owned()
    }
}
