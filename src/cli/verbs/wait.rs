//! `pm wait`: until processes have ended.

use super::change::report;
use crate::cli::args::{Place, Wait};
use crate::cli::attach::attach;
use crate::cli::code::Outcome;
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::cli::reach::{Goal, reach, verdict};
use crate::cli::select::{names, select};
use crate::domain::Accepted;

/// Waits until nothing will change any more, and tells how each ended.
///
/// # Errors
/// No supervisor, no such process, not in time.
pub async fn wait(out: &mut Out, place: &Place, args: &Wait) -> Outcome {
    let handle = attach(&Project::locate(place)?).await?;
    let snapshot = handle.snapshot();
    let affected = select(&names(&snapshot), &args.names)?;
    let meant = Accepted { revision: snapshot.revision, affected, unchanged: Vec::new() };
    let end = reach(&handle, &meant, Goal::Settled, args.timeout.map(|limit| limit.0)).await?;
    report(out, "", &meant, Some(&end))?;
    Ok(verdict(&end, &meant))
}
