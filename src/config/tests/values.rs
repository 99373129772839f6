//! What a valid config turns into, key by key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::paper::Paper;
use super::read;
use crate::config::{Kind, parse};
use crate::domain::spec::{AskColor, Keep, LogLimits, Orphans, Program, Restart, RestartWhen};
use crate::domain::{ProcessSpec, Signal, StopLadder};

/// The one process of a config whose process has `keys`.
fn process(keys: &str) -> ProcessSpec {
    let project = read(&format!("[process.api]\n{keys}\n")).unwrap_or_else(|faults| panic!("{faults}"));
    project.processes.into_iter().next().unwrap()
}

fn argv(keys: &str) -> Vec<String> {
    process(keys).program.argv()
}

#[test]
fn defaults_are_those_of_the_spec() {
    let spec = process("command = [\"true\"]");
    let mut default = ProcessSpec::new(spec.name.clone(), Program::Command(vec!["true".into()]), PathBuf::from("/p"));
    default.source = Some("pm.toml:1".into());
    assert_eq!(spec, default);
}

#[test]
fn a_run_is_kept_within_what_all_may_take() {
    let log = |keys: &str| {
        let log = process(&format!("shell = \"x\"\nlog = {{ {keys} }}")).log;
        (log.segment_bytes, log.segments)
    };
    assert_eq!(log("total = \"100MiB\""), (25 << 20, 4));
    assert_eq!(log("total = \"100MiB\", segments = 2"), (50 << 20, 2));
    assert_eq!(log("total = \"100MiB\", segment = \"40MiB\""), (40 << 20, 2));
    assert_eq!(log("total = \"10GiB\""), (64 << 20, 4));
    assert_eq!(log("total = \"2KiB\""), (1 << 10, 2));
    let faults = read("[process.x]\nshell = \"x\"\nlog = { segment = \"2MiB\", total = \"1MiB\" }").unwrap_err();
    assert!(faults.to_string().contains("\"segment\" is larger than \"total\""), "{faults}");
    let packed = |head: &str, keys: &str| {
        let project = read(&format!("[project]\n{head}\n[process.x]\nshell = \"x\"\n{keys}")).unwrap();
        project.processes[0].log.compress
    };
    assert!(!packed("", "") && packed("log_compress = true", "") && packed("", "log.compress = true"));
    assert!(!packed("log_compress = true", "log.compress = false") && packed("log_compress = true", "log.runs = 3"));
    let project = read("[project]\nlog_total = \"1GiB\"\nlog_age = \"30d\"\n[process.x]\nshell = \"x\"").unwrap();
    assert_eq!(project.keep, Keep { total_bytes: Some(1 << 30), max_age: Some(Duration::from_hours(720)) });
    assert!(read("[project]\nlog_age = \"0s\"\n[process.x]\nshell = \"x\"").is_err());
}

#[test]
fn every_key_arrives_in_the_spec() {
    let spec = process(
        "command = \"python3 -m 'http server' \\\"8 0\\\"\"\ncwd = \"./web\"\nenv = { A = \"1\" }\nenv_file = \".env\"\nautostart = false\n\
         restart = { when = \"always\", first_wait = \"1s\", max_wait = \"1m30s\", healthy_after = \"1h\", limit = 0 }\n\
         stop = [{ signal = \"SIGINT\", wait = \"500ms\" }, { signal = \"TERM\" }]\ntty = true\nearly_exit = \"0s\"\n\
         orphans = \"stop\"\ncolor = \"never\"\nunbuffered = false\nlog = { segment = \"1MiB\", segments = 1, runs = 2, total = \"4MiB\", age = \"2d\", compress = true }",
    );
    assert_eq!(spec.program.argv(), ["python3", "-m", "http server", "8 0"]);
    assert_eq!(spec.cwd, Path::new("/p/web"));
    assert_eq!(spec.env.get("A").map(String::as_str), Some("1"));
    assert_eq!(spec.env_files, [Path::new("/p/.env")]);
    assert!(!spec.autostart && spec.tty);
    assert_eq!((spec.color, spec.unbuffered), (AskColor::Never, false));
    assert_eq!(
        spec.restart,
        Restart {
            when: RestartWhen::Always,
            first_wait: Duration::from_secs(1),
            max_wait: Duration::from_secs(90),
            healthy_after: Duration::from_hours(1),
            limit: 0,
        }
    );
    let stages: Vec<_> = spec.stop.stages().iter().map(|stage| (stage.signal, stage.wait.as_millis())).collect();
    assert_eq!(stages, [(Signal::Int, 500), (Signal::Term, 10_000), (Signal::Kill, 0)]);
    assert_eq!(spec.early_exit, Duration::ZERO);
    assert_eq!(spec.orphans, Orphans::Stop);
    let keep = Keep { total_bytes: Some(4 << 20), max_age: Some(Duration::from_hours(48)) };
    assert_eq!(spec.log, LogLimits { segment_bytes: 1 << 20, segments: 1, runs: 2, keep, compress: true });
}

#[test]
fn nothing_in_a_command_is_expanded() {
    assert_eq!(argv("command = 'true $HOME ~ *.rs `id` $(id)'"), ["true", "$HOME", "~", "*.rs", "`id`", "$(id)"]);
    assert_eq!(argv("command = ['true', '$HOME', '']"), ["true", "$HOME", ""]);
}

#[test]
fn the_stop_of_the_documentation_is_the_default() {
    let written =
        "stop = [{ signal = \"TERM\", wait = \"10s\" }, { signal = \"TERM\", wait = \"5s\" }, { signal = \"KILL\" }]";
    assert_eq!(process(&format!("shell = \"x\"\n{written}")).stop, StopLadder::default());
}

#[test]
fn restart_keeps_max_wait_above_a_long_first_wait() {
    let spec = process("shell = \"x\"\nrestart = { when = \"always\", first_wait = \"1m\" }");
    assert_eq!(spec.restart.max_wait, Duration::from_mins(1));
}

#[test]
fn processes_keep_the_order_of_the_file() {
    let text = "[process.zoo]\nshell = 'x'\n\n[process.\"b:c\"]\nshell = 'x'\n[process.art]\nshell = 'x'\nrestart.when = 'no'\n";
    let project = read(text).unwrap();
    let order: Vec<_> =
        project.processes.iter().map(|spec| (spec.name.as_str(), spec.source.as_deref().unwrap())).collect();
    assert_eq!(order, [("zoo", "pm.toml:1"), ("b:c", "pm.toml:4"), ("art", "pm.toml:6")]);
}

#[test]
fn unstartable_processes_are_kept_and_do_not_stop_the_others() {
    let text = "[process.gone]\ncommand = ['nosuch']\ncwd = 'nowhere'\n[process.fine]\ncommand = ['true']\n";
    let project = read(text).unwrap();
    assert_eq!(project.processes.len(), 2);
    assert_eq!(project.warnings.count(Kind::Unstartable), 2);
    assert_eq!(project.warnings.errors(), 2);
    assert_eq!(project.warnings.about(&project.processes[0].name).count(), 2);
    assert_eq!(project.warnings.about(&project.processes[1].name).count(), 0);
}

#[test]
fn programs_are_found_where_the_process_would_find_them() {
    let quiet = |keys: &str| read(&format!("[process.api]\n{keys}")).unwrap().warnings.is_empty();
    assert!(quiet("command = ['./run.sh']"));
    assert!(!quiet("command = ['own']"));
    assert!(quiet("command = ['own']\nenv = { PATH = '/p/bin' }"));
    assert!(quiet("command = ['own']\nenv = { PATH = 'bin' }"), "relative parts of PATH are relative to cwd");
    assert!(quiet("command = ['own']\nenv_file = '.env'"));
    assert!(!quiet("command = ['true']\nenv = { PATH = '/p/bin' }"));
}

#[test]
fn ids_are_short_harmless_and_belong_to_one_file() {
    let id =
        |name: &str, path: &str| parse(&format!("[project]\nname = \"{name}\"\n"), Path::new(path), &Paper).unwrap().id;
    assert_ne!(id("shop", "/p/pm.toml"), id("shop", "/q/pm.toml"));
    assert_ne!(id("shop", "/p/pm.toml"), id("shop", "/p/other.toml"));
    assert_eq!(id("shop", "/p/pm.toml"), id("shop", "/p/./pm.toml"));
    for name in ["shop", "My Shop!", "größe", "漢字", "---", "../../etc", &"long-".repeat(30)] {
        let id = id(name, "/p/pm.toml");
        let (stem, digest) = id.rsplit_once('-').unwrap();
        assert!((1..=24).contains(&stem.len()) && digest.len() == 8, "{id}");
        assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{id}");
    }
    assert!(id("My Shop!", "/p/pm.toml").starts_with("my-shop-"));
}

#[test]
fn a_project_without_a_name_is_called_like_its_directory() {
    let project = parse("", Path::new("/some/shop/pm.toml"), &Paper).unwrap();
    assert_eq!((project.name.as_str(), project.processes.len()), ("shop", 0));
    assert_eq!(project.root, Path::new("/some/shop"));
    assert_eq!(project.warnings.count(Kind::Advice), 1);
}
