//! How runs end, and why some never begin.

use std::os::unix::net::UnixStream;

use pm::domain::{ExitBy, ExitStatus, Signal, SpawnStep};
use pm::wire::record::RecordState;

use crate::driver::{Home, Keeper, until};

#[test]
fn exit_7_is_7() {
    let home = Home::new();
    let mut keeper = home.shell("exit 7");
    let pid = keeper.link().wait_launched();
    assert_eq!(keeper.link().wait_exited(), (ExitStatus::Code(7), ExitBy::Itself));
    assert_eq!(keeper.link().wait_emptied(), 0);
    keeper.wait_gone();
    let record = keeper.record();
    assert_eq!((record.pid, record.command.as_str(), record.name.as_str()), (pid, "/bin/sh -c 'exit 7'", "child"));
    let RecordState::Emptied { exit, killed, .. } = record.state else { panic!("{record:?}") };
    assert_eq!((exit.status, exit.by, killed), (ExitStatus::Code(7), ExitBy::Itself, 0));
    assert!(!std::path::Path::new(&keeper.launch.socket).exists());
    assert!(!keeper.dir.join("record.next").exists());
}

#[test]
fn killed_by_signal_9_is_signal_9() {
    let home = Home::new();
    let mut keeper = home.shell("kill -9 $$");
    assert_eq!(keeper.link().wait_exited(), (ExitStatus::Signal(Signal::Kill), ExitBy::Itself));
    keeper.wait_gone();
    let RecordState::Emptied { exit, .. } = keeper.record().state else { panic!() };
    assert_eq!(exit.status, ExitStatus::Signal(Signal::Kill));
}

fn failure_of(home: &Home, argv: &[&str], cwd: &str) -> (SpawnStep, i32, String) {
    let mut launch = home.launch(argv);
    launch.cwd = cwd.into();
    let mut keeper = Keeper::start(launch);
    let failure = keeper.link().wait_failed();
    keeper.wait_gone();
    assert_eq!(keeper.record().state, RecordState::Failed(failure.clone()));
    (failure.step, failure.errno, failure.message)
}

#[test]
fn what_cannot_start_says_what_was_looked_for_and_where() {
    let home = Home::new();
    let plain = home.path().join("plain");
    std::fs::write(&plain, "text").unwrap();
    let plain = plain.to_str().unwrap();
    let script = home.path().join("script");
    std::fs::write(&script, "#!/no/such/interpreter\n").unwrap();
    let script = script.to_str().unwrap();
    let garbage = home.path().join("garbage");
    std::fs::write(&garbage, [1, 2, 3]).unwrap();
    let garbage = garbage.to_str().unwrap();
    for path in [script, garbage] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }
    let cases: &[(&[&str], &str, SpawnStep, i32, &str)] = &[
        (
            &["no-such-program-xyz"],
            "/",
            SpawnStep::Program,
            libc::ENOENT,
            "2 directories of its PATH; install it, correct `command`, or write its full path; looked in /usr/bin:/bin",
        ),
        (&["/no/such/program"], "/", SpawnStep::Program, libc::ENOENT, "looked at /no/such/program"),
        (&["./missing"], "/usr", SpawnStep::Program, libc::ENOENT, "looked at /usr/./missing"),
        (&[plain], "/", SpawnStep::Program, libc::EACCES, "may not be executed"),
        (&["/usr"], "/", SpawnStep::Program, libc::EISDIR, "is a directory"),
        (&[script], "/", SpawnStep::Program, libc::ENOENT, "interpreter"),
        (&[garbage], "/", SpawnStep::Program, libc::ENOEXEC, "#!/bin/sh"),
        (&["true"], "/no/such/dir", SpawnStep::Cwd, libc::ENOENT, "/no/such/dir does not exist"),
        (&["true"], plain, SpawnStep::Cwd, libc::ENOTDIR, "is not a directory"),
        (&[], "/", SpawnStep::Program, libc::EINVAL, "no program"),
    ];
    for (argv, cwd, step, errno, part) in cases {
        let (got_step, got_errno, message) = failure_of(&home, argv, cwd);
        assert_eq!((got_step, got_errno), (*step, *errno), "{argv:?} {message}");
        // Whoever shows it says of which process it speaks.
        assert!(message.contains(part) && !message.contains("child: "), "{message}");
    }
}

#[test]
fn a_relative_program_is_found_from_its_directory_and_in_the_childs_path() {
    let home = Home::new();
    for argv in [["./sh", "-c", "exit 3"], ["sh", "-c", "exit 3"]] {
        let mut launch = home.launch(&argv);
        launch.cwd = "/bin".into();
        let mut keeper = Keeper::start(launch);
        assert_eq!(keeper.link().wait_exited().0, ExitStatus::Code(3));
        keeper.wait_gone();
    }
}

#[test]
fn the_child_gets_what_it_was_given_and_nothing_else() {
    let home = Home::new();
    let mut launch =
        home.launch(&["/bin/sh", "-c", "umask; ulimit -Sn; pwd; env; ls /proc/self/fd; grep ^Sig /proc/self/status"]);
    (launch.umask, launch.open_files, launch.cwd) = (0o027, 777, "/usr".into());
    let mut keeper = Keeper::start(launch);
    keeper.link().wait_emptied();
    let log = keeper.log();
    assert!(log.starts_with("0027\n777\n/usr\n"), "{log}");
    assert!(log.contains("MARK=seen") && !log.contains("CARGO"), "{log}");
    if cfg!(target_os = "linux") {
        // The fourth descriptor is that of `ls` itself.
        assert!(log.contains("\n0\n1\n2\n3\n") && !log.contains("\n4\n"), "{log}");
        assert!(log.contains("SigBlk:\t0000000000000000"), "{log}");
        assert!(log.contains("SigIgn:\t0000000000000000"), "{log}");
    }
    let mode =
        |name: &str| std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(keeper.dir.join(name)).unwrap()) & 0o777;
    assert_eq!((mode("out.log"), mode("record")), (0o600, 0o600));
}

#[test]
fn two_keepers_for_one_process_are_one_too_many() {
    let home = Home::new();
    let mut first = home.shell("sleep 60");
    first.link().wait_launched();
    let mut launch = home.launch(&["sleep", "60"]);
    launch.dir = home.path().join("other").to_str().unwrap().to_owned();
    let mut second = Keeper::start(launch);
    let failure = second.link().wait_failed();
    assert_eq!(failure.step, SpawnStep::Lock);
    assert!(failure.message.contains(&first.process.id().to_string()), "{}", failure.message);
    second.wait_gone();
    first.link().say(&pm::wire::keeper::Order::Kill);
    assert_eq!(first.link().wait_exited(), (ExitStatus::Signal(Signal::Kill), ExitBy::Kill));
    first.link().wait_emptied();
    // The lock is free as soon as this was told.
    let mut third = home.shell("exit 0");
    third.link().wait_launched();
    until("the first to leave", || first.process.try_wait().unwrap());
}

#[test]
fn a_run_that_was_given_up_before_it_began_never_begins() {
    let home = Home::new();
    let launch = home.launch(&["/bin/sh", "-c", "echo it ran"]);
    std::fs::write(home.path().join("run/given-up"), "").unwrap();
    let mut keeper = Keeper::start(launch);
    let failure = keeper.link().wait_failed();
    assert_eq!(failure.step, SpawnStep::Lock);
    assert!(failure.message.contains("given this run up"), "{}", failure.message);
    keeper.wait_gone();
    assert!(!keeper.dir.join("out.log").exists(), "nothing was begun");
    assert!(pm::platform::lock::FileLock::acquire(&home.path().join("lock")).unwrap().is_some(), "the lock is free");
}

#[test]
fn a_keeper_whose_supervisor_died_before_it_launched_anything_leaves_at_once() {
    for bytes in [0, 3, 40, usize::MAX] {
        let home = Home::new();
        let launch = home.launch(&["/bin/sh", "-c", "echo it ran"]);
        let order = pm::wire::keeper::Order::Launch(Box::new(launch.clone())).to_frame();
        let (mut ours, theirs) = UnixStream::pair().unwrap();
        std::io::Write::write_all(&mut ours, &order[..bytes.min(order.len())]).unwrap();
        drop(ours);
        let mut keeper = Keeper::born_with(launch, theirs);
        keeper.wait_gone();
        assert!(!keeper.dir.join("record").exists() && !home.path().join("lock").exists());
    }
}

#[test]
fn whoever_only_looks_at_the_lock_keeps_no_run_from_it() {
    let home = Home::new();
    let path = home.path().join("lock");
    std::fs::write(&path, "").unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = pm::platform::lock::holder(&path);
            }
        });
        for no in 0..20 {
            let mut launch = home.launch(&["/bin/true"]);
            launch.id = pm::domain::RunId::derive(1, no);
            let mut keeper = Keeper::start(launch);
            keeper.link().wait_launched();
            keeper.wait_gone();
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
