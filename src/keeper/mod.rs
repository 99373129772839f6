//! The parent of one run: holds its output, walks its stop ladder, reaps it and records its end. Outlives everybody.
//!
//! Started as `pm __keeper <label>`, or copied from a process that was started as `pm __zygote`, with a connected socket as
//! standard input. One thread, one `poll` loop, no heap to speak of:
//! there is one keeper per run. It never restarts anything and knows no config and no policy.

pub mod birth;
pub mod post;

pub mod machine;
pub mod pace;

pub mod diary;
pub mod outlet;
pub mod peers;
pub mod program;
pub mod reach;
pub mod streams;

use std::process::ExitCode;

/// Is the process that keepers are copies of, until its supervisor is gone; a copy is a keeper from here on.
///
/// Only on Linux; elsewhere it ends at once, and every keeper is executed.
pub fn template() -> ExitCode {
    if crate::platform::zygote::serve() { main() } else { ExitCode::SUCCESS }
}

/// Is a keeper from birth to the end of its run. To be called before anything else is: it closes every descriptor but three.
///
/// What became of the run stands in its record and was told over the socket; the exit code only says whether there was a run.
pub fn main() -> ExitCode {
    let Some(newborn) = birth::be_born() else { return ExitCode::FAILURE };
    // The launch order with its whole environment was just freed.
    crate::platform::cradle::trim_heap();
    match post::Post::new(newborn) {
        Ok(post) => {
            post.stay();
            ExitCode::SUCCESS
        }
        Err(_) => ExitCode::FAILURE,
    }
}
