//! Waiting on facts. The only place of the tests that lets time pass.

use std::time::{Duration, Instant};

/// Generous: a test machine may be busy. Nothing waits this long when it works.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until `look` answers `Ok`; when the deadline passes, fails with what it said last.
#[track_caller]
pub fn wait_for<T>(what: &str, look: impl FnMut() -> Result<T, String>) -> T {
    wait_within(DEADLINE, what, look)
}

/// [`wait_for`] with a deadline of its own.
#[track_caller]
pub fn wait_within<T>(deadline: Duration, what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(last) if start.elapsed() > deadline => {
                panic!("waited {:.1} s in vain until {what}; last seen:\n{last}", start.elapsed().as_secs_f32())
            }
            Err(_) => pause(Duration::from_millis(10)),
        }
    }
}

/// Lets time pass: between two looks, or because the passing of time is the case itself ("nothing happens for 300 ms").
#[allow(clippy::disallowed_methods, reason = "the one sleep of the tests; everything else waits through `wait_for`")]
pub fn pause(length: Duration) {
    std::thread::sleep(length);
}
