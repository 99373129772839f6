//! The terminal is somebody else's for a while: a pager's, an editor's, or the shell's that suspended us.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::{Dashboard, USUAL_SIZE, ended};
use crate::platform::suspend::{Wakes, suspend_self};
use crate::tui::message::Msg;
use crate::tui::model::Succession;
use crate::tui::options::{Leave, TuiError};
use crate::tui::terminal;
use crate::tui::viewer::Viewer;

/// A stop of ourselves that was asked for takes effect within this.
const STOPPED_WITHIN: Duration = Duration::from_secs(1);

impl Dashboard {
    /// Gives the terminal to a pager or an editor until it ends.
    pub(super) async fn view(&mut self, viewer: Viewer, path: PathBuf, line: usize) -> Result<(), TuiError> {
        self.settle_writer().await?;
        // Keys are meant for that program now. The thread that waits for them holds a lock that a new stream needs, so the
        // old one goes first, and the new one is only made when keys are ours again.
        self.inputs = None;
        terminal::restore();
        tokio::select! {
            outcome = tokio::task::spawn_blocking(move || viewer.show(&path, line)) => {
                self.come_back(Msg::Viewed(viewer, outcome.unwrap_or_else(|panic| Err(panic.to_string()))))
            }
            () = ended(&mut self.terminate) => {
                // That program keeps the terminal; it may hold what a person has written.
                self.leave = Some(Leave::Terminated);
                Ok(())
            }
        }
    }

    pub(super) async fn suspend(&mut self) -> Result<(), TuiError> {
        if let Some(step_back) = &mut self.step_back {
            match step_back().await {
                Ok(handle) => {
                    self.step_back = None;
                    let first = self.turn_to(handle);
                    // We hold the other end.
                    _ = self.outbox.send(Msg::SteppedBack(first));
                }
                // Whoever supervises here stays awake.
                Err(why) => {
                    if self.snapshots.has_changed().is_err() {
                        self.model.succession = Succession::Ready;
                    }
                    _ = self.outbox.send(Msg::Resumed(Err(io::Error::other(why))));
                    return Ok(());
                }
            }
        }
        self.settle_writer().await?;
        terminal::restore();
        let result = stop_until_woken().await;
        self.come_back(Msg::Resumed(result))
    }

    /// The terminal is ours again, perhaps in another size, and this is told.
    fn come_back(&mut self, told: Msg) -> Result<(), TuiError> {
        terminal::enter(self.model.mouse)?;
        self.screen.forget();
        let (width, height) = terminal::size().unwrap_or(USUAL_SIZE);
        self.screen.resize(width, height);
        self.pacing.urgent = true;
        for msg in [Msg::Resize(width, height), told] {
            // We hold the other end.
            _ = self.outbox.send(msg);
        }
        Ok(())
    }
}

/// Stops this program until somebody continues it. A stop that never comes (nobody could have woken us) is not waited for.
async fn stop_until_woken() -> io::Result<()> {
    let mut wakes = Wakes::listen()?;
    suspend_self().map_err(io::Error::from)?;
    // Time goes on while we are stopped, so after a long sleep this is over at once.
    let _ = tokio::time::timeout(STOPPED_WITHIN, wakes.next()).await;
    Ok(())
}
