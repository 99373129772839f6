//! Being asked from outside to end: Ctrl-C, a closed terminal, a service manager. Knows not what the answer is.
//!
//! Called by `cli`, wherever a supervisor or a dashboard runs.

use std::io;

use crate::domain::Signal;

#[cfg(unix)]
use super::unix::termination as system;
#[cfg(windows)]
use super::windows::termination as system;

/// Tells whenever somebody asks us to end. While it lives, none of these requests ends the process by itself.
#[derive(Debug)]
pub struct Terminations(system::Terminations);

impl Terminations {
    /// Begins to listen: INT, TERM and HUP; on Windows Ctrl-C, Ctrl-Break and the closing of the console. Needs a runtime.
    ///
    /// # Errors
    /// What the system answers.
    pub fn listen() -> io::Result<Self> {
        system::Terminations::listen().map(Self)
    }

    /// The next request, by the signal it came as.
    pub async fn next(&mut self) -> Signal {
        self.0.next().await
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hang_up_is_a_request_and_no_end() {
        if crate::platform::unix::cradle::is_ignored(libc::SIGHUP) {
            println!("left out: hang-ups are ignored here, as `nohup` has it");
            return;
        }
        let mut terminations = Terminations::listen().unwrap();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP).unwrap();
        assert_eq!(terminations.next().await, Signal::Hup);
    }
}
