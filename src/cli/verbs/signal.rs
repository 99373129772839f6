//! `pm signal`: one signal, nothing more.

use super::change::report;
use crate::cli::args::{Place, Signal};
use crate::cli::attach::call;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::domain::{Command, Target};

/// Sends the signal.
///
/// # Errors
/// No supervisor, no such process, none that runs.
pub async fn signal(out: &mut Out, place: &Place, args: &Signal) -> Outcome {
    let mut line = call(&Project::locate(place)?).await?;
    let accepted = line.ask(Command::Signal(Target::Patterns(args.names.clone()), args.signal)).await??;
    report(out, &format!("{} sent", args.signal), &accepted, None)?;
    Ok(Code::Done)
}
