//! The binary: a keeper or the template of keepers when it was asked to be one, the command line otherwise.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: each keeper pays for whatever is done up to here.
    match std::env::args_os().nth(1) {
        Some(word) if word == "__keeper" => pm::keeper::main(),
        Some(word) if word == "__zygote" => pm::keeper::template(),
        Some(word) if word == "__supervisor" => pm::cli::supervisor_main(),
        Some(_) | None => pm::cli::main(),
    }
}
