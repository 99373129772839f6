//! The supervisor with real keepers and real children, through its handle alone.
// There are no keepers on other systems yet.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected shall end")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pm::domain::snapshot::ProjectInfo;
use pm::domain::spec::Program;
use pm::domain::{Command, ExitBy, ExitStatus, PhaseWord, ProcessName, ProcessSpec, Row, Shutdown, Target};
use pm::supervisor::{Handle, Options, Running, start};
use pm::wire::layout::Layout;

fn spec(name: &str, line: &str) -> ProcessSpec {
    let mut spec = ProcessSpec::new(ProcessName::new(name).unwrap(), Program::Shell(line.into()), "/".into());
    spec.source = Some("test".into());
    spec
}

async fn supervise(dir: &Path, specs: Vec<ProcessSpec>) -> Running {
    let project = ProjectInfo { name: "t".into(), id: "t".into(), root: "/".into(), config: None };
    let layout = Layout::new(&dir.join("s"), &dir.join("r"), "t");
    let exe = env!("CARGO_BIN_EXE_pm").into();
    start(Options { project, specs, layout, exe, headless: true }).await.unwrap()
}

async fn row(handle: &Handle, name: &str, what: &str, mut is: impl FnMut(&Row) -> bool) -> Arc<Row> {
    let mut watch = handle.watch();
    let find = |rows: &[Arc<Row>]| rows.iter().find(|row| row.name().as_str() == name).cloned().unwrap();
    let found = tokio::time::timeout(Duration::from_secs(20), watch.wait_for(|s| is(&find(&s.rows)))).await;
    let found = found.unwrap_or_else(|_| panic!("{name} never was {what}: {:#?}", find(&handle.snapshot().rows)));
    find(&found.unwrap().rows)
}

fn is(word: PhaseWord) -> impl FnMut(&Row) -> bool {
    move |row| row.phase.word() == word
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_seven_is_reported_as_seven_with_its_last_lines() {
    let dir = tempfile::tempdir().unwrap();
    let running = supervise(dir.path(), vec![spec("p", "echo one; echo two >&2; exit 7")]).await;
    running.handle.send(Command::Up(None)).await.unwrap();
    let row = row(&running.handle, "p", "over", |row| row.run.as_ref().is_some_and(|run| run.over)).await;
    assert_eq!(row.exit().unwrap().status, ExitStatus::Code(7));
    assert_eq!(row.exit().unwrap().by, ExitBy::Itself);
    let why = row.phase.why().unwrap();
    assert!(why.starts_with("failed start: exit 7 after"), "{why}");
    assert!(why.ends_with(": two"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_supervisor_is_followed_by_one_that_adopts() {
    let dir = tempfile::tempdir().unwrap();
    let specs = || vec![spec("p", "while :; do sleep 0.05; done"), spec("q", "sleep 0.3; exit 3")];
    let first = supervise(dir.path(), specs()).await;
    first.handle.send(Command::Up(None)).await.unwrap();
    let before = row(&first.handle, "p", "running", is(PhaseWord::Running)).await;
    row(&first.handle, "q", "running", is(PhaseWord::Running)).await;
    first.handle.send(Command::Shutdown(Shutdown::Detach)).await.unwrap();
    let left = first.task.await.unwrap();
    assert_eq!(left.live.len(), 2);
    drop(first.handle);

    let second = supervise(dir.path(), specs()).await;
    let after = row(&second.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!(after.pid(), before.pid());
    let ended = row(&second.handle, "q", "failed", is(PhaseWord::Failed)).await;
    assert_eq!(ended.exit().unwrap().status, ExitStatus::Code(3));
    second.handle.send(Command::Stop(Target::all())).await.unwrap();
    let stopped = row(&second.handle, "p", "stopped", is(PhaseWord::Stopped)).await;
    assert_eq!(stopped.exit().unwrap().by, ExitBy::StopStage(1));
    second.handle.send(Command::Shutdown(Shutdown::Stop)).await.unwrap();
    assert_eq!(second.task.await.unwrap().live, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_restarts_at_once_leave_one_instance() {
    let dir = tempfile::tempdir().unwrap();
    let running = supervise(dir.path(), vec![spec("p", "sleep 1000")]).await;
    running.handle.send(Command::Up(None)).await.unwrap();
    row(&running.handle, "p", "running", is(PhaseWord::Running)).await;
    let restarts: Vec<_> = (0..20)
        .map(|_| {
            let handle = running.handle.clone();
            tokio::spawn(async move { handle.send(Command::Restart(Target::all())).await })
        })
        .collect();
    for restart in restarts {
        restart.await.unwrap().unwrap();
    }
    let row = row(&running.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!(row.run.as_ref().unwrap().no.0, 2);
    running.handle.send(Command::Shutdown(Shutdown::Stop)).await.unwrap();
    assert_eq!(running.task.await.unwrap().live, []);
}
