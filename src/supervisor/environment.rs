//! The environment a child gets: the supervisor's own, without what is meant for the supervisor alone, then the files,
//! then what the spec sets, then who it is.

use std::collections::BTreeMap;

use crate::domain::effect::LaunchOrder;
use crate::domain::{SpawnFailure, SpawnStep};

/// Variables a service manager sets for the process it started; handed on, they would let a child speak in our name.
const NOT_HANDED_ON: [&str; 9] = [
    "NOTIFY_SOCKET",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "SYSTEMD_EXEC_PID",
];

/// The variables of a run, as `KEY=value`. Files are read anew at every start, so a changed `.env` is seen.
///
/// # Errors
/// An `env_file` that cannot be read or parsed, by name and line.
pub fn assemble(order: &LaunchOrder, project: &str) -> Result<Vec<String>, SpawnFailure> {
    let spec = &order.spec;
    let mut env: BTreeMap<String, String> = own().collect();
    for file in &spec.env_files {
        let entries = dotenvy::from_path_iter(file).map_err(|error| unreadable(file, &error))?;
        for entry in entries {
            let (key, value) = entry.map_err(|error| unreadable(file, &error))?;
            env.insert(key, value);
        }
    }
    env.extend(spec.env.iter().map(|(key, value)| (key.clone(), value.clone())));
    if spec.tty {
        env.entry("TERM".into()).or_insert_with(|| "xterm-256color".into());
    }
    env.insert("PM_PROCESS".into(), spec.name.to_string());
    env.insert("PM_RUN_ID".into(), order.id.to_string());
    env.insert("PM_PROJECT".into(), project.to_owned());
    Ok(env.into_iter().map(|(key, value)| format!("{key}={value}")).collect())
}

/// Our own variables that a child may have. A variable that is no UTF-8 cannot be written in `pm.toml` either, and is left
/// out.
fn own() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| !NOT_HANDED_ON.contains(&key.as_str()))
}

fn unreadable(file: &std::path::Path, error: &dotenvy::Error) -> SpawnFailure {
    let message = format!("env_file {}: {error}; mend it or take it out of env_file, then start again", file.display());
    SpawnFailure { step: SpawnStep::Prepare, errno: 0, message }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::spec::Program;
    use crate::domain::{ProcessName, ProcessSpec, RunId, RunNo};

    fn order(change: impl FnOnce(&mut ProcessSpec)) -> LaunchOrder {
        let name = ProcessName::new("api").unwrap();
        let mut spec = ProcessSpec::new(name, Program::Shell("true".into()), "/".into());
        change(&mut spec);
        LaunchOrder { spec: Arc::new(spec), no: RunNo(1), id: RunId::derive(0, 0) }
    }

    #[test]
    fn later_files_win_and_the_spec_wins_over_files() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        std::fs::write(&one, "A=1\nB=1\nC=1\n").unwrap();
        std::fs::write(&two, "B=2\nC=2\n").unwrap();
        let order = order(|spec| {
            spec.env_files = vec![one, two];
            spec.env.insert("C".into(), "3".into());
        });
        let env = assemble(&order, "shop").unwrap();
        for expected in ["A=1", "B=2", "C=3", "PM_PROCESS=api", "PM_PROJECT=shop", "PM_RUN_ID=".trim_end()] {
            assert!(env.iter().any(|entry| entry.starts_with(expected)), "{expected} in {env:?}");
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let failure = assemble(&order(|spec| spec.env_files = vec!["/nowhere/.env".into()]), "shop").unwrap_err();
        assert_eq!(failure.step, SpawnStep::Prepare);
        assert!(failure.message.contains("/nowhere/.env"), "{}", failure.message);
    }
}
