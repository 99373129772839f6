//! Finds the program of a run before it is started, so that a refusal can say what was looked for and where.
//!
//! Knows the search rules of a shell and nothing of processes. Called by `birth`.

use std::path::{Path, PathBuf};

use crate::domain::{SpawnFailure, SpawnStep};
use crate::platform::child::{Failed, FailedAt};
use crate::wire::keeper::Launch;

const NOT_FOUND: i32 = 2;
const NO_ACCESS: i32 = 13;
const NOT_A_DIRECTORY: i32 = 20;
const IS_A_DIRECTORY: i32 = 21;
const INVALID: i32 = 22;
const EXEC_FORMAT: i32 = 8;

/// The working directory exists and is one.
pub fn check_cwd(launch: &Launch) -> Result<(), SpawnFailure> {
    match std::fs::metadata(&launch.cwd) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(cwd_failure(launch, NOT_A_DIRECTORY)),
        Err(error) => Err(cwd_failure(launch, error.raw_os_error().unwrap_or_default())),
    }
}

fn cwd_failure(launch: &Launch, errno: i32) -> SpawnFailure {
    let cwd = &launch.cwd;
    let message = match errno {
        NOT_FOUND => format!("its directory {cwd} does not exist; create it, or correct `cwd`"),
        NOT_A_DIRECTORY => format!("its `cwd` {cwd} is not a directory; correct `cwd`"),
        NO_ACCESS => {
            format!("its directory {cwd} may not be entered; change its permissions, or correct `cwd`")
        }
        other => format!("its directory {cwd} cannot be entered: {}", reason(other)),
    };
    SpawnFailure { step: SpawnStep::Cwd, errno, message }
}

/// Where the program lies: an absolute path, or one relative to the working directory when it was given so.
pub fn find(launch: &Launch) -> Result<String, SpawnFailure> {
    let Some(program) = launch.argv.first().filter(|program| !program.is_empty()) else {
        return Err(failure(INVALID, "no program was given; write one in `command`".into()));
    };
    if program.contains('/') {
        check_program(program, &Path::new(&launch.cwd).join(program))?;
        return Ok(program.clone());
    }
    search(launch, program)
}

fn search(launch: &Launch, program: &str) -> Result<String, SpawnFailure> {
    let path = launch.env.iter().find_map(|pair| pair.strip_prefix("PATH=")).unwrap_or("/usr/local/bin:/usr/bin:/bin");
    let mut refused = None;
    for dir in path.split(':') {
        let candidate = Path::new(&launch.cwd).join(dir).join(program);
        match executable(&candidate) {
            Ok(()) => return Ok(candidate.to_string_lossy().into_owned()),
            Err(NOT_FOUND | NOT_A_DIRECTORY) => {}
            Err(errno) => refused = refused.or(Some((candidate, errno))),
        }
    }
    if let Some((candidate, errno)) = refused {
        return Err(program_failure(program, &candidate, errno));
    }
    let count = path.split(':').count();
    let shown: String = path.chars().take(300).collect();
    let message = format!(
        "program {program:?} was not found in the {count} directories of its PATH; install it, correct `command`, or \
         write its full path; looked in {shown}"
    );
    Err(failure(NOT_FOUND, message))
}

fn check_program(program: &str, at: &Path) -> Result<(), SpawnFailure> {
    executable(at).map_err(|errno| program_failure(program, at, errno))
}

/// The error number exec would answer, as far as it can be told beforehand.
fn executable(path: &Path) -> Result<(), i32> {
    let found = std::fs::metadata(path).map_err(|error| error.raw_os_error().unwrap_or_default())?;
    if found.is_dir() {
        return Err(IS_A_DIRECTORY);
    }
    if crate::platform::cradle::may_execute(path) { Ok(()) } else { Err(NO_ACCESS) }
}

fn program_failure(program: &str, at: &Path, errno: i32) -> SpawnFailure {
    let at = at.display();
    let message = match errno {
        NOT_FOUND => format!("program {program:?} does not exist (looked at {at}); correct `command`"),
        NO_ACCESS => format!("{at} may not be executed; `chmod +x` it, or correct `command`"),
        IS_A_DIRECTORY => format!("{at} is a directory, not a program; correct `command`"),
        NOT_A_DIRECTORY => format!("{at} leads through something that is not a directory; correct `command`"),
        EXEC_FORMAT => format!(
            "{at} is no program this system can run; a script needs a first line such as #!/bin/sh, \
             a binary must be built for this machine"
        ),
        other => format!("{at} cannot be executed: {}", reason(other)),
    };
    failure(errno, message)
}

fn failure(errno: i32, message: String) -> SpawnFailure {
    SpawnFailure { step: SpawnStep::Program, errno, message }
}

/// What the failed start of `program` means.
pub fn explain(launch: &Launch, program: &str, failed: Failed) -> SpawnFailure {
    let errno = failed.errno;
    let at: PathBuf = Path::new(&launch.cwd).join(program);
    match failed.at {
        FailedAt::Cwd => cwd_failure(launch, errno),
        // The program is there, so what is missing is what its first line or its header asks for.
        FailedAt::Exec if errno == NOT_FOUND => failure(
            errno,
            format!("{} exists, but the interpreter or loader it asks for does not; see its first line", at.display()),
        ),
        FailedAt::Exec => program_failure(program, &at, errno),
        FailedAt::Text => {
            failure(errno, "an argument or variable holds a NUL byte, which no program can be given".into())
        }
        FailedAt::Fork => SpawnFailure {
            step: SpawnStep::Fork,
            errno,
            message: format!("the system refused another process: {}; try again later", reason(errno)),
        },
        FailedAt::Ends if launch.tty.is_some() => SpawnFailure {
            step: SpawnStep::Terminal,
            errno,
            message: format!("no terminal could be had: {}; try again, or set `tty = false`", reason(errno)),
        },
        FailedAt::Ends => SpawnFailure {
            step: SpawnStep::Fork,
            errno,
            message: format!("no pipes could be had: {}; try again later", reason(errno)),
        },
    }
}

/// The system's words for an error number.
pub fn reason(errno: i32) -> String {
    std::io::Error::from_raw_os_error(errno).to_string()
}
