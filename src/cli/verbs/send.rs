//! `pm send`: a line for a process's standard input.

use super::change::report;
use crate::cli::args::{Place, Send};
use crate::cli::attach::attach;
use crate::cli::code::{Code, Outcome};
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::domain::Command;

/// Sends the text. Prints nothing for people: the answer is in the process's output.
///
/// # Errors
/// No supervisor, no such process, or it does not run.
pub async fn send(out: &mut Out, place: &Place, args: &Send) -> Outcome {
    let handle = attach(&Project::locate(place)?).await?;
    let mut bytes = args.text.clone().into_bytes();
    if !args.no_newline {
        bytes.push(b'\n');
    }
    let accepted = handle.send(Command::Input { name: args.name.clone(), bytes }).await?;
    if out.json {
        report(out, "", &accepted, None)?;
    }
    Ok(Code::Done)
}
