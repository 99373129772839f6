//! Fork storms: double forks into sessions of their own that ignore TERM. A hundred stops, nothing survives, every kill is counted.

use crate::support::procs::listed;
use crate::support::{Project, isolated, wait_for};

const STORMS: usize = 4;
const ROUNDS: u64 = 25;

#[test]
fn done_4_a_hundred_storms_leave_no_survivor() {
    isolated(|| {
        let one = |n: usize| {
            format!(
                "[process.storm{n}]\ncommand = \"{{bad}} ignore TERM storm 5ms\"\nautostart = false\n\
                 stop = [ {{ signal = \"TERM\", wait = \"50ms\" }}, {{ signal = \"KILL\" }} ]\n"
            )
        };
        let project = Project::new(&(0..STORMS).map(one).collect::<String>());
        project.up();
        let names: Vec<String> = (0..STORMS).map(|n| format!("storm{n}")).collect();
        let mut killed = 0;
        for round in 1..=ROUNDS {
            project.pm(&["start", "storm*", "--wait"]).ok();
            for name in &names {
                wait_for(&format!("{name} rages"), || match project.tree(name).len() {
                    20.. => Ok(()),
                    few => Err(format!("{few} processes")),
                });
            }
            project.pm(&["stop", "storm*", "--wait"]).ok();
            for name in &names {
                let left = project.tree(name);
                assert!(left.is_empty(), "{} survivors of {name} in round {round}:\n{}", left.len(), listed(&left));
                let row = project.row(name);
                assert_eq!((row.phase(), row.run()), ("stopped", round), "{row}");
                killed += killed_of(row.why());
            }
        }
        println!("{} storms, {killed} processes killed, 0 survivors", ROUNDS as usize * STORMS);
        assert!(killed >= ROUNDS * STORMS as u64 * 10, "only {killed} kills were reported");
        project.down();
    });
}

/// `… , 41 killed` → 41.
fn killed_of(why: &str) -> u64 {
    let before = why.strip_suffix(" killed").unwrap_or_else(|| panic!("no count of what was killed in {why:?}"));
    before
        .rsplit([' ', ','])
        .next()
        .and_then(|count| count.parse().ok())
        .unwrap_or_else(|| panic!("no count in {why:?}"))
}
