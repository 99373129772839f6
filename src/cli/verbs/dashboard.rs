//! `pm` alone: the dashboard, with the supervisor in this process or in another.

use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::up;
use crate::cli::args::Place;
use crate::cli::attach::{Seat, attach_or_host, attach_or_spawn, being_born, spawn};
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::host::Hosted;
use crate::cli::looks::Looks;
use crate::cli::output::{Out, note};
use crate::cli::project::Project;
use crate::config;
use crate::domain::{Command, Phase, Shutdown, Snapshot};
use crate::platform::termination::Terminations;
use crate::supervisor::Handle;
use crate::tui::options::Successor;
use crate::tui::{self, Leave, TuiError};

/// So many are named in the last word.
const KILLED_NAMED: usize = 6;

/// Opens the dashboard on the project found here.
///
/// # Errors
/// No config or one with faults; no supervisor could be started; the terminal failed.
pub async fn dashboard(out: &mut Out, place: &Place) -> Outcome {
    let project = match Project::open_or_adhoc(place) {
        Err(Trouble::Config(faults)) => look_at(place, faults)?,
        answer => answer?,
    };
    if out.json || !has_terminal() {
        note(if is_dumb() {
            "this terminal cannot be drawn on (TERM=dumb), so this prints lines; ctrl-c ends it, `pm ps` shows how it \
             stands, and with TERM=xterm-256color, if that is what it is, `pm` opens the dashboard"
        } else {
            "no terminal here, so this prints lines instead of opening the dashboard"
        });
        return up::watch(out, &project).await;
    }
    let options = options(out)?;
    let seat = attach_or_host(&project).await?;
    if let Seat::Here(hosted) = &seat {
        hosted.handle.send(Command::Up(None)).await?;
    }
    match seat {
        Seat::There(handle) => {
            let (successor, last) = successor(project, handle.clone());
            let leave = show(&handle, tui::Options { successor: Some(successor), ..options }).await?;
            let handle = lock(&last).clone();
            leave_other(out, &handle, leave)
        }
        Seat::Here(hosted) => {
            let (first, seat) = (hosted.handle.clone(), Arc::new(Mutex::new(Own::Hosted(hosted))));
            let (successor, last) = successor(project.clone(), first.clone());
            let step_back = step_back(project.clone(), Arc::clone(&seat), Arc::clone(&last));
            let options = tui::Options { step_back: Some(step_back), successor: Some(successor), ..options };
            let leave = show(&first, options).await;
            match take(&seat) {
                Own::Hosted(hosted) => leave_own(out, &project, hosted, leave).await,
                Own::Given => {
                    let handle = lock(&last).clone();
                    leave_other(out, &handle, leave?)
                }
            }
        }
    }
}

/// The supervisor of this process, until it has left its place to another.
enum Own {
    Hosted(Hosted),
    Given,
}

/// Another supervisor in the place of this process', which is about to be suspended.
fn step_back(project: Project, seat: Arc<Mutex<Own>>, last: Arc<Mutex<Handle>>) -> Successor {
    Box::new(move || {
        let (project, seat, last) = (project.clone(), Arc::clone(&seat), Arc::clone(&last));
        Box::pin(async move {
            can_be_succeeded(&project)?;
            if let Own::Hosted(hosted) = take(&seat) {
                hosted.detach().await;
            }
            let handle = spawn(&project).await.map_err(|trouble| trouble.to_string())?;
            lock(&last).clone_from(&handle);
            Ok(handle)
        })
    })
}

/// Whoever comes next reads the config anew, and with faults in it nobody comes.
fn can_be_succeeded(project: &Project) -> Result<(), String> {
    let file = project.info.config.as_deref();
    match file.map(config::load) {
        Some(Err(_)) => {
            Err("the config has faults now (`pm check`), so nobody could go on supervising meanwhile".to_owned())
        }
        Some(Ok(_)) | None => Ok(()),
    }
}

fn take(seat: &Mutex<Own>) -> Own {
    std::mem::replace(&mut *lock(seat), Own::Given)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What runs can be looked at whatever its config says by now.
fn look_at(place: &Place, faults: String) -> Result<Project, Trouble> {
    match Project::locate(place) {
        Ok(project) if project.info.config.is_some() && being_born(&project) => {
            note("the config has faults now (`pm check` shows them); the supervisor goes by what it said before");
            Ok(project)
        }
        Ok(_) | Err(_) => Err(Trouble::Config(faults)),
    }
}

/// How the dashboard looks by `--color` and by the environment.
///
/// # Errors
/// The environment asks for a look that does not exist.
pub fn options(out: &Out) -> Result<tui::Options, Trouble> {
    let looks = Looks::of(|name| std::env::var_os(name))?;
    let theme = if out.is_plain { looks.theme.without_colours() } else { looks.theme };
    Ok(tui::Options { theme, glyphs: looks.glyphs, ..tui::Options::default() })
}

/// Whoever watches another's supervisor goes on with the next one, and starts it where nobody else does. Beside it the
/// handle on the last one found.
pub fn successor(project: Project, first: Handle) -> (Successor, Arc<Mutex<Handle>>) {
    let last = Arc::new(Mutex::new(first));
    let found = Arc::clone(&last);
    let seek: Successor = Box::new(move || {
        let (project, found) = (project.clone(), Arc::clone(&found));
        Box::pin(async move {
            let handle = match attach_or_spawn(&project).await {
                Ok(handle) => handle,
                // The one that leaves may have held the lock a moment longer than its door was open.
                Err(_too_early) => attach_or_spawn(&project).await.map_err(|trouble| trouble.to_string())?,
            };
            lock(&found).clone_from(&handle);
            Ok(handle)
        })
    });
    (seek, last)
}

/// Whether there is a terminal to draw on and to read keys from.
pub fn has_terminal() -> bool {
    std::io::stdout().is_terminal() && std::io::stdin().is_terminal() && !is_dumb()
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Shows the dashboard until the person leaves, or a signal says so.
///
/// # Errors
/// The terminal failed.
pub async fn show(handle: &Handle, options: tui::Options) -> Result<Leave, Trouble> {
    let mut terminations = Terminations::listen()?;
    let terminate = async move {
        terminations.next().await;
    };
    let options = tui::Options { terminate: Some(Box::pin(terminate)), ..options };
    tui::run(handle.clone(), options).await.map_err(|error| match error {
        TuiError::NotATerminal | TuiError::DumbTerminal => Trouble::Usage(error.to_string()),
        TuiError::Terminal(_) => Trouble::Other(error.into()),
    })
}

fn leave_other(out: &mut Out, handle: &Handle, leave: Leave) -> Outcome {
    let pid = handle.snapshot().supervisor.pid;
    match leave {
        Leave::Detach | Leave::Ended | Leave::Terminated | Leave::Emergency => {
            writeln!(out, "the supervisor (pid {pid}) goes on; `pm` shows it again, `pm down` stops everything")?;
        }
        Leave::Stopped => writeln!(out, "{}", all_stopped(&handle.snapshot()))?,
        Leave::SupervisorGone => {
            writeln!(out, "the supervisor (pid {pid}) has gone; `pm` or `pm up -d` adopts what still runs")?;
        }
    }
    Ok(Code::Done)
}

async fn leave_own(out: &mut Out, project: &Project, hosted: Hosted, leave: Result<Leave, Trouble>) -> Outcome {
    match leave {
        Ok(Leave::Detach | Leave::Ended) => hand_over(out, project, hosted).await,
        Ok(Leave::Stopped | Leave::SupervisorGone) => {
            let handle = hosted.handle.clone();
            hosted.left().await;
            writeln!(out, "{}", all_stopped(&handle.snapshot()))?;
            Ok(Code::Done)
        }
        Ok(Leave::Emergency) => {
            let left = hosted.detach().await;
            writeln!(
                out,
                "left with {} alive; their keepers finish alone, `pm up -d` shows how it went",
                left.live.len()
            )?;
            Ok(Code::Done)
        }
        // Whoever ends us by a signal wants it ended: a closed terminal, a logout, a service manager.
        Ok(Leave::Terminated) => stop_all(out, hosted).await,
        Err(trouble) => {
            // The terminal failed, not the processes.
            hand_over(out, project, hosted).await?;
            Err(trouble)
        }
    }
}

/// This supervisor leaves, a headless one takes over.
async fn hand_over(out: &mut Out, project: &Project, hosted: Hosted) -> Outcome {
    let left = hosted.detach().await;
    let handle = match spawn(project).await {
        Ok(handle) => handle,
        Err(trouble) => {
            note("what runs goes on under its keepers; once this is mended, `pm` or `pm up -d` takes over");
            return Err(trouble);
        }
    };
    let pid = handle.snapshot().supervisor.pid;
    let who = match left.live.as_slice() {
        [] => "nothing runs".to_owned(),
        [one] => format!("{one} runs on"),
        more => format!("{} processes run on", more.len()),
    };
    writeln!(out, "{who} in the background (supervisor pid {pid}); `pm` shows it again, `pm down` stops everything")?;
    Ok(Code::Done)
}

/// Stops everything and waits for it; a second signal hurries, a third leaves the rest to the keepers.
///
/// # Errors
/// The supervisor panicked.
pub async fn stop_all(out: &mut Out, hosted: Hosted) -> Outcome {
    let handle = hosted.handle.clone();
    // A supervisor that is gone already has stopped, too.
    let _ = handle.send(Command::Shutdown(Shutdown::Stop)).await;
    let left = tokio::select! {
        left = hosted.left() => left,
        error = crate::cli::host::hurry(&handle, note) => return error.map(|()| Code::Done),
    };
    match left.live.len() {
        0 => writeln!(out, "{}", all_stopped(&handle.snapshot()))?,
        n => writeln!(out, "left with {n} alive; `pm up -d` finds them again")?,
    }
    Ok(Code::Done)
}

/// The last word: everything is stopped, and what did not stop by itself.
pub fn all_stopped(last: &Snapshot) -> String {
    let killed = last.rows.iter().filter_map(|row| {
        let Phase::Stopped { exit, killed: killed @ 1.. } = &row.phase else { return None };
        // What was killed earlier was told then.
        let is_new = exit.is_none_or(|exit| Some(exit.at) >= last.shutting_down);
        is_new.then(|| format!("{} ({killed})", row.name()))
    });
    let killed: Vec<_> = killed.take(KILLED_NAMED + 1).collect();
    match killed.get(..KILLED_NAMED) {
        _ if killed.is_empty() => "everything is stopped".to_owned(),
        Some(named) if killed.len() > KILLED_NAMED => {
            format!("everything is stopped; had to be killed: {} and others", named.join(", "))
        }
        Some(_) | None => format!("everything is stopped; had to be killed: {}", killed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::print::samples;

    #[test]
    fn what_had_to_be_killed_at_the_end_is_told_with_the_last_word() {
        let mut last = samples::snapshot();
        last.shutting_down = Some(samples::NOW);
        assert_eq!(all_stopped(&last), "everything is stopped", "killed before that was told before");
        last.shutting_down = last.rows.iter().find_map(|row| row.exit()).map(|exit| exit.at);
        assert_eq!(all_stopped(&last), "everything is stopped; had to be killed: off (2)");
        let killed = last.rows.iter().find(|row| row.name().as_str() == "off").cloned().unwrap();
        last.rows.extend(std::iter::repeat_n(killed, 9));
        assert!(all_stopped(&last).ends_with("off (2), off (2) and others"), "{}", all_stopped(&last));
    }
}
