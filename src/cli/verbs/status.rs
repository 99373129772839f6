//! `pm status`: everything about one process.

use std::io::Write;

use crate::cli::args::{Place, Status};
use crate::cli::attach::snapshot;
use crate::cli::bare;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::print::status::page;
use crate::cli::project::Project;
use crate::cli::select::{names, select};
use crate::domain::Row;
use crate::logs::disk;
use crate::logs::levels::LevelCount;
use crate::wire::json;

/// Prints one process, by name (or each that a glob means) or by pid.
///
/// # Errors
/// No supervisor, no such process.
pub async fn status(out: &mut Out, place: &Place, args: &Status) -> Outcome {
    if let Some(pid) = args.pid {
        return bare::status(out, pid).await;
    }
    let project = Project::locate(place)?;
    let snapshot = snapshot(&project).await?;
    let names = select(&names(&snapshot), args.name.as_slice())?;
    for row in snapshot.rows.iter().filter(|row| names.contains(row.name())) {
        let kept = look(&project, row);
        let log = row.run.as_ref().map(|run| disk::newest(&run.dir));
        if out.json {
            let mut status = json::Status::of(row, snapshot.at, &kept);
            status.process.log = log;
            bare::look_closer(&mut status.tree);
            out.document(&status)?;
        } else {
            for line in page(out.paint, row, snapshot.at, &kept, log.as_deref()) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(Code::Done)
}

/// What is in the logs of a process.
fn look(project: &Project, row: &Row) -> json::Kept {
    let (disk_bytes, runs) = disk::usage_of_runs(&project.layout.process(row.name()));
    let counted = row.run.as_ref().and_then(|run| {
        let mut count = LevelCount::new(&run.dir);
        count.go_on(&|| false).ok().map(|_| count.counts())
    });
    // A log that cannot be read has a reason of its own, which `pm logs` tells.
    let counts = counted.unwrap_or_default();
    json::Kept { runs, disk_bytes, errors: counts.errors, warnings: counts.warnings, is_partial: counts.is_partial }
}
