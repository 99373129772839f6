//! Being the first process of a system, as in a container: whoever loses its parent becomes our child, and nobody else reaps it.
//!
//! Called by `cli`, wherever a supervisor runs.

#[cfg(unix)]
use std::collections::HashSet;

/// Reaps the children that nobody here has made, for as long as it is polled; only as the first process. What we made ourselves is
/// reaped by its maker long before it is looked at twice.
#[cfg(unix)]
pub async fn reap_strangers() {
    use std::time::Duration;

    use tokio::signal::unix::{SignalKind, signal};

    /// Between two looks, and how long an end may wait for its maker.
    const PAUSE: Duration = Duration::from_secs(1);

    if std::process::id() != 1 {
        return;
    }
    let Ok(mut ends) = signal(SignalKind::child()) else { return };
    let mut seen = HashSet::new();
    loop {
        if seen.is_empty() {
            ends.recv().await;
        }
        tokio::time::sleep(PAUSE).await;
        let dead = tokio::task::spawn_blocking(dead_children).await.unwrap_or_default();
        for pid in dead.intersection(&seen) {
            // One that has gone meanwhile is gone.
            drop(super::unix::launch::reap(*pid));
        }
        seen = dead.difference(&seen).copied().collect();
    }
}

#[cfg(unix)]
fn dead_children() -> HashSet<u32> {
    let mut entries = Vec::new();
    super::processes::scan(&mut entries);
    let ours = entries.iter().filter(|entry| entry.parent_pid == std::process::id() && entry.is_zombie());
    ours.map(|entry| entry.pid).collect()
}

/// There is no first process here.
#[cfg(not(unix))]
#[allow(clippy::unused_async, reason = "the other systems wait")]
pub async fn reap_strangers() {}
