//! The binary: a keeper when it was asked to be one, the command line otherwise.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: each keeper pays for whatever is done up to here.
    if std::env::args_os().nth(1).is_some_and(|word| word == "__keeper") {
        return pm::keeper::main();
    }
    pm::cli::main()
}
