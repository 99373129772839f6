//! Inputs nobody thought of: random and hostile lines through everything that shows and searches them, and logs whose files are
//! torn, flipped and deleted through everything that reads them.
//!
//! Each target runs for `PM_FUZZ_SECONDS` (2) from `PM_FUZZ_SEED` (1; `time` draws one). A finding names its seed and round;
//! `PM_FUZZ_SEED=… PM_FUZZ_ROUND=…` runs that round alone. For ten minutes each:
//! `PM_FUZZ_SECONDS=600 PM_FUZZ_SEED=time cargo test --release --test fuzz`

#![allow(clippy::print_stderr, reason = "a fuzzer says where it is")]

#[path = "fuzz/chance.rs"]
mod chance;
#[path = "fuzz/files.rs"]
mod files;
#[path = "fuzz/lines.rs"]
mod lines;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chance::Chance;

/// More than this, in KiB, nothing here may ever have taken.
const MEMORY_MAX_KIB: u64 = 400 << 10;

#[test]
fn lines_are_safe_to_show_and_found_as_shown() {
    rounds("lines", lines::round);
}

#[test]
fn logs_are_read_whatever_happened_to_their_files() {
    rounds("files", files::round);
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|value| value.parse().ok())
}

fn rounds(name: &str, mut round: impl FnMut(&mut Chance)) {
    let drawn = std::env::var("PM_FUZZ_SEED").is_ok_and(|seed| seed == "time");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_nanos() as u64);
    let seed = if drawn { now } else { setting("PM_FUZZ_SEED").unwrap_or(1) };
    let only = setting("PM_FUZZ_ROUND");
    let budget = Duration::from_secs(setting("PM_FUZZ_SECONDS").unwrap_or(2));
    let begin = Instant::now();
    let mut number = only.unwrap_or(0);
    while begin.elapsed() < budget || only == Some(number) {
        let found = catch_unwind(AssertUnwindSafe(|| round(&mut Chance::of(seed, number))));
        if let Err(panic) = found {
            eprintln!("{name}: found with PM_FUZZ_SEED={seed} PM_FUZZ_ROUND={number}");
            resume_unwind(panic);
        }
        number += 1;
        if only.is_some() {
            break;
        }
    }
    eprintln!("{name}: {number} rounds from seed {seed} in {:?}, nothing found", begin.elapsed());
    check_memory();
}

/// Where the system tells.
fn check_memory() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<u64>().ok());
    assert!(peak.is_none_or(|peak| peak < MEMORY_MAX_KIB), "took {peak:?} KiB");
}
