//! Saving text of a log to a file: asking for its name, and before anything is overwritten.

use std::io;
use std::path::PathBuf;

use tui_input::Input;

use crate::tui::menu::{Menu, Outcome};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::model::entry::{Entry, Purpose};
use crate::tui::model::journal::Tone;
use crate::tui::page::{Job, SaveRequest, Subject};

use super::log::{no_lines, plural};
use super::menus;

/// Asks for the name of a file for what is selected, else for the lines in view.
pub fn open(model: &mut Model) {
    let Some(what) = model.log.text_at_hand() else {
        return no_lines(model, "save");
    };
    let name = match &what.subject {
        Subject::One(source) => format!("{}-run{}.log", source.name.as_str().replace([':', '/'], "-"), what.from.run),
        Subject::Several(_) => "several.log".to_owned(),
    };
    let input = Input::new(name);
    model.entry = Some(Entry { input, ..Entry::new(Purpose::Save(what)) });
}

/// Enter: writes the file, or says why not.
pub fn finish(model: &mut Model, entry: Entry, effects: &mut Vec<Effect>) {
    let path = entry.input.value().trim().to_owned();
    if path.is_empty() {
        model.entry = Some(Entry { fault: Some("a file needs a name".to_owned()), ..entry });
        return;
    }
    if let Purpose::Save(what) = entry.purpose {
        let request = SaveRequest { what, path: PathBuf::from(path), overwrite: false };
        effects.push(Effect::Job(Job::Save(request)));
    }
}

/// It was saved, or not; a file that is there already is asked about.
pub fn take_saved(model: &mut Model, request: SaveRequest, saved: io::Result<usize>) {
    model.dirty = true;
    let path = request.path.display().to_string();
    match saved {
        Ok(lines) => {
            model.log.deselect();
            model.journal.say(model.now, Tone::Info, format!("{} saved to {path}", plural(lines, "line")));
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let body = vec![format!("{path} is there already.")];
            let again = SaveRequest { overwrite: true, ..request };
            menus::open(model, Menu::confirm("overwrite", body, "overwrite it", Outcome::Save(Box::new(again))));
        }
        Err(error) => {
            model.journal.say(model.now, Tone::Error, format!("not saved to {path}: {error}"));
        }
    }
}
