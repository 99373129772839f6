//! `pm demo` at a terminal: within half a minute it has shown everything off, and then nothing of it is left.

use std::fs;
use std::time::{Duration, Instant};

use super::wait_stage;
use crate::support::{Project, Screen, isolated};

#[test]
fn the_demo_shows_everything_off_and_leaves_nothing() {
    isolated(|| {
        let project = Project::empty();
        let began = Instant::now();
        let mut screen = Screen::open(&project, &["demo"], 36, 120);
        for parts in [
            ["web", "running"],
            ["worker", "restart"],
            ["tree:zombies", "Z3"],
            ["job:broken", "failed exit 7"],
            ["job:fine", "completed exit 0"],
            ["hopeless", "failed"],
        ] {
            screen.wait_line(&parts);
        }
        screen.wait_text("3 zombies");
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
        // Its stages come one after the other, without another key.
        screen.keys("5");
        screen.wait_selected("stubborn");
        screen.keys("x");
        for (stage, said) in [("INT", "INT ignored"), ("TERM", "TERM ignored")] {
            wait_stage(&screen, "stubborn", stage, 3.1);
            screen.wait_text(said);
        }
        screen.wait_line(&["stubborn", "stopped", "KILL"]);
        // It cannot run on without its directories, so that is not offered.
        screen.keys("q");
        screen.wait_text("stop all and quit");
        let shown = screen.contents();
        assert!(!shown.contains("leave running") && !shown.contains("detach"), "{shown}");
        screen.keys("\x1b");
        screen.wait_no_text("stop all and quit");
        screen.quit();
        project.assert_nothing_left();
        for place in ["state/pm", "run/pm", "home", "work"] {
            let left: Vec<_> =
                fs::read_dir(project.base(place)).map_or_else(|_| Vec::new(), |entries| entries.flatten().collect());
            assert!(left.is_empty(), "{left:?} is left in {place}");
        }
    });
}
