//! Configs in, findings out: one case per fault, as people would read it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::*;

/// A machine that exists only here: `/p` holds the project, `/bin` has a few programs.
struct Paper;

const FILES: &[&str] =
    &["/p/.env", "/p/tool.sh", "/bin/plain.txt", "/bin/true", "/bin/sh", "/bin/python3", "/p/run.sh"];
const RUNNABLE: &[&str] = &["/bin/true", "/bin/sh", "/bin/python3", "/p/run.sh"];
const DIRECTORIES: &[&str] = &["/", "/p", "/p/web", "/bin"];

impl Surroundings for Paper {
    fn var(&self, name: &str) -> Option<OsString> {
        (name == "PATH").then(|| "/bin".into())
    }

    fn home(&self) -> Option<PathBuf> {
        Some("/home/kim".into())
    }

    fn found(&self, path: &Path) -> Found {
        let path = path.to_str().unwrap();
        match (DIRECTORIES.contains(&path), FILES.contains(&path)) {
            (true, _) => Found::Directory,
            (_, true) => Found::File,
            (false, false) => Found::Nothing,
        }
    }

    fn runs(&self, program: &str, search_path: Option<&OsStr>, cwd: &Path) -> bool {
        let runnable = |path: PathBuf| RUNNABLE.contains(&path.to_str().unwrap());
        if program.contains('/') {
            return runnable(cwd.join(program).components().collect());
        }
        search_path.is_some_and(|path| std::env::split_paths(path).any(|part| runnable(part.join(program))))
    }

    fn env_file_var(&self, _path: &Path, _name: &str) -> Option<OsString> {
        None
    }

    fn canonical(&self, dir: &Path) -> PathBuf {
        dir.to_owned()
    }
}

fn read(text: &str) -> Result<Project, Diagnostics> {
    parse(text, Path::new("/p/pm.toml"), &Paper)
}

fn findings(text: &str) -> Diagnostics {
    match read(text) {
        Ok(project) => project.warnings,
        Err(faults) => faults,
    }
}

#[test]
fn try_out() {
    let text = r##"
[project]
name = ""
[process.api]
comand = ["python3"]
cwd = "~/x"
restart = { when = "allways", first_wait = 3 }
stop = [{ signal = "TREM", wait = "-3s" }]
tty = "yes"
[process.API]
command = "echo 'x"
env = { A = 1, "b=c" = "x" }
depends_on = ["api"]
[process.x]
command = "nosuch $HOME"
[process.x]
shell = "a"
log = { runs = 0, segment = "64" }
autostart = yes
"##;
    println!("{}", findings(text));
    println!("{}", findings(text).render(true));
    let _: BTreeMap<(), ()> = BTreeMap::new();
}
