//! The supervisor with real keepers and real children, through its handle alone.
// There are no keepers on other systems yet.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected shall end")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pm::domain::effect::Wanted;
use pm::domain::snapshot::ProjectInfo;
use pm::domain::spec::{Keep, Program};
use pm::domain::{Command, ExitBy, ExitStatus, PhaseWord, ProcessName, ProcessSpec, Row, Shutdown, Target, What};
use pm::supervisor::{Handle, Options, Running, start};
use pm::wire::layout::Layout;
use pm::wire::registry::Registry;

fn spec(name: &str, line: &str) -> ProcessSpec {
    let mut spec = ProcessSpec::new(ProcessName::new(name).unwrap(), Program::Shell(line.into()), "/".into());
    spec.source = Some("test".into());
    spec
}

async fn supervise(dir: &Path, specs: Vec<ProcessSpec>) -> Running {
    let project = ProjectInfo { name: "t".into(), id: "t".into(), root: "/".into(), config: None };
    let layout = Layout::new(&dir.join("s"), &dir.join("r"), "t");
    let exe = env!("CARGO_BIN_EXE_pm").into();
    start(Options { project, specs, keep: Keep::default(), layout, exe, headless: true }).await.unwrap()
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

#[tokio::test]
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

#[tokio::test]
async fn who_fails_later_says_why_with_its_last_line_on_standard_error_also_to_the_next_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let said = "echo fine; sleep 0.2; echo '\u{1b}[31mboom\u{1b}[0m' >&2; echo >&2; echo bye; exit 3";
    let specs = || vec![spec("p", said), spec("quiet", "echo fine; sleep 0.2; exit 3")];
    for what in ["at its end", "found by the next"] {
        let running = supervise(dir.path(), specs()).await;
        if what == "at its end" {
            running.handle.send(Command::Up(None)).await.unwrap();
        }
        for (name, why) in [("p", "exit 3: boom"), ("quiet", "exit 3")] {
            let row = row(&running.handle, name, "over", |row| row.run.as_ref().is_some_and(|run| run.over)).await;
            assert_eq!(row.phase.word(), PhaseWord::Failed, "{what}");
            assert_eq!(row.phase.why().unwrap(), why, "{what}");
        }
        stop_all(running).await;
    }
}

#[tokio::test]
async fn who_looks_sees_what_is_true_now_though_nobody_watched() {
    let dir = tempfile::tempdir().unwrap();
    let running = supervise(dir.path(), vec![spec("p", "exit 7")]).await;
    let mut events = running.handle.events();
    running.handle.send(Command::Up(None)).await.unwrap();
    let ended = async { while !matches!(events.recv().await.unwrap().what, What::Emptied { .. }) {} };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    let seen = running.handle.look().await;
    assert_eq!(seen.rows[0].phase.word(), PhaseWord::Failed, "{:?}", seen.rows[0]);
    stop_all(running).await;
}

#[tokio::test]
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

#[tokio::test]
async fn twenty_restarts_at_once_leave_one_instance() {
    let dir = tempfile::tempdir().unwrap();
    // It takes its time to stop, until all have been asked for.
    let go = dir.path().join("go");
    let stop = format!("while [ ! -e {} ]; do sleep 0.01; done; exit", go.display());
    let running =
        supervise(dir.path(), vec![spec("p", &format!("trap '{stop}' TERM; echo up; sleep 1000 & wait"))]).await;
    running.handle.send(Command::Up(None)).await.unwrap();
    row(&running.handle, "p", "up", |row| row.run.as_ref().is_some_and(|run| run.log_end > 0)).await;
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
    std::fs::write(go, "").unwrap();
    let row = row(&running.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!(row.run.as_ref().unwrap().no.0, 2);
    running.handle.send(Command::Shutdown(Shutdown::Stop)).await.unwrap();
    assert_eq!(running.task.await.unwrap().live, []);
}

/// A supervisor that left `p` running, and where the files of its run lie: record and socket.
async fn leave_one_running(dir: &Path) -> (Arc<Row>, [std::path::PathBuf; 2]) {
    let first = supervise(dir, vec![spec("p", "sleep 1000")]).await;
    first.handle.send(Command::Up(None)).await.unwrap();
    let before = row(&first.handle, "p", "running", is(PhaseWord::Running)).await;
    first.handle.send(Command::Shutdown(Shutdown::Detach)).await.unwrap();
    first.task.await.unwrap();
    let layout = Layout::new(&dir.join("s"), &dir.join("r"), "t");
    let run = before.run.as_ref().unwrap();
    let record = layout.run(before.name(), run.no).join(pm::wire::layout::RECORD);
    let socket = layout.keeper_socket(&run.id);
    (before, [record, socket])
}

async fn stop_all(running: Running) {
    running.handle.send(Command::Shutdown(Shutdown::Stop)).await.unwrap();
    assert_eq!(running.task.await.unwrap().live, []);
}

#[tokio::test]
async fn a_keeper_that_is_just_being_born_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let (before, files) = leave_one_running(dir.path()).await;
    // As it is between the lock and the record: it holds the one, and neither the other nor a socket is there.
    let away = |path: &Path| dir.path().join(path.file_name().unwrap());
    for path in &files {
        std::fs::rename(path, away(path)).unwrap();
    }
    let mut second = Box::pin(supervise(dir.path(), vec![spec("p", "sleep 1000")]));
    assert!(tokio::time::timeout(Duration::from_millis(200), &mut second).await.is_err(), "it was not waited for");
    for path in &files {
        std::fs::rename(away(path), path).unwrap();
    }
    let second = second.await;
    let after = row(&second.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!((after.pid(), after.run.as_ref().unwrap().no.0), (before.pid(), 1));
    stop_all(second).await;
}

#[tokio::test]
async fn a_run_that_never_began_begins_with_the_next_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(&dir.path().join("s"), &dir.path().join("r"), "t");
    let name = ProcessName::new("p").unwrap();
    // The supervisor was killed between making the directory and the keeper's first step.
    let run = layout.run(&name, pm::domain::RunNo(1));
    std::fs::create_dir_all(&run).unwrap();
    want_up(&layout);
    let second = supervise(dir.path(), vec![spec("p", "sleep 1000")]).await;
    let after = row(&second.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!(after.run.as_ref().unwrap().no.0, 2);
    assert!(run.join(pm::wire::layout::GIVEN_UP).exists(), "a keeper that comes late is told");
    stop_all(second).await;
}

#[tokio::test]
async fn a_damaged_record_costs_nothing_while_its_keeper_lives() {
    let dir = tempfile::tempdir().unwrap();
    let (before, [record, _]) = leave_one_running(dir.path()).await;
    std::fs::write(&record, "half a rec").unwrap();
    let second = supervise(dir.path(), vec![spec("p", "sleep 1000")]).await;
    let after = row(&second.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!(after.pid(), before.pid());
    stop_all(second).await;
}

/// A registry in which `p` is wanted up, as a supervisor that was killed leaves it.
fn want_up(layout: &Layout) {
    let wanted = pm::wire::registry::Entry {
        wanted: Wanted::Up,
        restarts: 0,
        row: 0,
        counted: pm::domain::RunNo(0),
        stopped: pm::domain::RunNo(0),
        created_at: None,
    };
    let registry = Registry {
        version: pm::wire::registry::VERSION,
        boot_id: pm::platform::clock::boot_id().into(),
        shut_down: false,
        processes: [(ProcessName::new("p").unwrap(), wanted)].into(),
    };
    std::fs::write(layout.registry(), registry.render()).unwrap();
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_child_whose_keeper_was_killed_before_its_record_is_found_and_not_doubled() {
    let dir = tempfile::tempdir().unwrap();
    let (before, [record, _]) = leave_one_running(dir.path()).await;
    // Keeper and supervisor were killed between the start of the program and the record of it.
    let run = before.run.as_ref().unwrap();
    let text = std::fs::read_to_string(&record).unwrap();
    let sum = text.find("\nsum=").unwrap() + 1;
    let first = &text[..=sum + text[sum..].find('\n').unwrap()];
    assert!(first.contains("state=launching"), "{text}");
    std::fs::write(record.with_extension("next"), first).unwrap();
    std::fs::remove_file(&record).unwrap();
    let keeper = rustix::process::Pid::from_raw(run.keeper_pid.unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(keeper, rustix::process::Signal::KILL).unwrap();
    let second = supervise(dir.path(), vec![spec("p", "sleep 1000")]).await;
    second.handle.send(Command::Up(None)).await.unwrap();
    let after = row(&second.handle, "p", "unknown", is(PhaseWord::Unknown)).await;
    let pm::domain::Phase::Unknown { orphans, .. } = &after.phase else { panic!("{after:#?}") };
    assert!(orphans.contains(&before.pid().unwrap()), "{orphans:?}");
    stop_all(second).await;
    // Whether anybody has reaped it is not ours to say.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", before.pid().unwrap())).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
}

#[tokio::test]
async fn a_start_that_is_refused_removes_no_run_that_lives() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(&dir.path().join("s"), &dir.path().join("r"), "t");
    let name = ProcessName::new("p").unwrap();
    let old = layout.run(&name, pm::domain::RunNo(1));
    std::fs::create_dir_all(&old).unwrap();
    std::fs::write(old.join(pm::wire::layout::LOG), "precious").unwrap();
    let mut only_one = spec("p", "sleep 1000");
    only_one.log.runs = 1;
    let running = supervise(dir.path(), vec![only_one]).await;
    // Somebody lives in run 1, whatever became of its record.
    let lock = pm::platform::lock::FileLock::acquire(&layout.process_lock(&name)).unwrap().unwrap();
    running.handle.send(Command::Start(Target::all())).await.unwrap();
    let refused = row(&running.handle, "p", "failed", is(PhaseWord::Failed)).await;
    assert!(refused.phase.why().unwrap().contains("another copy of it is alive"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(old.join(pm::wire::layout::LOG)).unwrap(), "precious");
    drop(lock);
    running.handle.send(Command::Start(Target::all())).await.unwrap();
    row(&running.handle, "p", "running", is(PhaseWord::Running)).await;
    let gone = async {
        while old.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the run that is one too many goes");
    stop_all(running).await;
}

#[tokio::test]
async fn a_run_that_lives_is_not_taken_for_an_old_one_because_later_starts_were_refused() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(&dir.path().join("s"), &dir.path().join("r"), "t");
    let run = |name: &str, no: u32| layout.run(&ProcessName::new(name).unwrap(), pm::domain::RunNo(no));
    for name in ["p", "q"] {
        for no in [1, 2] {
            std::fs::create_dir_all(run(name, no)).unwrap();
            std::fs::write(run(name, no).join(pm::wire::layout::LOG), "precious").unwrap();
        }
    }
    // Somebody lives in run 1 of p, whose record was lost. Nobody lives in q, and its run 1 is one too many.
    let lock = pm::platform::lock::FileLock::acquire(&layout.process_lock(&ProcessName::new("p").unwrap())).unwrap();
    let specs = ["p", "q"].map(|name| {
        let mut spec = spec(name, "sleep 1000");
        spec.log.runs = 1;
        spec
    });
    let running = supervise(dir.path(), specs.to_vec()).await;
    let looked = async {
        while run("q", 1).exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looked).await.expect("the old run of q goes");
    let precious = || std::fs::read_to_string(run("p", 1).join(pm::wire::layout::LOG)).unwrap();
    assert_eq!(precious(), "precious");
    let cleared = pm::logs::clear::clear(&layout.process(&ProcessName::new("p").unwrap()), None).unwrap().unwrap();
    assert_eq!((precious().as_str(), cleared.runs, cleared.kept_bytes), ("precious", 0, 16));
    drop(lock);
    stop_all(running).await;
}

#[tokio::test]
async fn what_lives_under_its_keeper_is_not_removed_whatever_is_known_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let layout = Layout::new(&dir.path().join("s"), &dir.path().join("r"), "t");
    let running = supervise(dir.path(), vec![]).await;
    let mut job = spec("p", "exit 0");
    job.source = None;
    running.handle.send(Command::Add(Box::new(job))).await.unwrap();
    let over = |row: &Row| row.run.as_ref().is_some_and(|run| run.over);
    row(&running.handle, "p", "over", over).await;
    let name = ProcessName::new("p").unwrap();
    let lock = pm::platform::lock::FileLock::acquire(&layout.process_lock(&name)).unwrap().unwrap();
    let refused = running.handle.send(Command::Remove(Target::all())).await.unwrap_err().to_string();
    assert_eq!(refused, "p is over: it cannot be removed: something of it is alive under its keeper");
    assert!(layout.process(&name).exists() && running.handle.snapshot().rows.len() == 1);
    drop(lock);
    running.handle.send(Command::Remove(Target::all())).await.unwrap();
    assert!(!layout.process(&name).exists() && running.handle.snapshot().rows.is_empty());
    stop_all(running).await;
}

#[tokio::test]
async fn what_all_refuse_is_refused_and_what_some_refuse_is_told_beside_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let running = supervise(dir.path(), vec![spec("a", "sleep 1000"), spec("b", "sleep 1000")]).await;
    let signal = || Command::Signal(Target::all(), pm::domain::Signal::Hup);
    let refused = running.handle.send(signal()).await.unwrap_err().to_string();
    assert!(refused.starts_with("a is stopped: it has no process"), "{refused}");
    running.handle.send(Command::Start(Target::Names(vec![ProcessName::new("b").unwrap()]))).await.unwrap();
    row(&running.handle, "b", "running", is(PhaseWord::Running)).await;
    let accepted = running.handle.send(signal()).await.unwrap();
    assert_eq!((accepted.affected.len(), accepted.unchanged.len()), (1, 1), "{accepted:?}");
    stop_all(running).await;
}

#[tokio::test]
async fn two_names_that_differ_in_case_only_are_too_alike() {
    let dir = tempfile::tempdir().unwrap();
    let running = supervise(dir.path(), vec![spec("api", "sleep 1000")]).await;
    let mut job = spec("API", "exit 0");
    job.source = None;
    let refused = running.handle.send(Command::Add(Box::new(job))).await.unwrap_err().to_string();
    assert!(refused.contains("API and api differ in upper and lower case only"), "{refused}");
    stop_all(running).await;
}

/// What the kernel calls field 22: when it was started, in ticks since the boot.
#[cfg(target_os = "linux")]
fn start_ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap().parse().unwrap()
}

/// Ends with the test, however that ends.
#[cfg(target_os = "linux")]
struct Stranger(std::process::Child);

#[cfg(target_os = "linux")]
impl Drop for Stranger {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[cfg(target_os = "linux")]
async fn kill_and_wait(pid: u32) {
    let target = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(target, rustix::process::Signal::KILL).unwrap();
    let gone = async {
        while std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("it is dead");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn s1_1_5_after_a_reboot_nothing_runs_nothing_is_started_and_who_got_the_pid_is_left_alone() {
    use pm::wire::record::Record;
    let dir = tempfile::tempdir().unwrap();
    let specs = || {
        let mut always = spec("p", "sleep 1000");
        always.restart.when = pm::domain::spec::RestartWhen::Always;
        vec![always]
    };
    let (before, [path, socket]) = leave_one_running(dir.path()).await;
    kill_and_wait(before.run.as_ref().unwrap().keeper_pid.unwrap()).await;
    kill_and_wait(before.pid().unwrap()).await;
    // The machine was off meanwhile: another boot, in which somebody else was given the numbers of both.
    let mut stranger = Stranger(std::process::Command::new("sleep").arg("1000").spawn().unwrap());
    let (pid, start) = (stranger.0.id(), start_ticks(stranger.0.id()));
    let mut record = Record::read(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(record.boot_id, pm::platform::clock::boot_id());
    record.boot_id = "a boot before".into();
    (record.pid, record.pid_start, record.keeper_pid, record.keeper_start) = (pid, start, pid, start);
    std::fs::write(&path, record.render()).unwrap();
    _ = std::fs::remove_file(&socket);
    let layout = Layout::new(&dir.path().join("s"), &dir.path().join("r"), "t");
    let mut registry = Registry::parse(&std::fs::read_to_string(layout.registry()).unwrap()).unwrap();
    assert_eq!(registry.processes[before.name()].wanted, Wanted::Up);
    registry.boot_id = "a boot before".into();
    std::fs::write(layout.registry(), registry.render()).unwrap();

    let second = supervise(dir.path(), specs()).await;
    let after = row(&second.handle, "p", "found", |row| row.run.is_some()).await;
    assert_eq!(after.phase.word(), PhaseWord::Unknown, "nobody knows how it ended: {after:?}");
    assert_eq!((after.pid(), after.run.as_ref().unwrap().no.0), (None, 1), "nothing was started: {after:?}");
    second.handle.send(Command::Stop(Target::all())).await.unwrap();
    second.handle.send(Command::Kill(Target::all())).await.unwrap();
    let names: Vec<_> =
        std::fs::read_dir(layout.process(before.name())).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.contains(&"000002".into()), "{names:?}");
    // An `up` is a new beginning, with the next number.
    second.handle.send(Command::Up(None)).await.unwrap();
    let started = row(&second.handle, "p", "running", is(PhaseWord::Running)).await;
    assert_eq!(started.run.as_ref().unwrap().no.0, 2);
    stop_all(second).await;
    assert_eq!(stranger.0.try_wait().unwrap(), None, "a stranger was touched");
    assert_eq!(start_ticks(pid), start);
}
