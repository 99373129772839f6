//! `pm wait`: until processes have ended.

use super::change::report;
use crate::cli::args::{Place, Wait};
use crate::cli::attach::call;
use crate::cli::code::Outcome;
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::cli::reach::{reach, verdict};
use crate::cli::select::{names, select};
use crate::domain::goal::Goal;
use crate::domain::{Accepted, Refusal};

/// Waits until nothing will change any more, and tells how each ended.
///
/// # Errors
/// No supervisor, no such process, not in time.
pub async fn wait(out: &mut Out, place: &Place, args: &Wait) -> Outcome {
    let project = Project::locate(place)?;
    let mut line = call(&project).await?;
    let snapshot = line.look().await?.ok_or(Refusal::Gone)?;
    let affected = select(&names(&snapshot), &args.names)?;
    let meant = Accepted { revision: snapshot.revision, affected, unchanged: Vec::new() };
    let end = reach(&project, &mut line, &meant, Goal::Settled, args.timeout.map(|limit| limit.0)).await?;
    report(out, "", &meant, Some(&end))?;
    Ok(verdict(&end, &meant))
}
