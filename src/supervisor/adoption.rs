//! What an earlier supervisor left behind: the run directories are the registry, read here once at the start.
//!
//! Blocking. Looks and reports; changes nothing but to give up runs that never began. A damaged file costs what it held,
//! never the start.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::last_lines::Telling;
use crate::domain::effect::{Adopted, Wanted};
use crate::domain::spec::{NO_LONGER_DEFINED, Program};
use crate::domain::{Exit, ProcessName, ProcessSpec, RunNo, Timestamp};
use crate::logs::reader::LogReader;
use crate::logs::runs;
use crate::platform::lock::{self, FileLock};
use crate::platform::{clock, files};
use crate::wire::layout::{self, Layout};
use crate::wire::record::{self, Record, RecordState};
use crate::wire::registry::{Entry, Registry};

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// The newest run of each process.
    pub runs: Vec<Finding>,
    /// The newest runs of those that are no process any more, because neither a config nor a life defines them.
    pub past: Vec<(ProcessName, RunNo)>,
    /// Since when the project knows them.
    pub created: Vec<(ProcessName, Timestamp)>,
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
    /// A keeper holds the lock, but the record does not tell of a living run: it is just coming or going, or the record is
    /// damaged. A moment later it may be clear.
    pub is_unclear: bool,
    /// What was remarkable about it, for the event log.
    pub note: Option<String>,
}

/// A look at the project's state directory.
#[derive(Clone, Debug)]
pub struct Survey {
    layout: Layout,
    specs: Arc<HashMap<ProcessName, ProcessSpec>>,
    registry: Arc<Registry>,
}

impl Survey {
    /// Reads the registry, and then the newest run of each process. `specs` are those of the config.
    pub fn begin(layout: Layout, specs: Vec<ProcessSpec>) -> (Self, Findings) {
        let mut findings = Findings::default();
        let registry = Arc::new(read_registry(&layout, &mut findings.notes));
        let specs = Arc::new(specs.into_iter().map(|spec| (spec.name.clone(), spec)).collect());
        let survey = Self { layout, specs, registry };
        for name in runs::processes(&survey.layout.runs()) {
            match survey.look_at(name.clone()) {
                Some(finding) => findings.runs.push(finding),
                None => findings.past.extend(survey.newest(&name).map(|no| (name, no))),
            }
        }
        findings.runs.extend(survey.never_launched());
        let created = |(name, entry): (&ProcessName, &Entry)| Some((name.clone(), entry.created_at?));
        findings.created = survey.registry.processes.iter().filter_map(created).collect();
        (survey, findings)
    }

    /// Those that were to run, and of which a supervisor that died or left had not begun the first run.
    fn never_launched(&self) -> Vec<Finding> {
        let registry = &self.registry;
        if registry.shut_down || registry.boot_id != clock::boot_id() {
            return Vec::new();
        }
        let wanted = registry.processes.iter().filter(|(_, entry)| entry.wanted == Wanted::Up);
        let specs = wanted.filter_map(|(name, _)| self.specs.get(name));
        let specs = specs.filter(|spec| self.newest(&spec.name).is_none());
        let finding = |spec: &ProcessSpec| Finding {
            adopted: never_begun(spec),
            keeper: None,
            is_unclear: false,
            note: Some(format!("{}: its first run had not begun when its supervisor went away", spec.name)),
        };
        specs.map(finding).collect()
    }

    fn newest(&self, name: &ProcessName) -> Option<RunNo> {
        runs::numbers(&self.layout.process(name)).pop()
    }

    /// The newest run of one process, if there is any.
    pub fn look_at(&self, name: ProcessName) -> Option<Finding> {
        let no = self.newest(&name)?;
        let mut found = Found::read(&self.layout, name.clone(), no);
        if found.keeper.is_none() && found.has_not_begun && !found.give_up(&self.layout) {
            // Its keeper came in this very moment.
            found = Found::read(&self.layout, name, no);
        }
        let (keeper, is_unclear, note) = (found.keeper, found.is_unclear(), found.note.take());
        let adopted = found.judge(&self.layout, &self.specs, &self.registry)?;
        Some(Finding { adopted, keeper, is_unclear, note })
    }
}

/// One process directory as it was found.
struct Found {
    name: ProcessName,
    no: RunNo,
    record: Option<Record>,
    /// There is neither a record nor a log: its keeper, if it ever had one, has started nothing.
    has_not_begun: bool,
    keeper: Option<u32>,
    note: Option<String>,
}

impl Found {
    fn read(layout: &Layout, name: ProcessName, no: RunNo) -> Self {
        let dir = layout.run(&name, no);
        let path = dir.join(layout::RECORD);
        // A keeper that was killed when it had just started the program has not come to more than what it was about to do.
        let bytes =
            std::fs::read(&path).or_else(|error| std::fs::read(dir.join(layout::RECORD_NEXT)).map_err(|_| error));
        let (record, note) = match bytes.map(|bytes| Record::read(&bytes)) {
            Ok(Ok(record)) => (Some(record), None),
            Ok(Err(error)) => {
                (None, Some(format!("the record {} is damaged: {error}; it is left as it is", path.display())))
            }
            Err(error) => (None, Some(format!("the record {} cannot be read: {error}", path.display()))),
        };
        let keeper = lock::holder(&layout.process_lock(&name));
        let has_not_begun = record.is_none() && !path.exists() && !dir.join(layout::LOG).exists();
        Self { name, no, record, has_not_begun, keeper, note }
    }

    fn is_over(&self) -> bool {
        let state = self.record.as_ref().map(|record| &record.state);
        matches!(state, Some(RecordState::Emptied { .. } | RecordState::Failed(_)))
    }

    fn is_unclear(&self) -> bool {
        self.keeper.is_some() && (self.record.is_none() || self.is_over())
    }

    /// Sees to it that no keeper begins this run any more: the supervisor that wanted it is dead, and its keeper may still be
    /// on its way to the lock. Who has the lock first decides. False when that was the keeper.
    fn give_up(&mut self, layout: &Layout) -> bool {
        let dir = layout.run(&self.name, self.no);
        let Ok(Some(_lock)) = FileLock::acquire(&layout.process_lock(&self.name)) else { return false };
        if dir.join(layout::RECORD).exists() {
            return false;
        }
        // On a full disk it cannot be said; then the lock alone keeps a second copy away.
        drop(files::write_atomic(&dir.join(layout::GIVEN_UP), &[]));
        self.note = Some(format!("{}: run {} had not begun when its supervisor died", self.name, self.no));
        true
    }

    fn judge(self, layout: &Layout, specs: &HashMap<ProcessName, ProcessSpec>, registry: &Registry) -> Option<Adopted> {
        let boot_id = self.record.as_ref().map(|record| record.boot_id.as_str());
        let boot_id = boot_id.or_else(|| self.has_not_begun.then_some(registry.boot_id.as_str()));
        let same_boot = boot_id == Some(clock::boot_id());
        let state = self.record.as_ref().map(|record| &record.state);
        let (exit, failure, killed) = match state {
            Some(RecordState::Emptied { exit, killed, .. }) => (Some(*exit), None, *killed),
            Some(RecordState::Failed(failure)) => (None, Some(failure.clone()), 0),
            Some(RecordState::Exited(exit)) => (Some(*exit), None, 0),
            Some(RecordState::Launching | RecordState::Running) | None => (None, None, 0),
        };
        // Not over and in this boot: the keeper lives, or was killed and may have left processes behind.
        let live = !self.is_over() && (self.keeper.is_some() || same_boot && !self.has_not_begun);
        let spec = match specs.get(&self.name) {
            Some(spec) => Arc::new(spec.clone()),
            None => Arc::new(self.unconfigured_spec(layout, live)?),
        };
        let entry = registry.processes.get(&self.name);
        let history = registry.shut_down || !(same_boot || live);
        Some(Adopted {
            no: self.no,
            id: self.record.as_ref().map(|record| record.id.clone()),
            live,
            begun: !self.has_not_begun,
            launched: self.record.as_ref().and_then(launched),
            exit: exit.map(Exit::from),
            failure,
            killed,
            wanted: entry.map(|entry| entry.wanted),
            restarts: entry.map_or((0, 0), |entry| (entry.restarts, entry.row)),
            counted: entry.map_or(RunNo(0), |entry| entry.counted),
            stopped: entry.map_or(RunNo(0), |entry| entry.stopped),
            last_lines: self.last_lines(layout, &spec),
            runs_as: self.record.as_ref().filter(|_| live).and_then(|record| other_than(&spec, record)),
            log: if live { (0, 0, 0) } else { log_size(&layout.run(&self.name, self.no)) },
            history,
            spec,
        })
    }

    /// What it printed last, where it failed.
    fn last_lines(&self, layout: &Layout, spec: &ProcessSpec) -> Vec<String> {
        let exit = self.record.as_ref().and_then(|record| match record.state {
            RecordState::Exited(exit) | RecordState::Emptied { exit, .. } => Some(Exit::from(exit)),
            RecordState::Launching | RecordState::Running | RecordState::Failed(_) => None,
        });
        let started_at = self.record.as_ref().map(|record| Timestamp(record.started_at));
        let telling = started_at.zip(exit).and_then(|(at, exit)| Telling::of(spec, at, &exit));
        telling.map(|telling| telling.read(&layout.run(&self.name, self.no))).unwrap_or_default()
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
        spec.source = Some(NO_LONGER_DEFINED.into());
        spec
    }
}

fn never_begun(spec: &ProcessSpec) -> Adopted {
    Adopted {
        spec: Arc::new(spec.clone()),
        no: RunNo(0),
        id: None,
        live: false,
        begun: false,
        launched: None,
        exit: None,
        failure: None,
        runs_as: None,
        killed: 0,
        wanted: Some(Wanted::Up),
        restarts: (0, 0),
        counted: RunNo(0),
        stopped: RunNo(0),
        last_lines: Vec::new(),
        log: (0, 0, 0),
        history: false,
    }
}

/// What a record tells of, for people, where that is not what `spec` says. A command that was cut short is not compared.
fn other_than(spec: &ProcessSpec, record: &Record) -> Option<String> {
    let was = shlex::split(&record.command).filter(|_| !record.command.ends_with(record::CUT))?;
    match (was == spec.program.argv(), Path::new(&record.cwd) == spec.cwd) {
        (true, true) => None,
        (false, true) => Some(record.command.clone()),
        (_, false) => Some(format!("{} in {}", record.command, record.cwd)),
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

fn log_size(dir: &Path) -> (u64, u64, u64) {
    let Ok(mut reader) = LogReader::open(dir) else { return (0, 0, 0) };
    (reader.end(), reader.line_count().unwrap_or(0), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::registry::VERSION;

    #[test]
    fn what_was_to_run_and_was_never_begun_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(&dir.path().join("state"), &dir.path().join("run"), "t");
        let spec = |name: &str| {
            let program = Program::Command(vec!["sleep".into(), "9".into()]);
            ProcessSpec::new(ProcessName::new(name).unwrap(), program, dir.path().to_owned())
        };
        let entry =
            |wanted| Entry { wanted, restarts: 0, row: 0, counted: RunNo(0), stopped: RunNo(0), created_at: None };
        let processes = [("up", Wanted::Up), ("down", Wanted::Down), ("gone", Wanted::Up), ("ran", Wanted::Up)];
        let processes = processes.map(|(name, wanted)| (ProcessName::new(name).unwrap(), entry(wanted))).into();
        let mut registry = Registry { version: VERSION, boot_id: clock::boot_id().into(), shut_down: false, processes };
        std::fs::create_dir_all(layout.run(&ProcessName::new("ran").unwrap(), RunNo(3))).unwrap();
        let found = |registry: &Registry| {
            files::write_atomic(&layout.registry(), registry.render().as_bytes()).unwrap();
            let specs = vec![spec("up"), spec("down"), spec("new"), spec("ran")];
            let (_, findings) = Survey::begin(layout.clone(), specs);
            let found = findings.runs.into_iter().filter(|finding| finding.adopted.no == RunNo(0));
            found.map(|finding| finding.adopted.spec.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(&registry), ["up"]);
        // It was left in order, or the machine was restarted: nothing is to be continued.
        assert!(found(&Registry { shut_down: true, ..registry.clone() }).is_empty());
        registry.boot_id = "another".into();
        assert!(found(&registry).is_empty());
    }
}
