//! A whole `pm.toml`: the project, its processes in the order of the file, and what was noticed on the way.
//!
//! Must not know how a single process is read; `process` does. Called by `cli`.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::diagnostic::{Diagnostic, Diagnostics, Kind};
use super::digest;
use super::keys::Section;
use super::policy;
use super::process::{self, Frame, Typed};
use super::reader::{Field, Fields, Findings, fields, in_file_order, type_words};
use super::surroundings::{Found, Machine, Remembered, Surroundings};
use super::syntax::{self, Parsed};
use crate::domain::spec::Keep;
use crate::domain::{ProcessName, ProcessSpec};

/// The name of the file that is looked for.
pub const FILE_NAME: &str = "pm.toml";

/// The built-in project.
const DEMO: &str = include_str!("../../assets/demo.toml");

/// Longest part of a project's id that comes from its name, in bytes; socket paths have to stay short.
const MAX_ID_NAME_BYTES: usize = 24;

/// A project: everything `pm` was asked to look after.
#[derive(Clone, Debug)]
pub struct Project {
    /// What it is called on the screen.
    pub name: String,
    /// Names its directories; no two config files share one.
    pub id: String,
    /// What relative paths are relative to: the directory of the file, absolute.
    pub root: PathBuf,
    /// The file; `None` for a project that has none.
    pub path: Option<PathBuf>,
    /// Its processes in the order of the file, each name once.
    pub processes: Vec<ProcessSpec>,
    /// How much output of all of them together is kept.
    pub keep: Keep,
    /// What was noticed: processes that cannot be started as things are, and advice. Never a fault.
    pub warnings: Diagnostics,
}

/// The project of those who have no file: no process is known, `pm run` adds to it. There is one per user; `root`, the
/// home or the current directory, is only where its processes run by default.
pub fn adhoc(root: PathBuf) -> Project {
    let name = "default".to_owned();
    Project {
        id: name.clone(),
        name,
        root,
        path: None,
        processes: Vec::new(),
        keep: Keep::default(),
        warnings: Diagnostics::none(),
    }
}

/// The project of `pm demo`: small misbehaving programs, all of them built in, run in the directory `cwd`.
///
/// # Errors
/// None as long as the tests pass; the built-in text is read like any other.
pub fn demo(cwd: &Path) -> Result<Project, Diagnostics> {
    let project = parse(DEMO, &cwd.join("demo.toml"), &Machine)?;
    Ok(Project { id: "demo".into(), path: None, ..project })
}

/// The `pm.toml` in `start_dir` or in the nearest directory above it; `None` where there is none.
///
/// # Errors
/// The nearest one is no file, or a link to nothing: to pass it over would be to act on another project than is meant.
pub fn find(start_dir: &Path) -> Result<Option<PathBuf>, Diagnostics> {
    let Ok(start) = std::path::absolute(start_dir) else { return Ok(None) };
    let mut files = start.ancestors().map(|dir| dir.join(FILE_NAME));
    let Some(file) = files.find(|file| file.symlink_metadata().is_ok()) else { return Ok(None) };
    let what = match Machine.found(&file) {
        Found::File => return Ok(Some(file)),
        Found::Directory => "is a directory",
        Found::Special => "is a fifo, a socket or a device",
        Found::Nothing => "is a link that leads nowhere",
    };
    let hint = "rename it, or name the config with -f FILE";
    Err(Diagnostics::unreadable(&file, format!("{} {what}, not a config", file.display()), hint))
}

/// Reads the file at `path`.
///
/// # Errors
/// Everything found in it, when there is a fault among it; or that it cannot be read.
pub fn load(path: &Path) -> Result<Project, Diagnostics> {
    let bytes = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))?;
    parse(&text, path, &Machine)
}

/// Which project a file is, whatever is the matter with its processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What it is called on the screen.
    pub name: String,
    /// Names its directories, as in [`Project`].
    pub id: String,
    /// The directory of the file, absolute.
    pub root: PathBuf,
    /// The file, absolute.
    pub path: PathBuf,
    /// The valid names among its processes, in no order.
    pub names: Vec<ProcessName>,
}

/// Reads only what tells which project the file at `path` is. Nothing is checked, and the machine is not asked whether
/// programs are there: looking at five hundred processes does not cost a look for five hundred programs.
///
/// `None` when the file cannot be read or is no TOML.
pub fn outline(path: &Path) -> Option<Outline> {
    let text = std::fs::read_to_string(path).ok()?;
    let Parsed { table, faults, .. } = syntax::parse(&text);
    if !faults.is_empty() {
        return None;
    }
    let file = Machine.absolute(path);
    let root = file.parent().unwrap_or(&file).to_owned();
    let top = fields(table.get_ref(), Section::Top, &mut Findings::default());
    let name = project_table(&top, &Machine.canonical(&root), &mut Findings::default()).name;
    let processes = top.get("process").and_then(|field| field.value.get_ref().as_table());
    let names = processes.into_iter().flat_map(|table| table.keys());
    let names = names.filter_map(|key| ProcessName::new(key.get_ref()).ok()).collect();
    let id = id(&name, &Machine.canonical(&root).join(file.file_name()?));
    Some(Outline { name, id, root, path: file, names })
}

/// How the id of the project at `path` ends, whatever the file says: what leads to its directories while it is at fault.
pub fn id_ending(path: &Path) -> String {
    let file = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let root = file.parent().unwrap_or(&file);
    let file = Machine.canonical(root).join(file.file_name().unwrap_or_default());
    format!("-{}", digest::short(file.as_os_str().as_encoded_bytes()))
}

/// Reads `text` as the content of the file at `path`, which need not exist.
///
/// # Errors
/// Everything found in it, when there is a fault among it.
pub fn parse(text: &str, path: &Path, around: &dyn Surroundings) -> Result<Project, Diagnostics> {
    let around = &Remembered::new(around);
    let file = around.absolute(path);
    let root = file.parent().unwrap_or(&file).to_owned();
    let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Parsed { table, faults, torn_at } = syntax::parse(text);
    let mut findings = Findings::default();

    let top = fields(table.get_ref(), Section::Top, &mut findings);
    let ProjectTable { name, keep, compress } = project_table(&top, &around.canonical(&root), &mut findings);
    let reader = Reader { text, torn_at, frame: Frame { root: &root, file_name: &file_name, compress, around } };
    let processes = reader.processes(&top, &mut findings);

    let mut items = findings.into_items();
    items.retain(|item| item.span.as_ref().is_none_or(|span| !syntax::guessed(text, span, &faults)));
    if items.is_empty() && faults.is_empty() && processes.is_empty() {
        items.push(no_process());
    }
    items.splice(..0, faults);
    let warnings = Diagnostics::new(path, text, items);
    if warnings.count(Kind::Fault) > 0 {
        return Err(warnings);
    }
    let id = id(&name, &around.canonical(&root).join(&file_name));
    Ok(Project { name, id, root, path: Some(file), processes, keep, warnings })
}

/// The name made harmless, and a digest of where the file lies, so that two projects called "shop" never meet.
fn id(name: &str, file: &Path) -> String {
    let mut stem = String::new();
    for c in name.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            stem.push(c);
        } else if !stem.ends_with('-') && !stem.is_empty() {
            stem.push('-');
        }
    }
    stem.truncate(MAX_ID_NAME_BYTES);
    let stem = stem.trim_end_matches('-');
    let stem = if stem.is_empty() { "project" } else { stem };
    format!("{stem}-{}", digest::short(file.as_os_str().as_encoded_bytes()))
}

/// What `[project]` says.
struct ProjectTable {
    name: String,
    keep: Keep,
    /// For processes that do not say.
    compress: bool,
}

fn project_table(top: &Fields<'_, '_>, root: &Path, findings: &mut Findings) -> ProjectTable {
    let Some(table) = top.get("project").and_then(|field| field.table(findings)) else {
        return ProjectTable { name: name_of(root), keep: Keep::default(), compress: false };
    };
    let given = fields(table, Section::Project, findings);
    let name = given.get("name").and_then(|field| project_name(field, findings)).unwrap_or_else(|| name_of(root));
    let compress = given.get("log_compress").and_then(|field| field.truth(findings)).unwrap_or_default();
    ProjectTable { name, keep: policy::keep(&given, ["log_total", "log_age"], findings), compress }
}

/// What a project without a name is called. A name that is given cannot hold control characters either.
fn name_of(root: &Path) -> String {
    let Some(name) = root.file_name() else { return "project".into() };
    name.to_string_lossy().replace(char::is_control, "\u{fffd}")
}

fn project_name(field: Field<'_, '_>, findings: &mut Findings) -> Option<String> {
    let name = field.text(findings)?;
    let label = match name.trim() {
        "" => "an empty name",
        _ if name.chars().any(char::is_control) => "contains a control character",
        _ => return Some(name.trim().to_owned()),
    };
    let fault = Diagnostic::fault(field.span(), "the project's name cannot be shown").because(label);
    findings.push(fault.hint(format!("write it like {}", field.key.example)));
    None
}

/// Stands in for a name that is none, while what stands below it is read.
const STAND_IN: &str = "NAME";

/// Reads the processes of one file.
struct Reader<'a> {
    text: &'a str,
    torn_at: Vec<usize>,
    frame: Frame<'a>,
}

impl Reader<'_> {
    fn processes(&self, top: &Fields<'_, '_>, findings: &mut Findings) -> Vec<ProcessSpec> {
        let Some(field) = top.get("process") else { return Vec::new() };
        let Some(table) = field.value.get_ref().as_table() else {
            if !syntax::made_up(&field.span()) {
                findings.push(not_processes(field));
            }
            return Vec::new();
        };
        let entries = in_file_order(table);
        let mut seen: HashMap<String, usize> = HashMap::new();
        let mut specs = Vec::new();
        let (mut line, mut counted) = (1, 0);
        for (index, (key, value)) in entries.iter().enumerate() {
            let span = key.span();
            let end = entries.get(index + 1).map_or(self.text.len(), |(next, _)| next.span().start);
            line += self.text[counted..span.start].matches('\n').count();
            counted = span.start;
            let torn = self.torn_at.iter().any(|at| (span.start..=end).contains(at));
            let Some(name) = name(key.get_ref(), &span, findings) else {
                // What is wrong below it is told now, and not only when the name has been corrected.
                findings.begin(key.get_ref(), None);
                if let Ok(name) = ProcessName::new(STAND_IN) {
                    process::read(&Typed { name, name_span: span, line, value, torn }, self.frame, findings);
                }
                findings.end();
                continue;
            };
            findings.begin(name.as_str(), Some(name.clone()));
            // Directories are named after processes, and some file systems do not tell "api" from "API".
            if let Some(first) = seen.insert(name.as_str().to_lowercase(), line) {
                let fault = Diagnostic::fault(span.clone(), "the name differs from another one in case only");
                let label = format!("the other one is in line {first}");
                findings.push(fault.because(label).hint("rename one of them: not every file system tells them apart"));
            }
            specs.extend(process::read(&Typed { name, name_span: span, line, value, torn }, self.frame, findings));
            findings.end();
        }
        specs
    }
}

fn not_processes(field: Field<'_, '_>) -> Diagnostic {
    let fault = Diagnostic::fault(field.name_span(), "\"process\" takes a table of processes");
    let fault = fault.because(format!("this is {}", type_words(field.value.get_ref())));
    fault.hint("give each process a header with its name, such as [process.api]")
}

fn name(typed: &str, span: &Range<usize>, findings: &mut Findings) -> Option<ProcessName> {
    match ProcessName::new(typed) {
        Ok(name) => Some(name),
        Err(error) => {
            let fault = Diagnostic::fault(span.clone(), error.to_string()).because("not a process name");
            findings.push(fault.hint("write it like [process.api], or with a group [process.\"group:name\"]"));
            None
        }
    }
}

fn no_process() -> Diagnostic {
    let advice = Diagnostic::new(Kind::Advice, None, "this project has no process");
    advice.hint("add one: [process.NAME] and below it command = [\"PROGRAM\", \"ARGUMENT\"]")
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostics {
    let next_steps = [
        (ErrorKind::NotFound, "check the path, or create the file"),
        (ErrorKind::PermissionDenied, "check its permissions"),
        (ErrorKind::IsADirectory, "name the file in it, such as -f DIRECTORY/pm.toml"),
    ];
    let suggestion = next_steps.iter().find(|(kind, _)| *kind == error.kind());
    let suggestion = suggestion.map_or("check the path and the disk", |(_, step)| step);
    Diagnostics::unreadable(path, format!("{} cannot be read: {error}", path.display()), suggestion)
}

fn not_utf8(path: &Path, error: &std::string::FromUtf8Error) -> Diagnostics {
    let at = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes());
    let width = char::REPLACEMENT_CHARACTER.len_utf8();
    let fault = Diagnostic::fault(at..at + width, "the file is not UTF-8 text").because("the first byte that is not");
    Diagnostics::new(path, &text, vec![fault.hint("save it as UTF-8")])
}
