//! The last ten samples of CPU use of each process, for the small graphs in the table.

use std::collections::HashMap;

use crate::domain::{ProcessName, Snapshot, Timestamp};

/// Samples kept per process; one a second.
pub const SAMPLES: usize = 10;

/// Samples come once a second, snapshots far more often; anything closer than this is the same sample.
const BETWEEN_SAMPLES_MS: u64 = 900;

/// Recent figures by process.
#[derive(Debug, Default)]
pub struct Histories {
    rings: HashMap<ProcessName, Ring>,
    last: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ring {
    samples: [f32; SAMPLES],
    count: usize,
}

impl Histories {
    /// Takes the figures of `snapshot`, if it is time for another sample.
    pub fn record(&mut self, snapshot: &Snapshot) {
        if self.last.is_some_and(|last| snapshot.at.since(last).as_millis() < u128::from(BETWEEN_SAMPLES_MS)) {
            return;
        }
        self.last = Some(snapshot.at);
        if self.rings.len() > snapshot.rows.len() {
            self.rings.retain(|name, _| snapshot.rows.iter().any(|row| row.name() == name));
        }
        for row in &snapshot.rows {
            // A live one that was not measured yet has used nothing that is known.
            if row.usage.pids > 0 {
                self.ring(row.name()).push(row.usage.cpu_percent);
            } else if let Some(ring) = self.rings.get_mut(row.name()) {
                ring.push(0.0);
            }
        }
    }

    fn ring(&mut self, name: &ProcessName) -> &mut Ring {
        self.rings.entry(name.clone()).or_default()
    }

    /// The samples of a process, oldest first; none for one that never ran.
    pub fn of(&self, name: &ProcessName) -> impl Iterator<Item = f32> {
        let ring = self.rings.get(name).copied().unwrap_or_default();
        (0..ring.count.min(SAMPLES)).rev().map(move |back| ring.samples[(ring.count - 1 - back) % SAMPLES])
    }
}

impl Ring {
    fn push(&mut self, value: f32) {
        self.samples[self.count % SAMPLES] = value;
        self.count += 1;
    }
}
