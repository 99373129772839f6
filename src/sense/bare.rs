//! Everything to be seen of one process that `pm` does not run, for `pm status --pid N`.

use std::sync::Arc;
use std::time::Duration;

use super::sampler::{Root, Sampler};
use crate::domain::snapshot::TreeProcess;
use crate::domain::{Timestamp, Usage};
use crate::platform::clock;
use crate::platform::identity::Identity;
use crate::platform::processes::command_line;

/// One process and what is below it.
#[derive(Clone, Debug)]
pub struct Bare {
    /// Who it is.
    pub identity: Identity,
    /// Its parent's pid.
    pub parent_pid: u32,
    /// Its short name.
    pub name: String,
    /// Program and arguments; empty for a zombie or where nobody may look.
    pub command: Vec<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// It has ended and its parent has not reaped it.
    pub zombie: bool,
    /// Its own figures; the processor's share is that of the time looked at.
    pub usage: Usage,
    /// Sums over it and everything below it.
    pub tree_usage: Usage,
    /// It and everything below it, parents before children.
    pub tree: Arc<[TreeProcess]>,
}

/// Looks at a process twice, `over` apart, because a share of processor time needs two readings; 200 ms are enough. `None`
/// when there is no such process, or it went meanwhile.
pub async fn bare(pid: u32, over: Duration) -> Option<Bare> {
    let identity = Identity::of(pid)?;
    let roots = [Root { keeper_pid: 0, main_pid: Some(pid) }];
    let mut sampler = Sampler::new();
    sampler.sample(&roots);
    tokio::time::sleep(over).await;
    let sample = sampler.sample(&roots).trees.pop()?;
    let own = sample.processes.first().filter(|_| Identity::of(pid).as_ref() == Some(&identity))?;
    let usage = Usage {
        cpu_percent: own.cpu_percent,
        memory_bytes: own.memory_bytes,
        threads: own.threads,
        pids: 1,
        zombies: u32::from(own.zombie),
    };
    Some(Bare {
        started_at: clock::started_at(identity.start_ticks),
        identity,
        parent_pid: own.parent_pid,
        name: own.name.clone(),
        command: command_line(pid).unwrap_or_default(),
        zombie: own.zombie,
        usage,
        tree_usage: sample.usage,
        tree: sample.processes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn we_see_ourselves_with_what_we_run() {
        let found = bare(std::process::id(), Duration::from_millis(1)).await.unwrap();
        assert_eq!(found.tree[0].pid, std::process::id());
        assert!(found.command[0].contains("pm") && !found.zombie, "{found:?}");
        let age = clock::now().since(found.started_at);
        assert!(age < Duration::from_hours(1), "{age:?}");
        assert!(found.tree_usage.memory_bytes >= found.usage.memory_bytes && found.usage.memory_bytes > 0);
        assert!(bare(u32::MAX / 3, Duration::ZERO).await.is_none());
    }
}
