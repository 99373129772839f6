//! `pm ps`: the table of processes.

use std::io::Write;

use crate::cli::args::{Place, Ps};
use crate::cli::attach::snapshot;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::print::processes;
use crate::cli::project::Project;
use crate::cli::select::{names, select};
use crate::domain::Row;
use crate::domain::spec::Program;
use crate::wire::json::Listing;

/// Prints the processes that match.
///
/// # Errors
/// No supervisor, no such process or kind.
pub async fn ps(out: &mut Out, place: &Place, args: &Ps) -> Outcome {
    let kinds = [Program::Command(Vec::new()).kind(), Program::Shell(String::new()).kind()];
    if let Some(unknown) = args.kinds.iter().find(|kind| !kinds.contains(&kind.as_str())) {
        return Err(Trouble::Usage(format!("{unknown:?} is no kind of process; the kinds are {}", kinds.join(", "))));
    }
    let snapshot = snapshot(&Project::locate(place)?).await?;
    let names = select(&names(&snapshot), &args.names)?;
    let show = |row: &Row| {
        names.contains(row.name())
            && (args.states.is_empty() || args.states.contains(&row.phase.word()))
            && (args.kinds.is_empty() || args.kinds.iter().any(|kind| kind == row.spec.program.kind()))
    };
    if out.json {
        out.document(&Listing::of(&snapshot, show))?;
    } else {
        for line in processes::table(out.paint, &snapshot, show) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(Code::Done)
}
