//! `pm status`: everything about one process.

use std::io::Write;

use crate::cli::args::{Place, Status};
use crate::cli::attach::attach;
use crate::cli::bare;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::print::status::page;
use crate::cli::project::Project;
use crate::cli::select::{names, select};
use crate::logs::disk;
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
    let snapshot = attach(&project).await?.snapshot();
    let names = select(&names(&snapshot), args.name.as_slice())?;
    for row in snapshot.rows.iter().filter(|row| names.contains(row.name())) {
        let on_disk = disk::usage_of_runs(&project.layout.process(row.name()));
        let log = row.run.as_ref().map(|run| disk::newest(&run.dir));
        if out.json {
            let mut status = json::Status::of(row, snapshot.at, on_disk);
            status.process.log = log;
            out.document(&status)?;
        } else {
            for line in page(out.paint, row, snapshot.at, on_disk, log.as_deref()) {
                writeln!(out, "{line}")?;
            }
        }
    }
    Ok(Code::Done)
}
