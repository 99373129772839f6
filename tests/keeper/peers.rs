//! Supervisors come, go and come back; the run does not care.

use std::os::unix::net::UnixStream;

use pm::domain::{ExitBy, ExitStatus, Signal};
use pm::wire::keeper::{Order, Report};
use pm::wire::record::RecordState;

use crate::driver::{Home, Keeper, until};

#[test]
fn a_supervisor_that_comes_later_hears_everything() {
    let home = Home::new();
    let mut keeper = home.shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    let pid = keeper.link().wait_launched();
    keeper.link().wait_grown(6);
    keeper.link().say(&Order::Stop(vec![(Signal::Term, 600_000)]));
    keeper.link().say(&Order::Hold);
    keeper.link().wait("held", |report| matches!(report, Report::Held).then_some(()));
    keeper.link = None;
    let mut later = keeper.attach();
    assert_eq!(later.wait_launched(), pid);
    later.wait_grown(6);
    assert!(
        matches!(&later.heard[0], Report::Hello { keeper_pid, .. } if *keeper_pid == keeper.process.id()),
        "{:?}",
        later.heard
    );
    let said = later
        .heard
        .iter()
        .any(|report| matches!(report, Report::Stage { number: 1, of: 2, signal: Signal::Term, wait: 600_000, .. }));
    assert!(said && later.heard.contains(&Report::Held), "{:?}", later.heard);
    later.say(&Order::NextStage);
    assert_eq!(later.wait_exited(), (ExitStatus::Signal(Signal::Kill), ExitBy::StopStage(2)));
    assert!(later.wait_emptied() >= 1);
}

#[test]
fn the_ladder_goes_on_when_the_supervisor_dies_in_mid_stop() {
    let home = Home::new();
    let mut keeper = home.shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
    keeper.link().wait_grown(6);
    keeper.link().say(&Order::Stop(vec![(Signal::Term, 50), (Signal::Term, 50), (Signal::Kill, 0)]));
    keeper.link().wait("a stage", |report| matches!(report, Report::Stage { .. }).then_some(()));
    keeper.link = None;
    keeper.wait_gone();
    let RecordState::Emptied { exit, killed, .. } = keeper.record().state else { panic!() };
    assert_eq!((exit.status, exit.by), (ExitStatus::Signal(Signal::Kill), ExitBy::StopStage(3)));
    assert!(killed >= 1);
}

#[test]
fn a_keeper_told_to_end_walks_the_ladder_of_its_launch() {
    let home = Home::new();
    let mut keeper = home.shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
    keeper.link().wait_grown(6);
    rustix::process::kill_process(rustix::process::Pid::from_child(&keeper.process), rustix::process::Signal::TERM)
        .unwrap();
    assert_eq!(keeper.link().wait_exited(), (ExitStatus::Code(5), ExitBy::StopStage(1)));
    keeper.wait_gone();
}

#[test]
fn a_socket_directory_that_was_removed_comes_back_when_asked_for() {
    let home = Home::new();
    let mut keeper = home.shell("sleep 60");
    let pid = keeper.link().wait_launched();
    std::fs::remove_dir_all(home.path().join("k")).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&keeper.process), rustix::process::Signal::USR1)
        .unwrap();
    assert_eq!(keeper.attach().wait_launched(), pid);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&keeper.launch.socket).unwrap());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_exit_is_recorded_though_the_run_directory_was_removed() {
    let home = Home::new();
    let mut keeper = home.shell("read x; exit 4");
    keeper.link().wait_launched();
    std::fs::remove_dir_all(&keeper.dir).unwrap();
    keeper.link().say(&Order::Input(b"go\n".to_vec()));
    assert_eq!(keeper.link().wait_exited().0, ExitStatus::Code(4));
    keeper.wait_gone();
    assert!(matches!(keeper.record().state, RecordState::Emptied { .. }));
}

#[test]
fn a_peer_that_does_not_read_or_talks_nonsense_harms_nobody() {
    let home = Home::new();
    let mut keeper = home.shell("while read x; do echo $x; done");
    keeper.link().wait_launched();
    let deaf = keeper.attach();
    let mut mad = UnixStream::connect(&keeper.launch.socket).unwrap();
    std::io::Write::write_all(&mut mad, &[255; 64]).unwrap();
    for round in 0..50 {
        keeper.link().say(&Order::Input(vec![b'a'; 100]));
        keeper.link().say(&Order::Input(b"\n".to_vec()));
        keeper.link().wait_grown((round + 1) * 101);
    }
    let ended = until("the mad one to be dropped", || std::io::Read::read(&mut mad, &mut [0; 64]).ok());
    assert_eq!(ended, 0);
    drop(deaf);
}

#[test]
fn input_reaches_the_child_and_too_much_of_it_is_refused() {
    let home = Home::new();
    let mut keeper = home.shell("head -c 5; exec sleep 60");
    keeper.link().say(&Order::Input(b"hello".to_vec()));
    keeper.link().wait_grown(5);
    assert_eq!(keeper.log(), "hello");
    for _ in 0..4 {
        keeper.link().say(&Order::Input(vec![b'x'; 40_000]));
    }
    let why = keeper.link().wait("a refusal", |report| match report {
        Report::InputRefused(why) => Some(why.clone()),
        _ => None,
    });
    assert!(why.contains("has not read the last"), "{why}");
}

#[test]
fn a_terminal_is_one_and_has_its_size() {
    let home = Home::new();
    let mut launch =
        home.launch(&["/bin/sh", "-c", "test -t 0 && test -t 1 && stty size; read x; stty size; echo got $x"]);
    launch.tty = Some((33, 101));
    let mut keeper = Keeper::start(launch);
    keeper.link().wait_grown(6);
    assert!(keeper.log().contains("33 101"), "{}", keeper.log());
    keeper.link().say(&Order::Resize(44, 99));
    keeper.link().say(&Order::Input(b"word\n".to_vec()));
    assert_eq!(keeper.link().wait_exited().0, ExitStatus::Code(0));
    keeper.link().wait_emptied();
    assert!(keeper.log().contains("44 99\r\ngot word\r\n"), "{}", keeper.log());
}
