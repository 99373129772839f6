//! Following some processes until told to end.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::cli::attach::attach_next;
use crate::cli::code::Trouble;
use crate::cli::output::{Out, note};
use crate::cli::project::Project;
use crate::cli::select::is_meant;
use crate::cli::tails::live::{Pace, grown};
use crate::cli::tails::{Live, Printer, RunDir, runs};
use crate::control;
use crate::domain::{ProcessName, RunNo, Snapshot};

/// How often to look at the files when nobody tells of growth.
const LOOK: Duration = Duration::from_millis(200);

/// After so long without more, an unfinished line is shown as it is.
const QUIET: Duration = Duration::from_millis(150);

/// What is followed, and how it is printed.
pub(super) struct Follow {
    pub(super) project: Project,
    /// Who is meant, those who come up later included.
    pub(super) patterns: Vec<String>,
    pub(super) names: Vec<ProcessName>,
    /// Who is not meant.
    pub(super) others: HashSet<ProcessName>,
    /// One run only, until it is over.
    pub(super) no: Option<RunNo>,
    pub(super) live: Live,
    pub(super) printer: Printer,
}

impl Follow {
    /// Prints what comes; answers how many lines were found of what was looked for, should it end.
    pub(super) async fn follow(mut self, out: &mut Out) -> Result<u64, Trouble> {
        let mut handle = control::connect(&self.project.control_socket()).await.ok();
        let mut watch = handle.as_ref().map(crate::supervisor::Handle::watch);
        if watch.is_none() {
            note("no supervisor runs; looking at the files");
        }
        let mut is_quiet = false;
        loop {
            let found = self.runs(watch.as_mut());
            let pace = self.live.print(&found, &mut self.printer, out)?;
            if pace == Pace::More {
                tokio::task::yield_now().await;
                continue;
            }
            if self.no.is_some() && found.iter().all(|run| run.over) {
                self.live.print_rest(&mut self.printer, out)?;
                self.printer.finish(out)?;
                return Ok(self.live.found());
            }
            out.flush()?;
            let may_glimpse = out.is_terminal && pace == Pace::Idle && !is_quiet;
            let alive = match &mut watch {
                Some(watch) if may_glimpse => match tokio::time::timeout(QUIET, grown(watch, pace)).await {
                    Ok(alive) => alive,
                    Err(_nothing_came) => {
                        is_quiet = true;
                        self.live.glimpse(&mut self.printer, out)?;
                        // Whatever came in that moment is looked for at once.
                        continue;
                    }
                },
                Some(watch) => grown(watch, pace).await,
                None => {
                    if may_glimpse {
                        self.live.glimpse(&mut self.printer, out)?;
                        out.flush()?;
                    }
                    tokio::time::sleep(LOOK).await;
                    true
                }
            };
            is_quiet = false;
            if !alive {
                // One that hands over is succeeded at once, and knows what comes up later.
                handle = attach_next(&self.project).await.ok().flatten();
                watch = handle.as_ref().map(crate::supervisor::Handle::watch);
                if watch.is_none() {
                    note("the supervisor has gone; looking at the files");
                }
            }
        }
    }

    fn is_meant(&mut self, name: &ProcessName) -> bool {
        if self.names.contains(name) {
            return true;
        }
        if self.others.contains(name) {
            return false;
        }
        let is_meant = is_meant(name, &self.patterns);
        if is_meant {
            self.names.push(name.clone());
        } else {
            self.others.insert(name.clone());
        }
        is_meant
    }

    fn runs(&mut self, watch: Option<&mut watch::Receiver<Arc<Snapshot>>>) -> Vec<RunDir> {
        match watch {
            Some(watch) if self.no.is_none() => {
                let snapshot = watch.borrow_and_update().clone();
                runs::of_snapshot(&snapshot).into_iter().filter(|run| self.is_meant(&run.name)).collect()
            }
            Some(_) | None => {
                self.names.iter().filter_map(|name| runs::on_disk(&self.project.layout, name, self.no)).collect()
            }
        }
    }
}
