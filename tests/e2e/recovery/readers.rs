//! Readers of our output that leave or stand still: what was asked for is done all the same.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Project, isolated, pause, wait_for};

/// Reads one line of what it prints and closes the pipe.
fn read_one_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    line
}

#[test]
fn c10_a_job_whose_reader_left_is_waited_for_and_stopped_in_time() {
    isolated(|| {
        let project = Project::empty();
        let run = |name: &str, more: &[&str], script: &str| {
            let mut args = vec!["run", "--name", name, "--wait"];
            args.extend(more);
            args.extend(["--", "sh", "-c", script]);
            project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("pm")
        };
        let mut endless = run("j1", &["--timeout", "2s"], "while :; do echo tick; sleep .1; done");
        let mut failing = run("j2", &[], "echo one; sleep .3; echo two; sleep .3; exit 7");
        let mut fine = run("j3", &[], "echo one; sleep .3; echo two");
        for (child, line) in [(&mut endless, "tick\n"), (&mut failing, "one\n"), (&mut fine, "one\n")] {
            assert_eq!(read_one_line(child), line);
        }
        let [endless, failing, fine] = [endless, failing, fine].map(|child| child.wait_with_output().unwrap());
        let said = |out: &std::process::Output| String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(endless.status.code(), Some(124), "{}", said(&endless));
        assert!(said(&endless).contains("j1 did not end within 2s and was stopped"), "{}", said(&endless));
        assert_eq!(failing.status.code(), Some(1), "{}", said(&failing));
        assert!(said(&failing).ends_with("pm: j2: exit 7\n"), "{}", said(&failing));
        assert_eq!(fine.status.code(), Some(0), "{}", said(&fine));
        project.wait_phase("j1", "failed");
        // What it printed to the other stream still comes.
        let mut both = run("j4", &[], "echo one; sleep .3; echo two; echo more >&2; exit 1");
        read_one_line(&mut both);
        let both = both.wait_with_output().unwrap();
        assert_eq!(both.status.code(), Some(1), "{}", said(&both));
        assert!(said(&both).starts_with("more\n") && said(&both).ends_with("pm: j4: exit 1\n"), "{}", said(&both));
        project.down();
    });
}

#[test]
fn c10_who_is_asked_to_end_ends_though_its_reader_stands_still() {
    isolated(|| {
        let word = "much".repeat(50);
        let talker = format!("[process.talker]\ncommand = \"{{bad}} lines 0 every 1ms prefix {word}\"\n{{stop}}");
        let project = Project::new(&talker);
        let pipe = project.path("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Both of its streams stand still, as under a service manager whose log does.
        let stuck = |args: &[&str]| {
            let reader = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
            let writer = || Stdio::from(OpenOptions::new().write(true).open(&pipe).unwrap());
            let child = project.command(args).stdout(writer()).stderr(writer()).spawn().expect("pm");
            wait_for("the pipe is full", || {
                let waiting = rustix::io::ioctl_fionread(&reader).unwrap();
                if waiting >= 48 << 10 { Ok(()) } else { Err(format!("{waiting} bytes")) }
            });
            pause(Duration::from_millis(500));
            (child, reader)
        };
        let (mut front, reader) = stuck(&["up"]);
        project.signal(front.id(), Signal::TERM);
        let asked_at = Instant::now();
        project.assert_nothing_left();
        assert!(asked_at.elapsed() < Duration::from_secs(8), "after {:?}", asked_at.elapsed());
        front.wait().unwrap();
        drop(reader);
        // The one who only watches leaves, and what runs goes on.
        project.up();
        let (mut watcher, reader) = stuck(&["up"]);
        project.signal(watcher.id(), Signal::TERM);
        assert_eq!(watcher.wait().unwrap().code(), Some(0));
        drop(reader);
        project.wait_phase("talker", "running");
        project.down();
        fs::remove_file(&pipe).unwrap();
        // Whoever is only slow gets everything.
        let project = Project::new("[process.talker]\ncommand = \"{bad} lines 20000\"\n{stop}");
        let mut front = project.command(["up"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("pm");
        let pipe = File::from(OwnedFd::from(front.stdout.take().unwrap()));
        wait_for("the pipe is full", || {
            let waiting = rustix::io::ioctl_fionread(&pipe).unwrap();
            if waiting >= 48 << 10 { Ok(()) } else { Err(format!("{waiting} bytes")) }
        });
        pause(Duration::from_millis(1500));
        let lines: Vec<_> = BufReader::new(pipe).lines().map(Result::unwrap).collect();
        assert!(lines.iter().any(|line| line.ends_with("line 20000")), "{:?}", lines.last());
        assert_eq!(front.wait().unwrap().code(), Some(0));
        project.assert_nothing_left();
    });
}

#[test]
fn c10_a_job_whose_reader_stands_still_keeps_its_limit_and_hears_who_asks() {
    isolated(|| {
        let project = Project::empty();
        let run = |name: &str, more: &[&str]| {
            let mut args = vec!["run", "--name", name, "--wait"];
            args.extend(more);
            args.extend(["--", "sh", "-c", "yes | head -c 300000; exec sleep 1000"]);
            project.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("pm")
        };
        let (mut limited, mut asked) = (run("limited", &["--timeout", "1s"]), run("asked", &[]));
        for front in [&limited, &asked] {
            let pipe = front.stdout.as_ref().unwrap();
            wait_for("the pipe is full", || {
                let waiting = rustix::io::ioctl_fionread(pipe).unwrap();
                if waiting >= 48 << 10 { Ok(()) } else { Err(format!("{waiting} bytes")) }
            });
        }
        project.signal(asked.id(), Signal::INT);
        for (front, code, said) in [(&mut limited, 124, "was stopped"), (&mut asked, 1, "asked runs on")] {
            let ended = wait_for("it ends", || front.try_wait().unwrap().ok_or_else(String::new));
            let mut text = String::new();
            std::io::Read::read_to_string(front.stderr.as_mut().unwrap(), &mut text).unwrap();
            assert_eq!(ended.code(), Some(code), "{text}");
            assert!(text.contains(said), "{text}");
        }
        project.wait_phase("limited", "failed");
        project.wait_phase("asked", "running");
        // Whoever is only slow gets everything.
        let mut slow = project.command(["run", "--wait", "--", "seq", "20000"]);
        let mut slow = slow.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("pm");
        pause(Duration::from_millis(1500));
        let lines: Vec<_> = BufReader::new(slow.stdout.take().unwrap()).lines().map(Result::unwrap).collect();
        assert_eq!((lines.len(), slow.wait().unwrap().code()), (20_000, Some(0)));
        project.pm(&["kill", "asked", "--wait"]).ok();
        project.down();
    });
}
