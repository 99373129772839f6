//! What an earlier supervisor left behind: the run directories are the registry, read here once at the start.
//!
//! Blocking; looks and reports, changes nothing. A damaged file costs what it held, never the start.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::contact::recorded_exit;
use super::retention;
use crate::domain::effect::Adopted;
use crate::domain::spec::Program;
use crate::domain::{ProcessName, ProcessSpec, RunNo, Timestamp};
use crate::logs::reader::LogReader;
use crate::platform::{clock, lock};
use crate::wire::layout::{self, Layout};
use crate::wire::record::{Record, RecordState};
use crate::wire::registry::Registry;

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// The newest run of each process.
    pub runs: Vec<Finding>,
    /// What could not be read, for the event log.
    pub notes: Vec<String>,
}

/// The newest run of one process.
#[derive(Debug)]
pub struct Finding {
    /// What its record tells, or what can be told without one.
    pub adopted: Adopted,
    /// The pid of the keeper that holds the lock, if one does.
    pub keeper: Option<u32>,
}

/// Reads what lies in the project's state directory. `specs` are those of the config.
pub fn look(layout: &Layout, specs: &[ProcessSpec]) -> Findings {
    let mut findings = Findings::default();
    let registry = read_registry(layout, &mut findings.notes);
    let by_name: HashMap<&ProcessName, &ProcessSpec> = specs.iter().map(|spec| (&spec.name, spec)).collect();
    let mut names = process_names(&layout.runs());
    names.sort_unstable();
    for name in names {
        let Some(no) = retention::list(&layout.process(&name)).into_iter().max() else { continue };
        let found = Found::read(layout, name, no, &mut findings.notes);
        let keeper = found.keeper;
        if let Some(adopted) = found.judge(layout, &by_name, &registry) {
            findings.runs.push(Finding { adopted, keeper });
        }
    }
    findings
}

/// One process directory as it was found.
struct Found {
    name: ProcessName,
    no: RunNo,
    record: Option<Record>,
    keeper: Option<u32>,
}

impl Found {
    fn read(layout: &Layout, name: ProcessName, no: RunNo, notes: &mut Vec<String>) -> Self {
        let path = layout.run(&name, no).join(layout::RECORD);
        let record = match std::fs::read_to_string(&path).map(|text| Record::parse(&text)) {
            Ok(Ok(record)) => Some(record),
            Ok(Err(error)) => {
                notes.push(format!("the record {} is damaged: {error}; it is left as it is", path.display()));
                None
            }
            Err(error) => {
                notes.push(format!("the record {} cannot be read: {error}", path.display()));
                None
            }
        };
        let keeper = lock::holder(&layout.process_lock(&name));
        Self { name, no, record, keeper }
    }

    fn judge(
        self,
        layout: &Layout,
        specs: &HashMap<&ProcessName, &ProcessSpec>,
        registry: &Registry,
    ) -> Option<Adopted> {
        let same_boot = self.record.as_ref().is_some_and(|record| record.boot_id == clock::boot_id());
        let state = self.record.as_ref().map(|record| &record.state);
        let (exit, failure, killed, over) = match state {
            Some(RecordState::Emptied { exit, killed, .. }) => (Some(*exit), None, *killed, true),
            Some(RecordState::Failed(failure)) => (None, Some(failure.clone()), 0, true),
            Some(RecordState::Exited(exit)) => (Some(*exit), None, 0, false),
            Some(RecordState::Launching | RecordState::Running) | None => (None, None, 0, false),
        };
        // Not over and in this boot: the keeper lives, or was killed and may have left processes behind.
        let live = !over && (self.keeper.is_some() || same_boot);
        let spec = match specs.get(&self.name) {
            Some(spec) => Arc::new((*spec).clone()),
            None => Arc::new(self.unconfigured_spec(layout, live)?),
        };
        let entry = registry.processes.get(&self.name);
        let history = registry.shut_down || !(same_boot || live);
        Some(Adopted {
            no: self.no,
            id: self.record.as_ref().map(|record| record.id.clone()),
            live,
            begun: true,
            launched: self.record.as_ref().and_then(launched),
            exit: exit.map(recorded_exit),
            failure,
            killed,
            wanted: entry.map(|entry| entry.wanted),
            restarts: entry.map_or((0, 0), |entry| (entry.restarts, entry.row)),
            log: if live { (0, 0, 0) } else { log_size(&layout.run(&self.name, self.no)) },
            history,
            spec,
        })
    }

    /// The spec of a process the config does not know: as `pm run` saved it, or, where it lives, as its record tells.
    fn unconfigured_spec(&self, layout: &Layout, live: bool) -> Option<ProcessSpec> {
        let saved = std::fs::read_to_string(layout.process_spec(&self.name)).ok();
        let saved = saved.and_then(|text| serde_json::from_str::<ProcessSpec>(&text).ok());
        let saved = saved.filter(|spec| spec.name == self.name);
        let record = self.record.as_ref().filter(|_| live);
        saved.or_else(|| record.map(|record| self.spec_of_record(record)))
    }

    fn spec_of_record(&self, record: &Record) -> ProcessSpec {
        let argv = shlex::split(&record.command).filter(|argv| !argv.is_empty());
        let program = Program::Command(argv.unwrap_or_else(|| vec![record.command.clone()]));
        let mut spec = ProcessSpec::new(self.name.clone(), program, record.cwd.clone().into());
        spec.autostart = false;
        spec.source = Some("no longer in the config".into());
        spec
    }
}

fn launched(record: &Record) -> Option<(u32, u32, Timestamp)> {
    (record.pid != 0).then_some((record.pid, record.keeper_pid, Timestamp(record.started_at)))
}

fn read_registry(layout: &Layout, notes: &mut Vec<String>) -> Registry {
    let path = layout.registry();
    let Ok(text) = std::fs::read_to_string(&path) else { return Registry::default() };
    Registry::parse(&text).unwrap_or_else(|| {
        notes.push(format!("{} is damaged; it is rebuilt from the run directories", path.display()));
        Registry::default()
    })
}

fn process_names(runs: &Path) -> Vec<ProcessName> {
    let Ok(entries) = std::fs::read_dir(runs) else { return Vec::new() };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(|name| ProcessName::from_dir_name(&name)).collect()
}

fn log_size(dir: &Path) -> (u64, u64, u64) {
    let Ok(mut reader) = LogReader::open(dir) else { return (0, 0, 0) };
    (reader.end(), reader.line_count().unwrap_or(0), 0)
}
