//! What a person reads when `pm` itself is at fault. The exit code says the same to scripts.

use std::io::Write;
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use super::code::Code;

/// Does `work`; a panic in it is explained to the person and becomes [`Code::Bug`].
pub fn guarded(work: impl FnOnce() -> Code) -> Code {
    explain_panics();
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Code::Bug)
}

/// Prints, instead of the bare message of a panic, that it is a bug, that no process was harmed, and what to report.
/// Whoever draws on the terminal restores it before this is printed.
fn explain_panics() {
    panic::set_hook(Box::new(|info| {
        let what = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        let trace = std::backtrace::Backtrace::capture();
        let trace = if trace.status() == std::backtrace::BacktraceStatus::Captured {
            format!("\n{trace}")
        } else {
            "; RUST_BACKTRACE=1 shows the way there".to_owned()
        };
        // Nobody can be told that standard error is gone.
        let _ = writeln!(
            std::io::stderr(),
            "pm: this is a bug in pm {version}: panic at {place}: {what}{trace}\n\
             pm: what it supervised runs on; `pm up -d` adopts it. Please report the lines above."
        );
    }));
}
