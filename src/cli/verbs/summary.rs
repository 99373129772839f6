//! `pm summary`: the totals.

use std::io::Write;

use crate::cli::args::Place;
use crate::cli::attach::snapshot;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::print::summary::page;
use crate::cli::project::Project;
use crate::logs::{disk, runs};
use crate::wire::json;

/// Prints the totals.
///
/// # Errors
/// No supervisor.
pub async fn summary(out: &mut Out, place: &Place) -> Outcome {
    let project = Project::locate(place)?;
    let snapshot = snapshot(&project).await?;
    let layout = &project.layout;
    let on_disk = runs::processes(&layout.runs()).iter().map(|name| disk::usage_of_runs(&layout.process(name)).0).sum();
    if out.json {
        out.document(&json::Summary::of(&snapshot, on_disk))?;
    } else {
        for line in page(out.paint, &snapshot, on_disk) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(Code::Done)
}
