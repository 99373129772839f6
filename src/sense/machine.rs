//! The machine's own figures, by way of sysinfo with the cheapest refresh there is: no disks, no processes, no frequencies.

use sysinfo::{MemoryRefreshKind, System};

use crate::domain::snapshot::MachineLoad;

/// Remembers the last reading, because a share of processor time needs two.
#[derive(Debug)]
pub struct Machine {
    /// `None` where sysinfo does not know the system; the figures are zero then.
    system: Option<System>,
}

impl Machine {
    /// Takes the first reading.
    pub fn new() -> Self {
        let mut system = System::new().ok();
        if let Some(system) = &mut system {
            system.refresh_cpu_usage();
        }
        Self { system }
    }

    /// The figures since the last call; the processor's share is renewed five times a second at most.
    pub fn sample(&mut self) -> MachineLoad {
        let Some(system) = &mut self.system else { return MachineLoad::default() };
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        MachineLoad {
            cpu_percent: system.global_cpu_usage(),
            cores: system.cpus().len() as u32,
            memory_used_bytes: system.used_memory(),
            memory_total_bytes: system.total_memory(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_core_and_memory_in_use() {
        let load = Machine::new().sample();
        assert!(load.cores >= 1 && (0.0..=100.0).contains(&load.cpu_percent), "{load:?}");
        assert!(0 < load.memory_used_bytes && load.memory_used_bytes < load.memory_total_bytes, "{load:?}");
    }
}
