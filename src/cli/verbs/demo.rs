//! `pm demo`: the built-in project, in directories of its own that are gone afterwards.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::dashboard::{all_stopped, has_terminal, options, show, stop_all};
use super::up;
use crate::cli::args::Demo;
use crate::cli::code::{Code, Outcome, Trouble};
use crate::cli::host::{NotHosted, host};
use crate::cli::output::Out;
use crate::cli::project::Project;
use crate::config;
use crate::domain::Command;
use crate::domain::snapshot::ProjectInfo;
use crate::platform::{dirs, files};
use crate::tui::options::Successor;
use crate::tui::{self, Leave};
use crate::wire::layout::Layout;

/// Shows the demo until the person leaves, stops everything, and removes what it wrote.
///
/// # Errors
/// The directories cannot be made; the terminal failed.
pub async fn demo(out: &mut Out, args: &Demo) -> Outcome {
    let ground = Ground::new()?;
    let project = ground.project()?;
    if args.plain || !has_terminal() {
        return up::foreground(out, &project, None).await;
    }
    let options = options(out)?;
    let hosted = host(&project, false).await.map_err(|why| match why {
        NotHosted::Trouble(trouble) => trouble,
        NotHosted::Another(_) => Trouble::Denied("another demo uses the same directory".to_owned()),
    })?;
    hosted.handle.send(Command::Up(None)).await?;
    // It promises to leave nothing behind.
    let stay: Successor = Box::new(|| Box::pin(async { Err("the demo supervises itself here; q ends it".to_owned()) }));
    let options = tui::Options { title: Some("demo".to_owned()), can_run_on: false, step_back: Some(stay), ..options };
    let leave = show(&hosted.handle, options).await;
    match leave {
        Ok(Leave::Ended | Leave::Stopped | Leave::SupervisorGone) => {
            let handle = hosted.handle.clone();
            hosted.left().await;
            writeln!(out, "{}", all_stopped(&handle.snapshot()))?;
            Ok(Code::Done)
        }
        Ok(Leave::Detach | Leave::Terminated | Leave::Emergency) => stop_all(out, hosted).await,
        Err(trouble) => {
            stop_all(out, hosted).await?;
            Err(trouble)
        }
    }
}

/// The directories of one demo. Removed on drop, whatever happened.
struct Ground {
    state: PathBuf,
    runtime: PathBuf,
}

impl Ground {
    fn new() -> Result<Self, Trouble> {
        let own = format!("demo-{}", std::process::id());
        let state = dirs::state_base().map_err(anyhow::Error::from)?.join(&own);
        let runtime = dirs::runtime_base().map_err(anyhow::Error::from)?.join(&own);
        let ground = Self { state, runtime };
        for dir in [&ground.state, &ground.runtime] {
            files::create_private(dir)?;
        }
        Ok(ground)
    }

    fn project(&self) -> Result<Project, Trouble> {
        let demo = config::demo(&self.state).map_err(|faults| Trouble::Config(faults.to_string()))?;
        let info = ProjectInfo { name: demo.name, id: demo.id.clone(), root: demo.root, config: None };
        let layout = Layout::new(&self.state, &self.runtime, &demo.id);
        let names = demo.processes.iter().map(|spec| spec.name.clone()).collect();
        Ok(Project { info, specs: demo.processes, names, keep: demo.keep, layout })
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        for dir in [&self.state, &self.runtime] {
            if let Err(error) = remove(dir) {
                // Nothing else can be done about it here.
                let _ = writeln!(std::io::stderr(), "pm: {} could not be removed: {error}", dir.display());
            }
        }
    }
}

fn remove(dir: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
