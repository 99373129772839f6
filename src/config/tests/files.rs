//! The files that come with `pm`, and files on a real disk.

use std::fs;
use std::path::Path;

use crate::config::keys::{self, KEYS, Section};
use crate::config::{Kind, Machine, adhoc, demo, find, load, outline, parse};

const EXAMPLE: &str = include_str!("../../../pm.toml.example");

/// Keys of the example that are commented out, such as `# env_file = [".env"]`.
fn commented_keys() -> Vec<&'static str> {
    let key = |line: &'static str| {
        let (name, _) = line.strip_prefix("# ")?.split_once(" = ")?;
        name.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(name)
    };
    EXAMPLE.lines().filter_map(key).collect()
}

#[test]
fn the_example_loads_without_a_fault() {
    let project = parse(EXAMPLE, Path::new("/p/pm.toml.example"), &Machine).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(project.warnings.count(Kind::Fault) + project.warnings.count(Kind::Advice), 0, "{}", project.warnings);
    assert!(project.processes.iter().filter(|spec| spec.autostart).count() >= 7);
    assert!(project.processes.iter().any(|spec| spec.tty));
    assert!(project.processes.iter().any(|spec| spec.name.group() == Some("web")));
}

#[test]
fn every_key_is_in_the_example_and_every_key_of_the_example_is_known() {
    let typed = |name: &str| {
        let header = EXAMPLE.contains(&format!("[{name}")) || EXAMPLE.contains(&format!(".{name}]"));
        let is_key = |at: usize| !EXAMPLE[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        header || EXAMPLE.match_indices(&format!("{name} = ")).any(|(at, _)| is_key(at))
    };
    for key in KEYS {
        assert!(typed(key.name), "the example does not show \"{}\" of {}", key.name, key.section.title());
    }
    let commented = commented_keys();
    assert!(!commented.is_empty());
    for name in commented {
        assert!(Section::ALL.iter().any(|section| keys::key(*section, name).is_some()), "{name} is no key");
    }
}

#[test]
fn the_example_of_every_key_is_valid() {
    for key in KEYS {
        let example = key.example;
        let text = match key.section {
            Section::Top => format!("{example}\n"),
            Section::Project => format!("[project]\n{example}\n"),
            Section::Process if matches!(key.name, "command" | "shell") => format!("[process.x]\n{example}\n"),
            Section::Process => format!("[process.x]\nshell = \"x\"\n{example}\n"),
            Section::Restart if key.name == "when" => {
                format!("[process.x]\nshell = \"x\"\nrestart = {{ {example} }}\n")
            }
            Section::Restart => format!("[process.x]\nshell = \"x\"\nrestart = {{ when = \"always\", {example} }}\n"),
            Section::Stop if key.name == "signal" => format!("[process.x]\nshell = \"x\"\nstop = [{{ {example} }}]\n"),
            Section::Stop => format!("[process.x]\nshell = \"x\"\nstop = [{{ signal = \"TERM\", {example} }}]\n"),
            Section::Log => format!("[process.x]\nshell = \"x\"\nlog = {{ {example} }}\n"),
        };
        let text = if text == "[process.api]\n" { format!("{text}shell = \"x\"\n") } else { text };
        assert!(super::read(&text).is_ok(), "{text}\n{}", super::findings(&text));
    }
}

#[test]
fn the_reference_names_every_key_once_per_section() {
    let reference = keys::reference();
    for key in KEYS {
        assert!(reference.contains(&format!("| `{}` | ", key.name)), "{reference}");
    }
    assert_eq!(reference.lines().filter(|line| line.starts_with("| `")).count(), KEYS.len());
}

#[test]
fn the_demo_loads_without_a_fault() {
    let project = demo(Path::new("/tmp")).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(project.warnings.count(Kind::Advice), 0, "{}", project.warnings);
    assert_eq!((project.id.as_str(), project.path), ("demo", None));
    assert!(project.processes.len() >= 10);
    assert!(project.processes.iter().all(|spec| spec.source.as_deref().is_some_and(|at| at.starts_with("demo.toml:"))));
}

#[test]
fn without_a_file_there_is_an_empty_default() {
    let project = adhoc("/home/kim".into());
    assert_eq!((project.name.as_str(), project.id.as_str()), ("default", "default"));
    assert!(project.processes.is_empty() && project.path.is_none() && project.warnings.is_empty());
}

#[test]
fn a_file_is_found_upward_and_loaded() {
    let home = tempfile::tempdir().unwrap();
    let deep = home.path().join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    let file = home.path().join("a/pm.toml");
    fs::write(&file, "[process.x]\ncommand = [\"./tool\"]\ncwd = \"b\"\n").unwrap();
    assert_eq!(find(&deep), Ok(Some(std::path::absolute(&file).unwrap())));
    // A directory of that name is no config, and passing it over would lead to another one than is meant.
    fs::create_dir(deep.join("pm.toml")).unwrap();
    let told = find(&deep).unwrap_err().to_string();
    assert!(told.contains("is a directory") && told.contains("name the config with -f"), "{told}");

    let project = load(&file).unwrap();
    assert_eq!(project.processes[0].cwd, home.path().join("a/b"));
    assert_eq!(project.warnings.count(Kind::Unstartable), 1, "{}", project.warnings);
    fs::write(home.path().join("a/b/tool"), "not executable").unwrap();
    assert!(load(&file).unwrap().warnings.to_string().contains("is not executable") || cfg!(windows));
}

#[test]
fn a_file_that_cannot_be_read_says_so() {
    let home = tempfile::tempdir().unwrap();
    let missing = load(&home.path().join("none.toml")).unwrap_err();
    assert!(missing.to_string().contains("cannot be read"), "{missing}");
    assert!(missing.to_string().contains("check the path"), "{missing}");
    let file = home.path().join("latin1.toml");
    fs::write(&file, b"[process.x]\ncommand = \"gr\xfc\xdfe\"\n").unwrap();
    let latin1 = load(&file).unwrap_err();
    let place = latin1.iter().next().map(|item| (item.line, item.column)).unwrap();
    assert_eq!(place, (2, 14), "{latin1}");
    let json = serde_json::to_value(&missing).unwrap();
    assert!(json[0]["line"].is_null());
}

#[test]
fn the_lines_of_env_files_are_checked_and_no_value_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pm.toml");
    fs::write(&file, "[process.x]\nshell = \"x\"\nenv_file = [\"good.env\", \"bad.env\"]\n").unwrap();
    fs::write(dir.path().join("good.env"), "A=$B\nP=My App\n").unwrap();
    fs::write(dir.path().join("bad.env"), "A=1\nhunter2\nAPI_KEY='hunter2'hunter2\n\nPW=\"hunter2\nB=1\n").unwrap();
    let found = load(&file).unwrap().warnings;
    let told: Vec<_> = found.iter().map(|item| (item.kind, item.line, item.sentence())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for ((kind, line, sentence), expected) in told.iter().zip(["line 2 of ", "line 3 of ", "line 5 of "]) {
        assert_eq!((*kind, *line), (Kind::Unstartable, 3), "{sentence}");
        assert!(sentence.contains(expected) && sentence.contains("bad.env"), "{sentence}");
    }
    assert!(told[1].2.contains("(API_KEY)") && told[2].2.contains("(PW)"), "{told:?}");
    assert!(!found.to_string().contains("hunter2"), "{found}");
    // Of a file of another kind some lines are enough.
    fs::write(dir.path().join("bad.env"), "hunter2\n".repeat(22)).unwrap();
    let found = load(&file).unwrap().warnings;
    let last = found.iter().last().unwrap().sentence();
    assert!(found.len() == 21 && last.contains(": 2 more lines of "), "{} findings, {last}", found.len());
}

#[test]
#[cfg(unix)]
fn an_env_file_that_is_no_file_is_refused_and_holds_nobody_up() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pm.toml");
    let made = std::process::Command::new("mkfifo").arg(dir.path().join("pipe")).status().unwrap();
    assert!(made.success());
    for (named, expected) in [("pipe", "a fifo"), ("/dev/zero", "a device"), (".", "is a directory")] {
        fs::write(&file, format!("[process.x]\ncommand = [\"true\"]\nenv_file = {named:?}\n")).unwrap();
        let (told, found) = std::sync::mpsc::channel();
        let asked = file.clone();
        std::thread::spawn(move || told.send(load(&asked).unwrap().warnings.to_string()));
        let found = found.recv_timeout(std::time::Duration::from_secs(20)).expect("an answer");
        assert!(found.contains(expected) && found.contains("name a file of KEY=value lines"), "{named}: {found}");
    }
}

#[test]
fn an_outline_is_the_project_whatever_its_processes_are() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pm.toml");
    fs::write(&file, "[project]\nname = \"The Shop\"\n[process.api]\ncommand = [\"true\"]\n").unwrap();
    let whole = load(&file).unwrap();
    let outlined = outline(&file).unwrap();
    assert_eq!((&outlined.name, &outlined.id), (&whole.name, &whole.id));
    assert_eq!((&outlined.root, Some(&outlined.path)), (&whole.root, whole.path.as_ref()));
    assert_eq!(outlined.names, [whole.processes[0].name.clone()]);
    fs::write(&file, "[project]\nname = \"The Shop\"\n[process.api]\ncomand = 7\n").unwrap();
    assert!(load(&file).is_err());
    assert_eq!(outline(&file).unwrap().id, whole.id, "a fault in a process hides no project");
    fs::write(&file, "[project\n").unwrap();
    assert_eq!(outline(&file), None);
}

#[test]
#[cfg(unix)]
fn a_file_is_one_project_by_whatever_links_it_is_reached() {
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("shop");
    fs::create_dir(&real).unwrap();
    fs::write(real.join("pm.toml"), "[process.a]\nshell = \"true\"\n").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let [one, other] = [real, link].map(|dir| dir.join("pm.toml"));
    let (loaded, linked) = (load(&one).unwrap(), load(&other).unwrap());
    assert_eq!((loaded.name.as_str(), &loaded.id), ("shop", &linked.id));
    assert_eq!(outline(&other).unwrap().id, loaded.id);
}
