//! Which project a verb is about, and where its files lie.
//!
//! Two ways in: [`Project::open`] needs a config without faults, because something is to be started from it;
//! [`Project::locate`] only needs to know which project it is, so that a config being edited never keeps anybody from
//! looking, stopping or reading logs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::args::Place;
use super::code::Trouble;
use super::output::note;
use crate::config::{self, Diagnostics};
use crate::domain::snapshot::ProjectInfo;
use crate::domain::spec::Keep;
use crate::domain::{ProcessName, ProcessSpec, Signal};
use crate::logs::runs;
use crate::platform::dirs;
use crate::platform::identity::{Identity, Proven};
use crate::platform::lock;
use crate::wire::layout::Layout;
use crate::wire::sockets::Sockets;

/// A project and its files.
#[derive(Clone, Debug)]
pub struct Project {
    /// What it is called, and where its root is.
    pub info: ProjectInfo,
    /// Its processes, where something is to be started.
    pub specs: Vec<ProcessSpec>,
    /// The names of its processes, as far as the config could be read.
    pub names: Vec<ProcessName>,
    /// How much output of all of them together is kept.
    pub keep: Keep,
    /// Where its files lie.
    pub layout: Layout,
}

impl Project {
    /// The project to start something from. Processes that cannot be started as things are become notes.
    ///
    /// # Errors
    /// No config, or one with faults, all of which are in the message.
    pub fn open(place: &Place) -> Result<Self, Trouble> {
        let file = config_file(place)?.ok_or_else(|| Trouble::Config(no_config()))?;
        let project = config::load(&file).map_err(|faults| Trouble::Config(all(&faults)))?;
        warn(&project.warnings);
        Self::new(project)
    }

    /// As [`Self::open`]; without a config the project of everything that none knows, if anything was ever run in it.
    ///
    /// # Errors
    /// A config with faults; no config, and nothing to show without one.
    pub fn open_or_adhoc(place: &Place) -> Result<Self, Trouble> {
        if config_file(place)?.is_some() {
            return Self::open(place);
        }
        let adhoc = Self::adhoc(&current_dir()?)?;
        if runs::processes(&adhoc.layout.runs()).is_empty() { Err(Trouble::Config(no_config())) } else { Ok(adhoc) }
    }

    /// The project of everything that no config knows; one per user.
    ///
    /// # Errors
    /// No place for its files.
    pub fn adhoc(root: &Path) -> Result<Self, Trouble> {
        // It is told to others, who take text; what is run says itself where.
        let root = if root.to_str().is_some() { root } else { Path::new("/") };
        Self::new(config::adhoc(root.to_owned()))
    }

    /// The project to look at, whatever its config says now.
    ///
    /// # Errors
    /// The config has faults and the project never ran, so that nothing leads to its files.
    pub fn locate(place: &Place) -> Result<Self, Trouble> {
        let Some(file) = config_file(place)? else { return Self::adhoc(&current_dir()?) };
        if let Some(outline) = config::outline(&file) {
            let config::Outline { name, id, root, path, names } = outline;
            let (id, layout) = known_as(id, &root, Some(&file))?;
            let info = ProjectInfo { name, id, root, config: Some(path) };
            return Ok(Self { info, specs: Vec::new(), names, keep: Keep::default(), layout });
        }
        match Self::ran_before(&file)? {
            Some(project) => Ok(project),
            None => Err(Trouble::Config(config::load(&file).err().as_ref().map(all).unwrap_or_default())),
        }
    }

    fn new(project: config::Project) -> Result<Self, Trouble> {
        let (id, layout) = known_as(project.id, &project.root, project.path.as_deref())?;
        let info = ProjectInfo { name: project.name, id, root: project.root, config: project.path };
        let names = project.processes.iter().map(|spec| spec.name.clone()).collect();
        Ok(Self { info, specs: project.processes, names, keep: project.keep, layout })
    }

    /// The project that `file` was when it last ran: the name part of the id is lost with the file's content, the rest is not.
    fn ran_before(file: &Path) -> Result<Option<Self>, Trouble> {
        let ending = config::id_ending(file);
        let Some(id) = ids_of(file)?.pop() else { return Ok(None) };
        note(&format!("{} has faults now (`pm check` shows them); this is the project it was before", file.display()));
        let name = id.trim_end_matches(&ending).to_owned();
        let root = file.parent().unwrap_or(file).to_owned();
        let info = ProjectInfo { name, root, config: Some(file.to_owned()), id: id.clone() };
        Ok(Some(Self { info, specs: Vec::new(), names: Vec::new(), keep: Keep::default(), layout: layout(&id)? }))
    }

    /// Where the supervisor is to be reached: where the one that came last said, which may not be where we would be.
    pub fn control_socket(&self) -> PathBuf {
        where_sockets_are(self.layout.clone()).control_socket()
    }

    /// Asks the supervisor to make its socket anew, should that have gone. Nobody is asked who is not proven to be it.
    pub fn ask_for_socket(&self) {
        let Some(Sockets { pid, start_ticks, boot_id, .. }) = sockets(&self.layout) else { return };
        if let Ok(supervisor) = Proven::prove(&Identity { pid, start_ticks, boot_id }) {
            // Refused means that it has gone, and that is seen by its lock.
            drop(supervisor.signal(Signal::Usr1));
        }
    }

    /// What a sentence calls it: without a config a person knows nothing of a project.
    pub fn called(&self) -> String {
        match &self.info.config {
            Some(_) => format!("project {}", self.info.name),
            None => format!("what `pm run` starts without a {}", config::FILE_NAME),
        }
    }

    /// What a new `pm` has to be told to find this project again, for the headless supervisor.
    pub fn to_args(&self) -> Vec<OsString> {
        let (flag, path) = match &self.info.config {
            Some(file) => ("--file", file),
            None => ("--adhoc", &self.info.root),
        };
        vec![flag.into(), path.clone().into_os_string()]
    }
}

/// The config file of `place`, absolute; `None` when none was named and none is found.
///
/// # Errors
/// The current directory is gone; what is called like a config there or above is no file.
pub fn config_file(place: &Place) -> Result<Option<PathBuf>, Trouble> {
    match &place.file {
        Some(file) if file.is_absolute() => Ok(Some(file.clone())),
        Some(file) => Ok(Some(current_dir()?.join(file))),
        None => config::find(&current_dir()?).map_err(|faults| Trouble::Config(all(&faults))),
    }
}

/// What to say where a config is needed and there is none.
pub fn no_config() -> String {
    format!(
        "there is no {} here or in a directory above; name one with -f FILE, \
         run a single command with `pm run -- CMD`, or see `pm demo`",
        config::FILE_NAME
    )
}

/// Under which id a project is known, and where its files lie.
fn known_as(id: String, root: &Path, config: Option<&Path>) -> Result<(String, Layout), Trouble> {
    in_text(root)?;
    let id = match config {
        Some(file) => known_id(id, file)?,
        None => id,
    };
    let layout = layout(&id)?;
    Ok((id, layout))
}

/// The ids under which what `file` describes has run so far.
fn ids_of(file: &Path) -> Result<Vec<String>, Trouble> {
    let ending = config::id_ending(file);
    let Ok(entries) = std::fs::read_dir(dirs::state_base().map_err(anyhow::Error::from)?) else {
        return Ok(Vec::new());
    };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut ids: Vec<_> = ids.filter(|id| id.ends_with(&ending)).collect();
    ids.sort();
    Ok(ids)
}

/// The id of what `file` describes: a project that was given another name is the one it was, and what runs of it is found.
fn known_id(id: String, file: &Path) -> Result<String, Trouble> {
    let mut others = ids_of(file)?;
    let is_known = others.contains(&id);
    others.retain(|other| *other != id);
    if others.is_empty() || (is_known && is_alive(&layout(&id)?)) {
        return Ok(id);
    }
    for other in &others {
        if is_alive(&layout(other)?) {
            return Ok(other.clone());
        }
    }
    Ok(if is_known { id } else { others.pop().unwrap_or(id) })
}

/// A supervisor is there, or a keeper.
fn is_alive(layout: &Layout) -> bool {
    is_held(layout) || kept(layout).next().is_some()
}

/// Whether somebody holds the project's lock: a supervisor that runs, is just being born, or is leaving.
pub fn is_held(layout: &Layout) -> bool {
    lock::holder(&layout.lock()).is_some()
}

/// Names of processes with a living keeper, whether a supervisor runs or not, in the order of the alphabet.
pub fn kept(layout: &Layout) -> impl Iterator<Item = ProcessName> + use<'_> {
    let names = runs::processes(&layout.runs()).into_iter();
    names.filter(|name| lock::holder(&layout.process_lock(name)).is_some())
}

/// Supervisor, keepers and clients tell each other where things are as text.
///
/// # Errors
/// It is none.
pub fn in_text(root: &Path) -> Result<(), Trouble> {
    if root.to_str().is_some() {
        return Ok(());
    }
    let name = root.display();
    Err(Trouble::Usage(format!(
        "the name of the directory {name} is no UTF-8 text, so nothing can be run in it; rename it"
    )))
}

fn layout(id: &str) -> Result<Layout, Trouble> {
    let state = dirs::state_base().map_err(anyhow::Error::from)?;
    let runtime = dirs::runtime_base().map_err(anyhow::Error::from)?;
    Ok(where_sockets_are(Layout::new(&state, &runtime, id)))
}

/// As long as the directory that was told is there, everybody stays with it, whatever the environment.
fn where_sockets_are(layout: Layout) -> Layout {
    match sockets(&layout) {
        Some(there) if dirs::is_ours(&there.dir) => layout.with_runtime(there.dir),
        Some(_) | None => layout,
    }
}

fn sockets(layout: &Layout) -> Option<Sockets> {
    Sockets::parse(&std::fs::read_to_string(layout.sockets()).ok()?)
}

fn current_dir() -> Result<PathBuf, Trouble> {
    std::env::current_dir().map_err(|error| Trouble::Usage(format!("the current directory cannot be used: {error}")))
}

fn all(faults: &Diagnostics) -> String {
    let summary = faults.summary().unwrap_or_default();
    format!("{summary}; nothing was changed\n{}", faults.render(false))
}

fn warn(warnings: &Diagnostics) {
    for warning in warnings {
        let place = if warning.line > 0 { format!(":{}", warning.line) } else { String::new() };
        note(&format!("{}{place}: {}", warnings.file().display(), warning.sentence()));
    }
}
