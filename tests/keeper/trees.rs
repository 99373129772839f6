//! Trees that do not want to die, each in a pid namespace of its own: a stop that fails here fails alone.

use std::process::Command;

use pm::domain::{ExitBy, ExitStatus, Signal};
use pm::wire::keeper::{Order, Report};
use pm::wire::record::RecordState;

use crate::driver::{Home, Keeper, until};

/// Runs `body` inside a fresh pid namespace, by running the test of this `name` again in there.
fn in_a_namespace(name: &str, body: fn()) {
    if std::env::var_os("PM_TEST_INSIDE").is_some() {
        return body();
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["-p", "-f", "--mount-proc", "--kill-child"]);
    if !rustix::process::geteuid().is_root() {
        unshare.args(["-U", "-r"]);
    }
    let exe = std::env::current_exe().unwrap();
    let output = unshare.arg(exe).args([name, "--exact", "--nocapture"]).env("PM_TEST_INSIDE", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Everybody in the namespace but init (this test) and the keepers.
fn strangers(keeper: &Keeper) -> Vec<String> {
    let mine = [1, std::process::id(), keeper.process.id()];
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| !mine.contains(pid))
        .filter_map(|pid| Some(format!("{pid} {}", std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?)))
        .collect()
}

fn stop(keeper: &mut Keeper, stages: &[(Signal, u64)]) -> u32 {
    keeper.link().say(&Order::Stop(stages.to_vec()));
    let killed = keeper.link().wait_emptied();
    assert_eq!(strangers(keeper), Vec::<String>::new());
    killed
}

const SHORT: &[(Signal, u64)] = &[(Signal::Term, 50), (Signal::Term, 50), (Signal::Kill, 0)];

#[test]
fn one_that_ignores_term_is_killed_in_the_third_stage() {
    in_a_namespace("trees::one_that_ignores_term_is_killed_in_the_third_stage", || {
        let home = Home::new();
        let mut keeper = home.shell("trap '' TERM; echo ready; while :; do sleep 0.02; done");
        keeper.link().wait_grown(6);
        assert!(stop(&mut keeper, SHORT) >= 1);
        assert_eq!(keeper.link().wait_exited().1, ExitBy::StopStage(3));
        let stages: Vec<_> = keeper.link().heard.iter().filter_map(stage).collect();
        assert_eq!(stages, [(1, 3, Signal::Term), (2, 3, Signal::Term), (3, 3, Signal::Kill)]);
    });
}

fn stage(report: &Report) -> Option<(u8, u8, Signal)> {
    match report {
        Report::Stage { number, of, signal, .. } => Some((*number, *of, *signal)),
        _ => None,
    }
}

/// Case A2.
#[test]
fn the_leader_goes_at_once_its_child_ignores_term() {
    in_a_namespace("trees::the_leader_goes_at_once_its_child_ignores_term", || {
        let home = Home::new();
        let mut keeper = home.shell("sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.02; done' & wait");
        keeper.link().wait_grown(6);
        assert!(stop(&mut keeper, SHORT) >= 1);
        assert_eq!(keeper.link().wait_exited().1, ExitBy::StopStage(1));
    });
}

/// Case A3.
#[test]
fn a_daemon_in_a_session_of_its_own_that_ignores_term() {
    in_a_namespace("trees::a_daemon_in_a_session_of_its_own_that_ignores_term", || {
        let home = Home::new();
        let daemon = "(setsid sh -c 'trap \"\" TERM; echo ready; while :; do sleep 0.02; done' &) ; exec sleep 100";
        let mut keeper = home.shell(daemon);
        keeper.link().wait_grown(6);
        assert!(stop(&mut keeper, SHORT) >= 1);
    });
}

#[test]
fn a_daemon_in_a_session_of_its_own_is_asked_politely_first() {
    in_a_namespace("trees::a_daemon_in_a_session_of_its_own_is_asked_politely_first", || {
        let home = Home::new();
        let daemon = "(setsid sh -c 'trap \"echo bye; exit\" TERM; echo ready; while :; do sleep 0.02; done' &) ; exec sleep 100";
        let mut keeper = home.shell(daemon);
        keeper.link().wait_grown(6);
        assert_eq!(stop(&mut keeper, &[(Signal::Term, 20_000), (Signal::Kill, 0)]), 0);
        assert!(keeper.log().contains("bye\n"), "{}", keeper.log());
    });
}

/// Case A6, made worse: each fork leaves the group, and some leave the session.
#[test]
fn a_fork_storm_ends() {
    in_a_namespace("trees::a_fork_storm_ends", || {
        let storm = "trap '' TERM; echo ready; while :; do (setsid sh -c 'trap \"\" TERM; (sleep 50 &) ; sleep 50' &) ; sleep 0.005; done";
        for _ in 0..3 {
            let home = Home::new();
            let mut keeper = home.shell(storm);
            keeper.link().wait_grown(6);
            until("some forks", || (strangers(&keeper).len() > 20).then_some(()));
            assert!(stop(&mut keeper, SHORT) > 10);
            keeper.wait_gone();
        }
    });
}

/// Case D14: the disk is full.
#[test]
fn a_full_disk_costs_output_but_neither_the_child_nor_its_exit() {
    in_a_namespace("trees::a_full_disk_costs_output_but_neither_the_child_nor_its_exit", || {
        let home = Home::new();
        let run = home.path().join("run");
        std::fs::create_dir(&run).unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(&run).status().unwrap();
        assert!(mount.success());
        let mut keeper = home.shell("head -c 3000000 /dev/zero; read x; echo after; exit 9");
        let lost = keeper.link().wait("a loss", |report| match report {
            Report::Grew { end, lost, .. } if end + lost >= 3_000_000 => Some(*lost),
            _ => None,
        });
        assert!(lost > 2_000_000, "{lost}");
        // No byte of room is left: not for the log, not for a new file.
        std::fs::write(run.join("filler"), vec![0; 1 << 20]).unwrap_err();
        keeper.link().say(&Order::Input(b"go\n".to_vec()));
        assert_eq!(keeper.link().wait_exited().0, ExitStatus::Code(9));
        keeper.link().wait_emptied();
        let RecordState::Emptied { exit, .. } = keeper.record().state else { panic!("{:?}", keeper.record()) };
        assert_eq!(exit.status, ExitStatus::Code(9));
        keeper.wait_gone();
        assert!(Command::new("umount").arg(&run).status().unwrap().success());
    });
}

#[test]
fn leftovers_are_stopped_after_the_leader_ended_by_itself() {
    in_a_namespace("trees::leftovers_are_stopped_after_the_leader_ended_by_itself", || {
        let home = Home::new();
        let mut keeper = home.shell("(trap '' TERM; while :; do echo tick; sleep 0.02; done) & exit 0");
        assert_eq!(keeper.link().wait_exited().1, ExitBy::Itself);
        // Their output is kept as long as they run.
        let end = keeper.log().len() as u64;
        keeper.link().wait_grown(end + 20);
        assert!(stop(&mut keeper, SHORT) >= 1);
        assert_eq!(keeper.link().wait_exited().1, ExitBy::Itself);
    });
}
