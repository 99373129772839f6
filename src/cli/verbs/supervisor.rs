//! `pm __supervisor`: a supervisor without a screen, until it is told to go. Started by `pm up -d` and on detaching.

use crate::cli::args::{Hosted, Place};
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::host::{NotHosted, heed_terminations, host};
use crate::cli::output::note;
use crate::cli::project::Project;

/// Supervises until `pm down`, or until a signal says so; processes that end do not end it.
///
/// # Errors
/// The config has faults; another supervisor lives.
pub async fn supervisor(args: &Hosted) -> Outcome {
    let project = match &args.adhoc {
        Some(root) => Project::adhoc(root)?,
        None => Project::open(&Place { file: args.file.clone(), dir: None })?,
    };
    let hosted = host(&project, true).await.map_err(|why| match why {
        NotHosted::Trouble(trouble) => trouble,
        NotHosted::Another(pid) => {
            let pid = pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
            Trouble::Denied(format!("project {} has a supervisor already{pid}", project.info.name))
        }
    })?;
    let handle = hosted.handle.clone();
    tokio::select! {
        _ = hosted.left() => Ok(Code::Done),
        error = heed_terminations(&handle, note) => error.map(|()| Code::Done),
    }
}
