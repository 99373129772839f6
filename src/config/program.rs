//! What a process executes: `command` or `shell`, and the warning that a command is not a shell line.
//!
//! Must not look at the disk; `startable` does. Called by `process`.

use std::ops::Range;

use super::diagnostic::Diagnostic;
use super::reader::{Field, Fields, Findings, nul_in};
use crate::domain::spec::Program;

/// Shells that expand what follows their `-c`: there a `$` means what it says.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "busybox", "cmd", "powershell", "pwsh", "nu"];

/// Words that only a shell understands.
const OPERATORS: &[&str] = &["|", "||", "&&", "&", ">", ">>", "<", "2>", "2>&1", "&>"];

/// A program and where it was named.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) program: Program,
    pub(super) span: Range<usize>,
}

/// Reads `command` or `shell`; `header` is where to point when neither is there, `None` when the table is known to be
/// torn, so that neither a missing nor a doubled program is news.
pub(super) fn program(given: &Fields<'_, '_>, header: Option<Range<usize>>, findings: &mut Findings) -> Option<Named> {
    match (given.get("command"), given.get("shell")) {
        (Some(_), Some(_)) if header.is_none() => None,
        (Some(command), Some(shell)) => {
            let later = if command.key_span > shell.key_span { command } else { shell };
            let fault = Diagnostic::fault(later.name_span(), "both \"command\" and \"shell\" are given");
            findings.push(
                fault
                    .because("only one can be executed")
                    .hint("keep \"command\" to run without a shell, \"shell\" for pipes and variables"),
            );
            None
        }
        (Some(command), None) => self::command(command, findings),
        (None, Some(shell)) => self::shell(shell, findings),
        (None, None) => {
            if let Some(header) = header {
                let fault =
                    Diagnostic::fault(header, "nothing to execute").because("neither \"command\" nor \"shell\"");
                findings.push(fault.hint("add command = [\"PROGRAM\", \"ARGUMENT\"] or shell = \"…\""));
            }
            None
        }
    }
}

fn shell(field: Field<'_, '_>, findings: &mut Findings) -> Option<Named> {
    let line = field.text_without_nul(findings)?;
    if line.trim().is_empty() {
        let fault = Diagnostic::fault(field.span(), "\"shell\" is empty").because("nothing to execute");
        findings.push(fault.hint(format!("write it like {}", field.key.example)));
        return None;
    }
    Some(Named { program: Program::Shell(line.to_owned()), span: field.span() })
}

fn command(field: Field<'_, '_>, findings: &mut Findings) -> Option<Named> {
    let words = match (field.value.get_ref().as_str(), field.value.get_ref().as_array()) {
        (Some(_), _) => {
            let line = field.text_without_nul(findings)?;
            split(field, line, findings)?
        }
        (None, Some(_)) => list(field, findings)?,
        (None, None) => {
            findings.push(field.wrong_type());
            return None;
        }
    };
    let Some((_, span)) = words.first().filter(|(program, _)| !program.is_empty()).cloned() else {
        let label = if words.is_empty() { "nothing to execute" } else { "the program is an empty string" };
        let fault = Diagnostic::fault(field.span(), "\"command\" is empty").because(label);
        findings.push(fault.hint(format!("write it like {}", field.key.example)));
        return None;
    };
    warn_of_shell_words(field, &words, findings);
    let argv = words.into_iter().map(|(word, _)| word).collect();
    Some(Named { program: Program::Command(argv), span })
}

type Word = (String, Range<usize>);

fn split(field: Field<'_, '_>, line: &str, findings: &mut Findings) -> Option<Vec<Word>> {
    let words = shlex::split(line);
    if words.is_none() {
        let (label, hint) = if line.trim_end().ends_with('\\') {
            ("ends in a backslash", "remove the backslash at the end, or write the command as a list")
        } else {
            ("a quote is opened and never closed", "close the quote, or write the command as a list")
        };
        let fault = Diagnostic::fault(field.span(), "\"command\" cannot be split into words");
        findings.push(fault.because(label).hint(hint));
    }
    Some(words?.into_iter().map(|word| (word, field.span())).collect())
}

fn list(field: Field<'_, '_>, findings: &mut Findings) -> Option<Vec<Word>> {
    let entries = field.value.get_ref().as_array()?;
    let mut words = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(word) = entry.get_ref().as_str() else {
            let typed = entry.get_ref().as_integer().map(ToString::to_string);
            let fault = field.wrong_type_at(entry);
            findings.push(match typed {
                Some(number) => fault.hint(format!("put it into quotes: \"{number}\"")),
                None => fault,
            });
            continue;
        };
        match nul_in(word, entry.span()) {
            None => words.push((word.to_owned(), entry.span())),
            Some(fault) => findings.push(fault),
        }
    }
    (words.len() == entries.len()).then_some(words)
}

/// Warns of the first word that looks as if a shell should read it. Once per command: one change mends them all.
fn warn_of_shell_words(field: Field<'_, '_>, words: &[Word], findings: &mut Findings) {
    let is_line = field.value.get_ref().is_str();
    let program = words[0].0.rsplit(['/', '\\']).next().unwrap_or_default();
    if SHELLS.contains(&program.trim_end_matches(".exe")) {
        return;
    }
    // The program itself is left to `startable`, which knows whether it exists under that very name.
    for (word, span) in &words[1..] {
        let what = if let Some(variable) = variable(word) {
            variable.to_owned()
        } else if word == "~" || word.starts_with("~/") {
            "~".to_owned()
        } else if is_line && OPERATORS.contains(&word.as_str()) {
            word.clone()
        } else {
            continue;
        };
        let advice = Diagnostic::advice(span.clone(), format!("{what} reaches the program as it is"));
        let label = format!("a command has no shell that would read {what}");
        return findings
            .push(advice.because(label).hint("write shell = \"…\" instead of command to have a shell read the line"));
    }
}

/// The first `$NAME` or `${NAME}` of `word`.
pub(super) fn variable(word: &str) -> Option<&str> {
    word.match_indices('$').find_map(|(at, _)| {
        let rest = &word[at + 1..];
        let (open, body) = rest.strip_prefix('{').map_or((0, rest), |body| (1, body));
        let length = body.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(body.len());
        let starts = body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let closes = open == 0 || body[length..].starts_with(['}', ':']);
        let tail = if open == 1 { body[length..].find('}').map_or(0, |at| at + 1) } else { 0 };
        (starts && closes).then(|| &word[at..at + 1 + open + length + tail])
    })
}

/// Stands in for the program of a process that names none: its other keys are read all the same.
pub(super) const NOTHING: Program = Program::Shell(String::new());
