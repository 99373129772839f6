//! A project in every phase, for the tests of what is printed.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::phase::{Failure, Stage, Stopping, Then};
use crate::domain::snapshot::{MachineLoad, ProjectInfo, RunView, SupervisorInfo, TreeProcess};
use crate::domain::spec::Program;
use crate::domain::{
    Exit, ExitBy, ExitStatus, OsStatus, Phase, ProcessName, ProcessSpec, Row, RunId, RunNo, Signal, Snapshot,
    Timestamp, Totals, Usage,
};
use crate::wire::json::Kept;

/// What is in the logs of the samples.
pub const KEPT: Kept = Kept { runs: 3, disk_bytes: 7_654_321, errors: 2, warnings: 1, is_partial: true };
/// The time of the samples.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn ago(secs: u64) -> Timestamp {
    Timestamp(NOW.millis() - secs * 1000)
}

fn exit(status: ExitStatus, by: ExitBy) -> Exit {
    Exit { status, by, at: ago(4) }
}

fn run(pid: u32, since: Timestamp, exit: Option<Exit>) -> RunView {
    RunView {
        no: RunNo(3),
        id: RunId::derive(1, u64::from(pid)),
        keeper_pid: Some(pid - 1),
        pid: Some(pid),
        started_at: Some(since),
        over: exit.is_some(),
        exit,
        dir: "/state/pm/shop/runs/x/000003".into(),
        log_end: 4096,
        log_lines: 100,
        log_lost: 0,
        runs_as: None,
        screen: None,
    }
}

/// The paths of logs as Unix writes them, so that one snapshot serves every system.
pub fn with_slashes(text: &str) -> String {
    text.replace(r"\\out.log", "/out.log").replace(r"\out.log", "/out.log")
}

/// One row.
pub fn row(name: &str, phase: Phase, run: Option<RunView>, usage: Usage) -> Arc<Row> {
    let name = ProcessName::new(name).unwrap();
    let program = Program::Command(vec!["python3".into(), "-m".into(), name.to_string()]);
    let spec = Arc::new(ProcessSpec::new(name, program, "/srv/shop".into()));
    let health = phase.health(usage.zombies);
    Arc::new(Row {
        spec,
        phase,
        health,
        run,
        restarts: 0,
        created_at: ago(90_000),
        last_updated: ago(2),
        usage,
        tree: Arc::new([]),
    })
}

fn busy(cpu_percent: f32, mib: u64, pids: u32, zombies: u32) -> Usage {
    Usage { cpu_percent, memory_bytes: mib << 20, threads: pids * 2, pids, zombies }
}

fn api() -> Arc<Row> {
    let mut api =
        (*row("api", Phase::Running { since: ago(125) }, Some(run(101, ago(125), None)), busy(12.34, 123, 3, 0)))
            .clone();
    api.restarts = 2;
    api.spec = Arc::new(ProcessSpec { description: Some("the API of the shop".into()), ..(*api.spec).clone() });
    api.tree = Arc::new([TreeProcess {
        pid: 101,
        parent_pid: 100,
        depth: 0,
        name: "python3".into(),
        status: OsStatus::Sleeping,
        zombie: false,
        cpu_percent: 12.34,
        memory_bytes: 123 << 20,
        threads: 4,
    }]);
    Arc::new(api)
}

fn rows() -> Vec<Arc<Row>> {
    let failed = exit(ExitStatus::Code(7), ExitBy::Itself);
    let stopped = exit(ExitStatus::Signal(Signal::Term), ExitBy::StopStage(1));
    let stage = Stage { number: 1, of: 3, signal: Signal::Term, since: ago(4), until: NOW + Duration::from_secs(6) };
    let stopping = Stopping { since: ago(4), stage: Some(stage), held: false, then: Then::Start, stuck: vec![] };
    let early = Failure::EarlyExit { exit: failed, after_ms: 31, last_lines: vec!["no \x1b[31mport\x07".into()] };
    let idle = Usage::default();
    vec![
        api(),
        row("agent:größe", Phase::Running { since: ago(9) }, Some(run(201, ago(9), None)), busy(0.26, 9, 4, 2)),
        row("db", Phase::Stopping(stopping), Some(run(301, ago(7200), None)), busy(0.0, 1500, 1, 0)),
        row("early", Phase::Failed { why: early }, Some(run(401, ago(4), Some(failed))), idle),
        row("idle", Phase::Stopped { exit: None, killed: 0 }, None, idle),
        row("job", Phase::Completed { exit: exit(ExitStatus::Code(0), ExitBy::Itself) }, None, idle),
        row(
            "lost",
            Phase::Unknown { since: ago(1), orphans: vec![77], why: "its keeper was killed".into() },
            None,
            busy(0.0, 1, 1, 0),
        ),
        row("new", Phase::Starting { since: NOW }, None, idle),
        row("off", Phase::Stopped { exit: Some(stopped), killed: 2 }, Some(run(501, ago(60), Some(stopped))), idle),
        row(
            "retry",
            Phase::Backoff {
                until: NOW + Duration::from_millis(1600),
                attempt: 4,
                limit: 16,
                why: Failure::Exited { exit: failed, last_lines: Vec::new() },
            },
            Some(run(601, ago(5), Some(failed))),
            idle,
        ),
    ]
}

/// A project with a row in every phase.
pub fn snapshot() -> Snapshot {
    Snapshot {
        project: Arc::new(ProjectInfo {
            name: "shop".into(),
            id: "shop-1a2b".into(),
            root: "/srv/shop".into(),
            config: Some("/srv/shop/pm.toml".into()),
        }),
        revision: 42,
        at: NOW,
        supervisor: Arc::new(SupervisorInfo {
            pid: 100,
            started_at: ago(7300),
            version: "0.1.0".into(),
            headless: true,
        }),
        rows: rows(),
        totals: Totals {
            total: 10,
            running: 2,
            changing: 3,
            failed: 1,
            completed: 1,
            stopped: 2,
            unknown: 1,
            zombies: 2,
            cpu_percent: 12.6,
            memory_bytes: 1633 << 20,
        },
        machine: MachineLoad { cpu_percent: 41.7, cores: 8, memory_used_bytes: 9 << 30, memory_total_bytes: 32 << 30 },
        shutting_down: None,
    }
}
