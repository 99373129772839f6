//! Sockets that are stale or taken, clients without a manager, and clients that go or hang.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::assert_every_number_once;
use crate::support::procs::{listed, zombies_below};
use crate::support::{Project, Screen, isolated, wait_for};

#[test]
fn c7_a_stale_socket_is_reclaimed() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        project.up();
        project.wait_log("api", "up");
        project.kill_supervisor();
        let socket = project.layout("run").join("control.sock");
        assert!(socket.exists(), "a killed supervisor leaves its socket behind");
        project.up();
        project.wait_phase("api", "running");
        project.down();
        // One that never was a supervisor's.
        fs::create_dir_all(socket.parent().unwrap()).unwrap();
        drop(UnixListener::bind(&socket).unwrap());
        project.pm(&["ps"]).exits(3);
        project.up();
        project.wait_phase("api", "running");
        project.down();
    });
}

#[test]
fn c7_a_live_instance_is_respected() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        let starts: Vec<_> = (0..6).map(|_| project.spawn(&["up", "-d"])).collect();
        for start in starts {
            start.finish().ok();
        }
        let first = project.supervisor_pid();
        project.wait_log("api", "up");
        let row = project.wait_phase("api", "running");
        // Those that came second leave by themselves, a moment after their caller has found the first.
        wait_for("one supervisor and one keeper", || {
            let own = project.alive().into_iter().filter(|p| !p.is_supervised()).count();
            if own == 2 { Ok(()) } else { Err(listed(&project.alive())) }
        });
        for _ in 0..3 {
            project.up();
            assert_eq!((project.supervisor_pid(), project.row("api").pid()), (first, row.pid()));
        }
        // A dashboard that comes second attaches, and takes nothing with it when it is killed.
        let screen = Screen::open(&project, &[], 24, 80);
        screen.wait_line(&["api", "running"]);
        drop(screen);
        assert_eq!((project.supervisor_pid(), project.row("api").pid()), (first, row.pid()));
        project.down();
    });
}

#[test]
fn c7_a_vanished_runtime_directory_is_made_again() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        project.up();
        project.wait_log("api", "up");
        let before = project.wait_phase("api", "running").pid();
        let supervisor = project.supervisor_pid();
        fs::remove_dir_all(project.layout("run")).unwrap();
        project.kill9(supervisor);
        wait_for("it is adopted though every socket was deleted", || {
            project.pm(&["up", "-d"]);
            let out = project.pm(&["ps", "--json"]);
            let row = out.code.filter(|code| *code == 0).map(|_| project.row("api"));
            match row {
                Some(row) if row.is("running") && row.pid() == before => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        project.down();
    });
}

#[test]
fn c9_without_a_manager_every_command_answers_at_once() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} sleep 0\"\n{stop}");
        let commands: [&[&str]; 10] = [
            &["ps"],
            &["ps", "--json"],
            &["status", "api"],
            &["start", "api", "--wait"],
            &["stop", "api", "--wait"],
            &["restart", "api"],
            &["kill", "api"],
            &["wait", "api"],
            &["send", "api", "x"],
            &["summary"],
        ];
        for args in commands {
            let out = project.pm(args).exits(3);
            assert!(out.took < Duration::from_secs(2), "{out}");
            assert!(out.stderr.contains("pm up"), "what to do is said: {out}");
        }
        // One that hangs: it accepts, and never answers.
        let socket = project.base("run").join("pm");
        project.up();
        let dir = project.layout("run");
        project.down();
        fs::create_dir_all(&dir).unwrap();
        let listener = UnixListener::bind(dir.join("control.sock")).unwrap();
        let out = project.pm(&["ps"]);
        assert!(out.code != Some(0) && out.took < Duration::from_secs(15), "{out}");
        drop(listener);
        fs::remove_dir_all(socket).unwrap();
    });
}

#[test]
fn c9_a_supervisor_of_another_version_that_does_not_go_is_not_waited_for_beyond_the_time_limit() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} sleep 0\"\n{stop}");
        project.up();
        let dir = project.layout("run");
        project.down();
        fs::create_dir_all(&dir).unwrap();
        let listener = UnixListener::bind(dir.join("control.sock")).unwrap();
        let other = std::thread::spawn(move || {
            let hello = br#"{"hello":{"version":"0.0.1","pid":4711}}"#;
            let frame = [&(hello.len() as u32).to_be_bytes()[..], hello].concat();
            // Greeted once to find that the versions differ, and once more to be asked to leave.
            let greeted = |mut client: UnixStream| {
                std::io::Write::write_all(&mut client, &frame).ok();
                client
            };
            (0..2).map(|_| greeted(listener.accept().unwrap().0)).collect::<Vec<_>>()
        });
        let out = project.pm(&["down", "--timeout", "1s"]).exits(124).says("not down after 1s");
        assert!(out.took < Duration::from_secs(5), "{out}");
        drop(other.join().unwrap());
        fs::remove_dir_all(project.base("run").join("pm")).unwrap();
    });
}

#[test]
fn c10_a_client_that_goes_or_hangs_harms_nobody() {
    isolated(|| {
        let project = Project::new("[process.api]\ncommand = \"{bad} lines 0 every 1ms\"\n{stop}");
        project.up();
        project.wait_log("api", "line 20\n");
        let pid = project.wait_phase("api", "running").pid();
        // Clients whose output nobody reads: their pipes fill up, and they hang.
        let stuck =
            |args: &[&str]| project.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("pm");
        let mut clients =
            vec![stuck(&["logs", "api", "-f"]), stuck(&["events", "-f"]), stuck(&["logs", "api", "-f", "--json"])];
        let frozen = Screen::open(&project, &[], 24, 80);
        frozen.wait_text("api");
        frozen.signal(Signal::STOP);
        // And one that speaks nonsense, and one that says nothing.
        let socket = project.layout("run").join("control.sock");
        let mut rude = UnixStream::connect(&socket).unwrap();
        std::io::Write::write_all(&mut rude, &[0xff; 4096]).ok();
        let silent = UnixStream::connect(&socket).unwrap();
        for _ in 0..20 {
            let out = project.pm(&["ps"]).ok();
            assert!(out.took < Duration::from_secs(5), "{out}");
        }
        for client in &mut clients {
            client.kill().unwrap();
            client.wait().unwrap();
        }
        drop((rude, silent, frozen));
        assert_eq!(project.wait_phase("api", "running").pid(), pid);
        project.pm(&["stop", "api", "--wait"]).ok();
        assert_every_number_once(&project, "api");
        project.down();
    });
}

#[test]
fn c10_output_that_nobody_reads_holds_no_supervisor_up() {
    isolated(|| {
        let project = Project::new(
            "[process.talker]\ncommand = \"{bad} lines 20000 sleep 0\"\n{stop}\n[process.api]\ncommand = \"{bad} sleep 0\"\n{stop}",
        );
        // The supervisor is in this process, which prints more than its pipe holds.
        let mut front = project.command(["up"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("pm");
        wait_for("a supervisor", || {
            project.pm(&["ps"]).code.filter(|code| *code == 0).ok_or_else(|| "none".to_owned())
        });
        let before = project.wait_phase("api", "running");
        let pipe = File::from(OwnedFd::from(front.stdout.take().unwrap()));
        wait_for("the pipe is full", || {
            let waiting = rustix::io::ioctl_fionread(&pipe).unwrap();
            if waiting >= 48 << 10 { Ok(()) } else { Err(format!("{waiting} bytes")) }
        });
        for _ in 0..3 {
            let out = project.pm(&["restart", "api", "--wait"]).ok();
            assert!(out.took < Duration::from_secs(3), "{out}");
        }
        assert_eq!(project.row("api").run(), before.run() + 3);
        project.pm(&["stop", "all", "--wait"]).ok();
        drop(pipe);
        project.pm(&["down"]).ok();
        front.wait().unwrap();
        project.assert_nothing_left();
    });
}

#[test]
fn c10_a_dashboard_whose_terminal_is_not_read_holds_nobody_up() {
    isolated(|| {
        let project = Project::new(
            "[process.count]\ncommand = \"{bad} lines 0 every 1ms\"\n{stop}\n[process.other]\ncommand = \"{bad} sleep 0\"\n{stop}",
        );
        let mut screen = Screen::open(&project, &[], 40, 160);
        screen.wait_line(&["other", "running"]);
        screen.wait_line(&["line 1"]);
        assert_eq!(project.supervisor_pid(), screen.pid(), "it hosts the supervisor");
        let unread = screen.stop_reading();
        // For half a second; a terminal that takes bytes looks so for a moment.
        let mut looks = 0;
        wait_for("the terminal is full", || {
            looks = if screen.is_full() { looks + 1 } else { 0 };
            if looks >= 50 { Ok(()) } else { Err(format!("{looks} looks")) }
        });
        let printed = project.log("count").lines().count();
        let before = project.row("other");
        let out = project.pm(&["restart", "other", "--wait"]).ok();
        assert!(out.took < Duration::from_secs(10), "{out}");
        let after = project.row("other");
        assert_eq!((after.phase(), after.run()), ("running", before.run() + 1), "{after}");
        assert!(project.pm(&["ps"]).ok().took < Duration::from_secs(5));
        project.wait_log("count", &format!("line {}\n", printed + 500));
        assert!(screen.is_full(), "all that happened while nobody read");
        drop(unread);
        screen.keys("j");
        screen.wait_selected("other");
        project.pm(&["stop", "count", "--wait"]).ok();
        screen.wait_line(&["count", "stopped"]);
        assert_every_number_once(&project, "count");
        screen.keys("q");
        screen.wait_text("stop all and quit");
        screen.keys("s");
        assert!(screen.wait_exit().success());
        screen.wait_restored();
        project.assert_nothing_left();
    });
}

#[test]
fn c10_whose_output_cannot_be_printed_any_more_stops_everything_and_leaves() {
    isolated(|| {
        let project = Project::new("[process.talker]\ncommand = \"{bad} lines 0 every 5ms\"\n{stop}");
        let state = project.base("state").join("pm");
        for args in [&["up"][..], &["demo", "--plain"]] {
            let mut front = project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("pm");
            let mut reader = std::io::BufReader::new(front.stdout.take().unwrap());
            std::io::BufRead::read_line(&mut reader, &mut String::new()).unwrap();
            drop(reader);
            let out = front.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr);
            assert!(said.contains("cannot be printed any more; everything is being stopped"), "{said}");
            project.assert_nothing_left();
        }
        let left: Vec<_> = fs::read_dir(state).unwrap().flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left.len(), 1, "the demo leaves no directory: {left:?}");
    });
}

#[test]
fn c11_as_the_first_process_it_reaps_what_is_handed_to_it() {
    isolated(|| {
        let script =
            "n=0; while [ $n -lt 200 ]; do {bad} double-fork 'exit 0'; n=$((n+1)); done; {bad} print done sleep 0";
        let project = Project::new(&format!("[process.shortlived]\nshell = \"{script}\"\n{{stop}}"));
        project.up();
        project.wait_log("shortlived", "done");
        wait_for("no zombie is left", || {
            let left = zombies_below(project.mark());
            if left.is_empty() { Ok(()) } else { Err(listed(&left)) }
        });
        project.down();
    });
}
