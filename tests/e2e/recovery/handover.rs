//! Who waits while one supervisor leaves and the next one comes.

use std::fs;
use std::time::Duration;

use crate::support::project::Running;
use crate::support::{Project, isolated, pause, wait_for};

/// Ends when the test says so, with 3.
const JOB: &str = "[process.job]\nshell = \"until [ -e {dir}/go ]; do sleep 0.02; done; exit 3\"\n{stop}";
/// So long a verb needs at most until it waits.
const BEGUN: Duration = Duration::from_millis(700);

#[track_caller]
fn wait_printed(verb: &Running, text: &str) {
    wait_for(&format!("{text:?} is printed"), || match verb.stdout() {
        said if said.contains(text) => Ok(()),
        said => Err(said),
    });
}

#[test]
fn a_wait_goes_on_with_the_next_supervisor() {
    isolated(|| {
        let project = Project::new(JOB);
        project.up();
        project.wait_phase("job", "running");
        let run = |name: &str, then: &str, limit: &str| {
            let script = format!("echo begun; until [ -e {{dir}}/{then} ]; do sleep 0.02; done; echo over; exit 4");
            project.spawn(&["run", "--name", name, "--wait", "--timeout", limit, "--", "sh", "-c", &script])
        };
        let mut waiting =
            [project.spawn(&["wait", "job"]), run("adhoc", "go", "50s"), project.spawn(&["wait", "job", "-t", "50s"])];
        let endless = run("endless", "never", "4s");
        wait_printed(&waiting[1], "begun");
        wait_printed(&endless, "begun");
        pause(BEGUN);
        for _ in 0..3 {
            project.pm(&["down", "--detach"]).ok();
            project.up();
            project.wait_phase("job", "running");
        }
        // Neither does a supervisor that is killed end what waits.
        project.kill_supervisor();
        project.up();
        pause(BEGUN);
        assert!(waiting.iter_mut().all(|verb| !verb.is_over()), "{waiting:?}");
        let late = endless.finish().exits(124).says("endless did not end within 4s and was stopped");
        assert!(late.took < Duration::from_secs(15), "{late}");
        fs::write(project.path("go"), "").unwrap();
        let [job, adhoc, limited] = waiting.map(|verb| verb.finish().exits(1));
        assert!(job.stdout.contains("job: failed") && limited.stdout.contains("job: failed"), "{job}{limited}");
        assert_eq!(adhoc.stdout, "begun\nover\n", "each line once: {adhoc}");
        project.down();
    });
}

#[test]
fn a_wait_ends_when_no_other_supervisor_comes_and_says_what_runs_on() {
    isolated(|| {
        let project = Project::new(JOB);
        project.up();
        project.wait_phase("job", "running");
        let waiting = [
            project.spawn(&["wait", "job"]),
            project.spawn(&["run", "--name", "adhoc", "--wait", "--", "{bad}", "print", "up", "sleep", "0"]),
        ];
        wait_printed(&waiting[1], "up");
        let limited = project.spawn(&["wait", "job", "--timeout", "1500ms"]);
        pause(BEGUN);
        project.pm(&["down", "--detach"]).ok();
        for (verb, name) in waiting.into_iter().zip(["job", "adhoc"]) {
            let out = verb.finish().exits(3).says("no other came within 2 s, so the wait ends");
            assert!(out.stderr.contains(&format!("{name} runs on")) && out.stderr.contains("`pm up -d`"), "{out}");
        }
        limited.finish().exits(124);
        project.down();
    });
}

#[test]
fn who_follows_events_or_logs_goes_on_with_the_next_supervisor() {
    isolated(|| {
        let project = Project::new("[process.job]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        project.up();
        project.wait_log("job", "up");
        let (mut events, mut logs) = (project.spawn(&["events", "-f"]), project.spawn(&["logs", "all", "-f"]));
        wait_printed(&events, "launched as pid");
        wait_printed(&logs, "up");
        pause(BEGUN);
        for round in 0..2 {
            project.pm(&["down", "--detach"]).ok();
            project.up();
            let name = format!("later-{round}");
            project.pm(&["run", "--name", &name, "--", "{bad}", "print", "hello", "sleep", "0"]).ok();
            wait_printed(&logs, &format!("{name} | hello"));
            wait_printed(&events, &format!("{name}#1  launched"));
        }
        assert!(!events.is_over() && !logs.is_over());
        wait_for("each event is told once and in order", || {
            let (told, all) = (events.stdout(), project.pm(&["events"]).ok().stdout);
            if told == all { Ok(()) } else { Err(format!("{told}\n--- but there are\n{all}")) }
        });
        // Nobody comes any more.
        project.signal(logs.pid(), rustix::process::Signal::INT);
        logs.finish();
        project.pm(&["down"]).ok();
        events.finish().ok().says("the supervisor has gone");
        project.assert_nothing_left();
    });
}
