//! `pm check`: every fault of the config at once.

use std::io::Write;

use serde::Serialize;

use crate::cli::args::Place;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::print::clean;
use crate::cli::print::figures::count;
use crate::cli::project::{config_file, no_config};
use crate::config::{self, Diagnostics};

/// `pm check --json`.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    file: String,
    ok: bool,
    processes: usize,
    findings: &'a Diagnostics,
}

/// Prints what was found in the config; exit code 2 when an error is among it.
///
/// # Errors
/// There is no config.
pub fn check(out: &mut Out, place: &Place) -> Outcome {
    let file = config_file(place)?.ok_or_else(|| Trouble::Config(no_config()))?;
    let (processes, findings) = match config::load(&file) {
        Ok(project) => (project.processes.len(), project.warnings),
        Err(faults) => (0, faults),
    };
    let ok = findings.errors() == 0;
    if out.json {
        out.document(&Checked { file: file.display().to_string(), ok, processes, findings: &findings })?;
    } else {
        if !findings.is_empty() {
            writeln!(out, "{}\n", findings.render(out.paint.is_coloured()))?;
        }
        let (path, processes) = (file.display().to_string(), count(processes as u64, "process"));
        let sound = || format!("{}: {processes}, no fault", clean(&path));
        writeln!(out, "{}", findings.summary().unwrap_or_else(sound))?;
    }
    Ok(if ok { Code::Done } else { Code::Usage })
}
