//! One `[process.NAME]`: from typed keys to a spec that is valid by construction.
//!
//! Must not know other processes; `project` compares them. Fields with a grammar of their own are read by `program`,
//! `policy` and `values`; what depends on the disk is checked by `startable`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::keys::{self, Section};
use super::policy;
use super::program::{self, variable};
use super::reader::{Field, Fields, Findings, Value, fields, in_file_order, nul_in, type_words};
use super::startable;
use super::surroundings::Surroundings;
use super::values::{choice, duration};
use crate::domain::ProcessName;
use crate::domain::spec::{AskColor, Orphans, ProcessSpec};

/// The words of `color`.
const COLOR: &[(&str, AskColor)] = &[
    ("auto", AskColor::Auto),
    ("always", AskColor::Always),
    ("never", AskColor::Never),
    ("inherit", AskColor::Inherit),
];

/// What a process has to know of the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The directory of the file, absolute.
    pub(super) root: &'a Path,
    /// The name of the file.
    pub(super) file_name: &'a str,
    /// Whether what is not written any more is packed, where a process does not say.
    pub(super) compress: bool,
    pub(super) around: &'a dyn Surroundings,
}

/// A path as it was typed, made absolute.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    pub(super) span: Range<usize>,
}

/// A process as it stands in the file.
pub(super) struct Typed<'t, 'd> {
    pub(super) name: ProcessName,
    pub(super) name_span: Range<usize>,
    /// Line of the name, from 1.
    pub(super) line: usize,
    pub(super) value: &'t Value<'d>,
    /// Whether a syntax error may have swallowed keys, so that a missing one is no news.
    pub(super) torn: bool,
}

pub(super) fn read(typed: &Typed<'_, '_>, frame: Frame<'_>, findings: &mut Findings) -> Option<ProcessSpec> {
    let name = &typed.name;
    let Some(table) = typed.value.get_ref().as_table() else {
        findings.push(not_a_table(name, typed.value));
        return None;
    };
    let given = fields(table, Section::Process, findings);
    // A misspelt "command" has been reported as an unknown key already.
    let misspelt = || table.iter().any(|(key, _)| keys::means_program(key.get_ref()));
    let header = (!typed.torn && !misspelt()).then(|| typed.name_span.clone());
    let named = program::program(&given, header, findings);
    let cwd = given.get("cwd").and_then(|field| place(field, field.value, frame, findings));
    let env = given.get("env").map(|field| env(field, findings)).unwrap_or_default();
    let env_files = given.get("env_file").map(|field| env_files(field, frame, findings)).unwrap_or_default();

    let directory = cwd.as_ref().map_or_else(|| frame.root.to_owned(), |cwd| cwd.path.clone());
    let program = named.as_ref().map(|named| named.program.clone());
    let mut spec = ProcessSpec::new(name.clone(), program.unwrap_or(program::NOTHING), directory);
    spec.description = given.get("description").and_then(|field| field.text(findings)).map(str::to_owned);
    spec.env = env;
    spec.env_files = env_files.iter().map(|place| place.path.clone()).collect();
    spec.source = Some(format!("{}:{}", frame.file_name, typed.line));
    spec.log.compress = frame.compress;
    read_policies(&mut spec, &given, findings);

    let named = named?;
    startable::check(&spec, &named.span, cwd.as_ref(), &env_files, frame.around, findings);
    Some(spec)
}

fn read_policies(spec: &mut ProcessSpec, given: &Fields<'_, '_>, findings: &mut Findings) {
    if let Some(field) = given.get("autostart") {
        spec.autostart = field.truth(findings).unwrap_or(spec.autostart);
    }
    if let Some(field) = given.get("restart") {
        spec.restart = policy::restart(field, findings);
    }
    if let Some(field) = given.get("stop") {
        spec.stop = policy::stop(field, findings);
    }
    if let Some(field) = given.get("tty") {
        spec.tty = field.truth(findings).unwrap_or(spec.tty);
    }
    if let Some(field) = given.get("color") {
        spec.color = choice(field, COLOR, findings).unwrap_or_default();
    }
    if let Some(field) = given.get("unbuffered") {
        spec.unbuffered = field.truth(findings).unwrap_or(spec.unbuffered);
    }
    if let Some(field) = given.get("early_exit") {
        spec.early_exit = duration(field, findings).unwrap_or(spec.early_exit);
    }
    if let Some(field) = given.get("orphans") {
        let choices = [("adopt", Orphans::Adopt), ("stop", Orphans::Stop)];
        spec.orphans = choice(field, &choices, findings).unwrap_or_default();
    }
    if let Some(field) = given.get("log") {
        spec.log = policy::log(field, spec.log, findings);
    }
}

fn not_a_table(name: &ProcessName, value: &Value<'_>) -> Diagnostic {
    let fault = Diagnostic::fault(value.span(), "a process is a table of keys");
    let fault = fault.because(format!("this is {}", type_words(value.get_ref())));
    match value.get_ref().as_array() {
        Some(list) if list.iter().any(|entry| entry.get_ref().is_table()) => {
            fault.hint(format!("write single brackets, [process.{name}], and a name of its own for each"))
        }
        Some(_) | None => {
            fault.hint(format!("write [process.{name}] and below it command = [\"PROGRAM\", \"ARGUMENT\"]"))
        }
    }
}

/// Reads a path: `value` is the value of `field` or an entry of it.
fn place(field: Field<'_, '_>, value: &Value<'_>, frame: Frame<'_>, findings: &mut Findings) -> Option<Place> {
    let Some(text) = value.get_ref().as_str() else {
        findings.push(field.wrong_type_at(value));
        return None;
    };
    let refusal = nul_in(text, value.span()).or_else(|| {
        if text.is_empty() {
            let fault = Diagnostic::fault(value.span(), format!("\"{}\" is an empty path", field.key.name));
            return Some(
                fault.because("names nothing").hint(format!("remove it, or write it like {}", field.key.example)),
            );
        }
        (text == "~" || text.starts_with("~/")).then(|| tilde(text, value, frame))
    });
    match refusal {
        Some(fault) => {
            findings.push(fault);
            None
        }
        None => Some(Place { path: absolute(frame.root, text), span: value.span() }),
    }
}

fn tilde(text: &str, value: &Value<'_>, frame: Frame<'_>) -> Diagnostic {
    let home = frame.around.home().unwrap_or_else(|| PathBuf::from("/home/YOU"));
    let expanded = home.join(text.trim_start_matches('~').trim_start_matches('/'));
    Diagnostic::fault(value.span(), "\"~\" is not expanded in paths")
        .because("only a shell knows this \"~\"")
        .hint(format!("write {:?}", expanded.display().to_string()))
}

/// `text` below `root`, without `.` parts. `..` stays: behind a symbolic link it is not what it looks like.
pub(super) fn absolute(root: &Path, text: &str) -> PathBuf {
    root.join(text).components().filter(|part| *part != Component::CurDir).collect()
}

fn env_files(field: Field<'_, '_>, frame: Frame<'_>, findings: &mut Findings) -> Vec<Place> {
    match field.value.get_ref().as_array() {
        Some(list) => list.iter().filter_map(|entry| place(field, entry, frame, findings)).collect(),
        None => place(field, field.value, frame, findings).into_iter().collect(),
    }
}

fn env(field: Field<'_, '_>, findings: &mut Findings) -> BTreeMap<String, String> {
    let mut env = BTreeMap::new();
    let Some(table) = field.table(findings) else { return env };
    for (key, value) in in_file_order(table) {
        let name = key.get_ref();
        if let Some(fault) = bad_variable_name(name, key.span()) {
            findings.push(fault);
            continue;
        }
        let Some(text) = value.get_ref().as_str() else {
            findings.push(not_a_string(name, value));
            continue;
        };
        if let Some(fault) = nul_in(text, value.span()) {
            findings.push(fault);
            continue;
        }
        if variable(text).is_some_and(|found| found.trim_matches(['$', '{', '}']) == name.as_ref()) {
            let advice = Diagnostic::advice(value.span(), format!("${name} is set as it is written"));
            let hint = format!("write the whole value, or set it in shell = \"{name}=… exec PROGRAM\"");
            findings.push(advice.because("variables are not expanded in \"env\"").hint(hint));
        }
        env.insert(name.to_string(), text.to_owned());
    }
    env
}

fn bad_variable_name(name: &str, span: Range<usize>) -> Option<Diagnostic> {
    let label = match name {
        "" => "an empty name",
        _ if name.contains('=') => "contains \"=\"",
        _ if name.contains('\0') => "contains a NUL character",
        _ => return None,
    };
    let fault = Diagnostic::fault(span, format!("{name:?} cannot be the name of a variable"));
    Some(fault.because(label).hint("use letters, digits and _, such as PORT"))
}

fn not_a_string(name: &str, value: &Value<'_>) -> Diagnostic {
    let fault = Diagnostic::fault(value.span(), format!("the variable {name:?} takes a string"));
    let fault = fault.because(format!("this is {}", type_words(value.get_ref())));
    let typed = value.get_ref();
    let plain = typed.as_integer().map(ToString::to_string).or_else(|| typed.as_float().map(ToString::to_string));
    match plain.or_else(|| typed.as_bool().map(|truth| truth.to_string())) {
        Some(plain) => fault.hint(format!("put it into quotes: {name} = \"{plain}\"")),
        None => fault.hint("variables are text: write it as a string"),
    }
}
