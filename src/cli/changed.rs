//! Whether a config says something else by now than the supervisor goes by: it reads the file once, when it starts.

use std::path::Path;

use super::output::note;
use super::project::Project;
use crate::config;
use crate::control::Line;
use crate::domain::snapshot::as_shown;
use crate::domain::{ProcessName, ProcessSpec, Snapshot};

/// So many are named.
const NAMED: usize = 5;

/// Notes on standard error what of the file is not in force. Costs two looks at files as long as it was not written since.
pub async fn note_changes(project: &Project, line: &mut Line) {
    let Some(file) = project.info.config.as_deref() else { return };
    if !is_newer(file, &project.layout.sockets()) {
        return;
    }
    // A supervisor that has gone meanwhile goes by nothing.
    let Ok(Some(snapshot)) = line.look().await else { return };
    let what = match config::load(file) {
        Ok(now) => differences(&now, &snapshot),
        Err(_) => Some("it has faults (`pm check` shows them)".to_owned()),
    };
    if let Some(what) = what {
        let file = file.display();
        note(&format!(
            "{file} has changed since the supervisor read it: {what}; \
             `pm down --detach`, then `pm up -d` reads it anew and stops nothing"
        ));
    }
}

/// The file was written after the supervisor had said where it is.
fn is_newer(file: &Path, sockets: &Path) -> bool {
    let written = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified());
    written(file).ok().zip(written(sockets).ok()).is_some_and(|(file, sockets)| file > sockets)
}

fn differences(now: &config::Project, then: &Snapshot) -> Option<String> {
    let known = |name: &ProcessName| then.rows.iter().find(|row| row.name() == name).map(|row| &row.spec);
    let is_new = |name: &ProcessName| known(name).is_none_or(|spec| spec.defined_at().is_none());
    let new = now.processes.iter().map(|spec| &spec.name).filter(|name| is_new(name));
    let differs = |spec: &&ProcessSpec| {
        known(&spec.name).is_some_and(|was| meaning(was) != meaning(&as_shown(spec).unwrap_or_else(|| (*spec).clone())))
    };
    let changed = now.processes.iter().filter(|spec| !is_new(&spec.name)).filter(differs);
    let is_defined = |name: &ProcessName| now.processes.iter().any(|spec| spec.name == *name);
    let gone = then.rows.iter().filter(|row| row.spec.defined_at().is_some() && !is_defined(row.name()));
    let groups = [
        ("new", listed(new)),
        ("changed", listed(changed.map(|spec| &spec.name))),
        ("gone", listed(gone.map(|row| row.name()))),
    ];
    let told: Vec<_> = groups.iter().filter_map(|(word, names)| Some(format!("{word}: {}", names.as_ref()?))).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// A process without where it stands in the file, which lines before it move.
fn meaning(spec: &ProcessSpec) -> ProcessSpec {
    ProcessSpec { source: None, ..spec.clone() }
}

fn listed<'a>(names: impl Iterator<Item = &'a ProcessName>) -> Option<String> {
    let names: Vec<_> = names.map(ToString::to_string).collect();
    let more = names.len().saturating_sub(NAMED);
    let shown = names[..names.len() - more].join(", ");
    match (names.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(shown),
        (false, more) => Some(format!("{shown} and {more} more")),
    }
}
