//! Running a program at our terminal until it ends: it gets the terminal, and what is typed there concerns it alone.
//!
//! Called by the dashboard around a pager or an editor.

use std::io;
use std::process::{Command, ExitStatus};

#[cfg(unix)]
use super::unix::foreground as system;
#[cfg(windows)]
use super::windows::foreground as system;

/// Runs `command` with our terminal and waits for its end. Ctrl-C and the like reach it and not us.
///
/// # Errors
/// It cannot be started, or waited for.
pub fn run(command: &mut Command) -> io::Result<ExitStatus> {
    system::run(command)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn its_end_is_told_and_a_missing_program_too() {
        assert_eq!(run(Command::new("sh").args(["-c", "exit 3"])).unwrap().code(), Some(3));
        assert!(run(&mut Command::new("/no/such/program")).is_err());
    }
}
