//! `pm logs` as scripts and people use it: plain where nobody asked for colour, searched, merged, counted, cleared.
#![cfg(target_os = "linux")]

mod support;

use support::{Project, isolated};

const COLOURED: &str = r#"[process.pipe]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; printf "\033[31mred\033[0m\ttab\n 10%%\r 50%%\r100%%\n"; sleep 1000'
{stop}
[process.quiet]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; sleep 1000'
color = "never"
unbuffered = false
{stop}
[process.own]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; sleep 1000'
env = { NO_COLOR = "yes" }
{stop}
[process.tty]
shell = 'echo "$FORCE_COLOR/$NO_COLOR/$PYTHONUNBUFFERED"; sleep 1000'
tty = true
{stop}
"#;

#[test]
fn programs_on_pipes_are_asked_for_colour_and_logs_into_a_file_are_plain() {
    isolated(|| {
        let project = Project::new(COLOURED);
        project.up();
        let log = project.wait_log("pipe", "100%");
        assert_eq!(log, "1//1\nred\ttab\n100%\n", "a bar is its last state, a tab is a tab");
        for (name, said) in [("quiet", "/1/\n"), ("own", "/yes/1\n"), ("tty", "//\n")] {
            assert_eq!(project.wait_log(name, "/"), said, "{name}");
        }
        let coloured = project.pm(&["logs", "pipe", "--color", "always"]).ok().stdout;
        assert!(coloured.contains("\u{1b}[0;31m"), "{coloured:?}");
        let json = project.pm(&["logs", "pipe", "--json", "-n", "1"]).ok().json();
        assert_eq!((json["name"].as_str(), json["run"].as_u64()), (Some("pipe"), Some(1)), "{json}");
        assert!(!json["text"].as_str().unwrap().contains('\u{1b}'), "{json}");
        project.down();
    });
}
