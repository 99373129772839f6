//! Processes with a terminal of their own: shown, typed at, resized, left and come back to, in the dashboard and with
//! `pm attach`; and what hostile ones get out of it.

mod attach;
mod hostile;
mod programs;
mod sequences;

use crate::support::{Project, Screen, wait_for};

/// A shell whose prompt is the same for everybody.
const SHELL: &str = "[process.shell]\ncommand = \"bash --norc -i\"\nenv = { PS1 = \"ready> \" }\ntty = true\n{stop}\n";

/// The dashboard on the only process, with the keyboard attached.
fn attached(project: &Project, name: &str) -> Screen {
    let screen = Screen::open(project, &[], 30, 100);
    screen.wait_line(&[name, "running"]);
    screen.keys("a");
    screen.wait_text(&format!("attached to {name}"));
    screen
}

/// What `pm` says after it has left; its last words may still be on their way when it has ended.
fn says(screen: &Screen, text: &str) {
    wait_for(&format!("it says {text:?}"), || {
        let shown = screen.contents();
        if shown.contains(text) { Ok(()) } else { Err(shown) }
    });
}

/// Leaves the dashboard that attached to another's supervisor.
fn detach(screen: &mut Screen) {
    screen.keys("q");
    screen.wait_text("detach");
    screen.keys("d");
    assert!(screen.wait_exit().success());
    screen.wait_restored();
}

/// A script for `sh` in the project's directory, and the config that runs it at a terminal.
fn script(text: &str) -> Project {
    let project = Project::new("[process.it]\ncommand = [\"bash\", \"{dir}/it.sh\"]\ntty = true\n{stop}\n");
    std::fs::write(project.path("it.sh"), text).unwrap();
    project
}
