//! Rows and snapshots for tests: every phase a process can be in, with plausible figures.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::phase::{Failure, Phase, Stage, Stopping, Then};
use crate::domain::snapshot::{MachineLoad, ProjectInfo, RunView, SupervisorInfo, TreeProcess};
use crate::domain::spec::Program;
use crate::domain::{
    Exit, ExitBy, ExitStatus, OsStatus, PhaseWord, ProcessName, ProcessSpec, Row, RunId, RunNo, Signal, Snapshot,
    Timestamp, Totals, Usage,
};

use super::glyph::GlyphSet;
use super::model::{Look, Model};
use super::theme::ThemeName;

/// 2026-11-20 14:02:31 UTC.
pub const NOW: Timestamp = Timestamp(1_795_183_351_000);

pub fn name(text: &str) -> ProcessName {
    ProcessName::new(text).unwrap()
}

pub fn ago(secs: u64) -> Timestamp {
    Timestamp(NOW.0 - secs * 1000)
}

pub fn exit(code: i32) -> Exit {
    Exit { status: ExitStatus::Code(code), by: ExitBy::Itself, at: ago(180) }
}

/// A row that never ran.
pub fn stopped(process: &str) -> Row {
    let program = Program::Command(vec!["cargo".into(), "run".into(), "-p".into(), process.to_owned()]);
    let mut spec = ProcessSpec::new(name(process), program, PathBuf::from("/home/me/shop"));
    spec.source = Some("pm.toml:12".into());
    Row {
        spec: Arc::new(spec),
        phase: Phase::Stopped { exit: None, killed: 0 },
        health: Phase::Stopped { exit: None, killed: 0 }.health(0),
        run: None,
        restarts: 0,
        created_at: ago(86_400),
        last_updated: NOW,
        usage: Usage::default(),
        tree: Arc::new([]),
    }
}

pub fn run(process: &str, no: u32, pid: u32) -> RunView {
    RunView {
        no: RunNo(no),
        id: RunId::derive(7, u64::from(no)),
        keeper_pid: Some(pid - 1),
        pid: Some(pid),
        started_at: Some(ago(1320)),
        exit: None,
        over: false,
        dir: PathBuf::from(format!("/state/runs/{process}/{no:06}")),
        log_end: 0,
        log_lines: 0,
        log_lost: 0,
        runs_as: None,
        screen: None,
    }
}

/// A running row with a tree of one.
pub fn running(process: &str, pid: u32) -> Row {
    let phase = Phase::Running { since: ago(1320) };
    let main = TreeProcess {
        pid,
        parent_pid: pid - 1,
        depth: 0,
        name: process.to_owned(),
        status: OsStatus::Sleeping,
        zombie: false,
        cpu_percent: 12.5,
        memory_bytes: 98 << 20,
        threads: 4,
    };
    Row {
        health: phase.health(0),
        phase,
        run: Some(run(process, 1, pid)),
        usage: Usage { cpu_percent: 38.4, memory_bytes: 310 << 20, threads: 6, pids: 1, zombies: 0 },
        tree: Arc::new([main]),
        ..stopped(process)
    }
}

/// A running row with a terminal of its own.
pub fn with_terminal(name: &str, pid: u32) -> Row {
    let row = running(name, pid);
    let spec = ProcessSpec { tty: true, ..ProcessSpec::clone(&row.spec) };
    Row { spec: Arc::new(spec), ..row }
}

/// A running row whose child left a zombie.
pub fn with_zombie(process: &str, pid: u32) -> Row {
    let row = running(process, pid);
    let mut tree = row.tree.to_vec();
    let child = |pid, parent_pid, depth, name: &str, zombie| TreeProcess {
        pid,
        parent_pid,
        depth,
        name: name.to_owned(),
        status: if zombie { OsStatus::Zombie } else { OsStatus::Sleeping },
        zombie,
        ..tree[0].clone()
    };
    let (node, esbuild) = (child(pid + 8, pid, 1, "node", false), child(pid + 9, pid + 8, 2, "esbuild", true));
    tree.extend([node, esbuild]);
    let usage = Usage { pids: 3, zombies: 1, ..row.usage };
    Row { health: row.phase.health(1), usage, tree: tree.into(), ..row }
}

pub fn in_phase(process: &str, pid: u32, phase: Phase) -> Row {
    let live = phase.is_live();
    let mut run = run(process, 1, pid);
    if !live {
        run.exit = Some(exit(1));
        run.over = true;
    }
    let base = if live { running(process, pid) } else { stopped(process) };
    Row { health: phase.health(0), phase, run: Some(run), ..base }
}

pub fn failed(process: &str, pid: u32) -> Row {
    let last_lines = vec!["ECONNREFUSED 127.0.0.1:1025".to_owned()];
    let why = Failure::EarlyExit { exit: exit(1), after_ms: 40, last_lines };
    Row { restarts: 5, ..in_phase(process, pid, Phase::Failed { why }) }
}

pub fn backoff(process: &str, pid: u32) -> Row {
    let why = Failure::Exited { exit: exit(1), last_lines: Vec::new() };
    let until = NOW + Duration::from_millis(4200);
    Row { restarts: 2, ..in_phase(process, pid, Phase::Backoff { until, attempt: 3, limit: 5, why }) }
}

/// In the first stage of its stop, with 5.1 s left.
pub fn stopping(process: &str, pid: u32) -> Row {
    let since = Timestamp(NOW.0 - 4900);
    let until = NOW + Duration::from_millis(5100);
    let stage = Stage { number: 1, of: 3, signal: Signal::Term, since, until };
    let stopping = Stopping { since, stage: Some(stage), held: false, then: Then::Stay, stuck: vec![] };
    in_phase(process, pid, Phase::Stopping(stopping))
}

/// The ten processes of the mock-ups.
pub fn shop() -> Vec<Row> {
    vec![
        running("claude:refactor", 41207),
        with_zombie("web", 41180),
        Row { restarts: 1, ..stopping("api", 41181) },
        backoff("worker", 41250),
        failed("mailer", 41260),
        running("postgres", 40901),
        running("codex:tests", 41230),
        running("redis", 40950),
        stopped("storybook"),
        in_phase("migrate", 41300, Phase::Completed { exit: exit(0) }),
    ]
}

pub fn snapshot(rows: Vec<Row>) -> Arc<Snapshot> {
    snapshot_at(1, rows)
}

pub fn snapshot_at(revision: u64, rows: Vec<Row>) -> Arc<Snapshot> {
    let mut totals = Totals { total: rows.len() as u32, ..Totals::default() };
    for row in &rows {
        match row.phase.word() {
            PhaseWord::Running => totals.running += 1,
            PhaseWord::Failed => totals.failed += 1,
            PhaseWord::Completed => totals.completed += 1,
            PhaseWord::Stopped => totals.stopped += 1,
            PhaseWord::Unknown => totals.unknown += 1,
            PhaseWord::Starting | PhaseWord::Stopping | PhaseWord::Backoff => totals.changing += 1,
        }
        totals.zombies += row.usage.zombies;
        totals.cpu_percent += row.usage.cpu_percent;
        totals.memory_bytes += row.usage.memory_bytes;
    }
    Arc::new(Snapshot {
        project: Arc::new(ProjectInfo {
            name: "shop".into(),
            id: "shop-1".into(),
            root: PathBuf::from("/home/me/shop"),
            config: Some("/home/me/shop/pm.toml".into()),
        }),
        revision,
        at: NOW,
        supervisor: Arc::new(SupervisorInfo {
            pid: 100,
            started_at: ago(3600),
            version: "0.1.0".into(),
            headless: false,
        }),
        rows: rows.into_iter().map(Arc::new).collect(),
        totals,
        machine: MachineLoad { cpu_percent: 38.0, cores: 8, memory_used_bytes: 9 << 30, memory_total_bytes: 16 << 30 },
        shutting_down: None,
    })
}

pub fn look(theme: ThemeName, glyphs: GlyphSet) -> Look {
    Look { title: None, theme: theme.theme(), glyphs, zone: TimeZone::UTC }
}

pub fn model(size: (u16, u16), rows: Vec<Row>) -> Model {
    Model::new(NOW, size, look(ThemeName::Terminal, GlyphSet::Unicode), true, &snapshot(rows))
}
