//! `pm summary`: the totals.

use std::io::Write;

use crate::cli::args::Place;
use crate::cli::attach::attach;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::print::summary::page;
use crate::cli::project::Project;
use crate::wire::json;

/// Prints the totals.
///
/// # Errors
/// No supervisor.
pub async fn summary(out: &mut Out, place: &Place) -> Outcome {
    let snapshot = attach(&Project::locate(place)?).await?.snapshot();
    if out.json {
        out.document(&json::Summary::from(&*snapshot))?;
    } else {
        for line in page(out.paint, &snapshot) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(Code::Done)
}
