//! Could this process be started as things are on disk now? Its directory, its env files, its program.
//!
//! Must not stop anybody: these findings are about one process, and the disk may change before it is started.
//! Called by `process` with the machine as a trait.

use std::env::{join_paths, split_paths};
use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::env_file::{Fault, Unusable};
use super::keys;
use super::process::{Place, absolute};
use super::program::variable;
use super::reader::Findings;
use super::surroundings::{Found, Surroundings};
use crate::domain::spec::{ProcessSpec, Program};

pub(super) fn check(
    spec: &ProcessSpec,
    program_span: &Range<usize>,
    cwd: Option<&Place>,
    env_files: &[Place],
    around: &dyn Surroundings,
    findings: &mut Findings,
) {
    let missing_cwd = cwd.and_then(|cwd| bad_directory(cwd, around));
    let has_cwd = missing_cwd.is_none();
    let bad_files = env_files.iter().flat_map(|place| bad_env_file(place, around));
    for finding in missing_cwd.into_iter().chain(bad_files) {
        findings.push(finding);
    }
    match &spec.program {
        Program::Command(argv) => {
            let Some(program) = argv.first() else { return };
            // From a directory that is not there, a relative program is missing too: one finding is enough.
            if (has_cwd || !is_relative_path(program))
                && let Some(finding) = bad_program(program, program_span, spec, around)
            {
                findings.push(finding);
            }
        }
        Program::Shell(_) => {}
    }
}

fn bad_directory(cwd: &Place, around: &dyn Surroundings) -> Option<Diagnostic> {
    let shown = cwd.path.display();
    match around.found(&cwd.path) {
        Found::Directory => None,
        Found::File | Found::Special => {
            let finding = Diagnostic::unstartable(cwd.span.clone(), format!("{shown} is not a directory"));
            Some(finding.because("a file").hint("name the directory it should run in"))
        }
        Found::Nothing => {
            let finding = Diagnostic::unstartable(cwd.span.clone(), format!("there is no directory {shown}"));
            Some(finding.because("missing directory").hint(create_or_correct(&cwd.path, "mkdir -p")))
        }
    }
}

/// Faults of one env file that are shown: a file of another kind has one in every line.
const MAX_FAULTS: usize = 20;

fn bad_env_file(file: &Place, around: &dyn Surroundings) -> Vec<Diagnostic> {
    if around.found(&file.path) != Found::Nothing {
        return bad_content(file, around);
    }
    let finding = Diagnostic::unstartable(file.span.clone(), format!("there is no file {}", file.path.display()));
    vec![finding.because("missing file").hint(create_or_correct(&file.path, "touch"))]
}

/// The findings about an env file that is there, and what stands in it. Values are never told.
fn bad_content(file: &Place, around: &dyn Surroundings) -> Vec<Diagnostic> {
    let finding = |message: String| Diagnostic::unstartable(file.span.clone(), message);
    let of_line = |fault: &Fault| {
        let message = format!("{} is no variable", fault.place(&file.path));
        finding(message).because(fault.what.words()).hint(fault.what.hint())
    };
    match around.env_file(&file.path).as_ref() {
        Ok(_) => Vec::new(),
        Err(Unusable::Faults(faults)) => {
            let more = faults.len().checked_sub(MAX_FAULTS).filter(|more| *more > 0).map(|more| {
                let message = format!("{more} more lines of {} are no variables", file.path.display());
                finding(message).because("too many to show").hint("name a file of KEY=value lines")
            });
            faults.iter().take(MAX_FAULTS).map(of_line).chain(more).collect()
        }
        Err(why @ (Unusable::Directory | Unusable::Special | Unusable::Unreadable(_) | Unusable::TooLarge)) => {
            vec![finding(why.what(&file.path)).because("no file of variables").hint(why.hint())]
        }
    }
}

fn create_or_correct(path: &Path, how: &str) -> String {
    match variable(&path.to_string_lossy()) {
        Some(variable) => format!("{variable} is not expanded in paths; write the path out"),
        None => format!("correct the path, or create it: {how} {}", path.display()),
    }
}

/// Has a separator without being absolute: looked for from the directory of the process.
fn is_relative_path(program: &str) -> bool {
    program.contains(['/', std::path::MAIN_SEPARATOR]) && !Path::new(program).is_absolute()
}

fn bad_program(
    program: &str,
    span: &Range<usize>,
    spec: &ProcessSpec,
    around: &dyn Surroundings,
) -> Option<Diagnostic> {
    let search_path = search_path(spec, around);
    if around.runs(program, search_path.as_deref(), &spec.cwd) {
        return None;
    }
    let is_path = is_relative_path(program) || Path::new(program).is_absolute();
    Some(if is_path {
        bad_path(&absolute(&spec.cwd, program), program, span, around)
    } else {
        not_in_search_path(program, span, search_path.as_deref(), around)
    })
}

/// `PATH` as the process will see it, its relative parts read from its directory.
fn search_path(spec: &ProcessSpec, around: &dyn Surroundings) -> Option<OsString> {
    let of_file = |file: &PathBuf| {
        let variables = around.env_file(file);
        let path = variables.iter().flatten().rev().find(|(key, _)| key == "PATH");
        path.map(|(_, value)| OsString::from(value))
    };
    let from_files = || spec.env_files.iter().rev().find_map(of_file);
    let path = spec.env.get("PATH").map(OsString::from).or_else(from_files).or_else(|| around.var("PATH"))?;
    join_paths(split_paths(&path).map(|part| spec.cwd.join(part))).ok().or(Some(path))
}

fn bad_path(path: &Path, program: &str, span: &Range<usize>, around: &dyn Surroundings) -> Diagnostic {
    let shown = path.display();
    let finding = |message: String| Diagnostic::unstartable(span.clone(), message);
    match around.found(path) {
        Found::File | Found::Special => finding(format!("{shown} is not executable"))
            .because("no permission to execute it")
            .hint(format!("chmod +x {shown}, or name its interpreter first, such as [\"sh\", {program:?}]")),
        Found::Directory => {
            finding(format!("{shown} is a directory")).because("no program").hint("name a program in it")
        }
        Found::Nothing => {
            let hint = unexpanded(program, around).unwrap_or_else(|| {
                "correct the path; it is relative to \"cwd\", or build or install the program".into()
            });
            finding(format!("there is no program {shown}")).because("missing program").hint(hint)
        }
    }
}

fn not_in_search_path(
    program: &str,
    span: &Range<usize>,
    path: Option<&OsStr>,
    around: &dyn Surroundings,
) -> Diagnostic {
    let finding = |message: String| Diagnostic::unstartable(span.clone(), message);
    let parts: Vec<PathBuf> = path.map(|path| split_paths(path).collect()).unwrap_or_default();
    if let Some(there) = parts.iter().map(|part| part.join(program)).find(|file| around.found(file) == Found::File) {
        let shown = there.display();
        let finding = finding(format!("{shown} is not executable")).because("no permission to execute it");
        return finding.hint(format!("chmod +x {shown}"));
    }
    let hint = match (unexpanded(program, around), program.split_once(' ')) {
        (Some(hint), _) => hint,
        (None, Some(_)) => "write each argument as an entry of its own: [\"PROGRAM\", \"ARGUMENT\"]".into(),
        (None, None) => match keys::nearest(program, COMMON_PROGRAMS.iter().copied()) {
            Some(other) if around.runs(other, path, Path::new("/")) => format!("did you mean \"{other}\"?"),
            Some(_) | None => "install it, or give its full path; a program beside this file is \"./NAME\"".into(),
        },
    };
    let label = match parts.len() {
        0 => "PATH is not set".to_owned(),
        1 => format!("not in {}", parts[0].display()),
        many => format!("in none of the {many} directories of PATH"),
    };
    finding(format!("there is no program {program:?}")).because(label).hint(hint)
}

/// What to write for a program that only a shell could have found.
fn unexpanded(program: &str, around: &dyn Surroundings) -> Option<String> {
    if let Some(rest) = program.strip_prefix("~/") {
        let home = around.home()?.join(rest);
        return Some(format!("\"~\" is not expanded in a command; write {:?}", home.display().to_string()));
    }
    let variable = variable(program)?;
    Some(format!("{variable} is not expanded in a command; write the path out, or use shell = \"…\""))
}

/// Programs people often mistype or know under another version's name.
const COMMON_PROGRAMS: &[&str] =
    &["python3", "python", "node", "npm", "npx", "cargo", "docker", "make", "bash", "ruby", "go"];
