//! `pm summary`: the totals.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::cli::args::Place;
use crate::cli::attach::call;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::output::Out;
use crate::cli::print::summary::page;
use crate::cli::project::Project;
use crate::domain::{Refusal, Snapshot};
use crate::logs::{disk, runs};
use crate::wire::json;

/// So soon after its start a supervisor has measured everything for the first time.
const MEASURED_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(20);

/// Prints the totals.
///
/// # Errors
/// No supervisor.
pub async fn summary(out: &mut Out, place: &Place) -> Outcome {
    let project = Project::locate(place)?;
    let snapshot = measured(&project).await?;
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

/// What the supervisor knows; the first sample is waited for, because totals without one are no figures.
async fn measured(project: &Project) -> Result<Arc<Snapshot>, Trouble> {
    let mut line = call(project).await?;
    let deadline = Instant::now() + MEASURED_WITHIN;
    loop {
        let snapshot = line.look().await?.ok_or(Refusal::Gone)?;
        if snapshot.machine.cores > 0 || Instant::now() >= deadline {
            return Ok(snapshot);
        }
        sleep(PAUSE).await;
    }
}
