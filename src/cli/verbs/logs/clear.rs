//! `pm logs --clear`: what processes printed goes from the disk, as far as nobody writes it any more.
//!
//! How a run ended stays: of the last run of each process only the output is removed.

use std::io::Write;

use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::print::figures::{count, size};
use crate::cli::project::Project;
use crate::domain::{ProcessName, RunNo};
use crate::logs::{disk, runs};
use crate::platform::lock;
use crate::wire::json::Cleared;
use crate::wire::layout::RECORD;

/// Removes what these processes printed, or what they printed in one run.
///
/// # Errors
/// There is no such run, or it is the one that is being written.
pub(super) fn clear(out: &mut Out, project: &Project, names: &[ProcessName], no: Option<RunNo>) -> Outcome {
    let mut is_there = false;
    for name in names {
        let numbers = runs::numbers(&project.layout.process(name));
        let Some(newest) = numbers.last().copied() else { continue };
        if let Some(no) = no {
            if !numbers.contains(&no) {
                continue;
            }
            if no == newest && is_written(project, name, no) {
                return Err(Trouble::Denied(format!(
                    "run {no} of {name} is being written and cannot be cleared as a whole; `pm logs {name} --clear` \
                     removes what can go of it, `pm stop {name}` ends it"
                )));
            }
        }
        is_there = true;
        let of = numbers.into_iter().filter(|of| no.is_none_or(|no| no == *of));
        let cleared = clear_runs(project, name, of, newest)?;
        if out.json {
            out.document(&cleared)?;
        } else {
            tell(out, &cleared)?;
        }
    }
    match no {
        Some(no) if !is_there => Err(super::no_such_run(project, names, no)),
        Some(_) | None => Ok(Code::Done),
    }
}

fn clear_runs<'a>(
    project: &Project,
    name: &'a ProcessName,
    numbers: impl Iterator<Item = RunNo>,
    newest: RunNo,
) -> Result<Cleared<'a>, Trouble> {
    let mut cleared = Cleared { name: name.as_str(), runs: 0, bytes: 0, kept_bytes: 0 };
    for no in numbers {
        let dir = project.layout.run(name, no);
        let before = disk::usage(&dir);
        if no != newest {
            // A keeper is alive at most in the newest.
            std::fs::remove_dir_all(&dir)?;
        } else if is_written(project, name, no) {
            disk::remove_closed(&dir)?;
        } else {
            disk::remove_output(&dir)?;
        }
        let left = disk::usage(&dir);
        cleared.runs += u32::from(no != newest);
        cleared.bytes += before.saturating_sub(left);
        if no == newest {
            cleared.kept_bytes = disk::output(&dir);
        }
    }
    Ok(cleared)
}

/// Whether a keeper writes this run, the newest of its process. One without a record may just be beginning: its lock is taken
/// before its record is made, and a record without a lock is one that was left.
fn is_written(project: &Project, name: &ProcessName, no: RunNo) -> bool {
    let has_record = project.layout.run(name, no).join(RECORD).exists();
    lock::holder(&project.layout.process_lock(name)).is_some() || !has_record
}

fn tell(out: &mut Out, cleared: &Cleared<'_>) -> std::io::Result<()> {
    let (name, runs, bytes) = (cleared.name, count(cleared.runs, "earlier run"), size(cleared.bytes));
    let kept = match cleared.kept_bytes {
        0 => String::new(),
        bytes => format!("; the segment that is being written stays ({})", size(bytes)),
    };
    writeln!(out, "{name}: {bytes} freed, {runs} removed{kept}")
}
