//! `pm logs --clear`: what processes printed goes from the disk, as far as nobody writes it any more.
//!
//! What goes and what stays is the business of `logs::clear`.

use std::io::Write;

use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::print::figures::{count, size};
use crate::cli::project::Project;
use crate::domain::{ProcessName, RunNo};
use crate::logs::clear;
use crate::logs::runs::is_written;
use crate::wire::json::Cleared;

/// Removes what these processes printed, or what they printed in one run.
///
/// # Errors
/// There is no such run, or it is the one that is being written.
pub(super) fn clear(out: &mut Out, project: &Project, names: &[ProcessName], no: Option<RunNo>) -> Outcome {
    let mut is_there = false;
    for name in names {
        let process = project.layout.process(name);
        if let Some(no) = no.filter(|no| is_written(&process, *no)) {
            return Err(Trouble::Denied(format!(
                "run {no} of {name} is being written and cannot be cleared as a whole; `pm logs {name} --clear` removes \
                 what can go of it, `pm stop {name}` ends it"
            )));
        }
        let cleared = clear::clear(&process, no).map_err(|error| {
            Trouble::with(error, format!("the log of {name} in {} cannot be cleared", process.display()))
        })?;
        let Some(cleared) = cleared else { continue };
        is_there = true;
        if out.json {
            let clear::Cleared { runs, bytes, kept_bytes } = cleared;
            out.document(&Cleared { name: name.as_str(), runs, bytes, kept_bytes })?;
        } else {
            tell(out, name, cleared)?;
        }
    }
    match no {
        Some(no) if !is_there => Err(super::no_such_run(project, names, no)),
        Some(_) | None => Ok(Code::Done),
    }
}

fn tell(out: &mut Out, name: &ProcessName, cleared: clear::Cleared) -> std::io::Result<()> {
    let (runs, bytes) = (count(cleared.runs, "earlier run"), size(cleared.bytes));
    let kept = match cleared.kept_bytes {
        0 => String::new(),
        bytes => format!("; the segment that is being written stays ({})", size(bytes)),
    };
    if cleared.bytes == 0 && cleared.runs == 0 {
        return writeln!(out, "{name}: there is nothing that can go{kept}");
    }
    writeln!(out, "{name}: {bytes} freed, {runs} removed{kept}")
}
